"""The fit of the classic engine's odds: it weighs as the engine does, it finds a minimum, it can be done again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.classic_calibration import as_sure_as_right, chances, descend, equal_say, fit, loss, slope, table
from benchmarks.classic_evidence import FEATURES, Sample
from engines.classic.calibration import WEIGHTS, Rivalry, nobody, shared

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.unit


def sample(seed: int, candidates: int) -> Sample:
    rng = np.random.default_rng(seed)
    look, prints, sight = rng.normal(0, 0.2, (3, candidates, candidates))
    contest = rng.random((candidates, candidates)) < 0.5
    return Sample(
        np.arange(candidates) == rng.integers(0, candidates + 1),
        np.column_stack([rng.random((candidates, FEATURES - 1)), np.ones(candidates)]),
        Rivalry(
            contest | contest.T | np.eye(candidates, dtype=np.bool_),
            look - look.T,
            prints - prints.T,
            sight - sight.T,
        ),
    )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), candidates=st.integers(1, 6))
def test_the_fit_weighs_evidence_as_the_engine_does(seed: int, candidates: int) -> None:
    one, weights = sample(seed, candidates), np.array(WEIGHTS)
    odds = shared(one.evidence @ weights[:FEATURES], one.rivalry)
    chance = chances(weights, table([(1.0, [one])]))[0, :candidates]
    assert chance == pytest.approx(1 / (1 + np.exp(-odds)), abs=4e-4)  # odds are cut where nothing was measured


def test_what_pads_a_sample_does_not_count() -> None:
    small, weights = sample(3, 2), np.array(WEIGHTS)
    alone = table([(1.0, [small])])
    assert alone.there.sum() == 2
    garbage = alone._replace(evidence=np.where(alone.there[:, :, None], alone.evidence, 7.0))
    assert loss(weights, garbage) == loss(weights, alone)


def test_a_descent_ends_where_no_step_is_better_and_ends_there_again() -> None:
    def valley(at: NDArray[np.float64]) -> float:
        return float(100 * (at[1] - at[0] ** 2) ** 2 + (1 - at[0]) ** 2)

    end = descend(valley, np.array([-1.2, 1.0]))
    assert end == pytest.approx([1, 1], abs=1e-3)
    assert np.abs(slope(valley, end)).max() < 1e-3
    assert np.array_equal(end, descend(valley, np.array([-1.2, 1.0])))


def test_a_fit_to_verdicts_of_the_engine_explains_them_better_than_the_start() -> None:
    samples = [sample(seed, 4) for seed in range(60)]
    judged = [one._replace(right=one.evidence[:, 0] > 0.6) for one in samples]
    data, start = table([(1.0, judged)]), np.array(WEIGHTS)
    fitted = fit(data)
    assert loss(fitted, data) < 0.7 * loss(start, data)
    assert fitted[0] > np.abs(fitted[1:8]).max()  # what the truth hangs on weighs most


def test_two_witnesses_of_a_duel_move_it_as_far() -> None:
    data = table([(1.0, [sample(seed, 4) for seed in range(30)])])
    weights = fit(data)
    duel, sight = weights[FEATURES], weights[FEATURES + 2]
    assert sight == pytest.approx(duel * equal_say(data))
    larger = data._replace(sight=3 * data.sight)
    assert fit(larger)[FEATURES + 2] == pytest.approx(sight / 3, rel=0.02)  # whatever it is measured in


@settings(max_examples=10, deadline=None)
@given(doubt=st.floats(0.3, 3.0), more=st.floats(-2.0, 2.0))
def test_certainty_is_what_the_samples_bear_out_and_the_order_stays(doubt: float, more: float) -> None:
    samples = [sample(seed, 4) for seed in range(200)]
    true = np.array([*WEIGHTS[:-2], doubt, more])
    rng = np.random.default_rng(1)
    chance = chances(true, table([(1.0, samples)]))
    data = table(
        [(1.0, [one._replace(right=rng.random(4) < row[:4]) for one, row in zip(samples, chance, strict=True)])]
    )
    told = as_sure_as_right(np.array(WEIGHTS), data)
    assert told[:-2].tolist() == list(WEIGHTS[:-2])
    said, chance = chances(told, data)[:, :4], chance[:, :4]
    assert said.mean() == pytest.approx(data.right[:, :4].mean(), abs=0.01)
    higher = chance[:, :, None] > chance[:, None, :] + 1e-6
    assert np.all((said[:, :, None] >= said[:, None, :])[higher])


def test_a_sample_without_candidates_changes_nothing_but_its_set_s_share() -> None:
    nothing = Sample(np.zeros(0, np.bool_), np.zeros((0, FEATURES)), nobody(0))
    data = table([(1.0, [sample(1, 3), nothing])])
    assert data.worth.tolist() == [0.5]
