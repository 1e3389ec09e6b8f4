"""Words, pictures and decisions together: whatever is said when, what is told stays in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.base import Box
from engines.text import Kind, Mention
from stream.decide import Decider
from stream.heard import Alike, Heard
from stream.hearsay import Hearsay
from stream.types import Candidate, Change, Decision, Reason, Sighting, View, Window

pytestmark = pytest.mark.unit

ViewAt = Callable[[float], View]
TWINS = Alike(dict.fromkeys("ABC", "oats"), dict.fromkeys("ABC", ("A", "B", "C")))
HERE = Box(0.3, 0.2, 0.2, 0.5)

names = st.sampled_from([None, None, None, "A", "B", "C"])
steps = st.lists(st.tuples(st.booleans(), names, st.sampled_from(Kind)), max_size=60)


def decided(view_at: ViewAt, timeline: Sequence[tuple[bool, str | None, Kind]]) -> list[Decision]:
    """Half a second a step: are they in view, and who is named."""
    heard, board = Heard(TWINS), Hearsay()
    decider = Decider(show_at=0.95, hide_at=0.1, hold_s=1.5, update_every_s=5.0, max_shown=3)
    decisions = []
    for n, (seen, name, kind) in enumerate(timeline):
        at = n / 2
        board.push([] if name is None else [Mention(name, at - 0.4, at - 0.1, name, 1.0, kind)], at)
        ranked = tuple(Candidate(i, 0.33 if seen else 0.001, box=HERE) for i in "ABC")
        decisions += decider.push(heard.join(Sighting(Window(at, at, (view_at(at),)), ranked), board))
    return [*decisions, *decider.end(Reason.END_OF_STREAM)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(timeline=steps)
def test_of_look_alikes_one_at_a_time_is_on_show_and_each_is_hidden_again(
    view_at: ViewAt, timeline: list[tuple[bool, str | None, Kind]]
) -> None:
    showing: list[str] = []
    for decision in decided(view_at, timeline):
        product_id = decision.candidate.product_id
        match decision.change:
            case Change.SHOWN:
                showing.append(product_id)
            case Change.UPDATED:
                assert showing == [product_id]
            case Change.HIDDEN:
                showing.remove(product_id)
        assert len(showing) <= 1
    assert showing == []


def test_the_same_view_with_another_name_is_told_by_that_name(view_at: ViewAt) -> None:
    quiet = [(True, None, Kind.THIS)] * 8
    told = decided(view_at, [*quiet, (True, "C", Kind.THIS), *quiet])
    assert [(d.change.value, d.candidate.product_id) for d in told] == [
        ("shown", "A"), ("hidden", "A"), ("shown", "C"), ("hidden", "C"),
    ]  # fmt: skip


def test_what_else_is_in_view_is_no_alternative_of_a_group(view_at: ViewAt) -> None:
    heard, board = Heard(TWINS), Hearsay()
    decider = Decider(show_at=0.95, hide_at=0.1, hold_s=1.5, update_every_s=5.0, max_shown=3)
    lamp, told = Candidate("lamp", 0.6, box=Box(0.7, 0.2, 0.2, 0.5)), []
    for n in range(8):
        ranked = (*(Candidate(i, 0.33, box=HERE) for i in "ABC"), lamp)
        told += decider.push(heard.join(Sighting(Window(n / 2, n / 2, (view_at(n / 2),)), ranked), board))
    group = next(decision for decision in told if decision.candidate.product_id in "ABC")
    assert {group.candidate.product_id, *(one.product_id for one in group.alternatives)} == set("ABC")
