"""What the producers were told is safe."""

from pathlib import Path

LENGTH = len("01a20b57-184b-7d88-84b3-725030c94651\n")


def read_journals(folder: Path) -> dict[str, str]:
    """The acknowledged ids of all journals, each with the producer it belongs to. A kill may cut the last line of a
    journal: no other."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.journal")):
        text = path.read_text(encoding="ascii")
        lines = text.splitlines(keepends=True)
        if lines and not lines[-1].endswith("\n"):
            lines.pop()
        for line in lines:
            if len(line) != LENGTH:
                raise RuntimeError(f"{path}: not an id: {line!r}")
            found[line.strip()] = path.name.split(".")[0]
    return found
