#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What happens in the guest, as its first process: binds the NICs and runs a sensor for each round that the host asks for.
#
# The host's folder lies at /lab. It holds `environment` (PROGRAM, BIND), and for each round a file `round-N`, whose lines
# are the sensor's arguments; NIC0 and NIC1 in them stand for PCI addresses. The guest makes round-N.ready when the sensor
# reads, ends the sensor once there is round-N.played, and makes round-N.done. A file `end` ends all.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mkdir -p /dev/pts /dev/shm /lab
ln -s /proc/self/fd /dev/fd
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
ip link set lo up
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=none lab /lab
exec >/lab/guest.log 2>&1
while read -r module; do
	insmod "/modules/$module"
done </modules/later
# shellcheck disable=SC1091
. /lab/environment

# Keeps what the sensors tell statsd.
python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 8125))
while True:
    with open("/lab/statsd", "ab") as f:
        f.write(s.recv(2048) + b"\n")' &

bound() {
	echo "== $*"
	"$BIND" "$@" || touch /lab/failed
}

bound hugepages 192 --do
mapfile -t nics < <(grep -l '^0x02' /sys/bus/pci/devices/*/class | cut -d/ -f6)
bound bind "${nics[@]}" # a dry run
bound bind "${nics[@]}" --do
bound status
dpdk-devbind.py --status-dev net

for ((n = 0; ; n++)); do
	until [ -e /lab/round-$n ] || [ -e /lab/end ]; do
		sleep 0.2
	done
	[ -e /lab/round-$n ] || break
	mapfile -t arguments < <(sed "s/NIC0/${nics[0]}/; s/NIC1/${nics[1]}/" /lab/round-$n)
	"$PROGRAM" "${arguments[@]}" >/lab/round-$n.out 2>/lab/round-$n.log &
	sensor=$!
	until grep -q reading /lab/round-$n.log || ! kill -0 $sensor; do
		sleep 0.2
	done
	touch /lab/round-$n.ready
	until [ -e /lab/round-$n.played ]; do
		sleep 0.2
	done
	kill -TERM $sensor
	wait $sensor
	echo $? >/lab/round-$n.code
	touch /lab/round-$n.done
done
bound back "${nics[@]}" --do
bound status
sync
touch /lab/ended
echo o >/proc/sysrq-trigger
sleep 60
