"""Planes of a decoder to RGB: on the processor, against the scaler that decoding without a GPU uses."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (extra `gpu` or `models`)")

from av import VideoFrame  # noqa: E402

from engines.gpu.surface import BT709, picture, to_rgb  # noqa: E402
from engines.parity import sample_pictures  # noqa: E402

pytestmark = pytest.mark.models

BT601 = 6


@pytest.mark.parametrize("size", [(320, 180), (160, 90), (100, 56)])
def test_a_picture_looks_as_the_processors_scaler_makes_it(size: tuple[int, int]) -> None:
    frame = VideoFrame.from_ndarray(sample_pictures()[0], format="rgb24").reformat(format="nv12")
    expected = frame.reformat(*size, format="rgb24").to_ndarray()
    found = picture(frame.planes, *size, colorspace=BT601, full_range=False)
    assert found.shape == expected.shape
    assert found.dtype == np.uint8
    assert np.mean(np.abs(found.astype(int) - expected.astype(int))) < 6


@pytest.mark.parametrize("colorspace", [BT601, BT709, 9])
@pytest.mark.parametrize("full_range", [False, True])
def test_grey_stays_grey_in_every_space(colorspace: int, *, full_range: bool) -> None:
    low, high = (0, 255) if full_range else (16, 235)
    luma = torch.tensor([[low, high], [low, high]], dtype=torch.uint8)
    chroma = torch.full((1, 1, 2), 128, dtype=torch.uint8)
    rgb = to_rgb(luma, chroma, 2, 2, colorspace=colorspace, full_range=full_range)
    assert rgb[:, 0].unique().tolist() == [0]
    assert rgb[:, 1].unique().tolist() == [255]


def test_ten_bits_give_the_same_picture_as_eight() -> None:
    random = np.random.default_rng(0)
    luma = torch.from_numpy(random.integers(16, 236, (8, 8)).astype(np.uint8))
    chroma = torch.from_numpy(random.integers(16, 241, (4, 4, 2)).astype(np.uint8))
    eight = to_rgb(luma, chroma, 8, 8, colorspace=BT601, full_range=False)
    high, wide = (torch.from_numpy(each.numpy().astype(np.uint16) << 8) for each in (luma, chroma))
    ten = to_rgb(high, wide, 8, 8, colorspace=BT601, full_range=False)
    assert torch.equal(eight, ten)
