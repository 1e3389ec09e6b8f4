"""Packets to kept pictures and sound: places, skips, decodes, scales. Knows no network, no loop, no retry."""

from __future__ import annotations

import contextlib
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeGuard

import av
import av.error

from stream.adverts import AdTimes
from stream.errors import SourceLost, SourceRefused
from stream.mixing import Mixing
from stream.sampling import Grid, Pacer, Skip, SkipPolicy
from stream.screen import Screen, pixel_aspect
from stream.sound import RATE, Sound
from stream.timeline import Shifts, Timeline
from stream.types import Frame, Gap, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.audio.stream import AudioStream
    from av.codec.context import CodecContext
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from stream.clock import Clock
    from stream.config import SourceConfig
    from stream.hardware import Hardware
    from stream.types import AudioChunk, Seconds

BAD_PACKETS = 300  # in a row, without one picture between: ten seconds of garbage
AUDIO_LATE_S = 5.0  # an audio track that has not appeared by then is looked for again
ATTACHED = 1 << 10  # AV_DISPOSITION_ATTACHED_PIC: cover art, not video
EPSILON_S = 0.002  # FLV rounds to a millisecond


class Outlet(Protocol):
    """Where it all goes; `sleep` and the senders may block and may raise to end the decoding."""

    def tick(self) -> None: ...
    def sleep(self, seconds: float) -> None: ...
    def frame(self, frame: Frame) -> None: ...
    def chunk(self, chunk: AudioChunk) -> None: ...
    def gap(self, gap: Gap) -> None: ...


