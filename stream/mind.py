"""The judging end of one livestream: views become windows, windows sightings, sightings decisions.

Knows no frame and no sink: it is handed views, and a way to publish.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from stream.attention import Attention, settled
from stream.dating import Sight
from stream.decide import Decider
from stream.fuse import Fuser, sigmoid
from stream.heard import Heard
from stream.hearsay import Hearsay
from stream.matching import Query
from stream.shots import Shots
from stream.types import Change, Gap, Moment, Reason, View
from stream.weighing import SINGLY, TOGETHER
from stream.window import Windower

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from engines.base import Match
    from engines.presence import Presence
    from engines.shows import FalseShows
    from stream.channel import Channel
    from stream.config import DecideConfig, StreamConfig
    from stream.fuse import Look
    from stream.listening import Listener
    from stream.shared import Figures, Shared
    from stream.shelf import Shelf
    from stream.types import Decision, Seconds, Sighting

    Publish = Callable[[Decision], Awaitable[None]]

LOOK_BACK = 4  # views that are asked again for a product that has just appeared: two seconds
FLAP_S = 5.0  # hidden and shown again within this: the viewer saw the card blink


def decider_of(config: DecideConfig, false_shows: FalseShows, presence: Presence, step_s: Seconds) -> Decider:
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
        step_s=step_s,
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
        self._shots = Shots()
        self._nothing_said = Hearsay()
        self._heard = Heard(
            shelf.offer.kin.alike, announce_unseen=decide.announce_unseen, undecided_after_s=decide.undecided_after_s
        )
        self._decider = decider_of(decide, shared.false_shows, shared.presence, window.hop_s)

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
        self._shots.reset()
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
        away_since = self._shots.push(Moment(view.at, view.utc, view.wall), view.encoded.patches.thumb)
        self._heard.learn(self._shelf.offer.kin.alike)
        sighting = None
        if window is not None:
            seen = replace(self._fuser.close(window), away_since=away_since)
            sighting = self._allowed(self._heard.join(seen, self._board))
        decisions = [] if sighting is None else self._decider.push(sighting)
        earlier = await self._look_back(recent)
        decided = clock.now()
        if self._shared.tap is not None:
            await self._shared.tap.judged(query, look, sighting, decisions, earlier)
        if sighting is None:
            return
        if not decisions and not self._decider.tracked:
            self._figures.abstained += 1
            metrics.abstained()
        metrics.stage("total", decided - view.wall)
        ledger = _ledger(view, asked, matched, decided)
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


def _ledger(view: View, asked: Seconds, matched: Seconds, decided: Seconds) -> dict[str, Seconds]:
    """What became of the time since the frame was decoded."""
    return {
        "decode": view.decode_s,
        "queue": view.queue_s,
        "encode": view.encode_s,
        "window": asked - view.wall - view.queue_s - view.encode_s,
        "match": matched - asked,
        "decide": decided - matched,
    }


def sight_of(view: View, match: Match) -> Sight:
    return Sight(Moment(view.at, view.utc, view.wall), sigmoid(match.logit), match.box)
