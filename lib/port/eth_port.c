// SPDX-License-Identifier: BSD-3-Clause
#include "port/eth_port.h"

#include "core/log.h"
#include "packet/rss.h"
#include "port/capture.h"

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_thash.h>
#include <stdlib.h>
#include <string.h>

/** Descriptors of a queue: 4096 packets are 0.4 ms of a full 10 Gbit/s of the smallest ones. */
#define DESCRIPTORS 4096
/** Of a vdev, whose real queues are elsewhere. */
#define DESCRIPTORS_VDEV 2048
/** The longest frame asked for, where mbufs may be chained: jumbo frames as switches pass them. */
#define JUMBO_MTU 9600
/** Bytes of a RSS key that any NIC may want. */
#define KEY_MAX 64
/** Entries of the longest redirection table of a NIC. */
#define TABLE_MAX 2048
/** The packets whose spreading matters. */
#define RSS_UDP (RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP)
#define RSS_WANTED (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP)

/** The link type of a net_pcap port: DPDK doesn't tell it, its first file does. */
static uint16_t file_linktype(const struct rte_eth_dev_info *info)
{
	const struct rte_devargs *args = rte_dev_devargs(info->device);
	const char *value = args && args->args ? strstr(args->args, "rx_pcap=") : NULL;
	uint16_t linktype = LINKTYPE_ETHERNET;
	struct capture c;
	struct capture_packet p;
	struct error e;
	unsigned got;
	char path[512];

	if (!value || sscanf(value, "rx_pcap=%511[^,]", path) != 1 || !strcmp(path, "-") || capture_open(&c, path, NULL, &e))
		return linktype;
	if (!c.input.pipe && capture_next(&c, &p, 1, &got, &e) == CAPTURE_PACKET)
		linktype = p.linktype;
	capture_close(&c);
	return linktype;
}

int eth_port_look(struct eth_port *p, uint16_t id, struct error *e)
{
	struct rte_eth_dev_info info;

	*p = (struct eth_port){ .id = id, .linktype = LINKTYPE_ETHERNET };
	if (rte_eth_dev_get_name_by_port(id, p->name) || rte_eth_dev_info_get(id, &info))
		return error_set(e, "DPDK's port %u tells nothing about itself", id);
	p->driver = info.driver_name;
	p->max_queues = info.max_rx_queues ? info.max_rx_queues : 1;
	p->table = info.reta_size;
	p->socket = rte_eth_dev_socket_id(id);
	p->stamps = info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_TIMESTAMP;
	p->file = !strcmp(p->driver, "net_pcap");
	const char *bus = rte_bus_name(rte_dev_bus(info.device));

	p->dedicated = bus && strcmp(bus, "vdev");
	if (p->file)
		p->linktype = file_linktype(&info);
	if (!strcmp(p->driver, "net_af_packet"))
		p->spread = ETH_SPREAD_FANOUT;
	else if ((info.flow_type_rss_offloads & RSS_UDP) == RSS_UDP)
		p->spread = ETH_SPREAD_RSS;
	else
		p->spread = ETH_SPREAD_NONE;
	/* These copy frames into mbufs as they are read. */
	p->descriptors = p->file || p->spread == ETH_SPREAD_FANOUT ? 0 :
			 RTE_MIN(p->dedicated ? DESCRIPTORS : DESCRIPTORS_VDEV, info.rx_desc_lim.nb_max);
	return 0;
}

/** Longer frames than the usual, where the NIC can put them into several mbufs. */
static void want_jumbo(struct rte_eth_conf *conf, const struct rte_eth_dev_info *info)
{
	if (!(info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER))
		return;
	conf->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
	conf->rxmode.mtu = RTE_MIN(info->max_mtu, (uint16_t)JUMBO_MTU);
}

static void fill_key(uint8_t *key)
{
	for (unsigned i = 0; i < KEY_MAX; i += 2) {
		key[i] = RSS_KEY >> 8;
		key[i + 1] = RSS_KEY & 0xff;
	}
}

/** What is hashed, and by which key (`key`: KEY_MAX bytes of the caller's). */
static struct rte_eth_rss_conf rss_conf(const struct rte_eth_dev_info *info, uint8_t *key)
{
	uint8_t len = info->hash_key_size ? info->hash_key_size : 40;

	fill_key(key);
	return (struct rte_eth_rss_conf){
		.rss_key = key, .rss_key_len = RTE_MIN(len, KEY_MAX), .rss_hf = RSS_WANTED & info->flow_type_rss_offloads,
	};
}

/** The queue of a table's entry `i`: on every port the common table, repeated where the port's own is longer. */
static uint16_t table_queue(const struct eth_port_config *c, unsigned i)
{
	return (uint16_t)(i % c->table % c->queues);
}

/** Sets the table and looks whether it stays. */
static bool keeps_table(const struct eth_port *p, const struct eth_port_config *c)
{
	struct rte_eth_rss_reta_entry64 table[TABLE_MAX / RTE_ETH_RETA_GROUP_SIZE];

	if (!p->table || !c->table)
		return true; /* a device without a table takes the hash modulo the queues, as far as is known */
	if (p->table > TABLE_MAX)
		return false;
	memset(table, 0, sizeof(table));
	for (unsigned i = 0; i < p->table; i++) {
		table[i / RTE_ETH_RETA_GROUP_SIZE].mask |= UINT64_C(1) << i % RTE_ETH_RETA_GROUP_SIZE;
		table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] = table_queue(c, i);
	}
	if (rte_eth_dev_rss_reta_update(p->id, table, (uint16_t)p->table))
		return false;
	for (unsigned i = 0; i < RTE_DIM(table); i++)
		memset(table[i].reta, 0xff, sizeof(table[i].reta));
	if (rte_eth_dev_rss_reta_query(p->id, table, (uint16_t)p->table))
		return true; /* it was taken, but isn't told */
	for (unsigned i = 0; i < p->table; i++)
		if (table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] != table_queue(c, i))
			return false;
	return true;
}

