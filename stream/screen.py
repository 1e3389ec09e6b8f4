"""Decoded pictures as engines want them: square pixels, upright, no larger than asked. Knows no time, no packet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from stream.errors import SourceRefused
from stream.hardware import render as render_there
from stream.types import Reason

if TYPE_CHECKING:
    from fractions import Fraction

    from av.video.frame import VideoFrame

    from stream.hardware import Hardware
    from stream.types import Image


class Screen:
    """Scales once, with one scaler for the whole connection: PyAV would otherwise make one per frame."""

    def __init__(self, longer_side: int, max_side: int, hardware: Hardware | None = None) -> None:
        self._longer_side = longer_side
        self._max_side = max_side
        self._hardware = hardware
        self._scaler = VideoReformatter()

    def check(self, width: int, height: int) -> None:
        if max(width, height) > self._max_side:
            raise SourceRefused(
                f"pictures of {width}x{height} are larger than max_width {self._max_side}: "
                "publish smaller ones, or raise it",
                Reason.BAD_MEDIA,
            )

    def render(self, frame: VideoFrame, aspect: float) -> Image:
        self.check(frame.width, frame.height)
        width, height = fit(frame.width, frame.height, aspect, self._longer_side)
        image = self._scale(frame, width, height)
        if frame.rotation:
            image = np.ascontiguousarray(np.rot90(image, round(frame.rotation / 90) % 4))
        return image

    def _scale(self, frame: VideoFrame, width: int, height: int) -> Image:
        if self._hardware is not None and self._hardware.see(frame):
            return render_there(frame, width, height)
        scaled = self._scaler.reformat(
            frame, width, height, format="rgb24", interpolation=Interpolation.BILINEAR, threads=1
        )
        return np.asarray(scaled.to_ndarray(), dtype=np.uint8)


def fit(width: int, height: int, aspect: float, longer_side: int) -> tuple[int, int]:
    """The size to scale to: square pixels, the longer side as asked, never enlarged."""
    shown = width * aspect
    scale = min(1.0, longer_side / max(shown, height))
    return max(1, round(shown * scale)), max(1, round(height * scale))


def pixel_aspect(ratio: Fraction | None) -> float:
    """How much wider than high a pixel is; what no camera makes counts as square."""
    value = float(ratio) if ratio else 1.0
    return value if 0.25 <= value <= 4.0 else 1.0
