"""A rendered live on air: cut into HLS segments as it is, and played from loopback in real time. Judges nothing."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import av

from benchmarks.liveshop.encode import PLAYLIST, SEGMENT_S
from stream.clock import SteadyClock
from stream.demo.hls_server import Broadcast

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def on_air(video: Path) -> Iterator[Broadcast]:
    """The live begins when somebody first asks for its playlist. Leaving blocks for a moment: not on a loop."""
    with tempfile.TemporaryDirectory(prefix="nowshowing-air-") as folder:
        cut(video, Path(folder))
        with Broadcast(Path(folder), SteadyClock()) as broadcast:
            yield broadcast


def cut(video: Path, folder: Path) -> None:
    """Segments of a second each, their packets untouched: the same frames, no second encoding."""
    options = {
        "hls_time": str(SEGMENT_S),
        "hls_list_size": "0",
        "hls_flags": "independent_segments",
        "hls_segment_filename": str(folder / "s%05d.ts"),
    }
    with av.open(str(video)) as source, av.open(str(folder / PLAYLIST), "w", format="hls", options=options) as out:
        into = {stream.index: out.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:  # the last ones of a file are empty
                packet.stream = into[packet.stream.index]
                out.mux(packet)
