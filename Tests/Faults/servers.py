"""Broker, database and the proxies before them."""

import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kafka_server import KafkaServer
from options import Options
from ports import free_ports
from postgres_server import PostgresServer
from proxy import Proxy


class Servers:
    """Everything of a campaign that is not a role. The data lies in a temporary folder that `close` removes."""

    def __init__(self, options: Options, logs: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="iotpipe-faults-"))
        # PostgreSQL's user must be able to enter it.
        os.chmod(self._folder, 0o755)
        self.proxies: dict[str, Proxy] = {}
        self.kafka: KafkaServer | None = None
        self.postgres: PostgresServer | None = None
        try:
            ports = free_ports(6)
            with ThreadPoolExecutor() as pool:
                kafka = pool.submit(
                    KafkaServer,
                    options.kafka_home,
                    self._folder / "kafka",
                    logs / "kafka.log",
                    ports[0:3],
                    ports[3],
                    options.partitions,
                )
                postgres = pool.submit(
                    PostgresServer,
                    self._folder / "postgres",
                    logs / "postgres.log",
                    ports[4],
                    options.fsync,
                    50_000 if options.control else 0,
                )
                self.kafka, self.postgres = kafka.result(), postgres.result()
            self.proxies["broker"] = Proxy(ports[3], self.kafka.roles_port)
            self.proxies["database"] = Proxy(ports[5], self.postgres.port)
        except BaseException:
            self.close()
            raise

    @property
    def bootstrap(self) -> str:
        """Where roles find the broker."""
        return f"127.0.0.1:{self.proxies['broker'].port}"

    @property
    def database(self) -> str:
        """Where roles find the database."""
        return f"postgresql://iot@127.0.0.1:{self.proxies['database'].port}/iot"

    def close(self) -> None:
        """Ends them, and removes their data."""
        for proxy in self.proxies.values():
            proxy.close()
        if self.kafka:
            self.kafka.close()
        if self.postgres:
            self.postgres.close()
        shutil.rmtree(self._folder, ignore_errors=True)
