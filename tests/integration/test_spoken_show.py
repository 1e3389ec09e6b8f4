"""A show whose host speaks, through the whole worker with each ear that needs no model: words, mentions, evidence."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from benchmarks.liveshop.truth import read_truth
from benchmarks.liveshop.voices import voice
from engines.speech.moonshine_model import missing
from stream.config import WorkerConfig
from stream.worker import Worker
from tests.integration.shows import Collector

if TYPE_CHECKING:
    from stream.web.facts import SpeechFacts
    from tests.integration.shows import Show

pytestmark = [pytest.mark.media, pytest.mark.timeout(240)]

NEAR_S = 0.5  # words within a sentence are shared out by letters in the truth


async def replay(show: Show, engine: str, **settings: object) -> tuple[Collector, SpeechFacts, str]:
    """What was told and heard, and which ear the metrics name."""
    stream = {"stream_id": "a", "url": str(show.video), "source": {"allow_files": True, "pace": "fast"}, **settings}
    config = WorkerConfig.model_validate(
        {"gallery": show.gallery, "http": None, "streams": [stream], "speech": {"engine": engine}}
    )
    told = Collector()
    async with Worker(config, sinks=[told]) as worker:
        async with asyncio.timeout(200):
            await worker.finished()
        assert not worker.failures
        (family,) = (one for one in worker.metrics.registry.collect() if one.name == "nowshowing_speech")
        return told, worker.streams()[0].speech, family.samples[0].labels["engine"]


@pytest.fixture(params=["sphinx", "moonshine"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "moonshine" and (why := missing()):
        pytest.skip(f"no Moonshine here (extra `moonshine`): its package {why}")
    return str(request.param)


async def test_what_the_host_says_is_heard_in_its_time_and_is_evidence(show: Show, engine: str) -> None:
    if voice() is None:
        pytest.skip("needs a synthesiser (apt: flite or espeak-ng)")
    told, speech, metrics_name = await replay(show, engine, language="en")
    assert speech.engine.startswith(metrics_name)
    assert metrics_name == engine
    assert (speech.skipped_s, speech.why) == (0.0, "")
    assert speech.words >= 5
    assert speech.mentions >= 2
    said = [words for event in told.products["a"] for words in event.evidence.heard]
    truth = read_truth(show.video.with_name("truth.jsonl"))
    assert said
    for words in said:
        first = words.text.split()[0].casefold()
        times = [word.start for word in truth.words if word.text.casefold().strip(",.!?") == first]
        assert any(abs(at - words.start) < NEAR_S for at in times), words


async def test_a_livestream_that_is_not_listened_to_is_judged_by_its_pictures(show: Show) -> None:
    told, speech, metrics_name = await replay(show, "auto", language="en", speech=False)
    assert (speech.hears, speech.why, speech.words, metrics_name) == ("off", "as configured", 0, "off")
    assert told.told("a") == show.products
