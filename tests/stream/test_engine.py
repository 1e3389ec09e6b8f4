"""The worker's engine: which one it became is in metrics and logs, whatever happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from engines import backends
from engines.backends import Chosen
from engines.bundle import open_bundle
from engines.errors import BundleError
from engines.fake import FakeEncoder
from indexes.errors import GpuError
from stream import engine
from stream.clock import ManualClock
from stream.config import WorkerConfig
from stream.engine import open_engine, open_search
from stream.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engines.backends import Settings
    from engines.bundle import Bundle

pytestmark = pytest.mark.unit


def config(tmp_path: Path, **given: str) -> WorkerConfig:
    return WorkerConfig.model_validate({"gallery": tmp_path, **given})


def test_the_built_in_engine_is_named_in_metrics_and_logs(tmp_path: Path) -> None:
    metrics = Metrics(ManualClock())
    with capture_logs() as lines:
        encoder = open_engine(open_bundle("classic"), config(tmp_path), metrics)
    assert encoder.info.name == "classic"
    assert b'nowshowing_engine_info{backend="classic"' in metrics.render()
    [line] = lines
    assert (line["event"], line["backend"], line["log_level"]) == ("engine", "classic", "info")


def test_an_engine_that_cannot_be_had_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="engine tensorrt: the built-in bundle classic"):
        open_engine(open_bundle("classic"), config(tmp_path, engine="tensorrt"), Metrics(ManualClock()))


def test_falling_back_is_a_warning_and_a_lost_gpu_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Callable[[str], None]] = []

    def fall_back(bundle: Bundle, settings: Settings, lost: Callable[[str], None]) -> Chosen:
        calls.append(lost)
        return Chosen(FakeEncoder(), backends.PROCESSOR, "ONNX Runtime", ("tensorrt: no plan",), expected=False)

    monkeypatch.setattr(engine, "open_encoder", fall_back)
    metrics = Metrics(ManualClock())
    with capture_logs() as lines:
        open_engine(open_bundle("classic"), config(tmp_path), metrics)
        calls[0]("off the bus")
    assert [line["log_level"] for line in lines] == ["warning", "error"]
    assert lines[0]["passed_over"] == ["tensorrt: no plan"]
    assert lines[1]["why"] == "off the bus"
    assert metrics.registry.get_sample_value("nowshowing_engine_lost_total") == 1


class FakeGallery:
    version, searched_by = "v1", "GPU, flat"

    def __init__(self, why: GpuError | None = None) -> None:
        self.why = why
        self.lost: Callable[[str], None] | None = None

    def move_to_gpu(self, on_lost: Callable[[str], None]) -> None:
        self.lost = on_lost
        if self.why is not None:
            raise self.why


def searched(gallery: FakeGallery, given: WorkerConfig, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    monkeypatch.setattr(engine, "open_gallery", lambda path, bundle_hash, known: gallery)
    metrics = Metrics()
    with capture_logs() as lines:
        found: object = open_search(given, "hash", metrics)
        assert found is gallery
        if gallery.lost is not None and gallery.why is None:
            gallery.lost("off the bus")
            assert metrics.registry.get_sample_value("nowshowing_engine_lost_total") == 1
    return [(line["log_level"], line.get("why", line.get("how"))) for line in lines]


def test_a_gallery_says_that_a_gpu_searches_it_and_that_it_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = searched(FakeGallery(), config(tmp_path), monkeypatch)
    assert said == [("info", "GPU, flat"), ("error", "off the bus")]


def test_a_gallery_that_does_not_fit_a_gpu_is_a_warning_and_no_gpu_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, absent = GpuError("1 GiB is free"), GpuError("no GPU", expected=True)
    assert searched(FakeGallery(full), config(tmp_path), monkeypatch) == [("warning", "1 GiB is free")]
    assert searched(FakeGallery(absent), config(tmp_path), monkeypatch) == []


def test_who_asks_for_the_processor_gets_no_gpu_for_the_gallery_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery = FakeGallery()
    assert searched(gallery, config(tmp_path, engine="onnx-cpu"), monkeypatch) == []
    assert gallery.lost is None
