"""PyAV's only door: a checked URL to containers, one after another. Judges no timestamps, retries nothing."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit, urlunsplit

import av
import av.error
import certifi

from stream.addresses import resolve
from stream.decoding import Part, has_video
from stream.errors import SourceError, SourceLost, SourceRefused
from stream.hls import HlsStream
from stream.playlist import MAX_BYTES
from stream.remote import RemoteFile
from stream.retry import explain
from stream.timeline import FLV_WRAP_S, TS_WRAP_S
from stream.types import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer

    from stream.clock import Clock
    from stream.config import SourceConfig
    from stream.cursor import Memory
    from stream.hardware import Hardware
    from stream.hls import HlsPart
    from stream.urls import Fetched, GuardedClient, SafeUrl

# What recordings and livestreams come in. Anything else (playlists inside playlists, scripts, image sequences) could
# make FFmpeg open further files or URLs by itself.
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,mpegts,flv,live_flv,matroska,webm,avi,mpeg,ogg,wav,aac,mp3,h264,hevc"
PROBE = {"fpsprobesize": "0"}  # the frame rate is measured by us: probing it would cost half a second
SHORT_PROBE = {**PROBE, "analyzeduration": "1000000"}
# FFmpeg stops probing RTMP when it has met sound and pictures; without sound it waits all this time. Joined in the
# middle of a GOP there is sound alone until the next key frame: two seconds mostly, then once more with patience.
RTMP_PROBES_S = (2.2, 10.0)
BUFFER = 1 << 17


class Threading(Protocol):
    """The thread's side of its link."""

    def tick(self) -> None: ...
    def allow(self, seconds: float) -> None: ...
    def sleep(self, seconds: float) -> None: ...
    def connected(self, *, live: bool) -> None: ...


