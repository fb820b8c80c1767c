"""The sentences that must hold."""

from dataclasses import dataclass, field


@dataclass
class Verdict:
    """Sentences, each with whether it holds."""

    sentences: list[tuple[bool, str]] = field(default_factory=list)

    def add(self, holds: bool, sentence: str) -> None:
        """Adds one."""
        self.sentences.append((holds, sentence))

    @property
    def holds(self) -> bool:
        """Whether all do."""
        return all(holds for holds, _ in self.sentences)

    @property
    def violated(self) -> list[str]:
        """Those that do not."""
        return [sentence for holds, sentence in self.sentences if not holds]
