"""What is published: the event schema and its CloudEvents 1.0 forms. Knows no sink.

The models are the contract: `deploy/schemas` is generated from them, and a test keeps the two equal. Instants are
RFC 3339 in UTC with microseconds; durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from stream.types import Change, Reason, State

SPEC_VERSION = "1.0"
MAX_ALTERNATIVES = 4


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

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        use_enum_values=False,
        serialize_by_alias=True,
        json_schema_serialization_defaults_required=True,  # what we write is whole; only older events lack a field
    )


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
        default=None,
        description="Why nothing that is said counts at present: "
        "music, singing, noise, tone, muted, ad, gap, behind or failed.",
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
    shown_at: Moment = Field(
        description="When it came: halfway between the first look that saw it and the one before."
    )
    hidden_at: Moment | None = Field(
        description="On hidden: when it went, halfway between the last look that saw it and the next."
    )
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
