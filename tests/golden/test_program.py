#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How the program behaves as a whole: exit codes, what it says, signals, pipes, rights, counters. The
program is DNSWEIR."""

import gzip
import os
import signal
import struct
import subprocess
import time

from cases import CASES
from checks import (
    PROGRAM,
    SANITIZED,
    Skip,
    TOPOLOGIES,
    assert_conserved,
    counters,
    environment,
    errors,
    main,
    records,
    run,
    test,
    told,
)
from wire import CLIENT, SERVER, Capture, a, query, response, rr, udp


def lookups(n):
    """A capture of n lookups, each with a client port of its own."""
    c = Capture()
    for i in range(n):
        c.lookup(i, "n%d.example" % i, "A", [rr(12, "A", 1, a("192.0.2.1"))], sport=1024 + i)
    return c.pcap()


def write(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as out:
        out.write(data)
    return path


def names(result):
    return sorted(r["q"] for r in records(result.stdout))


@test
def wrong_options_are_one_line_and_2(folder):
    for arguments in (
        (),
        ("-frobnicate",),
        ("-pcap", "x", "-numprocs", "0"),
        ("x.pcap",),
        ("-pcap", "x", "-gc_age", "60"),
        ("-pcap", "x", "-bpf", "frobnicate the wire"),
        ("-pcap",),
    ):
        result = run(*arguments, cwd=folder)
        assert result.returncode == 2, (arguments, result)
        assert not result.stdout and len(told(result).splitlines()) == 1, told(result)
        assert len(errors(result)) == 1, told(result)


@test
def a_filter_that_means_nothing_for_the_link_type_is_told(folder):
    write(folder, "raw.pcap", Capture(101, lambda packet: packet).lookup(1, "a.example", "A").pcap())
    write(folder, "ether.pcap", Capture().lookup(1, "a.example", "A").pcap())
    for arguments in (("-pcap", "raw.pcap"), ("-pcap", "raw.pcap", "-numprocs", "2", "-fused=false")):
        result = run(*arguments, "-bpf", "vlan 7", cwd=folder)
        assert result.returncode == 2 and not result.stdout, result
        assert len(errors(result)) == 1 and "no VLAN support for Raw IP" in errors(result)[0], told(result)
    data = open(os.path.join(folder, "raw.pcap"), "rb").read()
    for source in ({"data": data}, {}):
        files = ("-",) if source else ("ether.pcap", "-pcap", "raw.pcap")
        result = run("-pcap", *files, "-bpf", "vlan 7", cwd=folder, **source)
        assert result.returncode == 0 and not result.stdout, result
        assert told(result).count("warning: ") == 1 and "no VLAN support for Raw IP" in told(result), told(result)
        assert counters(result)["drop_filter_link"] == 2, told(result)
        assert "hint: packets were there" in told(result), told(result)
        assert_conserved(result)


@test
def help_and_version_go_to_standard_output(folder):
    for option in ("-help", "--help", "-h", "-version", "-avro_schema", "-avro_fingerprint"):
        result = run(option, cwd=folder)
        assert result.returncode == 0 and result.stdout and not result.stderr, (option, result)


@test
def the_records_are_the_only_thing_on_standard_output(folder):
    path = write(folder, "c.pcap", lookups(3))
    result = run("-pcap", path, "-debug", cwd=folder)
    assert result.returncode == 0 and names(result) == ["n0.example", "n1.example", "n2.example"], result
    assert told(result)


@test
def quiet_and_a_log_file(folder):
    path = write(folder, "c.pcap", lookups(50))
    for _ in range(2):
        result = run("-pcap", path, "-quiet", "-logfile", "new/dns.json", cwd=folder)
        assert result.returncode == 0 and not result.stdout, result
    data = open(os.path.join(folder, "new/dns.json"), "rb").read()
    assert len(records(data)) == 100, "a file is appended to"
    assert os.stat(os.path.join(folder, "new/dns.json")).st_mode & 0o777 == 0o600


@test
def options_of_variables_and_of_the_folder(folder):
    path = write(folder, "c.pcap", lookups(2))
    write(folder, ".env", b"PDNS_PCAP_FILE=c.pcap\nPDNS_NAME=of-file\n")
    write(folder, "c.json", b'{"format": "nested", "name": "of-config"}')
    result = run("-config", "c.json", cwd=folder, env={"PDNS_PCAP_FILE": "nowhere", "PDNS_QUIET": ""})
    assert {r["sensor"] for r in records(result.stdout)} == {"of-file"}, result
    assert run(cwd=folder, env={"PDNS_THREADS": "many"}).returncode == 2
    assert run("-pcap", path, cwd=folder, env={"PDNS_QUIET": "true"}).stdout == b""


@test
def files_that_are_no_captures(folder):
    good = lookups(4)
    for name, data, code, found in (
        ("empty", b"", 1, 0),
        ("header", good[:24], 0, 0),
        ("short", good[:20], 1, 0),
        ("text", b"not a capture\n" * 9, 1, 0),
        ("cut", good[:-7], 1, 3),
        ("cut_header", good + b"\0" * 9, 1, 4),
        ("nonsense", good + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 0xFFFFFFFF) + b"x" * 99, 1, 4),
    ):
        result = run("-pcap", write(folder, name, data), cwd=folder)
        assert result.returncode == code, (name, result)
        assert len(records(result.stdout)) == found, (name, result)
        assert len(errors(result)) == (1 if code else 0), (name, told(result))
        assert not code or name in errors(result)[0], told(result)
    result = run("-pcap", os.path.join(folder, "nowhere.pcap"), cwd=folder)
    assert result.returncode == 1 and "nowhere.pcap" in errors(result)[0], result
    result = run("-pcap", write(folder, "c.pcap.gz", gzip.compress(good)), cwd=folder)
    assert result.returncode == 0 and len(records(result.stdout)) == 4, result


@test
def standard_input_several_files_and_a_folder(folder):
    inner = os.path.join(folder, "in")
    os.mkdir(inner)
    data = lookups(6)
    write(inner, "b.pcap", data)
    write(inner, "a.pcap", CASES["stream"][0]())
    assert len(records(run("-pcap", "-", data=data, cwd=folder).stdout)) == 6
    for arguments in (
        ("-pcap", inner),
        ("-pcap", inner + "/*.pcap"),
        ("-pcap", inner + "/a.pcap", "-pcap", inner + "/b.pcap"),
    ):
        result = run(*arguments, cwd=folder)
        assert result.returncode == 0 and len(records(result.stdout)) == 17, (arguments, result)


@test
def the_pcap_device_gives_the_same_records(folder):
    path = write(folder, "c.pcap", lookups(60000))
    want = sorted(run("-pcap", path, cwd=folder, timeout=60).stdout.splitlines())
    assert len(want) == 60000
    for topology in TOPOLOGIES:
        vdev = ("--", "--vdev", "net_pcap0,rx_pcap=" + path)
        result = run("-dev", "net_pcap0", *topology, *vdev, cwd=folder, timeout=120)
        assert result.returncode == 0 and sorted(result.stdout.splitlines()) == want, told(result)


@test
def a_device_that_is_not_there_is_told(folder):
    result = run("-dev", "nosuchdevice0", cwd=folder, timeout=30)
    assert (
        result.returncode in (1, 2) and len(errors(result)) == 1 and "nosuchdevice0" in errors(result)[0]
    ), result
    assert not result.stdout


@test
def arguments_of_eal_that_are_wrong_are_told(folder):
    path = write(folder, "c.pcap", lookups(1))
    for arguments, expected in (
        (("--lcores", "0-1"), "-- --lcores: "),
        (("-l0",), "-- -l0: "),
        (("--proc-type=secondary",), "-- --proc-type=secondary: "),
        (("--no-such-option",), "'--no-such-option'"),
        (("--vdev",), "'--vdev' requires"),
        (("--log-level=debug",) * 200, "-- …: "),
    ):
        result = run("-pcap", path, "--", *arguments, cwd=folder)
        assert result.returncode == 2 and not result.stdout, (arguments, result)
        assert len(told(result).splitlines()) == 1 and expected in errors(result)[0], (arguments, result)


@test
def devices_of_dpdk_that_are_none_are_told_by_name(folder):
    """In one line what DPDK couldn't parse; a device that it could but not open has its reason told before it is missed."""
    for device, expected in (
        ("net_nosuch0", ['"net_nosuch0"']),
        ("net_pcap0,rx_pcap=/nosuch", ["/nosuch: No such file", "-dev net_pcap0: no such device"]),
    ):
        result = run("-dev", device.split(",")[0], "--", "--no-huge", "-m", "64", "--vdev", device, cwd=folder, timeout=30)
        lines = told(result).splitlines()
        assert result.returncode == 1 and not result.stdout and len(lines) == len(expected), (device, result)
        assert all(text in line for text, line in zip(expected, lines)), (device, lines)


