// SPDX-License-Identifier: BSD-3-Clause
#include "record/record.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const uint8_t upper[] = "\3WWW\7EXAMPLE\3COM"; /* with its NUL: 17 bytes */
static uint8_t message[64] = "\x12\x34\x81\x80\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1";

static struct leg_origin origin_of(unsigned from, unsigned to, int64_t time)
{
	struct leg_origin o = { .flow = { .sport = (uint16_t)from, .dport = (uint16_t)to, .proto = 17 } };

	o.flow.family = 6;
	memset(o.flow.src, (int)from & 0xff, 16);
	memset(o.flow.dst, (int)to & 0xff, 16);
	o.time = time;
	o.wire_bytes = 100;
	o.vlan = 7;
	o.tunnel = TUNNEL_VXLAN;
	o.tunnel_id = 42;
	o.hop_limit = 61;
	return o;
}

static struct pair_query query_of(bool with_name)
{
	return (struct pair_query){
		.time = 1000, .qname = with_name ? upper : NULL, .qname_len = with_name ? 17 : 0,
		.qtype = with_name ? 28 : 0, .qclass = with_name ? 1 : 0, .flags = DNS_RD, .id = 0x1234,
		.bytes = 33, .edns_size = 1232, .edns = true, .edns_do = true, .retransmissions = 3,
	};
}

static struct dns_message response_of(bool with_question)
{
	struct dns_message m = { .data = message, .len = 33 };

	m.at.id = 0x1234;
	m.at.flags = DNS_QR | DNS_RA;
	m.at.rcode = 3;
	if (with_question) {
		m.at.qname_len = 17;
		m.at.qtype = 1;
		m.at.qclass = 1;
	}
	return m;
}

/* A record of a transaction, in memory of exactly record_size() bytes, so that a sanitizer sees what is
 * written behind it. */
static struct record *fill(const struct transaction *t)
{
	struct record *r = malloc(record_size(t));

	memset((void *)r, 0xee, record_size(t));
	record_fill(r, t);
	return r;
}

static bool all(const uint8_t addr[16], uint8_t value)
{
	for (unsigned i = 0; i < 16; i++)
		if (addr[i] != value)
			return false;
	return true;
}

Test(record, answered)
{
	struct pair_query q = query_of(true);
	struct leg_origin o = origin_of(53, 40001, 3500);
	struct dns_message m = response_of(true);
	struct transaction t = { .kind = PAIR_ANSWERED, .query = &q, .origin = &o, .response = &m };
	struct record *r = fill(&t);

	cr_assert_eq(record_size(&t), sizeof(*r) + 17 + 33);
	cr_assert_eq(r->kind, PAIR_ANSWERED);
	cr_assert(all(r->client, 40001 & 0xff) && all(r->server, 53));
	cr_assert_eq(r->client_port, 40001);
	cr_assert_eq(r->server_port, 53);
	cr_assert_eq(r->proto, 17);
	cr_assert_eq(r->family, 6);
	cr_assert_eq(r->id, 0x1234);
	cr_assert_eq(r->qtype, 28, "the query's question wins");
	cr_assert(!memcmp(record_qname(r), upper, 17), "with its letter case");
	cr_assert_eq(r->query_flags, DNS_RD);
	cr_assert_eq(r->query_bytes, 33);
	cr_assert_eq(r->query_edns_size, 1232);
	cr_assert(r->query_edns && r->query_edns_do);
	cr_assert_eq(r->retransmissions, 3);
	cr_assert_eq(r->bytes, 100);
	cr_assert_eq(r->msg_len, 33);
	cr_assert(!memcmp(record_msg(r), message, 33));
	cr_assert_eq(r->at.rcode, 3);
	cr_assert_eq(r->origin.vlan, 7);
	cr_assert_eq(r->origin.tunnel_id, 42);
	cr_assert_eq(record_time(r), 3500);
	cr_assert_eq(record_elapsed(r), 2500);
	free(r);
}

