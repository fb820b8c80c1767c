"""What is written and printed at the end."""

import json
import platform
import re
import statistics
import subprocess
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from fault import Fault
from options import Options
from verdict import Verdict


@dataclass
class Report:
    """The outcome of a campaign."""

    options: Options
    seed: int
    verdict: Verdict = field(default_factory=Verdict)
    faults: list[Fault] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    # Figures that are no verdict: name and value.
    figures: dict[str, object] = field(default_factory=dict)
    # Whether images that had to have rows have none.
    has_loss: bool = False
    started: float = field(default_factory=time.time)

    def write(self, folder: Path) -> None:
        """Writes report.md and report.json."""
        (folder / "report.md").write_text(self.markdown(), encoding="utf-8")
        (folder / "report.json").write_text(json.dumps(self._json(), indent=1) + "\n", encoding="utf-8")

    def markdown(self) -> str:
        """The report as text."""
        lines = [f"# Fault campaign, seed {self.seed}: {'all holds' if self.verdict.holds else 'VIOLATED'}", ""]
        lines += [f"- {name}: {value}" for name, value in (self.versions | self.figures).items()]
        lines += ["", "## Verdict", ""]
        lines += [f"- {'holds' if holds else '**VIOLATED**'}: {sentence}" for holds, sentence in self.verdict.sentences]
        lines += ["", "## Faults", "", *self._table(), ""]
        return "\n".join(lines)

    def _table(self) -> list[str]:
        """By kind: counts, how many struck work in progress, and the gaps that followed those faults that stood alone:
        which came while all flowed, and whose gap had ended before the next."""
        groups: dict[str, list[Fault]] = defaultdict(list)
        for fault in self.faults:
            groups[fault.kind].append(fault)
        lines = [
            "| fault | count | in flight | images or messages struck (median) | alone "
            "| longest gap in results: median, max | in stored rows: median, max |",
            "|---|---:|---:|---:|---:|---:|---:|",
        ]
        for kind in sorted(groups):
            faults = groups[kind]
            alone = [fault for fault in faults if fault.is_alone]
            struck = statistics.median(fault.struck for fault in faults)
            lines.append(
                f"| {kind} | {len(faults)} | {sum(fault.struck > 0 for fault in faults)} | {struck:.0f} "
                f"| {len(alone)} | {_spread([fault.result_gap for fault in alone])} "
                f"| {_spread([fault.stored_gap for fault in alone])} |"
            )
        return lines

    def _json(self) -> dict[str, object]:
        return {
            "seed": self.seed,
            "holds": self.verdict.holds,
            "started": self.started,
            "versions": self.versions,
            "figures": self.figures,
            "verdict": [{"holds": holds, "sentence": sentence} for holds, sentence in self.verdict.sentences],
            "faults": [fault.as_json() for fault in self.faults],
        }


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} s, {max(values):.2f} s" if values else "–"


def surroundings(program: Path) -> dict[str, str]:
    """The versions that do not need a server."""
    linked = _output(["ldd", str(program)])
    library = match[1] if (match := re.search(r"librdkafka\S* => (\S+)", linked)) else ""
    return {
        "program": f"{program}, {_output([str(program), '--version']).splitlines()[0]}",
        "librdkafka": f"{_library_version(library)} ({library})",
        "kcat": match[1] if (match := re.search(r"Version (.*)", _output(["kcat", "-V"]))) else "unknown",
        "system": _system(),
        "processor": _processor(),
    }


def _library_version(library: str) -> str:
    """What the library's own function says."""
    script = "import ctypes, sys; f = ctypes.CDLL(sys.argv[1]).rd_kafka_version_str; f.restype = ctypes.c_char_p; "
    return _output(["python3", "-c", script + "print(f().decode())", library]).strip() or "unknown"


def _system() -> str:
    release = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return f"{release}, {platform.machine()}"


def _processor() -> str:
    models = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return f"{len(models)} × {models[0]}" if models else platform.processor()


def _output(arguments: list[str]) -> str:
    try:
        result = subprocess.run(arguments, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return result.stdout + result.stderr
