"""The wiring of one livestream: source ▶ see ▶ think ▶ publish. Read this first.

    source ══frames(drop oldest)══▶ see ══views(wait)══▶ think ──decisions──▶ publish
       └═════sounds(drop oldest)══▶ listen ──what was said──┘

A stage never swallows an error: it fails its livestream's group, and the worker decides what follows. Whatever was
shown is hidden before `run_stream` returns or raises, with the reason why.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, assert_never

from engines.presence import SINGLE
from engines.shows import THEORY
from stream.attention import Attention, settled
from stream.channel import Channel, Policy
from stream.dating import Sight
from stream.decide import Decider
from stream.errors import NowShowingError
from stream.fuse import Fuser, sigmoid
from stream.heard import Heard
from stream.hearsay import Hearsay
from stream.listening import Listener
from stream.matching import Query
from stream.source import play
from stream.speech import Speech, SpeechFigures
from stream.types import Change, Frame, Gap, Moment, Reason, View
from stream.weighing import SINGLY, TOGETHER
from stream.window import Windower

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from engines.base import Encoded, Match
    from engines.presence import Presence
    from engines.shows import FalseShows
    from stream.batching import Batcher
    from stream.clock import Clock
    from stream.config import DecideConfig, StreamConfig
    from stream.fuse import Look
    from stream.metrics import Metrics
    from stream.shelf import Shelf
    from stream.types import Decision, Image, Sighting, Status

    Publish = Callable[[Decision], Awaitable[None]]
    OnStatus = Callable[[Status], Awaitable[None]]
    Play = Callable[..., Coroutine[None, None, Reason]]  # stream.source.play, or a script of it

FRAMES = 4  # two seconds of frames: beyond that an old frame is worth less than a new one
STALE_S = 1.0  # and when newer ones wait, beyond this already
LOOK_BACK = 4  # views that are asked again for a product that has just appeared: two seconds
VIEWS = 1  # being behind shall show in the frames, which may be dropped, not here
FLAP_S = 5.0  # hidden and shown again within this: the viewer saw the card blink


class Tap(Protocol):
    """Looks on while a livestream is judged, for evaluations. Called on the loop: it must not block."""

    def judged(
        self,
        query: Query,
        look: Look,
        sighting: Sighting | None,
        decisions: Sequence[Decision],
        earlier: Sequence[Look] = (),
    ) -> None:
        """Once for every view, before what was decided is published. `sighting`: where the view closed a window.

        `earlier`: what the views before had, newest first, where they were asked for what has just appeared.
        """
        ...


@dataclass(frozen=True, slots=True)
class Shared:
    """What all livestreams of a worker share."""

    encode: Batcher[Image, Encoded]
    look: Batcher[Query, Look]
    metrics: Metrics
    clock: Clock
    play: Play = play
    tap: Tap | None = None
    false_shows: FalseShows = THEORY
    presence: Presence = SINGLE
    speech: Speech | None = None


@dataclass(slots=True)
class Figures:
    """What operators ask of a single livestream; it outlives restarts."""

    views: int = 0
    abstained: int = 0
    last_wall: float = 0.0
    last_look_s: float = 0.0
    speech: SpeechFigures = field(default_factory=SpeechFigures)


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
    frames: Channel[Frame | Gap] = Channel(
        "frames",
        capacity=FRAMES,
        policy=Policy.WAIT if config.source.pace == "fast" else Policy.DROP_OLDEST,
        keep=lambda item: isinstance(item, Gap),
        on_drop=lambda n: shared.metrics.frames_dropped("behind", n),
    )
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


def decider_of(config: DecideConfig, false_shows: FalseShows, presence: Presence) -> Decider:
    """What to show at is asked of the bundle's own curve, unless the config says it outright."""
    show_at = config.show_at
    if show_at is None:
        show_at = sigmoid(false_shows.log_odds(config.false_shows_per_hour))
    return Decider(
        show_at=show_at,
        hide_at=config.hide_at,
        hold_s=config.hold_s,
        update_every_s=config.update_every_s,
        max_shown=config.max_shown,
        weighing=TOGETHER if presence.fitted else SINGLY,
    )


