"""Where a bundle runs: the best that works and agrees; what is passed over is told; nothing falls back in silence."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs torch (extra `gpu` or `models`)")

from engines import backends, parity  # noqa: E402
from engines.backends import Settings, Standby, check_all, compile_bundle, open_encoder  # noqa: E402
from engines.bundle import OnnxBundle, open_bundle  # noqa: E402
from engines.errors import BundleError, DeviceError, PlanError  # noqa: E402
from engines.gpu import opening  # noqa: E402
from engines.gpu.device import Gpu  # noqa: E402
from engines.parity import sample_pictures  # noqa: E402
from engines.ranks import agreement  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import ModuleType

    from engines.base import Encoded, EncoderInfo, Image
    from engines.gpu.plans import Eighth

pytestmark = pytest.mark.models


def find() -> Gpu:
    return Gpu("Pretended GPU", (9, 0), 80 << 30, (13, 2))


def no_gpu() -> Gpu:
    raise DeviceError("no NVIDIA driver here")


@pytest.fixture(autouse=True)
def _pretended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """torch's processor stands in for the GPU; plans are kept in a folder of the test's own."""
    monkeypatch.setattr(opening, "Wish", partial(opening.Wish, device=torch.device("cpu"), compiled=False))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def bundle(small_bundle: Path) -> OnnxBundle:
    return OnnxBundle(small_bundle)


def never(why: str) -> None:
    raise AssertionError(f"lost: {why}")


def test_without_a_gpu_the_processor_is_taken_as_expected(bundle: OnnxBundle) -> None:
    chosen = open_encoder(bundle, Settings(), never, no_gpu)
    assert (chosen.backend, chosen.expected) == ("onnx-cpu", True)
    assert chosen.passed_over == ("gpu: no NVIDIA driver here",)


def test_with_a_gpu_and_a_plan_tensorrt_is_taken(trt: ModuleType, bundle: OnnxBundle) -> None:
    said: list[str] = []
    kept = compile_bundle(bundle, "fp16", said.append, find)
    assert kept.parity.ok
    assert kept.parity.ranks is not None
    assert kept.path.exists()
    assert said[0].startswith("compiling small in fp16 for Pretended GPU")
    chosen = open_encoder(bundle, Settings(), never, find)
    assert chosen.backend == "tensorrt"
    assert chosen.how == "TensorRT 11.4.0.106, fp16 on Pretended GPU"
    assert not chosen.passed_over
    assert len(chosen.encoder.encode(sample_pictures())) == 4


@pytest.fixture
def transformer(small_transformer: Path) -> OnnxBundle:
    return OnnxBundle(small_transformer)


PICTURES = sample_pictures(24)


@pytest.mark.parametrize("precision", ["int8", "fp8"])
def test_a_plan_in_eight_bits_is_calibrated_compared_kept_and_served(
    trt: ModuleType, transformer: OnnxBundle, precision: Eighth
) -> None:
    said: list[str] = []
    kept = compile_bundle(transformer, precision, said.append, find, pictures=PICTURES)
    assert kept.parity.ok
    assert said[0].startswith(f"calibrating blocks for {precision}")
    chosen = open_encoder(transformer, Settings(precision=precision), never, find)
    assert (chosen.backend, chosen.how) == ("tensorrt", f"TensorRT 11.4.0.106, {precision} on Pretended GPU")
    assert open_encoder(transformer, Settings(), never, find).backend == "torch-cuda"  # in fp16 there is no plan


def test_without_a_plan_in_eight_bits_torch_goes_on_in_fp16_and_that_is_not_expected(transformer: OnnxBundle) -> None:
    chosen = open_encoder(transformer, Settings(precision="int8"), never, find)
    assert (chosen.backend, chosen.expected) == ("torch-cuda", False)
    assert ", fp16, " in chosen.how
    with pytest.raises(PlanError, match="int8 comes from a calibrated plan of TensorRT alone"):
        open_encoder(transformer, Settings(wanted="torch-cuda", precision="int8"), never, find)


def test_a_missing_plan_in_eight_bits_names_the_command_with_pictures(
    trt: ModuleType, transformer: OnnxBundle
) -> None:
    with pytest.raises(PlanError, match=r"and int8: run `nowshowing bundle compile --precision int8 --images DIR`"):
        open_encoder(transformer, Settings(wanted="tensorrt", precision="int8"), never, find)


def test_a_graph_in_eight_bits_that_is_off_is_refused_before_minutes_go_into_it(
    trt: ModuleType, transformer: OnnxBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(parity.GPU_FLOOR, "int8", 1.1)
    with pytest.raises(BundleError, match=r"the GPU's graph differs.*try another precision than int8"):
        compile_bundle(transformer, "int8", lambda _: None, find, pictures=PICTURES)
    assert trt.trt.faults.built == 0


def test_fp8_is_refused_where_the_gpu_has_no_arithmetic_for_it(trt: ModuleType, transformer: OnnxBundle) -> None:
    def old() -> Gpu:
        return Gpu("NVIDIA A10", (8, 6), 24 << 30, (13, 2))

    for use in (
        lambda: compile_bundle(transformer, "fp8", lambda _: None, old, pictures=PICTURES),
        lambda: open_encoder(transformer, Settings(wanted="tensorrt", precision="fp8"), never, old),
    ):
        with pytest.raises(DeviceError, match=r"NVIDIA A10 has compute capability 8\.6, fp8 needs 8\.9"):
            use()


def test_eight_bits_are_compared_where_there_is_no_gpu(transformer: OnnxBundle) -> None:
    here = check_all(transformer, "int8", no_gpu, pictures=PICTURES)
    assert [each.backend for each in here.found] == ["onnx-cpu", "onnx-cpu, the GPU's graph"]
    assert all(each.ok for each in here.found)
    assert here.found[1].ranks is not None
    with pytest.raises(PlanError, match="needs calibration"):
        check_all(transformer, "int8", no_gpu)


def test_without_a_plan_torch_is_taken_and_the_command_is_named(trt: ModuleType, bundle: OnnxBundle) -> None:
    chosen = open_encoder(bundle, Settings(), never, find)
    assert (chosen.backend, chosen.expected) == ("torch-cuda", False)
    assert len(chosen.passed_over) == 1
    assert "bundle compile" in chosen.passed_over[0]


def test_a_damaged_plan_is_passed_over_with_its_reason(trt: ModuleType, bundle: OnnxBundle) -> None:
    path = compile_bundle(bundle, "fp16", lambda _: None, find).path
    path.write_bytes(path.read_bytes()[:-3])
    chosen = open_encoder(bundle, Settings(), never, find)
    assert chosen.backend == "torch-cuda"
    assert "damaged" in chosen.passed_over[0]
    with pytest.raises(PlanError, match="damaged"):
        open_encoder(bundle, Settings(wanted="tensorrt"), never, find)


def test_without_tensorrt_torch_is_taken_and_what_to_install_is_named(bundle: OnnxBundle) -> None:
    chosen = open_encoder(bundle, Settings(), never, find)
    assert (chosen.backend, chosen.expected) == ("torch-cuda", True)
    assert "pip install 'tensorrt-cu13" in chosen.passed_over[0]


def test_a_gpu_that_is_not_used_is_no_matter_of_course(bundle: OnnxBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "engines.gpu.opening", None)  # as where torch is not installed
    chosen = open_encoder(bundle, Settings(), never, find)
    assert (chosen.backend, chosen.expected) == ("onnx-cpu", False)
    assert [each.partition(":")[0] for each in chosen.passed_over] == ["tensorrt", "torch-cuda"]


@pytest.mark.parametrize("wanted", ["tensorrt", "torch-cuda"])
def test_what_is_asked_for_by_name_is_had_or_is_an_error(bundle: OnnxBundle, wanted: backends.Wanted) -> None:
    with pytest.raises(DeviceError, match="no NVIDIA driver here"):
        open_encoder(bundle, Settings(wanted=wanted), never, no_gpu)
    with pytest.raises(BundleError, match="classic runs on the processor only"):
        open_encoder(open_bundle("classic"), Settings(wanted=wanted), never, find)


def test_the_processor_can_be_asked_for_by_name(bundle: OnnxBundle) -> None:
    assert open_encoder(bundle, Settings(wanted="onnx-cpu"), never, find).backend == "onnx-cpu"
    assert open_encoder(open_bundle("classic"), Settings(), never, find).backend == "classic"


def test_a_back_end_that_answers_otherwise_is_refused(
    trt: ModuleType, bundle: OnnxBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_bundle(bundle, "fp16", lambda _: None, find)
    monkeypatch.setitem(parity.GPU_FLOOR, "fp16", 1.1)
    chosen = open_encoder(bundle, Settings(), never, find)
    assert chosen.backend == "onnx-cpu"
    assert all("differs from the original" in each for each in chosen.passed_over)
    with pytest.raises(BundleError, match=r"tensorrt differs.*try another precision than fp16"):
        compile_bundle(bundle, "fp16", lambda _: None, find)


def test_a_plan_that_is_off_is_not_kept(trt: ModuleType, bundle: OnnxBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "RANKS_FLOOR", 1.1)
    with pytest.raises(BundleError, match="of ranks"):
        compile_bundle(bundle, "fp16", lambda _: None, find)
    assert opening.our_cache().folder.exists() is False


def test_checking_names_what_runs_and_what_does_not(trt: ModuleType, bundle: OnnxBundle) -> None:
    here = check_all(bundle, "fp16", find)
    assert [each.backend for each in here.found] == ["onnx-cpu", "torch-cuda"]
    assert all(each.ok for each in here.found)
    assert [each.partition(":")[0] for each in here.absent] == ["tensorrt"]
    elsewhere = check_all(bundle, "fp16", no_gpu)
    assert [each.backend for each in elsewhere.found] == ["onnx-cpu"]
    assert len(elsewhere.absent) == 2
    assert not check_all(open_bundle("classic"), "fp16", no_gpu).absent


def test_there_is_nothing_to_compile_in_a_built_in_bundle_or_without_a_gpu(bundle: OnnxBundle) -> None:
    with pytest.raises(BundleError, match="nothing to compile"):
        compile_bundle(open_bundle("classic"), "fp16", lambda _: None, find)
    with pytest.raises(DeviceError, match="no NVIDIA driver"):
        compile_bundle(bundle, "fp16", lambda _: None, no_gpu)
    with pytest.raises(DeviceError, match="tensorrt-cu13"):
        compile_bundle(bundle, "fp16", lambda _: None, find)


class Breaking:
    """Breaks at the second batch, and stays broken."""

    def __init__(self, inner: OnnxBundle) -> None:
        self._encoder = inner.encoder()
        self.calls = 0

    @property
    def info(self) -> EncoderInfo:
        return self._encoder.info

    def encode(self, images: Sequence[Image]) -> list[Encoded]:
        self.calls += 1
        if self.calls > 1:
            raise DeviceError("the GPU has fallen off the bus")
        return self._encoder.encode(images)


def test_a_gpu_that_breaks_is_replaced_once_and_no_picture_is_lost(bundle: OnnxBundle) -> None:
    why: list[str] = []
    gpu = Breaking(bundle)
    standby = Standby(gpu, bundle.encoder, why.append)
    answers = [len(standby.encode(sample_pictures())) for _ in range(4)]
    assert answers == [4, 4, 4, 4]
    assert why == ["the GPU has fallen off the bus"]
    assert gpu.calls == 2
    assert standby.info.dim == 16


def test_a_processor_that_fails_as_well_is_not_replaced_for_ever(bundle: OnnxBundle) -> None:
    one, other = Breaking(bundle), Breaking(bundle)
    one.calls = other.calls = 1
    standby = Standby(one, lambda: other, lambda _: None)
    for _ in range(2):
        with pytest.raises(DeviceError, match="off the bus"):
            standby.encode(sample_pictures())
    assert other.calls == 3


@given(st.integers(1, 40), st.integers(0, 99))
def test_an_encoder_agrees_with_itself_and_not_with_noise(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((count, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert agreement(vectors, vectors.copy()) == 1.0
    if count > 30:
        noise = random.standard_normal((count, 16)).astype(np.float32)
        assert agreement(vectors, noise) < 0.8
