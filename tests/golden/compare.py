#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Flat records against the truth that dnsgen wrote beside a capture: all right, none missing, none more.

usage: compare.py TRUTH RECORDS [--nanoseconds]     RECORDS: JSON lines, - is standard input
"""

import argparse
import collections
import csv
import ipaddress
import json
import sys
import time

FIELDS = (
    "query_id rcode q qtype a atype ttl dst src tstamp elapsed sport level bytes protocol"
    " truncated aa rd ra"
).split()
CODES = {0: "", 2: "Server Failure", 3: "Non-Existent Domain"}


def go_time(ticks, second):
    whole, rest = divmod(ticks, second)
    digits = str(rest).zfill(len(str(second)) - 1).rstrip("0")
    told = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(whole))
    return told + ("." + digits if digits else "") + " +0000 UTC"


def address(digits):
    return str(ipaddress.ip_address(bytes.fromhex(digits)))


def read_truth(lines, second):
    """{transaction: its answers, sorted}, of those that were answered."""
    truth = collections.defaultdict(list)
    for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
        if not row["t_response"]:
            continue
        asked, answered, rcode = int(row["t_query"]), int(row["t_response"]), int(row["rcode"])
        key = (
            address(row["client"]),
            row["sport"],
            address(row["server"]),
            row["proto"],
            int(row["id"]),
            row["qname"],
            row["qtype"],
            rcode,
            max(0, answered - asked) * (10**9 // second),
            go_time(answered, second),
        )
        answers = [tuple(a.split(" ", 2)) for a in row["answers"].split("|")] if row["answers"] else []
        truth[key].append(sorted(answers or [("", "0", CODES[rcode])]))
    return truth


def read_records(lines):
    """The same of records; and those that are no flat record of such traffic."""
    seen, odd = collections.defaultdict(list), []
    for line in lines:
        r = json.loads(line)
        sound = list(r) == FIELDS and r["rd"] and r["ra"] and not r["aa"] and not r["truncated"]
        if not sound or r["level"] or r["bytes"] < 12:
            odd.append(line)
            continue
        key = (
            r["src"],
            r["sport"],
            r["dst"],
            r["protocol"],
            r["query_id"],
            r["q"],
            r["qtype"],
            r["rcode"],
            r["elapsed"],
            r["tstamp"],
        )
        seen[key].append((r["atype"], str(r["ttl"]), r["a"]))
    return seen, odd


def differences(truth, seen, odd):
    """What is wrong, a line each; the number of transactions that are right."""
    told = ["no record of this traffic: %s" % line.strip() for line in odd]
    right = 0
    for key, transactions in truth.items():
        wanted = sorted(a for answers in transactions for a in answers)
        if sorted(seen.get(key, [])) == wanted:
            right += len(transactions)
        else:
            told.append("%s: %s, truth %s" % (key, seen.get(key, "missing"), wanted))
    told += ["more than there was: %s: %s" % (key, seen[key]) for key in seen if key not in truth]
    return told, right


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("truth")
    p.add_argument("records")
    p.add_argument("--nanoseconds", action="store_true", help="the capture was made with it")
    o = p.parse_args()
    # The records first: whoever writes them into a pipe doesn't have to wait.
    with sys.stdin if o.records == "-" else open(o.records, encoding="utf-8") as lines:
        seen, odd = read_records(lines)
    with open(o.truth, encoding="utf-8") as lines:
        truth = read_truth(lines, 10**9 if o.nanoseconds else 10**6)
    told, right = differences(truth, seen, odd)
    for line in told[:10]:
        print(line)
    print("%d of %d transactions right, %d differences" % (right, sum(map(len, truth.values())), len(told)))
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
