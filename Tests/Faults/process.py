"""A child process that does not survive the campaign."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Sequence


class Process:
    """A child with its output in a log file. `setpriv` has the kernel end it where the campaign itself is killed.

    To be started by the main thread alone: the kernel's promise counts from the thread that started the child.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        log: Path,
        environment: dict[str, str] | None = None,
        user: tuple[int, int] | None = None,
        death_signal: str = "KILL",
    ) -> None:
        command = ["setpriv", "--pdeathsig", death_signal]
        if user:
            command += ["--reuid", str(user[0]), "--regid", str(user[1]), "--clear-groups"]
        with open(log, "ab") as output:
            self._child = subprocess.Popen(
                [*command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | (environment or {}),
                cwd=log.parent,
                # Ctrl-C in a terminal reaches the campaign alone, which ends its children in order.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its number."""
        return self._child.pid

    @property
    def status(self) -> int | None:
        """None while it runs, then its exit code, or a signal's number below zero."""
        return self._child.poll()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.status is None

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal, unless it has ended."""
        if self.is_running:
            self._child.send_signal(number)

    def wait(self, seconds: float) -> int | None:
        """Waits for its end; None where it runs on."""
        deadline = time.monotonic() + seconds
        while self.is_running and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.status

    def end(self) -> None:
        """Kills it, and waits."""
        self.signal(signal.SIGKILL)
        self._child.wait()
