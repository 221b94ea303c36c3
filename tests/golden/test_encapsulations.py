#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The same lookup in every encapsulation gives the same record, on every topology. The program is DNSWEIR."""

import collections
import os
import subprocess

from checks import PROGRAM, SANITIZED, TOPOLOGIES, Skip, assert_conserved, counters, main, records, run, test, told

ENCAPGEN = os.path.join(os.path.dirname(PROGRAM), "../tests/support/encapgen")
ENDS = {"192.0.2.1": "198.51.100.2", "2001:db8::1": "2001:db8:1::2"}
RECORD = {
    "rcode": 0,
    "q": "www.example.com",
    "qtype": "TXT",
    "a": "the same in every encapsulation, however deep it lies in others",
    "atype": "TXT",
    "ttl": 300,
    "elapsed": 1000000,
    "level": "",
    "truncated": False,
    "aa": False,
    "rd": True,
    "ra": True,
}


@test
def each_encapsulation_gives_the_same_record(folder):
    if not os.path.exists(ENCAPGEN):
        raise Skip("no encapgen beside the program")
    path = os.path.join(folder, "c.pcap")
    made = subprocess.run([ENCAPGEN, path], check=True, stdout=subprocess.PIPE)
    lookups = int(made.stdout)
    for topology in TOPOLOGIES[1:2] if SANITIZED else TOPOLOGIES:
        result = run("-pcap", path, *topology, cwd=folder)
        assert result.returncode == 0, told(result)
        assert_conserved(result)
        kinds = collections.Counter()
        for r in records(result.stdout):
            assert {k: r[k] for k in RECORD} == RECORD and ENDS[r["src"]] == r["dst"], r
            kinds[r["src"], r["protocol"]] += 1
        assert sum(kinds.values()) == lookups == counters(result)["queries_answered"], told(result)
        assert len(kinds) == 4 and min(kinds.values()) > lookups // 5, kinds


if __name__ == "__main__":
    main("encapsulations")
