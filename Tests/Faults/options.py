"""What a campaign is asked to do."""

import argparse
import os
import random
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROLES = ("produce", "infer", "persist")


class UsageError(Exception):
    """The command line or the surroundings do not allow a campaign."""


@dataclass(frozen=True)
class Options:
    """The options of one campaign; `parse` is the only way to make them."""

    iotpipe: Path
    shim: Path
    kafka_home: Path
    output: Path
    seed: int
    kills: int
    broker_restarts: int
    database_restarts: int
    cuts: int
    victims: tuple[str, ...]
    rate: int
    producers: int
    devices: int
    partitions: int
    session_timeout: int
    pace: float
    delivery: str
    static_members: bool
    fsync: str
    produce_arguments: tuple[str, ...]
    infer_arguments: tuple[str, ...]
    persist_arguments: tuple[str, ...]
    control: str | None
    rounds: int
    keeps_logs: bool

    @staticmethod
    def parse(arguments: list[str]) -> "Options":
        """Reads the command line; `UsageError` says what does not fit."""
        given = _parser().parse_args(arguments)
        short = given.short or given.control is not None
        rate = given.rate or (60 if short else 75)
        counts = {
            "kills": 12 if short else 100,
            "broker_restarts": 1 if short else 10,
            "database_restarts": 1 if short else 10,
            "cuts": 1 if short else 10,
        }
        victims = tuple(given.victims.split(","))
        if given.control:
            # Kills of that role alone.
            counts = dict.fromkeys(counts, 0) | {"kills": 6}
            victims = (given.control,)
            rate = min(rate, 40)
            given.fsync = "on"
            # More to lose by each kill: results that wait in the client while offsets are committed; one slow
            # transaction after the other.
            given.infer_arguments = given.infer_arguments or "-X linger.ms=500 --commit-interval 20ms"
            given.persist_arguments = given.persist_arguments or "--batch-delay 5ms"
        if unknown := set(victims) - set(ROLES):
            raise UsageError(f"--victims: no role {', '.join(sorted(unknown))}; there are {', '.join(ROLES)}")
        for name in counts:
            if getattr(given, name) is not None:
                counts[name] = getattr(given, name)
        program = _program(given.control is not None)
        seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1_000_000)
        name = f"control-{given.control}" if given.control else f"seed-{seed}"
        options = Options(
            iotpipe=program,
            shim=Path(os.environ.get("IOTPIPE_SHIM") or _shim(program)).resolve(),
            kafka_home=_kafka_home(),
            output=Path(given.output or ROOT / ".build/faults" / name).resolve(),
            seed=seed,
            victims=victims,
            rate=rate,
            producers=given.producers,
            devices=given.devices,
            partitions=given.partitions,
            session_timeout=given.session_timeout or (1500 if given.control else 6000),
            pace=given.pace,
            delivery=given.delivery,
            # Transactions need names that outlive a process.
            static_members=given.static_members or given.delivery == "exactly-once",
            fsync=given.fsync,
            produce_arguments=tuple(shlex.split(given.produce_arguments)),
            infer_arguments=tuple(shlex.split(given.infer_arguments)),
            persist_arguments=tuple(shlex.split(given.persist_arguments)),
            control=given.control,
            rounds=given.rounds,
            keeps_logs=given.keep_logs,
            **counts,
        )
        options._check()
        return options

    def _check(self) -> None:
        if not os.access(self.iotpipe, os.X_OK):
            raise UsageError(f"no program {self.iotpipe}: run `make build`, or set IOTPIPE")
        if not self.shim.exists():
            raise UsageError(f"no model library {self.shim}: run `make build`, or set IOTPIPE_SHIM")
        if not os.access(self.kafka_home / "bin/kafka-server-start.sh", os.X_OK):
            raise UsageError(f"no Apache Kafka in {self.kafka_home}: set KAFKA_HOME")
        for tool in ("kcat", "psql", "java", "setpriv"):
            if not shutil.which(tool):
                raise UsageError(f"{tool} is missing: run `make setup-test`")
        for value in (self.kills, self.broker_restarts, self.database_restarts, self.cuts):
            if value < 0:
                raise UsageError("the numbers of faults must not be negative")
        for value in (self.rate, self.producers, self.devices, self.partitions, self.session_timeout, self.rounds):
            if value < 1:
                raise UsageError("rate, producers, devices, partitions, session timeout and rounds must be at least 1")


