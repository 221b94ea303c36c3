#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What gives no record: a counter for each reason, and a hint where a user would ask. The program is DNSWEIR."""

import os

from checks import assert_conserved, counters, main, records, run, test, told
from wire import CLIENT, SERVER, Capture, Stream, a, ether, framed, ip, opt, query, response, rr, udp

YES = [rr(12, "A", 1, a("192.0.2.1"))]
BOTH = "hint: only %s were seen"
NONE = "hint: packets were there, but none passed the filter `port 53`"


def asked(answer, lacking=0):
    """A query, and what came back of a UDP payload when `lacking` bytes of its frame were not captured."""
    frame = ether(udp(SERVER, 53, CLIENT, 40000, answer))
    c = Capture().ask(query(1, "why.example", "A"))
    return c.frame(frame[: len(frame) - lacking], wire_len=len(frame))


def told_of(capture, folder, *options):
    path = os.path.join(folder, "c.pcap")
    with open(path, "wb") as out:
        out.write(capture.pcap())
    result = run("-pcap", path, *options, cwd=folder)
    assert result.returncode == 0, result
    assert_conserved(result)
    return result


def frames(*data, link=1):
    c = Capture(link)
    for frame in data:
        c.frame(frame)
    return c


def stream(*parts):
    s = Stream(Capture()).open()
    for from_client, payload in parts:
        s.segment(from_client, payload)
    return s.close().capture


PLAIN = ether(udp(CLIENT, 40000, SERVER, 53, query(1, "why.example", "A")))
FAR = udp("203.0.113.1", 9, "203.0.113.2", 9, b"")
REASONS = {
    "drop_link_type": (frames(PLAIN, link=189), "hint: no packet has a link type that dnsweir can read"),
    "drop_link_short": (frames(PLAIN[:20]), NONE),
    "drop_not_ip": (frames(ether(b"\0" * 46, kind=0x0806)), NONE),
    "drop_ip_malformed": (frames(ether(b"\x41" + PLAIN[15:])), NONE),
    "drop_ip_no_transport": (frames(ether(ip(CLIENT, SERVER, 89, bytes(40)))), NONE),
    "drop_icmp": (frames(ether(ip(CLIENT, SERVER, 1, bytes(8) + PLAIN[14:]))), NONE),
    "drop_transport_short": (frames(ether(ip(CLIENT, SERVER, 17, bytes(5)))), NONE),
    "drop_filter": (frames(ether(FAR)), NONE),
    "fragments_open": (frames(ether(ip(CLIENT, SERVER, 17, bytes(40), fragment=0x2000))), NONE),
    "drop_message_empty": (asked(b""), BOTH % "queries"),
    "drop_message_short": (asked(b"x" * 11), BOTH % "queries"),
    "drop_message_question": (asked(query(1, b"\xc0\x0c\0\1\0\1", "A")), BOTH % "queries"),
    "drop_message_cut": (asked(response(1, "why.example", "A", YES), 30), BOTH % "queries"),
    "drop_message_no_answers": (asked(response(1, "why.example", "A", [rr(12, "A", 1, b"abc")])), None),
    "answers_malformed": (asked(response(1, "why.example", "A", additional=[opt()])[:-1]), None),
    "answers_cut": (asked(response(1, "why.example", "A", YES), 5), None),
    "queries_unanswered": (frames(PLAIN), BOTH % "queries"),
    "responses_orphan": (Capture().answer(response(1, "why.example", "A", YES)), BOTH % "responses"),
    "responses_mismatched": (asked(response(1, "other.example", "A", YES)), None),
    "tcp_bytes_skipped": (stream((True, b"GET / HTTP/1.1\r\n\r\n")), None),
    "tcp_messages_short": (stream((True, framed(b"hello"))), None),
}


@test
def each_reason_has_its_counter(folder):
    for name, (capture, hint) in REASONS.items():
        result = told_of(capture, folder)
        assert not result.stdout and counters(result)[name] >= 1, (name, told(result))
        hints = [line for line in told(result).splitlines() if "hint: " in line and "snap length" not in line]
        assert len(hints) == (hint is not None), (name, told(result))
        assert not hint or hint in hints[0], (name, told(result))


@test
def an_answer_that_was_cut_is_no_missing_one(folder):
    capture = asked(response(1, "why.example", "A", YES), 5)
    assert not told_of(capture, folder, "-unanswered").stdout
    (record,) = records(told_of(capture, folder, "-unanswered", "-format", "nested").stdout)
    assert record["kind"] == "answered" and record["response"]["damage"] == "cut", record


@test
def a_link_type_that_is_not_read_is_told_first(folder):
    result = told_of(REASONS["drop_link_type"][0], folder)
    assert "warning: link type 189" in told(result).splitlines()[0], told(result)


if __name__ == "__main__":
    main("reasons")
