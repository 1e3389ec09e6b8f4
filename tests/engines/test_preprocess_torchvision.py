"""Our resampling against the transform that open_clip's models were trained behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("open_clip", reason="needs the extra `models`")

from open_clip.transform import image_transform
from PIL import Image

from engines.parity import sample_pictures
from engines.preprocess import Preparer, Preprocess

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.models

MEAN, STD = (0.48, 0.45, 0.4), (0.26, 0.26, 0.27)


def likeness(one: NDArray[np.float32], two: NDArray[np.float32]) -> float:
    return float(np.sum(one * two) / np.linalg.norm(one) / np.linalg.norm(two))


@pytest.mark.parametrize("resize", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("size", [63, 224, 384])
def test_the_input_is_what_torchvision_makes(resize: str, interpolation: str, size: int) -> None:
    how = Preprocess.model_validate(
        {"size": size, "resize": resize, "interpolation": interpolation, "mean": MEAN, "std": STD, "fill": 9}
    )
    transform = image_transform(
        size, is_train=False, mean=MEAN, std=STD, resize_mode=resize, interpolation=interpolation, fill_color=9
    )
    preparer = Preparer(how)
    for picture in sample_pictures():
        ours = np.empty((3, size, size), np.float32)
        preparer.prepare(picture, ours)
        theirs = transform(Image.fromarray(picture)).numpy()
        assert likeness(ours, theirs) > 0.9998
        # Pillow rounds and clips between the axes: a few grey levels beside the hardest edges.
        assert np.abs(ours - theirs).mean() * 0.26 * 255 < 0.5
