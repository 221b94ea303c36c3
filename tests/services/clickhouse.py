# SPDX-License-Identifier: BSD-3-Clause
"""ClickHouse within a Python process (chdb), and the statements of config/clickhouse."""

import json
import os
import re
import subprocess

from services import ROOT, python_with

# The last that starts what a table of Kafka's needs; it is ClickHouse 25.8.
PACKAGE = "chdb==3.7.2"
# Runs each statement of standard input's JSON array; prints the rows of each. One that comes with a number is repeated until it
# gives that many, or a minute is over.
RUN = """
import json, sys, time
from chdb import session
s, out = session.Session(sys.argv[1]), []
for statement in json.load(sys.stdin):
    statement, number = statement if isinstance(statement, list) else (statement, None)
    for _ in range(240):
        text = s.query(statement, "JSONEachRow").bytes().decode()
        if number is None or text.count(chr(10)) >= number:
            break
        time.sleep(0.25)
    out.append([json.loads(row) for row in text.splitlines()])
print(json.dumps(out))
"""


def python():
    return python_with(PACKAGE)


def statements(name, **values):
    """Those of a file of config/clickhouse, with values in place of its {names}."""
    with open(os.path.join(ROOT, "config/clickhouse", name), encoding="utf-8") as file:
        text = re.sub(r"^--.*\n", "", file.read(), flags=re.M)
    for key, value in values.items():
        text = text.replace("{%s}" % key, value)
    return [part.strip() for part in text.split(";") if part.strip()]


def clickhouse(folder, asked):
    """The rows of each statement."""
    done = subprocess.run([python(), "-c", RUN, os.path.join(folder, "clickhouse")], input=json.dumps(asked).encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout)
