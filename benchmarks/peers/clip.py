"""A recording whose pictures carry their numbers, and putting it on the air in real time, over and over."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

import av
from av.packet import Packet

from benchmarks.peers.seats.number import drawing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.stream import Stream

WIDTH, HEIGHT, RATE = 1280, 720, 30


def make_clip(path: Path, seconds: int, *, skippable: bool = True) -> None:
    """720p30 with sound: x264's `veryfast`, 2.5 Mbit/s, a key frame each two seconds.

    `skippable`: with B-frames, which x264 makes unless told otherwise; without them each frame needs all before it.
    """
    pictures = f"testsrc2=size={WIDTH}x{HEIGHT}:rate={RATE}:duration={seconds},noise=alls=8:allf=t,{drawing(WIDTH)}"
    command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", pictures]
    command += ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}", "-c:a", "aac", "-ar", "44100"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-g", str(2 * RATE), "-pix_fmt", "yuv420p"]
    command += ["-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "5000k"]
    subprocess.run([*command, *(() if skippable else ("-bf", "0")), str(path)], check=True, stdin=subprocess.DEVNULL)


@contextmanager
def on_air(clip: Path, seconds: int, url: str) -> Iterator[float]:
    """Gives the moment, by time.monotonic, at which the first frame went out; ends the sending afterwards."""
    command = [sys.executable, "-m", "benchmarks.peers.clip", str(clip), str(seconds), url]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as sender:
        try:
            assert sender.stdout is not None
            yield float(sender.stdout.readline())
        finally:
            sender.kill()


def send(clip: str, seconds: int, url: str) -> None:
    """Each packet at its own time, whatever the machine does. Without end."""
    with av.open(clip) as recording, av.open(url, "w", format="flv") as air:
        tracks = {stream.index: air.add_stream_from_template(stream) for stream in recording.streams}
        packets = [(packet, bytes(packet)) for packet in recording.demux() if packet.size and packet.dts is not None]
        first_s = min(_at_s(packet) for packet, _ in packets)
        air.start_encoding()
        began = time.monotonic()
        print(began, flush=True)
        for later_s in count(0, seconds):
            for packet, content in packets:
                at_s = _at_s(packet) - first_s
                if at_s >= seconds:  # sound is a little longer than the pictures: it would meet its own beginning
                    continue
                time.sleep(max(began + later_s + at_s - time.monotonic(), 0))
                air.mux(_again(packet, content, tracks[packet.stream_index], later_s))


def _at_s(packet: Packet[Stream]) -> float:
    return float((packet.dts or 0) * packet.time_base)


def _again(packet: Packet[Stream], content: bytes, track: Stream, later_s: int) -> Packet[Stream]:
    """The same packet, so much later. What was sent belongs to the sender."""
    fresh: Packet[Stream] = Packet(content)
    fresh.stream, fresh.time_base, fresh.is_keyframe = track, packet.time_base, packet.is_keyframe
    later = round(later_s / packet.time_base)
    assert packet.dts is not None
    fresh.dts = packet.dts + later
    fresh.pts = fresh.dts if packet.pts is None else packet.pts + later
    return fresh


if __name__ == "__main__":
    send(sys.argv[1], int(sys.argv[2]), sys.argv[3])
