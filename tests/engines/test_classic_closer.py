"""A second look at a small place: patches of its own, where they lie in the frame, and nothing where nothing is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.base import Box, Encoded, Image, Patches
from engines.classic import ClassicEncoder, ClassicMatcher
from engines.classic.closer import AREA, Closer, in_frame, onto_frame, whole
from engines.classic.geometry import project

pytestmark = pytest.mark.unit


def front(seed: int) -> Image:
    rng = np.random.default_rng(seed)
    face = np.full((420, 300, 3), rng.integers(190, 245, 3), np.uint8)
    for _ in range(24):
        x, y, w, h = (int(v) for v in rng.integers((10, 90, 12, 12), (230, 340, 60, 60)))
        cv2.rectangle(face, (x, y, w, h), tuple(int(c) for c in rng.integers(0, 220, 3)), -1)
    brand = "".join(chr(65 + int(letter)) for letter in rng.integers(0, 26, 5))
    cv2.putText(face, brand, (20, 70), cv2.FONT_HERSHEY_DUPLEX, 2.4, (20, 20, 60), 6, cv2.LINE_AA)
    return face


def room(face: Image, height: int, left: int, top: int) -> Image:
    """The front, so many pixels high, in a room of 640 x 360."""
    rng = np.random.default_rng(7)
    frame = cv2.resize(rng.integers(60, 200, (9, 16, 3)).astype(np.uint8), (640, 360), interpolation=cv2.INTER_CUBIC)
    for _ in range(60):
        x, y, w, h = (int(v) for v in rng.integers((0, 0, 8, 8), (600, 330, 90, 70)))
        cv2.rectangle(frame, (x, y, w, h), tuple(int(c) for c in rng.integers(0, 255, 3)), 2)
    width = round(height * 300 / 420)
    frame[top : top + height, left : left + width] = cv2.resize(face, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(frame, np.uint8)


def encode(image: Image) -> Encoded:
    return ClassicEncoder().encode([image])[0]


def without_picture(frame: Encoded) -> Encoded:
    patches = frame.patches
    return Encoded(frame.embedding, Patches(patches.vectors, patches.places, patches.thumb))


def test_a_small_product_is_surer_when_it_is_looked_at_again() -> None:
    catalogue = [(encode(front(seed)),) for seed in range(6)]
    frame = encode(room(front(3), 70, 300, 140))
    again, once = (ClassicMatcher().match(one, catalogue) for one in (frame, without_picture(frame)))
    assert again[3].logit > max(once[3].logit, 0) + 0.5
    assert all(found.logit < -1 for place, found in enumerate(again) if place != 3)
    box = again[3].box
    assert box is not None
    assert (box.x, box.y, box.w, box.h) == pytest.approx((300 / 640, 140 / 360, 50 / 640, 70 / 360), abs=0.02)


def test_what_fills_much_of_the_frame_is_looked_at_once() -> None:
    catalogue = [(encode(front(3)),)]
    frame = encode(room(front(3), 340, 200, 10))
    (again,), (once,) = (ClassicMatcher().match(one, catalogue) for one in (frame, without_picture(frame)))
    assert (again.patches, again.box) == (once.patches, once.box)  # the same fit
    assert again.logit == pytest.approx(once.logit, abs=0.5)  # the trained eye sees the source's own pixels


@settings(max_examples=12, deadline=None)
@given(
    x=st.floats(-0.3, 1.2),
    y=st.floats(-0.3, 1.2),
    w=st.floats(0.001, 1.5),
    h=st.floats(0.001, 1.5),
    tall=st.booleans(),
)
def test_a_place_lies_within_the_frame_and_is_no_larger_than_is_looked_at(
    x: float, y: float, w: float, h: float, tall: bool
) -> None:
    frame = room(front(1), 200, 100, 100)
    scene = Closer().look(np.ascontiguousarray(frame.transpose(1, 0, 2)) if tall else frame, Box(x, y, w, h))
    if scene is None:
        return
    assert min(scene.window.x, scene.window.y) >= 0
    assert max(scene.window.x + scene.window.w, scene.window.y + scene.window.h) <= 1 + 1e-9
    height, width = scene.patches.thumb.shape[:2]
    assert height * width <= AREA * 1.05


def test_positions_seen_again_are_told_in_the_frame() -> None:
    frame = whole(encode(room(front(1), 200, 100, 100)).patches)
    scene = Closer().look(room(front(1), 200, 100, 100), Box(0.25, 0.25, 0.25, 0.5))
    assert scene is not None
    assert in_frame(Box(0, 0, 1, 1), scene.window) == pytest.approx(scene.window)
    corner = np.array([scene.plane.shape], np.float64)
    laid = project(onto_frame(np.eye(3), scene, frame.plane), corner)[0] / frame.plane.shape
    assert laid == pytest.approx((scene.window.x + scene.window.w, scene.window.y + scene.window.h), abs=0.01)


def test_a_place_of_a_few_pixels_is_not_looked_at() -> None:
    assert Closer().look(room(front(1), 200, 100, 100), Box(0.5, 0.5, 0.005, 0.005)) is None
