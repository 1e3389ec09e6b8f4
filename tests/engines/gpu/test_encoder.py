"""The GPU's encoder on the processor, by torch and by a plan of the fake TensorRT: against ONNX Runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs torch (extra `gpu` or `models`)")

from engines.bundle import OnnxBundle  # noqa: E402
from engines.errors import BundleError, DeviceError, EngineError, PlanError  # noqa: E402
from engines.gpu.cache import PlanCache  # noqa: E402
from engines.gpu.device import Gpu  # noqa: E402
from engines.gpu.opening import (  # noqa: E402
    Wish,
    _refuse_too_large,
    compile_plan,
    keep,
    load_compiled,
    open_plan,
    open_torch,
)
from engines.gpu.prepare import DevicePreparer  # noqa: E402
from engines.manifest import read_manifest  # noqa: E402
from engines.parity import sample_pictures  # noqa: E402
from engines.preprocess import Preparer, Preprocess  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import ModuleType

    from engines.base import Encoded, FrameEncoder
    from engines.gpu.plans import Precision

pytestmark = pytest.mark.models

CPU = torch.device("cpu")
GPU = Gpu("Pretended GPU", (9, 0), 80 << 30, (13, 2))


def find() -> Gpu:
    return GPU


def wish(max_batch: int = 4, precision: Precision = "fp32") -> Wish:
    return Wish(max_batch=max_batch, precision=precision, compiled=False, device=CPU)


def alike(one: Encoded, two: Encoded) -> float:
    a, b = one.patches.vectors.astype(np.float32), two.patches.vectors.astype(np.float32)
    assert a.shape == b.shape
    np.testing.assert_array_equal(one.patches.places, two.patches.places)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    cosines = np.sum(a * b, axis=1)[lengths > 0] / lengths[lengths > 0]
    return min([float(one.embedding @ two.embedding), *map(float, cosines)])


def least(one: Sequence[Encoded], two: Sequence[Encoded]) -> float:
    return min(alike(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize(("precision", "floor"), [("fp32", 0.99999), ("fp16", 0.999), ("bf16", 0.99)])
def test_torch_gives_what_onnx_runtime_gives(small_bundle: Path, precision: Precision, floor: float) -> None:
    bundle = OnnxBundle(small_bundle)
    encoder = open_torch(small_bundle, bundle.manifest, wish(precision=precision))
    pictures = sample_pictures()
    assert least(encoder.encode(pictures), bundle.encoder().encode(pictures)) > floor
    assert encoder.how.endswith(f"{precision}, eager")


@pytest.mark.parametrize(("precision", "floor"), [("fp32", 0.99999), ("fp16", 0.999)])
def test_a_plan_gives_what_onnx_runtime_gives(
    trt: ModuleType, small_bundle: Path, tmp_path: Path, precision: Precision, floor: float
) -> None:
    bundle, cache = OnnxBundle(small_bundle), PlanCache(tmp_path / "plans")
    wanted = wish(precision=precision)
    keep(compile_plan(small_bundle, bundle.manifest, wanted, cache, find), cache)
    pictures = sample_pictures()
    encoder = open_plan(bundle.manifest, wanted, cache, find)
    assert least(encoder.encode(pictures), bundle.encoder().encode(pictures)) > floor
    assert encoder.how == f"TensorRT 11.4.0.106, {precision}"


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_row_in_a_batch_is_the_row_alone(four: FrameEncoder, data: st.DataObject) -> None:
    shapes = st.tuples(st.integers(8, 90), st.integers(8, 90))
    seeds = data.draw(st.lists(st.tuples(st.integers(0, 99), shapes), min_size=1, max_size=9))
    pictures = [np.random.default_rng(seed).integers(0, 256, (*shape, 3)).astype(np.uint8) for seed, shape in seeds]
    together = four.encode(pictures)
    alone = [four.encode([picture])[0] for picture in pictures]
    assert least(together, alone) > 0.9999


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> FrameEncoder:
    from benchmarks.small_bundle import make_small_bundle

    folder = make_small_bundle(tmp_path_factory.mktemp("four") / "b", dim=16, patch_dim=8, size=64, width=16)
    return open_torch(folder, read_manifest(folder), wish())


def test_answers_outlive_the_next_batch(four: FrameEncoder) -> None:
    first = four.encode([sample_pictures()[0]])[0]
    kept = first.embedding.copy(), first.patches.vectors.copy()
    four.encode([sample_pictures()[1]])
    np.testing.assert_array_equal(first.embedding, kept[0])
    np.testing.assert_array_equal(first.patches.vectors, kept[1])


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 200),
    st.integers(1, 200),
    st.sampled_from(["shortest", "longest", "squash"]),
    st.sampled_from(["bicubic", "bilinear"]),
)
def test_pixels_become_the_same_input_on_a_device(height: int, width: int, resize: str, kind: str) -> None:
    how = Preprocess.model_validate(
        {
            "size": 32,
            "resize": resize,
            "interpolation": kind,
            "mean": (0.5, 0.4, 0.3),
            "std": (0.2, 0.3, 0.4),
            "fill": 9,
        }
    )
    picture = np.random.default_rng(height * width).integers(0, 256, (height, width, 3)).astype(np.uint8)
    expected = np.empty((3, 32, 32), np.float32)
    Preparer(how).prepare(picture, expected)
    out = torch.empty(2, 3, 32, 32)
    DevicePreparer(how, CPU).prepare([picture, picture], out)
    np.testing.assert_allclose(out[0].numpy(), expected, atol=2e-4)
    np.testing.assert_allclose(out[0].numpy(), out[1].numpy(), atol=1e-5)


def test_a_bad_picture_is_refused_and_the_next_one_served(four: FrameEncoder) -> None:
    with pytest.raises(EngineError, match="give RGB uint8"):
        four.encode([np.zeros((4, 4), np.uint8)])
    assert len(four.encode(sample_pictures())) == 4


def test_a_missing_plan_names_the_command_that_makes_one(trt: ModuleType, small_bundle: Path, tmp_path: Path) -> None:
    manifest, cache = read_manifest(small_bundle), PlanCache(tmp_path / "plans")
    keep(compile_plan(small_bundle, manifest, wish(), cache, find), cache)
    with pytest.raises(
        PlanError, match=r"no plan for Pretended GPU.* and bf16: run `nowshowing bundle compile --precision bf16`"
    ):
        open_plan(manifest, wish(precision="bf16"), cache, find)


def test_an_int8_bundle_is_for_processors(trt: ModuleType, small_bundle: Path, tmp_path: Path) -> None:
    manifest = read_manifest(small_bundle).model_copy(update={"precision": "int8"})
    for attempt in (
        lambda: open_torch(small_bundle, manifest, wish()),
        lambda: open_plan(manifest, wish(), PlanCache(tmp_path), find),
        lambda: compile_plan(small_bundle, manifest, wish(), PlanCache(tmp_path), find),
    ):
        with pytest.raises(BundleError, match="without --int8"):
            attempt()


def test_a_gpu_that_fails_in_mid_batch_is_a_clear_error(trt: ModuleType, small_bundle: Path, tmp_path: Path) -> None:
    manifest, cache = read_manifest(small_bundle), PlanCache(tmp_path / "plans")
    encoder = load_compiled(compile_plan(small_bundle, manifest, wish(), cache, find), manifest, wish())
    trt.trt.faults.run = "lost"
    with pytest.raises(DeviceError, match="TensorRT failed on a batch"):
        encoder.encode(sample_pictures())
    trt.trt.faults.run = None
    assert len(encoder.encode(sample_pictures())) == 4


def test_a_plan_that_finds_no_memory_says_what_to_lower(trt: ModuleType, small_bundle: Path, tmp_path: Path) -> None:
    manifest, cache = read_manifest(small_bundle), PlanCache(tmp_path / "plans")
    compiled = compile_plan(small_bundle, manifest, wish(), cache, find)
    trt.trt.faults.context = True
    with pytest.raises(PlanError, match="free the GPU"):
        load_compiled(compiled, manifest, wish())


def test_a_batch_that_cannot_fit_is_refused_in_figures_before_it_is_tried(
    small_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operators' page has these words."""
    manifest = read_manifest(small_bundle).model_copy(update={"name": "B"})
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (312 << 20, 80 << 30))
    many = Wish(max_batch=64)
    row = 3 * manifest.preprocess.size**2 * 4 + manifest.dim * 4
    row += manifest.patch_grid[0] * manifest.patch_grid[1] * manifest.patch_dim * 6
    said = (
        "bundle B: at least 640 MiB of GPU memory for batches of 64, 312 MiB are free: lower max_batch, or free the"
    )
    with pytest.raises(DeviceError, match=f"^{said} GPU$"):
        _refuse_too_large((640 << 20) - 64 * row, manifest, many)
