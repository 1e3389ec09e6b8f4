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
from stream import engine
from stream.clock import ManualClock
from stream.config import WorkerConfig
from stream.engine import open_engine
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
