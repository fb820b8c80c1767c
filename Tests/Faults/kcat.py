"""Questions to the broker, by kcat."""

import re
import subprocess
from dataclasses import dataclass
from typing import Iterator

IMAGES = "iot.images"
INFERENCES = "iot.inferences"
DEAD_LETTERS = "iot.dead-letters"


@dataclass(frozen=True)
class Message:
    """What of a message matters here."""

    partition: int
    offset: int
    # When the broker appended it, in seconds since 1970.
    at: float
    size: int
    identifier: str
    subject: str
    source: str


# How kcat is to print a message.
FORMAT = r"%p\t%o\t%T\t%S\t%h\n"

_HEADER = {name: re.compile(rf"(?:^|,){name}=([^,]*)") for name in ("ce_id", "ce_subject", "ce_source")}


def parse(line: str) -> Message:
    """Reads a line of `FORMAT`."""
    partition, offset, milliseconds, size, headers = line.rstrip("\n").split("\t", 4)
    found = {name: match[1] if (match := pattern.search(headers)) else "" for name, pattern in _HEADER.items()}
    return Message(
        int(partition),
        int(offset),
        int(milliseconds) / 1000,
        int(size),
        found["ce_id"],
        found["ce_subject"],
        found["ce_source"],
    )


class Kcat:
    """Runs kcat, past the proxy."""

    def __init__(self, broker: str) -> None:
        self.broker = broker

    def messages(self, topic: str) -> Iterator[Message]:
        """All messages of a topic up to its end; of transactions only those committed."""
        arguments = ["kcat", "-b", self.broker, "-C", "-q", "-t", topic, "-o", "beginning", "-e", "-f", FORMAT]
        arguments += ["-X", "isolation.level=read_committed", "-X", "check.crcs=true"]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, errors="replace") as reader:
            assert reader.stdout
            for line in reader.stdout:
                yield parse(line)
        if reader.returncode != 0:
            raise RuntimeError(f"kcat could not read {topic}: status {reader.returncode}")

    def ends(self, topic: str, partitions: int) -> dict[tuple[str, int], int]:
        """The offset that each partition's next message will have."""
        arguments = ["kcat", "-b", self.broker, "-Q"]
        for partition in range(partitions):
            arguments += ["-t", f"{topic}:{partition}:-1"]
        result = subprocess.run(arguments, capture_output=True, text=True, check=False)
        found = re.findall(r"^(\S+) \[(\d+)\] offset (\d+)", result.stdout, re.MULTILINE)
        if len(found) != partitions:
            raise RuntimeError(f"kcat -Q: {result.stdout}{result.stderr}")
        return {(topic, int(partition)): int(offset) for topic, partition, offset in found}
