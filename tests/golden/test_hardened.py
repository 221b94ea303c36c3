#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The program's file: what the compiler and the linker have done against those who find a hole all the same."""

import re
import shutil
import subprocess

from checks import PROGRAM, SANITIZED, Skip, main, test


def read(*options):
    if not shutil.which("readelf"):
        raise Skip("readelf is not installed")
    return subprocess.run(["readelf", "-W", *options, PROGRAM], check=True, stdout=subprocess.PIPE, text=True).stdout


@test
def may_lie_anywhere(folder):
    assert re.search(r"Type: +DYN \(Position-Independent Executable", read("-h")), read("-h")
    assert "PIE" in read("-d")


@test
def is_bound_at_start_and_read_only_then(folder):
    assert "GNU_RELRO" in read("-l")
    assert re.search(r"FLAGS_1.*\bNOW\b", read("-d")), read("-d")
    assert not re.search(r"\((RPATH|RUNPATH|TEXTREL)\)", read("-d")), "libraries come from the system's folders alone"


@test
def has_nothing_that_can_be_written_and_run(folder):
    segments = re.findall(r"^ +([A-Z_]+) +0x\S+ 0x\S+ 0x\S+ 0x\S+ 0x\S+ ([RWE ]{3})", read("-l"), re.M)
    assert len(segments) > 5
    assert not [s for s in segments if "W" in s[1] and "E" in s[1]], segments
    assert [s for s in segments if s[0] == "GNU_STACK"]


@test
def looks_after_its_stack_and_buffers(folder):
    if SANITIZED:
        raise Skip("a sanitizer does that")
    names = set(re.findall(r"(__\w+_chk(?:_fail)?)@", read("--dyn-syms")))
    assert "__stack_chk_fail" in names, names
    assert len([n for n in names if n.endswith("_chk")]) >= 3, "of _FORTIFY_SOURCE: %s" % names


@test
def marks_where_branches_may_go(folder):
    if SANITIZED:
        raise Skip("not in this build")
    assert re.search(r"x86 feature:.*SHSTK", read("-n")), read("-n")
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", PROGRAM], check=True, stdout=subprocess.PIPE, text=True).stdout
    # Functions that are called by pointers; the linker's optimisation adds to their names.
    starts = re.findall(r"^[0-9a-f]+ <(lane_run|main|file_write|stdio_write|on_transaction)[.\w]*>:\n +[0-9a-f]+:\t(\w+)", code, re.M)
    assert len(starts) >= 3 and all(first == "endbr64" for _, first in starts), starts


if __name__ == "__main__":
    main("test_hardened")
