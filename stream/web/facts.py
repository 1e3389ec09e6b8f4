"""What the web side needs to know of a worker, as one narrow seam. Knows no route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from stream.types import Reason, State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream.events import Event


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class SpeechFacts(Answer):
    """How a livestream is listened to. hears: off, loading, waiting (no sound yet), listening, failed."""

    hears: str
    why: str = Field(
        description="Of off and failed; and of listening, where it does not answer or nothing can be heard."
    )
    engine: str = Field(description="What listens, in one line; empty while it loads or nobody does.")
    words: int = Field(description="Words committed.")
    mentions: int = Field(description="Times that a product was named.")
    skipped_s: float = Field(description="Sound that came too fast to be heard.")
    behind_s: float = Field(
        description="How long after leaving the decoder sound is heard; it grows while no answer comes."
    )


class StreamFacts(Answer):
    """One livestream as operators see it. Its URL is not here: it may carry a key."""

    stream_id: str
    shop_id: str | None
    state: State
    reason: Reason
    detail: str = ""
    since: float = Field(description="Epoch seconds since when it is in this state.")
    attempt: int = 0
    retry_in_s: float | None = None
    showing: tuple[str, ...] = Field(default=(), description="Products on show, oldest first.")
    speech: SpeechFacts = SpeechFacts(
        hears="off", why="", engine="", words=0, mentions=0, skipped_s=0.0, behind_s=0.0
    )
    figures: dict[str, float] = Field(default_factory=dict, description="Counters and gauges of this livestream.")


class SinkAnswer(Answer):
    """One sink as operators see it. state: starting, up, down (tried again), gone (nobody reads there)."""

    name: str
    state: str
    since: float
    why: str
    waiting: int
    sent: int
    lost: int


class Health(Answer):
    """`started`: the gallery and the engines are loaded. `ready`: it can do its work; if not, `why`."""

    started: bool
    ready: bool
    why: str = ""
    sinks: tuple[SinkAnswer, ...] = ()


class GalleryFacts(Answer):
    """The gallery in use."""

    version: str
    bundle: str
    products: int
    searched_by: str
    since: float = Field(description="Epoch seconds since when it is in use.")
    refused: str = Field(default="", description="Why what lies in the gallery's folder is not; empty: it is.")


class ProductRow(BaseModel):
    """One product, as in a product feed. Pictures come from the web: a path would be one on the worker's disk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    image_link: HttpUrl
    additional_image_link: tuple[HttpUrl, ...] = ()
    description: str | None = None
    brand: str | None = None
    gtin: str | None = None
    price: str | None = None
    link: str | None = None
    availability: str | None = None
    item_group_id: str | None = None
    shop_id: str | None = None
    aliases: tuple[str, ...] = ()


class GalleryChange(Answer):
    """What adding or removing came to; the version is in use by the time this is told."""

    version: str
    products: int
    added: int
    replaced: int
    removed: int
    problems: tuple[str, ...] = Field(default=(), description="What was wrong with what was sent: it was left out.")


@dataclass(frozen=True, slots=True)
class Picture:
    data: bytes
    media_type: str


class WorkerFacts(Protocol):
    """Called on the loop."""

    def health(self) -> Health: ...

    def streams(self) -> Sequence[StreamFacts]: ...

    def gallery(self) -> GalleryFacts: ...

    async def reload_gallery(self) -> GalleryFacts:
        """Looks for another version at once."""

    async def add_products(self, rows: Sequence[ProductRow]) -> GalleryChange:
        """Into the gallery on the disk, and so for every worker that reads it. Raises IndexesError, ClosedError."""

    async def remove_product(self, product_id: str) -> GalleryChange | None:
        """The same; None where there is no such product."""

    async def product_image(self, product_id: str) -> Picture | None:
        """The product's own picture, if it is at hand."""

    def watch(self, see: Callable[[Event], None]) -> None:
        """`see` is called on the loop with every event from now on; it does not block."""
