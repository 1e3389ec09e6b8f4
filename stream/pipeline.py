"""The wiring of one livestream: source ▶ see ▶ think ▶ publish. Read this first.

    source ══frames(drop oldest)══▶ see ══views(wait)══▶ think ──decisions──▶ publish
       └═════sounds(drop oldest)══▶ listen ──what was said──┘

A stage never swallows an error: it fails its livestream's group, and the worker decides what follows. Whatever was
shown is hidden before `run_stream` returns or raises, with the reason why. What thinks is in mind.py.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, assert_never

from stream.channel import Channel, Policy
from stream.errors import NowShowingError
from stream.listening import Listener
from stream.mind import Mind
from stream.shared import Figures
from stream.types import Frame, Gap, Reason, View

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stream.config import StreamConfig
    from stream.mind import Publish
    from stream.shared import Shared
    from stream.shelf import Shelf
    from stream.types import Status

    OnStatus = Callable[[Status], Awaitable[None]]

FRAMES = 4  # two seconds of frames: beyond that an old frame is worth less than a new one
STALE_S = 1.0  # and when newer ones wait, beyond this already
VIEWS = 1  # being behind shall show in the frames, which may be dropped, not here


async def run_stream(
    config: StreamConfig,
    shelf: Shelf,
    shared: Shared,
    *,
    publish: Publish,
    on_status: OnStatus,
    figures: Figures | None = None,
) -> Reason:
    """Runs until the livestream is over and says why; raises what broke it."""
    frames = _frames(config, shared)
    views: Channel[View | Gap] = Channel("views", capacity=VIEWS, policy=Policy.WAIT)
    figures = figures or Figures()
    shelf.take()
    shelf.rest()
    listener = listener_of(config, shelf, shared, figures, frames)
    mind = Mind(config, shelf, shared, publish, figures, listener)
    why = Reason.INTERNAL
    try:
        async with asyncio.TaskGroup() as group:
            source = group.create_task(_source(config, frames, listener, shared, on_status), name="source")
            group.create_task(see(frames, views, shared), name="see")
            group.create_task(mind.think(views), name="think")
            if listener is not None:
                group.create_task(listener.listen(), name="listen")
        why = source.result()
    except asyncio.CancelledError:
        why = Reason.SHUTDOWN
        raise
    except BaseExceptionGroup as errors:
        why = reason_of(errors)
        raise
    finally:
        await mind.end(why)
    return why


def _frames(config: StreamConfig, shared: Shared) -> Channel[Frame | Gap]:
    return Channel(
        "frames",
        capacity=FRAMES,
        policy=Policy.WAIT if config.source.pace == "fast" else Policy.DROP_OLDEST,
        keep=lambda item: isinstance(item, Gap),
        on_drop=lambda n: shared.metrics.frames_dropped("behind", n),
    )


def listener_of(
    config: StreamConfig, shelf: Shelf, shared: Shared, figures: Figures, frames: Channel[Frame | Gap]
) -> Listener | None:
    speech = shared.speech
    if speech is None:
        return None
    figures.speech.why = speech.silence(config)
    if figures.speech.why:
        return None
    seat = speech.seat(lambda: shelf.offer.scope, config.language)
    return Listener(
        speech,
        seat,
        figures.speech,
        lambda: frames.stats.waiting >= FRAMES,
        patient=not frames.drops,
        summariser=speech.summariser(lambda: shelf.offer.scope),
    )


async def _source(
    config: StreamConfig, frames: Channel[Frame | Gap], listener: Listener | None, shared: Shared, on_status: OnStatus
) -> Reason:
    url = config.url.get_secret_value()
    sounds = None if listener is None else listener.sounds
    why = await shared.play(
        url, config.source, frames, sounds, clock=shared.clock, metrics=shared.metrics, on_status=on_status
    )
    for channel in (frames, sounds):
        if channel is not None:
            await channel.close()
    return why


async def see(frames: Channel[Frame | Gap], views: Channel[View | Gap], shared: Shared) -> None:
    """Frames to views, one request under way per livestream."""
    async for item in frames:
        match item:
            case Gap():
                await views.send(item)
            case Frame():
                if frames.drops and frames.stats.waiting and shared.clock.now() - item.wall > STALE_S:
                    shared.metrics.frames_dropped("stale", 1)
                    continue
                await views.send(await _view(item, shared))
            case _:
                assert_never(item)
    await views.close()


async def _view(frame: Frame, shared: Shared) -> View:
    asked = shared.clock.now()
    encoded = await shared.encode.ask(frame.image)
    view = View(
        at=frame.at,
        encoded=encoded,
        wall=frame.wall,
        utc=frame.utc,
        decode_s=frame.decode_s,
        queue_s=asked - frame.wall,
        encode_s=shared.clock.now() - asked,
    )
    shared.metrics.stage("queue", view.queue_s)
    shared.metrics.stage("encode", view.encode_s)
    return view


def reason_of(error: BaseException) -> Reason:
    """The published reason for whatever ended a livestream, looking into groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error.reason if isinstance(error, NowShowingError) else Reason.INTERNAL
