"""Our own HLS client: playlists and segments in, files for the demuxer out. Decodes nothing, retries no connection.

FFmpeg's client hides program date-time, ends a stalled stream as if it were over, and follows child playlists past
every check. This one reads in the livestream's thread, through the guarded client, one segment at a time.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from stream.cursor import Cursor
from stream.errors import SourceError, SourceLost, SourceRefused
from stream.playlist import MAX_BYTES, Init, Key, Master, Media, PlaylistError, Segment, parse_playlist
from stream.types import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.clock import Clock
    from stream.config import SourceConfig
    from stream.cursor import Memory
    from stream.urls import Fetched, GuardedClient, SafeUrl

MAX_SEGMENT = 128 << 20
MAX_KEY = 1024
MAX_LOST = 3  # segments in a row that cannot be fetched
POLL_MIN_S, POLL_MAX_S = 0.25, 1.0
KEPT = 8  # segments whose dates are remembered: the demuxer reads ahead by two at most
PART_SEGMENTS = 200  # then a new demuxer: FFmpeg's MP4 one keeps an index of every sample it ever saw


class Ticking(Protocol):
    """What a reading thread owes the loop."""

    def tick(self) -> None: ...
    def sleep(self, seconds: float) -> None: ...


@dataclass(slots=True)
class _Stretch:
    """Where in a part's bytes a segment lies, and when its first picture was filmed."""

    start: int
    utc: float | None
    ad: bool
    first_raw: float | None = None


@dataclass(slots=True)
class HlsPart:
    """A file for the demuxer: segments joined until a discontinuity. `read` waits for the next to be published."""

    stream: HlsStream
    broke: bool
    _buffer: memoryview = field(default_factory=lambda: memoryview(b""))
    _stretches: list[_Stretch] = field(default_factory=list)
    _size: int = 0
    _count: int = 0
    _finished: bool = False

    def read(self, size: int) -> bytes:
        while not self._buffer:
            if self._finished:
                return b""
            data = self.stream.next_bytes(self._count)
            if data is None:
                self._finished = True
                return b""
            self._stretches.append(_Stretch(self._size, self.stream.current.utc, self.stream.current.ad))
            del self._stretches[:-KEPT]
            self._count += 1
            self._size += len(data)
            self._buffer = memoryview(data)
        piece, self._buffer = bytes(self._buffer[:size]), self._buffer[size:]
        return piece

    def finish(self) -> bool:
        """Lets the part end with the segment under way, so that the next one is probed anew. Nothing is lost."""
        self._finished = True
        return False

    def utc_of(self, position: int | None, raw: float) -> float | None:
        """Program date-time of the packet at a byte of this part: the date of its segment, and how far it is in."""
        stretch = self._stretch(position)
        if stretch is None or stretch.utc is None:
            return None
        if stretch.first_raw is None:
            stretch.first_raw = raw
        return stretch.utc + raw - stretch.first_raw

    def is_ad(self, position: int | None) -> bool:
        """Whether the packet at a byte of this part is of an advertisement, as the playlist says."""
        stretch = self._stretch(position)
        return stretch is not None and stretch.ad

    def _stretch(self, position: int | None) -> _Stretch | None:
        if position is None or position < 0 or not self._stretches:
            return None
        index = bisect_right(self._stretches, position, key=lambda stretch: stretch.start) - 1
        return self._stretches[max(index, 0)]


