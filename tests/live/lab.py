# SPDX-License-Identifier: BSD-3-Clause
"""Networks for the live tests: namespaces, links and hubs that nobody else sees and that go with the test's process."""

import collections
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path.insert(0, os.path.join(ROOT, "tests/golden"))
sys.path.insert(0, os.path.join(ROOT, "tests/services"))

import cases  # noqa: E402,F401
import checks  # noqa: E402
import wire  # noqa: E402,F401
from checks import PROGRAM, TESTS, Skip, assert_conserved, environment, test  # noqa: E402,F401
from services import Background, capture, lines, need, sinks, wait_for  # noqa: E402,F401

INSIDE = "DNSWEIR_LAB"
UNSHARE = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
PACE = 20000  # packets a second that a busy machine with two processors still plays and takes


def main(name):
    """Runs the declared tests inside namespaces of their own; where those can't be had, each is skipped."""
    if not os.environ.get(INSIDE):
        refused = subprocess.run([*UNSHARE, "mount", "-t", "sysfs", "sysfs", "/sys"], stderr=subprocess.PIPE)
        if refused.returncode:
            for function in TESTS:
                print("skip %s %s: no namespaces: %s" % (
                    name, function.__name__, refused.stderr.decode().strip().split("\n")[0]))
            return
        os.environ[INSIDE] = "1"
        os.execvp("unshare", [*UNSHARE, sys.executable, *sys.argv])
    # As process 1 of the namespace it gets no signal that it doesn't ask for.
    signal.signal(signal.SIGTERM, lambda *unused: sys.exit(1))
    run("mount", "-t", "sysfs", "sysfs", "/sys")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    quieten(None)
    checks.main(name)


def run(*arguments, ns=None, **more):
    """A command that must succeed; its standard output."""
    result = subprocess.run(within(ns, arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            **more)
    if result.returncode:
        raise AssertionError("%s: %s" % (" ".join(map(str, arguments)), result.stderr.decode(errors="replace")[-2000:]))
    return result.stdout.decode(errors="replace")


def within(ns, arguments):
    """A command line in a namespace."""
    return [*(["ip", "netns", "exec", ns] if ns else []), *map(str, arguments)]


class Net:
    """Namespaces and the links between them, removed at the end. None is the test's own namespace."""

    def __init__(self, *names):
        self.names = names
        for name in names:
            run("ip", "netns", "add", name)
            quieten(name)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for name in (*self.names, None):
            for link in links(name):
                subprocess.run(within(name, ["ip", "link", "del", link]), stderr=subprocess.DEVNULL)
            if name:
                run("ip", "netns", "del", name)

    def link(self, one, two, queues=1, mtu=1500):
        """A cable between (namespace, interface) and (namespace, interface); both are up and silent."""
        many = ("numrxqueues", queues, "numtxqueues", queues)
        place = [["netns", ns] if ns else [] for ns, _ in (one, two)]
        run("ip", "link", "add", one[1], *place[0], *many, "type", "veth", "peer", "name", two[1], *place[1], *many)
        for ns, name in (one, two):
            run("ip", "link", "set", name, "mtu", mtu, "up", ns=ns)
            # Frames are as on a wire: nothing is joined on the way.
            for feature in ("tso", "gso", "gro"):
                subprocess.run(within(ns, ["ethtool", "-K", name, feature, "off"]), stderr=subprocess.DEVNULL)

    def hub(self, ns, name, *ports):
        """A bridge that knows no addresses: each of its ports gets every frame, as a mirror port does."""
        run("ip", "link", "add", name, "type", "bridge", "ageing_time", "0", "mcast_snooping", "0", ns=ns)
        for port in ports:
            run("ip", "link", "set", port, "master", name, ns=ns)
        run("ip", "link", "set", name, "up", ns=ns)

    def address(self, ns, name, *addresses):
        # An interface without an address of its own says nothing; one with addresses may.
        run("sysctl", "-qw", "net.ipv6.conf.%s.disable_ipv6=0" % name, ns=ns)
        for address in addresses:
            run("ip", "address", "add", address, "dev", name, *(["nodad"] if ":" in address else []), ns=ns)


def links(ns):
    return [name for name in run("ls", "/sys/class/net", ns=ns).split() if name != "lo"]


def quieten(ns):
    """Keeps the kernel from sending packets of its own on interfaces to come."""
    run("ip", "link", "set", "lo", "up", ns=ns)
    run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", ns=ns)


def figure(ns, name, which):
    """A figure of an interface, as tx_packets."""
    return int(run("cat", "/sys/class/net/%s/statistics/%s" % (name, which), ns=ns))


@contextlib.contextmanager
def hugepages(n):
    """`n` hugepages more than there are, as long as the test takes, and a place where they are mounted."""
    path, made = "/proc/sys/vm/nr_hugepages", not os.path.isdir("/dev/hugepages")
    with open(path) as f:
        before = int(f.read())
    try:
        with open(path, "w") as f:
            f.write(str(before + n))
        with open(path) as f:
            if int(f.read()) < before + n:
                raise Skip("the system has no %d hugepages to give" % n)
        os.makedirs("/dev/hugepages", exist_ok=True)
        run("mount", "-t", "hugetlbfs", "hugetlbfs", "/dev/hugepages")
        yield
        run("umount", "/dev/hugepages")
    except OSError as refused:
        raise Skip("no hugepages: %s" % refused)
    finally:
        if made:
            os.rmdir("/dev/hugepages")
        with contextlib.suppress(OSError), open(path, "w") as f:
            f.write(str(before))


class Weir(Background):
    """dnsweir in a namespace, its records in a file."""

    def __init__(self, folder, ns, *arguments, name="dnsweir", ready="reading", sink=True, **more):
        self.records_path = os.path.join(folder, name + ".json")
        for old in (self.records_path, os.path.join(folder, name + ".log")):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(old)
        to_file = ("-quiet", "-logfile", self.records_path, "-logMaxSize", "4000") if sink else ()
        super().__init__(within(ns, [PROGRAM, *arguments[:self.split(arguments)], *to_file,
                                     *arguments[self.split(arguments):]]),
                         os.path.join(folder, name + ".log"), ready, env=environment(), **more)

    @staticmethod
    def split(arguments):
        """Where EAL's arguments begin."""
        return arguments.index("--") if "--" in arguments else len(arguments)

    def count(self):
        """Records written so far."""
        if not os.path.exists(self.records_path):
            return 0
        with open(self.records_path, "rb") as f:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: f.read(1 << 20), b""))

    def await_records(self, n, seconds=60):
        wait_for("record %d of %s" % (n, self.records_path), lambda: self.count() >= n or self.over(), seconds)

    def settle(self, seconds=60):
        """Waits until it has written nothing new for a second: all that came is through."""
        seen = [-1, 0.0]

        def quiet():
            size = os.path.getsize(self.records_path) if os.path.exists(self.records_path) else 0
            if size != seen[0]:
                seen[:] = [size, time.monotonic()]
            return time.monotonic() - seen[1] > 1

        wait_for("the last record in " + self.records_path, quiet, seconds)

    def finish(self, code=0):
        """Ends it by SIGTERM; what it had written by then, as dicts."""
        ended = self.end()
        assert ended == code, "exit code %s\n%s" % (ended, self.text()[-3000:])
        return checks.records(b"".join(line + b"\n" for line in lines(self.records_path)))

    def finished(self):
        """Ends it by SIGTERM; itself as a finished process."""
        self.finish()
        return self.told()

    def counters(self):
        """Counters of the closing summary by name."""
        return checks.counters(self.told())

    def told(self):
        with open(self.log, "rb") as f:
            return subprocess.CompletedProcess([], 0, stderr=f.read())


