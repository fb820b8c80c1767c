"""What the command does."""

import shutil
import signal
import sys
import time
from pathlib import Path

from campaign_run import CampaignRun
from options import Options, UsageError
from report import Report


def main(arguments: list[str]) -> int:
    """Returns the exit code: 0 where all holds, or where a control was caught; else 1; 64 for a wrong command line."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        options = Options.parse(arguments)
        _check_build(options)
    except UsageError as error:
        print(f"campaign: {error}", file=sys.stderr)
        return 64
    shutil.rmtree(options.output, ignore_errors=True)
    options.output.mkdir(parents=True)
    try:
        return _control(options) if options.control else _campaign(options)
    except RuntimeError as error:
        print(f"campaign: {error}", file=sys.stderr)
        return 1


def _end(number: int, _: object) -> None:
    # Further signals do not disturb the cleaning up.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def _check_build(options: Options) -> None:
    # The variable's name, or, where the optimiser has hidden that, the type's that reads it.
    program = options.iotpipe.read_bytes()
    is_broken = b"IOTPIPE_BREAK" in program or b"8Sabotage" in program
    if options.control and not is_broken:
        raise UsageError(f"{options.iotpipe} was not built with -DBROKEN_DELIVERY")
    if is_broken and not options.control:
        raise UsageError(f"{options.iotpipe} was built with -DBROKEN_DELIVERY: it is not what is to be tested")


def _campaign(options: Options) -> int:
    print(f"seed {options.seed}; logs and reports are in {options.output}", flush=True)
    report = CampaignRun(options, options.seed, options.output).run()
    print(report.markdown())
    if not report.verdict.holds:
        print("VIOLATED:", file=sys.stderr)
        for sentence in report.verdict.violated:
            print(f"  {sentence}", file=sys.stderr)
        print(f"logs of all roles: {options.output}", file=sys.stderr)
        return 1
    if not options.keeps_logs:
        _remove_logs(options.output)
    return 0


def _control(options: Options) -> int:
    """Repeats kills of the broken role until the loss is seen."""
    started = time.monotonic()
    report: Report | None = None
    for attempt in range(options.rounds):
        seed = options.seed + attempt
        folder = options.output / f"round-{attempt + 1}"
        folder.mkdir()
        print(f"control {options.control}, round {attempt + 1}, seed {seed}", flush=True)
        report = CampaignRun(options, seed, folder).run()
        if report.has_loss:
            print(f"the broken {options.control} was caught after {time.monotonic() - started:.0f} s:")
            for sentence in report.verdict.violated:
                print(f"  {sentence}")
            return 0
    print(f"NOT CAUGHT: the broken {options.control} lost nothing in {options.rounds} rounds", file=sys.stderr)
    if report:
        print(report.markdown(), file=sys.stderr)
    return 1


def _remove_logs(folder: Path) -> None:
    """Nobody reads them where all holds, and they are large."""
    for pattern in ("*.log", "*.journal"):
        for path in folder.glob(pattern):
            path.unlink()
