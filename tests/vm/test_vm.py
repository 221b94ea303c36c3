#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""dnsweir in a virtual machine on NICs that are bound to vfio-pci. scripts/vm-lab runs it, with VM_KERNEL and VM_INITRD."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests/live"))

from lab import (PROGRAM, Background, Skip, assert_conserved, assert_same, by_worker, capture, checks,  # noqa: E402
                 figure, losses, main, plain, player, replayed, run, test, wait_for)

TRANSACTIONS = 5000  # of two packets each
BOOT, ROUND = 180, 90  # s, without KVM on a busy machine


class Guest:
    """A virtual machine with two NICs of two queues each, whose other ends are the interfaces nic0 and nic1."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="lab", dir=os.path.join(ROOT, "build-vm"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.rounds = 0
        self.write("environment", "PROGRAM=%s BIND=%s\n" % (PROGRAM, os.path.join(ROOT, "scripts/bind")))
        devices = []
        for i in (0, 1):
            nic = "nic%d" % i
            run("ip", "tuntap", "add", "dev", nic, "mode", "tap", "multi_queue", "vnet_hdr")
            run("ip", "link", "set", nic, "txqueuelen", "20000", "up")
            devices += ["-netdev", "tap,id=%s,ifname=%s,script=no,downscript=no,vhost=off,queues=2" % (nic, nic),
                        "-device", "virtio-net-pci,netdev=%s,addr=%#x,mq=on,rss=on,hash=on,vectors=6,disable-legacy=on,"
                        "iommu_platform=on,romfile=" % (nic, 0x10 + i)]
        shares = []
        for tag, path, how in (("host", "/", "readonly=on"), ("lab", self.folder, "readonly=off")):
            shares += ["-fsdev", "local,id=%s,path=%s,security_model=none,multidevs=remap,%s" % (tag, path, how),
                       "-device", "virtio-9p-pci,fsdev=%s,mount_tag=%s" % (tag, tag)]
        self.console = os.path.join(self.folder, "console")
        self.qemu = Background([
            "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "max", "-smp", "2", "-m", "2048",
            "-nographic", "-nodefaults", "-no-reboot", "-kernel", os.environ["VM_KERNEL"],
            "-initrd", os.environ["VM_INITRD"],
            # A busy host makes timers late: the guest is not to judge them.
            "-append", "console=ttyS0 quiet panic=-1 intel_iommu=on mitigations=off nokaslr tsc=reliable no_timer_check "
            "nowatchdog rcupdate.rcu_cpu_stall_suppress=1 guest=" + os.path.join(HERE, "guest.sh"),
            "-device", "intel-iommu,intremap=on,caching-mode=on,device-iotlb=on", *shares, *devices, "-serial", "stdio",
        ], self.console, stdout=open(self.console, "ab"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text=""):
        with open(self.path(name) + ".new", "w") as f:
            f.write(text)
        os.rename(self.path(name) + ".new", self.path(name))

    def read(self, name):
        if not os.path.exists(self.path(name)):
            return ""
        with open(self.path(name), errors="replace") as f:
            return f.read()

    def wait(self, name, seconds):
        """Waits for a file that the guest makes."""
        try:
            wait_for(name, lambda: os.path.exists(self.path(name)) or self.qemu.over(), seconds)
            assert os.path.exists(self.path(name)), "the guest ended"
        except AssertionError:
            print(self.qemu.text()[-3000:], self.read("guest.log")[-3000:])
            raise

    def sense(self, plays, *arguments):
        """A sensor with these arguments, to which `plays` brings packets; what it left: log, records, and by worker."""
        name = "round-%d" % self.rounds
        self.rounds += 1
        self.write(name, "\n".join((
            *arguments, "-numprocs", "2", "-idle", "sleep", "-max_queries", "20000",
            "-statsd_host", "127.0.0.1:8125", "-statsd_interval", "1", "-statsd_prefix", name)) + "\n")
        self.wait(name + ".ready", BOOT)
        assert "reading" in self.read(name + ".log"), self.read(name + ".log")
        before = len(self.read("statsd"))
        sent = plays()
        try:
            wait_for("the last packet", lambda: self.quiet(name), ROUND)
        except AssertionError:
            self.qemu.end()
            raise
        self.write(name + ".played")
        self.wait(name + ".done", ROUND)
        log = self.read(name + ".log")
        assert self.read(name + ".code") == "0\n", log
        with open(self.path(name + ".out"), "rb") as f:
            return sent, log, checks.records(f.read()), by_worker(self.read("statsd")[before:], 2)

    def quiet(self, name):
        """Nothing new was written for some seconds."""
        assert not os.path.exists(self.path(name + ".done")), self.read(name + ".log")
        now = os.path.getsize(self.path(name + ".out"))
        if now != getattr(self, "last", None) or not now:
            self.last, self.still = now, 0
        self.still += 1
        return self.still > 100  # times wait_for()'s 0.05 s


GUEST = []


def guest():
    """The machine, started once for all tests."""
    if "VM_KERNEL" not in os.environ:
        raise Skip("scripts/vm-lab is what runs this")
    if not GUEST:
        GUEST.append(Guest())
    return GUEST[0]


def check(folder, path, responses, *arguments):
    """All pairs are there, both workers had their share, the counters tell every packet, and none was lost."""
    want = replayed(folder, path)
    # A tap and QEMU on a busy host drop packets before the guest sees them; slower, they don't.
    for pace in (2000, 1000, 500):
        sent, log, records, shares = guest().sense(lambda: feed(path, folder, pace, responses), *arguments)
        told = subprocess.CompletedProcess([], 0, stderr=log.encode())
        c = checks.counters(told)
        print("%d packets sent, %d read, %d lost and counted; %d records; UDP messages by worker: %s" % (
            sent, c["packets_in"], losses(c), len(records), shares))
        assert_conserved(told)
        if c["packets_in"] + losses(c) == 2 * TRANSACTIONS:
            break
    assert sent == 2 * TRANSACTIONS == c["packets_in"] and not losses(c), log
    assert_same(plain(records), want, " ".join(arguments))
    assert sum(shares) == 2 * TRANSACTIONS and min(shares) > TRANSACTIONS / 4, (shares, log)


def feed(path, folder, pace, responses):
    """Plays into nic0, responses perhaps into another; packets that the interfaces took."""
    before = taken()
    with player("nic0", path, folder, pace, responses=responses) as process:
        wait_for("the end of the traffic", process.over, ROUND)
    return taken() - before


def taken():
    return sum(figure(None, nic, "tx_packets") for nic in ("nic0", "nic1"))


def traffic(folder):
    return capture(folder, TRANSACTIONS, "--tcp", "0", "--unanswered", "0", "--retransmit", "0")


@test
def one_nic_with_two_queues(folder):
    check(folder, traffic(folder), None, "-dev", "NIC0")


@test
def two_nics_one_a_direction(folder):
    check(folder, traffic(folder), "nic1", "-dev", "NIC0,NIC1")


@test
def nics_are_bound_and_given_back(folder):
    if not GUEST:
        raise Skip("no guest was started")
    machine = guest()
    machine.write("end")
    machine.wait("ended", BOOT)
    log = machine.read("guest.log")
    assert not os.path.exists(machine.path("failed")), log
    steps = log.split("== ")
    bound = next(step for step in steps if step.startswith("status"))
    assert bound.count(" vfio-pci ") == 2 and "IOMMU: on" in bound, log
    assert "would run: dpdk-devbind.py --bind=vfio-pci" in log and "drv=vfio-pci" in log, log
    assert steps[-1].startswith("status") and steps[-1].count(" virtio-pci ") == 2 and " eth" in steps[-1], log


if __name__ == "__main__":
    main("vm-lab")