Test(record, elapsed_is_never_negative_for_an_answer)
{
	struct pair_query q = query_of(true);
	struct leg_origin o = origin_of(53, 40001, 400);
	struct dns_message m = response_of(true);
	struct transaction t = { .kind = PAIR_ANSWERED, .query = &q, .origin = &o, .response = &m };
	struct record *r = fill(&t);

	cr_assert_eq(record_elapsed(r), 0);
	cr_assert_eq(record_time(r), 400);
	free(r);
}

Test(record, unanswered)
{
	struct pair_query q = query_of(true);
	struct leg_origin o = origin_of(40001, 53, 1000);
	struct transaction t = { .kind = PAIR_UNANSWERED, .query = &q, .query_origin = &o };
	struct record *r = fill(&t);

	cr_assert_eq(record_size(&t), sizeof(*r) + 17);
	cr_assert(all(r->client, 40001 & 0xff) && all(r->server, 53));
	cr_assert_eq(r->client_port, 40001);
	cr_assert_eq(r->bytes, 0);
	cr_assert_eq(r->msg_len, 0);
	cr_assert_eq(r->at.flags, 0);
	cr_assert_eq(r->at.rcode, 0);
	cr_assert_eq(r->qtype, 28);
	cr_assert_eq(record_time(r), 1000);
	cr_assert_eq(record_elapsed(r), -1);
	cr_assert_eq(r->origin.hop_limit, 61);
	free(r);
}

Test(record, orphan)
{
	struct leg_origin o = origin_of(53, 40001, 3500);
	struct dns_message m = response_of(true);
	struct transaction t = { .kind = PAIR_ORPHAN, .origin = &o, .response = &m };
	struct record *r = fill(&t);

	cr_assert(all(r->client, 40001 & 0xff) && all(r->server, 53));
	cr_assert_eq(r->id, 0x1234);
	cr_assert_eq(r->query_flags, DNS_QR | DNS_RA);
	cr_assert_eq(r->qtype, 1);
	cr_assert_eq(r->qname_len, 17);
	cr_assert(!memcmp(record_qname(r), message + 12, 17));
	cr_assert_eq(r->query_bytes, 0);
	cr_assert(!r->query_edns && !r->query_edns_do);
	cr_assert_eq(r->query_edns_size, 0);
	cr_assert_eq(r->retransmissions, 0);
	cr_assert_eq(record_elapsed(r), -1);
	cr_assert_eq(record_time(r), 3500);
	free(r);
}

/* Whose question the record has, for each leg with and without one. */
Test(record, question_of_either_leg)
{
	for (unsigned legs = 0; legs < 4; legs++) {
		struct pair_query q = query_of(legs & 1);
		struct leg_origin o = origin_of(53, 40001, 3500);
		struct dns_message m = response_of(legs & 2);
		struct transaction t = { .kind = PAIR_ANSWERED, .query = &q, .origin = &o, .response = &m };
		struct record *r = fill(&t);

		cr_assert_eq(r->qname_len, legs ? 17 : 0);
		cr_assert_eq(r->qtype, legs & 1 ? 28 : legs & 2 ? 1 : 0);
		cr_assert_eq(r->qclass, legs ? 1 : 0);
		if (legs)
			cr_assert(!memcmp(record_qname(r), legs & 1 ? upper : message + 12, 17));
		cr_assert(!memcmp(record_msg(r), message, 33));
		cr_assert_eq(record_size(&t), sizeof(*r) + r->qname_len + 33);
		free(r);
	}
}

/* Found by fuzzing: a capture that claims packets of 4 GB gave Avro's int a value that it can't hold. */
Test(record, bytes_have_a_greatest_value)
{
	struct leg_origin origin = origin_of(53, 40000, 2000);
	struct dns_message m = response_of(true);
	struct transaction t = { .kind = PAIR_ORPHAN, .origin = &origin, .response = &m };

	for (uint32_t k = 0; k < 2; k++) {
		origin.wire_bytes = k ? UINT32_MAX : RECORD_BYTES_MAX;
		struct record *r = fill(&t);
		cr_assert_eq(r->bytes, RECORD_BYTES_MAX);
		free(r);
	}
}
