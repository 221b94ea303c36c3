#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the program tells by -http while it runs: metrics, health, and how it bears bad clients."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time

from checks import Skip, TOPOLOGIES, counters, errors, groups, main, run, test
from served import Served, parse, total
from wire import Capture, a, query, response, rr

LINGER = ("-quiet", "-http_linger", "10m")


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
