#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The fluentd sink against a forward server that is not ours (npm's @fluent-org/logger)."""

import json
import os
import subprocess
import time

from services import CACHE, Background, Skip, Weir, capture, free_port, lines, link, need, own_network, paced, replay, same, wait_for
from checks import main, test

SERVER = """
const { FluentServer } = require("@fluent-org/logger");
const fs = require("fs");
const out = fs.openSync(process.argv[2], "a");
const listen = process.argv[3].includes("/") ? { path: process.argv[3] } : { port: +process.argv[3], host: "127.0.0.1" };
let lines = [];
const write = () => { if (lines.length) fs.writeSync(out, lines.join("")); lines = []; };
const server = new FluentServer({ listenOptions: listen });
server.on("entry", (tag, time, record) => {
  lines.push(JSON.stringify([tag, Number(time), record]) + "\\n");
  if (lines.length >= 1000) write();
});
setInterval(write, 20);
const end = () => { write(); process.exit(0); };
process.on("SIGTERM", end);
server.listen().then(() => console.error("listening"));
"""


def modules():
    need("node", "npm")
    folder = os.path.join(CACHE, "fluentd")
    if not os.path.exists(os.path.join(folder, "node_modules/@fluent-org/logger")):
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "package.json"), "w") as f:
            f.write('{"private": true}\n')
        if subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "@fluent-org/logger"],
                          cwd=folder, stdout=subprocess.DEVNULL).returncode:
            raise Skip("the forward server can't be fetched")
    with open(os.path.join(folder, "server.js"), "w") as f:
        f.write(SERVER)
    return folder


class Server(Background):
    def __init__(self, folder, where):
        self.received = os.path.join(folder, "received")
        if os.path.exists(where):
            os.unlink(where)
        super().__init__(["node", os.path.join(modules(), "server.js"), self.received, where],
                         os.path.join(folder, "server-%f.log" % time.time()), "listening")

    def events(self):
        found = []
        for line in lines(self.received):
            tag, second, record = json.loads(line)
            assert tag == "here.service", tag
            assert record["tstamp"].startswith(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(second))), line
            found.append(json.dumps(record, sort_keys=True))
        return found


def wanted(folder):
    """The records of the log file as fluentd gets them: no empty level, numbers as numbers."""
    found = []
    for line in lines(os.path.join(folder, "records")):
        record = json.loads(line)
        record["ttl"] = int(record["ttl"] or 0)
        if not record["level"]:
            del record["level"]
        found.append(json.dumps(record, sort_keys=True))
    return found


def options(folder, where, *more):
    return ("-quiet", "-name", "here", "-logfile", os.path.join(folder, "records"), "-logMaxSize", "4000",
            "-fluentd_socket", where, *more)


@test
def each_record_over_a_unix_socket_and_tcp(folder):
    path, port = capture(folder, 20000), free_port()
    for name, where, listen, more in (
        ("plain", None, None, ()), ("acks", None, None, ("-fluentd_ack",)),
        ("tcp", "tcp://127.0.0.1:%d" % port, str(port), ("-fluentd_ack",)),
    ):
        below = os.path.join(folder, name)
        os.mkdir(below)
        where = where or os.path.join(below, "socket")
        with Server(below, listen or where) as server:
            text, figures = replay(folder, path, *options(below, where, *more))
            want = wanted(below)
            assert figures["fluentd"] == [len(want), len(want), 0, 0, 0], text
            wait_for("the last event", lambda: len(lines(server.received)) >= len(want), 20)
            same(server.events(), want, name)


def restarted(folder, *more):
    path, where = capture(folder, 20000), os.path.join(folder, "socket")
    with link() as (there, here), Server(folder, where) as server:
        with Weir(folder, "-dev", here, "-driver", "libpcap", *options(folder, where, *more), ready="reading") as weir:
            time.sleep(1)
            with paced(there, path, folder, 5000) as feed:
                time.sleep(3)
                server.end()
                time.sleep(2)
                with Server(folder, where) as again:
                    wait_for("the end of the traffic", feed.over, 30)
                    time.sleep(1.5)
                    assert weir.end() == 0, weir.text()
                    time.sleep(0.5)
                    got = again.events()
        want = wanted(folder)
        assert len(want) > 40000
        assert weir.sinks()["fluentd"] == [len(want), len(want), 0, 0, 0], weir.text()
        assert not set(want) - set(got), "%d of %d are lost" % (len(set(want) - set(got)), len(want))
        return len(got) - len(want)


@test
def a_restart_with_acks_loses_nothing(folder):
    restarted(folder, "-fluentd_ack")


if __name__ == "__main__":
    own_network(modules)
    main("test_fluentd")