/** True where a key of at least 40 bytes hashes flows as we do, both directions alike. */
static bool hashes_alike(const uint8_t *key)
{
	struct flow_key f = { .proto = 17, .family = 6 };
	uint32_t words[9] = { 0 }; /* addresses of 4 words each, then the ports */

	/* The hash is linear: it is right for every flow if it is right for each bit of one. */
	for (unsigned bit = 0; bit < 288; bit++) {
		uint8_t bytes[36] = { 0 };

		bytes[bit / 8] = (uint8_t)(0x80 >> bit % 8);
		for (unsigned i = 0; i < 9; i++) {
			memcpy(&words[i], bytes + 4 * i, 4);
			words[i] = rte_be_to_cpu_32(words[i]);
		}
		memcpy(f.src, bytes, 16);
		memcpy(f.dst, bytes + 16, 16);
		f.sport = (uint16_t)(words[8] >> 16);
		f.dport = (uint16_t)words[8];
		if (rte_softrss(words, 9, key) != rss_hash(&f))
			return false;
	}
	return true;
}

/** True where the device has our key and hashes UDP ports. One that doesn't answer is believed: each worker looks at the hash of
 * its packets. */
static bool keeps_key(const struct eth_port *p, const struct rte_eth_dev_info *info)
{
	uint8_t key[KEY_MAX];
	struct rte_eth_rss_conf conf = rss_conf(info, key);

	/* Some drivers forget the key that they were configured with. */
	rte_eth_dev_rss_hash_update(p->id, &conf);
	if (rte_eth_dev_rss_hash_conf_get(p->id, &conf))
		return true;
	return (conf.rss_hf & RSS_UDP) == RSS_UDP && hashes_alike(key);
}

static int configure(const struct eth_port *p, const struct eth_port_config *c, const struct rte_eth_dev_info *info, bool jumbo)
{
	struct rte_eth_conf conf = { .intr_conf.rxq = c->interrupts };
	uint8_t key[KEY_MAX];
	/* Some drivers pair RX with TX queues and start no port without; nothing is ever sent. */
	uint16_t tx = RTE_MIN(p->queues, info->max_tx_queues);

	if (p->file)
		tx = 0;
	if (jumbo)
		want_jumbo(&conf, info);
	if (p->stamps)
		conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_TIMESTAMP;
	if (p->queues > 1 && p->spread == ETH_SPREAD_RSS) {
		conf.rx_adv_conf.rss_conf = rss_conf(info, key);
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	}
	return rte_eth_dev_configure(p->id, p->queues, tx, &conf);
}

/** Sets all queues up; `tx` of them are there for the driver's sake. */
static int set_queues(const struct eth_port *p, const struct rte_eth_dev_info *info, struct rte_mempool *pool)
{
	uint16_t rx_desc = p->descriptors ? p->descriptors : DESCRIPTORS_VDEV, tx_desc = 64, tx = p->file ? 0 : RTE_MIN(p->queues, info->max_tx_queues);
	int r = rte_eth_dev_adjust_nb_rx_tx_desc(p->id, &rx_desc, &tx_desc);

	for (uint16_t q = 0; !r && q < p->queues; q++)
		r = rte_eth_rx_queue_setup(p->id, q, rx_desc, (unsigned)p->socket, NULL, pool);
	for (uint16_t q = 0; !r && q < tx; q++)
		r = rte_eth_tx_queue_setup(p->id, q, tx_desc, (unsigned)p->socket, NULL);
	return r;
}

int eth_port_start(struct eth_port *p, const struct eth_port_config *c, struct error *e)
{
	struct rte_eth_dev_info info;
	int r = rte_eth_dev_info_get(p->id, &info);

	p->queues = c->queues;
	if (!r && configure(p, c, &info, true))
		r = configure(p, c, &info, false);
	if (r)
		return error_set(e, "-dev %s: %s takes no %u queues%s (%s)", p->name, p->driver, c->queues,
				 c->interrupts ? " with RX interrupts" : "", rte_strerror(-r));
	r = set_queues(p, &info, c->pool);
	if (r)
		return error_set(e, "-dev %s: %s can't set its queues up (%s)", p->name, p->driver, rte_strerror(-r));
	r = rte_eth_dev_start(p->id);
	if (r == -EPERM)
		return error_set(e, "-dev %s: %s may not start it: run as root, or type: setcap cap_net_raw,cap_net_admin+ep on the program",
				 p->name, p->driver);
	if (r) {
		error_set(e, "%s: %s can't start (%s)", p->name, p->driver, rte_strerror(-r));
		return 1;
	}
	p->started = true;
	if (c->queues > 1 && p->spread == ETH_SPREAD_RSS && (!keeps_table(p, c) || !keeps_key(p, &info))) {
		log_warn("%s: %s doesn't keep a symmetric key and its table: one core reads and hands packets to the workers", p->name,
			 p->driver);
		p->spread = ETH_SPREAD_NONE;
	}
	/* For as long as the run takes, af_packet's sockets see to that: see eth_sockets.h. */
	if (!p->file && p->spread != ETH_SPREAD_FANOUT && rte_eth_promiscuous_enable(p->id))
		log_warn("%s: not promiscuous: only what is sent to this interface is seen", p->name);
	return 0;
}

void eth_port_stop(struct eth_port *p)
{
	if (p->started)
		rte_eth_dev_stop(p->id);
	p->started = false;
}
