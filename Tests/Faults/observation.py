"""What kcat, psql and the journals say at the end."""

from bisect import bisect_right
from dataclasses import dataclass, field

from kcat import DEAD_LETTERS, IMAGES, INFERENCES, Kcat, Message
from psql import Psql


@dataclass
class Row:
    """A row of `images` or `inferences`."""

    identifier: str
    # Empty for images.
    version: str
    partition: int
    offset: int
    # Size of the picture; 0 for inferences.
    size: int
    # Start of the transaction that stored it, in seconds since 1970.
    at: float


@dataclass
class Observation:
    """Everything that the verdict rests on. Nothing here comes from what roles say of themselves."""

    journals: dict[str, str] = field(default_factory=dict)
    images: list[Message] = field(default_factory=list)
    results: list[Message] = field(default_factory=list)
    dead_letters: int = 0
    image_rows: list[Row] = field(default_factory=list)
    result_rows: list[Row] = field(default_factory=list)
    dead_letter_rows: int = 0
    # The next offset to store, and the end of the topic, by topic and partition.
    stored_offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    ends: dict[tuple[str, int], int] = field(default_factory=dict)

    def images_between(self, start: float, end: float) -> list[Message]:
        """Images that the broker took in that time; `images` is sorted by time."""
        first = bisect_right(self.images, start, key=lambda message: message.at)
        return self.images[first : bisect_right(self.images, end, key=lambda message: message.at)]

    def results_between(self, start: float, end: float) -> list[Message]:
        """The same of results."""
        first = bisect_right(self.results, start, key=lambda message: message.at)
        return self.results[first : bisect_right(self.results, end, key=lambda message: message.at)]


def stored_offsets(psql: Psql) -> dict[tuple[str, int], int]:
    """How far persist has stored."""
    rows = psql.rows("SELECT topic, partition, next_offset FROM consumer_offsets")
    return {(topic, int(partition)): int(offset) for topic, partition, offset in rows}


def observe(kcat: Kcat, psql: Psql, journals: dict[str, str], partitions: int) -> Observation:
    """Reads topics and tables whole."""
    found = Observation(journals=journals)
    found.images = sorted(kcat.messages(IMAGES), key=lambda message: message.at)
    found.results = sorted(kcat.messages(INFERENCES), key=lambda message: message.at)
    found.dead_letters = sum(1 for _ in kcat.messages(DEAD_LETTERS))
    for topic in (IMAGES, INFERENCES, DEAD_LETTERS):
        found.ends |= kcat.ends(topic, partitions)
    found.image_rows = _rows(psql, "id, '', kafka_partition, kafka_offset, length(png)", "images")
    found.result_rows = _rows(psql, "image_id, model_version, kafka_partition, kafka_offset, 0", "inferences")
    found.dead_letter_rows = psql.number("SELECT count(*) FROM dead_letters")
    found.stored_offsets = stored_offsets(psql)
    return found


def _rows(psql: Psql, columns: str, table: str) -> list[Row]:
    rows = psql.rows(f"SELECT {columns}, extract(epoch FROM persisted_at) FROM {table}")
    return [Row(row[0], row[1], int(row[2]), int(row[3]), int(row[4]), float(row[5])) for row in rows]
