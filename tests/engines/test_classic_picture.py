"""Pieces of a frame in a print's shape: what is said to lie wholly inside of the frame does, pixel by pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.classic.colour import CANVAS, compare, foreground, quantile, relight, thumbnail, to_lab
from engines.classic.laying import within
from engines.classic.picture import canvas_of, laid_out, seen_through

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.unit

offsets = st.floats(-20, 120)
tilts = st.floats(-0.004, 0.004)


@given(offsets, offsets, st.floats(0.2, 2), st.floats(-1.5, 1.5), tilts, tilts)
def test_within_is_what_a_laid_mask_says(x: float, y: float, scale: float, turn: float, g: float, h: float) -> None:
    across, down = scale * np.cos(turn), scale * np.sin(turn)
    onto = np.array([[across, -down, x], [down, across, y], [g, h, 1]])
    size, room = (40, 30), (100, 120, 3)
    inside = cv2.warpPerspective(
        np.full(room[:2], 255, np.uint8), onto, size[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    if within(onto, size, room):
        assert inside.min() > 200
    elif inside.min() == 255:  # only a border's width may be between the two
        wider = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 1]]) @ onto
        assert within(wider, size, (room[0] + 2, room[1] + 2)) or (onto @ [29, 39, 1])[2] <= 0.05


def packshot(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A patterned print somewhere on white paper."""
    picture = np.full((rng.integers(100, 260), rng.integers(100, 260), 3), 255, np.uint8)
    top, left = rng.integers(0, 40, 2)
    printed = picture[top : top + rng.integers(40, 120), left : left + rng.integers(40, 120)]
    printed[:] = cv2.resize(rng.integers(0, 220, (6, 6, 3), np.uint8), printed.shape[1::-1])
    return picture


def pixels(shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.array([[max(shape), 0, -0.5], [0, max(shape), -0.5], [0, 0, 1]])


def laid(rng: np.random.Generator) -> NDArray[np.float64]:
    turn, scale = rng.uniform(-0.4, 0.4), rng.uniform(0.4, 1.1)
    across, down = scale * np.cos(turn), scale * np.sin(turn)
    return np.array([[across, -down, rng.uniform(-0.1, 0.4)], [down, across, rng.uniform(-0.1, 0.4)], [0.1, -0.1, 1]])


@given(st.integers(0, 10_000))
def test_a_canvas_cut_to_its_print_is_compared_as_the_whole_picture_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture, thumb, onto = packshot(rng), rng.integers(0, 255, (120, 200, 3), np.uint8), laid(rng)
    thumb = np.asarray(cv2.blur(thumb, (9, 9)), np.uint8)
    whole = thumbnail(picture, CANVAS)
    mask, back = foreground(whole), pixels(thumb.shape) @ onto @ np.linalg.inv(pixels(whole.shape))
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = whole.shape[1::-1]
    seen = cv2.warpPerspective(thumb, back, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpPerspective(np.full(thumb.shape[:2], 255, np.uint8), back, size, flags=how)
    old = compare(to_lab(np.asarray(seen, np.uint8)), to_lab(whole), mask & (inside > 200))
    canvas = canvas_of(picture)
    part, covered = seen_through(canvas, onto, thumb)
    assert compare(part, canvas.lab, covered) == pytest.approx(old, abs=0.01)
    assert abs(int(covered.sum()) - int((mask & (inside > 200)).sum())) <= 2  # a pixel at the border of the frame


@given(st.integers(0, 10_000))
def test_a_print_laid_on_itself_is_itself(seed: int) -> None:
    canvas = canvas_of(packshot(np.random.default_rng(seed)))
    lab, covered = laid_out(canvas, np.eye(3), canvas)
    assert lab[covered] == pytest.approx(canvas.lab[covered], abs=1e-3)
    assert (covered == canvas.mask).all()


@given(st.floats(0, 1), st.integers(1, 40))
def test_a_quantile_is_numpy_s(share: float, count: int) -> None:
    values = np.random.default_rng(count).normal(size=count).astype(np.float32)
    assert quantile(share, values) == pytest.approx(float(np.quantile(values, share)), abs=1e-5)


@given(st.integers(0, 10_000))
def test_light_is_taken_as_numpy_takes_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seen, true = (rng.uniform((0, -60, -60), (100, 60, 60), (30, 40, 3)).astype(np.float32) for _ in range(2))
    seen[..., 0] *= rng.uniform(0, 1)
    mask = rng.random((30, 40)) < 0.8
    spread = np.clip(true[mask][:, 0].std() / max(seen[mask][:, 0].std(), 2), 0.5, 2)
    lit = relight(seen, true, mask)
    brightness = (seen[..., 0] - seen[mask][:, 0].mean()) * spread + true[mask][:, 0].mean()
    assert lit[..., 0] == pytest.approx(brightness, abs=1e-3)
    cast = np.clip(np.median((true - seen)[mask][:, 1:], axis=0), -12, 12)
    assert lit[..., 1:] == pytest.approx(seen[..., 1:] + cast, abs=1e-3)
