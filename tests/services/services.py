# SPDX-License-Identifier: BSD-3-Clause
"""What the tests with real services share: captures, the program in the background, a link to capture from, downloads."""

import contextlib
import ctypes
import fcntl
import functools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path.insert(0, os.path.join(ROOT, "tests/golden"))

from checks import PROGRAM, Skip, environment  # noqa: E402

CACHE = os.path.join(ROOT, "build-services")
CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
GENERATOR = os.path.join(os.path.dirname(PROGRAM), "../tests/support/dnsgen")


def one_at_a_time(fetch):
    """Several scripts may run at once: one of them fetches what is missing, the others find it."""
    @functools.wraps(fetch)
    def alone(*arguments):
        os.makedirs(CACHE, exist_ok=True)
        with open(os.path.join(CACHE, "lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return fetch(*arguments)
    return alone


def need(*commands):
    for command in commands:
        if not shutil.which(command):
            raise Skip("%s is not installed" % command)


def need_root():
    if os.geteuid():
        raise Skip("only root can do this")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, condition, seconds=30):
    """Looks until the condition holds; what it gave."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError("%s did not come within %d s" % (what, seconds))


def capture(folder, transactions, *more):
    path = os.path.join(folder, "traffic-%d.pcap" % transactions)
    if not os.path.exists(GENERATOR):
        raise Skip("the generator is not built")
    if not os.path.exists(path):
        subprocess.run([GENERATOR, path, "--transactions", str(transactions), *more], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    return path


class Background:
    """A process of the test's own, ended with it."""

    def __init__(self, arguments, log, ready=None, **more):
        self.log = log
        self.process = subprocess.Popen(
            arguments, stdin=more.pop("stdin", subprocess.DEVNULL), stdout=more.pop("stdout", subprocess.DEVNULL),
            stderr=open(log, "ab"), **more
        )
        if ready:
            try:
                wait_for("`%s` in %s" % (ready, log), lambda: ready in self.text() or self.over())
                assert not self.over(), "%s ended: %s" % (arguments[0], self.text()[-2000:])
            except AssertionError:
                self.end()
                raise

    def text(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def over(self):
        return self.process.poll() is not None

    def end(self, how=signal.SIGTERM, seconds=20):
        """Signals it and waits; its exit code."""
        if not self.over():
            self.process.send_signal(how)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.end()


class Weir(Background):
    """dnsweir in the background."""

    def __init__(self, folder, *arguments, name="dnsweir", ready=None, **more):
        super().__init__(
            [PROGRAM, *arguments], os.path.join(folder, name + ".log"), ready, env=environment(), **more
        )

    def sinks(self):
        """{sink: [offered, delivered, pending, spooled, dropped]} of the summary, all instances added."""
        return sinks(self.text())


def sinks(text):
    found = {}
    pattern = r"sink (\w+): (\d+) records offered = (\d+) delivered \+ (\d+) pending \+ (\d+) spooled \+ (\d+) dropped"
    for name, *numbers in re.findall(pattern, text):
        offered, *rest = map(int, numbers)
        assert offered == sum(rest), "%s: %d offered, %s" % (name, offered, rest)
        found[name] = [a + b for a, b in zip(found.get(name, [0] * 5), [offered, *rest])]
    return found


def replay(folder, path, *arguments, code=0, timeout=120):
    """A replay to its end; what it said, and its figures by sink."""
    result = subprocess.run(
        [PROGRAM, "-pcap", path, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        timeout=timeout, env=environment(), cwd=folder,
    )
    text = result.stderr.decode(errors="replace")
    assert result.returncode == code, "exit code %d: %s" % (result.returncode, text[-2000:])
    return text, sinks(text)


def lines(path):
    """Lines of a file, each of which must be whole."""
    with open(path, "rb") as f:
        content = f.read()
    assert not content or content.endswith(b"\n"), "%s ends within a line" % path
    return content.split(b"\n")[:-1]


def same(got, want, what):
    """Both have the same lines, equally often."""
    got, want = sorted(got), sorted(want)
    if got != want:
        missing, more = set(want) - set(got), set(got) - set(want)
        raise AssertionError("%s: %d lines, not %d; %d are missing, as %s; %d are foreign, as %s" % (
            what, len(got), len(want), len(missing), list(missing)[:1], len(more), list(more)[:1]))


def own_network(*downloads):
    """From here on, what this process starts has a network of its own: a loopback and no more, so that nothing gets out and
    nothing disturbs. The downloads come first. Without root's rights all stays as it is."""
    for fetch in downloads:
        with contextlib.suppress(Skip):
            fetch()
    if os.geteuid() == 0 and ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) == 0:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


@contextlib.contextmanager
def link():
    """A pair of interfaces: what goes into the first comes out of the second."""
    need_root()
    need("ip", "tcpreplay")
    one, two = "dwa%d" % (os.getpid() % 100000), "dwb%d" % (os.getpid() % 100000)
    made = subprocess.run(["ip", "link", "add", one, "type", "veth", "peer", "name", two], stderr=subprocess.PIPE)
    if made.returncode:
        raise Skip("no interface can be made: %s" % made.stderr.decode().strip())
    try:
        for name in (one, two):
            subprocess.run(["sysctl", "-qw", "net.ipv6.conf.%s.disable_ipv6=1" % name], stderr=subprocess.DEVNULL)
            subprocess.run(["ip", "link", "set", name, "mtu", "9000", "up"], check=True)
        yield one, two
    finally:
        subprocess.run(["ip", "link", "del", one])


def paced(interface, path, folder, pps):
    """tcpreplay in the background."""
    return Background(["tcpreplay", "-q", "--pps", str(pps), "-i", interface, path], os.path.join(folder, "tcpreplay.log"))


# Whether Python has these packages; one may be NAME==VERSION or NAME[EXTRA].
HAS = """
import importlib.metadata, sys
for package in sys.argv[1:]:
    name, _, version = package.partition("==")
    if version not in ("", importlib.metadata.version(name.partition("[")[0])):
        sys.exit(1)
"""


@one_at_a_time
def python_with(*packages):
    """A Python of the tests' own that has these packages."""
    folder = os.path.join(CACHE, "venv")
    python = os.path.join(folder, "bin/python")
    check = [python, "-c", HAS, *packages]
    if os.path.exists(python) and subprocess.run(check, stderr=subprocess.DEVNULL).returncode == 0:
        return python
    for command in (
        [sys.executable, "-m", "venv", folder],
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages],
    ):
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
            raise Skip("%s can't be installed" % ", ".join(packages))
    return python
