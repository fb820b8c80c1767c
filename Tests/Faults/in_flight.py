"""Whether a fault struck work in progress."""

from fault import Fault
from observation import Observation


class InFlight:
    """Tells afterwards what was under way at the instant of each fault: from the times at which the broker appended
    messages and PostgreSQL began the transactions that stored them. All clocks are this machine's."""

    # A producer was sending, the broker or the network was carrying messages: within this time before the fault.
    RECENT = 0.2
    # Nothing waits longer than this.
    LOOKBACK = 600.0

    def __init__(self, found: Observation) -> None:
        self._found = found
        self._answered: dict[str, float] = {}
        for message in found.results:
            self._answered.setdefault(message.subject, message.at)
        self._image_stored = {row.identifier: row.at for row in found.image_rows}
        self._result_stored = {f"{row.identifier}/{row.version}": row.at for row in found.result_rows}

    def struck(self, fault: Fault) -> int:
        """How many images or messages were in the hands of the victim, or of its kind; 0 where the fault struck
        nothing."""
        if fault.kind == "kill produce":
            return self._sent(fault.at, fault.victim)
        if fault.kind == "kill infer":
            return self._unanswered(fault.at)
        if fault.kind == "kill persist" or "database" in fault.kind:
            return self._unstored(fault.at)
        return self._carried(fault.at)

    def _sent(self, instant: float, producer: str) -> int:
        """Images of that producer that the broker took just before."""
        recent = self._found.images_between(instant - self.RECENT, instant)
        return sum(message.source.startswith(f"/devices/{producer}-") for message in recent)

    def _unanswered(self, instant: float) -> int:
        """Images on the topic whose result was not."""
        images = self._found.images_between(instant - self.LOOKBACK, instant)
        return sum(self._answered.get(message.identifier, float("inf")) > instant for message in images)

    def _unstored(self, instant: float) -> int:
        """Messages on the topics whose row was not stored."""
        never = float("inf")
        images = self._found.images_between(instant - self.LOOKBACK, instant)
        results = self._found.results_between(instant - self.LOOKBACK, instant)
        return sum(self._image_stored.get(each.identifier, never) > instant for each in images) + sum(
            self._result_stored.get(each.identifier, never) > instant for each in results
        )

    def _carried(self, instant: float) -> int:
        """Messages that the broker took just before."""
        start = instant - self.RECENT
        return len(self._found.images_between(start, instant)) + len(self._found.results_between(start, instant))
