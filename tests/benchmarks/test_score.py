"""The score, drawn as timelines: `A` is product A in view or told, `.` nothing; one character is half a second."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.score import Span, Zero, match, read_spans, score, wrong_seconds
from benchmarks.liveshop.truth import Shown, Truth
from tests.drawn import HOP_S, pieces

pytestmark = pytest.mark.unit

UNLISTED = "X"


def truth(line: str) -> Truth:
    shown = tuple(Shown(i, i, i != UNLISTED, start, stop, 0.0) for i, start, stop in pieces(line))
    return Truth("drawn", 0, len(line) * HOP_S, shown)


def told(line: str, late_s: float = 1.0) -> list[Span]:
    return [Span(i, start, stop, late_s) for i, start, stop in pieces(line)]


def test_what_is_told_as_it_was_scores_one() -> None:
    line = "..AAAAAA....BBBBBB.."
    result = score(truth(line), told(line))
    assert (result.f1, result.precision, result.recall, result.wrong_product_s) == (1, 1, 1, 0)
    assert result.onset_delay_s == 1.0
    assert (result.products, result.products_found) == (2, 2)


def test_both_ends_must_be_within_tolerance() -> None:
    shown = truth("..AAAAAA....")
    assert score(shown, told("....AAAA....")).f1 == 1
    assert score(shown, told(".....AAA....")).f1 == 0
    assert score(shown, told("..AAAAAAAAA.")).f1 == 0
    assert score(shown, told("..AAAAAAAAA."), tolerance_s=3.0).f1 == 1


def test_a_look_alike_told_instead_is_both_missed_and_wrong() -> None:
    result = score(truth("..AAAAAA...."), told("..BBBBBB...."))
    assert (result.f1, result.wrong_product_s) == (0, 3.0)
    assert [row.span for row in result.rows] == [None]
    assert len(result.stray) == 1


def test_an_introduction_told_in_two_halves_is_one_wrong_span_and_a_flap() -> None:
    result = score(truth("..AAAAAAAAAA.."), told("..AAAA..AAAA.."))
    assert (result.recall, result.flaps, result.wrong_product_s) == (0, 1, 0)


def test_an_event_for_a_product_in_no_catalogue_is_counted_apart() -> None:
    shown = truth("..XXXXXX......AAAAAA..")
    left_alone = score(shown, told("..............AAAAAA.."))
    assert (left_alone.f1, left_alone.unknown_shown, left_alone.products) == (1, 0, 1)
    fooled = score(shown, told("..BBBBBB......AAAAAA.."))
    assert (fooled.precision, fooled.unknown_shown, fooled.wrong_product_s) == (0.5, 1, 3.0)


def test_nothing_to_tell_and_nothing_told_is_right() -> None:
    assert score(truth("........"), []).f1 == 1
    assert score(truth("........"), told("..AA....")).f1 == 0
    assert score(truth("..AAAA.."), []).onset_delay_s is None


def test_the_same_product_twice_is_two_introductions() -> None:
    line = "..AAAAAA........AAAAAA.."
    assert score(truth(line), told(line)).f1 == 1
    assert score(truth(line), told("..AAAAAA................")).recall == 0.5


def test_a_span_near_two_introductions_leaves_each_its_own() -> None:
    """The nearest pair first would give the first span to the second introduction, and leave two alone."""
    asked = truth("A.A").shown
    spans = [Span(s.product_id, s.shown_at + 0.75, s.hidden_at + 0.75, 1.0) for s in asked]
    assert match(asked, spans, 1.0) == {0: spans[0], 1: spans[1]}


def test_seconds_beyond_the_tolerance_count_as_wrong() -> None:
    shown = truth("....AAAA........")
    assert wrong_seconds(shown.shown, told("....AAAAAAAA....")[0], 1.0) == 1.0
    assert wrong_seconds(shown.shown, told("AAAAAAAA........")[0], 1.0) == 1.0


def event(kind: str, product: str, shown: float, hidden: float | None, published: float, zero: float = 1000.0) -> str:
    def moment(at: float) -> dict[str, object]:
        stamp = datetime.fromtimestamp(zero + at, UTC).isoformat()
        return {"pts": at - 2.0, "utc": stamp, "wall": datetime.fromtimestamp(5000 + at, UTC).isoformat()}

    data: dict[str, object] = {"product_id": product, "state": kind, "shown_at": moment(shown), "confidence": 0.99}
    data["hidden_at"] = None if hidden is None else moment(hidden)
    time = datetime.fromtimestamp(5000 + published, UTC).isoformat()
    return json.dumps({"type": f"nowshowing.product.{kind}.v1", "time": time, "data": data, "id": "x"})


def test_program_date_time_places_events_of_a_viewer_who_joined_late() -> None:
    lines = [event("shown", "A", 5.0, None, 6.2), event("hidden", "A", 5.0, 9.0, 11.0)]
    (span,) = read_spans(lines, 60.0, Zero(utc=1000.0))
    assert (span.shown_at, span.hidden_at) == (5.0, 9.0)
    assert (span.told_after_s, span.hidden_after_s) == pytest.approx((1.2, 2.0))
    assert span.confidence == 0.99
    (span,) = read_spans(lines, 60.0, Zero(pts=-2.0))
    assert (span.shown_at, span.hidden_at) == (5.0, 9.0)


def of_group(line: str, *others: str, reason: str | None = None) -> str:
    """The same event of one of several look-alikes, where nobody has said which."""
    told = json.loads(line)
    more = {"undecided": True, "alternatives": [{"product_id": i} for i in others], "reason": reason}
    return json.dumps(told | {"data": told["data"] | more})


def test_one_of_a_group_is_told_as_what_it_could_be() -> None:
    lines = [of_group(event("shown", "A", 5.0, None, 6.0), "B"), of_group(event("hidden", "A", 5.0, 9.0, 10.0), "B")]
    assert [(span.product_id, span.could_be) for span in read_spans(lines, 60.0, Zero(utc=1000.0))] == [("A", ("B",))]


def test_a_group_whose_member_is_said_is_that_member() -> None:
    right = [of_group(event("shown", "A", 5.0, None, 6.0), "B"), event("updated", "A", 5.0, None, 8.0)]
    assert [(span.product_id, span.could_be) for span in read_spans(right, 60.0, Zero(utc=1000.0))] == [("A", ())]
    mistaken = of_group(event("hidden", "A", 5.0, 8.0, 8.0), "B", reason="mistaken")
    taken_back = [right[0], mistaken, event("shown", "B", 5.0, None, 8.0), event("hidden", "B", 5.0, 9.0, 10.0)]
    assert [(span.product_id, span.shown_at) for span in read_spans(taken_back, 60.0, Zero(utc=1000.0))] == [
        ("B", 5.0)
    ]


def test_a_shown_without_its_hidden_lasts_to_the_end() -> None:
    (span,) = read_spans([event("shown", "A", 5.0, None, 6.0)], 60.0, Zero(utc=1000.0))
    assert (span.hidden_at, span.hidden_after_s) == (60.0, None)


def test_status_and_updates_are_passed_by() -> None:
    status = {"type": "nowshowing.stream.status.v1", "time": "2026-01-01T00:00:00Z", "data": {"state": "live"}}
    lines = [json.dumps(status), event("updated", "A", 5.0, None, 6.0)]
    assert read_spans(lines, 60.0, Zero()) == []


@pytest.mark.parametrize("line", ["", "{", '{"type": "x"}', '{"type": 1, "time": "yesterday", "data": {}}'])
def test_a_line_that_is_no_event_is_named(line: str) -> None:
    with pytest.raises(WorldError, match="line 1"):
        read_spans([line], 60.0, Zero())


LINES = st.text(alphabet="ABX.", min_size=1, max_size=60)


@given(LINES, LINES)
def test_each_span_and_each_introduction_counts_once(real: str, said: str) -> None:
    asked = [shown for shown in truth(real).shown if shown.listed]
    spans = told(said)
    pairs = match(asked, spans, 1.0)
    assert len({id(span) for span in pairs.values()}) == len(pairs)
    result = score(truth(real), spans)
    assert 0 <= result.f1 <= 1
    assert len(result.stray) + len(pairs) == len(spans)
    assert 0 <= result.wrong_product_s <= sum(span.hidden_at - span.shown_at for span in spans)


@given(LINES)
def test_the_truth_told_in_full_is_never_wrong(real: str) -> None:
    listed = real.replace(UNLISTED, ".")
    result = score(truth(real), told(listed))
    assert (result.f1, result.wrong_product_s, result.unknown_shown) == (1, 0, 0)
