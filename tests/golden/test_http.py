#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the program tells by -http while it runs: metrics, health, and how it bears bad clients."""

import collections
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

from checks import Skip, TOPOLOGIES, counters, errors, groups, main, records, run, test
from served import Served, parse, total
from wire import SERVER, Capture, a, query, response, rr

LINGER = ("-quiet", "-http_linger", "10m")
DISTINCT_ERROR = 0.0081  # standard error of 16384 registers; the hash is another each run


def lookups(folder, n=200):
    """A capture of n queries, four fifths of them answered, and an orphan."""
    c = Capture()
    for i in range(n):
        if i % 5 == 0:
            c.ask(query(i, "n%d.example" % i, "A"), sport=1024 + i)
        else:
            c.lookup(i, "n%d.example" % i, "A", [rr(12, "A", 1, a("192.0.2.1"))], sport=1024 + i)
    c.answer(response(9, "orphan.example", "A"), sport=999)
    path = os.path.join(folder, "c.pcap")
    with open(path, "wb") as out:
        out.write(c.pcap())
    return path


def metric_of(counter, group):
    """The sample that tells a counter of core/counters.h, as docs/metrics.md has it."""
    family, label, prefix = {
        "PLAIN": ("dnsweir_" + counter, None, None),
        "PACKET_DROP": ("dnsweir_packets_dropped", "reason", "drop_"),
        "FRAGMENT": ("dnsweir_fragments", "fate", "fragments_"),
        "MESSAGE_IN": ("dnsweir_messages", "transport", "messages_"),
        "MESSAGE_DROP": ("dnsweir_messages_dropped", "reason", "drop_message_"),
        "QUERY": ("dnsweir_query_fates", "fate", "queries_"),
        "RESPONSE": ("dnsweir_response_fates", "fate", "responses_"),
    }[group]
    return family + "_total", ((label, counter[len(prefix):]),) if label else ()


@test
def every_counter_is_a_metric_and_agrees_with_the_summary(folder):
    path = lookups(folder)
    for topology in TOPOLOGIES:
        want = counters(run("-pcap", path, "-quiet", *topology, cwd=folder))
        assert want["queries_answered"] and want["queries_unanswered"] and want["responses_orphan"], want
        with Served("-pcap", path, *LINGER, *topology, cwd=folder) as program:
            program.wait_end()
            values = parse(program.get("metrics")[2])
        for group, names in groups().items():
            for name in names:
                assert values[metric_of(name, group)] == want[name], (topology, name)
                assert total(values, "dnsweir_part_events_total", counter=name) == want[name], (topology, name)


@test
def sinks_rings_and_tables_are_told(folder):
    path, log = lookups(folder), os.path.join(folder, "log.json")
    with Served("-pcap", path, *LINGER, "-logfile", log, "-numprocs", "2", "-txprocs", "2", cwd=folder) as program:
        program.wait_end()
        values = parse(program.get("metrics")[2])
    lines = open(log).read().count("\n")
    assert lines and total(values, "dnsweir_sink_delivered_total", sink="file") == lines
    assert total(values, "dnsweir_sink_offered_total") == lines == values["dnsweir_records_out_total", ()]
    assert values["dnsweir_sink_healthy", (("sink", "file"),)] == 1
    assert total(values, "dnsweir_sink_dropped_total", reason="full") == 0
    for worker in "01":
        assert total(values, "dnsweir_record_ring_capacity_bytes", worker=worker) > 0
        assert total(values, "dnsweir_record_ring_bytes", worker=worker) == 0
        assert total(values, "dnsweir_queries_outstanding_limit", worker=worker) == 500000
        assert total(values, "dnsweir_link_capacity_packets", worker=worker) > 0
    assert total(values, "dnsweir_mbufs") > total(values, "dnsweir_mbufs_in_use") >= 0
    assert total(values, "dnsweir_source_packets_total") == values["dnsweir_packets_in_total", ()]


@test
def prometheus_accepts_it(folder):
    if not shutil.which("promtool"):
        raise Skip("promtool isn't installed")
    with Served("-pcap", lookups(folder), *LINGER, cwd=folder) as program:
        program.wait_end()
        text = program.get("metrics")[2]
    check = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    assert check.returncode == 0 and not check.stderr, check.stderr


@test
def independent_parsers_accept_both_formats(folder):
    sys.path.append("/usr/lib/python3/dist-packages")  # Debian's modules, whichever python3 this is
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict
        from prometheus_client.parser import text_string_to_metric_families as plain
    except ImportError:
        raise Skip("python3-prometheus-client isn't installed")
    with Served("-pcap", lookups(folder), *LINGER, cwd=folder) as program:
        program.wait_end()
        status, headers, text = program.get("metrics")
        assert status == 200 and headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        old = {s.name: s.value for family in plain(text) for s in family.samples}
        accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
        status, headers, text = program.get("metrics", Accept=accept)
        assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        new = {s.name: s.value for family in strict(text) for s in family.samples}
    assert old["dnsweir_queries_total"] == new["dnsweir_queries_total"] == 200
    assert set(old) == set(new), set(old) ^ set(new)


