"""A role of iotpipe that is started again whenever it ends, as a service manager would."""

import os
import signal
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from process import Process


@dataclass
class RoleEnd:
    """An end that nobody asked for."""

    name: str
    at: float
    status: int

    @property
    def is_crash(self) -> bool:
        """Whether it is our own fault: a signal, or an exit code that no fault outside can explain. 69 (a service
        cannot be reached) and 75 (try again) can be explained."""
        return self.status not in (69, 75)

    def __str__(self) -> str:
        what = f"was ended by {signal.Signals(-self.status).name}" if self.status < 0 else f"exited with {self.status}"
        return f"{self.name} {what} at {time.strftime('%H:%M:%S', time.gmtime(self.at))}"


@dataclass
class Role:
    """One instance, over all the processes that it is in turn."""

    kind: str
    name: str
    program: Path
    folder: Path
    environment: dict[str, str]
    # The arguments of the process with that number.
    arguments: Callable[[int], list[str]]
    starts: int = 0
    ends: list[RoleEnd] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log = self.folder / f"{self.name}.log"
        self._process: Process | None = None
        self._is_ready = False
        self._restart_at: float | None = None
        self._is_stopping = False
        # The socket that READY=1 comes to. An abstract one needs no file.
        address = f"\0iotpipe-campaign-{os.getpid()}-{self.name}-{id(self)}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.setblocking(False)
        self._notify = "@" + address[1:]

    @property
    def is_running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None and self._process.is_running

    @property
    def is_ready(self) -> bool:
        """Whether the process has said that it is ready; only infer and persist say so."""
        return self.is_running and (self._is_ready or self.kind == "produce")

    def start(self) -> None:
        """Starts a process."""
        self.starts += 1
        self._is_ready = False
        self._restart_at = None
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"--- start {self.starts} at {time.strftime('%H:%M:%S', time.gmtime())}\n")
        self._drain_socket()
        environment = self.environment | {"NOTIFY_SOCKET": self._notify}
        self._process = Process([str(self.program), self.kind, *self.arguments(self.starts)], self.log, environment)

    def kill(self, restart_after: float) -> float:
        """SIGKILL; started again after that many seconds. Returns the instant of the kill."""
        assert self._process
        instant = time.time()
        self._process.end()
        self._restart_at = time.monotonic() + restart_after
        return instant

    def supervise(self) -> None:
        """To be called often: sees that it is ready, or has ended, and starts it again."""
        self._drain_socket()
        if self._is_stopping or self._process is None:
            return
        if self._restart_at is not None:
            if time.monotonic() >= self._restart_at:
                self.start()
        elif (status := self._process.status) is not None:
            self.ends.append(RoleEnd(self.name, time.time(), status))
            self._restart_at = time.monotonic() + 0.5

    def ask_to_stop(self) -> None:
        """SIGTERM, and no restart."""
        self._is_stopping = True
        if self._process:
            self._process.signal(signal.SIGTERM)

    def wait(self, seconds: float) -> int | None:
        """Waits for the end after `ask_to_stop`; None where it hangs."""
        return self._process.wait(seconds) if self._process else 0

    def close(self) -> None:
        """Kills it."""
        self._is_stopping = True
        if self._process:
            self._process.end()
        self._socket.close()

    def _drain_socket(self) -> None:
        while True:
            try:
                message = self._socket.recv(256)
            except BlockingIOError:
                return
            if b"READY=1" in message:
                self._is_ready = True
