# SPDX-License-Identifier: BSD-3-Clause
"""What the golden tests share: running the program, reading its summary, and telling what passed."""

import json
import os
import re
import subprocess
import sys
import tempfile
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(os.environ.get("DNSWEIR", os.path.join(HERE, "../../build/app/dnsweir")))
SANITIZED = os.environ.get("SANITIZED") == "1"
TOPOLOGIES = (
    ("-numprocs", "1", "-fused=false"),
    ("-numprocs", "2", "-fused=false"),
    ("-numprocs", "4", "-txprocs", "2", "-fused=false"),
    ("-fused",),
)
TESTS = []


class Skip(Exception):
    """The test can't be done here, and why."""


def test(function):
    TESTS.append(function)
    return function


def environment(extra=()):
    """This process's environment without variables of the program's."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PDNS_")}
    clean.update(extra)
    return clean


def run(*arguments, stdin=subprocess.DEVNULL, data=None, cwd=None, env=(), timeout=120, **more):
    """The finished program; `data` is its standard input."""
    source = {"input": data} if data is not None else {"stdin": stdin}
    return subprocess.run(
        [PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        timeout=timeout,
        env=environment(env),
        **source,
        **more,
    )


def records(output):
    """Records of standard output, or of a file's content; every line must be whole and JSON."""
    assert not output or output.endswith(b"\n"), "the last line is not whole"
    return [json.loads(line.decode("utf-8")) for line in output.splitlines()]


def told(result):
    return result.stderr.decode("utf-8", "replace")


def errors(result):
    return [line for line in told(result).splitlines() if line.startswith("dnsweir: error: ")]


def counters(result):
    """Counters of the closing summary by name; those that are not told are 0."""
    import collections

    found = collections.defaultdict(int)
    for number, name in re.findall(r"^dnsweir: +(\d+) +([a-z_0-9]+) ", told(result), re.M):
        found[name] += int(number)
    return found


def groups():
    """{group: [counter]} as the list of counters in core/counters.h has them."""
    path = os.path.join(HERE, "../../lib/core/counters.h")
    found = {}
    for name, group in re.findall(r"^\tX\((\w+), (\w+),", open(path).read(), re.M):
        found.setdefault(group, []).append(name)
    return found


def assert_conserved(result):
    """The equations of core/counters.h and of sink/sink.h."""
    c, g = counters(result), groups()
    total = {group: sum(c[name] for name in names) for group, names in g.items()}
    sides = {
        "packets": (
            c["packets_in"] + c["datagrams_reassembled"],
            total["PACKET_DROP"] + total["FRAGMENT"] + c["packets_udp"] + c["packets_tcp"],
        ),
        "messages": (total["MESSAGE_IN"], total["MESSAGE_DROP"] + c["queries"] + c["responses"]),
        "queries": (c["queries"], total["QUERY"]),
        "responses": (c["responses"], total["RESPONSE"]),
    }
    for what, (left, right) in sides.items():
        assert left == right, "%s: %d are not %d\n%s" % (what, left, right, told(result))
    for line in re.findall(r"^dnsweir: +sink .*$", told(result), re.M):
        offered, delivered, pending, spooled, dropped = map(
            int, re.findall(r": (\d+) rec.*= (\d+) d.*\+ (\d+) p.*\+ (\d+) s.*\+ (\d+) d", line)[0]
        )
        assert offered == delivered + pending + spooled + dropped, line


def main(name):
    """Runs every test that was declared; those named on the command line alone, where some are."""
    failed = 0
    for function in TESTS:
        title = "%s %s" % (name, function.__name__)
        if sys.argv[1:] and function.__name__ not in sys.argv[1:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            try:
                function(folder)
                print("ok", title, flush=True)
            except Skip as reason:
                print("skip %s: %s" % (title, reason), flush=True)
            except Exception as problem:  # whatever it is, the next test is to run
                failed += 1
                traceback.print_exc()
                print("FAIL %s: %s" % (title, str(problem).split("\n")[0][:200]), flush=True)
    sys.exit(1 if failed else 0)
