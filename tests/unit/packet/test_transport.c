// SPDX-License-Identifier: BSD-3-Clause
/* UDP and TCP headers and their lengths. */
#include "encap.h"
#include "taker.h"

static struct wrap w;

static void setup(void)
{
	taker_start(NULL);
	taker.linktype = LINKTYPE_RAW;
}

TestSuite(transport, .init = setup, .fini = taker_stop);

/* UDP's length, by what is sent in it. Raw IP goes the careful way, Ethernet the quick one: both must
 * agree. */
Test(transport, udp_lengths)
{
	static const struct {
		uint32_t udp; /* as the header tells */
		bool pass;
		uint32_t there, missing;
	} rows[] = {
		{ 8 + TAKER_TEXT_LEN, true, TAKER_TEXT_LEN, 0 }, { 9, true, 1, 0 }, { 8, true, 0, 0 },
		{ 7, false, 0, 0 },
		{ 0, false, 0, 0 }, { 8 + TAKER_TEXT_LEN + 1, true, TAKER_TEXT_LEN, 1 },
		{ 65535, true, TAKER_TEXT_LEN, 65527 - TAKER_TEXT_LEN },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (uint8_t family = 4; family <= 6; family += 2)
			for (int quick = 0; quick < 2; quick++) {
				taker_exchange(&w, family, 17);
				wrap_put16(wrap_data(&w) + (family == 6 ? 44 : 24), rows[i].udp);
				if (quick)
					encap_inner_ethernet(&w, family);
				wrap_pad(&w, 20);
				taker.linktype = quick ? LINKTYPE_ETHERNET : LINKTYPE_RAW;
				cr_assert_eq(taker_take(&w), rows[i].pass ? INGRESS_PASS : INGRESS_DROP,
					     "%zu", i);
				if (!rows[i].pass)
					continue;
				cr_assert_eq(taker.p.payload_len, rows[i].there, "%zu", i);
				cr_assert_eq(taker.p.missing, rows[i].missing, "%zu", i);
				cr_assert_eq(taker.data[taker.p.l4 + 3], 53);
			}
	cr_assert_eq(taker_count(COUNT_drop_transport_short), 8);
}

Test(transport, tcp_offsets)
{
	for (unsigned words = 0; words < 16; words++)
		for (int quick = 0; quick < 2; quick++) {
			taker_exchange(&w, 4, 6);
			wrap_data(&w)[20 + 12] = (uint8_t)(words << 4);
			uint32_t left = wrap_len(&w) - 20;
			if (quick)
				encap_inner_ethernet(&w, 4);
			taker.linktype = quick ? LINKTYPE_ETHERNET : LINKTYPE_RAW;
			bool pass = words >= 5 && words * 4 <= left;
			cr_assert_eq(taker_take(&w), pass ? INGRESS_PASS : INGRESS_DROP, "%u", words);
			cr_assert(!pass || taker.p.payload_len == left - words * 4);
		}
	cr_assert_gt(taker_count(COUNT_drop_transport_short), 8);
}

Test(transport, nothing_in_it)
{
	for (int t = 0; t < 2; t++)
		for (uint32_t n = 0; n <= 20; n++) {
			uint8_t header[20] = { 1, 2, 0, 53, 0, 8, [12] = 5 << 4 };
			wrap_payload(&w, header, n);
			wrap_ipv4(&w, t ? 6 : 17, 1, 2);
			wrap_ethernet(&w, 0x800);
			wrap_pad(&w, 30);
			taker.linktype = LINKTYPE_ETHERNET;
			bool pass = n >= (t ? 20 : 8);
			cr_assert_eq(taker_take(&w), pass ? INGRESS_PASS : INGRESS_DROP, "%d %u", t, n);
			cr_assert(!pass || taker.p.payload_len == 0);
		}
}

/* Cut by the snap length: what is there and what is missing add up. */
Test(transport, cut)
{
	for (int t = 0; t < 2; t++) {
		taker_exchange(&w, 6, t ? 6 : 17);
		wrap_ethernet(&w, 0x86dd);
		taker.linktype = LINKTYPE_ETHERNET;
		for (uint32_t cut = 1; cut <= TAKER_TEXT_LEN; cut++) {
			taker.lacking = cut;
			cr_assert_eq(taker_bytes(wrap_data(&w), wrap_len(&w) - cut), INGRESS_PASS);
			cr_assert_eq(taker.p.payload_len, TAKER_TEXT_LEN - cut);
			cr_assert_eq(taker.p.missing, cut);
			cr_assert_eq(taker.p.l3_len, wrap_len(&w) - 14 - cut);
		}
	}
	cr_assert_eq(taker_count(COUNT_packets_cut), 2 * TAKER_TEXT_LEN);
}