@test
def every_topology_conserves_its_counters(folder):
    for name, (function, options) in CASES.items():
        path = write(folder, name + ".pcap", function())
        for topology in TOPOLOGIES[1:]:
            result = run("-pcap", path, *options, *topology, cwd=folder)
            assert result.returncode == 0, (name, result)
            assert_conserved(result)
            assert counters(result)["records_out"] == len(result.stdout.splitlines()), (name, told(result))


@test
def more_workers_than_cores(folder):
    path = write(folder, "c.pcap", lookups(500))
    want = sorted(run("-pcap", path, cwd=folder).stdout.splitlines())
    for workers, tx in ((3, 1), (7, 5), (32, 3), (64, 3)):
        result = run("-pcap", path, "-numprocs", str(workers), "-txprocs", str(tx), "-fused=false", cwd=folder)
        assert result.returncode == 0 and sorted(result.stdout.splitlines()) == want, (workers, told(result))
        assert_conserved(result)


@test
def many_workers_read_a_nic_for_themselves(folder):
    """Each has a link to each other one: more links than the program has lanes."""
    for workers in (13,) if SANITIZED else (13, 48):
        device = ("-dev", "net_null0", "-numprocs", str(workers), "-idle", "sleep", "-quiet")
        process = subprocess.Popen(
            [PROGRAM, *device, "--", "--vdev", "net_null0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env=environment(),
            cwd=folder,
        )
        for line in process.stderr:
            if b"intakes" in line:
                assert b"%d intakes, %d workers" % (workers, workers) in line, line
                break
        time.sleep(2)
        process.terminate()
        result = subprocess.CompletedProcess((), 0, b"", process.communicate(timeout=120)[1])
        assert process.returncode == 0, (workers, told(result))
        assert counters(result)["packets_in"] > 0
        assert_conserved(result)


def start_unread(folder, *arguments):
    """The program, replaying more records than a pipe holds into one that nobody reads yet."""
    path = write(folder, "c.pcap", lookups(3000))
    return subprocess.Popen(
        [PROGRAM, "-pcap", path, "-sink_timeout", "1s", *arguments],
        stdout=subprocess.PIPE,
        env=environment(),
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd=folder,
    )


@test
def a_replay_waits_for_whoever_reads_its_pipe(folder):
    for topology in ((), ("-numprocs", "2", "-fused=false")):
        process = start_unread(folder, *topology)
        time.sleep(2.5)
        out = process.communicate(timeout=60)[0]
        assert process.returncode == 0 and len(records(out)) == 3000, (topology, process.returncode)


@test
def a_signal_ends_a_replay_into_a_pipe_that_nobody_reads(folder):
    process = start_unread(folder)
    time.sleep(1)
    process.terminate()
    started = time.monotonic()
    process.wait(timeout=20)
    assert time.monotonic() - started < 5.5
    process.stdout.close()


@test
def an_ordinary_user_may(folder):
    if os.getuid():
        raise Skip("this is one")
    path = write(folder, "c.pcap", lookups(3))
    os.chmod(path, 0o644)
    try:
        result = run("-pcap", path, cwd=folder, user=65534, group=65534, extra_groups=[])
    except PermissionError:
        raise Skip("an ordinary user can't reach the program's folder")
    assert result.returncode == 0 and len(records(result.stdout)) == 3, result


@test
def several_at_once(folder):
    path = write(folder, "c.pcap", lookups(500))
    running = [
        subprocess.Popen(
            [PROGRAM, "-pcap", path, "-numprocs", "2", "-fused=false"],
            stdout=subprocess.PIPE,
            env=environment(),
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            cwd=folder,
        )
        for _ in range(3)
    ]
    for process in running:
        out = process.communicate(timeout=60)[0]
        assert process.returncode == 0 and len(records(out)) == 500


def start_on_pipe(folder, *arguments):
    """The program, reading a capture from a pipe that stays open, with one lookup in it."""
    read, feed = os.pipe()
    process = subprocess.Popen(
        [PROGRAM, "-pcap", "-", *arguments],
        stdin=read,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        cwd=folder,
    )
    os.close(read)
    os.write(feed, lookups(1))
    return process, feed


@test
def a_signal_drains_and_ends(folder):
    for number in (signal.SIGTERM, signal.SIGINT):
        for topology in (("-fused",), ("-numprocs", "2", "-fused=false")):
            process, feed = start_on_pipe(folder, *topology)
            time.sleep(1)
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
            os.close(feed)
            assert process.returncode == 0, (number, topology, process.returncode, err)
            assert len(records(out)) == 1, (number, topology, out, err)


@test
def a_record_is_not_kept_back(folder):
    process, feed = start_on_pipe(folder)
    deadline = time.monotonic() + 20
    line = process.stdout.readline()
    assert b"n0.example" in line and time.monotonic() < deadline
    os.close(feed)
    assert process.wait(20) == 0
    process.stdout.close()
    process.stderr.close()


@test
def a_reader_that_goes_away_ends_the_run(folder):
    path = write(folder, "c.pcap", lookups(60000))
    process = subprocess.Popen(
        [PROGRAM, "-pcap", path, "-sink_timeout", "2s"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        stdin=subprocess.DEVNULL,
        cwd=folder,
    )
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(60) in (0, 1), (process.returncode, err)
    process.stderr.close()


@test
def times_that_jump(folder):
    c = Capture()
    yes = [rr(12, "A", 1, a("192.0.2.1"))]
    for i, after in enumerate((0, -3600 * 10**9, 7200 * 10**9, -1, 86400 * 10**9 * 400)):
        c.now += after
        c.lookup(i, "jump.example", "A", yes, sport=50000 + i)
    c.packet(udp(CLIENT, 50100, SERVER, 53, query(99, "odd.example", "A")), after=-86400 * 10**9 * 800)
    c.packet(udp(SERVER, 53, CLIENT, 50100, response(99, "odd.example", "A", yes)))
    result = run("-pcap", write(folder, "c.pcap", c.pcap()), cwd=folder)
    assert len(records(result.stdout)) == 6, result
    assert_conserved(result)


if __name__ == "__main__":
    main("program")
