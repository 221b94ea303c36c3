// SPDX-License-Identifier: BSD-3-Clause
#include "packet/filter.h"
#include "core/log.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#define SNAPLEN 262144
#define IPV6_HEADER 40
#define PROGRAMS_MAX 32

/* How a filter decides. */
enum kind { ALL, PORT, PACKETS, FRAMES };

/* A program for frames of one link type. */
struct frame_program {
	uint16_t linktype;
	bool usable; /* the expression means something there */
	struct bpf_program code;
};

struct filter {
	enum kind kind;
	uint16_t port;               /* PORT */
	struct bpf_program code;     /* PACKETS */
	uint8_t *scratch;            /* PACKETS: an IPv6 packet without its extension headers */
	char *text;                  /* FRAMES */
	unsigned programs;           /* FRAMES: link types seen so far */
	struct frame_program program[PROGRAMS_MAX];
};

/* pcap's link types in files and its numbers for the same in memory differ for these alone among those that
 * we read. */
static int dlt(uint16_t linktype)
{
	switch (linktype) {
	case LINKTYPE_RAW:
		return DLT_RAW;
	case 100:
		return DLT_ATM_RFC1483;
	case 104:
		return DLT_C_HDLC;
	default:
		return linktype;
	}
}

static int compile(struct bpf_program *code, int type, const char *text, struct error *e)
{
	pcap_t *dead = pcap_open_dead(type, SNAPLEN);

	if (!dead)
		return error_set(e, "out of memory");
	int failed = pcap_compile(dead, code, text, 1, PCAP_NETMASK_UNKNOWN);
	if (failed)
		error_set(e, "%s", pcap_geterr(dead));
	pcap_close(dead);
	return failed ? -1 : 0;
}

/* `port N` and nothing else, N in decimal: other ways of writing it are libpcap's to read. */
static bool is_port(const char *text, uint16_t *port)
{
	char digits[6];
	int end = 0;

	if (sscanf(text, " port %5[0-9] %n", digits, &end) < 1 || end == 0 || text[end] != '\0')
		return false;
	long value = strtol(digits, NULL, 10);
	if (value > UINT16_MAX || (digits[0] == '0' && digits[1]))
		return false;
	*port = (uint16_t)value;
	return true;
}

/* Words of pcap-filter(7) that speak of what is in front of the innermost IP packet. Some of them compile for
 * raw IP, but mean something else there. */
static const char *const frame_words[] = {
	"ether", "link", "vlan", "mpls", "pppoes", "pppoed", "geneve", "fddi", "tr", "wlan", "ppp", "slip",
	"radio", "llc", "arp", "rarp", "inbound", "outbound", "type", "subtype", "dir", "lane", "atm",
};

static bool is_frame_word(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(frame_words) / sizeof(*frame_words); i++)
		if (strlen(frame_words[i]) == len && memcmp(frame_words[i], word, len) == 0)
			return true;
	return false;
}

static bool names_link_layer(const char *text)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:\\";

	while (*text) {
		size_t len = strspn(text, word);
		if (len && is_frame_word(text, len))
			return true;
		text += len ? len : strcspn(text, word);
	}
	return false;
}

/* Link types by which libpcap may understand an expression that means nothing for raw IP; the message of the
 * first counts. */
static int frame_filter(struct filter *f, const char *text, struct error *e)
{
	static const int types[] = { DLT_EN10MB, DLT_LINUX_SLL, DLT_IEEE802_11_RADIO };
	struct error other;
	struct bpf_program code;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (compile(&code, types[i], text, i == 0 ? e : &other))
			continue;
		pcap_freecode(&code);
		e->text[0] = '\0';
		f->kind = FRAMES;
		f->text = strdup(text);
		return f->text ? 0 : error_set(e, "out of memory");
	}
	return -1;
}

static int packet_filter(struct filter *f, const char *text, struct error *e)
{
	if (compile(&f->code, DLT_RAW, text, e))
		return -1;
	f->kind = PACKETS;
	f->scratch = malloc(IPV6_HEADER + UINT16_MAX);
	return f->scratch ? 0 : error_set(e, "out of memory");
}

