"""One fault of a plan."""

from dataclasses import asdict, dataclass


@dataclass
class Fault:
    """A fault, and what became of it."""

    kind: str
    # Index of the instance, for kills.
    instance: int = 0
    # Seconds from when all flows again, or from the fault before, until this one.
    pause: float = 1.0
    # Strikes into what the fault before has left, without waiting until all flows again.
    is_early: bool = False
    # How long the broker, the database or the connections stay away; how long until a killed role starts again.
    away: float = 0.5
    # Cuts: let everything vanish in place of resetting the connections; reset them when healing.
    swallows: bool = False
    resets: bool = False

    # What became of it: the instant, who was hit, whether all flowed again before it.
    at: float = 0.0
    victim: str = ""
    flowed: bool = True
    # Evidence that it struck work in progress: how many images or messages, which is zero where it did not.
    struck: int = 0
    # The longest gap in results and in stored rows that it brought, in seconds.
    result_gap: float = 0.0
    stored_gap: float = 0.0
    # Whether these gaps are its own: the next fault came only after they had ended.
    is_alone: bool = True

    @property
    def is_kill(self) -> bool:
        """Whether a role is killed."""
        return self.kind.startswith("kill ")

    def as_json(self) -> dict[str, object]:
        """For the report."""
        return asdict(self)