def _program(is_broken: bool) -> Path:
    if is_broken:
        return Path(os.environ.get("IOTPIPE_BROKEN") or ROOT / ".build/broken/debug/iotpipe").resolve()
    return Path(os.environ.get("IOTPIPE") or ROOT / ".build/release/iotpipe").resolve()


def _shim(program: Path) -> Path:
    folders = [program.parent, ROOT / ".build/release", ROOT / ".build/debug"]
    libraries = [folder / "libiotpipeshim.so" for folder in folders]
    return next((library for library in libraries if library.exists()), libraries[0])


def _kafka_home() -> Path:
    shared = Path(os.environ.get("IOTPIPE_SHARED") or ROOT.parent / "shared")
    return Path(os.environ.get("KAFKA_HOME") or shared / "kafka").resolve()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="campaign",
        description="Kills roles, broker, database and network while images flow, then asks kcat, psql and the "
        "producers' journals whether every acknowledged image has exactly one row per model version.",
        epilog="Environment: KAFKA_HOME; IOTPIPE, IOTPIPE_BROKEN (for --control) and IOTPIPE_SHIM name another program "
        "and model library.",
    )
    add = parser.add_argument
    add("--seed", type=int, help="of the plan; drawn and printed where it is not given")
    add("--short", action="store_true", help="12 kills, a broker restart, a database restart and a cut")
    add("--kills", type=int, metavar="N", help="SIGKILLs of roles [default: 100]")
    add("--broker-restarts", type=int, metavar="N", help="half by SIGKILL, half by SIGTERM [default: 10]")
    add("--database-restarts", type=int, metavar="N", help="immediate mode, one in four by SIGKILL [default: 10]")
    add("--cuts", type=int, metavar="N", help="of the network, to broker or database [default: 10]")
    add("--victims", default=",".join(ROLES), metavar="ROLE,…", help="roles that are killed [default: %(default)s]")
    add("--rate", type=int, help="images a second in all [default: 75; short 60]")
    add("--producers", type=int, default=3, help="[default: %(default)s]")
    add("--devices", type=int, default=20, help="of each producer [default: %(default)s]")
    add("--partitions", type=int, default=4, help="of each topic [default: %(default)s]")
    add("--session-timeout", type=int, metavar="MS", help="of infer and persist [default: 6000]")
    add("--pace", type=float, default=1.0, help="multiplies the pauses between faults [default: %(default)s]")
    add("--delivery", choices=("at-least-once", "exactly-once"), default="at-least-once", help="of infer")
    add("--static-members", action="store_true", help="infer and persist have --instance-id; so with exactly-once")
    add("--fsync", choices=("on", "off"), default="off", help="of PostgreSQL [default: %(default)s]")
    add(
        "--produce-arguments",
        default="",
        metavar="TEXT",
        help="more arguments for each produce; {name} is replaced by its name, {folder} by that of the logs",
    )
    add("--infer-arguments", default="", metavar="TEXT", help="more arguments for each infer")
    add("--persist-arguments", default="", metavar="TEXT", help="more arguments for each persist")
    add("--output", metavar="FOLDER", help="for reports and logs [default: .build/faults/seed-SEED]")
    add("--keep-logs", action="store_true", help="also where all holds")
    add(
        "--control",
        choices=("infer", "persist"),
        help="the opposite: the build with -DBROKEN_DELIVERY must be caught losing images when this role is killed",
    )
    add("--rounds", type=int, default=5, help="of a control, at most [default: %(default)s]")
    return parser
