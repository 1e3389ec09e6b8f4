"""What is published: the event schema, its CloudEvents 1.0 forms, and the scribe that numbers them. Knows no sink.

The models are the contract: `deploy/schemas` is generated from them, and a test keeps the two equal. Instants are
RFC 3339 in UTC with microseconds; durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import takewhile
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from stream.lookalikes import alternatives, confidence, undecided
from stream.types import Change, Reason, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from stream import types
    from stream.clock import Clock

SPEC_VERSION = "1.0"
MAX_ALTERNATIVES = 4
AFTER_DECODE = ("queue", "encode", "window", "match", "decide")  # a frame's wall clock starts after `decode`


class Type(StrEnum):
    SHOWN = "nowshowing.product.shown.v1"
    UPDATED = "nowshowing.product.updated.v1"
    HIDDEN = "nowshowing.product.hidden.v1"
    STATUS = "nowshowing.stream.status.v1"


PRODUCT_SCHEMA = "urn:nowshowing:schema:product:v1"
STATUS_SCHEMA = "urn:nowshowing:schema:stream-status:v1"
NOW_SCHEMA = "urn:nowshowing:schema:now:v1"

Share = Annotated[float, Field(ge=0, le=1)]


def rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def instant(epoch_s: float) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)


Instant = Annotated[
    AwareDatetime,
    PlainSerializer(rfc3339, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
# An open list: a reader that validates must not break on a reason that came later.
Why = Annotated[Reason, WithJsonSchema({"type": "string", "examples": [reason.value for reason in Reason]})]


class Data(BaseModel):
    """Readers ignore fields that they do not know, so that adding one breaks nobody."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_enum_values=False, serialize_by_alias=True)


class Moment(Data):
    """One instant on three clocks."""

    pts: float = Field(description="Stream time: seconds since the first frame of this connection.")
    utc: Instant | None = Field(description="EXT-X-PROGRAM-DATE-TIME, where the stream has it.")
    wall: Instant = Field(description="When the recogniser had the decoded frame.")


class Box(Data):
    """Where in the picture, in shares of its width and height."""

    x: float
    y: float
    w: float
    h: float


class HeardWords(Data):
    """Words that named this product, as they were heard. Times are stream time, as `pts` is."""

    text: str
    start: float
    end: float
    weight: float = Field(description="Log-odds for this product that they were worth; below zero: against it.")


class Evidence(Data):
    visual: float = Field(description="Likeness of the whole picture.")
    patches: float = Field(description="Likeness after looking closely.")
    speech: float = Field(description="Log-odds that what was said adds for this product; below zero: against it.")
    box: Box | None
    words: tuple[str, ...] = Field(description="Words heard that speak for this product.")
    frames: int = Field(ge=0, description="Frames that took part.")
    heard: tuple[HeardWords, ...] = Field(default=(), description="The words that counted, and what each was worth.")
    suspended: str | None = Field(
        default=None, description="Why nothing that is said counts at present: music, ad, muted, gap, behind, ..."
    )
    unseen: bool = Field(default=False, description="It was named and not seen; only where the livestream allows it.")


class Alternative(Data):
    product_id: str
    confidence: Share


class Product(Data):
    """As in the catalogue at `versions.gallery`; null where the catalogue says nothing."""

    title: str | None = None
    price: str | None = None
    link: str | None = None
    image_link: str | None = None


class Versions(Data):
    bundle: str
    gallery: str
    program: str


class ProductData(Data):
    """A product is shown, is still shown with news, or is hidden. A shown is always followed by its hidden."""

    stream_id: str
    shop_id: str | None
    product_id: str
    sku_group: str | None = Field(description="Products that look the same; null for a product on its own.")
    undecided: bool = Field(
        default=False,
        description="It is one of `sku_group`, this one or one of `alternatives`, and nobody has said which: "
        "`product` holds only what they have in common.",
    )
    state: Change
    confidence: Share = Field(description="Calibrated probability that this product is being shown.")
    alternatives: Annotated[tuple[Alternative, ...], Field(max_length=MAX_ALTERNATIVES)]
    shown_at: Moment = Field(description="The first frame it was seen in.")
    hidden_at: Moment | None = Field(description="On hidden: the last frame it was seen in.")
    reason: Why | None = Field(description="On hidden: why. New reasons may be added.")
    evidence: Evidence
    product: Product
    latency: dict[str, float] = Field(description="Seconds per stage, from the frame's wall clock.")
    versions: Versions


class StatusData(Data):
    """Where a livestream stands, and why."""

    stream_id: str
    shop_id: str | None
    state: State
    reason: Why = Field(description="Why. New reasons may be added.")
    detail: str = Field(description="For people; never a secret.")
    attempt: int = Field(ge=0, description="Which attempt to open it this is.")
    retry_in_s: float | None = Field(description="When the next attempt follows, if one does.")
    facts: dict[str, str] = Field(description="What is known of the media: codec, size, ...")
    versions: Versions


class NowData(Data):
    """All that one livestream shows at this moment, oldest first: the value of the compacted topic."""

    stream_id: str
    shop_id: str | None
    event_id: str = Field(description="The event after which this was true.")
    time: Instant
    showing: tuple[ProductData, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent of ours. `frame_wall` (epoch seconds) is where its age is counted from; it does not travel."""

    stream_id: str
    epoch: int
    seq: int
    type: Type
    time: datetime
    data: ProductData | StatusData
    frame_wall: float

    @property
    def id(self) -> str:
        return f"{self.stream_id}:{self.epoch}:{self.seq}"

    @property
    def subject(self) -> str:
        return self.data.product_id if isinstance(self.data, ProductData) else self.stream_id

    @property
    def attributes(self) -> dict[str, str]:
        """The CloudEvents context attributes, as strings."""
        return {
            "specversion": SPEC_VERSION,
            "id": self.id,
            "source": f"/streams/{self.stream_id}",
            "type": self.type.value,
            "time": rfc3339(self.time),
            "subject": self.subject,
            "datacontenttype": "application/json",
            "dataschema": PRODUCT_SCHEMA if isinstance(self.data, ProductData) else STATUS_SCHEMA,
        }

    def handed_over(self, now: float) -> Event:
        """The same event with `latency.publish`: what it waited between decision and this hand-over."""
        if not isinstance(self.data, ProductData) or not self.data.latency:
            return self
        waited = max(now - self.time.timestamp(), 0.0)
        latency = {**self.data.latency, "publish": round(waited, 6)}
        return replace(self, data=self.data.model_copy(update={"latency": latency}))

    def structured(self) -> str:
        """Structured mode: one JSON object, no line break in it."""
        return Envelope.model_validate({**self.attributes, "data": self.data}).model_dump_json()

    def binary(self) -> tuple[list[tuple[str, bytes]], bytes]:
        """Binary mode as on Kafka: headers `ce_*` and `content-type`, and the value."""
        attributes = self.attributes
        content_type = attributes.pop("datacontenttype")
        headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
        return [*headers, ("content-type", content_type.encode())], self.data.model_dump_json().encode()


class Envelope(Data):
    """A CloudEvent in structured mode."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: Type
    time: str
    subject: str
    datacontenttype: Literal["application/json"]
    dataschema: str
    data: ProductData | StatusData


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
