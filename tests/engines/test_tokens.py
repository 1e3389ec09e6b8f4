"""Comparing pictures by vectors and patch tokens that are drawn by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.base import Box, Encoded, Patches
from engines.manifest import Calibration
from engines.tokens import CERTAIN, TokenMatcher, compare, share

pytestmark = pytest.mark.unit

GRID = 8
DIM = 32


def encoded(seed: int, tokens: np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None = None) -> Encoded:
    random = np.random.default_rng(seed)
    vector = random.standard_normal(DIM).astype(np.float32)
    if tokens is None:
        tokens = random.standard_normal((GRID * GRID, DIM)).astype(np.float32)
    tokens = tokens / np.linalg.norm(tokens, axis=1, keepdims=True)
    at = (np.arange(GRID) + 0.5) / GRID
    places = np.zeros((GRID * GRID, 4), np.float32)
    places[:, 0], places[:, 1], places[:, 2] = np.tile(at, GRID), np.repeat(at, GRID), 1 / GRID
    patches = Patches(tokens.astype(np.float16), places, np.zeros((0, 0, 3), np.uint8))
    return Encoded(vector / np.linalg.norm(vector), patches)


def showing(product: Encoded, *, rows: slice, columns: slice, seed: int) -> Encoded:
    """A frame of clutter with a part of the product's tokens in one corner."""
    clutter = np.random.default_rng(seed).standard_normal((GRID, GRID, DIM)).astype(np.float32)
    clutter[rows, columns] = product.patches.vectors.astype(np.float32).reshape(GRID, GRID, DIM)[rows, columns] * 6
    return encoded(seed, clutter.reshape(-1, DIM))


def test_a_picture_matches_itself_and_not_a_stranger() -> None:
    one, other = encoded(1), encoded(2)
    same, different = TokenMatcher(Calibration()).match(one, [[one], [other]])
    assert same.visual == pytest.approx(1, abs=1e-3)
    assert same.patches == pytest.approx(1, abs=1e-2)
    assert same.logit > 2
    assert different.logit < -4


def test_a_picture_whose_tokens_moved_a_little_is_the_same_and_a_stranger_is_not() -> None:
    one, other = encoded(1), encoded(2)
    noise = np.random.default_rng(3).standard_normal(one.patches.vectors.shape).astype(np.float32) * 0.003
    moved = replace(encoded(1, one.patches.vectors.astype(np.float32) + noise), embedding=one.embedding)
    matcher = TokenMatcher(Calibration())
    assert matcher.same_print(one, moved)
    assert matcher.same_print(moved, one)
    assert not matcher.same_print(one, other)


def test_the_box_lies_where_the_product_is() -> None:
    product = encoded(1)
    frame = showing(product, rows=slice(4, 8), columns=slice(0, 4), seed=9)
    [match] = TokenMatcher(Calibration()).match(frame, [[product]])
    assert match.box is not None
    assert tuple(match.box) == pytest.approx((0.0, 0.5, 0.5, 0.5), abs=0.15)
    assert match.patches > 0.8


def test_the_best_of_several_pictures_counts() -> None:
    one, other = encoded(1), encoded(2)
    [match] = TokenMatcher(Calibration()).match(one, [[other, one]])
    assert match.visual == pytest.approx(1, abs=1e-3)


def test_products_at_the_same_place_share_the_odds() -> None:
    one = encoded(1)
    alone = TokenMatcher(Calibration()).match(one, [[one]])[0].logit
    first, second = TokenMatcher(Calibration()).match(one, [[one], [one]])
    assert first.logit == pytest.approx(second.logit)
    assert first.logit < 0.1 < alone


def test_products_at_different_places_do_not_hinder_each_other() -> None:
    boxes = [Box(0.0, 0.0, 0.4, 0.4), Box(0.6, 0.6, 0.4, 0.4), None]
    assert share([3.0, 2.0, -5.0], boxes) == pytest.approx([3.0, 2.0, -5.0])


@given(st.lists(st.floats(-CERTAIN, CERTAIN), min_size=1, max_size=6))
def test_sharing_never_gives_more_than_there_was(logits: list[float]) -> None:
    shared = share(logits, [Box(0, 0, 1, 1)] * len(logits))
    assert all(after <= before + 1e-6 for before, after in zip(logits, shared, strict=True))
    total = sum(1 / (1 + np.exp(-logit)) for logit in shared)
    assert total <= 1 + len(logits) * 1 / (1 + np.exp(CERTAIN)) + 1e-6


def test_a_product_without_pictures_and_a_frame_without_patches_are_no_match() -> None:
    one = encoded(1)
    bare = Encoded(one.embedding, Patches(one.patches.vectors[:0], one.patches.places[:0], one.patches.thumb))
    matcher = TokenMatcher(Calibration())
    assert matcher.match(one, [[]])[0].box is None
    assert matcher.match(one, []) == []
    [match] = matcher.match(bare, [[one]])
    assert (match.patches, match.box) == (0.0, None)


@given(st.integers(0, 1000), st.integers(1, 40), st.integers(1, 40))
def test_a_likeness_is_a_share(seed: int, rows: int, columns: int) -> None:
    look = compare(np.random.default_rng(seed).uniform(-1, 1, (rows, columns)).astype(np.float32))
    assert 0 <= look.score <= 1
    assert len(look.found) == len(look.worth) <= min(rows, columns)
