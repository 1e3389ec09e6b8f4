"""Resampling, cropping and padding, without any model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engines.errors import EngineError
from engines.preprocess import Preparer, Preprocess, axes, bands

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.unit

KEEP = {"mean": (0.0, 0.0, 0.0), "std": (1 / 255, 1 / 255, 1 / 255)}  # leaves grey levels as they are


def how(**changes: object) -> Preprocess:
    return Preprocess.model_validate(
        {"size": 32, "resize": "squash", "interpolation": "bicubic", **KEEP} | changes,
    )


def prepared(image: NDArray[np.uint8], settings: Preprocess) -> NDArray[np.float32]:
    out = np.full((3, settings.size, settings.size), np.nan, np.float32)
    Preparer(settings).prepare(image, out)
    return out


sides = st.integers(1, 300)
ways = st.sampled_from(["shortest", "longest", "squash"])
filters = st.sampled_from(["bicubic", "bilinear"])


@given(sides, sides, ways, filters)
def test_every_output_line_is_a_weighted_mean_of_input_lines(
    height: int, width: int, resize: str, interpolation: str
) -> None:
    for axis in axes(height, width, how(resize=resize)):
        covered = 0
        for band in bands(axis, interpolation):
            assert band.at == covered
            assert 0 <= band.low < band.high <= axis.full
            np.testing.assert_allclose(band.weights.sum(axis=1), 1, atol=1e-5)
            covered += len(band.weights)
        assert covered == axis.kept
        assert axis.kept + axis.pad <= 32


@given(sides, sides, ways, filters, st.integers(0, 255))
def test_a_plain_picture_stays_plain_whatever_its_shape(
    height: int, width: int, resize: str, interpolation: str, level: int
) -> None:
    settings = how(resize=resize, interpolation=interpolation, fill=level)
    out = prepared(np.full((height, width, 3), level, np.uint8), settings)
    np.testing.assert_allclose(out, level, atol=1e-3)


def test_a_picture_of_the_right_size_is_left_alone() -> None:
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    np.testing.assert_allclose(prepared(image, how()), image.transpose(2, 0, 1), atol=1e-3)


def test_a_cubic_never_leaves_the_range_of_grey_levels() -> None:
    image = np.zeros((20, 20, 3), np.uint8)
    image[:, 10:] = 255
    out = prepared(image, how())
    assert out.min() >= 0
    assert out.max() <= 255.001


def test_shrinking_averages_instead_of_skipping() -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    np.testing.assert_allclose(prepared(stripes, how()), 127.5, atol=6)


def test_shortest_keeps_the_middle_of_a_wide_picture() -> None:
    image = np.zeros((32, 96, 3), np.uint8)
    image[:, 32:64] = 200
    out = prepared(image, how(resize="shortest"))
    np.testing.assert_allclose(out, 200, atol=1e-3)


def test_longest_pads_with_the_fill_colour_above_and_below() -> None:
    out = prepared(np.full((32, 64, 3), 200, np.uint8), how(resize="longest", fill=7))
    np.testing.assert_allclose(out[:, 8:24], 200, atol=1e-3)
    np.testing.assert_allclose(out[:, :8], 7, atol=1e-3)
    np.testing.assert_allclose(out[:, 24:], 7, atol=1e-3)


def test_mean_and_std_are_applied_channel_by_channel() -> None:
    settings = how(mean=(0.0, 0.5, 1.0), std=(1.0, 0.5, 0.25))
    out = prepared(np.full((8, 8, 3), 255, np.uint8), settings)
    np.testing.assert_allclose(out[:, 0, 0], [1.0, 1.0, 0.0], atol=1e-5)


def test_pixels_may_be_wanted_as_whole_levels() -> None:
    settings = how(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), pixel_max=255)
    np.testing.assert_allclose(prepared(np.full((8, 8, 3), 255, np.uint8), settings), 255, atol=1e-3)


def test_patches_sit_where_they_are_in_the_whole_picture() -> None:
    places, inside = Preparer(how(resize="squash")).places((50, 100, 3), (2, 2))
    assert inside.all()
    np.testing.assert_allclose(places[:, :2], [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)])


def test_patches_of_a_cropped_picture_sit_in_its_middle() -> None:
    places, inside = Preparer(how(resize="shortest")).places((32, 96, 3), (1, 2))
    assert inside.all()
    np.testing.assert_allclose(places[:, 0], [(32 + 8) / 96, (32 + 24) / 96], atol=1e-6)


def test_patches_in_the_padding_are_not_in_the_picture() -> None:
    places, inside = Preparer(how(resize="longest")).places((32, 64, 3), (4, 4))
    assert inside.tolist() == [False] * 4 + [True] * 8 + [False] * 4
    assert places[inside][:, 1].tolist() == [0.25] * 4 + [0.75] * 4


@pytest.mark.parametrize(
    "image",
    [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 4), np.uint8), np.zeros((0, 8, 3), np.uint8), np.zeros((8, 8, 3))],
    ids=["grey", "alpha", "empty", "float"],
)
def test_what_is_no_rgb_picture_is_refused_by_name(image: NDArray[np.uint8]) -> None:
    with pytest.raises(EngineError, match="give RGB uint8"):
        prepared(image, how())


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 8},
        {"size": 100000},
        {"resize": "zoom"},
        {"interpolation": "nearest"},
        {"std": (0.0, 1.0, 1.0)},
        {"std": (1.0, 1.0)},
        {"mean": (float("nan"), 0.0, 0.0)},
        {"fill": 256},
        {"pixel_max": 2},
        {"gamma": 2.2},
    ],
    ids=str,
)
def test_preprocessing_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        how(**wrong)
