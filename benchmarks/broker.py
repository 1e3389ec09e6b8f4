"""A real Apache Kafka broker (KRaft, one node, loopback), for integration tests and benchmarks. Knows no events."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

POM = Path(__file__).with_suffix(".xml")
CACHE = Path(__file__).parents[1] / ".cache" / "kafka"
NEEDED = ("java", "mvn", "kcat")
JVM = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
MAX_MESSAGE = 1_048_588  # bytes of a batch: the default of Kafka itself
START_S, RESOLVE_S = 60.0, 300.0

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
num.partitions=4
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
message.max.bytes={max_message}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class BrokerError(Exception):
    """There is no broker to be had here. The message says what it said, or what is missing."""


def missing() -> list[str]:
    """Programs that it needs and that are not here."""
    return [program for program in NEEDED if shutil.which(program) is None]


def jars() -> Path:
    """Resolved once for each pom, into a folder that appears whole or not at all."""
    libs = CACHE / hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    if libs.is_dir():
        return libs
    partial = CACHE / f"partial-{os.getpid()}"
    command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    done = subprocess.run(
        [*command, f"-DoutputDirectory={partial}"], check=False, capture_output=True, text=True, timeout=RESOLVE_S
    )
    if done.returncode:
        raise BrokerError(f"Maven could not resolve the Kafka jars: {done.stdout[-300:].strip()}")
    partial.rename(libs)
    return libs


class Broker:
    """Keeps its ports and its data across `kill` and `start`."""

    def __init__(self, libs: Path, home: Path, max_message: int = MAX_MESSAGE) -> None:
        self.port, controller = free_port(), free_port()
        self.servers = f"127.0.0.1:{self.port}"
        self._classes = f"{libs}/*"
        self._home = home
        self._settings = home / "server.properties"
        self._settings.write_text(
            PROPERTIES.format(port=self.port, controller=controller, data=home / "data", max_message=max_message)
        )
        self._process: subprocess.Popen[bytes] | None = None

    def format(self) -> None:
        done = self._java("kafka.tools.StorageTool", "format", "--standalone", "-t", "nowshowingTestsAAAAAAAA", "-c")
        done.wait(START_S)
        if done.returncode:
            raise BrokerError(f"the broker's disk was not formatted: {self._said()}")

    def start(self) -> None:
        self._process = self._java("kafka.Kafka")
        deadline = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None:
                raise BrokerError(f"the broker ended: {self._said()}")
            if time.monotonic() > deadline:
                raise BrokerError(f"the broker does not answer: {self._said()}")
            time.sleep(0.1)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def _answers(self) -> bool:
        """kcat's metadata request is a full handshake; an open port alone says little."""
        asked = subprocess.run(
            ["kcat", "-L", "-b", self.servers, "-m", "1"], check=False, capture_output=True, timeout=20
        )
        return asked.returncode == 0 and b" 1 brokers" in asked.stdout

    def _java(self, *command: str) -> subprocess.Popen[bytes]:
        log = (self._home / "log.txt").open("ab")
        with log:
            return subprocess.Popen(
                ["java", *JVM, "-cp", self._classes, *command, str(self._settings)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._home,
            )

    def _said(self) -> str:
        return (self._home / "log.txt").read_text(errors="replace")[-2000:]
