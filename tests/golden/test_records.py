#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Replays the captures of cases.py and compares the records with the committed ones, byte by byte.

usage: test_records.py [--update] [NAME...]
       --update writes NAME.json anew: look at the difference before committing it
Each capture is replayed with 1, 2 and 4 workers and on one core; the records are the same each time.
The program is DNSWEIR.
"""

import json
import os
import subprocess
import sys
import tempfile

from cases import CASES
from checks import PROGRAM, TOPOLOGIES, environment

HERE = os.path.dirname(os.path.abspath(__file__))


def replay(capture, options):
    run = subprocess.run(
        [PROGRAM, "-pcap", capture, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=120,
        stdin=subprocess.DEVNULL,
        cwd=os.path.dirname(capture),
        env=environment(),
    )
    if run.returncode:
        raise ValueError("exit code %d: %s" % (run.returncode, run.stderr.decode("utf-8", "replace")[-2000:]))
    for line in run.stdout.splitlines():
        json.loads(line.decode("utf-8"))
    if run.stdout and not run.stdout.endswith(b"\n"):
        raise ValueError("the last line is not whole")
    return sorted(run.stdout.splitlines(keepends=True))


def difference(want, got):
    missing = [line for line in want if line not in got]
    extra = [line for line in got if line not in want]
    return "%d records, not %d\n    missing %s\n    more    %s" % (
        len(got),
        len(want),
        missing[:2],
        extra[:2],
    )


def check(name, folder, update):
    function, options = CASES[name]
    capture, golden = os.path.join(folder, name + ".pcap"), os.path.join(HERE, name + ".json")
    with open(capture, "wb") as out:
        out.write(function())
    if update:
        with open(golden, "wb") as out:
            out.writelines(replay(capture, (*options, *TOPOLOGIES[0])))
    with open(golden, "rb") as file:
        want = file.readlines()
    for topology in TOPOLOGIES:
        got = replay(capture, (*options, *topology))
        if got != want:
            raise ValueError("%s: %s" % (" ".join(topology), difference(want, got)))


def main():
    arguments = sys.argv[1:]
    update = "--update" in arguments
    names = [n for n in arguments if n != "--update"] or list(CASES)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            try:
                check(name, folder, update)
                print("ok golden %s" % name)
            except (ValueError, OSError, subprocess.TimeoutExpired) as problem:
                failed += 1
                print("FAIL golden %s: %s" % (name, problem))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
