"""A real PostgreSQL."""

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from process import Process


class PostgresServer:
    """A private cluster. Roles reach it through the proxy; psql of the campaign reaches it through its Unix socket."""

    def __init__(self, folder: Path, log: Path, port: int, fsync: str, commit_delay: int) -> None:
        self.port = port
        self._folder = folder
        self._log = log
        self._fsync = fsync
        self._commit_delay = commit_delay
        self._programs = _programs()
        self._user = _user()
        self._process: Process | None = None
        folder.mkdir()
        if self._user:
            os.chown(folder, *self._user)
        initdb = [self._programs / "initdb", "-D", folder / "data", "-U", "iot", "-A", "trust", "-E", "UTF8"]
        self._run([*map(str, initdb), "--locale=C", "--no-sync"])

    @property
    def version(self) -> str:
        """As the server says."""
        return self._run([str(self._programs / "postgres"), "--version"]).strip()

    @property
    def direct(self) -> str:
        """How psql connects."""
        return f"host={self._folder} port={self.port} user=iot dbname=iot connect_timeout=5"

    @property
    def is_running(self) -> bool:
        """Whether the postmaster is there."""
        return self._process is not None and self._process.is_running

    def start(self) -> None:
        """Starts the postmaster; it may refuse for a moment while children of a killed one end."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self._folder,
            "fsync": self._fsync,
            # Makes every commit take so many microseconds longer, as on a slow disk.
            "commit_delay": self._commit_delay,
            "commit_siblings": 0,
            "log_min_messages": "warning",
            # Enough for the roles of a killed and of a new instance together.
            "max_connections": 50,
        }
        arguments = [str(self._programs / "postgres"), "-D", str(self._folder / "data")]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        self._process = Process(arguments, self._log, user=self._user, death_signal="QUIT")

    def is_ready(self) -> bool:
        """Whether it answers."""
        query = ["psql", "-Atqc", "SELECT 1", self.direct.replace("dbname=iot", "dbname=postgres")]
        return self.is_running and subprocess.run(query, capture_output=True, check=False).returncode == 0

    def create_database(self) -> None:
        """Makes the database of the roles."""
        self._run(["psql", "-Atqc", "CREATE DATABASE iot", self.direct.replace("dbname=iot", "dbname=postgres")])

    def send(self, number: signal.Signals) -> None:
        """Sends the postmaster a signal."""
        if self._process:
            self._process.signal(number)

    def close(self) -> None:
        """Ends it, its children too."""
        if self._process:
            self._process.signal(signal.SIGQUIT)
            self._process.wait(10)
            self._process.end()

    def _run(self, arguments: list[str]) -> str:
        switch: list[str] = []
        if self._user:
            switch = ["setpriv", "--reuid", str(self._user[0]), "--regid", str(self._user[1]), "--clear-groups"]
        result = subprocess.run([*switch, *arguments], capture_output=True, text=True, cwd="/", check=False)
        if result.returncode != 0:
            raise RuntimeError(f"{arguments[0]}: {result.stderr}")
        return result.stdout


def _programs() -> Path:
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not folders:
        raise RuntimeError("PostgreSQL's initdb is missing: run `make setup`")
    return folders[-1].parent


def _user() -> tuple[int, int] | None:
    """Whom the server runs as where we are root, which it refuses to be."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL does not run as root, and there is no user postgres or nobody")