struct filter *filter_new(const char *expression, struct error *e)
{
	struct filter *f = calloc(1, sizeof(*f));
	int failed = 0;

	if (!f) {
		error_set(e, "out of memory");
		return NULL;
	}
	if (!expression || expression[strspn(expression, " \t\r\n")] == '\0')
		f->kind = ALL;
	else if (is_port(expression, &f->port))
		f->kind = PORT;
	else if (names_link_layer(expression) || packet_filter(f, expression, e))
		failed = frame_filter(f, expression, e);
	if (failed) {
		filter_free(f);
		return NULL;
	}
	return f;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	if (f->kind == PACKETS)
		pcap_freecode(&f->code);
	for (unsigned i = 0; i < f->programs; i++)
		if (f->program[i].usable)
			pcap_freecode(&f->program[i].code);
	free(f->scratch);
	free(f->text);
	free(f);
}

bool filter_on_frame(const struct filter *f)
{
	return f->kind == FRAMES;
}

bool filter_is_port(const struct filter *f, uint16_t *port)
{
	*port = f->port;
	return f->kind == PORT;
}

int filter_check_link(const struct filter *f, uint16_t linktype, struct error *e)
{
	struct bpf_program code;

	if (f->kind != FRAMES)
		return 0;
	if (compile(&code, dlt(linktype), f->text, e))
		return -1;
	pcap_freecode(&code);
	return 0;
}

/* A link type's program is compiled when its first frame comes: the one time that something is told. */
static const struct frame_program *frame_program(struct filter *f, uint16_t linktype)
{
	struct error why;

	for (unsigned i = 0; i < f->programs; i++)
		if (f->program[i].linktype == linktype)
			return &f->program[i];
	if (f->programs == PROGRAMS_MAX)
		return NULL;
	struct frame_program *new = &f->program[f->programs++];
	new->linktype = linktype;
	new->usable = compile(&new->code, dlt(linktype), f->text, &why) == 0;
	if (!new->usable)
		log_warn("-bpf \"%s\" can't be asked of frames of link type %u, which are dropped: %s", f->text,
			 linktype, why.text);
	return new;
}

bool filter_frame(struct filter *f, const uint8_t *frame, uint32_t len, const struct packet *p,
		  enum counter *reason)
{
	const struct frame_program *program = frame_program(f, p->linktype);
	bool usable = program && program->usable;

	*reason = usable ? COUNT_drop_filter : COUNT_drop_filter_link;
	return usable && bpf_filter(program->code.bf_insns, frame, p->wire_len, len) != 0;
}

/* libpcap looks for ports right behind the IPv6 header. Extension headers may not hide a packet from the
 * filter, so it is shown the packet without them. */
static bool without_extensions(const struct filter *f, const uint8_t *data, const struct packet *p)
{
	uint32_t there = p->l3 + p->l3_len - p->l4, told = there + p->missing;
	uint8_t *to = f->scratch;

	if (there > UINT16_MAX)
		there = UINT16_MAX;
	memcpy(to, data + p->l3, IPV6_HEADER);
	memcpy(to + IPV6_HEADER, data + p->l4, there);
	to[4] = (uint8_t)(told >> 8);
	to[5] = (uint8_t)told;
	to[6] = p->flow.proto;
	return bpf_filter(f->code.bf_insns, to, IPV6_HEADER + told, IPV6_HEADER + there) != 0;
}

bool filter_packet(const struct filter *f, const uint8_t *data, const struct packet *p)
{
	if (f->kind == PORT)
		return p->flow.sport == f->port || p->flow.dport == f->port;
	if (f->kind != PACKETS)
		return true;
	if (p->flow.family == 6 && p->l4 - p->l3 != IPV6_HEADER)
		return without_extensions(f, data, p);
	return bpf_filter(f->code.bf_insns, data + p->l3, p->l3_len + p->missing, p->l3_len) != 0;
}

bool filter_ports(const struct filter *f, uint16_t sport, uint16_t dport)
{
	return f->kind != PORT || sport == f->port || dport == f->port;
}
