"""Decisions and statuses in, numbered events out. Knows no sink and no transport."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from stream.events import (
    MAX_ALTERNATIVES,
    Alternative,
    Box,
    Event,
    Evidence,
    HeardWords,
    Moment,
    Product,
    ProductData,
    StatusData,
    Type,
    Versions,
    instant,
)
from stream.lookalikes import alternatives, confidence, undecided
from stream.types import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from stream import types
    from stream.clock import Clock

AFTER_DECODE = ("queue", "encode", "window", "match", "decide")  # a frame's wall clock starts after `decode`


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What events say about a product, as in the catalogue."""

    title: str | None = None
    price: str | None = None
    link: str | None = None
    image_link: str | None = None
    sku_group: str | None = None


class Scribe:
    """Turns one livestream's decisions and statuses into numbered events, for one owner (`epoch`) of it."""

    def __init__(
        self,
        stream_id: str,
        shop_id: str | None,
        epoch: int,
        versions: Versions,
        lookup: Callable[[str], ProductFacts | None],
        clock: Clock,
    ) -> None:
        self._stream_id = stream_id
        self._shop_id = shop_id
        self._epoch = epoch
        self._versions = versions
        self._lookup = lookup
        self._clock = clock
        self._seq = 0
        self._shown: dict[str, ProductFacts] = {}

    def move_to(self, versions: Versions, lookup: Callable[[str], ProductFacts | None]) -> None:
        """From here on, what is told was found in another version of the gallery."""
        self._versions, self._lookup = versions, lookup

    def decision(self, decision: types.Decision) -> Event:
        product_id = decision.candidate.product_id
        facts = self._facts(product_id, decision.change)
        alike = decision.candidate.lookalikes
        latency = {stage: round(seconds, 6) for stage, seconds in decision.latency.items()}
        data = ProductData(
            stream_id=self._stream_id,
            shop_id=self._shop_id,
            product_id=product_id,
            sku_group=facts.sku_group or (None if alike is None else alike.group),
            undecided=undecided(decision.candidate),
            state=decision.change,
            confidence=_share(confidence(decision.candidate)),
            alternatives=_alternatives(decision.alternatives),
            shown_at=_moment(decision.shown_at),
            hidden_at=None if decision.hidden_at is None else _moment(decision.hidden_at),
            reason=decision.why,
            evidence=_evidence(decision),
            product=self._product(decision.candidate, facts),
            latency=latency,
            versions=self._versions,
        )
        return self._event(Type[decision.change.name], data, since_frame_s=_since_frame(decision.latency))

    def status(self, status: types.Status) -> Event:
        data = StatusData(
            stream_id=self._stream_id,
            shop_id=self._shop_id,
            state=status.state,
            reason=status.reason,
            detail=status.detail,
            attempt=status.attempt,
            retry_in_s=status.retry_in_s,
            facts=status.facts,
            versions=self._versions,
        )
        return self._event(Type.STATUS, data)

    def _product(self, candidate: types.Candidate, facts: ProductFacts) -> Product:
        if not undecided(candidate):
            return Product(title=facts.title, price=facts.price, link=facts.link, image_link=facts.image_link)
        others = [self._lookup(other.product_id) for other in alternatives(candidate)]
        return _in_common([facts, *(other for other in others if other is not None)])

    def _event(self, type_: Type, data: ProductData | StatusData, since_frame_s: float = 0.0) -> Event:
        self._seq += 1
        now = self._clock.now()
        return Event(self._stream_id, self._epoch, self._seq, type_, instant(now), data, now - since_frame_s)

    def _facts(self, product_id: str, change: Change) -> ProductFacts:
        """A hidden speaks of the product as its shown did, also when the catalogue has lost it since."""
        facts = self._shown.get(product_id) or self._lookup(product_id) or ProductFacts()
        if change is Change.HIDDEN:
            self._shown.pop(product_id, None)
        else:
            self._shown[product_id] = facts
        return facts


def _in_common(all_facts: Sequence[ProductFacts]) -> Product:
    """What is true whichever of them it is. Their pictures look the same: the first one's will do."""
    titles = [(facts.title or "").split() for facts in all_facts]
    shared = list(takewhile(lambda words: len(set(words)) == 1, zip(*titles, strict=False)))
    prices, links = ({getattr(facts, name) for facts in all_facts} for name in ("price", "link"))
    return Product(
        title=" ".join(words[0] for words in shared).rstrip(" ,;:-–(") or None,
        price=prices.pop() if len(prices) == 1 else None,
        link=links.pop() if len(links) == 1 else None,
        image_link=all_facts[0].image_link,
    )


def _share(probability: float) -> float:
    return round(min(max(probability, 0.0), 1.0), 4)


def _moment(moment: types.Moment) -> Moment:
    utc = None if moment.utc is None else instant(moment.utc)
    return Moment(pts=round(moment.pts, 3), utc=utc, wall=instant(moment.wall))


def _alternatives(candidates: Iterable[types.Candidate]) -> tuple[Alternative, ...]:
    best = list(candidates)[:MAX_ALTERNATIVES]
    return tuple(Alternative(product_id=c.product_id, confidence=_share(c.probability)) for c in best)


def _evidence(decision: types.Decision) -> Evidence:
    seen = decision.candidate
    box = None if seen.box is None else Box(x=seen.box.x, y=seen.box.y, w=seen.box.w, h=seen.box.h)
    return Evidence(
        visual=round(seen.visual, 4),
        patches=round(seen.patches, 4),
        speech=round(seen.speech or 0.0, 4),
        box=box,
        words=tuple(words.text for words in seen.said if words.weight > 0),
        frames=decision.frames,
        heard=tuple(
            HeardWords(text=w.text, start=round(w.start, 3), end=round(w.end, 3), weight=round(w.weight, 4))
            for w in seen.said
        ),
        suspended=seen.suspended,
        unseen=seen.unseen,
    )


def _since_frame(latency: Mapping[str, float]) -> float:
    return sum(latency.get(stage, 0.0) for stage in AFTER_DECODE)