class HlsStream:
    """One HLS URL being read. Every playlist, key and segment goes through the guarded client."""

    def __init__(
        self, client: GuardedClient, first: Fetched, config: SourceConfig, link: Ticking, clock: Clock, memory: Memory
    ) -> None:
        self._client = client
        self._config = config
        self._link = link
        self._clock = clock
        self._cursor = Cursor(memory)
        self._keys: dict[SafeUrl, bytes] = {}
        self._init: tuple[Init, bytes] | None = None
        self._ahead: Segment | None = None
        self._lost = 0
        self._missed: SourceError | None = None
        self._url, playlist = self._enter(first)
        self.live = not playlist.ended
        self.current = Segment("", -1, 0.0)
        self._target_s = playlist.target_s
        self._news_at = self._read_at = clock.now()
        self._cursor.push(playlist)
        self._hollow = playlist.ended and not playlist.segments and memory.sequence < 0

    def parts(self) -> Iterator[HlsPart]:
        if self._hollow:
            raise SourceRefused(f"{self._url}: it is over and has no segment: was it recorded?", Reason.BAD_MEDIA)
        while (segment := self._peek()) is not None:
            yield HlsPart(self, broke=segment.broke)

    def next_bytes(self, read: int) -> bytes | None:
        """The next segment of the part that has read so many; None where the part ends."""
        while (segment := self._peek()) is not None:
            if read and (segment.broke or segment.init != self.current.init or self._is_long(segment, read)):
                return None
            self._ahead = None
            try:
                data = self._load(segment, fresh=not read)
            except SourceLost as error:
                self._lose(error)
            except SourceRefused as error:
                if error.reason is not Reason.NOT_FOUND:
                    raise
                self._lose(error)  # it left the window before we came for it
            else:
                self._lost, self._missed = 0, None
                self.current = segment
                return data
        if not read and self._missed is not None:
            raise self._missed  # the demuxer would call a file without bytes bad media
        return None

    def _is_long(self, segment: Segment, read: int) -> bool:
        return segment.init is not None and read >= PART_SEGMENTS

    def _lose(self, error: SourceError) -> None:
        self._lost += 1
        self._missed = error
        self._cursor.lose()
        if self._lost >= MAX_LOST:
            raise error

    def _peek(self) -> Segment | None:
        """Waits for the next segment; None at the end of the stream."""
        while self._ahead is None:
            self._ahead = self._cursor.take()
            if self._ahead is None:
                if self._cursor.ended:
                    return None
                self._refresh()
        return self._ahead

    def _refresh(self) -> None:
        poll_s = min(max(self._target_s / 2, POLL_MIN_S), POLL_MAX_S)
        self._link.sleep(self._read_at + poll_s - self._clock.now())
        self._read_at = self._clock.now()
        trouble: SourceLost | None = None
        try:
            playlist = self._media(self._fetch(self._url, MAX_BYTES))
        except SourceLost as error:
            trouble = error  # one bad answer is no reason to forget what is showing
        else:
            self._target_s = playlist.target_s
            if self._cursor.push(playlist) or playlist.ended:
                self._news_at = self._clock.now()
        # A playlist may rest for one and a half target durations before something is wrong with it.
        patience_s = max(self._config.stall_after_s, 1.5 * self._target_s)
        if self._clock.now() - self._news_at > patience_s:
            raise trouble or SourceLost(
                f"{self._url}: the playlist has not changed for {patience_s:g} s", Reason.STALLED
            )

    def _enter(self, first: Fetched) -> tuple[SafeUrl, Media]:
        playlist = _parse(first)
        if isinstance(playlist, Media):
            return first.url, playlist
        variant = playlist.pick(self._config.longer_side)
        fetched = self._fetch(first.url.join(variant.uri), MAX_BYTES)
        return fetched.url, self._media(fetched)

    def _media(self, fetched: Fetched) -> Media:
        playlist = _parse(fetched)
        if isinstance(playlist, Master):
            raise PlaylistError(f"{fetched.url} lists variants where segments should be: playlists nest once")
        return playlist

    def _load(self, segment: Segment, *, fresh: bool) -> bytes:
        data = self._decrypt(self._fetch_part(segment.uri, segment.span), segment.key, segment.sequence)
        if segment.init is None or not fresh:
            return data
        if self._init is None or self._init[0] != segment.init:
            init = segment.init
            self._init = (init, self._decrypt(self._fetch_part(init.uri, init.span), init.key, segment.sequence))
        return self._init[1] + data

    def _fetch_part(self, uri: str, span: tuple[int, int] | None) -> bytes:
        return self._fetch(self._url.join(uri), MAX_SEGMENT, span).body

    def _fetch(self, url: SafeUrl, max_bytes: int, span: tuple[int, int] | None = None) -> Fetched:
        return self._client.fetch(
            url, max_bytes=max_bytes, deadline_s=self._config.read_timeout_s, span=span, tick=self._link.tick
        )

    def _decrypt(self, data: bytes, key: Key | None, sequence: int) -> bytes:
        if key is None:
            return data
        iv = key.iv if key.iv is not None else sequence.to_bytes(16, "big")
        decryptor = Cipher(algorithms.AES(self._key(key)), modes.CBC(iv)).decryptor()
        unpadder = PKCS7(128).unpadder()
        try:
            padded = decryptor.update(data) + decryptor.finalize()
            return unpadder.update(padded) + unpadder.finalize()
        except ValueError as error:
            raise SourceRefused(
                f"{self._url}: segment {sequence} does not decrypt with its key", Reason.BAD_MEDIA
            ) from error

    def _key(self, key: Key) -> bytes:
        url = self._url.join(key.uri)
        if url not in self._keys:
            secret = self._fetch(url, MAX_KEY).body
            if len(secret) != 16:
                raise SourceRefused(f"{url}: an AES-128 key has 16 bytes, this one {len(secret)}", Reason.BAD_MEDIA)
            self._keys = {url: secret}  # keys rotate forward: the last one is the one in use
        return self._keys[url]


def _parse(fetched: Fetched) -> Master | Media:
    try:
        text = fetched.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PlaylistError(f"{fetched.url} is not text: this is not an HLS playlist") from error
    try:
        return parse_playlist(text)
    except PlaylistError as error:
        raise SourceRefused(f"{fetched.url}: {error}", Reason.BAD_MEDIA) from error
