"""Benches that wait for a GPU: they measure what they say, told here on a processor, and say what is missing."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks import bench_gpu, bench_gpu_decode, bench_gpu_search
from benchmarks.bench_decode import make_clip
from benchmarks.bench_gpu_search import Repeated
from engines.errors import DeviceError
from indexes.errors import GpuError
from indexes.gpu_apart import Apart
from stream.config import SourceConfig

if TYPE_CHECKING:
    from pathlib import Path

    from indexes.gpu_copy import Copy

pytestmark = pytest.mark.unit

PLENTY = 80 << 30


def test_search_is_measured_in_the_process_that_faiss_has_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("indexes.gpu_apart", "benchmarks.bench_gpu_search"):
        monkeypatch.setattr(f"{module}.ADD_ROWS", 300)
    place = partial(Apart, maker="indexes.fake:CpuAsGpu")
    row = bench_gpu_search.measure(1000, 16, 5, place=place, free=lambda: PLENTY, speed=lambda: 32e6)
    assert (row["pictures"], row["dim"], row["gib"], row["least_ms"], row["selectors_kept"]) == (1000, 16, 0, 1, True)


def test_pictures_that_do_not_fit_are_refused_in_figures_before_they_are_copied() -> None:
    def never(*_: object) -> Copy:
        pytest.fail("copied")

    with pytest.raises(GpuError, match=r"10000000 pictures of 512 numbers need 19\.\d GiB on the GPU"):
        bench_gpu_search.measure(10_000_000, 512, 5, place=never, free=lambda: 8 << 30, speed=lambda: 1e12)


def test_embeddings_that_repeat_themselves_are_as_many_as_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.bench_gpu_search.ADD_ROWS", 40)
    many = Repeated(100, 8)
    blocks = [many[start : start + 40] for start in range(0, 100, 40)]
    assert [len(block) for block in blocks] == [40, 40, 20]
    assert np.allclose(np.linalg.norm(np.concatenate(blocks), axis=1), 1)


def test_without_a_gpu_each_says_what_is_missing_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> None:
        raise DeviceError("no NVIDIA driver here")

    def unusable(_: object) -> None:
        raise GpuError("no NVIDIA driver here")

    monkeypatch.setattr(bench_gpu, "find_gpu", missing)
    monkeypatch.setattr(bench_gpu_decode, "find_gpu", missing)
    monkeypatch.setattr(bench_gpu_search, "usable", unusable)
    for bench in (bench_gpu, bench_gpu_decode, bench_gpu_search):
        assert bench.main([]) == 1
        said = capsys.readouterr()
        assert (said.out, said.err.count("\n")) == ("", 1)
        assert said.err.endswith("no NVIDIA driver here\n")


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the ffmpeg command line")
def test_what_a_gpu_did_not_decode_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_clip(clip := tmp_path / "clip.mp4", 2)
    monkeypatch.setattr("stream.hardware.find_gpu", lambda: None)
    config = SourceConfig(frames_per_second=2.0, longer_side=320, pace="fast")
    row = bench_gpu_decode.measure(clip, 2, 2, config)
    assert (row["streams"], row["kept"], row["there"], row["why"]) == (2, 4, False, "")
    row = bench_gpu_decode.measure(clip, 1, 2, config.model_copy(update={"decode": "gpu"}))
    assert (row["kept"], row["there"]) == (4, False)
    assert row["why"]
