"""What a worker shares among livestreams, opened for a bench, and scripts in the place of their sources.

Decodes nothing and measures nothing.
"""

from __future__ import annotations

import asyncio
import random
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveshop.render import printed_live
from benchmarks.small_bundle import make_small_bundle
from engines.backends import ON_GPU, Settings, open_encoder
from engines.bundle import open_bundle
from indexes.build import build_gallery
from indexes.errors import GpuError
from indexes.gallery import open_gallery
from stream.fuse import Look
from stream.matching import looker
from stream.types import Frame, Reason, State, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.liveshop.live import Live
    from engines.base import FrameEncoder, Image
    from engines.bundle import Bundle
    from indexes.gallery import Gallery
    from indexes.scope import Scope
    from stream.channel import Channel
    from stream.clock import Clock
    from stream.matching import Query
    from stream.metrics import Metrics
    from stream.source import OnStatus
    from stream.types import AudioChunk, Gap

    Answer = Callable[[Query], Look]

FPS = 2.0
JITTER_S = 0.04  # that a frame comes early or late: what networks and key frames do
SHOW_S = 60.0
LIVE_FPS = 30
PICTURES = 48  # that follow one another as a livestream's do, and then begin again
FIRST_S = 10.0  # by then the host has begun to present


@dataclass(frozen=True, slots=True)
class Script:
    """What stands in a source's place: the same pictures for all, each livestream beginning elsewhere in them."""

    pictures: Sequence[Image]
    seed: int = 0

    async def play(
        self,
        url: str,
        config: object,  # noqa: ARG002  a source's
        frames: Channel[Frame | Gap],
        audio: Channel[AudioChunk | Gap] | None,  # noqa: ARG002
        *,
        clock: Clock,
        metrics: Metrics,
        on_status: OnStatus,
    ) -> Reason:
        """Goes on until it is cancelled."""
        dice = random.Random(f"{self.seed} {url}")
        begin, at = clock.now() + JITTER_S + dice.random() / FPS, dice.randrange(len(self.pictures))
        await on_status(Status(State.LIVE, Reason.CONNECTED))
        count = 0
        while True:
            due = begin + count / FPS + dice.uniform(-JITTER_S, JITTER_S)
            await asyncio.sleep(max(due - clock.now(), 0.0))
            metrics.frame_kept()
            await frames.send(Frame(count / FPS, self.pictures[(at + count) % len(self.pictures)], clock.now()))
            count += 1


@dataclass(frozen=True, slots=True)
class Wanted:
    bundle: str  # a directory, an architecture of open_clip, `small` or `classic`
    settings: Settings
    search: bool


@dataclass(frozen=True, slots=True)
class House:
    """What all livestreams share, opened once. `about`: where it encodes and searches, and why not elsewhere."""

    encoder: FrameEncoder
    look: Answer
    scope: Scope
    pictures: Sequence[Image]
    max_batch: int
    about: dict[str, object]


def open_house(wanted: Wanted, work: Path) -> House:
    bundle = bundle_of(wanted.bundle, work)
    chosen = open_encoder(bundle, wanted.settings, partial(print, "the GPU is lost:", file=sys.stderr))
    show = printed_live(1, 0, SHOW_S)
    gallery = gallery_of(show, bundle, chosen.encoder, work)
    if chosen.backend in ON_GPU:
        try:
            gallery.move_to_gpu(partial(print, "the gallery has lost its GPU:", file=sys.stderr))
        except GpuError as error:
            print(f"searched by the processor: {error}", file=sys.stderr)
    largest = min(wanted.settings.max_batch, chosen.encoder.info.max_batch)
    about: dict[str, object] = {
        "bundle": wanted.bundle, "backend": chosen.backend, "how": chosen.how,
        "passed_over": list(chosen.passed_over), "products": len(gallery.products),
        "searched_by": gallery.searched_by if wanted.search else "nobody", "max_batch": largest,
    }  # fmt: skip
    look = looker(bundle.matcher()) if wanted.search else sees_nothing
    return House(chosen.encoder, look, gallery.scope(), pictures_of(show), largest, about)


def bundle_of(name: str, work: Path) -> Bundle:
    if name == "small":
        return open_bundle(str(make_small_bundle(work / "small")))
    if name == "classic" or Path(name).exists():
        return open_bundle(name)
    from benchmarks.random_bundle import make_random_bundle, random_model  # needs the extra `models`

    make_random_bundle(random_model(name), name, work / "random")
    return open_bundle(str(work / "random"))


def gallery_of(show: Live, bundle: Bundle, encoder: FrameEncoder, work: Path) -> Gallery:
    out = work / "gallery"
    build_gallery(
        show.write_catalogue(work),
        encoder=encoder,
        bundle_name=bundle.name,
        bundle_hash=bundle.hash,
        out=out,
        votes=bundle.votes,
    )
    return open_gallery(out, bundle_hash=bundle.hash)


def pictures_of(show: Live) -> list[Image]:
    frames = (round((FIRST_S + each / FPS) * LIVE_FPS) for each in range(PICTURES))
    return [np.asarray(cv2.cvtColor(show.picture(each), cv2.COLOR_YUV2RGB_I420), np.uint8) for each in frames]


def sees_nothing(query: Query) -> Look:
    return Look(query.view.at, {})
