"""Names are a contract: dashboards and alerts are written against them."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from stream.clock import ManualClock
from stream.metrics import Metrics
from stream.types import Reason, State

pytestmark = pytest.mark.unit

PROMISED = {
    "stage_seconds",
    "event_age_seconds",
    "detect_delay_seconds",
    "frames",
    "frames_dropped",
    "batch_size",
    "device_busy_ratio",
    "streams",
    "reconnects",
    "events",
    "flaps",
    "abstained",
    "speech_rejected",
    "gallery_version_info",
    "gallery_products",
    "loop_lag_seconds",
}


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"nowshowing_{name}", labels)


def test_every_promised_name_is_there_before_anything_happened() -> None:
    text = Metrics(ManualClock()).render().decode()
    families = {family.name for family in text_string_to_metric_families(text)}
    assert {f"nowshowing_{name}" for name in PROMISED} <= families


def test_no_metric_is_labelled_by_livestream() -> None:
    metrics = Metrics(ManualClock())
    metrics.stream_state(None, State.LIVE)
    assert b"stream_id" not in metrics.render()


def test_two_workers_in_one_process_do_not_meet() -> None:
    one, other = Metrics(ManualClock()), Metrics(ManualClock())
    one.frame_kept()
    assert value(one, "frames_total") == 1
    assert value(other, "frames_total") == 0


def test_a_livestream_is_counted_in_one_state_at_a_time() -> None:
    metrics = Metrics(ManualClock())
    metrics.stream_state(None, State.STARTING)
    metrics.stream_state(State.STARTING, State.LIVE)
    assert value(metrics, "streams", state="starting") == 0
    assert value(metrics, "streams", state="live") == 1
    metrics.stream_state(State.LIVE, None)
    assert value(metrics, "streams", state="live") == 0


def test_counters_carry_their_cause() -> None:
    metrics = Metrics(ManualClock())
    metrics.frames_dropped("behind", 3)
    metrics.reconnected(Reason.READ_TIMEOUT)
    metrics.sound_silenced(2)
    metrics.speech_rejected("silence")
    metrics.event_failed("deadline")
    assert value(metrics, "frames_dropped_total", cause="behind") == 3
    assert value(metrics, "reconnects_total", cause="read_timeout") == 1
    assert value(metrics, "sound_silenced_samples_total") == 2
    assert value(metrics, "speech_rejected_total", gate="silence") == 1
    assert value(metrics, "events_failed_total", cause="deadline") == 1


def test_an_event_within_a_second_is_told_from_one_that_was_late() -> None:
    metrics = Metrics(ManualClock())
    metrics.event_published("nowshowing.product.shown.v1", 0.95)
    metrics.event_published("nowshowing.product.shown.v1", 1.05)
    assert value(metrics, "event_age_seconds_bucket", le="1.0") == 1
    assert value(metrics, "event_age_seconds_count") == 2
    assert value(metrics, "events_total", type="nowshowing.product.shown.v1") == 2


def test_the_busy_ratio_is_of_the_last_seconds_only() -> None:
    clock = ManualClock()
    metrics = Metrics(clock)
    clock.advance(10)
    metrics.device_busy(5)
    metrics.render()
    assert value(metrics, "device_busy_ratio") == pytest.approx(0.5)
    clock.advance(60)
    metrics.render()
    assert value(metrics, "device_busy_ratio") == 0
    assert value(metrics, "device_busy_seconds_total") == 5


def test_a_batch_longer_than_the_span_makes_the_device_fully_busy() -> None:
    clock = ManualClock()
    metrics = Metrics(clock)
    clock.advance(100)
    metrics.device_busy(100)
    metrics.render()
    assert value(metrics, "device_busy_ratio") == 1


def test_the_gallery_in_use_is_named() -> None:
    metrics = Metrics(ManualClock())
    metrics.gallery_loaded("g-1", "classic", 60)
    assert value(metrics, "gallery_version_info", version="g-1", bundle="classic") == 1
    assert value(metrics, "gallery_products") == 60