def assert_ranked(rows, keys):
    want = collections.Counter(keys)
    assert [count for _, count, _ in rows] == sorted(want.values(), reverse=True)[:100]
    assert all(want[key] == count and not error for key, count, error in rows), rows


@test
def the_overview_tells_what_the_records_tell(folder):
    path = mixture(folder)
    answered = records(run("-pcap", path, "-orphans", "-unanswered", cwd=folder).stdout)
    lists = {
        "names": [r["q"].lower() for r in answered],
        "domains": [".".join(r["q"].lower().split(".")[-2:]) for r in answered],
        "nxdomain": [r["q"].lower() for r in answered if r["rcode"] == 3],
        "clients": [r["src"] for r in answered],
        "servers": [r["dst"] for r in answered],
    }
    for topology in TOPOLOGIES:
        with Served("-pcap", path, *LINGER, "-orphans", "-unanswered", *topology, cwd=folder) as program:
            program.wait_end()
            status, headers, text = program.get("analytics.json")
            assert status == 200 and headers["Content-Type"] == "application/json" and "<" not in text
            told = json.loads(text)
            values = parse(program.get("metrics")[2])
        for name, keys in lists.items():
            assert told["top"][name]["of"] == len(keys), name
            assert_ranked(told["top"][name]["rows"], keys)
            if name in told["distinct"]:
                assert abs(told["distinct"][name] / len(set(keys)) - 1) < 4 * DISTINCT_ERROR, name
        kinds = collections.Counter({-1: "unanswered"}.get(r["rcode"], "orphan" if r["elapsed"] == -1 else "answered") for r in answered)
        assert told["transactions"] == kinds, (told["transactions"], kinds)
        assert sum(row["count"] for row in told["qtypes"]) == len(answered)
        rcodes = {row["name"]: row["count"] for row in told["rcodes"]}
        assert rcodes == {"NOERROR": sum(r["rcode"] == 0 for r in answered), "NXDOMAIN": len(lists["nxdomain"]),
                          "SERVFAIL": sum(r["rcode"] == 2 for r in answered)}, rcodes
        elapsed = sorted(r["elapsed"] for r in answered if r["elapsed"] >= 0)
        for part, ms in zip((0.5, 0.95, 0.99), told["latency"]["quantiles"]):
            want = elapsed[int(part * (len(elapsed) - 1))] / 1e6
            assert 0.85 * want < ms < 1.15 * want, (part, want, ms)
        assert abs(told["latency"]["mean"] - sum(elapsed) / len(elapsed) / 1e6) < 0.001
        assert sum(count for _, count in told["latency"]["buckets"]) == len(elapsed) == told["latency"]["count"]
        for line in ("timeline", "minutes"):
            assert sum(sum(row[1:6]) for row in told[line]["rows"]) == len(answered), line
        check_dns_metrics(values, answered, elapsed)


def check_dns_metrics(values, answered, elapsed):
    """What /metrics tells of the records."""
    assert total(values, "dnsweir_transactions_by_transport_total") == len(answered)
    assert total(values, "dnsweir_transactions_by_transport_total", transport="udp", ip="4") == len(answered)
    assert total(values, "dnsweir_responses_by_rcode_total", rcode="NXDOMAIN") == sum(r["rcode"] == 3 for r in answered)
    assert total(values, "dnsweir_transactions_by_qtype_total", qtype="AAAA") == sum(r["qtype"] == "AAAA" for r in answered)
    for (name, labels), value in values.items():
        if name == "dnsweir_response_seconds_bucket":
            bound = float(dict(labels)["le"]) * 1e9
            assert value == sum(e <= bound + 0.5 for e in elapsed), (bound, value)
    assert values["dnsweir_response_seconds_count", ()] == len(elapsed)
    assert total(values, "dnsweir_server_response_seconds_count") == len(elapsed)
    assert total(values, "dnsweir_server_response_seconds_count", server=SERVER) > 0


def mixture(folder):
    """A capture of 900 lookups of 60 names, with answers of all kinds, and orphans and lonely queries."""
    c, numbers = Capture(), random.Random(5)
    for i in range(900):
        name = "h%d.d%d.example" % (min(int(numbers.paretovariate(0.6)), 60), numbers.randrange(2))
        kind, fate = numbers.choice(("A", "A", "AAAA")), numbers.random()
        client = "192.0.2.%d" % (1 + numbers.randrange(9))
        if fate < 0.95:
            c.ask(query(i, name.upper() if i % 3 else name, kind), sport=1024 + i, client=client)
        if fate > 0.05:
            flags = 0x8180 | numbers.choice((0, 0, 0, 0, 3, 3, 2))
            c.answer(response(i, name, kind, flags=flags), sport=1024 + i, client=client, after=numbers.randrange(10**5, 10**8))
    path = os.path.join(folder, "m.pcap")
    with open(path, "wb") as out:
        out.write(c.pcap())
    return path


