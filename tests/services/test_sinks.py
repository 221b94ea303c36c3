#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Several sinks at once, each with a real service behind it: every record comes once in each, whatever the cores and formats."""

import contextlib
import json
import os
import subprocess

from services import PROGRAM, capture, environment, lines, own_network, same, sinks, wait_for
from broker import VERSION, common, jars
from forward import Server, modules
from rsyslog import Daemon
from checks import main, test


@contextlib.contextmanager
def daemons(folder):
    """The forward server and rsyslogd, each in a folder of its own."""
    for name in ("fluentd", "syslog"):
        os.mkdir(os.path.join(folder, name))
    with Server(folder + "/fluentd", folder + "/fluentd/socket") as server, Daemon(folder + "/syslog") as daemon:
        yield server, daemon


def run(folder, path, broker, *arguments):
    """A replay into all five sinks; what it wrote to standard output, and its figures by sink."""
    with open(os.path.join(folder, "stdout"), "wb") as out:
        done = subprocess.run(
            [PROGRAM, "-pcap", path, "-name", "here", "-logfile", os.path.join(folder, "log"), "-logMaxSize", "4000",
             "-syslog_facility", "LOCAL3", "-syslog_priority", "notice", "-syslog_socket", folder + "/syslog/log",
             "-fluentd_socket", folder + "/fluentd/socket", "-fluentd_ack", *broker, "-numprocs", "4", "-txprocs", "2", *arguments],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, timeout=180, env=environment())
    text = done.stderr.decode()
    assert done.returncode == 0, text
    return lines(os.path.join(folder, "stdout")), sinks(text)


def plain(line):
    return json.dumps(json.loads(line), sort_keys=True)


@test
def all_five_get_each_record(folder):
    path = capture(folder, 50000)
    with common() as broker, daemons(folder) as (server, daemon):
        want, figures = run(folder, path, broker.options("all"))
        n = len(want)
        assert n > 100000 and list(figures) == ["stdout", "file", "kafka", "syslog", "fluentd"], figures
        assert all(f == [n, n, 0, 0, 0] for f in figures.values()), figures
        same(lines(os.path.join(folder, "log")), want, "the file")
        same([value for _, _, value in broker.messages("all")], want, "Kafka")
        wait_for("the last message", lambda: len(daemon.messages()) >= n, 30)
        same(daemon.messages(), want, "syslog")
        wait_for("the last event", lambda: len(lines(server.received)) >= n, 30)
        same(server.events(), [plain(line) for line in want], "fluentd")


@test
def each_in_its_own_format(folder):
    path = capture(folder, 20000)
    with common() as broker, daemons(folder) as (server, daemon):
        flat, figures = run(folder, path, broker.options("mixed"), "-format", "nested", "-sink_format",
                            "stdout=flat,fluentd=flat", "-sink_format", "syslog=flat")
        nested = lines(os.path.join(folder, "log"))
        assert len(flat) > 40000 and len(nested) < 20000
        assert all(line.startswith(b'{"query_id":') for line in flat) and all(b'"answer":[' in line for line in nested)
        assert figures["file"] == figures["kafka"] == [len(nested), len(nested), 0, 0, 0], figures
        same([value for _, _, value in broker.messages("mixed")], nested, "Kafka")
        wait_for("the last message", lambda: len(daemon.messages()) >= len(flat), 30)
        same(daemon.messages(), flat, "syslog")
        wait_for("the last event", lambda: len(lines(server.received)) >= len(flat), 30)
        same(server.events(), [plain(line) for line in flat], "fluentd")


if __name__ == "__main__":
    own_network(lambda: jars(VERSION), modules)
    main("test_sinks")
