"""HLS playlists as text: what they say, strictly bounded. Pure: fetches nothing, resolves no link."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from stream.adverts import Cues
from stream.errors import SourceRefused
from stream.types import Reason

MAX_BYTES = 4 << 20  # an eight-hour recording in two-second segments with long tokens is about 3 MiB
MAX_SEGMENTS = 50_000
MAX_VARIANTS = 100
MAX_LINE = 8_192
MAX_DURATION_S = 3_600.0
ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)')


class PlaylistError(SourceRefused):
    def __init__(self, message: str) -> None:
        super().__init__(f"playlist: {message}", Reason.BAD_MEDIA)


@dataclass(frozen=True, slots=True)
class Key:
    """AES-128 in CBC mode; without `iv` the segment's sequence number is it."""

    uri: str
    iv: bytes | None = None


@dataclass(frozen=True, slots=True)
class Init:
    """The bytes a fragmented MP4 segment needs before it."""

    uri: str
    span: tuple[int, int] | None = None  # first byte, length
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    uri: str
    sequence: int
    duration_s: float
    broke: bool = False  # the playlist declares a discontinuity before it
    missing: bool = False  # EXT-X-GAP: listed, but there is nothing to fetch
    utc: float | None = None  # program date-time of its first sample, epoch seconds
    span: tuple[int, int] | None = None
    key: Key | None = None
    init: Init | None = None
    ad: bool = False


@dataclass(frozen=True, slots=True)
class Variant:
    uri: str
    bandwidth: int
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Master:
    variants: tuple[Variant, ...]

    def pick(self, longer_side: int) -> Variant:
        """The cheapest variant that is at least as large as what is sampled; else the largest."""
        sized = [v for v in self.variants if max(v.width, v.height)]
        enough = [v for v in sized if max(v.width, v.height) >= longer_side]
        if enough:
            return min(enough, key=lambda v: (v.width * v.height, v.bandwidth))
        if sized:
            return max(sized, key=lambda v: (v.width * v.height, -v.bandwidth))
        return max(self.variants, key=lambda v: v.bandwidth)


@dataclass(frozen=True, slots=True)
class Media:
    target_s: float
    segments: tuple[Segment, ...]
    ended: bool


@dataclass(slots=True)
class _State:
    """What the lines read so far say about the segment to come."""

    sequence: int = 0
    target_s: float = 0.0
    ended: bool = False
    duration_s: float | None = None
    broke: bool = False
    missing: bool = False
    utc: float | None = None
    span: str | None = None
    span_end: int = 0
    key: Key | None = None
    init: Init | None = None
    variant: Variant | None = None
    cues: Cues = field(default_factory=Cues)
    segments: list[Segment] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)


def parse_playlist(text: str) -> Master | Media:
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines or not lines[0].startswith("#EXTM3U"):
        raise PlaylistError("it does not begin with #EXTM3U: this is not an HLS playlist")
    state = _State()
    for line in lines[1:]:
        if len(line) > MAX_LINE:
            raise PlaylistError(f"a line has {len(line)} characters: {MAX_LINE} at most")
        stripped = line.strip()
        if stripped.startswith("#"):
            _tag(state, stripped)
        elif stripped:
            _uri(state, stripped)
    if state.variants and state.segments:
        raise PlaylistError("it mixes variants with segments")
    if state.variants:
        return Master(tuple(state.variants))
    target_s = state.target_s or max((s.duration_s for s in state.segments), default=0.0)
    if not target_s and not state.segments:
        raise PlaylistError("it has neither variants nor segments nor a target duration")
    return Media(target_s, tuple(_with_ads(state)), state.ended)


def _tag(state: _State, line: str) -> None:  # noqa: C901  one case a tag
    name, _, value = line.partition(":")
    match name:
        case "#EXTINF":
            state.duration_s = _number(value.partition(",")[0], "EXTINF")
        case "#EXT-X-TARGETDURATION":
            state.target_s = _number(value, "EXT-X-TARGETDURATION")
        case "#EXT-X-MEDIA-SEQUENCE":
            state.sequence = _whole(value, "EXT-X-MEDIA-SEQUENCE")
        case "#EXT-X-DISCONTINUITY":
            state.broke, state.utc = True, None
        case "#EXT-X-PROGRAM-DATE-TIME":
            state.utc = _date(value)
        case "#EXT-X-ENDLIST":
            state.ended = True
        case "#EXT-X-GAP":
            state.missing = True
        case "#EXT-X-BYTERANGE":
            state.span = value
        case "#EXT-X-KEY":
            state.key = _key(value)
        case "#EXT-X-MAP":
            state.init = _init(value, state.key)
        case "#EXT-X-STREAM-INF":
            state.variant = _variant(value)
        case _:
            _cue(state.cues, name, value)


