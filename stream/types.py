"""What flows between stages: frozen, slotted, no behaviour. Knows no clock and no loop."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engines.base import Box, Encoded

Image = NDArray[np.uint8]  # (height, width, 3), RGB
Samples = NDArray[np.float32]  # (n,), mono, 16 kHz, -1..1
Embedding = NDArray[np.float32]  # (dim,), unit length

Seconds = float
"""Stream time: seconds since the first frame of this connection."""


class State(StrEnum):
    """Where a livestream stands; published as its status."""

    STARTING = "starting"
    LIVE = "live"
    STALLED = "stalled"
    RETRYING = "retrying"
    ENDED = "ended"
    FAILED = "failed"


class Reason(StrEnum):
    """Why something changed. Published: adding one is compatible, renaming one is not."""

    REQUESTED = "requested"  # somebody asked for it
    CONNECTED = "connected"
    END_OF_STREAM = "end_of_stream"  # the stream itself said that it is over
    STALLED = "stalled"  # connected, but nothing new for longer than the stall deadline
    OPEN_TIMEOUT = "open_timeout"
    READ_TIMEOUT = "read_timeout"
    REFUSED = "refused"  # connection refused
    UNREACHABLE = "unreachable"  # no route, no such host
    FORBIDDEN = "forbidden"  # 401, 403
    NOT_FOUND = "not_found"  # 404, 410
    SERVER_ERROR = "server_error"  # 5xx and other protocol trouble
    TLS = "tls"
    BAD_URL = "bad_url"  # not a URL we may open
    BAD_MEDIA = "bad_media"  # bytes came, but they are not media we can decode
    NO_VIDEO = "no_video"
    DISCONTINUITY = "discontinuity"  # timestamps jumped, an ad began or ended, the playlist says so
    HUNG = "hung"  # the demuxer did not come back and was abandoned
    NOT_SEEN = "not_seen"  # the product is in view no longer
    PUT_DOWN = "put_down"  # the product is in view, but nobody presents it
    MISTAKEN = "mistaken"  # it was a look-alike: the host has said which
    PRODUCT_REMOVED = "product_removed"
    SHUTDOWN = "shutdown"  # this worker stops
    GAVE_UP = "gave_up"  # retries used up
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Frame:
    """One kept picture. `wall`: when it left the decoder (epoch seconds); `utc`: program date-time if known."""

    at: Seconds
    image: Image
    wall: float
    utc: float | None = None
    decode_s: float = 0.0


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """`wall`: when it left the decoder (epoch seconds). `ad`: its source marks it as advertisement."""

    at: Seconds
    samples: Samples
    wall: float = 0.0
    ad: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """The stream broke here: whoever keeps state forgets it."""

    at: Seconds
    why: Reason


@dataclass(frozen=True, slots=True)
class View:
    """What one frame became."""

    at: Seconds
    encoded: Encoded
    wall: float
    utc: float | None = None
    decode_s: float = 0.0
    queue_s: float = 0.0
    encode_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Words:
    """Committed words only; times are stream time."""

    start: Seconds
    end: Seconds
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Window:
    start: Seconds
    end: Seconds
    views: tuple[View, ...]
    words: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """Words that spoke for a product, or against it. `weight`: the log-odds that they were worth by then."""

    text: str
    start: Seconds
    end: Seconds
    weight: float


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """What pictures cannot tell apart is judged as one, and one of them stands for all.

    `share`: how probable it is that it is this one, given that it is one of them. `undecided`: nobody has said which.
    `wait`: somebody still may. `instead_of`: stood for them until now. `anew`: something has just come back into the
    hand, which may be another than what was told before.
    """

    group: str
    share: float
    others: tuple[tuple[str, float], ...]  # products with their shares, the likeliest first
    undecided: bool = False
    wait: bool = False
    instead_of: str | None = None
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """One product as a window saw it. `probability` is calibrated: that the product is being shown.

    `in_view`: that it is in view at all, presented or not; None where that is the same. `resting_since`: it is there,
    but lies or stands where it was, and nobody presents it. `speech`: log-odds that were heard for it; None: nobody
    listens. `suspended`: why nothing that is said counts. `unseen`: it was named, but not seen. With `lookalikes` all
    that was seen is of one of them.
    """

    product_id: str
    probability: float
    visual: float = 0.0
    patches: float = 0.0
    speech: float | None = None
    box: Box | None = None
    in_view: float | None = None
    resting_since: Seconds | None = None
    said: tuple[Said, ...] = ()
    suspended: str | None = None
    unseen: bool = False
    lookalikes: Lookalikes | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A window's products, best first. Empty `ranked` means that nothing in the catalogue fits.

    `away_since`: since when the picture has been none that the livestream comes back to; None: it is one.
    """

    window: Window
    ranked: tuple[Candidate, ...] = ()
    search_s: float = 0.0
    away_since: Moment | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """A livestream's state change, as the source or the worker says it."""

    state: State
    reason: Reason
    detail: str = ""
    attempt: int = 0
    retry_in_s: float | None = None
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on three clocks: stream time, program date-time if known, and ours."""

    pts: Seconds
    utc: float | None
    wall: float


class Change(StrEnum):
    SHOWN = "shown"
    UPDATED = "updated"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the decider concluded about one product. A SHOWN is always followed by a HIDDEN of the same product."""

    change: Change
    candidate: Candidate
    alternatives: tuple[Candidate, ...]  # best first, without the product itself
    shown_at: Moment  # between the last view without it and the first that saw it
    frames: int  # views that took part
    hidden_at: Moment | None = None  # on HIDDEN: between the last view that saw it and the first without it
    why: Reason | None = None  # on HIDDEN
    again_after_s: float | None = None  # on SHOWN: how long ago this very product was hidden, if it was
    latency: dict[str, float] = field(default_factory=dict)  # seconds per stage, of the view that decided
