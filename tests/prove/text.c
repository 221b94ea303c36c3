// SPDX-License-Identifier: BSD-3-Clause
/* The text of a label is written within its room and read within its bytes, whatever they are: for each length of a label, and
 * each number of bytes behind it that matters (a word; with more, the same is done). For EVA. */
#include "prove.h"

#include "dns/text.h"

#define LABEL_MAX 63

volatile uint8_t any;

static void fill(uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		p[i] = any;
}

int main(void)
{
	for (uint32_t n = 0; n <= LABEL_MAX; n++) {
		for (uint32_t left = n; left <= n + TEXT_WORD; left += TEXT_WORD / 2) {
			uint8_t label[LABEL_MAX + TEXT_WORD], text[TEXT_ROOM(LABEL_MAX)];
			/* At the ends of their memory, so that a step further is a step out. */
			uint8_t *p = label + sizeof(label) - left, *to = text + sizeof(text) - TEXT_ROOM(n);

			fill(p, left);
			uint8_t *end = text_escape(to, p, n, left, TEXT_LABEL);
			/*@ assert to <= end <= to + 4 * n; */
		}
	}
	return 0;
}
