"""The classic engine on printed packages made on the spot: found where they are, told apart, not made up."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.base import Box, Encoded, Image, Match
from engines.classic import CLASSIC_INFO, ClassicEncoder, ClassicMatcher, classic_hash

pytestmark = pytest.mark.unit

Colour = tuple[int, int, int]
RED, BLUE, GREEN = (200, 40, 40), (40, 70, 200), (40, 150, 70)


def package(seed: int, band: Colour = RED, flavour: str = "CHERRY") -> Image:
    """The front of a package: a brand, a graphic, small print; siblings differ in `band` and `flavour`."""
    rng = np.random.default_rng(seed)
    face = np.full((400, 280, 3), rng.integers(190, 245, 3), np.uint8)
    for _ in range(26):
        centre, size = rng.integers((20, 100), (260, 250)), int(rng.integers(6, 28))
        colour = tuple(int(c) for c in rng.integers(0, 220, 3))
        if rng.random() < 0.5:
            cv2.circle(face, (int(centre[0]), int(centre[1])), size, colour, -1)
        else:
            cv2.rectangle(face, (int(centre[0]), int(centre[1]), size, 2 * size), colour, -1)
    brand = "".join(chr(65 + int(letter)) for letter in rng.integers(0, 26, 5))
    cv2.putText(face, brand, (24, 70), cv2.FONT_HERSHEY_DUPLEX, 2.2, (20, 20, 60), 5, cv2.LINE_AA)
    cv2.rectangle(face, (0, 270, 280, 62), band, -1)
    cv2.putText(face, flavour, (20, 315), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (255, 255, 255), 3, cv2.LINE_AA)
    for line in range(3):
        text = "".join(chr(97 + int(letter)) for letter in rng.integers(0, 26, 22))
        cv2.putText(face, text, (14, 352 + 16 * line), cv2.FONT_HERSHEY_PLAIN, 0.9, (30, 30, 30), 1, cv2.LINE_AA)
    return face


def packshot(face: Image) -> Image:
    return cv2.copyMakeBorder(face, 30, 30, 90, 90, cv2.BORDER_CONSTANT, value=(255, 255, 255)).astype(np.uint8)


def clutter(seed: int) -> Image:
    rng = np.random.default_rng(seed)
    room = cv2.resize(rng.integers(60, 200, (9, 16, 3)).astype(np.uint8), (640, 360), interpolation=cv2.INTER_CUBIC)
    for _ in range(70):
        x, y, w, h = (int(v) for v in rng.integers((0, 0, 8, 8), (620, 340, 90, 70)))
        cv2.rectangle(room, (x, y, w, h), tuple(int(c) for c in rng.integers(0, 255, 3)), int(rng.choice([-1, 2])))
    return room.astype(np.uint8)


def held(
    face: Image, turn: float = 0.0, height: float = 220, at: tuple[float, float] = (330, 180)
) -> tuple[Image, Box]:
    """The package before clutter, and the box it fills."""
    scale = height / face.shape[0]
    lay = cv2.getRotationMatrix2D((face.shape[1] / 2, face.shape[0] / 2), turn, scale)
    lay[:, 2] += np.array(at) - (face.shape[1] / 2, face.shape[0] / 2)
    frame = clutter(5)
    cover = cv2.warpAffine(np.full(face.shape[:2], 255, np.uint8), lay, (640, 360))
    laid = cv2.warpAffine(face, lay, (640, 360), flags=cv2.INTER_AREA)
    frame[cover > 127] = laid[cover > 127]
    x, y, w, h = cv2.boundingRect((cover > 127).astype(np.uint8))
    return frame, Box(x / 640, y / 360, w / 640, h / 360)


@cache
def encoder() -> ClassicEncoder:
    return ClassicEncoder()


def encode(image: Image) -> Encoded:
    return encoder().encode([image])[0]


@cache
def shelf() -> tuple[tuple[Encoded, ...], ...]:
    return tuple((encode(packshot(package(seed))),) for seed in range(8))


def match(frame: Image, *more: Image) -> list[Match]:
    return ClassicMatcher().match(encode(frame), [*shelf(), *((encode(packshot(face)),) for face in more)])


def overlap(one: Box, two: Box) -> float:
    w = min(one.x + one.w, two.x + two.w) - max(one.x, two.x)
    h = min(one.y + one.h, two.y + two.h) - max(one.y, two.y)
    shared = max(w, 0) * max(h, 0)
    return shared / (one.w * one.h + two.w * two.h - shared)


def same(one: Encoded, two: Encoded) -> bool:
    return (
        np.array_equal(one.embedding, two.embedding)
        and np.array_equal(one.patches.vectors, two.patches.vectors)
        and np.array_equal(one.patches.places, two.patches.places)
        and np.array_equal(one.patches.thumb, two.patches.thumb)
    )


@pytest.mark.parametrize(("turn", "height"), [(0, 220), (15, 180), (-35, 240), (180, 200), (8, 340), (0, 140)])
def test_a_package_turned_and_scaled_before_clutter_is_found_with_its_box(turn: float, height: float) -> None:
    frame, box = held(package(3), turn, height)
    found = match(frame)
    assert max(range(8), key=lambda i: found[i].logit) == 3
    assert found[3].logit > 1
    assert found[3].box is not None
    assert overlap(found[3].box, box) > 0.8
    assert all(other.logit < -1 for i, other in enumerate(found) if i != 3)


def test_a_package_behind_a_hand_and_half_out_of_the_picture_is_still_found() -> None:
    frame, _ = held(package(2), 10, 260, at=(600, 190))
    frame[150:230, 540:585] = (220, 170, 140)
    found = match(frame)
    assert max(range(8), key=lambda i: found[i].logit) == 2
    box = found[2].box
    assert box is not None
    assert box.x + box.w <= 1
    assert box.y + box.h <= 1


@pytest.mark.parametrize("shown", [0, 1])
def test_siblings_are_told_apart_and_never_both_certain(shown: int) -> None:
    family = [package(4, RED, "CHERRY"), package(4, BLUE, "MYRTLE")]
    frame, _ = held(family[shown], 6, 200)
    frame = np.clip(frame * 0.75 + 8, 0, 255).astype(np.uint8)  # the host's lamp is not the packshot's
    found = ClassicMatcher().match(encode(frame), [(encode(packshot(face)),) for face in family])
    assert found[shown].logit > found[1 - shown].logit + 1
    assert not all(match.logit > 0 for match in found)


def test_a_printed_object_of_no_catalogue_is_not_named() -> None:
    for seed in (101, 102, 103):
        assert all(found.logit < 0 for found in match(held(package(seed), 5, 240)[0]))


def test_clutter_alone_is_not_named() -> None:
    assert all(found.logit < -1 for found in match(clutter(9)))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((360, 640, 3), np.uint8),
        np.full((64, 64, 3), 255, np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((1, 900, 3), np.uint8),
        np.random.default_rng(1).integers(0, 256, (360, 640, 3)).astype(np.uint8),
        np.zeros((2400, 3000, 3), np.uint8),
    ],
    ids=["black", "white", "one pixel", "no pixel", "a line", "noise", "huge"],
)
def test_pictures_of_nothing_give_empty_but_valid_results(image: Image) -> None:
    encoded = encode(image)
    assert encoded.embedding.shape == (CLASSIC_INFO.dim,)
    assert np.linalg.norm(encoded.embedding) == pytest.approx(1, abs=1e-4)
    assert encoded.patches.vectors.shape == (len(encoded.patches.places), CLASSIC_INFO.patch_dim)
    assert encoded.patches.vectors.dtype == np.float16
    assert all(found.logit < -1 for found in match(image))
    assert len(ClassicMatcher().match(shelf()[0][0], [(encoded,), ()])) == 2


def test_no_candidates_no_results() -> None:
    assert ClassicMatcher().match(shelf()[0][0], []) == []


def test_a_row_in_a_batch_equals_the_row_alone_and_a_second_run_the_first() -> None:
    images = [packshot(package(1)), clutter(2), np.zeros((20, 30, 3), np.uint8)]
    batch = encoder().encode(images)
    assert all(same(row, encode(image)) for row, image in zip(batch, images, strict=True))
    assert all(same(row, again) for row, again in zip(batch, ClassicEncoder().encode(images), strict=True))


def test_what_a_matcher_met_before_does_not_change_its_answer() -> None:
    frame = encode(held(package(4), 6, 200)[0])
    family = [(encode(packshot(package(4))),), (encode(packshot(package(4, GREEN, "APPLE"))),)]
    used = ClassicMatcher()
    first = used.match(frame, family)
    used.match(encode(clutter(3)), shelf())
    assert used.match(frame, family) == first == ClassicMatcher().match(frame, family)


def test_a_matcher_does_not_change_what_it_is_given() -> None:
    query, before = encode(held(package(3))[0]), encode(held(package(3))[0])
    for part in (query.embedding, query.patches.vectors, query.patches.places, query.patches.thumb):
        part.flags.writeable = False  # a gallery's pictures are maps of files
    ClassicMatcher().match(query, [*shelf(), (query,)])
    assert same(query, before)


@settings(max_examples=8, deadline=None)
@given(order=st.permutations(range(8)))
def test_results_do_not_depend_on_the_order_of_candidates(order: list[int]) -> None:
    frame = encode(held(package(3), 12)[0])
    straight = ClassicMatcher().match(frame, shelf())
    mixed = ClassicMatcher().match(frame, [shelf()[i] for i in order])
    assert [found.logit for found in mixed] == pytest.approx([straight[i].logit for i in order], abs=1e-3)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 50), turn=st.floats(-180, 180), height=st.floats(60, 400), x=st.floats(0, 640))
def test_numbers_stay_within_their_bounds(seed: int, turn: float, height: float, x: float) -> None:
    for found in match(held(package(seed), turn, height, (x, 180))[0]):
        assert np.isfinite(found.logit)
        assert 0 <= found.visual <= 1
        assert 0 <= found.patches <= 1
        assert found.box is None or (found.box.x >= 0 and found.box.x + found.box.w <= 1 + 1e-6)


def test_an_edition_that_is_not_listed_agrees_less_where_its_listed_relatives_differ() -> None:
    listed = [(encode(packshot(package(1, RED, "CHERRY"))),), (encode(packshot(package(1, GREEN, "LEMON"))),)]

    def agreement(band: Colour, flavour: str) -> float | None:
        query = encode(held(package(1, band, flavour))[0])
        return ClassicMatcher().examine(query, listed).found[0].evidence.words

    itself, third = agreement(RED, "CHERRY"), agreement(BLUE, "MELON")
    assert itself is not None
    assert third is not None
    assert itself > third + 0.1
    alone = ClassicMatcher().examine(encode(held(package(1))[0]), listed[:1])
    assert alone.found[0].evidence.words is None  # no relative tells where editions differ


def test_the_hash_names_the_engine_and_its_data() -> None:
    assert classic_hash().startswith("classic-")
    assert classic_hash() == classic_hash()
