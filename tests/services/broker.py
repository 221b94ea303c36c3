# SPDX-License-Identifier: BSD-3-Clause
"""A real Kafka broker (KRaft, one node) on loopback, its parts by Maven, and kcat as a consumer that is not ours."""

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile

from services import Background, free_port, need, wait_for
from maven import JAVA, fetched

VERSION = "4.1.0"
# Debian 12's librdkafka (before 2.6.1) doesn't pass the check of SCRAM's nonce that brokers make since CVE-2024-56128.
SCRAM_VERSION = "3.7.1"
LOG = ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.1")
PASSWORD = "not-a-secret"


def jars(version):
    """A broker's class path."""
    need("kcat")
    return fetched("kafka-" + version, ("org.apache.kafka", "kafka_2.13", version), LOG)


def certificate(folder):
    """A key store with a certificate of its own for 127.0.0.1, and the certificate."""
    store, pem = os.path.join(folder, "broker.p12"), os.path.join(folder, "broker.pem")
    common = ["-keystore", store, "-storepass", PASSWORD, "-alias", "broker"]
    subprocess.run(
        ["keytool", "-genkeypair", *common, "-storetype", "PKCS12", "-keyalg", "EC", "-dname", "CN=broker",
         "-ext", "SAN=IP:127.0.0.1", "-validity", "2"], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["keytool", "-exportcert", *common, "-rfc", "-file", pem], check=True, stderr=subprocess.DEVNULL)
    return store, pem


class Broker:
    """The broker, with more settings of its own; `secured` speaks TLS with SASL/SCRAM only. It can be stopped and started again,
    with what it holds."""

    def __init__(self, folder, *more, partitions=4, secured=False):
        self.folder = os.path.join(folder, "broker")
        os.makedirs(self.folder)
        self.classes = jars(SCRAM_VERSION if secured else VERSION)
        self.port, inside, control = free_port(), free_port(), free_port()
        self.address = "127.0.0.1:%d" % self.port
        self.settings, self.process = [], None
        lines = [
            "process.roles=broker,controller", "node.id=1", "controller.quorum.voters=1@127.0.0.1:%d" % control,
            "listeners=CLIENTS://%s,INSIDE://127.0.0.1:%d,CONTROL://127.0.0.1:%d" % (self.address, inside, control),
            "advertised.listeners=CLIENTS://%s,INSIDE://127.0.0.1:%d" % (self.address, inside),
            "controller.listener.names=CONTROL", "inter.broker.listener.name=INSIDE", "num.partitions=%d" % partitions,
            "log.dirs=%s/data" % self.folder,
            "offsets.topic.replication.factor=1", "transaction.state.log.replication.factor=1",
            "transaction.state.log.min.isr=1", "group.initial.rebalance.delay.ms=0", *more,
        ]
        security = "PLAINTEXT"
        extra = []
        if secured:
            need("keytool")
            security = "SASL_SSL"
            store, pem = certificate(self.folder)
            module = "org.apache.kafka.common.security.scram.ScramLoginModule"
            lines += [
                "ssl.keystore.location=" + store, "ssl.keystore.password=" + PASSWORD, "ssl.keystore.type=PKCS12",
                "ssl.truststore.location=" + store, "ssl.truststore.password=" + PASSWORD, "ssl.truststore.type=PKCS12",
                "sasl.enabled.mechanisms=SCRAM-SHA-256",
                "listener.name.clients.scram-sha-256.sasl.jaas.config=%s required;" % module,
            ]
            extra = ["--add-scram", "SCRAM-SHA-256=[name=sensor,password=%s]" % PASSWORD]
            self.settings = [
                "security.protocol=SASL_SSL", "sasl.mechanisms=SCRAM-SHA-256", "sasl.username=sensor",
                "sasl.password=" + PASSWORD, "ssl.ca.location=" + pem,
            ]
        lines.append("listener.security.protocol.map=CLIENTS:%s,INSIDE:PLAINTEXT,CONTROL:PLAINTEXT" % security)
        self.properties = os.path.join(self.folder, "server.properties")
        with open(self.properties, "w") as f:
            f.write("\n".join(lines) + "\n")
        tool = [*JAVA, "-cp", self.classes, "kafka.tools.StorageTool"]
        name = subprocess.run([*tool, "random-uuid"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        subprocess.run([*tool, "format", "-t", name.stdout.decode().split()[-1], "-c", self.properties, *extra],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.start()

    def start(self):
        self.process = Background([*JAVA, "-cp", self.classes, "kafka.Kafka", self.properties],
                                  os.path.join(self.folder, "broker.log"), cwd=self.folder)
        try:
            wait_for("the broker", self.answers, 180)
        except AssertionError:
            self.process.end(signal.SIGKILL)
            raise

    def answers(self):
        assert not self.process.over(), self.process.text()[-2000:]
        return self.kcat("-L", "-m", "2") is not None

    def stop(self, how=signal.SIGKILL):
        self.process.end(how)

    def kcat(self, *arguments):
        """Standard output of kcat, or None where it failed."""
        settings = [word for s in self.settings for word in ("-X", s)]
        result = subprocess.run(["kcat", "-q", "-b", self.address, *settings, *arguments], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
        return None if result.returncode else result.stdout

    def messages(self, topic):
        """Every message as (partition, key, value)."""
        out, found, at = self.kcat("-C", "-t", topic, "-e", "-o", "beginning", "-f", "%p %S %K %k%s") or b"", [], 0
        while at < len(out):
            head = out[at:at + 48].split(b" ", 3)
            partition, size, keyed = int(head[0]), int(head[1]), max(int(head[2]), 0)
            at += sum(len(word) + 1 for word in head[:3])
            found.append((partition, out[at:at + keyed], out[at + keyed:at + keyed + size]))
            at += keyed + size
        return found

    def options(self, topic):
        """The program's options for this broker."""
        words = ["-kafka_brokers", self.address, "-kafka_topic", topic]
        for setting in self.settings:
            words += ["-kafka_config", setting]
        return words

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.end(signal.SIGKILL)


@contextlib.contextmanager
def common():
    """One broker for all tests of a script; it runs when a test gets it."""
    if not common.broker:
        folder = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, folder, True)
        common.broker = Broker(folder)
        atexit.register(common.broker.stop)
    elif common.broker.process.over():
        common.broker.start()
    yield common.broker


common.broker = None
