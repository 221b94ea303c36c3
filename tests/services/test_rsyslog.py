#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The syslog sink against a real rsyslogd on a socket of its own."""

import os
import time

from services import Background, Weir, capture, lines, link, need, own_network, paced, replay, same, wait_for
from checks import main, test

CONFIG = """
global(workDirectory="{0}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{0}/log" CreatePath="on" RateLimit.Interval="0" {1})
template(name="message" type="string" string="%syslogfacility-text%.%syslogseverity-text% %programname% %msg%\\n")
action(type="omfile" file="{0}/received" template="message" asyncWriting="off")
"""


# Local programs name no host, as Go's form has it; a form that names one needs the common parser.
HOST_NAMED = 'UseSpecialParser="off" ParseHostname="on"'


class Daemon(Background):
    def __init__(self, folder, parser=""):
        need("rsyslogd")
        self.received = os.path.join(folder, "received")
        config = os.path.join(folder, "rsyslog.conf")
        with open(config, "w") as f:
            f.write(CONFIG.format(folder, parser))
        super().__init__(["rsyslogd", "-n", "-f", config, "-i", os.path.join(folder, "pid")],
                         os.path.join(folder, "rsyslog.log"))
        wait_for("rsyslogd's socket", lambda: os.path.exists(os.path.join(folder, "log")))
        time.sleep(0.2)

    def messages(self):
        """What the daemon wrote, facility, priority and program checked."""
        found = []
        for line in lines(self.received) if os.path.exists(self.received) else []:
            head, message = line.split(b"{", 1)
            assert head.split() == [b"local3.notice", b"dnsweir"], head
            found.append(b"{" + message)
        return found


def options(folder, *more):
    return ("-quiet", "-logfile", os.path.join(folder, "records"), "-logMaxSize", "4000", "-syslog_facility", "LOCAL3",
            "-syslog_priority", "notice", "-syslog_socket", os.path.join(folder, "log"), *more)


@test
def each_record_in_each_form(folder):
    path = capture(folder, 20000)
    for form in ("go", "rfc3164", "rfc5424"):
        below = os.path.join(folder, form)
        os.mkdir(below)
        with Daemon(below, "" if form == "go" else HOST_NAMED) as daemon:
            text, figures = replay(folder, path, *options(below, "-syslog_format", form))
            want = lines(os.path.join(below, "records"))
            assert figures["syslog"] == [len(want), len(want), 0, 0, 0], text
            wait_for("the last message", lambda: len(daemon.messages()) >= len(want), 20)
            same(daemon.messages(), want, form)
            assert b'"level":"notice"' in want[0]


@test
def a_restart_is_found_and_the_gap_counted(folder):
    path = capture(folder, 20000)
    with link() as (there, here), Daemon(folder) as daemon:
        with Weir(folder, "-dev", here, "-driver", "libpcap", *options(folder), ready="reading") as weir:
            time.sleep(1)
            with paced(there, path, folder, 5000) as feed:
                time.sleep(3)
                daemon.end()
                time.sleep(1)
                with Daemon(folder) as again:
                    wait_for("the end of the traffic", feed.over, 30)
                    time.sleep(1)
                    assert weir.end() == 0, weir.text()
                    time.sleep(0.5)
                    got = again.messages()
        want = lines(os.path.join(folder, "records"))
        offered, delivered, pending, _, dropped = weir.sinks()["syslog"]
        assert offered == len(want) and not pending and 1000 < dropped < offered / 2, weir.text()
        assert not set(got) - set(want)
        # What the daemon had not yet read when it ended is in its socket's queue, and gone with it.
        assert delivered - 600 <= len(got) <= delivered, "%d of %d\n%s" % (len(got), delivered, weir.text())


if __name__ == "__main__":
    own_network()
    main("test_rsyslog")
