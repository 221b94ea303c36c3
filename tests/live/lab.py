# SPDX-License-Identifier: BSD-3-Clause
"""Networks for the live tests: namespaces, links and hubs that nobody else sees and that go with the test's process."""

import os
import re
import signal
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path.insert(0, os.path.join(ROOT, "tests/golden"))
sys.path.insert(0, os.path.join(ROOT, "tests/services"))

import checks  # noqa: E402
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
    run("ip", "link", "set", "lo", "up")
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
    """Namespaces and the links between them, removed at the end."""

    def __init__(self, *names):
        self.names = names
        for name in names:
            run("ip", "netns", "add", name)
            run("ip", "link", "set", "lo", "up", ns=name)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for name in self.names:
            for link in links(name):
                subprocess.run(within(name, ["ip", "link", "del", link]), stderr=subprocess.DEVNULL)
            run("ip", "netns", "del", name)

    def link(self, one, two, queues=1, mtu=1500):
        """A cable between (namespace, interface) and (namespace, interface); both are up and silent."""
        many = ("numrxqueues", queues, "numtxqueues", queues)
        run("ip", "link", "add", one[1], "netns", one[0], *many, "type", "veth",
            "peer", "name", two[1], "netns", two[0], *many)
        for ns, name in (one, two):
            silence(ns, name)
            run("ip", "link", "set", name, "mtu", mtu, "up", ns=ns)
            # Frames are as on a wire: nothing is joined on the way.
            for feature in ("tso", "gso", "gro"):
                subprocess.run(within(ns, ["ethtool", "-K", name, feature, "off"]), stderr=subprocess.DEVNULL)

    def hub(self, ns, name, *ports):
        """A bridge that knows no addresses: each of its ports gets every frame, as a mirror port does."""
        run("ip", "link", "add", name, "type", "bridge", "ageing_time", "0", "mcast_snooping", "0", ns=ns)
        silence(ns, name)
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


def silence(ns, name):
    """Keeps the kernel from sending packets of its own."""
    run("sysctl", "-qw", "net.ipv6.conf.%s.disable_ipv6=1" % name, ns=ns)


def figure(ns, name, which):
    """A figure of an interface, as tx_packets."""
    return int(run("cat", "/sys/class/net/%s/statistics/%s" % (name, which), ns=ns))


class Weir(Background):
    """dnsweir in a namespace, its records in a file."""

    def __init__(self, folder, ns, *arguments, name="dnsweir", ready="reading", sink=True, **more):
        self.records_path = os.path.join(folder, name + ".json")
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

    def finish(self, code=0):
        """Ends it by SIGTERM; what it had written by then, as dicts."""
        ended = self.end()
        assert ended == code, "exit code %s\n%s" % (ended, self.text()[-3000:])
        return checks.records(b"".join(line + b"\n" for line in lines(self.records_path)))

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


def play(ns, interface, path, pps=PACE, loop=1):
    """Sends a capture; packets that the interface took."""
    need("tcpreplay")
    before = figure(ns, interface, "tx_packets")
    run("tcpreplay", "-q", "--preload-pcap", "--pps", pps, "--loop", loop, "-i", interface, path, ns=ns)
    return figure(ns, interface, "tx_packets") - before


def rate_of(text):
    """The rate that tcpreplay reached, packets/s."""
    found = re.search(r"([\d.]+) pps", text)
    return float(found.group(1)) if found else 0.0
