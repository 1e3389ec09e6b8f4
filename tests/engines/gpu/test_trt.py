"""Building and loading plans with a fake of TensorRT: what becomes of every failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engines.errors import DeviceError, PlanError
from engines.manifest import FRAME, read_manifest
from tests.trt_fake import ErrorCodeTRT, ILogger

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

pytestmark = pytest.mark.unit


@pytest.fixture
def graph(small_bundle: Path) -> bytes:
    return (small_bundle / FRAME).read_bytes()


def build(trt: ModuleType, graph: bytes, timing: bytes = b"") -> bytes:
    plan: bytes = trt.build(graph, 64, (1, 2), trt.BuildSettings(), timing).plan
    return plan


def test_a_build_gives_a_plan_and_what_it_learned(trt: ModuleType, graph: bytes) -> None:
    built = trt.build(graph, 64, (1, 2, 4), trt.BuildSettings(), b"before")
    assert built.timing == b"before."
    assert built.plan.endswith(graph)


def test_an_operator_that_tensorrt_lacks_is_named(trt: ModuleType, graph: bytes) -> None:
    trt.trt.faults.parse += [("NonZero", "node_7", "no importer registered"), ("", "", "second")]
    with pytest.raises(PlanError, match=r"NonZero node_7: no importer registered; graph: second.*torch-cuda"):
        build(trt, graph)


def test_too_little_memory_is_the_gpus_trouble_and_says_what_to_lower(trt: ModuleType, graph: bytes) -> None:
    trt.trt.faults.build = "FAILED_ALLOCATION", "requested 12 GiB"
    with pytest.raises(DeviceError, match=r"too little GPU memory \(requested 12 GiB\): free the GPU"):
        build(trt, graph)


def test_a_build_that_fails_says_why(trt: ModuleType, graph: bytes) -> None:
    trt.trt.faults.build = "UNSPECIFIED_ERROR", "no kernel\nfits"
    with pytest.raises(PlanError, match="cannot build this model: no kernel fits"):
        build(trt, graph)


def test_without_a_gpu_tensorrt_cannot_start(trt: ModuleType, graph: bytes, small_bundle: Path) -> None:
    plan = build(trt, graph)
    trt.trt.faults.no_gpu = True
    with pytest.raises(DeviceError, match="cannot start"):
        build(trt, graph)
    with pytest.raises(DeviceError, match="cannot start"):
        trt.Plan(plan, read_manifest(small_bundle), (1, 2))


def test_a_plan_of_another_machine_is_refused_in_tensorrts_words(
    trt: ModuleType, graph: bytes, small_bundle: Path
) -> None:
    plan = build(trt, graph)
    trt.trt.faults.load = "plan was built on another GPU"
    with pytest.raises(PlanError, match=r"built on another GPU: run `nowshowing bundle compile` again"):
        trt.Plan(plan, read_manifest(small_bundle), (1, 2))


def test_a_plan_is_held_to_its_bundle(trt: ModuleType, graph: bytes, small_bundle: Path) -> None:
    plan, manifest = build(trt, graph), read_manifest(small_bundle)
    assert trt.Plan(plan, manifest, (1, 2)).scratch_bytes == 1024
    with pytest.raises(PlanError, match="2 batch sizes"):
        trt.Plan(plan, manifest, (1, 2, 4))
    with pytest.raises(PlanError, match="batch 1 is not 4"):
        trt.Plan(plan, manifest, (1, 4))
    with pytest.raises(PlanError, match="embedding"):
        trt.Plan(plan, manifest.model_copy(update={"dim": 17}), (1, 2))


def test_another_major_version_is_not_what_this_was_written_for(
    trt: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trt.trt, "__version__", "10.15.1")
    with pytest.raises(DeviceError, match=r"TensorRT 10.15.1 is installed and 11.x is needed"):
        trt.version()


def test_complaints_are_kept_up_to_a_limit_and_counted_beyond(trt: ModuleType) -> None:
    complaints = trt.Complaints()
    listener = trt.Listener(complaints)
    listener.log(ILogger.Severity.WARNING, "chatter")
    assert complaints.num_errors() == 0
    for number in range(trt.KEPT + 1):
        listener.log(ILogger.Severity.ERROR, f"error {number}")
    assert complaints.num_errors() == trt.KEPT
    assert complaints.has_overflowed()
    assert complaints.get_error_desc(0) == "error 0"
    assert complaints.get_error_code(0) is ErrorCodeTRT.UNSPECIFIED_ERROR
    complaints.clear()
    assert not complaints.has_overflowed()
    assert "gives no reason" in str(complaints.error("it", "try again"))
