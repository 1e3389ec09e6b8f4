"""The bench of encoders on a GPU, told on a processor: which batches, in which order, and what was left out."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

torch = pytest.importorskip("torch", reason="needs torch (extra `gpu` or `models`)")
pytest.importorskip("open_clip", reason="needs open_clip (extra `models`)")

from benchmarks import bench_gpu  # noqa: E402
from benchmarks.bench_gpu import BATCHES, Asked, ByTorch, Yardstick, measured, of_encoder  # noqa: E402
from benchmarks.small_bundle import make_small_bundle  # noqa: E402
from engines.bundle import OnnxBundle  # noqa: E402
from engines.errors import DeviceError  # noqa: E402

if TYPE_CHECKING:
    from engines.gpu.encoder import GpuEncoder

pytestmark = pytest.mark.models

YARDSTICK = Yardstick(flops=10**9, peak=1e12)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> OnnxBundle:
    return OnnxBundle(make_small_bundle(tmp_path_factory.mktemp("small") / "bundle", width=16, size=64))


def asked(ends: float = float("inf"), step: float = 0.0) -> Asked:
    """Time goes on by `step` whenever it is looked at."""
    seconds = count(0.0, step)
    return Asked("fp32", 0.0, ends, CPU, compiled=False, now=lambda: next(seconds))


def test_batches_of_1_to_256_are_measured_each_in_one_pass(
    bundle: OnnxBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_gpu, "times", lambda work, _: (work(), [0.010])[1])
    loaded, *rows = measured(bundle, "torch-cuda", YARDSTICK, asked())
    assert set(loaded) == {"loaded_s", "loaded_gib"}
    assert [row["batch"] for row in rows] == list(BATCHES)
    assert sorted(BATCHES) == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert {row["passes"] for row in rows} == {1}
    by_batch = {row["batch"]: row for row in rows}
    assert (by_batch[256]["images_s"], by_batch[256]["share"]) == (25600, 25.6)
    assert by_batch[64]["livestreams"] == 3200
    assert "livestreams" not in by_batch[8]


def test_what_there_is_no_time_for_is_named(bundle: OnnxBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_gpu, "times", lambda work, _: (work(), [0.010])[1])
    _, *rows, last = measured(bundle, "torch-cuda", YARDSTICK, asked(ends=8, step=1))
    assert [row["batch"] for row in rows] == list(BATCHES[: len(rows)])
    assert len(rows) < len(BATCHES)
    assert last == {"left_out": f"batches of {', '.join(map(str, BATCHES[len(rows) :]))}: no time"}


def test_a_batch_that_does_not_fit_costs_itself(bundle: OnnxBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(self: ByTorch, batch: int) -> tuple[GpuEncoder, int]:
        if batch == 256:
            raise DeviceError("too little GPU memory")
        return open_one(self, batch)

    open_one = ByTorch.open
    monkeypatch.setattr(ByTorch, "open", opened)
    monkeypatch.setattr(bench_gpu, "times", lambda work, _: (work(), [0.010])[1])
    rows = {row["batch"]: row for row in measured(bundle, "torch-cuda", YARDSTICK, asked()) if "batch" in row}
    assert rows[256] == {"batch": 256, "not_here": "too little GPU memory"}
    assert rows[2]["images_s"] == 200


def test_a_batch_beyond_the_largest_bucket_is_so_many_passes_of_it(bundle: OnnxBundle) -> None:
    encoder, bucket = ByTorch(bundle, asked()).open(4)
    row = of_encoder(encoder, 16, bucket, YARDSTICK, asked())
    assert row["passes"] == 4


def test_a_back_end_that_is_not_here_is_one_row(bundle: OnnxBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise DeviceError("no NVIDIA driver here")

    monkeypatch.setattr(bench_gpu, "compile_bundle", refuse)
    assert list(measured(bundle, "tensorrt", YARDSTICK, asked())) == [{"not_here": "no NVIDIA driver here"}]
