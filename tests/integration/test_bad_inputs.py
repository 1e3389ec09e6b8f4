"""Whatever is wrong: one clear error, no traceback, no hang, no secret, and nothing else disturbed."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from engines.fake import FakeBundle
from stream import worker
from stream.config import WorkerConfig
from stream.worker import Worker
from tests.integration.bad_catalogues import FEEDS, GALLERIES, SEARCHES
from tests.integration.bad_neighbours import Kept
from tests.integration.bad_settings import SETTINGS
from tests.integration.bad_sources import MEDIA, PLAYLISTS, RANDOM, SERVERS, URLS
from tests.integration.bad_world import SECRET, Done, Row, Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.bad_world import World
    from tests.web import Web

pytestmark = pytest.mark.media

TABLE = [*URLS, *SERVERS, *PLAYLISTS, *MEDIA, *FEEDS, *GALLERIES, *SEARCHES, *SETTINGS]
OUTSIDE = {"a scheme that we do not open", "a redirect to the cloud's metadata", "feed: XML, built"}
START_S = 10.0  # for Python and all that the program imports, on a machine that does other things too


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_bad_input_is_one_clear_error_and_disturbs_nothing(
    row: Row, bad_world: World, temporary: Path, command_line: Callable[[list[str]], Done]
) -> None:
    command = row.command(bad_world)
    before = Surroundings.look(bad_world, temporary)
    command_line(command).check(row)
    before.check(bad_world, temporary)


@pytest.mark.parametrize("row", [row for row in TABLE if row.name in OUTSIDE], ids=lambda row: row.name)
def test_it_is_the_same_as_a_program_of_its_own(row: Row, bad_world: World) -> None:
    command = [sys.executable, "-m", "stream", *row.command(bad_world)]
    started = time.monotonic()
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    took_s = time.monotonic() - started - START_S
    Done(ended.returncode, ended.stdout, ended.stderr, took_s).check(row)


@pytest.mark.parametrize(
    "arguments",
    [
        ["watch"],
        ["watch", f"rtmp://shop.example/live/{SECRET}"],
        ["watch", "show.mp4", "--gallery", "g", "--until", "-1"],
        ["gallery", "build", "feed.csv"],
        ["no-such-command"],
        ["--log-level", "loud", "bundle", "info", "classic"],
    ],
    ids=" ".join,
)
def test_used_wrongly_it_says_so_and_exits_with_two(
    arguments: list[str], command_line: Callable[[list[str]], Done]
) -> None:
    done = command_line(arguments)
    assert (done.code, done.out) == (2, "")
    assert "error" in done.err.lower()
    assert "Traceback" not in done.err
    assert SECRET not in done.err


async def test_a_livestream_does_not_notice_what_is_wrong_with_its_neighbours(
    number_shop: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "open_bundle", lambda name: FakeBundle())
    good = {"stream_id": "good", "url": str(number_shop / "show.mp4")}
    web.pages["/garbage.ts"] = RANDOM
    web.pages["/silence.m3u8"] = web.silence()
    garbage = {"stream_id": "garbage", "url": web.url("/garbage.ts")}
    silent = {"stream_id": "silent", "url": web.url("/silence.m3u8")}

    alone = await _watched(number_shop, [good], {"good": "ended: end_of_stream"})
    together = await _watched(
        number_shop,
        [garbage, silent, good],
        {"good": "ended: end_of_stream", "garbage": "failed: bad_media", "silent": "retrying: read_timeout"},
    )
    assert [event[:2] for event in alone.products("good")] == [
        (state, product) for product in ("p3", "p5", "p7", "p3") for state in ("shown", "hidden")
    ]
    assert together.products("good") == alone.products("good")
    assert together.products("garbage") == together.products("silent") == []


async def _watched(shop: Path, streams: list[dict[str, str]], last: dict[str, str]) -> Kept:
    """All that a worker said until each livestream had the status that is waited for."""
    source = {"pace": "fast", "allow_files": True, "allow_private_hosts": True, "open_timeout_s": 0.5}
    config = WorkerConfig.model_validate(
        {"gallery": shop / "gallery", "http": None, "streams": [{**stream, "source": source} for stream in streams]}
    )
    kept = Kept()
    async with Worker(config, [kept]):
        await kept.until(lambda: all(status in kept.statuses(stream_id) for stream_id, status in last.items()))
    return kept
