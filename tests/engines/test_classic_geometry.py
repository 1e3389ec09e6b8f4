"""The map that most pairs agree with, told quickly: the same as pair by pair."""

from __future__ import annotations

import cmath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.classic.geometry import ENOUGH, NEAR, PROPOSERS, SLACK, TURN, ZOOM, Layout, Pairs, propose

pytestmark = pytest.mark.unit

SHAPE = (1.0, 1.0)


def scattered(rng: np.random.Generator, count: int) -> Layout:
    at = (rng.random(count) + 1j * rng.random(count)).astype(np.complex64)
    size, angle = rng.uniform(0.01, 0.1, count), rng.uniform(0, 6.2, count)
    return Layout(at, size.astype(np.float32), angle.astype(np.float32), SHAPE)


def laid(rng: np.random.Generator, print_: Layout, right: int) -> Layout:
    """A frame whose first patches are the print's, turned, scaled and a little off; the rest is chance."""
    turn, scale = rng.uniform(-3, 3), rng.uniform(0.2, 2)
    other = scattered(rng, len(print_.at))
    off = rng.normal(0, 0.004, (right, 2)) @ [1, 1j]
    other.at[:right] = cmath.rect(scale, turn) * print_.at[:right] + 0.2j + off
    other.size[:right] = scale * print_.size[:right]
    other.angle[:right] = print_.angle[:right] + turn + rng.normal(0, 0.1, right)
    return other


def agreed(frame: Layout, print_: Layout, by: int, asked: int) -> bool:
    """Does one pair agree with what another says of the print's place?"""
    factors = [cmath.rect(frame.size[n] / print_.size[n], frame.angle[n] - print_.angle[n]) for n in (by, asked)]
    way = complex(print_.at[asked] - print_.at[by])
    off = abs(complex(frame.at[by]) + factors[0] * way - complex(frame.at[asked]))
    apart = factors[1] / factors[0]
    return bool(
        off < abs(factors[0]) * (NEAR + SLACK * abs(way))
        and abs(cmath.phase(apart)) < TURN
        and abs(np.log(abs(apart))) < ZOOM
    )


@given(st.integers(0, 10_000))
@settings(derandomize=True)  # a pair on the very edge may fall either way
def test_the_best_supported_map_is_the_one_that_pair_by_pair_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(ENOUGH, 2 * PROPOSERS))
    print_ = scattered(rng, count)
    frame = laid(rng, print_, int(rng.integers(0, min(count, 30))))
    rows, worth = np.arange(count, dtype=np.intp), rng.random(count).astype(np.float32)
    told = np.array([[agreed(frame, print_, by, n) for n in range(count)] for by in range(min(count, PROPOSERS))])
    support = told @ worth
    found = propose(frame, print_, Pairs(rows, rows, worth))
    if found is None:
        assert np.count_nonzero(told[support.argmax()]) < ENOUGH
    else:
        assert found.support == pytest.approx(float(support.max()), abs=1e-3)
        assert np.count_nonzero(found.agree) >= ENOUGH
