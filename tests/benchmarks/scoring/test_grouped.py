"""What a group of look-alikes that was told is worth: by who was presented, and by what the host said."""

from __future__ import annotations

import pytest

from benchmarks.liveshop.score import Span, score, wrong_seconds
from benchmarks.liveshop.scoring.events import Account, events_of
from benchmarks.liveshop.scoring.grouped import resolved
from benchmarks.liveshop.scoring.judged import Judged
from benchmarks.liveshop.truth import Shown, Truth, Word

pytestmark = pytest.mark.unit

TITLES = {"honey": "Velkko Oat Crunch Honey", "cocoa": "Velkko Oat Crunch Cocoa", "lamp": "Lamp"}
GUESS = Span("cocoa", 5.2, 15.1, 2.0, could_be=("honey",))


def truth(*said: str) -> Truth:
    """Honey is presented; cocoa never is."""
    words = tuple(Word(6.0 + i, 6.5 + i, word, "honey") for i, word in enumerate(said))
    return Truth(
        "made", 1, 60.0, (Shown("honey", "oats", listed=True, shown_at=5.0, hidden_at=15.0, covered_s=0.0),), words
    )


def test_where_nobody_says_which_the_group_is_right() -> None:
    live = truth("the", "Velkko", "crunch")
    (span,) = resolved(live, [GUESS], TITLES)
    assert (span.product_id, span.vague) == ("honey", False)
    assert score(live, [span]).f1 == 1.0


def test_where_the_host_says_which_the_group_is_neither_right_nor_wrong() -> None:
    live = truth("the", "Honey", "one")
    (span,) = resolved(live, [GUESS], TITLES)
    assert span.vague
    assert score(live, [span]).recall == 0.0
    assert wrong_seconds(live.shown, span, 1.0) == 0.0


def test_a_group_of_which_nothing_is_presented_is_the_guess_that_it_names() -> None:
    elsewhere = Span("cocoa", 30.0, 40.0, 2.0, could_be=("honey",))
    assert resolved(truth(), [elsewhere], TITLES) == (elsewhere,)


def test_what_was_told_as_the_one_stays_as_it_was_told() -> None:
    wrong = Span("cocoa", 5.2, 15.1, 2.0)
    assert resolved(truth(), [wrong], TITLES) == (wrong,)


def test_groups_are_counted_by_themselves() -> None:
    elsewhere = Span("cocoa", 30.0, 40.0, 2.0, could_be=("honey",))
    lives = [
        Account(Judged(f"made-1-{i}", live, resolved(live, [GUESS, elsewhere], TITLES)))
        for i, live in enumerate((truth(), truth("Honey")))
    ]
    groups = events_of(lives).groups
    assert (groups.told, groups.right, groups.vague) == (4, 1, 1)
