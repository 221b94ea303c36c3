// SPDX-License-Identifier: BSD-3-Clause
#include "record/record.h"

#include <string.h>

/* The question's name: the query's where it has one, else the response's. */
static const uint8_t *question(const struct transaction *t, uint16_t *len)
{
	if (t->query && t->query->qname_len) {
		*len = t->query->qname_len;
		return t->query->qname;
	}
	*len = t->response ? t->response->at.qname_len : 0;
	return *len ? t->response->data + DNS_HEADER_SIZE : NULL;
}

uint32_t record_size(const struct transaction *t)
{
	uint16_t qname_len;

	question(t, &qname_len);
	return (uint32_t)sizeof(struct record) + qname_len + (t->response ? t->response->len : 0);
}

static void fill_query(struct record *r, const struct pair_query *q)
{
	r->t_query = q->time;
	r->id = q->id;
	r->query_flags = q->flags;
	r->qtype = q->qtype;
	r->qclass = q->qclass;
	r->query_bytes = q->bytes;
	r->query_edns_size = q->edns_size;
	r->query_edns = q->edns;
	r->query_edns_do = q->edns_do;
	r->retransmissions = q->retransmissions;
}

static void fill_ends(struct record *r, const struct flow_key *flow, bool from_server)
{
	memcpy(r->client, from_server ? flow->dst : flow->src, 16);
	memcpy(r->server, from_server ? flow->src : flow->dst, 16);
	r->client_port = from_server ? flow->dport : flow->sport;
	r->server_port = from_server ? flow->sport : flow->dport;
	r->proto = flow->proto;
	r->family = flow->family;
}

void record_fill(struct record *r, const struct transaction *t)
{
	const uint8_t *qname = question(t, &r->qname_len);

	r->kind = (uint8_t)t->kind;
	r->bytes = 0;
	r->msg_len = 0;
	r->retransmissions = 0;
	r->query_bytes = r->query_edns_size = 0;
	r->query_edns = r->query_edns_do = false;
	if (t->query)
		fill_query(r, t->query);
	if (t->response) {
		r->t_response = t->origin->time;
		r->origin = *t->origin;
		r->at = t->response->at;
		r->bytes = t->origin->wire_bytes < RECORD_BYTES_MAX ? t->origin->wire_bytes : RECORD_BYTES_MAX;
		r->msg_len = t->response->len;
	} else {
		r->t_response = 0;
		r->origin = *t->query_origin;
		memset(&r->at, 0, sizeof(r->at));
	}
	if (t->response && (!t->query || !t->query->qname_len)) {
		r->qtype = r->at.qtype;
		r->qclass = r->at.qclass;
	}
	if (!t->query) {
		r->t_query = 0;
		r->id = r->at.id;
		r->query_flags = r->at.flags;
	}
	fill_ends(r, &r->origin.flow, t->response != NULL);
	if (r->qname_len)
		memcpy(r->data, qname, r->qname_len);
	if (r->msg_len)
		memcpy(r->data + r->qname_len, t->response->data, r->msg_len);
}
