// SPDX-License-Identifier: BSD-3-Clause
#include "analytics/punycode.h"

#include <criterion/criterion.h>
#include <string.h>

static void assert_label(const char *text, const char *want)
{
	char ascii[PUNYCODE_LABEL + 1];
	uint32_t len = punycode_label(ascii, text);

	ascii[len] = '\0';
	cr_assert_str_eq(ascii, want, "%s: %s", text, ascii);
}

/* As IANA's root zone and the public suffix list's comments have them. */
Test(punycode, labels)
{
	assert_label("com", "com");
	assert_label("xn--p1ai", "xn--p1ai");
	assert_label("рф", "xn--p1ai");
	assert_label("中国", "xn--fiqs8s");
	assert_label("公司", "xn--55qx5d");
	assert_label("السعودية", "xn--mgberp4a5d4ar");
	assert_label("한국", "xn--3e0b707e");
	assert_label("bücher", "xn--bcher-kva");
	assert_label("ã", "xn--3ca");
	assert_label("åfjord", "xn--fjord-lra");
	assert_label("個人", "xn--gmqw5a");
	assert_label("𠜎", "xn--4m2i");
}

/* RFC 3492 §7.1, the ones in lower case. */
Test(punycode, rfc_3492)
{
	assert_label("ليهمابتكلموشعربي؟", "xn--egbpdaj6bu4bxfgehfvwxn");
	assert_label("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye");
	assert_label("למההםפשוטלאמדבריםעברית", "xn--4dbcagdahymbxekheh6e0a7fei0b");
	assert_label("почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l");
	assert_label("3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b");
}

Test(punycode, what_is_none)
{
	char ascii[PUNYCODE_LABEL], text[256];

	cr_assert_eq(punycode_label(ascii, ""), 0);
	cr_assert_eq(punycode_label(ascii, "\x80"), 0);
	cr_assert_eq(punycode_label(ascii, "\xc3"), 0);
	cr_assert_eq(punycode_label(ascii, "\xc1\x81"), 0);
	cr_assert_eq(punycode_label(ascii, "\xe0\x80\x80"), 0);
	cr_assert_eq(punycode_label(ascii, "a\xff"), 0);
	memset(text, 'a', sizeof(text));
	text[63] = '\0';
	cr_assert_eq(punycode_label(ascii, text), 63);
	text[63] = 'a';
	text[64] = '\0';
	cr_assert_eq(punycode_label(ascii, text), 0);
	for (unsigned i = 0; i < 63; i++)
		memcpy(text + 2 * i, "ü", 2);
	text[126] = '\0';
	cr_assert_leq(punycode_label(ascii, text), 63);
}
