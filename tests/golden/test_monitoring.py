#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The dashboard, the alert rules and the page of the docs against the metrics that the program really has."""

import json
import os
import re
import shutil
import subprocess

from checks import HERE, Skip, groups, main, test
from served import Served, parse
from wire import Capture, a, rr

ROOT = os.path.join(HERE, "../..")
DASHBOARD = os.path.join(ROOT, "config/grafana-dashboard.json")
ALERTS = os.path.join(ROOT, "config/alerts.yml")


def metrics(folder):
    """(samples, families) of a run that has every metric: links between lcores, and a sink that tells delivery times."""
    c = Capture()
    c.lookup(1, "a.example", "A", [rr(12, "A", 1, a("192.0.2.1"))])
    path = os.path.join(folder, "c.pcap")
    with open(path, "wb") as out:
        out.write(c.pcap())
    kafka = ("-kafka_brokers", "127.0.0.1:1", "-kafka_topic", "t", "-spool_dir", folder, "-sink_timeout", "1s")
    with Served("-pcap", path, "-quiet", "-numprocs", "2", "-http_linger", "10m", *kafka, cwd=folder) as program:
        program.wait_end()
        text = program.get("metrics")[2]
    return parse(text), set(re.findall(r"^# TYPE (\S+)", text, re.M))


def expressions():
    """The queries of the rules and of the dashboard, each with where it is."""
    board = json.load(open(DASHBOARD))
    found = [(p["title"], t["expr"]) for p in board["panels"] for t in p["targets"]]
    rules = re.split(r"^ {6}- alert: ", open(ALERTS).read(), flags=re.M)[1:]
    found += [(r.split("\n")[0], re.search(r"expr: (?:>-\n)?(.*?)\n {8}for:", r, re.S).group(1)) for r in rules]
    assert len(found) > 30
    return found


@test
def dashboard_and_rules_ask_for_what_there_is(folder):
    values, _ = metrics(folder)
    labels = {}
    for name, has in values:
        labels.setdefault(name, set()).update(label for label, _ in has)
    reasons = {}
    for group, family in (("PACKET_DROP", "drop_"), ("QUERY", "queries_"), ("RESPONSE", "responses_")):
        reasons[group] = {name[len(family):] for name in groups()[group]}
    for where, text in expressions():
        names = set(re.findall(r"\bdnsweir_[a-z_0-9]+", text))
        assert names or "up{" in text, (where, text)
        assert names <= set(labels), (where, names - set(labels))
        known = set().union(*(labels[name] for name in names)) | {"instance", "job"}
        used = set(re.findall(r"([a-z_]+)=~?\"", text))
        used |= {label.strip() for some in re.findall(r"(?:by|without|ignoring) \(([^)]*)\)", text) for label in some.split(",")}
        assert used <= known, (where, used - known)
        for some in re.findall(r'(?:reason|fate)=~?"([^"$]*)"', text):
            assert set(some.split("|")) <= set().union(*reasons.values()), (where, some)


@test
def the_dashboard_is_sound(folder):
    board = json.load(open(DASHBOARD))
    panels = board["panels"]
    assert len({p["id"] for p in panels}) == len(panels) and board["uid"] == "dnsweir"
    taken = set()
    for p in panels:
        g = p["gridPos"]
        cells = {(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])}
        assert not cells & taken and g["x"] + g["w"] <= 24, p["title"]
        taken |= cells


@test
def promtool_accepts_the_rules(folder):
    if not shutil.which("promtool"):
        raise Skip("promtool isn't installed")
    check = subprocess.run(["promtool", "check", "rules", ALERTS], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout + check.stderr


@test
def the_docs_name_every_metric(folder):
    _, families = metrics(folder)
    text = open(os.path.join(ROOT, "docs/metrics.md")).read()
    plain = {"dnsweir_%s_total" % name for name in groups()["PLAIN"]}
    told = set(re.findall(r"^\| `((?:dnsweir|process)_[a-z_0-9]+)`", text, re.M))
    assert told == families - plain, (told ^ (families - plain))
    endpoints = set(re.findall(r"^\| `(/[a-z.]*)` ", text, re.M))
    assert endpoints == {"/", "/metrics", "/analytics.json", "/healthz", "/readyz"}, endpoints


if __name__ == "__main__":
    main("monitoring")