def losses(counters):
    """Packets that came to the interface and not to packets_in."""
    return sum(counters[name] for name in (
        "source_dropped", "source_nombuf", "source_if_dropped", "source_errors"))


def player(interface, path, folder, pps=PACE, loop=1, responses=None):
    """tcpreplay in the background; its log is `interface`.log. What comes from port 53 may go to an interface of its own."""
    need("tcpreplay")
    log, more = os.path.join(folder, interface + ".log"), []
    if responses:
        more = ["-c", path + ".cache", "-I", responses]
        run("tcpprep", "--port", "--pcap=" + path, "--cachefile=" + more[1])
    return Background(["tcpreplay", "-q", "--preload-pcap", "--pps", str(pps), "--loop", str(loop), "-i", interface, *more,
                       path], log, stdout=open(log, "ab"))


def play(interface, path, folder, **more):
    """Plays a capture to its end; packets that the interface took, and the rate reached (packets/s)."""
    before = figure(None, interface, "tx_packets")
    with player(interface, path, folder, **more) as process:
        process.process.wait(300)
        assert process.process.returncode == 0, process.text()
    return figure(None, interface, "tx_packets") - before, float(re.findall(r"([\d.]+) pps", process.text())[-1])


def by_worker(datagrams, workers):
    """UDP messages that each worker saw, by what was sent to statsd."""
    found = collections.Counter()
    for worker, n in re.findall(r"\b(\d+)\.dns_lookups:(\d+)\|c", datagrams):
        found[int(worker)] += int(n)
    return [found[i] for i in range(workers)]


class Statsd:
    """Receives statistics."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def by_worker(self, workers):
        text = ""
        while True:
            try:
                text += self.socket.recv(2048).decode() + "\n"
            except BlockingIOError:
                return by_worker(text, workers)


def send(interface, *frames):
    """Puts frames on a cable."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind((interface, 0))
        for frame in frames:
            s.send(frame)


def timeless(record):
    """A record, flat or nested, without what depends on when it was seen."""
    return {k: timeless(v) if isinstance(v, dict) else v for k, v in record.items()
            if k not in ("tstamp", "elapsed", "time")}


def plain(records):
    return collections.Counter(json.dumps(timeless(r)) for r in records)


def replayed(folder, path, *arguments):
    """What a replay makes of a capture, as plain()."""
    result = checks.run("-pcap", path, *arguments, cwd=folder)
    assert result.returncode == 0, checks.told(result)
    return plain(checks.records(result.stdout))


def assert_same(got, want, what):
    missing, foreign = want - got, got - want
    assert not missing and not foreign, "%s: %d records, not %d; %d are missing, as %s; %d are foreign, as %s" % (
        what, sum(got.values()), sum(want.values()), sum(missing.values()), list(missing)[:1], sum(foreign.values()),
        list(foreign)[:1])
