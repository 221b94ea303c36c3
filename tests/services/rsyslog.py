# SPDX-License-Identifier: BSD-3-Clause
"""A real rsyslogd that writes what comes to a socket of its own into a file."""

import os
import time

from services import Background, lines, need, wait_for

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