class DecodeMeter(Protocol):
    def frame_kept(self) -> None: ...
    def frames_dropped(self, cause: str, n: int) -> None: ...
    def sound_silenced(self, samples: int) -> None: ...
    def stage(self, stage: str, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch with one container. `utc_of`: (packet position, raw seconds) to program date-time.

    `is_ad`: packet position to whether it is marked as advertisement.
    """

    container: InputContainer
    live: bool
    broke: bool = False  # what follows does not continue what came before
    wrap_s: float | None = None
    utc_of: Callable[[int | None, float], float | None] | None = None
    is_ad: Callable[[int | None], bool] | None = None
    look_again: Callable[[], bool] | None = None  # asks for a new part, to find a late audio track; False: in vain


class Decoding:
    """One connection's decoding state. Lives in the connection's thread."""

    def __init__(
        self,
        config: SourceConfig,
        outlet: Outlet,
        clock: Clock,
        meter: DecodeMeter,
        *,
        audio: bool,
        hardware: Hardware | None = None,
        mixing: Mixing | None = None,
    ) -> None:
        self._config = config
        self._outlet = outlet
        self._clock = clock
        self._meter = meter
        self._wants_audio = audio
        self._timeline = Timeline()
        self._grid = Grid(config.frames_per_second)
        self.policy = SkipPolicy(config.frames_per_second)
        self._pacer: Pacer | None = None
        self._screen = Screen(config.longer_side, config.max_width, hardware)
        self._sound = Sound(meter.sound_silenced, mixing or Mixing(RATE))
        self._utc = Shifts()
        self._ads = AdTimes()
        self._breaks: deque[Seconds] = deque()
        self._last: Seconds = -1.0
        self._bad = 0
        self._aspect = 1.0
        self._seen = clock.now()  # when the last video packet came

    def run(self, part: Part) -> None:
        """Until the part ends, or is given up to look for its audio again."""
        video = _video_of(part.container)
        audio = _audio_of(part.container) if self._wants_audio else None
        self._begin(part, video.codec_context)
        started = self._timeline.end
        streams: list[VideoStream | AudioStream] = [video] if audio is None else [video, audio]
        for packet in _packets(part.container, streams):
            self._outlet.tick()
            if _is_video(packet):
                self._video(packet, video.codec_context, part)
                if audio is None and self._audio_is_late(part, started):
                    return
            elif audio is not None and _is_audio(packet):
                self._audio(packet, audio, part)
        for chunk in self._sound.end():
            self._chunk(chunk)

    def _begin(self, part: Part, context: VideoCodecContext) -> None:
        self._screen.check(context.width, context.height)
        context.thread_count = 1  # many livestreams share the cores; frame threads would add latency
        self.policy.reset()
        if self._pacer is None and self._config.pace == "realtime":
            self._pacer = Pacer(live=part.live)
        if part.broke:
            self._timeline.break_(wrap_s=part.wrap_s)
            self._sound.drop()
        else:
            self._timeline.continue_(wrap_s=part.wrap_s)
        self._seen = self._clock.now()

    def _audio_is_late(self, part: Part, started: Seconds) -> bool:
        if not self._wants_audio or part.look_again is None or self._timeline.end - started < AUDIO_LATE_S:
            return False
        return part.look_again()

    def _video(self, packet: Packet[VideoStream], context: VideoCodecContext, part: Part) -> None:
        if not packet.size:  # the demuxer's last word: what the decoder still holds
            self._show(context, None)
            return
        self._seen = self._clock.now()
        base = float(packet.time_base)
        pts, dts = _seconds(packet.pts, base), _seconds(packet.dts, base)
        placed = self._timeline.video(pts, dts, (packet.duration or 0) * base)
        if placed.broke:
            self._break(placed.at)
        raw = pts if pts is not None else dts
        if part.utc_of is not None and raw is not None:
            self._utc.set(placed.at, part.utc_of(packet.pos, raw))
        packet.pts, packet.dts = round(placed.at / base), round(placed.decode_at / base)
        self._decode(packet, context, placed.at)

    def _decode(self, packet: Packet[VideoStream], context: VideoCodecContext, at: Seconds) -> None:
        mode = self.policy.push(at, key=packet.is_keyframe)
        due = self._grid.due(at)
        if mode is Skip.NONKEY and not (packet.is_keyframe and due):
            return
        if due and self._pacer is not None:
            self._outlet.sleep(self._pacer.wait_s(at, self._clock.now()))
        if mode is not Skip.NONKEY:
            if context.skip_frame != mode.value:
                context.skip_frame = mode.value
            self._show(context, packet)
            return
        self._show(context, packet)
        self._show(context, None)  # a lone key frame would wait in the decoder for the next one
        context.flush_buffers()

    def _break(self, at: Seconds) -> None:
        self._breaks.append(at)
        self.policy.reset()
        self._sound.drop()

    def _show(self, context: VideoCodecContext, packet: Packet[VideoStream] | None) -> None:
        started = self._clock.now()
        try:
            frames = context.decode(packet)
        except av.error.FFmpegError as error:
            self._bad += 1
            self._meter.frames_dropped("corrupt", 1)
            if self._bad >= BAD_PACKETS:
                raise SourceRefused(
                    f"{self._bad} packets in a row could not be decoded as {context.name}", Reason.BAD_MEDIA
                ) from error
            return
        self._aspect = pixel_aspect(context.sample_aspect_ratio)
        for frame in frames:
            self._bad = 0
            self._frame(frame, started)

    def _frame(self, frame: VideoFrame, started: float) -> None:
        at = self._last if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)
        self.policy.decoded(at)
        while self._breaks and at >= self._breaks[0] - EPSILON_S:
            self._breaks.popleft()
            self._outlet.gap(Gap(at, Reason.DISCONTINUITY))
            self._grid.restart()
        if at < -EPSILON_S or at <= self._last or not self._grid.keep(at):
            return
        self._last = at
        image = self._screen.render(frame, self._aspect)
        wall = self._clock.now()
        self._meter.stage("decode", wall - started)
        self._meter.frame_kept()
        self._outlet.frame(Frame(max(at, 0.0), image, wall, self._utc.value(at), wall - started))

    def _audio(self, packet: Packet[AudioStream], audio: AudioStream, part: Part) -> None:
        if part.live and self._clock.now() - self._seen > self._config.stall_after_s:
            raise SourceLost("sound comes, but no pictures any more", Reason.STALLED)
        if packet.size:
            base = float(packet.time_base)
            at = self._timeline.other(packet.stream_index, _seconds(packet.pts, base), (packet.duration or 0) * base)
            if at is None:
                return
            packet.pts = packet.dts = round(at / base)
            if part.is_ad is not None:
                self._ads.set(at, ad=part.is_ad(packet.pos))
        for chunk in self._hear(packet, audio):
            self._chunk(chunk)

    def _chunk(self, chunk: AudioChunk) -> None:
        self._outlet.chunk(replace(chunk, ad=True) if self._ads.at(chunk.at) else chunk)

    def _hear(self, packet: Packet[AudioStream], audio: AudioStream) -> Iterator[AudioChunk]:
        try:
            frames = audio.codec_context.decode(packet if packet.size else None)
        except av.error.FFmpegError:
            return  # a damaged packet of sound is a hole of 20 ms, which the chunker sees by its time
        for frame in frames:
            if frame.pts is not None and frame.time_base is not None:
                yield from self._sound.push(frame, float(frame.pts * frame.time_base))


def _packets(container: InputContainer, streams: list[VideoStream | AudioStream]) -> Iterator[Packet[Stream]]:
    """PyAV 18 flushes at the end also the streams that appeared after opening, and trips over not knowing them."""
    with contextlib.suppress(IndexError):
        yield from container.demux(*streams)


def _seconds(ticks: int | None, base: float) -> float | None:
    return None if ticks is None else ticks * base


def _video_of(container: InputContainer) -> VideoStream:
    found = has_video(container)
    if found is None:
        raise SourceRefused(
            "there is no video in it, or none that can be decoded: publish it with pictures, best as H.264",
            Reason.NO_VIDEO,
        )
    return found


def has_video(container: InputContainer) -> VideoStream | None:
    for stream in container.streams.video:
        cover = int(stream.disposition) & ATTACHED
        if _decodable(stream.codec_context) and not cover and stream.codec_context.width:
            return stream
    return None


def _audio_of(container: InputContainer) -> AudioStream | None:
    return next((stream for stream in container.streams.audio if _decodable(stream.codec_context)), None)


def _decodable(context: CodecContext | None) -> bool:
    """PyAV gives None where FFmpeg has no decoder, whatever its types say."""
    return context is not None


def _is_video(packet: Packet[Stream]) -> TypeGuard[Packet[VideoStream]]:
    return packet.stream.type == "video"


def _is_audio(packet: Packet[Stream]) -> TypeGuard[Packet[AudioStream]]:
    return packet.stream.type == "audio"
