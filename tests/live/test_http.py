#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Metrics, health and the page's figures of live traffic; clients that are slow meanwhile don't hold the capture up."""

import json
import socket
import sys
import time
import urllib.request

from lab import Net, Weir, capture, losses, main, play, run, test

sys.path.insert(0, __file__.rsplit("/live/", 1)[0] + "/golden")
from served import parse, total  # noqa: E402

URL = "http://127.0.0.1:9100/"


def get(path):
    with urllib.request.urlopen(URL + path, timeout=30) as answer:
        return answer.read().decode()


def rude_clients(n):
    """Connections that ask and read nothing."""
    found = []
    for _ in range(n):
        s = socket.create_connection(("127.0.0.1", 9100))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20)
        found.append(s)
    return found


@test
def live_traffic(folder):
    path = capture(folder, 4000)
    with Net() as net:
        run("ip", "link", "set", "lo", "up")
        net.link((None, "feed"), (None, "tap"))
        with Weir(folder, None, "-dev", "tap", "-http", "9100", ready="serving") as weir:
            assert get("readyz") == "ready\n" and get("healthz") == "ok\n"
            rude = rude_clients(20)
            sent, _ = play("feed", path, folder, pps=4000)
            weir.settle()
            deadline = time.monotonic() + 60
            while True:
                values = parse(get("metrics"))
                told = json.loads(get("analytics.json"))
                done = total(values, "dnsweir_transactions_total")
                if done and done == total(values, "dnsweir_records_in_total") or time.monotonic() > deadline:
                    break
                time.sleep(0.2)
            for s in rude:
                s.close()
            weir.end()
        c = weir.counters()
    assert done == c["records_in"] > 0 == c["records_ring_full"], (done, weir.text())
    assert total(values, "dnsweir_packets_in_total") == c["packets_in"] and c["packets_in"] + losses(c) == sent, weir.text()
    assert total(values, "dnsweir_response_seconds_count") == c["queries_answered"]
    assert told["source"]["live"] and told["state"] == "running" and told["transactions"]["answered"] == c["queries_answered"]
    assert told["top"]["names"]["of"] == c["records_in"] and told["minutes"]["rows"]


if __name__ == "__main__":
    main("test_http")
