"""The same promises on a real GPU, with the real CUDA and, where it is installed, the real TensorRT."""

from __future__ import annotations

import importlib.util
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (extra `gpu`)")

from engines.backends import Settings, check_all, compile_bundle, open_encoder  # noqa: E402
from engines.bundle import OnnxBundle  # noqa: E402
from engines.errors import DeviceError, PlanError  # noqa: E402
from engines.gpu.device import find_gpu  # noqa: E402
from engines.gpu.eighths import FP8_CAPABILITY  # noqa: E402
from engines.gpu.opening import CUDA, Wish, open_torch, our_cache  # noqa: E402
from engines.gpu.prepare import DevicePreparer  # noqa: E402
from engines.parity import sample_pictures  # noqa: E402
from engines.preprocess import Preparer, Preprocess  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engines.base import Encoded, Image
    from engines.gpu.plans import Precision

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", autouse=True)
def _gpu() -> None:
    try:
        find_gpu()
    except DeviceError as error:
        pytest.skip(str(error))


@pytest.fixture
def tensorrt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if importlib.util.find_spec("tensorrt") is None:
        pytest.skip("TensorRT is not installed")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture
def bundle(small_bundle: Path) -> OnnxBundle:
    return OnnxBundle(small_bundle)


def never(why: str) -> None:
    raise AssertionError(f"lost: {why}")


def least(one: Sequence[Encoded], two: Sequence[Encoded]) -> float:
    return min(float(a.embedding @ b.embedding) for a, b in zip(one, two, strict=True))


def test_the_driver_and_torch_know_the_same_gpu() -> None:
    found = find_gpu()
    assert found.name == torch.cuda.get_device_name(0)
    assert found.capability == torch.cuda.get_device_capability(0)


@pytest.mark.parametrize(("precision", "floor"), [("fp32", 0.9999), ("fp16", 0.999), ("bf16", 0.99)])
@pytest.mark.parametrize("compiled", [False, True])
def test_torch_gives_what_the_processor_gives(
    bundle: OnnxBundle, precision: Precision, floor: float, *, compiled: bool
) -> None:
    wish = Wish(max_batch=4, precision=precision, compiled=compiled)
    encoder = open_torch(bundle.directory, bundle.manifest, wish)
    pictures = sample_pictures(7)
    assert least(encoder.encode(pictures), bundle.encoder().encode(pictures)) > floor
    assert ("compiled" in encoder.how) == compiled


def test_pixels_become_the_same_input() -> None:
    how = Preprocess.model_validate(
        {"size": 224, "resize": "longest", "interpolation": "bicubic", "mean": (0.5,) * 3, "std": (0.25,) * 3}
    )
    picture: Image = np.random.default_rng(0).integers(0, 256, (360, 640, 3)).astype(np.uint8)
    expected = np.empty((3, 224, 224), np.float32)
    Preparer(how).prepare(picture, expected)
    out = torch.empty(1, 3, 224, 224, device=CUDA)
    DevicePreparer(how, CUDA).prepare([picture], out)
    np.testing.assert_allclose(out[0].cpu().numpy(), expected, atol=1e-3)


def test_one_thread_opens_and_another_one_encodes(bundle: OnnxBundle) -> None:
    encoder = open_torch(bundle.directory, bundle.manifest, Wish(max_batch=2, compiled=False))
    answers: list[Encoded] = []
    worker = threading.Thread(target=lambda: answers.extend(encoder.encode(sample_pictures())))
    worker.start()
    worker.join(60)
    assert least(answers, encoder.encode(sample_pictures())) > 0.999


def test_a_batch_that_does_not_fit_is_refused_in_figures(bundle: OnnxBundle) -> None:
    with pytest.raises(DeviceError, match=r"MiB of GPU memory for batches of|too little GPU memory"):
        open_torch(bundle.directory, bundle.manifest, Wish(max_batch=10_000_000, compiled=False))
    small = open_torch(bundle.directory, bundle.manifest, Wish(max_batch=1, compiled=False))
    assert len(small.encode(sample_pictures())) == 4


def test_a_worker_takes_the_gpu_by_itself(bundle: OnnxBundle) -> None:
    chosen = open_encoder(bundle, Settings(), never)
    assert chosen.backend in {"tensorrt", "torch-cuda"}
    assert all(each.ok for each in check_all(bundle, "fp16").found)


@pytest.mark.usefixtures("tensorrt")
@pytest.mark.parametrize("precision", ["fp16", "bf16", "fp32"])
def test_a_plan_is_compiled_compared_kept_and_served(bundle: OnnxBundle, precision: Precision) -> None:
    assert compile_bundle(bundle, precision, lambda _: None).parity.ok
    chosen = open_encoder(bundle, Settings(wanted="tensorrt", precision=precision), never)
    pictures = sample_pictures(9)
    assert least(chosen.encoder.encode(pictures), bundle.encoder().encode(pictures)) > 0.99


@pytest.mark.usefixtures("tensorrt")
@pytest.mark.parametrize("precision", ["int8", "fp8"])
def test_a_plan_in_eight_bits_is_compiled_compared_kept_and_served(
    small_transformer: Path, precision: Precision
) -> None:
    if precision == "fp8" and find_gpu().capability < FP8_CAPABILITY:
        pytest.skip(f"fp8 needs compute capability {FP8_CAPABILITY}")
    blocks = OnnxBundle(small_transformer)
    assert compile_bundle(blocks, precision, lambda _: None, pictures=sample_pictures(24)).parity.ok
    chosen = open_encoder(blocks, Settings(wanted="tensorrt", precision=precision), never)
    assert chosen.backend == "tensorrt"


@pytest.mark.usefixtures("tensorrt")
def test_tensorrt_refuses_what_is_not_a_plan_of_this_machine(bundle: OnnxBundle) -> None:
    from engines.gpu.opening import compile_plan, keep, open_plan

    wish, cache = Wish(max_batch=2), our_cache()
    compiled = compile_plan(bundle.directory, bundle.manifest, wish, cache)
    keep(replace(compiled, plan=b"\0" * 4096), cache)
    with pytest.raises(PlanError, match="cannot load this plan"):
        open_plan(bundle.manifest, wish, cache)
