"""Decoding on a GPU: whether a connection gets it, and if not, why. Knows no packet, no time.

Not the default, because no GPU has run it yet. Where there is no GPU, or it refuses, nothing is tried; a stream whose
codec it does not decode comes back as ordinary pictures from FFmpeg. Either is logged, once a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import structlog
from av import CodecContext
from av.codec.hwaccel import HWAccel
from av.error import FFmpegError

from engines.errors import DeviceError
from engines.gpu.device import find_gpu

if TYPE_CHECKING:
    from collections.abc import Callable

    from av.video.frame import VideoFrame

    from engines.base import Image
    from engines.gpu.device import Gpu

ON_DEVICE = "cuda"
PROBE = "h264"  # a decoder that every such GPU has: whether one can be had at all
FULL_RANGE = 2  # AVColorRange

log = structlog.get_logger()


class Says(Protocol):
    def __call__(self, event: str, /, **fields: str) -> object: ...


class Hardware:
    """One connection's. Starts hopeful, gives up once."""

    def __init__(self, *, wanted: bool, find: Callable[[], Gpu] = find_gpu, say: Says | None = None) -> None:
        self._say: Says = log.warning if say is None else say
        self._on = wanted
        self._told = False
        if wanted:
            try:
                find()
                CodecContext.create(PROBE, "r", hwaccel=_accelerator())
            except (DeviceError, FFmpegError) as error:
                self.give_up(str(error))

    def accelerator(self) -> HWAccel | None:
        """For one opening; None: decode on the processor."""
        return _accelerator() if self._on else None

    def give_up(self, why: str) -> None:
        self._on = False
        if not self._told:
            self._told = True
            self._say("decoding on the processor, not on the GPU", why=why)

    def see(self, frame: VideoFrame) -> bool:
        """Whether this picture lies on the GPU."""
        there = frame.format.name == ON_DEVICE
        if self._on and not there:
            self.give_up(f"this GPU does not decode it: pictures come as {frame.format.name}")
        return there


def _accelerator() -> HWAccel:
    # Without primary_ctx each decoder makes a CUDA context of its own, of hundreds of megabytes.
    return HWAccel(ON_DEVICE, allow_software_fallback=True, is_hw_owned=True, options={"primary_ctx": "1"})


def render(frame: VideoFrame, width: int, height: int) -> Image:
    """Scaled and turned into RGB where it lies; only the small picture comes down."""
    from engines.gpu.surface import picture  # noqa: PLC0415  torch, and only for pictures on a GPU

    full = int(frame.color_range) == FULL_RANGE
    return picture(frame.planes, width, height, colorspace=int(frame.colorspace), full_range=full)
