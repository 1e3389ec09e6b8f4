"""What operators are told of an ear is how it is now, and each turn of its life is told once."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from stream.clock import ManualClock
from stream.ear import Heard
from stream.ear_figures import LATE_S, Account, Hears, SpeechFigures
from stream.metrics import Metrics

pytestmark = pytest.mark.unit

NOTHING = Heard((), (), 0.0, 1.0, (), {})


class Desk:
    """An account, and all that it writes to."""

    def __init__(self) -> None:
        self.clock, self.figures = ManualClock(100.0), SpeechFigures()
        self.metrics = Metrics(self.clock)
        self.account = Account(self.figures, self.metrics, self.clock)

    def unanswered(self) -> float | None:
        self.metrics.render()
        return self.metrics.registry.get_sample_value("nowshowing_speech_unanswered_seconds")


def test_who_owes_no_answer_is_as_far_behind_as_the_last_one_was() -> None:
    figures = SpeechFigures(behind_s=0.3)
    assert figures.at(1e9) is figures


def test_who_owes_an_answer_is_at_least_as_far_behind_as_the_last_one_was() -> None:
    figures = SpeechFigures(hears=Hears.LISTENING, behind_s=0.3, owed=100.0, why="said before")
    assert figures.at(100.1).behind_s == 0.3
    assert (figures.at(102.0).behind_s, figures.at(102.0).why) == (2.0, "said before")
    late = figures.at(100.5 + LATE_S)
    assert (late.behind_s, late.why) == (0.5 + LATE_S, "its ear has not answered for 4 s")
    assert figures.why == "said before"


def test_the_oldest_sound_that_any_ear_owes_an_answer_to_is_what_the_worker_tells() -> None:
    desk = Desk()
    other = Account(SpeechFigures(), desk.metrics, desk.clock)
    with desk.account.owed(99.0):
        with other.owed(97.5):
            desk.clock.advance(1.0)
            assert desk.unanswered() == 3.5
        assert desk.unanswered() == 2.0
    assert desk.unanswered() == 0.0
    assert desk.figures.owed is None


def test_an_answer_that_fails_is_owed_no_more() -> None:
    desk = Desk()
    with pytest.raises(RuntimeError), desk.account.owed(99.0):
        raise RuntimeError("the engine broke")
    assert (desk.unanswered(), desk.figures.owed) == (0.0, None)


def test_deafness_lasts_from_the_first_sound_that_was_not_heard_and_ends_once() -> None:
    desk = Desk()
    with capture_logs() as logs:
        desk.account.heard(NOTHING, 99.9, "fake", "")
        desk.account.unheard(97.0)
        desk.account.failed("its process died", 5.0, None)
        desk.account.unheard(100.0)
        desk.clock.advance(6.0)
        desk.account.heard(NOTHING, 105.9, "fake", "")
        desk.account.heard(NOTHING, 105.9, "fake", "")
    assert [(line["event"], line.get("deaf_s")) for line in logs] == [
        ("nobody listens; pictures go on", None),
        ("somebody listens again", 9.0),
    ]
    assert (desk.figures.hears, desk.figures.why) == (Hears.LISTENING, "")


def test_that_nothing_can_be_heard_is_logged_when_it_is_new_and_stands_in_the_figures_while_it_is_so() -> None:
    desk = Desk()
    with capture_logs() as logs:
        for lacks in ("no names", "no names", "", "no names"):
            desk.account.heard(NOTHING, 99.9, "fake", lacks)
            assert (desk.figures.hears, desk.figures.why) == (Hears.LISTENING, lacks)
    assert [line["why"] for line in logs] == ["no names", "no names"]
