// SPDX-License-Identifier: BSD-3-Clause
#include "tcpscript.h"

static struct stream st;

TestSuite(tcp);

Test(tcp, message_in_one_segment_is_given_in_place)
{
	struct script *s = script_new();

	script_open(s, 1001, 5001);
	stream_query(&st, 7);
	script_data(s, CLIENT, 1001, st.data, st.len);
	script_expect(s, &st);
	cr_assert_eq(s->got[0].dir, CLIENT);
	cr_assert_not(s->got[0].from_buffer);
	script_free(s);
}

Test(tcp, segments_in_reverse_order)
{
	struct script *s = script_new();

	script_open(s, 1001, 5001);
	stream_response(&st, 7, 3000);
	for (uint32_t at = st.len / 100 * 100;; at -= 100) {
		script_data(s, SERVER, 5001 + at, st.data + at, st.len - at < 100 ? st.len - at : 100);
		if (!at)
			break;
	}
	script_expect(s, &st);
	cr_assert(s->got[0].from_buffer);
	cr_assert_eq(s->got[0].time, s->now - s->tick);
	script_free(s);
}

Test(tcp, picked_up_midstream)
{
	struct script *s = script_new();

	stream_query(&st, 7);
	script_data(s, CLIENT, 12345, st.data, st.len);
	script_expect(s, &st);
	script_free(s);
}
