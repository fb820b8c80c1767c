"""A real Apache Kafka."""

import base64
import os
import signal
import subprocess
import uuid
from pathlib import Path

from process import Process


class KafkaServer:
    """One broker in KRaft mode. Roles reach it through the proxy, whose address it advertises to them; the campaign's
    own readers reach it directly.

    Messages carry the time at which the broker appended them: so it can be told afterwards what was under way at the
    instant of a fault, without asking anybody who was hit.
    """

    def __init__(self, home: Path, folder: Path, log: Path, ports: list[int], proxy: int, partitions: int) -> None:
        self._home = home
        self._folder = folder
        self._log = log
        self.roles_port, direct, controller = ports
        self.direct = f"127.0.0.1:{direct}"
        self._process: Process | None = None
        folder.mkdir()
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"ROLES://127.0.0.1:{self.roles_port},DIRECT://{self.direct},"
            f"CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"ROLES://127.0.0.1:{proxy},DIRECT://{self.direct}",
            "listener.security.protocol.map": "ROLES:PLAINTEXT,DIRECT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "DIRECT",
            "controller.listener.names": "CONTROLLER",
            # A killed broker is let in again only when its last life is over.
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            "log.dirs": folder / "logs",
            "log.message.timestamp.type": "LogAppendTime",
            "num.partitions": partitions,
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 8,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 8,
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 500,
        }
        self._settings = folder / "server.properties"
        self._settings.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        self._format()

    @property
    def version(self) -> str:
        """As its library's name says."""
        for library in (self._home / "libs").glob("kafka-clients-*.jar"):
            return library.stem.removeprefix("kafka-clients-")
        return "unknown"

    @property
    def is_running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.is_running

    def start(self) -> None:
        """Starts the process."""
        script = self._home / "bin/kafka-server-start.sh"
        self._process = Process([str(script), str(self._settings)], self._log, self._environment)

    def is_ready(self) -> bool:
        """Whether it answers."""
        query = ["kcat", "-L", "-J", "-m", "2", "-b", self.direct]
        return self.is_running and subprocess.run(query, capture_output=True, check=False).returncode == 0

    def send(self, number: signal.Signals) -> None:
        """Sends the process a signal."""
        if self._process:
            self._process.signal(number)

    def close(self) -> None:
        """Kills it."""
        if self._process:
            self._process.end()

    @property
    def _environment(self) -> dict[str, str]:
        return {"LOG_DIR": str(self._folder), "KAFKA_HEAP_OPTS": "-Xms256M -Xmx512M"}

    def _format(self) -> None:
        # An identifier must not begin with a hyphen.
        identifier = "A" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
        result = subprocess.run(
            [str(self._home / "bin/kafka-storage.sh"), "format", "-t", identifier, "-c", str(self._settings)],
            env=os.environ | self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise RuntimeError(f"kafka-storage.sh format: {result.stdout}{result.stderr}")