def _cue(cues: Cues, name: str, value: str) -> None:
    match name:
        case "#EXT-X-CUE-OUT":
            cues.out(value)
        case "#EXT-X-CUE-OUT-CONT":
            cues.goes_on(value)
        case "#EXT-X-CUE-IN":
            cues.back_in()
        case "#EXT-X-DATERANGE":
            found = _attributes(value)
            cues.date_range(found, _date(found.get("START-DATE", "")), _date(found.get("END-DATE", "")))
        case _:
            pass  # unknown tags are ignored, as the format asks


def _uri(state: _State, uri: str) -> None:
    if state.variant is not None:
        if len(state.variants) == MAX_VARIANTS:
            raise PlaylistError(f"more than {MAX_VARIANTS} variants")
        state.variants.append(replace(state.variant, uri=uri))
        state.variant = None
        return
    if state.duration_s is None:
        raise PlaylistError("a segment has no EXTINF")
    if len(state.segments) == MAX_SEGMENTS:
        raise PlaylistError(f"more than {MAX_SEGMENTS} segments")
    span = None if state.span is None else _span(state.span, state.span_end)
    state.segments.append(
        Segment(
            uri=uri,
            sequence=state.sequence,
            duration_s=state.duration_s,
            broke=state.broke,
            missing=state.missing,
            utc=state.utc,
            span=span,
            key=state.key,
            init=state.init,
            ad=state.cues.next_is_ad(state.duration_s),
        )
    )
    state.span_end = 0 if span is None else sum(span)
    state.utc = None if state.utc is None else state.utc + state.duration_s
    state.sequence += 1
    state.duration_s = state.span = None
    state.broke = state.missing = False


def _with_ads(state: _State) -> list[Segment]:
    """A date range may be told after the segments that it holds."""
    if not state.cues.ranges:
        return state.segments
    return [replace(one, ad=one.ad or state.cues.covers(one.utc, one.duration_s)) for one in state.segments]


def _attributes(value: str) -> dict[str, str]:
    return {name: text.strip('"') for name, text in ATTRIBUTE.findall(value)}


def _variant(value: str) -> Variant:
    found = _attributes(value)
    size = re.fullmatch(r"(\d{1,5})x(\d{1,5})", found.get("RESOLUTION", ""))
    width, height = (int(size[1]), int(size[2])) if size else (0, 0)
    return Variant("", _whole(found.get("BANDWIDTH", "0"), "BANDWIDTH"), width, height)


def _key(value: str) -> Key | None:
    found = _attributes(value)
    method = found.get("METHOD", "")
    if method == "NONE":
        return None
    identity = found.get("KEYFORMAT", "identity") == "identity"
    if method != "AES-128" or not identity or not found.get("URI"):
        raise PlaylistError(f"segments are encrypted with {method or 'nothing named'}: only AES-128 can be read")
    return Key(found["URI"], _iv(found["IV"]) if "IV" in found else None)


def _iv(value: str) -> bytes:
    digits = value[2:] if value[:2] in {"0x", "0X"} else ""
    if not re.fullmatch(r"[0-9A-Fa-f]{1,32}", digits):
        raise PlaylistError("an IV is not a hexadecimal number of 128 bits")
    return int(digits, 16).to_bytes(16, "big")


def _init(value: str, key: Key | None) -> Init:
    found = _attributes(value)
    if not found.get("URI"):
        raise PlaylistError("EXT-X-MAP names no URI")
    return Init(found["URI"], _span(found["BYTERANGE"], 0) if "BYTERANGE" in found else None, key)


def _span(value: str, follows: int) -> tuple[int, int]:
    length, at, first = value.partition("@")
    return (_whole(first, "BYTERANGE") if at else follows, _whole(length, "BYTERANGE"))


def _number(value: str, name: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number <= MAX_DURATION_S:
        raise PlaylistError(f"{name} {value[:40]!r} is not a number of seconds from 0 to {MAX_DURATION_S:g}")
    return number


def _whole(value: str, name: str) -> int:
    text = value.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 19):
        raise PlaylistError(f"{name} {value[:40]!r} is not a whole number")
    return int(text)


def _date(value: str) -> float | None:
    """None where it cannot be read: a broken date is no reason to lose the pictures."""
    try:
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
