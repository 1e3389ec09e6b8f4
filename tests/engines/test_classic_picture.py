"""Pieces of a frame in a print's shape: what is said to lie wholly inside of the frame does, pixel by pixel."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.classic.colour import relight
from engines.classic.laying import within

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
