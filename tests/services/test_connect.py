#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Long-term storage as docs/pipelines.md has it: a broker, Kafka Connect with Iceberg's sink, HDFS or S3, read by ClickHouse."""

import json
import os
import urllib.request

from services import ROOT, Background, capture, free_port, lines, own_network, python_with, replay, same, wait_for
from broker import LOG, VERSION, common, jars
from clickhouse import clickhouse, python
from maven import JAVA, fetched, fetched_by
from checks import main, test

HADOOP = "3.4.2"
# A small machine's: a commit every two seconds, and one task, so that none waits for another's.
HASTE = {"iceberg.control.commit.interval-ms": "2000", "iceberg.control.commit.timeout-ms": "5000", "tasks.max": "1"}


def hadoop():
    """A name node and a data node in one process."""
    return fetched("hadoop-" + HADOOP, ("org.apache.hadoop", "hadoop-client-minicluster", HADOOP))


def connect():
    return fetched("connect-" + VERSION, ("org.apache.kafka", "connect-runtime", VERSION), LOG)


def plugin():
    with open(os.path.join(ROOT, "config/kafka-connect-iceberg.pom.xml"), encoding="utf-8") as file:
        return fetched_by(file.read(), "connect-iceberg")


def moto():
    return python_with("moto[server]")


class Hdfs(Background):
    """Hadoop's file system on loopback."""

    def __init__(self, folder):
        port, details = free_port(), os.path.join(folder, "details")
        self.address = "hdfs://127.0.0.1:%d" % port
        super().__init__(
            [*JAVA, "-Dtest.build.data=" + folder, "-cp", hadoop(), "org.apache.hadoop.test.MiniDFSClusterManager",
             "-datanodes", "1", "-format", "-nnport", str(port), "-writeDetails", details],
            os.path.join(folder, "hdfs.log"), cwd=folder)
        try:
            wait_for("HDFS", lambda: os.path.exists(details) or self.over(), 120)
            assert not self.over(), self.text()[-2000:]
        except AssertionError:
            self.end()
            raise


class Connect(Background):
    """Kafka Connect in one process, with this sink."""

    def __init__(self, folder, broker, config, environment):
        plugins = os.path.join(folder, "plugins")
        os.mkdir(plugins)
        os.symlink(plugin(), os.path.join(plugins, "iceberg"))
        worker = {"bootstrap.servers": broker.address, "plugin.path": plugins, "plugin.discovery": "service_load",
                  "key.converter": config["key.converter"], "value.converter": config["value.converter"],
                  "listeners": "http://127.0.0.1:%d" % free_port(),
                  "offset.storage.file.filename": os.path.join(folder, "offsets"), "offset.flush.interval.ms": "1000"}
        for name, settings in (("worker", worker), ("sink", config)):
            with open(os.path.join(folder, name + ".properties"), "w", encoding="utf-8") as file:
                file.write("".join("%s=%s\n" % pair for pair in settings.items()))
        log = os.path.join(folder, "connect.log")
        with open(log, "ab") as out:
            super().__init__([*JAVA, "-Dlog4j2.level=INFO", "-cp", connect(), "org.apache.kafka.connect.cli.ConnectStandalone",
                              "worker.properties", "sink.properties"], log, cwd=folder, stdout=out,
                             env=os.environ | dict(environment))


class Moto(Background):
    """Moto's server: S3 and Glue on loopback."""

    def __init__(self, folder):
        self.address = "http://127.0.0.1:%d" % free_port()
        super().__init__([moto(), "-m", "moto.server", "-H", "127.0.0.1", "-p", self.address.rsplit(":", 1)[1]],
                         os.path.join(folder, "moto.log"), "Running on", cwd=folder)


def each_record_once(folder, name, topic, more, table, environment=()):
    """A replay's records by broker and Kafka Connect in this table."""
    log = os.path.join(folder, "dns.json")
    with open(os.path.join(ROOT, "config", name), encoding="utf-8") as file:
        config = json.load(file)
    with common() as broker:
        replay(folder, capture(folder, 3000), "-quiet", "-logfile", log, "-kafka_key", "qname", *broker.options(topic))
        assert broker.kcat("-L", "-t", "control-iceberg")  # makes the topic, as the docs tell
        settings = config["config"] | HASTE | {"name": topic, "topics": topic} | more
        want = [json.dumps(json.loads(line), sort_keys=True).encode() for line in lines(log)]
        with Connect(folder, broker, settings, environment) as sink:
            wait_for("a commit", lambda: "committed to 1 table" in sink.text() or sink.over(), 240)
            assert not sink.over(), sink.text()[-2000:]
            found, = clickhouse(folder, [["SELECT * FROM " + table, len(want)]])
    same([json.dumps(record, sort_keys=True).encode() for record in found], want, "rows of the table")


@test
def iceberg_in_hdfs_has_each_record_once(folder):
    with Hdfs(folder) as hdfs:
        each_record_once(
            folder, "kafka-connect-iceberg.json", "hdfs", {"iceberg.catalog.warehouse": hdfs.address + "/warehouse"},
            "icebergHDFS('%s/warehouse/dns/records', SETTINGS iceberg_use_version_hint = 1)" % hdfs.address)


@test
def iceberg_in_s3_has_each_record_once(folder):
    with Moto(folder) as store:
        urllib.request.urlopen(urllib.request.Request(store.address + "/dns", method="PUT"), timeout=60).close()
        local = {"iceberg.catalog.%s.endpoint" % service: store.address for service in ("s3", "glue")}
        each_record_once(
            folder, "kafka-connect-iceberg-s3.json", "s3", local | {"iceberg.catalog.s3.path-style-access": "true"},
            "icebergS3('%s/dns/warehouse/dns.db/records', 'key', 'secret')" % store.address,
            {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"})


own_network(lambda: jars(VERSION), hadoop, connect, plugin, python, moto)
main("connect")