class Mind:
    """The judging end of a livestream: windows, looks, decisions. All its state dies with a gap."""

    def __init__(
        self,
        config: StreamConfig,
        shelf: Shelf,
        shared: Shared,
        publish: Publish,
        figures: Figures,
        listener: Listener | None = None,
    ) -> None:
        window, decide = config.window, config.decide
        self._figures = figures
        self._listener = listener
        self._shelf = shelf
        self._shared = shared
        self._publish = publish
        self._windower = Windower(length_s=window.length_s, hop_s=window.hop_s)
        self._attention = Attention()
        self._fuser = Fuser(shared.presence)
        self._nothing_said = Hearsay()
        self._heard = Heard(
            shelf.offer.kin.alike, announce_unseen=decide.announce_unseen, undecided_after_s=decide.undecided_after_s
        )
        self._decider = decider_of(decide, shared.false_shows, shared.presence)

    async def think(self, views: Channel[View | Gap]) -> None:
        async for item in views:
            match item:
                case Gap(why=why):
                    await self.end(why)
                    if self._listener is not None:
                        self._listener.gap_seen()
                case View():
                    await self._push(item)
                case _:
                    assert_never(item)
        if self._listener is not None:
            await self._listener.let_go()

    async def end(self, why: Reason) -> None:
        """Hides what is shown and forgets the rest: state never bridges a gap."""
        self._windower.reset()
        self._attention.reset()
        self._fuser.reset()
        self._heard.reset()
        failed: list[Exception] = []
        for decision in self._decider.end(why):
            try:
                await self._publish(decision)
            except Exception as error:  # noqa: BLE001  the others are hidden all the same, then it is raised
                failed.append(error)
        self._shelf.rest()
        if failed:
            raise failed[0]

    @property
    def _board(self) -> Hearsay:
        return self._nothing_said if self._listener is None else self._listener.board

    async def _move(self) -> None:
        """Takes up another version of the gallery, if there is one; what is in it no longer is hidden."""
        if not self._shelf.take():
            return
        offer = self._shelf.offer
        self._attention.reset()
        if offer.renamed and self._listener is not None:
            self._listener.names_changed()
        gone = sorted(product_id for product_id in self._decider.tracked if not offer.scope.has(product_id))
        if gone:
            self._heard.reset()
        for product_id in gone:
            for decision in self._decider.remove(product_id):
                await self._publish(decision)

    def _allowed(self, sighting: Sighting) -> Sighting:
        """What is not in scope is never shown: neither what was found before it left, nor what was only heard of."""
        scope = self._shelf.offer.scope
        return replace(sighting, ranked=tuple(one for one in sighting.ranked if scope.has(one.product_id)))

    async def _push(self, view: View) -> None:
        metrics, clock = self._shared.metrics, self._shared.clock
        await self._move()
        window = self._windower.push(view)
        if self._listener is not None:
            await self._listener.keep_up(view.at)
        recent = self._windower.views[:-1]
        asked = clock.now()
        query, look = await self._look(view, recent)
        matched = clock.now()
        metrics.stage("match", matched - asked)
        self._figures.views += 1
        self._figures.last_wall, self._figures.last_look_s = view.wall, look.search_s
        self._fuser.push(look)
        self._heard.learn(self._shelf.offer.kin.alike)
        sighting = None
        if window is not None:
            sighting = self._allowed(self._heard.join(self._fuser.close(window), self._board))
        decisions = [] if sighting is None else self._decider.push(sighting)
        earlier = await self._look_back(recent)
        if self._shared.tap is not None:
            self._shared.tap.judged(query, look, sighting, decisions, earlier)
        if sighting is None:
            return
        if not decisions and not self._decider.tracked:
            self._figures.abstained += 1
            metrics.abstained()
        metrics.stage("total", clock.now() - view.wall)
        ledger = {
            "decode": view.decode_s,
            "queue": view.queue_s,
            "encode": view.encode_s,
            "window": asked - view.wall - view.queue_s - view.encode_s,
            "match": matched - asked,
            "decide": clock.now() - matched,
        }
        for decision in decisions:
            self._count(decision)
            await self._publish(replace(decision, latency=ledger))

    async def _look(self, view: View, recent: Sequence[View]) -> tuple[Query, Look]:
        showing, tracked = self._decider.showing, self._decider.tracked
        follows, asks = self._attention.follows(tracked), self._attention.asks(showing, tracked)
        since = recent[0] if recent and self._attention.knows else None
        query = Query(view, recent, self._shelf.offer.scope, follows, asks, since)
        look = await self._shared.look.ask(query)
        if query.only is not None and not settled(look, showing):
            query = replace(query, only=None)
            look = await self._shared.look.ask(query)
        self._attention.saw(look, searched=query.only is None)
        return query, look

    async def _look_back(self, recent: Sequence[View]) -> Sequence[Look]:
        """Earlier views were not asked for what has just appeared: the search found it late, or it was blurred."""
        opened = sorted(self._decider.opened)
        views = recent[: -LOOK_BACK - 1 : -1] if opened else ()
        rivals_too = sorted(self._decider.tracked)  # alone, a product would be found in its look-alike
        scope = self._shelf.offer.scope
        looks = [await self._shared.look.ask(Query(view, (), scope, only=rivals_too)) for view in views]
        for product_id in opened:
            found = [(view, look.matches[product_id]) for view, look in zip(views, looks, strict=True)]
            self._decider.found_before(product_id, [sight_of(view, match) for view, match in found])
        return looks

    def _count(self, decision: Decision) -> None:
        if decision.change is not Change.SHOWN:
            return
        self._shared.metrics.detect_delay(self._shared.clock.now() - decision.shown_at.wall)
        if decision.again_after_s is not None and decision.again_after_s < FLAP_S:
            self._shared.metrics.flap()


def sight_of(view: View, match: Match) -> Sight:
    return Sight(Moment(view.at, view.utc, view.wall), sigmoid(match.logit), match.box)


def reason_of(error: BaseException) -> Reason:
    """The published reason for whatever ended a livestream, looking into groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error.reason if isinstance(error, NowShowingError) else Reason.INTERNAL
