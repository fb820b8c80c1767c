"""One campaign from start to verdict."""

import time
from pathlib import Path

from fault import Fault
from gaps import Gaps
from in_flight import InFlight
from injector import Injector
from journal import read_journals
from kcat import IMAGES, INFERENCES
from observation import Observation, observe, stored_offsets
from options import Options
from oracle import Oracle
from pipeline import Pipeline, Stuck
from plan import make_plan
from report import Report, surroundings


class CampaignRun:
    """Starts everything, carries a plan out, and judges."""

    # The share of faults that must have struck work in progress.
    IN_FLIGHT = 0.8
    # How long it may take until everything is stored, and how long nothing may move meanwhile.
    CATCH_UP = 300.0
    STALL = 60.0
    # The same for a control, which is expected to wait in vain.
    CONTROL_STALL = 8.0

    def __init__(self, options: Options, seed: int, folder: Path) -> None:
        self._options = options
        self._folder = folder
        self._report = Report(options, seed)
        self._plan = make_plan(options, seed)
        self._carried_out: list[Fault] = []
        self._load_ended = 0.0

    def run(self) -> Report:
        """Runs it; the verdict is in the report, also where something got stuck."""
        report = self._report
        report.versions = surroundings(self._options.iotpipe)
        pipeline = Pipeline(self._options, self._folder)
        try:
            report.versions |= {"Kafka": pipeline.kafka.version, "PostgreSQL": pipeline.postgres.version}
            self._say("servers and roles start")
            pipeline.start()
            self._inflict(pipeline)
            self._finish(pipeline)
            self._judge(pipeline)
        except (Stuck, RuntimeError) as reason:
            report.verdict.add(False, str(reason))
        finally:
            pipeline.close()
        report.faults = self._carried_out
        report.write(self._folder)
        return report

    def _say(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S', time.gmtime())} {text}", flush=True)

    def _inflict(self, pipeline: Pipeline) -> None:
        injector = Injector(pipeline)
        total = len(self._plan)
        started = time.time()
        last = "the start"
        try:
            for number, fault in enumerate(self._plan, 1):
                injector.inject(fault)
                self._carried_out.append(fault)
                last = f"fault {number}, {fault.kind} ({fault.victim})"
                self._say(f"{number}/{total} {fault.kind}: {fault.victim}{' (early)' if fault.is_early else ''}")
            pipeline.wait("all flows again", Injector.RECOVERY, pipeline.flows, 0.2)
            self._report.verdict.add(True, f"all flowed again within {Injector.RECOVERY:.0f} s after every fault")
        except Stuck as reason:
            self._report.verdict.add(False, f"{reason}, after {last}")
        self._report.figures["faults"] = f"{len(self._carried_out)} in {time.time() - started:.0f} s"

    def _finish(self, pipeline: Pipeline) -> None:
        """Ends the load, lets everything be stored, and ends the rest."""
        verdict = self._report.verdict
        self._say("the load ends")
        statuses = pipeline.stop_load()
        self._load_ended = time.time()
        moved = self._load_ended
        state: object = None
        stall = self.CONTROL_STALL if self._options.control else self.STALL
        while not self._is_stored(pipeline):
            if (now := self._progress(pipeline)) != state:
                state, moved = now, time.time()
            if time.time() - moved > stall or time.time() - self._load_ended > self.CATCH_UP:
                verdict.add(False, f"not everything was stored {time.time() - self._load_ended:.0f} s after the load")
                break
            pipeline.pause(0.3)
        self._say("everything ends")
        statuses |= pipeline.stop_rest()
        for name, status in statuses.items():
            verdict.add(status == 0, f"{name} {'hangs' if status is None else f'ended with {status}'} after SIGTERM")
        ends = [end for role in pipeline.all_roles for end in role.ends]
        for end in ends:
            if end.is_crash:
                verdict.add(False, f"{end}, which nobody asked for (see {end.name}.log)")
        self._report.figures["roles that gave up and were started again"] = (
            "; ".join(str(end) for end in ends if not end.is_crash) or "none"
        )

    def _progress(self, pipeline: Pipeline) -> object:
        return stored_offsets(pipeline.psql), len(pipeline.readers[INFERENCES].arrivals)

    def _is_stored(self, pipeline: Pipeline) -> bool:
        stored = stored_offsets(pipeline.psql)
        topics = [IMAGES] if self._options.delivery == "exactly-once" else [IMAGES, INFERENCES]
        for topic in topics:
            for partition, end in pipeline.kcat.ends(topic, self._options.partitions).items():
                if stored.get(partition, 0) != end:
                    return False
        rows = pipeline.psql.rows("SELECT (SELECT count(*) FROM images), (SELECT count(*) FROM inferences)")
        return rows[0][0] == rows[0][1]

    def _judge(self, pipeline: Pipeline) -> None:
        self._say("kcat, psql and the journals are asked")
        report = self._report
        journals = read_journals(self._folder)
        found = observe(pipeline.kcat, pipeline.psql, journals, self._options.partitions)
        oracle = Oracle(found, self._options.delivery == "exactly-once")
        oracle.judge(report.verdict)
        rows = {row.identifier for row in found.image_rows} & {row.identifier for row in found.result_rows}
        report.has_loss = bool((oracle.on_topic | set(journals)) - rows)
        arrivals = [arrival.at for arrival in pipeline.readers[INFERENCES].arrivals]
        self._judge_faults(found, arrivals)
        report.figures |= {
            "delivery": self._options.delivery,
            "fsync of PostgreSQL": self._options.fsync,
            "session.timeout.ms": self._options.session_timeout,
            "images acknowledged to producers": len(journals),
            "images on the topic": len(oracle.on_topic),
            "images that were on the topic, but whose producer was killed before it noted that": len(
                oracle.on_topic - set(journals)
            ),
            "rows in images": len(found.image_rows),
            "rows in inferences": len(found.result_rows),
            "images on the topic twice": oracle.repeated_images,
            "result events there twice, with the same ce_id": oracle.repeated_results,
            "starts of roles": ", ".join(f"{role.name} {role.starts}" for role in pipeline.all_roles),
        }

    def _judge_faults(self, found: Observation, arrivals: list[float]) -> None:
        in_flight = InFlight(found)
        results = Gaps(arrivals)
        stored = Gaps(row.at for row in found.result_rows)
        goal = self._options.session_timeout / 1000 + 4
        missed = []
        nexts = [fault.at for fault in self._carried_out[1:]] + [self._load_ended]
        for fault, following in zip(self._carried_out, nexts):
            fault.struck = in_flight.struck(fault)
            fault.result_gap, results_back = results.longest(fault.at, following)
            fault.stored_gap, stored_back = stored.longest(fault.at, following)
            own, back = (
                (fault.stored_gap, stored_back) if fault.kind == "kill persist" else (fault.result_gap, results_back)
            )
            fault.is_alone = fault.flowed and back <= following
            if fault.kind in ("kill infer", "kill persist") and fault.is_alone and own > goal:
                missed.append(f"{fault.victim} {own:.1f} s")
        if self._options.control or not self._carried_out:
            return
        share = sum(fault.struck > 0 for fault in self._carried_out) / len(self._carried_out)
        self._report.verdict.add(
            share >= self.IN_FLIGHT,
            f"{share:.0%} of the faults struck work in progress (at least {self.IN_FLIGHT:.0%})",
        )
        self._report.verdict.add(
            not missed,
            f"{len(missed)} kills of an infer or a persist stopped results or rows for more than {goal:.1f} s"
            + (f": {', '.join(missed)}" if missed else ""),
        )
