"""Who was seen in what is cut in between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engines.base import Box
from stream.fuse import FLOOR
from stream.inserts import LONGEST_S, Insert, carried_on
from stream.types import Candidate, Moment

pytestmark = pytest.mark.unit

LARGE, LITTLE = Box(0.2, 0.1, 0.4, 0.8), Box(0.2, 0.1, 0.1, 0.2)
THERE = Box(0.7, 0.1, 0.25, 0.4)


def moment(at: float) -> Moment:
    return Moment(at, None, at)


def insert(*found: str, since: float = 10.0, last: float = 14.0) -> Insert:
    return Insert(moment(since), moment(last), set(found))


def test_a_stretch_goes_on_until_the_picture_is_back_or_another_begins() -> None:
    first = carried_on(None, moment(10), moment(10))
    assert first == Insert(moment(10), moment(10))
    assert carried_on(first, moment(10), moment(11)) is first
    assert carried_on(first, None, moment(12)) is None
    assert carried_on(first, moment(13), moment(13)) == Insert(moment(13), moment(13))


def test_it_is_of_whom_alone_was_found_in_it_and_not_tiny() -> None:
    assert insert("A").is_of("A", moment(12), LARGE)
    assert not insert("A", "B").is_of("A", moment(12), LARGE)
    assert insert().is_of("A", moment(12), LARGE)
    assert not insert("A").is_of("A", moment(12), LITTLE)
    assert not insert("A").is_of("A", moment(12), None)
    assert not insert("A").is_of("A", moment(9), LARGE)


def test_whom_it_is_of_came_when_it_began_unless_that_is_long_ago() -> None:
    assert insert("A").beginning("A", moment(12), LARGE) == moment(10)
    assert insert("A", "B").beginning("A", moment(12), LARGE) == moment(12)
    late = moment(10.5 + LONGEST_S)
    assert insert("A", last=late.pts).beginning("A", late, LARGE) == late


def test_who_is_alone_in_it_does_not_lie_there() -> None:
    stands = Candidate("A", 0.02, box=LARGE, in_view=0.8, resting_since=1.0)
    assert insert("A").presented([stands]) == (Candidate("A", 0.8, box=LARGE, in_view=0.8),)
    assert insert("B").presented([stands]) == (stands,)
    assert insert().presented([replace(stands, box=LITTLE)]) == (replace(stands, box=LITTLE),)
    beside = Candidate("B", 0.01, box=THERE, in_view=0.6)
    assert insert().presented([stands, beside]) == (stands, replace(beside, probability=0.01))
    look_alike = replace(beside, box=LARGE)
    assert insert().presented([stands, look_alike])[0].resting_since is None


def test_views_add_who_was_found_and_how_long_it_lasts() -> None:
    stretch = insert("A")
    stretch.push(moment(15), [Candidate("B", 0.0, box=LARGE, in_view=0.9), Candidate("C", 0.89, box=THERE)])
    assert (stretch.found, stretch.last) == ({"A", "B"}, moment(15))


@pytest.mark.parametrize(
    ("beside", "behind"),
    [
        (Box(0.7, 0.1, 0.2, 0.3), True),
        (Box(0.7, 0.1, 0.25, 0.7), False),  # hardly smaller
        (LARGE, False),  # a look-alike of it
        (None, False),
    ],
)
def test_what_is_much_smaller_than_another_stands_behind_it(beside: Box | None, behind: bool) -> None:
    held, other = Candidate("A", 0.95, box=LARGE), Candidate("B", 0.99, box=beside)
    stretch = insert()
    stretch.push(moment(15), [held, other])
    assert stretch.found == ({"A"} if behind else {"A", "B"})
    assert stretch.presented([held, other])[1].probability == (FLOOR if behind else 0.99)
    doubtful = replace(held, probability=0.8)
    assert stretch.presented([doubtful, other])[1].probability == 0.99


def test_a_look_alike_that_stands_for_all_takes_the_others_place() -> None:
    stretch = insert("A", "C")
    stretch.rename("A", "B")
    stretch.rename("X", "Y")
    assert stretch.found == {"B", "C"}
