"""Timelines: one character a view, half a second apart.

`A` A is surely in view, `a` A is probably, `?` A perhaps (below one half), `f` faintly, `.` nothing, `X` A and B both
surely, `B`, `b` likewise for B. `_` A is in view, but found to be at rest, since `RESTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.base import Box
from stream.dating import Sight
from stream.decide import Decider
from stream.types import Candidate, Change, Decision, Lookalikes, Moment, Reason, Sighting, View, Window

pytestmark = pytest.mark.unit

ViewAt = Callable[[float], View]
LOOKS = {
    "A": {"A": 0.99}, "a": {"A": 0.8}, "f": {"A": 0.15}, "?": {"A": 0.4}, ".": {}, "B": {"B": 0.99}, "b": {"B": 0.8},
    "X": {"A": 0.99, "B": 0.98}, "Y": {"A": 0.99, "B": 0.98, "C": 0.97}, "_": {"A": 0.99},
}  # fmt: skip
RESTS = 1.0
HERE, THERE = Box(0.3, 0.2, 0.2, 0.5), Box(0.7, 0.2, 0.2, 0.5)


@pytest.fixture
def play(view_at: ViewAt) -> Callable[..., list[Decision]]:
    def run(timeline: str, *, decider: Decider | None = None, start: float = 0.0) -> list[Decision]:
        decider = decider or make()
        decisions = []
        for n, character in enumerate(timeline):
            view = view_at(start + n / 2)
            since = RESTS if character == "_" else None
            ranked = tuple(Candidate(i, p, resting_since=since) for i, p in LOOKS[character].items())
            decisions += decider.push(Sighting(Window(view.at, view.at, (view,)), ranked))
        return decisions

    return run


def make(*, hold_s: float = 1.5, max_shown: int = 3, hide_at: float = 0.1, step_s: float = 0.0) -> Decider:
    return Decider(
        show_at=0.95, hide_at=hide_at, hold_s=hold_s, update_every_s=5.0, max_shown=max_shown, step_s=step_s
    )


def told(decisions: list[Decision]) -> list[str]:
    """`+A@1.0` shown, dated back to 1.0; `-A@3.0` hidden, last seen at 3.0; `~A` updated."""
    out = []
    for d in decisions:
        sign = {Change.SHOWN: "+", Change.UPDATED: "~", Change.HIDDEN: "-"}[d.change]
        when = d.hidden_at if d.hidden_at is not None else d.shown_at
        out.append(f"{sign}{d.candidate.product_id}@{when.pts:g}")
    return out


Play = Callable[..., list[Decision]]


def test_a_product_is_shown_dated_back_to_its_first_view_and_hidden_at_its_last(play: Play) -> None:
    assert told(play("..AAAA.....")) == ["+A@1", "-A@2.5"]


def test_what_comes_and_goes_between_two_views_does_so_halfway(play: Play) -> None:
    assert told(play("..AAAA.....", decider=make(step_s=0.5))) == ["+A@0.75", "-A@2.75"]
    assert told(play("AAAA.....", decider=make(step_s=0.5)))[0] == "+A@0"  # nobody looked before
    swapped = play("AAAABBBB.....", decider=make(step_s=0.5))
    assert told(swapped)[1:3] == ["-A@1.75", "+B@1.75"]


def test_what_is_in_view_when_nobody_looks_any_more_was_seen_last_then(play: Play) -> None:
    decider = make(step_s=0.5)
    play("..AAAA", decider=decider)
    assert told(decider.end(Reason.END_OF_STREAM)) == ["-A@2.5"]
    assert told(play("AAAA", decider=decider, start=9.0)) == ["+A@9"]


def test_what_is_shown_again_begins_no_sooner_than_it_ended_halfway_either(play: Play) -> None:
    decisions = play("AAA_AA", decider=make(step_s=0.5))
    assert told(decisions) == ["+A@0", "-A@1.25", "+A@1.25"]


def test_what_is_on_show_goes_on_faintly_for_some_seconds_and_is_not_dated_there(play: Play) -> None:
    assert told(play("AAAAffffA.....")) == ["+A@0", "-A@4"]
    assert told(play("AAAAffff.....")) == ["+A@0", "-A@1.5"]
    assert told(play("AAAA" + "f" * 40)) == ["+A@0", "-A@1.5"]
    assert told(play("ffff")) == []


def test_a_view_that_took_it_for_resting_does_not_break_the_run_that_leads_up_to_it(play: Play) -> None:
    assert told(play("?_AAAA")) == ["+A@0"]


def test_what_was_put_down_and_is_shown_again_begins_no_sooner_than_it_ended(play: Play) -> None:
    decisions = play("AAA_AA")
    assert told(decisions) == ["+A@0", "-A@1", "+A@1"]
    assert decisions[-1].again_after_s == 0
    assert told(play("?__AAAA")) == ["+A@1.5"]


def test_what_is_on_show_is_not_dated_by_a_doubtful_view_of_another_place(view_at: ViewAt) -> None:
    far = Box(0.8, 0.8, 0.2, 0.2)
    views = sightings(*[{"A": (0.99, HERE)}] * 3, {"A": (0.7, far)}, {"A": (0.7, far)}, *[{}] * 8)
    assert told(pushed(make(), view_at, views)) == ["+A@0", "-A@1"]


def test_one_sure_view_alone_never_shows(play: Play) -> None:
    assert told(play("..A....A...")) == []


def test_two_sure_views_are_enough(play: Play) -> None:
    assert told(play("..AA")) == ["+A@1"]


def test_probable_views_need_more_of_them(play: Play) -> None:
    assert told(play("aa")) == []
    assert told(play("aaaa")) == ["+A@0"]


def test_doubtful_views_never_show(play: Play) -> None:
    assert told(play("?" * 200)) == []


def test_faint_views_right_beside_seen_ones_date_both_ends(play: Play) -> None:
    assert told(play("..??AAAA??.....")) == ["+A@1", "-A@4.5"]


def test_faint_views_apart_from_seen_ones_do_not(play: Play) -> None:
    assert told(play("??.AAAA.??.....")) == ["+A@1.5", "-A@3"]


def test_faint_views_alone_keep_a_product_shown_for_a_while_only(play: Play) -> None:
    assert told(play("AAAA" + "?" * 9)) == ["+A@0"]
    assert told(play("AAAA" + "?" * 10)) == ["+A@0", "-A@6.5"]


def test_a_short_cover_does_not_hide(play: Play) -> None:
    assert told(play("AAAA..AAAA..?AAA")) == ["+A@0"]


def test_a_long_absence_hides_and_a_return_shows_again(play: Play) -> None:
    decisions = play("AAAA.......AAA")
    assert told(decisions) == ["+A@0", "-A@1.5", "+A@5.5"]
    assert decisions[-1].again_after_s == pytest.approx(4.0)


def test_a_rival_hides_what_is_out_of_view_at_once(play: Play) -> None:
    assert told(play("AAAABB")) == ["+A@0", "-A@1.5", "+B@2"]


def test_two_products_in_view_are_both_shown(play: Play) -> None:
    assert told(play("XXXX")) == ["+A@0", "+B@0"]


def test_no_more_than_max_shown_at_once(play: Play) -> None:
    assert told(play("YYYYY", decider=make(max_shown=2))) == ["+A@0", "+B@0"]
    assert told(play("XXXXB.BBBB.", decider=make(max_shown=1))) == ["+A@0", "-A@1.5", "+B@0"]


def test_evidence_that_turns_hides_before_the_hold_is_over(play: Play) -> None:
    decider = make(hold_s=60.0)
    assert told(play("AAAA........", decider=decider)) == ["+A@0", "-A@1.5"]


def test_a_product_put_down_is_hidden_at_once_dated_back_to_when_it_came_to_rest(play: Play) -> None:
    decisions = play("AAAAAA_____")
    assert told(decisions) == ["+A@0", "-A@1"]
    assert decisions[-1].why is Reason.PUT_DOWN


def test_a_product_found_to_have_rested_all_along_is_hidden_where_it_was_shown(play: Play) -> None:
    assert told(play("AAAA_", start=2.0)) == ["+A@2", "-A@2"]


def test_a_product_at_rest_is_never_shown_and_dates_nothing(play: Play) -> None:
    assert told(play("_" * 40)) == []
    assert told(play("____AAAA")) == ["+A@2"]


def place(at: float, probability: float, box: Box) -> Sight:
    return Sight(Moment(at, None, at), probability, box)


def test_a_case_that_opens_late_asks_the_views_before_it_once(view_at: ViewAt) -> None:
    decider = make()
    told_of = []
    for n, ranked in enumerate(sightings({}, {}, *[{"A": (0.99, HERE)}] * 2)):
        view = view_at(n / 2)
        decisions = decider.push(Sighting(Window(view.at, view.at, (view,)), ranked))
        told_of.append(sorted(decider.opened))
        if "A" in decider.opened:
            decider.found_before("A", [place(0.5, 0.05, moved(0.1)), place(0.0, 0.001, moved(0.2))])
    assert told_of == [[], [], ["A"], []]
    assert told(decisions) == ["+A@0.5"]


def test_a_begin_that_was_told_is_not_moved_by_what_earlier_views_have(view_at: ViewAt) -> None:
    decider = Decider(show_at=0.6, hide_at=0.1, hold_s=1.5, update_every_s=5.0, max_shown=3)
    decisions = []
    for n, ranked in enumerate(sightings({}, {"A": (0.99, HERE)}, *[{}] * 6)):
        view = view_at(n / 2)
        decisions += decider.push(Sighting(Window(view.at, view.at, (view,)), ranked))
        for product_id in decider.opened:
            assert decisions, "one view was enough to show it"
            decider.found_before(product_id, [place(0.0, 0.9, HERE)])
    assert {decision.shown_at.pts for decision in decisions} == {0.5}
    assert decisions[-1].change is Change.HIDDEN


def test_what_the_views_before_do_not_have_changes_nothing(view_at: ViewAt) -> None:
    decider = make()
    for n, ranked in enumerate(sightings({}, *[{"A": (0.99, HERE)}] * 2)):
        view = view_at(n / 2)
        decisions = decider.push(Sighting(Window(view.at, view.at, (view,)), ranked))
        for product_id in decider.opened:
            decider.found_before(product_id, [place(0.0, 0.001, moved(0.1))])
    assert told(decisions) == ["+A@0.5"]


def test_faint_views_of_what_moves_date_both_ends_and_of_what_lies_do_not(view_at: ViewAt) -> None:
    path = [(0.05, 0.3), (0.05, 0.2), (0.05, 0.1), (0.99, 0.0), (0.99, 0.01), (0.99, 0.0)]
    path += [(0.05, 0.1), (0.05, 0.2), *[(0.05, 0.2)] * 4]
    decider = make()
    decisions = []
    for n, ranked in enumerate(sightings(*[{"A": (p, moved(x))} for p, x in path])):
        view = view_at(n / 2)
        decisions += decider.push(Sighting(Window(view.at, view.at, (view,)), ranked))
    assert told(decisions) == ["+A@0", "-A@3.5"]


@pytest.mark.parametrize(
    ("faint", "box", "expected"), [(0.1, HERE, ["+A@0"]), (0.1, Box(0.75, 0.2, 0.2, 0.5), []), (0.02, HERE, [])]
)
def test_a_view_that_has_it_faintly_where_it_was_takes_nothing_from_its_case(
    view_at: ViewAt, faint: float, box: Box, expected: list[str]
) -> None:
    views = sightings(*[{"A": (0.8, HERE)}, {"A": (faint, box)}] * 4)
    assert told(pushed(make(), view_at, views)) == expected


LARGE, SMALL = Box(0.2, 0.1, 0.5, 0.8), Box(0.2, 0.1, 0.25, 0.4)


def pushed(
    decider: Decider, view_at: ViewAt, views: list[tuple[Candidate, ...]], away: str = "", start: float = 0.0
) -> list[Decision]:
    """`away`: one character a view: `^` the picture was cut away just then, `-` it still is, else it is back."""
    told, since = [], None
    for n, ranked in enumerate(views):
        view, mark = view_at(start + n / 2), away[n : n + 1]
        since = Moment(view.at, view.utc, view.wall) if mark == "^" else since if mark == "-" else None
        told += decider.push(Sighting(Window(view.at, view.at, (view,)), ranked, away_since=since))
    return told


def large(timeline: str, box: Box = LARGE) -> list[tuple[Candidate, ...]]:
    return [tuple(Candidate(i, p, box=box) for i, p in LOOKS[character].items()) for character in timeline]


@pytest.mark.parametrize(
    ("timeline", "away", "expected"),
    [
        ("..^...AAAA......", "  ^-------      ", ["+A@1", "-A@4.5"]),  # not known at first
        ("....AAAA....", "  ^-------      ", ["+A@1", "-A@4.5"]),  # nor at last
        ("....AAAAffff....", "  ^---------    ", ["+A@1", "-A@5.5"]),
        (
            "..A.AAAA........................",
            "  ^--------------------------------",
            ["+A@1", "-A@3.5"],
        ),  # that it is no more goes on too long
        ("..AAAA..............", "  ^-----------------  ", ["+A@1", "-A@9.5"]),  # its other side, for long
        ("..BBAAAA....", "  ^-----      ", ["+A@2", "+B@1", "-A@3.5", "-B@1.5"]),  # of two things
        ("..??AAAA........", "              ", ["+A@1", "-A@3.5"]),  # nothing was cut in
        ("AAAA....", "    ^-----", ["+A@0", "-A@1.5"]),  # seen before it alone
        ("..AAAA??......", "  ^---    ", ["+A@1", "-A@2.5"]),  # another picture has something like it there
        ("..AAAAAA......", "  ^---    ", ["+A@1", "-A@3.5"]),  # or it itself
    ],
)
def test_what_is_cut_in_is_of_whom_alone_was_found_in_it(
    view_at: ViewAt, timeline: str, away: str, expected: list[str]
) -> None:
    decider = make()
    decisions = pushed(decider, view_at, large(timeline.replace("^", ".") + "." * 12), away)
    assert sorted(told([*decisions, *decider.end(Reason.SHUTDOWN)])) == expected


STANDS = Candidate("A", 0.02, box=SMALL, in_view=0.99, resting_since=1.0)


@pytest.mark.parametrize(
    ("seen", "away", "expected"),
    [
        ((STANDS,), "  ^-----  ", ["+A@1", "-A@3.5"]),
        ((STANDS,), "", []),  # it lies on the host's own table
        ((STANDS, Candidate("B", 0.0, box=THERE, in_view=0.9)), "  ^-----  ", []),  # among others
        ((replace(STANDS, box=Box(0.2, 0.1, 0.2, 0.2)),), "  ^-----  ", []),  # far away
    ],
)
def test_what_stands_still_alone_in_what_is_cut_in_is_presented(
    view_at: ViewAt, seen: tuple[Candidate, ...], away: str, expected: list[str]
) -> None:
    assert told(pushed(make(), view_at, [(), (), *[seen] * 6, *[()] * 6], away)) == expected


def test_what_was_shown_in_what_was_cut_in_is_not_put_down_by_cutting_back(view_at: ViewAt) -> None:
    lies = Candidate("A", 0.0, box=SMALL, in_view=0.0, resting_since=2.0)
    views = [(), (), *[(STANDS,)] * 6, *[(lies,)] * 6]
    assert told(pushed(make(), view_at, views, "  ^-----  ")) == ["+A@1", "-A@3.5"]


def test_what_is_cut_in_is_still_of_a_look_alike_that_gets_its_right_name(view_at: ViewAt) -> None:
    views = large("A......AAA")
    named = Lookalikes("A", 1.0, (("A", 0.0),), instead_of="A")
    views += [(Candidate("B", 0.99, box=LARGE, lookalikes=named),)] * 2 + large("." * 8)
    decisions = pushed(make(), view_at, views, ".....^-------")
    assert told(decisions) == ["+A@2.5", "-A@5", "+B@2.5", "-B@6"]


def moved(x: float) -> Box:
    return Box(HERE.x + x, HERE.y, HERE.w, HERE.h)


def sightings(*views: Mapping[str, tuple[float, Box | None]]) -> list[tuple[Candidate, ...]]:
    return [tuple(Candidate(i, p, box=box) for i, (p, box) in view.items()) for view in views]


@pytest.mark.parametrize(
    ("other", "expected"),
    [(HERE, ["+A@0"]), (THERE, ["+A@0", "+B@0"]), (None, ["+A@0", "+B@0"])],
)
def test_of_two_in_the_same_place_only_one_is_shown(view_at: ViewAt, other: Box | None, expected: list[str]) -> None:
    decider = make()
    decisions = []
    for n, ranked in enumerate(sightings(*[{"A": (0.9, HERE), "B": (0.9, other)}] * 8)):
        view = view_at(n / 2)
        decisions += decider.push(Sighting(Window(view.at, view.at, (view,)), ranked))
    assert told(decisions) == expected


def test_a_look_alike_that_takes_a_turn_now_and_then_is_not_shown(view_at: ViewAt) -> None:
    decider = make()
    decisions = []
    for n, sure in enumerate("AABABAABAABBAAAABA"):
        likely = {i: (0.8 if i == sure else 0.19, HERE) for i in "AB"}
        view = view_at(n / 2)
        decisions += decider.push(Sighting(Window(view.at, view.at, (view,)), sightings(likely)[0]))
    assert [line[:2] for line in told(decisions)] == ["+A"]


def test_an_update_tells_a_changed_confidence_and_not_more_often_than_asked(play: Play) -> None:
    assert told(play("A" * 4 + "a" * 30)) == ["+A@0", "~A@0"]
    assert told(play("A" * 60)) == ["+A@0"]


def test_a_gap_hides_all_with_its_reason_and_forgets_the_rest(play: Play) -> None:
    decider = make()
    play("XXX", decider=decider)
    ends = decider.end(Reason.STALLED)
    assert [(d.candidate.product_id, d.why) for d in ends] == [("A", Reason.STALLED), ("B", Reason.STALLED)]
    assert decider.tracked == frozenset()
    assert told(play("A", decider=decider, start=10.0)) == []
    assert decider.end(Reason.SHUTDOWN) == []


def test_a_removed_product_is_hidden_with_that_reason(play: Play) -> None:
    decider = make()
    play("AAAb", decider=decider)
    assert [d.why for d in decider.remove("A")] == [Reason.PRODUCT_REMOVED]
    assert decider.remove("B") == []
    assert decider.remove("never heard of") == []
    assert decider.tracked == frozenset()


def test_a_show_carries_the_alternatives_without_itself(play: Play) -> None:
    first = play("XX")[0]
    assert [c.product_id for c in first.alternatives] == ["B"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.text(alphabet="".join(LOOKS) + "|", max_size=80), st.integers(1, 3))
def test_shows_and_hides_always_pair_up(play: Play, timeline: str, max_shown: int) -> None:
    decider = make(max_shown=max_shown)
    decisions: list[Decision] = []
    start = 0.0
    for part in timeline.split("|"):
        decisions += play(part, decider=decider, start=start)
        decisions += decider.end(Reason.STALLED)
        start += len(part) / 2 + 1
    shown: dict[str, float] = {}
    for d in decisions:
        product_id = d.candidate.product_id
        match d.change:
            case Change.SHOWN:
                assert product_id not in shown
                shown[product_id] = d.shown_at.pts
                assert len(shown) <= max_shown
            case Change.UPDATED:
                assert product_id in shown
            case Change.HIDDEN:
                assert d.hidden_at is not None
                assert d.hidden_at.pts >= shown.pop(product_id)
                assert d.why is not None
    assert not shown
