#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The view on the terminal (-top), in a pseudo-terminal: what it shows in which sizes, that it gives the screen back, waits for
nobody, lets no name speak to the terminal, and where it is refused."""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
import urllib.request

from checks import PROGRAM, environment, errors, main, records, run, test, told
from wire import Capture, a, query, response, rr

ENTER, LEAVE = b"\x1b[?1049h\x1b[?25l", b"\x1b[0m\x1b[?25h\x1b[?1049l"
# All that the program may say to the terminal besides text.
SEQUENCES = re.compile(rb"\x1b\[(?:\?1049[hl]|\?25[hl]|H|J|K|[017]m)")
PATIENCE = 60
STOP, GO, INTERRUPT, SUSPEND = b"\x13", b"\x11", b"\x03", b"\x1a"  # as keys


class Terminal:
    """The program with -top in a terminal of its own, as a context; it reads what feed() writes, or another source."""

    def __init__(self, *arguments, cwd, columns=80, lines=24, source="-", stdout=subprocess.DEVNULL, **variables):
        self.keys, self.screen = os.openpty()
        self.resize(columns, lines)
        self.before = termios.tcgetattr(self.screen)
        self.process = subprocess.Popen(
            [PROGRAM, "-top", "-pcap", source, "-name", "sensor-1", *arguments],
            stdin=subprocess.PIPE,
            stdout=self.screen if stdout == "screen" else stdout,
            stderr=self.screen,
            cwd=cwd,
            env=environment({"TERM": "xterm", **variables}),
            preexec_fn=self.own,
        )
        self.said, self.gone, self.reader = b"", False, threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    @staticmethod
    def own():
        os.setsid()
        fcntl.ioctl(2, termios.TIOCSCTTY, 0)

    def read(self):
        while not self.gone:
            if select.select([self.keys], [], [], 0.1)[0]:
                self.said += os.read(self.keys, 65536)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.stdin.close()
        self.process.wait()
        self.hang_up()
        os.close(self.screen)

    def hang_up(self):
        if not self.gone:
            self.gone = True
            self.reader.join()
            os.close(self.keys)

    def resize(self, columns, lines):
        fcntl.ioctl(self.screen, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def feed(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def press(self, key):
        os.write(self.keys, key)

    def until(self, holds, what):
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, "not until now: %s\n%s" % (what, self.said[-3000:])
            time.sleep(0.02)

    def pictures(self):
        """All whole pictures, without sequences, as lists of lines."""
        found = re.findall(rb"\x1b\[H((?:(?!\x1b\[H).)*)\x1b\[J", self.said, re.S)
        return [[line.rstrip() for line in SEQUENCES.sub(b"", p).decode("ascii").replace("\r", "").split("\n")] for p in found]

    def wait(self, *lines):
        """A picture with lines that match."""
        def shown():
            return any(all(any(re.match(w, line) for line in p) for w in lines) for p in self.pictures()[-1:])

        self.until(shown, lines)
        return self.pictures()[-1]

    def end(self):
        """The exit code, once all that was said is there."""
        code = self.process.wait(timeout=PATIENCE)
        self.until(lambda: b" packets in " in self.said, "the summary")
        return code

    def check_given_back(self):
        """The alternate screen was left as often as entered, the log and the summary are on the ordinary one, the modes as before."""
        assert self.said.count(ENTER) == self.said.count(LEAVE) >= 1, self.said
        ordinary = re.sub(re.escape(ENTER) + b".*?" + re.escape(LEAVE), b"", self.said, flags=re.S)
        assert b" packets in " in ordinary and b"\x1b" not in ordinary, ordinary
        assert termios.tcgetattr(self.screen) == self.before
        return ordinary.decode("utf-8")


def lookups(owners):
    """A capture of lookups of each name so often."""
    c, i = Capture(), 0
    for owner, times in owners.items():
        for _ in range(times):
            c.ask(query(i, owner, "A"), sport=1024 + i, after=10**6)
            c.answer(response(i, owner, "A", [rr(12, "A", 1, a("192.0.2.1"))], flags=0x8180), sport=1024 + i, after=10**6)
            i += 1
    return c.pcap()


NAMES = {"www.example.com": 70, "mail.example.org": 20, "a-very-long-label-that-has-no-place.in-any-narrow-terminal.example": 10}


@test
def it_shows_what_the_records_tell(folder):
    found = records(run("-pcap", "-", data=lookups(NAMES), cwd=folder).stdout)
    assert len(found) == 100
    with Terminal("-quiet", "-logfile", "log", cwd=folder) as terminal:
        terminal.feed(lookups(NAMES))
        picture = terminal.wait(
            r"dnsweir \S+  sensor-1  - +running \d:\d\d:\d\d$",
            r"Rate   \S+ packets/s  \S+ records/s  \S+ transactions/s  200 packets$",
            r"Times  p50 [89]\d\dus|Times  p50 1(\.\d+)?ms  p95 1(\.\d+)?ms  p99 1(\.\d+)?ms  100.0% of queries answered$",
            "Codes  NOERROR 100.0%$",
            "Types  A 100.0%$",
            "Lost   nothing$",
            "Sinks  file ok, 100 delivered$",
            "Names +Registered domains$",
            r"www\.example\.com +70  70\.0%",
            r"mail\.example\.org +20  20\.0%",
            r"a-very-long-label-th~ +10  10\.0%",
            "Clients +Servers$",
        )
        assert len(picture) <= 24 and max(map(len, picture)) < 80, picture
        terminal.process.stdin.close()
        assert terminal.end() == 0
        said = terminal.check_given_back()
    assert "100 records" in said and re.search(r"^dnsweir: +200  packets_in ", said, re.M), said
    assert records(open(os.path.join(folder, "log"), "rb").read())


@test
def it_follows_the_run_and_the_terminals_size(folder):
    data = lookups(NAMES)
    with Terminal("-quiet", cwd=folder, columns=40, lines=10) as terminal:
        terminal.feed(data[: len(data) // 2])
        half = terminal.wait("Rate   .* packets/s .* records/s$", "Codes  NOERROR 100.0%$", "Sinks  none", "Names$", r"www\.example\.com +\d+")
        assert len(half) <= 10 and max(map(len, half)) < 40, half
        terminal.feed(data[len(data) // 2 :])
        terminal.wait(r"www\.example\.com +70  70\.0%")
        terminal.resize(250, 50)
        large = terminal.wait("Names +Registered domains +Clients +Servers +Names that don't exist$")
        assert any(line.startswith("a-very-long-label-that-has-no") for line in large), large
        assert len(large) <= 50 and max(map(len, large)) < 250, large
        terminal.resize(1, 1)
        terminal.until(lambda: [len(line) < 2 for line in terminal.pictures()[-1]] == [True], "a picture of one cell")
        terminal.process.stdin.close()
        assert terminal.end() == 0
        terminal.check_given_back()


@test
def control_c_gives_the_screen_back(folder):
    """And what was logged while it was drawn is on the ordinary screen, before the summary."""
    with Terminal("-quiet", "-logfile", "log", cwd=folder) as terminal:
        terminal.feed(lookups(NAMES))
        terminal.wait(r"www\.example\.com +70")
        terminal.press(INTERRUPT)
        assert terminal.end() == 0
        said = terminal.check_given_back()
        assert re.search(r"Interrupt: reading no more.*100 records", said, re.S), said


@test
def control_z_gives_the_screen_back_for_a_while(folder):
    with Terminal("-quiet", cwd=folder) as terminal:
        terminal.feed(lookups(NAMES))
        terminal.wait(r"www\.example\.com +70")
        terminal.press(SUSPEND)
        _, status = os.waitpid(terminal.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), status
        terminal.until(lambda: terminal.said.count(LEAVE) == 1, "the ordinary screen")
        terminal.process.send_signal(signal.SIGCONT)
        terminal.until(lambda: terminal.said.count(ENTER) == 2, "the picture again")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end() == 0
        terminal.check_given_back()


@test
def a_terminal_that_takes_nothing_holds_nobody_up(folder):
    with Terminal("-quiet", "-logfile", "log", "-http", "127.0.0.1:0", cwd=folder) as terminal:
        url = lambda: re.search(rb"serving (http://\S+/)", terminal.said)
        terminal.until(url, "the page's address")
        terminal.feed(lookups({"one.example": 1}))
        terminal.wait(r"one\.example +1 ")
        terminal.press(STOP)
        time.sleep(0.3)
        drawn = len(terminal.pictures())
        terminal.feed(lookups(NAMES)[24:])
        time.sleep(2.2)
        deadline = time.monotonic() + PATIENCE
        while True:
            with urllib.request.urlopen(url().group(1).decode() + "analytics.json", timeout=PATIENCE) as page:
                if b'"records_out":101,' in page.read():
                    break
            assert time.monotonic() < deadline, "the run stands still"
            time.sleep(0.2)
        assert len(terminal.pictures()) <= drawn + 1, "a stopped terminal was drawn on"
        terminal.press(GO)
        terminal.wait(r"www\.example\.com +70")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end() == 0
        terminal.check_given_back()


@test
def a_terminal_that_is_gone_ends_nothing(folder):
    with Terminal("-quiet", "-logfile", "log", cwd=folder) as terminal:
        terminal.feed(lookups({"one.example": 1}))
        terminal.wait(r"one\.example +1 ")
        terminal.hang_up()
        time.sleep(1.2)
        terminal.feed(lookups(NAMES)[24:])
        terminal.process.stdin.close()
        assert terminal.process.wait(timeout=PATIENCE) == 0
    assert len(records(open(os.path.join(folder, "log"), "rb").read())) == 101


@test
def names_do_not_speak_to_the_terminal(folder):
    """Escape sequences, control characters of both kinds and letters of no ASCII, in names, a file's name and the sensor's."""
    hostile = {"\x1b[31m\x1b]0;owned\x07.example": 30, "\x9b31m\x90q.example": 20, "a\r\n\x08\x7f\x00b.example": 10}
    with Terminal("-quiet", "-name", "s\x1b[2J\u009b1m", "-logfile", "l\x1b]0;x\x07", cwd=folder) as terminal:
        terminal.feed(lookups(hostile))
        terminal.wait(r"\\027\[31m\\027\]0;own.* 30  50\.0%", "dnsweir .* s.*running", r"a\\013\\010\\008\\127.* 10 ")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end() == 0
        assert not re.search(rb"[^\x20-\x7e\r\n]", SEQUENCES.sub(b"", terminal.said)), terminal.said
        terminal.check_given_back()


@test
def where_there_is_nothing_to_draw_on(folder):
    result = run("-top", "-quiet", "-pcap", "-", cwd=folder)
    assert result.returncode == 2 and len(errors(result)) == 1 and "no terminal" in errors(result)[0], told(result)
    for arguments, stdout, variables, why in (
        ((), "screen", {}, b"-top: records would go to the same terminal: add -quiet, or > FILE"),
        (("-quiet",), "screen", {"TERM": "dumb"}, b"TERM is dumb"),
    ):
        with Terminal(*arguments, cwd=folder, stdout=stdout, **variables) as terminal:
            assert terminal.process.wait(timeout=PATIENCE) == 2
            terminal.until(lambda: why in terminal.said, why)
            assert terminal.said.count(b"\n") == 1 and b"\x1b" not in terminal.said, terminal.said


@test
def records_elsewhere_are_no_trouble(folder):
    with open(os.path.join(folder, "out"), "wb") as out, Terminal(cwd=folder, stdout=out) as terminal:
        terminal.feed(lookups(NAMES))
        terminal.wait("Sinks  stdout ok, 100 delivered$")
        terminal.process.stdin.close()
        assert terminal.end() == 0
        terminal.check_given_back()
    assert len(records(open(os.path.join(folder, "out"), "rb").read())) == 100


@test
def a_short_replay_is_not_drawn(folder):
    """What ends within a second is told by the summary alone."""
    with open(os.path.join(folder, "c.pcap"), "wb") as out:
        out.write(lookups({"one.example": 1}))
    with Terminal("-quiet", cwd=folder, source="c.pcap") as terminal:
        assert terminal.end() == 0
        assert terminal.said.count(ENTER) == terminal.said.count(LEAVE)


if __name__ == "__main__":
    main("top")