class Opener:
    """Opens one URL for one connection."""

    def __init__(
        self,
        url: SafeUrl,
        config: SourceConfig,
        client: GuardedClient,
        link: Threading,
        clock: Clock,
        memory: Memory,
        hardware: Hardware,
    ) -> None:
        self._url = url
        self._config = config
        self._client = client
        self._link = link
        self._clock = clock
        self._memory = memory
        self._hardware = hardware
        self._looks = 2  # for a late audio track, per connection

    def parts(self) -> Iterator[Part]:
        match self._url.scheme:
            case "file":
                yield from self._file()
            case "http" | "https":
                yield from self._http()
            case _:
                yield from self._live()

    def _file(self) -> Iterator[Part]:
        self._link.connected(live=False)
        path = Path(self._url.path)
        if not path.exists():
            raise SourceRefused(f"{path}: no such file", Reason.NOT_FOUND)
        if not path.is_file():
            raise SourceRefused(f"{path}: not a regular file", Reason.BAD_MEDIA)
        if not path.stat().st_size:
            raise SourceRefused(f"{path}: the file is empty: record it again", Reason.BAD_MEDIA)
        options = {**PROBE, "protocol_whitelist": "file", "format_whitelist": FORMATS}
        with self._open(f"file:{path.absolute()}", options) as container:
            yield Part(container, live=False, wrap_s=_wrap_s(container))

    def _live(self) -> Iterator[Part]:
        live = self._config.live is not False
        self._looks = 1
        for probe_s in RTMP_PROBES_S:
            with self._open(*self._target(probe_s)) as container:
                if not container.streams:
                    raise SourceLost(f"{self._url}: nothing came within the open deadline", Reason.OPEN_TIMEOUT)
                if has_video(container) is None and probe_s != RTMP_PROBES_S[-1]:
                    continue
                self._link.connected(live=live)
                looks = self._looks
                yield Part(container, live, wrap_s=_wrap_s(container), look_again=self._look_again)
                if self._looks == looks:
                    self._refuse_end(live=live)
                    return
                break
        with self._open(*self._target(RTMP_PROBES_S[-1])) as container:
            yield Part(container, live, broke=True, wrap_s=_wrap_s(container))
        self._refuse_end(live=live)

    def _refuse_end(self, *, live: bool) -> None:
        """These streams cannot say that they are over: a clean end is a publisher that went away."""
        if live:
            raise SourceLost(f"{self._url}: it ended without saying that it is over", Reason.STALLED)

    def _look_again(self) -> bool:
        if not self._looks:
            return False
        self._looks -= 1
        return True

    def _target(self, probe_s: float) -> tuple[str, dict[str, str]]:
        """What FFmpeg is told to open: the address that was checked, not the name, wherever TLS needs no name."""
        url, config = self._url, self._config
        addresses = resolve(url.host, url.port, allow_private=config.allow_private_hosts)
        options = {**PROBE, "analyzeduration": str(int(probe_s * 1e6)), "max_streams": "16"}
        if url.scheme == "rtsp":
            options |= {"rtsp_transport": "tcp", "protocol_whitelist": "rtsp,tcp", "format_whitelist": "rtsp"}
            return _pinned(url, addresses[0]), options
        options |= {
            "protocol_whitelist": "rtmp,rtmps,tcp,tls",
            "format_whitelist": "flv,live_flv",
            "tcp_nodelay": "1",
        }
        if url.scheme == "rtmps":
            # No address here: the certificate must fit the name, which another address could not bring.
            return url.reveal(), options | {"tls_verify": "1", "ca_file": certifi.where()}
        return _pinned(url, addresses[0]), options | {"rtmp_tcurl": _tc_url(url)}

    def _http(self) -> Iterator[Part]:
        self._link.allow(self._config.open_timeout_s)
        remote = RemoteFile(self._client, self._url, self._config, self._link)
        with contextlib.closing(remote):
            remote.open()
            if remote.is_playlist():
                yield from self._hls(remote.rest(MAX_BYTES))
                return
            live = remote.length is None if self._config.live is None else self._config.live
            self._link.connected(live=live)
            options = {**(SHORT_PROBE if live else PROBE), "protocol_whitelist": "none", "format_whitelist": FORMATS}
            with self._open(remote, options) as container:
                yield Part(container, live, wrap_s=_wrap_s(container))
            self._refuse_end(live=live)

    def _hls(self, first: Fetched) -> Iterator[Part]:
        stream = HlsStream(self._client, first, self._config, self._link, self._clock, self._memory)
        self._link.connected(live=stream.live)
        options = {**SHORT_PROBE, "protocol_whitelist": "none", "format_whitelist": FORMATS}
        for part in stream.parts():

            def look_again(part: HlsPart = part) -> bool:
                return self._look_again() and part.finish()

            with self._open(part, options) as container:
                yield Part(
                    container,
                    live=stream.live,
                    broke=part.broke,
                    wrap_s=_wrap_s(container),
                    utc_of=part.utc_of,
                    is_ad=part.is_ad,
                    look_again=look_again,
                )

    @contextlib.contextmanager
    def _open(self, target: object, options: dict[str, str]) -> Iterator[InputContainer]:
        config = self._config
        deadlines = None
        if isinstance(target, str):
            # A live stream that brings nothing for so long is a stall, whatever the transport still hopes for.
            read_s = min(config.read_timeout_s, config.stall_after_s)
            deadlines = (config.open_timeout_s, read_s)
            self._link.allow(2 * config.open_timeout_s)  # once to connect, once to look inside
        started = self._clock.now()
        try:
            container = av.open(
                target,
                "r",
                options=options,
                timeout=deadlines,
                buffer_size=BUFFER,
                metadata_errors="replace",
                hwaccel=self._hardware.accelerator(),
            )
        except SourceError:
            raise
        except (av.error.FFmpegError, OSError) as error:
            # RTSP says "invalid data" when the deadline interrupts it.
            late = deadlines is not None and self._clock.now() - started >= config.open_timeout_s
            cause = TimeoutError() if late else error
            raise explain(cause, self._url, opening=True, live=False) from error
        try:
            yield container
        finally:
            container.close()


def _wrap_s(container: InputContainer) -> float | None:
    return {"mpegts": TS_WRAP_S, "flv": FLV_WRAP_S, "live_flv": FLV_WRAP_S}.get(container.format.name)


def _pinned(url: SafeUrl, address: str) -> str:
    parts = urlsplit(url.reveal())
    host = f"[{address}]" if ":" in address else address
    login = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{login}{'@' if login else ''}{host}:{url.port}"))


def _tc_url(url: SafeUrl) -> str:
    """What an RTMP server tells its virtual hosts apart by: name and application, as FFmpeg would send them."""
    steps = url.path.strip("/").split("/")
    app = "/".join(steps[:2] if len(steps) > 2 else steps[:1])
    return f"rtmp://{url.host}:{url.port}/{app}"
