"""The model of a worker: it keeps its books, agrees with queues that are known, and says what it cannot say."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.capacity import FOLDER, Asked, CapacityError, checks, main, partitions, plan, read_costs
from benchmarks.load import Costs, simulate
from stream.config import KafkaConfig

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

LIGHT = Costs(encode_s=0.01, search_s=0.02, stream_cores=0.02)


def test_a_livestream_alone_waits_for_nobody() -> None:
    run = simulate(LIGHT, 1, 2, seconds=10)
    assert run.p50_s == pytest.approx(0.03)
    assert run.p99_s == pytest.approx(0.03)
    assert (run.dropped, run.views) == (0, 20)
    assert run.cores == pytest.approx(0.02 + 2 * 0.03, abs=0.01)


def test_frames_that_come_together_wait_for_each_other() -> None:
    """One is encoded at once, the other three in a batch behind it; then each is searched for in turn."""
    costs = replace(LIGHT, stream_cores=0.0, encode_s=0.1, encode_fixed_s=0.0, search_s=0.01)
    run = simulate(costs, 4, 2, apart_s=0.001, seconds=10)
    assert run.p99_s == pytest.approx(0.1 + 0.3 + 0.03 - 0.003)
    assert run.p50_s == pytest.approx((0.41 - 0.001 + 0.42 - 0.002) / 2)
    alone = simulate(replace(costs, max_batch=1), 4, 2, apart_s=0.0, seconds=10)
    assert alone.p50_s == pytest.approx((0.2 + 0.3) / 2 + 0.01)


def test_a_device_that_encodes_leaves_the_cores_alone() -> None:
    there = replace(LIGHT, encode_s=0.02, encode_fixed_s=0.005, encode_on_device=True, stream_cores=0.0)
    run = simulate(there, 10, 1, seconds=20)
    assert run.cores == pytest.approx(10 * 2 * 0.02, rel=0.05)
    assert simulate(replace(there, encode_on_device=False), 10, 1, seconds=20).cores > run.cores + 0.3


def test_threads_share_a_core_equally() -> None:
    """Encoding and searching at once on one core: each takes twice as long."""
    costs = Costs(encode_s=0.2, search_s=0.2, stream_cores=0.0)
    two = simulate(costs, 1, 2, fps=4.0, seconds=20)
    one = simulate(costs, 1, 1, fps=4.0, seconds=20)
    assert two.p50_s == pytest.approx(0.4)
    assert one.p50_s > 0.5
    assert one.cores == pytest.approx(1.0, abs=0.01)


def test_a_crowded_machine_is_slower_only_while_all_its_cores_work() -> None:
    costs = replace(LIGHT, stream_cores=0.0, crowded=1.5)
    assert simulate(costs, 1, 2).p99_s == pytest.approx(0.03)
    busy = Costs(encode_s=0.24, search_s=0.24, stream_cores=0.0)
    assert simulate(busy, 2, 2, apart_s=0.25).p50_s < simulate(replace(busy, crowded=1.5), 2, 2, apart_s=0.25).p50_s


def test_beyond_the_full_machine_frames_are_dropped_and_ages_stay_bounded() -> None:
    heavy = Costs(encode_s=0.05, search_s=0.3, stream_cores=0.02)
    run = simulate(heavy, 4, 2, seconds=30)
    assert run.dropped > 0
    assert run.views == pytest.approx(30 / 0.3, rel=0.05)  # the search thread is never idle
    # Four frames at two a second, and three more that each wait for all four livestreams' searches.
    assert run.p99_s < 2 + 3 * 4 * 0.3 + 0.5


@settings(deadline=None, max_examples=30)
@given(
    streams=st.integers(1, 12),
    encode=st.floats(0, 0.1),
    search=st.floats(0.001, 0.1),
    spread=st.floats(0, 1),
    cores=st.sampled_from((1.0, 2.0, 8.0)),
    seed=st.integers(0, 2**31),
)
def test_no_frame_is_lost_between_the_books(
    streams: int, encode: float, search: float, spread: float, cores: float, seed: int
) -> None:
    costs = Costs(encode_s=encode, search_s=search, stream_cores=0.01, search_spread=spread)
    run = simulate(costs, streams, cores, seed=seed, seconds=10)
    came = streams * 2 * 10
    inside = streams * 7  # may be under way at either end
    assert came - inside <= run.views + run.dropped <= came + inside
    assert 0 < run.cores <= cores + 1e-6
    assert run == simulate(costs, streams, cores, seed=seed, seconds=10)


@pytest.mark.parametrize("name", ["classic", "classic-2b1f29f", "small"])
def test_it_says_where_the_measured_machine_is_full(name: str) -> None:
    """Not how old views become there to the second; those errors stand in benchmarks/README.md."""
    for check in checks(read_costs(name)):
        assert (check.said.p99_s > 1.8) == (check.point.p99_s > 1.8)
        assert -0.5 < check.error < 2


def test_every_file_of_costs_says_where_each_comes_from() -> None:
    for path in FOLDER.glob("*.json"):
        assert read_costs(path.stem).sources


def test_a_plan_is_workers_that_hold_their_share_with_some_to_spare() -> None:
    measured = read_costs("classic")
    some = plan(measured, Asked(streams=50, products=1000))
    assert some.workers * some.streams_a_worker >= 50
    assert some.streams_a_worker < some.streams_at_most
    assert some.p99_s <= 1.0
    heard = plan(measured, Asked(streams=50, products=1000, speech=True, limit_s=0.3))
    assert heard.workers >= some.workers
    assert plan(measured, Asked(streams=50, products=100_000)).memory_gb > some.memory_gb


def test_what_was_not_measured_is_not_guessed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--costs", "h100"]) == 2
    assert "'h100': not yet measured: there are classic, classic-2b1f29f, small" in capsys.readouterr().err
    assert main(["--scope", "5000"]) == 2
    assert "searching was measured up to 60" in capsys.readouterr().err
    with pytest.raises(CapacityError, match="hold no livestream"):
        plan(read_costs("classic"), Asked(streams=1, products=10, limit_s=0.01))
    given = json.loads((FOLDER / "small.json").read_text()) | {"worker_mb": "much"}
    (tmp_path / "mine.json").write_text(json.dumps(given))
    assert main(["--costs", str(tmp_path / "mine.json")]) == 2
    assert "worker_mb: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--streams", "0"], "--streams 0: give more than nothing"),
        (["--cores", "-1", "--fps", "0"], "--cores -1, --fps 0: give more than nothing"),
        (["--spare", "1"], "--spare 1: give a share from 0 to below 1"),
    ],
)
def test_what_cannot_be_is_refused(given: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(given) == 2
    assert capsys.readouterr().err == said + "\n"


def test_the_answer_and_the_check_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--costs", "classic", "--streams", "12", "--products", "100"]) == 0
    assert "workers" in capsys.readouterr().out
    assert main(["--costs", "small", "--validate"]) == 0
    assert "0.562" in capsys.readouterr().out


@pytest.mark.parametrize(("consumers", "expected"), [(1, 8), (4, 8), (5, 16), (16, 32)])
def test_partitions_leave_room_for_more_consumers(consumers: int, expected: int) -> None:
    assert partitions(consumers) == expected
    assert KafkaConfig.model_fields["partitions"].default == 8