@test
def hostile_names_are_text(folder):
    c = Capture()
    names = ["<script>alert(1)</script>.example", "\"'&\r\n.example", "</script><!--.example"]
    for i, name in enumerate(names):
        c.lookup(i, name, "A", [rr(12, "A", 1, a("192.0.2.1"))], sport=1024 + i)
    path = os.path.join(folder, "h.pcap")
    with open(path, "wb") as out:
        out.write(c.pcap())
    with Served("-pcap", path, *LINGER, cwd=folder) as program:
        program.wait_end()
        text = program.get("analytics.json")[2]
    assert "<" not in text and text.isascii()
    told = {key for key, _, _ in json.loads(text)["top"]["names"]["rows"]}
    assert "<script>alert(1)</script>.example" in told and "</script><!--.example" in told, told


@test
def ready_while_it_runs_and_no_more_after(folder):
    with Served("-pcap", "-", *LINGER, cwd=folder, stdin=subprocess.PIPE) as program:
        deadline = time.monotonic() + 60
        while program.get("readyz")[0] != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert program.get("readyz")[2] == "ready\n" and program.get("healthz")[::2] == (200, "ok\n")
        program.process.stdin.close()
        program.wait_end()
        status, _, text = program.get("readyz")
        assert status == 503 and text == "the run has ended\n", (status, text)
        assert program.get("healthz")[0] == 200


@test
def a_sink_that_drops_is_not_ready(folder):
    if not os.path.exists("/dev/full"):
        raise Skip("no /dev/full")
    arguments = ("-pcap", lookups(folder), *LINGER, "-logfile", "/dev/full", "-sink_timeout", "500ms")
    with Served(*arguments, cwd=folder) as program:
        deadline = time.monotonic() + 60
        while (values := parse(program.get("metrics")[2]))["dnsweir_sink_healthy", (("sink", "file"),)]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert values["dnsweir_ready", ()] == 0
        assert total(values, "dnsweir_sink_dropped_total", sink="file") > 0
        assert program.stop() == 1


@test
def lingering_ends_by_itself_and_by_a_signal(folder):
    path = lookups(folder)
    started = time.monotonic()
    with Served("-pcap", path, "-quiet", "-http_linger", "1s", cwd=folder) as program:
        assert program.process.wait(timeout=60) == 0 and time.monotonic() - started >= 1
    with Served("-pcap", path, *LINGER, cwd=folder) as program:
        program.wait_end()
        program.process.send_signal(signal.SIGINT)
        assert program.process.wait(timeout=20) == 0
    with Served("-pcap", path, "-quiet", cwd=folder) as program:
        assert program.process.wait(timeout=60) == 0


@test
def only_reading_is_allowed(folder):
    with Served("-pcap", lookups(folder), *LINGER, cwd=folder) as program:
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
            status, headers, _ = program.get("metrics", method=method)
            assert status == 405 and headers["Allow"] == "GET, HEAD", (method, status)
        status, headers, body = program.get("metrics", method="HEAD")
        assert status == 200 and int(headers["Content-Length"]) > 1000 and not body
        for path in ("nothing", "metrics/", "../etc/passwd", "%2e%2e/metrics", "metrics%0a", "x" * 2000):
            assert program.get(path)[0] == 404, path
        assert program.get("metrics", Host="attacker.example")[0] == 421
        assert program.get("metrics", Host="localhost:1")[0] == 200


@test
def a_port_that_is_taken_is_one_line_and_1(folder):
    path = lookups(folder)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        result = run("-pcap", path, "-http", address, cwd=folder)
    assert result.returncode == 1 and not result.stdout, result
    assert len(errors(result)) == 1 and address in errors(result)[0] and "in use" in errors(result)[0], errors(result)
    for address in ("x", "127.0.0.1", "127.0.0.1:70000", "host.example:80", "::1:9100"):
        result = run("-pcap", path, "-http", address, cwd=folder)
        assert result.returncode == 2 and len(errors(result)) == 1 and address in errors(result)[0], (address, result)


@test
def slow_and_rude_clients_hold_nobody_up(folder):
    """Connections that say nothing, half a request, or read nothing, while the capture runs: it ends, and others are served."""
    with Served("-pcap", "-", *LINGER, cwd=folder, stdin=subprocess.PIPE) as program:
        port = int(program.url.rstrip("/").rsplit(":", 1)[1])
        rude = []
        for start in (b"", b"GET /metr", b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50, b"\x16\x03\x01" + b"\0" * 500):
            for _ in range(5):
                s = socket.create_connection(("127.0.0.1", port))
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                s.sendall(start)
                rude.append(s)
        program.process.stdin.write(open(lookups(folder), "rb").read())
        program.process.stdin.close()
        program.wait_end()
        started = time.monotonic()
        assert parse(program.get("metrics")[2])["dnsweir_queries_total", ()] == 200
        assert time.monotonic() - started < 20
        for s in rude:
            s.close()
        assert program.get("healthz")[0] == 200
        assert program.stop() == 0


if __name__ == "__main__":
    main("http")
