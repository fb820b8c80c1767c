"""Carries faults out."""

import signal
import time

from fault import Fault
from kafka_server import KafkaServer
from pipeline import Pipeline
from postgres_server import PostgresServer


class Injector:
    """Carries the faults of a plan out, one after the other."""

    # How long it may take until all flows again after a fault.
    RECOVERY = 90.0

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def inject(self, fault: Fault) -> None:
        """Waits as the fault asks, and carries it out; for cuts and restarts, until they are over. `Stuck` where images
        do not flow again after the fault before."""
        if not fault.is_early:
            self._pipeline.wait("all flows again", self.RECOVERY, self._pipeline.flows, 0.2)
        self._pipeline.pause(fault.pause)
        fault.flowed = not fault.is_early
        if fault.is_kill:
            self._kill(fault)
        elif fault.kind.startswith("broker"):
            self._restart_broker(fault)
        elif fault.kind.startswith("database"):
            self._restart_database(fault)
        else:
            self._cut(fault)

    def _kill(self, fault: Fault) -> None:
        role = self._pipeline.roles[fault.kind.removeprefix("kill ")][fault.instance]
        self._pipeline.wait(f"{role.name} runs", 10, lambda: role.is_running, 0.02)
        fault.victim = role.name
        fault.at = role.kill(fault.away)

    def _restart_broker(self, fault: Fault) -> None:
        kafka = self._pipeline.kafka
        fault.victim = "Kafka"
        fault.at = time.time()
        kafka.send(signal.SIGKILL if fault.kind.endswith("SIGKILL") else signal.SIGTERM)
        self._pipeline.wait("the broker has ended", 60, lambda: not kafka.is_running)
        self._start_again("broker", fault.away, kafka)

    def _restart_database(self, fault: Fault) -> None:
        postgres = self._pipeline.postgres
        fault.victim = "PostgreSQL"
        fault.at = time.time()
        # SIGQUIT is what `pg_ctl stop -m immediate` sends.
        postgres.send(signal.SIGKILL if fault.kind.endswith("SIGKILL") else signal.SIGQUIT)
        self._pipeline.wait("the database has ended", 30, lambda: not postgres.is_running)
        self._start_again("database", fault.away, postgres)

    def _start_again(self, name: str, away: float, server: KafkaServer | PostgresServer) -> None:
        # Where no server listens, clients are to be refused, as they would be without a proxy.
        proxy = self._pipeline.servers.proxies[name]
        proxy.refuse()
        self._pipeline.pause(away)

        def is_listening() -> bool:
            # PostgreSQL refuses to start while a child of the killed server is still there.
            if not server.is_running:
                server.start()
            return proxy.is_answered()

        self._pipeline.wait(f"the {name} listens", 60, is_listening)
        proxy.heal(reset=False)
        self._pipeline.wait(f"the {name} answers", 90, server.is_ready, 0.2)

    def _cut(self, fault: Fault) -> None:
        proxy = self._pipeline.servers.proxies[fault.kind.split()[1]]
        fault.victim = "network"
        fault.at = time.time()
        if fault.swallows:
            proxy.swallow()
        else:
            proxy.refuse()
        self._pipeline.pause(fault.away)
        proxy.heal(fault.resets)
