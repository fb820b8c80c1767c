"""A kcat that reads a topic while the campaign runs."""

import subprocess
import threading
import time
from dataclasses import dataclass

from kcat import FORMAT, parse


@dataclass(frozen=True)
class Arrival:
    """A message as the reader saw it."""

    at: float
    partition: int
    # The start of the device's name: which producer it came from.
    producer: str


class TopicReader:
    """Notes when each message of a topic became readable. Where kcat gives up, as it may while the broker is away,
    another goes on from the time of the last message."""

    def __init__(self, broker: str, topic: str) -> None:
        self.topic = topic
        self.arrivals: list[Arrival] = []
        self._broker = broker
        self._seen: dict[int, int] = {}
        self._last = time.time()
        self._is_closing = False
        self._child: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._read, name=f"read-{topic}", daemon=True)
        self._thread.start()

    def last_by_partition(self, since: float) -> set[int]:
        """The partitions that something came from since that instant."""
        return {arrival.partition for arrival in self._since(since)}

    def last_by_producer(self, since: float) -> set[str]:
        """The producers that something came from since that instant."""
        return {arrival.producer for arrival in self._since(since)}

    def close(self) -> None:
        """Ends kcat."""
        self._is_closing = True
        if self._child:
            self._child.kill()
        self._thread.join(5)

    def _since(self, instant: float) -> list[Arrival]:
        found = []
        for index in range(len(self.arrivals) - 1, -1, -1):
            arrival = self.arrivals[index]
            if arrival.at < instant:
                break
            found.append(arrival)
        return found

    def _read(self) -> None:
        # The thread that starts kcat lives as long as kcat, which setpriv's promise needs.
        while not self._is_closing:
            start = "beginning" if not self.arrivals else f"s@{int((self._last - 60) * 1000)}"
            arguments = ["setpriv", "--pdeathsig", "KILL", "kcat", "-b", self._broker, "-C", "-q", "-u"]
            arguments += ["-t", self.topic, "-o", start, "-f", FORMAT]
            for setting in ("isolation.level=read_committed", "fetch.wait.max.ms=50", "reconnect.backoff.max.ms=250"):
                arguments += ["-X", setting]
            with subprocess.Popen(
                arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace"
            ) as self._child:
                assert self._child.stdout
                for line in self._child.stdout:
                    self._take(line)
            if not self._is_closing:
                time.sleep(0.2)

    def _take(self, line: str) -> None:
        if not line.endswith("\n"):
            return
        message = parse(line)
        if message.offset <= self._seen.get(message.partition, -1):
            return
        self._seen[message.partition] = message.offset
        self._last = time.time()
        device = message.source.rpartition("/")[2]
        self.arrivals.append(Arrival(self._last, message.partition, device.rpartition("-")[0]))
