#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""DPDK's telemetry socket tells dnsweir's counters, where it is on."""

import glob
import json
import os
import socket

from checks import Skip, groups, main, test
from served import Served, parse, total
from wire import Capture, a, rr


def ask(path, *commands):
    """The answers to commands on the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.settimeout(30)
        s.connect(path)
        size = json.loads(s.recv(1024))["max_output_len"]
        answers = []
        for command in commands:
            s.sendall(command.encode())
            answers.append(json.loads(s.recv(size))[command])
        return answers


@test
def counters_source_and_sinks(folder):
    c = Capture()
    for i in range(50):
        c.lookup(i, "n%d.example" % i, "A", [rr(12, "A", 1, a("192.0.2.1"))], sport=1024 + i)
    path = os.path.join(folder, "c.pcap")
    with open(path, "wb") as out:
        out.write(c.pcap())
    arguments = ("-pcap", path, "-quiet", "-logfile", os.path.join(folder, "log"), "-http_linger", "10m")
    with Served(*arguments, cwd=folder, last=("--", "--telemetry")) as program:
        program.wait_end()
        where = "/var/run/dpdk" if not os.getuid() else os.environ.get("XDG_RUNTIME_DIR", "/tmp") + "/dpdk"
        found = glob.glob("%s/dnsweir%d/dpdk_telemetry.v2*" % (where, program.process.pid))
        if not found:
            raise Skip("EAL has no socket here: %s" % where)
        counters, source, sinks, commands = ask(found[0], "/dnsweir/counters", "/dnsweir/source", "/dnsweir/sinks", "/")
        values = parse(program.get("metrics")[2])
    assert set(counters) == {name for names in groups().values() for name in names}
    assert counters["queries"] == 50 == counters["responses"] == counters["records_out"], counters
    assert source["packets"] == 100 and source["kind"] == "file", source
    assert sinks["file"]["delivered"] == 50 and sinks["file"]["dropped_full"] == 0, sinks
    assert total(values, "dnsweir_queries_total") == 50
    assert "/dnsweir/counters" in commands


if __name__ == "__main__":
    main("telemetry")
