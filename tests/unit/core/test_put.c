// SPDX-License-Identifier: BSD-3-Clause
/* The texts are tested by test_out.c, which writes through the same code; here: nothing behind the room
 * that is asked for. */
#include "core/put.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define GUARD 0xa5

/* Memory whose bytes behind `room` are watched. */
static uint8_t *guarded(uint8_t buf[96])
{
	memset(buf, GUARD, 96);
	return buf;
}

static void check(const uint8_t buf[96], unsigned room, const uint8_t *end, const char *what)
{
	cr_assert_leq(end - buf, (long)room, "%s", what);
	for (unsigned i = room; i < 96; i++)
		cr_assert_eq(buf[i], GUARD, "%s wrote at %u", what, i);
}

Test(put, three_digits)
{
	for (uint32_t v = 0; v < 1000; v++) {
		uint8_t buf[96];
		char want[8];
		uint8_t *end = put_pad3(guarded(buf), v);
		check(buf, 4, end, "put_pad3");
		snprintf(want, sizeof(want), "%03u", v);
		cr_assert(end - buf == 3 && !memcmp(buf, want, 3));
		end = put_dec3(guarded(buf), v);
		check(buf, 4, end, "put_dec3");
		int n = snprintf(want, sizeof(want), "%u", v);
		cr_assert(end - buf == n && !memcmp(buf, want, (size_t)n));
	}
}

static uint64_t random64(void)
{
	return (uint64_t)random() << 33 ^ (uint64_t)random() << 10 ^ (uint64_t)random();
}

Test(put, stays_in_its_room)
{
	uint8_t buf[96], addr[16];

	for (unsigned turn = 0; turn < 50000; turn++) {
		uint64_t v = random64() >> random() % 64;
		check(buf, PUT_DEC_ROOM, put_dec(guarded(buf), v), "put_dec");
		check(buf, PUT_DEC_ROOM, put_sdec(guarded(buf), -(int64_t)(v >> 1)), "put_sdec");
		for (unsigned i = 0; i < 16; i++)
			addr[i] = random() % 2 ? (uint8_t)random() : 0;
		check(buf, PUT_IPV4_ROOM, put_ipv4(guarded(buf), addr), "put_ipv4");
		check(buf, PUT_IPV6_ROOM, put_ipv6(guarded(buf), addr), "put_ipv6");
	}
	check(buf, PUT_DEC_ROOM, put_sdec(guarded(buf), INT64_MIN), "put_sdec");
	check(buf, PUT_DEC_ROOM, put_dec(guarded(buf), UINT64_MAX), "put_dec");
	memset(addr, 0xff, sizeof(addr));
	check(buf, PUT_IPV6_ROOM, put_ipv6(guarded(buf), addr), "put_ipv6");
}

Test(put, literals_and_bytes)
{
	uint8_t buf[96];

	cr_assert_eq(PUT(guarded(buf), "abc") - buf, 3);
	check(buf, 3, buf, "PUT");
	cr_assert_eq(put_mem(guarded(buf), "abcd", 4) - buf, 4);
	check(buf, 4, buf, "put_mem");
	cr_assert_eq(put_mem(buf, "", 0), buf);
}
