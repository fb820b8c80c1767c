"""The roles under test, on their servers."""

import time
from pathlib import Path
from typing import Callable

from kcat import IMAGES, INFERENCES, Kcat
from options import Options
from plan import INSTANCES
from psql import Psql
from role import Role
from servers import Servers
from topic_reader import TopicReader


class Stuck(Exception):
    """Something did not happen in time."""


class Pipeline:
    """Producers, two infer, two persist, broker and database; with the readers that watch them."""

    def __init__(self, options: Options, logs: Path) -> None:
        self.options = options
        self.logs = logs
        self.servers = Servers(options, logs)
        assert self.servers.kafka and self.servers.postgres
        self.kafka, self.postgres = self.servers.kafka, self.servers.postgres
        self.kcat = Kcat(self.kafka.direct)
        self.psql = Psql(self.postgres.direct)
        self.readers: dict[str, TopicReader] = {}
        self.roles: dict[str, list[Role]] = {
            "produce": [self._producer(index) for index in range(options.producers)],
            "infer": [self._infer(index) for index in range(INSTANCES)],
            "persist": [self._persist(index) for index in range(INSTANCES)],
        }

    def start(self) -> None:
        """Starts all, and waits until images flow through."""
        self.kafka.start()
        self.postgres.start()
        self.wait("the servers answer", 90, lambda: self.kafka.is_ready() and self.postgres.is_ready(), 0.3)
        self.postgres.create_database()
        # The first persist makes topics and tables.
        for kind in ("persist", "infer"):
            for role in self.roles[kind]:
                role.start()
                self.wait(f"{role.name} is ready (see {role.log})", 120, lambda role=role: role.is_ready)
        for topic in (IMAGES, INFERENCES):
            self.readers[topic] = TopicReader(self.kafka.direct, topic)
        for role in self.roles["produce"]:
            role.start()
        self.wait("images flow", 120, self.flows, 0.2)

    @property
    def all_roles(self) -> list[Role]:
        """Every instance."""
        return [role for roles in self.roles.values() for role in roles]

    def supervise(self) -> None:
        """Starts again what has ended."""
        for role in self.all_roles:
            role.supervise()

    def pause(self, seconds: float) -> None:
        """Waits while roles are supervised."""
        deadline = time.monotonic() + seconds
        while True:
            self.supervise()
            rest = deadline - time.monotonic()
            if rest <= 0:
                return
            time.sleep(min(rest, 0.02))

    def wait(self, what: str, seconds: float, condition: Callable[[], bool], every: float = 0.05) -> None:
        """Waits for a condition; `Stuck` where that takes longer."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise Stuck(f"after {seconds:.0f} s still not: {what}")
            self.pause(every)

    def flows(self) -> bool:
        """Whether every role runs, every producer's images come, and each partition's results come and are stored."""
        since = time.time() - 1.5
        if not all(role.is_ready for role in self.all_roles):
            return False
        producers = {role.name for role in self.roles["produce"]}
        if not producers <= self.readers[IMAGES].last_by_producer(since):
            return False
        if len(self.readers[INFERENCES].last_by_partition(since)) < self.options.partitions:
            return False
        stored = self.psql.rows_or_nothing(
            "SELECT count(DISTINCT partition) FROM consumer_offsets "
            f"WHERE topic = '{INFERENCES}' AND updated_at > now() - interval '1.5 s'"
        )
        return stored == [[str(self.options.partitions)]]

    def stop_load(self) -> dict[str, int | None]:
        """SIGTERM to the producers. Returns their exit codes; None for one that hangs."""
        return self._stop(self.roles["produce"])

    def stop_rest(self) -> dict[str, int | None]:
        """SIGTERM to infer and persist, in the same way."""
        return self._stop(self.roles["infer"]) | self._stop(self.roles["persist"])

    def close(self) -> None:
        """Ends everything."""
        for role in self.all_roles:
            role.close()
        for reader in self.readers.values():
            reader.close()
        self.servers.close()

    def _stop(self, roles: list[Role]) -> dict[str, int | None]:
        # One that is on its way up has nothing to stop yet.
        self.wait("every role runs", 30, lambda: all(role.is_running for role in roles))
        for role in roles:
            role.ask_to_stop()
        # --drain-timeout is 20 s by default.
        return {role.name: role.wait(45) for role in roles}

    # MARK: Command lines

    def _common(self) -> list[str]:
        return ["-b", self.servers.bootstrap, "--partitions", str(self.options.partitions)]

    def _session(self) -> list[str]:
        timeout = self.options.session_timeout
        return ["-X", f"session.timeout.ms={timeout}", "-X", f"heartbeat.interval.ms={min(3000, timeout // 3)}"]

    def _membership(self, kind: str, index: int) -> list[str]:
        return ["--instance-id", f"{kind}-{index + 1}"] if self.options.static_members else []

    def _producer(self, index: int) -> Role:
        name = f"p{index + 1}"
        rate = self.options.rate / self.options.producers
        more = [each.format(name=name, folder=self.logs) for each in self.options.produce_arguments]

        def arguments(start: int) -> list[str]:
            return self._common() + [
                *("--rate", f"{rate:.2f}/s", "--arrival", "poisson", "--seed", str(start), "--producer", name),
                *("--devices", str(self.options.devices), "--journal", str(self.logs / f"{name}.{start:03}.journal")),
                *more,
            ]

        return self._role("produce", name, arguments)

    def _infer(self, index: int) -> Role:
        # A batch is waited for, so that there is nearly always something to strike.
        arguments = self._common() + self._session() + ["--threads", "1", "--batch-delay", "25ms"]
        if self.options.delivery != "at-least-once":
            arguments += ["--delivery", self.options.delivery]
        arguments += self._membership("infer", index)
        arguments += self.options.infer_arguments
        return self._role("infer", f"infer-{index + 1}", lambda _: arguments)

    def _persist(self, index: int) -> Role:
        arguments = self._common() + self._session() + ["-d", self.servers.database]
        arguments += self._membership("persist", index)
        arguments += self.options.persist_arguments
        return self._role("persist", f"persist-{index + 1}", lambda _: arguments)

    def _role(self, kind: str, name: str, arguments: Callable[[int], list[str]]) -> Role:
        environment = {"IOTPIPE_SHIM": str(self.options.shim)}
        if self.options.control:
            environment["IOTPIPE_BREAK"] = self.options.control
        return Role(kind, name, self.options.iotpipe, self.logs, environment, arguments)
