"""Judges whether anything was lost or doubled."""

from collections import Counter
from typing import Iterable

from kcat import DEAD_LETTERS, INFERENCES
from observation import Observation
from verdict import Verdict


class Oracle:
    """Compares journals, topics and tables."""

    def __init__(self, found: Observation, exactly_once: bool) -> None:
        self._found = found
        self._exactly_once = exactly_once
        self.on_topic = {message.identifier for message in found.images}
        # An image that reached the topic twice, or a result: the same id at two offsets.
        self.repeated_images = len(found.images) - len(self.on_topic)
        self.repeated_results = len(found.results) - len({message.identifier for message in found.results})

    def judge(self, verdict: Verdict) -> None:
        """Adds a sentence for each thing that must be so."""
        found = self._found
        images = Counter(row.identifier for row in found.image_rows)
        results = Counter((row.identifier, row.version) for row in found.result_rows)
        versions = sorted({version for _, version in results})
        acknowledged = set(found.journals)
        verdict.add(len(acknowledged) > 0, f"{len(acknowledged)} images were acknowledged to producers")
        self._none(verdict, acknowledged - self.on_topic, "acknowledged images missing on the topic")
        self._none(verdict, self.on_topic - set(images), "images on the topic without a row in images")
        self._none(verdict, set(images) - self.on_topic, "rows in images without a message")
        self._none(verdict, (key for key, count in images.items() if count > 1), "images with more than one row")
        verdict.add(len(versions) == 1, f"the model versions are {', '.join(versions) or 'none'}")
        for version in versions:
            with_row = {identifier for identifier, of in results if of == version}
            self._none(verdict, self.on_topic - with_row, f"images without a row in inferences for {version}")
            self._none(verdict, with_row - self.on_topic, f"rows in inferences for {version} without an image")
        doubled = (key[0] for key, count in results.items() if count > 1)
        self._none(verdict, doubled, "images with more than one row of a version")
        of_events = {message.identifier for message in found.results}
        of_rows = {f"{identifier}/{version}" for identifier, version in results}
        self._none(verdict, of_events ^ of_rows, "result events that differ from the rows")
        self._judge_places(verdict)
        if self._exactly_once:
            verdict.add(self.repeated_results == 0, f"{self.repeated_results} result events are there twice")
        verdict.add(found.dead_letters == 0, f"{found.dead_letters} messages are on {DEAD_LETTERS}")
        verdict.add(found.dead_letter_rows == 0, f"{found.dead_letter_rows} rows are in dead_letters")
        self._judge_offsets(verdict)

    def _judge_places(self, verdict: Verdict) -> None:
        """Rows say where their message lies: it must be there, and be that image's, of that size."""
        images = {(message.partition, message.offset): message for message in self._found.images}
        results = {(message.partition, message.offset): message for message in self._found.results}
        astray = []
        for row in self._found.image_rows:
            message = images.get((row.partition, row.offset))
            if not message or message.identifier != row.identifier or message.size != row.size:
                astray.append(row.identifier)
        for row in self._found.result_rows:
            message = results.get((row.partition, row.offset))
            if not message or message.identifier != f"{row.identifier}/{row.version}":
                astray.append(row.identifier)
        self._none(verdict, astray, "rows that name another message's place or size")

    def _judge_offsets(self, verdict: Verdict) -> None:
        found = self._found
        behind = []
        for (topic, partition), end in found.ends.items():
            stored = found.stored_offsets.get((topic, partition), 0)
            last = end
            if topic == INFERENCES and self._exactly_once:
                # The end counts the markers of transactions, too, which nobody reads.
                offsets = [message.offset for message in found.results if message.partition == partition]
                last = max(offsets, default=-1) + 1
            if not last <= stored <= end:
                behind.append(f"{topic}/{partition}: {stored} of {end}")
        self._none(verdict, behind, "partitions whose stored offset is not their end")

    @staticmethod
    def _none(verdict: Verdict, found: Iterable[str], what: str) -> None:
        some = list(found)
        examples = f": {', '.join(sorted(some)[:3])}{' …' if len(some) > 3 else ''}" if some else ""
        verdict.add(not some, f"{len(some)} {what}{examples}")
