"""Decoding on a GPU: without one, every stream decodes on the processor and says once why."""

from __future__ import annotations

import numpy as np
import pytest
from av import VideoFrame
from av.error import FFmpegError

from engines.errors import DeviceError
from engines.gpu.device import Gpu
from stream.hardware import Hardware

pytestmark = pytest.mark.unit


class Said:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, event: str, /, **fields: str) -> None:
        self.lines.append(fields["why"])


def no_gpu() -> Gpu:
    raise DeviceError("no NVIDIA driver here")


def picture() -> VideoFrame:
    return VideoFrame.from_ndarray(np.zeros((4, 4, 3), np.uint8), format="rgb24")


def test_nobody_asks_for_a_gpu_by_default() -> None:
    said = Said()
    hardware = Hardware(wanted=False, find=no_gpu, say=said)
    assert hardware.accelerator() is None
    assert not hardware.see(picture())
    assert said.lines == []


def test_without_a_gpu_the_reason_is_said_once() -> None:
    said = Said()
    hardware = Hardware(wanted=True, find=no_gpu, say=said)
    assert hardware.accelerator() is None
    assert not hardware.see(picture())
    assert said.lines == ["no NVIDIA driver here"]


def test_a_codec_that_the_gpu_does_not_know_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.hardware.CodecContext.create", lambda *_, **__: None)
    said = Said()
    hardware = Hardware(wanted=True, find=lambda: Gpu("Pretended", (9, 0), 1, (13, 2)), say=said)
    assert hardware.accelerator() is not None
    for _ in range(3):
        assert not hardware.see(picture())
    assert said.lines == ["this GPU does not decode it: pictures come as rgb24"]
    assert hardware.accelerator() is None


def test_a_driver_that_refuses_ffmpeg_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise FFmpegError(1, "Operation not permitted")

    monkeypatch.setattr("stream.hardware.CodecContext.create", refuse)
    said = Said()
    hardware = Hardware(wanted=True, find=lambda: Gpu("Pretended", (9, 0), 1, (13, 2)), say=said)
    assert hardware.accelerator() is None
    assert len(said.lines) == 1
    assert "not permitted" in said.lines[0]
