# SPDX-License-Identifier: BSD-3-Clause
"""A fluentd forward server that is not ours (npm's @fluent-org/logger); it writes what it gets into a file."""

import json
import os
import subprocess
import time

from services import CACHE, Background, Skip, lines, need, one_at_a_time

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


@one_at_a_time
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
