#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A model, not a measurement: worker lcores, their pairing tables and rings on a link that no test machine has.

    tests/bench/simulate.py [--json bench.json] [--packets 80e6] [--dns 0.1] [--workers N] [--tx N] ...

Packets come to each worker's queue at random (Poisson, in bursts of `--burst` as a NIC's interrupt moderation and the senders make them)
and are taken at the cost that scripts/bench measured: a packet that is no DNS, and a DNS message by how many queries are outstanding in the
worker's table. Records go through rings of 4 MiB to TX lcores. What doesn't fit a queue or a ring is lost and counted. Some of the DNS may
come in few flows (`--heavy`), whose packets all hash to one queue each. Without --workers, the fewest that lose nothing are looked for.
"""
import argparse
import bisect
import json
import math
import random

TICK = 20e-6
QUEUE = 4096              # descriptors of a NIC's queue
RING = 4 << 20            # bytes between worker and TX
RECORD = 420              # bytes of a record: header, name, message
# ns, where there is no file of scripts/bench: 2 processors of a busy virtual machine
COSTS = {1000: 91, 10000: 118, 100000: 134, 1000000: 180, 10000000: 271}
OTHER, ENCODE = 8.1, 103


def costs(path):
    """ns of a DNS message by outstanding queries, of another packet, of a record at a TX lcore."""
    if not path:
        return sorted(COSTS.items()), OTHER, ENCODE
    figures = {name: f["median"] for name, f in json.load(open(path))["figures"].items()}
    return (sorted((n, figures["worker: %d outstanding" % n]) for n in COSTS), figures["worker: no packet is DNS"],
            figures["tx: /dev/null"])


def message_cost(curve, outstanding):
    """Between the measured sizes, by the logarithm."""
    sizes = [n for n, _ in curve]
    at = bisect.bisect_left(sizes, outstanding)
    if at == 0 or at == len(curve):
        return curve[min(at, len(curve) - 1)][1]
    (a, low), (b, high) = curve[at - 1], curve[at]
    return low + (high - low) * math.log(outstanding / a) / math.log(b / a)


def poisson(rate):
    if rate > 20:
        return max(0, round(random.gauss(rate, math.sqrt(rate))))
    count, left = 0, math.exp(-rate)
    chance = random.random()
    while chance > left:
        count += 1
        chance *= random.random()
    return count


def shares(o, workers):
    """How much of the DNS each worker gets: heavy flows whole, the rest evenly."""
    share = [(1 - o.heavy) / workers] * workers
    for _ in range(o.heavy_flows if o.heavy else 0):
        share[random.randrange(workers)] += o.heavy / o.heavy_flows
    return share


class Worker:
    """Backlog of its NIC queue in packets and of its ring in records; its table in queries."""

    def __init__(self, share, o, workers):
        self.dns, self.other = share * o.dns * o.packets, (1 - o.dns) * o.packets / workers
        self.queue_dns = self.queue_other = self.ring = self.lost = self.unrecorded = self.most = self.most_ring = self.busy = 0.0
        # Half of the messages are queries; a share of them is never answered and stays for the whole of -gc_age.
        self.outstanding = self.dns / 2 * ((1 - o.unanswered) * o.rtt + o.unanswered * o.age)

    def step(self, o, cost, other):
        for kind, rate in (("queue_dns", self.dns), ("queue_other", self.other)):
            come = o.burst * poisson(rate * TICK / o.burst)
            room = max(0, QUEUE - self.queue_dns - self.queue_other)
            setattr(self, kind, getattr(self, kind) + min(come, room))
            self.lost += max(0, come - room)
        self.most = max(self.most, self.queue_dns + self.queue_other)
        need = self.queue_dns * cost + self.queue_other * other
        part = min(1.0, TICK * 1e9 / need) if need else 0
        done = self.queue_dns * part
        self.busy += min(need, TICK * 1e9)
        self.queue_dns -= done
        self.queue_other -= self.queue_other * part
        records = done / 2 * (1 - o.unanswered)
        room = max(0, RING / RECORD - self.ring)
        self.ring += min(records, room)
        self.unrecorded += max(0, records - room)
        self.most_ring = max(self.most_ring, self.ring)


def simulate(o, workers, txs, measured):
    curve, other, encode = measured
    encode = o.record or encode * o.records
    w = [Worker(share, o, workers) for share in shares(o, workers)]
    price = [message_cost(curve, x.outstanding) for x in w]
    steps = round(o.seconds / TICK)
    sent = 0.0
    for _ in range(steps):
        for x, cost in zip(w, price):
            x.step(o, cost, other)
        # Either several workers share a TX lcore, or a worker has several.
        for j in range(min(txs, workers)):
            able = TICK * 1e9 / encode * max(1, txs // workers)
            for x in w[j::txs]:
                take = min(able, x.ring)
                x.ring -= take
                able -= take
                sent += take
    packets = o.packets * o.seconds
    return {"workers": workers, "TX lcores": txs, "lost packets": sum(x.lost for x in w) / packets,
            "lost records": sum(x.unrecorded for x in w) / max(1, sent), "fullest queue": max(x.most for x in w) / QUEUE,
            "fullest ring": max(x.most_ring for x in w) * RECORD / RING, "busiest worker": max(x.busy for x in w) / (steps * TICK * 1e9),
            "outstanding": max(x.outstanding for x in w), "records/s": sent / o.seconds}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--json", help="figures of scripts/bench; without it, those of docs/performance.md")
    p.add_argument("--packets", type=float, default=80e6, help="packets/s on the link (80e6)")
    p.add_argument("--dns", type=float, default=0.1, help="share of them that is DNS (0.1)")
    p.add_argument("--rtt", type=float, default=0.03, help="s from query to response (0.03)")
    p.add_argument("--unanswered", type=float, default=0.01, help="share of queries without a response (0.01)")
    p.add_argument("--age", type=float, default=60, help="s that those wait, -gc_age (60)")
    p.add_argument("--records", type=float, default=2.3, help="flat records a response (2.3)")
    p.add_argument("--record", type=float, default=0, help="ns a response at a TX lcore, instead of what was measured for /dev/null")
    p.add_argument("--heavy", type=float, default=0, help="share of the DNS that comes in few flows (0)")
    p.add_argument("--heavy-flows", type=int, default=2, help="how many those are (2)")
    p.add_argument("--burst", type=int, default=32, help="packets that come together (32)")
    p.add_argument("--workers", type=int)
    p.add_argument("--tx", type=int, help="TX lcores; as many as keep up where it isn't given")
    p.add_argument("--seconds", type=float, default=0.05, help="how much is simulated (0.05)")
    o = p.parse_args()
    random.seed(1)
    measured = costs(o.json)
    encode = o.record or measured[2] * o.records
    txs = o.tx or math.ceil(o.packets * o.dns / 2 * (1 - o.unanswered) * encode / 1e9 / 0.8)
    workers = o.workers or max(1, math.floor(o.packets * ((1 - o.dns) * measured[1] + o.dns * measured[0][0][1]) / 1e9))
    while True:
        # As evenly as can be: so many workers a TX lcore, or so many TX lcores a worker.
        even = -(-workers // (workers // txs)) if txs <= workers else -(-txs // workers) * workers
        result = simulate(o, workers, o.tx or even, measured)
        if o.workers or result["lost packets"] == 0 or workers >= 256:
            break
        workers += max(1, workers // 16)
    for name, value in result.items():
        print("%-16s %s" % (name, "%d" % value if value > 1000 or name in ("workers", "TX lcores") else "%.4f" % value))


main()
