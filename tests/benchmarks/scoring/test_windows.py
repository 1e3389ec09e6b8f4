"""The window level and calibration: hand-made rankings with known answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.liveshop.scoring.calibration import Claim, calibration
from benchmarks.liveshop.scoring.judged import Ranking
from benchmarks.liveshop.scoring.measure import measure

if TYPE_CHECKING:
    from tests.drawn import Draw

pytestmark = pytest.mark.unit

TRUTH = "....AAAAAAAA...."  # presented from 2 s to 6 s


def ranking(at: float, letters: str, probability: float = 0.9, main: str | None = None) -> Ranking:
    ranked = tuple((letter, probability / 2**i) for i, letter in enumerate(letters))
    alone = None if main is None else tuple((letter, 1.0) for letter in main)
    return Ranking(at, ranked, alone)


def test_hits_are_counted_in_windows_that_close_within_an_introduction(draw: Draw) -> None:
    windows = [ranking(1.0, "B"), ranking(2.0, "A"), ranking(3.0, "BA"), ranking(4.0, "BCDEFGA"), ranking(7.0, "B")]
    found = measure([draw.live(TRUTH, "", *windows)]).all_images
    assert found.windows == 3
    assert (found.rank1, found.rank5, found.rank10) == pytest.approx((1 / 3, 2 / 3, 1))


def test_a_window_that_ranks_nothing_is_a_miss(draw: Draw) -> None:
    assert measure([draw.live(TRUTH, "", Ranking(3.0, ()))]).all_images.rank10 == 0


def test_any_of_several_products_presented_is_a_hit(draw: Draw) -> None:
    truth = draw.truth("..AAAAAA..", "....BBBB..")
    windows = (ranking(1.5, "BA"), ranking(3.0, "BA"))
    found = measure([draw.live(truth, (), *windows)])
    assert (found.all_images.windows, found.all_images.rank1) == (2, 0.5)
    assert [(row.product_id, row.windows, row.hits[0]) for row in found.rows] == [("A", 2, 1), ("B", 1, 1)]


def test_main_images_are_counted_where_they_were_asked(draw: Draw) -> None:
    assert measure([draw.live(TRUTH, "", ranking(3.0, "A"))]).main_image is None
    windows = [ranking(3.0, "A", main="BA"), ranking(4.0, "A", main="A"), ranking(5.0, "A")]
    found = measure([draw.live(TRUTH, "", *windows)]).main_image
    assert found is not None
    assert (found.windows, found.rank1, found.rank5) == (2, 0.5, 1)


def test_a_products_windows_split_by_attribute_are_its_introductions(draw: Draw) -> None:
    found = measure([draw.live(TRUTH, "", ranking(3.0, "A"), ranking(4.0, "B"), ranking(7.0, "B"))])
    assert {group.all_images.rank1 for group in found.groups} == {0.5}


def test_calibration_asks_whether_the_first_product_is_presented(draw: Draw) -> None:
    windows = [ranking(1.0, "A", 0.25), ranking(3.0, "A", 0.95), ranking(4.0, "B", 0.65), Ranking(5.0, ())]
    found = measure([draw.live(TRUTH, "", *windows)])
    assert found.calibration is not None
    assert [(one.count, one.confidence, one.right) for one in found.calibration.bins] == [
        (1, 0.25, 0), (1, 0.65, 0), (1, 0.95, 1),
    ]  # fmt: skip
    assert found.calibration.ece == pytest.approx((0.25 + 0.65 + 0.05) / 3)
    assert found.ece_presented == pytest.approx((0.65 + 0.05) / 2)


def test_the_curve_says_what_abstaining_buys(draw: Draw) -> None:
    windows = [
        ranking(3.0, "A", 0.95),
        ranking(4.0, "A", 0.8),
        ranking(1.0, "A", 0.7),
        ranking(5.0, "B", 0.6),
        Ranking(6.0, ()),
    ]
    found = measure([draw.live(TRUTH, "", *windows)]).calibration
    assert found is not None
    points = [(point.threshold, point.precision, point.coverage) for point in found.curve]
    assert points == [(0.95, 1, 0.25), (0.8, 1, 0.5), (0.7, pytest.approx(2 / 3), 0.5), (0.6, 0.5, 0.75)]


def test_figures_that_are_no_probabilities_are_not_calibrated(draw: Draw) -> None:
    found = measure([draw.live(TRUTH, "", ranking(3.0, "A", 7.0))], calibrated=False)
    assert (found.calibration, found.ece_presented, found.all_images.rank1) == (None, None, 1)


def test_events_that_carry_a_confidence_are_calibrated_too(draw: Draw) -> None:
    told = draw.told("....AAAAAAAA....", confidence=0.9)
    found = measure([draw.live(TRUTH, told)]).events_calibration
    assert found is not None
    assert found.count == 1
    assert found.ece == pytest.approx(0.1)
    assert measure([draw.live(TRUTH, TRUTH)]).events_calibration is None


CLAIMS = st.lists(st.builds(Claim, st.floats(0, 1), st.booleans(), st.just(value=True)), max_size=300)


@given(CLAIMS)
def test_bins_hold_every_claim_once_and_the_curve_ends_with_all_told(claims: list[Claim]) -> None:
    found = calibration(claims, len(claims))
    assert sum(one.count for one in found.bins) == len(claims)
    assert all(
        one.low <= one.confidence <= one.high or one.confidence == pytest.approx(one.low) for one in found.bins
    )
    if claims:
        assert found.ece is not None
        assert 0 <= found.ece <= 1
        assert found.curve[-1].coverage == 1
        assert found.curve[-1].precision == pytest.approx(sum(claim.right for claim in claims) / len(claims))
        coverages = [point.coverage for point in found.curve]
        assert coverages == sorted(coverages)
    assert len(found.curve) <= 101
