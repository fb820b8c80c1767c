"""How long nothing came."""

from bisect import bisect_left, bisect_right
from typing import Iterable


class Gaps:
    """The gaps between instants at which something came."""

    # A gap that began this long before a fault may still be the fault's: the last message came just before.
    SLACK = 1.0

    def __init__(self, instants: Iterable[float]) -> None:
        self._instants = sorted(set(instants))

    def longest(self, start: float, end: float) -> tuple[float, float]:
        """The longest gap that began between `start`, a fault's instant, and `end`, the next fault's; a gap from before
        belongs to an earlier fault. Returns its length and when it ended."""
        longest = (0.0, start)
        first = max(0, bisect_right(self._instants, start) - 1)
        for index in range(first, bisect_left(self._instants, end)):
            if index + 1 == len(self._instants):
                break
            begun, ended = self._instants[index], self._instants[index + 1]
            if begun >= start - self.SLACK and ended - begun > longest[0]:
                longest = (ended - begun, ended)
        return longest
