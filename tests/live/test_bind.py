#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""scripts/bind against a made-up /sys: what it would do, what it refuses, and what it does."""

import os
import re
import subprocess

from lab import ROOT, Skip, checks, test

NIC, OTHER, DISK = "0000:01:00.0", "0000:01:00.1", "0000:02:00.0"
IP = """#!/bin/sh
case "$*" in
*"route show default"*) cat "$SYSFS/routes" ;;
*"address show dev"*) grep "^$5 " "$SYSFS/addresses" ;;
esac
true
"""
# Does what the real one does to /sys.
DEVBIND = """#!/bin/sh
driver=${1#--bind=}
rm -f "$SYSFS/bus/pci/devices/$2/driver"
[ "$driver" = --unbind ] || ln -s "../../drivers/$driver" "$SYSFS/bus/pci/devices/$2/driver"
echo "devbind $*" >> "$SYSFS/calls"
"""


class Machine:
    """A machine with two NICs, one of virtio, and a disk, in a folder."""

    def __init__(self, folder, iommu=True):
        self.sysfs, self.bin = os.path.join(folder, "sys"), os.path.join(folder, "bin")
        os.makedirs(self.bin)
        for name, text in (("ip", IP), ("dpdk-devbind.py", DEVBIND), ("modprobe", "#!/bin/sh\n")):
            self.write("../bin/" + name, text)
            os.chmod(os.path.join(self.bin, name), 0o755)
        for path in ("routes", "addresses", "calls"):
            self.write(path, "")
        for driver in ("ixgbe", "virtio-pci", "vfio-pci", "nvme"):
            os.makedirs(self.path("bus/pci/drivers", driver))
        self.device(NIC, "0x020000", "ixgbe", "net/eno1", iommu and "7")
        self.device(OTHER, "0x020000", "virtio-pci", "virtio3/net/eno2", iommu and "8")
        self.device(DISK, "0x010802", "nvme", None, iommu and "9")
        self.write("devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "5\n")
        self.write("devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "4\n")

    def path(self, *parts):
        return os.path.join(self.sysfs, *parts)

    def write(self, path, text):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), "w") as f:
            f.write(text)

    def device(self, address, kind, driver, interface, group):
        folder = self.path("bus/pci/devices", address)
        self.write(os.path.join(folder, "class"), kind + "\n")
        self.write(os.path.join(folder, "numa_node"), "0\n")
        os.symlink("../../drivers/" + driver, os.path.join(folder, "driver"))
        if interface:
            os.makedirs(os.path.join(folder, interface))
            os.makedirs(self.path("class/net", os.path.basename(interface)))
            os.symlink(os.path.dirname(os.path.dirname(os.path.join(folder, interface))),
                       self.path("class/net", os.path.basename(interface), "device"))
        if group:
            self.join(address, group)

    def join(self, address, group):
        os.makedirs(self.path("kernel/iommu_groups", group, "devices"), exist_ok=True)
        os.symlink(self.path("bus/pci/devices", address), self.path("kernel/iommu_groups", group, "devices", address))
        os.symlink(self.path("kernel/iommu_groups", group), self.path("bus/pci/devices", address, "iommu_group"))

    def driver(self, address):
        link = self.path("bus/pci/devices", address, "driver")
        return os.path.basename(os.readlink(link)) if os.path.lexists(link) else None

    def bind(self, *arguments, code=0):
        """What the script says."""
        environment = dict(os.environ, SYSFS=self.sysfs, BIND_STATE=self.path("state"),
                           PATH=self.bin + ":" + os.environ["PATH"])
        result = subprocess.run([os.path.join(ROOT, "scripts/bind"), *arguments], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
        said = result.stdout.decode()
        assert result.returncode == code, (arguments, result.returncode, said)
        return said

    def refuses(self, *arguments, because):
        said = self.bind(*arguments, code=1)
        assert because in said and said.count("\n") == 1, said


@test
def a_dry_run_changes_nothing(folder):
    machine = Machine(folder)
    for device in ("eno1", NIC, NIC[5:]):
        said = machine.bind("bind", device)
        assert "would run: dpdk-devbind.py --bind=vfio-pci %s\n" % NIC in said and "--do does it" in said, said
    assert "would run: dpdk-devbind.py --bind=vfio-pci %s\n" % OTHER in machine.bind("bind", "eno2")
    assert re.search(r"would run: echo 64 > .*/node0/.*-2048kB/nr_hugepages", machine.bind("hugepages", "64", "2M", "0"))
    assert machine.driver(NIC) == "ixgbe" and not os.path.exists(machine.path("state"))
    with open(machine.path("calls")) as f:
        assert not f.read()


@test
def it_refuses_what_would_hurt(folder):
    machine = Machine(folder)
    machine.refuses("bind", "nosuch0", because="NICs are: %s %s" % (NIC, OTHER))
    machine.refuses("bind", "0000:0f:00.0", because="no such PCI device")
    machine.refuses("bind", DISK, because="not a NIC")
    machine.refuses("bind", because="which device?")
    machine.refuses("hugepages", "many", because="how many?")
    machine.refuses("hugepages", "1", "3M", because="sizes are 2M and 1G")
    machine.refuses("hugepages", "1", "2M", "4", because="no NUMA node 4")
    machine.write("addresses", "eno1 inet 192.0.2.1/24\n")
    machine.refuses("bind", "eno1", because="eno1 has addresses")
    machine.write("routes", "default via 192.0.2.254 dev eno1 proto dhcp\ndefault via fe80::1 dev eno2\n")
    machine.refuses("bind", "eno1", because="eno1 carries the default route")
    machine.refuses("bind", "eno2", "--do", because="eno2 carries the default route")
    machine.write("routes", "")
    os.makedirs(machine.path("class/net/bond0"))
    os.symlink(machine.path("class/net/bond0"), machine.path("class/net/eno2/master"))
    machine.refuses("bind", "eno2", because="belongs to bond0")
    assert machine.driver(NIC) == "ixgbe" and machine.driver(OTHER) == "virtio-pci"


@test
def it_looks_at_the_iommu(folder):
    without = Machine(os.path.join(folder, "without"), iommu=False)
    without.refuses("bind", NIC, because="no IOMMU: switch it on in the firmware")
    without.write("module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n")
    assert "would run: dpdk-devbind.py" in without.bind("bind", NIC)
    assert "IOMMU: off" in without.bind("status")
    shared = Machine(os.path.join(folder, "shared"))
    os.unlink(shared.path("bus/pci/devices", DISK, "iommu_group"))
    shared.join(DISK, "7")
    shared.refuses("bind", NIC, because="group 7 with %s (driver nvme)" % DISK)
    said = shared.bind("status")
    assert re.search(r"%s +ixgbe +eno1 +0 +7" % NIC, said) and re.search(r"%s +virtio-pci +eno2 +0 +8" % OTHER, said), said
    assert "IOMMU: on" in said and "node0, 2048kB: 5, 4 of them free" in said and DISK not in said, said


@test
def it_binds_and_gives_back(folder):
    if os.geteuid():
        raise Skip("only root may bind")
    machine = Machine(folder)
    assert "running:   dpdk-devbind.py --bind=vfio-pci" in machine.bind("bind", "eno1", "eno2", "--do")
    assert machine.driver(NIC) == machine.driver(OTHER) == "vfio-pci"
    assert "is bound to vfio-pci" in machine.bind("bind", NIC, "--do")
    machine.bind("back", NIC, "--do")
    assert machine.driver(NIC) == "ixgbe" and machine.driver(OTHER) == "vfio-pci"
    # Where nobody knows any more what a device had, the kernel is asked to look for a driver.
    os.unlink(machine.path("state", OTHER))
    machine.bind("back", OTHER, "--do")
    assert machine.driver(OTHER) is None
    with open(machine.path("bus/pci/drivers_probe")) as f:
        assert f.read() == OTHER + "\n"
    assert "bound to the kernel's driver ixgbe" in machine.bind("back", NIC, "--do")


if __name__ == "__main__":
    checks.main("test_bind")
