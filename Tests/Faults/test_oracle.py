"""The oracle notices what it is there for."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fault import Fault  # noqa: E402
from gaps import Gaps  # noqa: E402
from in_flight import InFlight  # noqa: E402
from journal import read_journals  # noqa: E402
from kcat import DEAD_LETTERS, IMAGES, INFERENCES, Message, parse  # noqa: E402
from observation import Observation, Row  # noqa: E402
from oracle import Oracle  # noqa: E402
from verdict import Verdict  # noqa: E402


def identifier(number: int) -> str:
    """An id for an image."""
    return f"01a20b57-184b-7d88-84b3-{number:012}"


def sound(count: int = 3) -> Observation:
    """What is seen where all is well: image n is taken at n seconds, answered 0.3 s later, stored after 0.5 s."""
    found = Observation()
    for number in range(count):
        name = identifier(number)
        found.journals[name] = "p1"
        found.images.append(Message(0, number, number, 9, name, "", "/devices/p1-1"))
        found.results.append(Message(0, number, number + 0.3, 5, f"{name}/v", name, "/devices/p1-1"))
        found.image_rows.append(Row(name, "", 0, number, 9, number + 0.5))
        found.result_rows.append(Row(name, "v", 0, number, 0, number + 0.5))
    found.ends = {(IMAGES, 0): count, (INFERENCES, 0): count, (DEAD_LETTERS, 0): 0}
    found.stored_offsets = {(IMAGES, 0): count, (INFERENCES, 0): count}
    return found


class OracleTests(unittest.TestCase):
    """Each of these observations has one thing wrong with it."""

    def violated(self, found: Observation, exactly_once: bool = False) -> list[str]:
        """The sentences that do not hold."""
        verdict = Verdict()
        Oracle(found, exactly_once).judge(verdict)
        return verdict.violated

    def test_sound(self) -> None:
        self.assertEqual(self.violated(sound()), [])
        self.assertEqual(self.violated(sound(), exactly_once=True), [])

    def test_nothing_at_all_is_no_success(self) -> None:
        self.assertNotEqual(self.violated(Observation()), [])

    def test_lost_before_the_topic(self) -> None:
        found = sound()
        found.journals[identifier(9)] = "p1"
        self.assertIn(f"1 acknowledged images missing on the topic: {identifier(9)}", self.violated(found))

    def test_lost_image_row(self) -> None:
        found = sound()
        del found.image_rows[1]
        self.assertEqual(
            self.violated(found), [f"1 images on the topic without a row in images: {identifier(1)}"]
        )

    def test_lost_result_row(self) -> None:
        found = sound()
        del found.result_rows[1]
        self.assertIn(f"1 images without a row in inferences for v: {identifier(1)}", self.violated(found))

    def test_doubled_rows(self) -> None:
        found = sound()
        found.image_rows.append(found.image_rows[0])
        found.result_rows.append(found.result_rows[0])
        self.assertEqual(len(self.violated(found)), 2)

    def test_another_images_picture(self) -> None:
        found = sound()
        found.image_rows[0].offset, found.image_rows[1].offset = 1, 0
        self.assertEqual(len(self.violated(found)), 1)

    def test_second_model_version(self) -> None:
        found = sound()
        found.result_rows[0].version = "w"
        self.assertIn("the model versions are v, w", self.violated(found))

    def test_dead_letters(self) -> None:
        found = sound()
        found.dead_letters = found.dead_letter_rows = 1
        self.assertEqual(len(self.violated(found)), 2)

    def test_stored_offset_behind(self) -> None:
        found = sound()
        found.stored_offsets[(IMAGES, 0)] = 2
        self.assertEqual(len(self.violated(found)), 1)

    def test_repeated_event_counts_only_with_transactions(self) -> None:
        found = sound()
        found.results.append(Message(0, 3, 9.0, 5, f"{identifier(0)}/v", identifier(0), "/devices/p1-1"))
        found.ends[(INFERENCES, 0)] = found.stored_offsets[(INFERENCES, 0)] = 4
        self.assertEqual(self.violated(found), [])
        self.assertEqual(self.violated(found, exactly_once=True), ["1 result events are there twice"])

    def test_markers_of_transactions_are_never_stored(self) -> None:
        found = sound()
        found.ends[(INFERENCES, 0)] = 4
        self.assertEqual(len(self.violated(found)), 1)
        self.assertEqual(self.violated(found, exactly_once=True), [])


class MeasureTests(unittest.TestCase):
    """What was struck, and for how long nothing came."""

    def test_in_flight(self) -> None:
        in_flight = InFlight(sound())

        def struck(kind: str, instant: float, victim: str = "") -> int:
            return in_flight.struck(Fault(kind, at=instant, victim=victim))

        self.assertEqual([struck("kill infer", at) for at in (1.1, 1.4)], [1, 0])
        self.assertEqual([struck("kill persist", at) for at in (1.1, 1.4, 1.6)], [1, 2, 0])
        self.assertEqual([struck("reset database", at) for at in (1.4, 1.6)], [2, 0])
        self.assertEqual([struck("kill produce", at, "p1") for at in (1.1, 1.4)], [1, 0])
        self.assertEqual(struck("kill produce", 1.1, "p2"), 0)
        self.assertEqual([struck("broker SIGTERM", at) for at in (1.1, 1.35, 1.7)], [1, 1, 0])

    def test_gaps(self) -> None:
        gaps = Gaps([0, 0.1, 0.2, 3.2, 3.3, 9.3, 9.4])
        self.assertEqual(gaps.longest(0.25, 3.25), (3.0, 3.2))
        self.assertEqual(gaps.longest(3.35, 20), (9.3 - 3.3, 9.3))
        # Within a gap that an earlier fault brought.
        self.assertAlmostEqual(gaps.longest(2.0, 3.25)[0], 0.1)

    def test_journal_cut_by_a_kill(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            text = f"{identifier(1)}\n{identifier(2)}\n{identifier(3)[:20]}"
            (Path(folder) / "p1.001.journal").write_text(text, encoding="ascii")
            self.assertEqual(read_journals(Path(folder)), {identifier(1): "p1", identifier(2): "p1"})
            (Path(folder) / "p2.001.journal").write_text("nonsense\n", encoding="ascii")
            self.assertRaises(RuntimeError, read_journals, Path(folder))

    def test_kcat_line(self) -> None:
        line = "3\t17\t1700000000500\t2048\tce_specversion=1.0,ce_id=abc/v,ce_source=/devices/p1-7,ce_subject=abc\n"
        self.assertEqual(parse(line), Message(3, 17, 1700000000.5, 2048, "abc/v", "abc", "/devices/p1-7"))
