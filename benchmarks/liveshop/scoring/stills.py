"""Small JPEG pictures out of a live or a catalogue, as data that a page can hold. Judges nothing."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

from benchmarks.liveshop.scoring.errors import ScoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from stream.types import Seconds

    Picture = NDArray[np.uint8]  # (height, width, 3), BGR
    Rectangle = tuple[float, float, float, float]  # x, y, w, h in shares of the picture

HEIGHT = 200
THUMBNAIL = 120
QUALITY = 72
GREEN = (80, 200, 60)
HALF_FRAME_S = 1 / 60


def stills(video: Path, marks: Mapping[Seconds, Sequence[Rectangle]]) -> dict[Seconds, str]:
    """The frames at some times, each with rectangles drawn on it, as data URIs. One pass, with seeks."""
    try:
        with av.open(str(video)) as container:
            times = sorted(marks)
            return {
                at: data_uri(_marked(frame, marks[at]))
                for at, frame in zip(times, _frames(container, times), strict=False)
            }
    except (OSError, av.FFmpegError) as error:
        raise ScoreError(
            f"live {video}: cannot be shown in a report ({error}): remove its folder, run again"
        ) from error


def _frames(container: av.container.InputContainer, times: Sequence[Seconds]) -> Iterator[Picture]:
    """The first frame from each time on, scaled down; the last one of the live where it ends before."""
    stream = container.streams.video[0]
    assert stream.time_base is not None
    for at in times:
        container.seek(int(at / stream.time_base), stream=stream)
        frame = _from(container.decode(stream), at)
        if frame is not None:
            small = frame.reformat(width=round(frame.width * HEIGHT / frame.height), height=HEIGHT, format="bgr24")
            yield np.asarray(small.to_ndarray(), np.uint8)


def _from(frames: Iterator[av.VideoFrame], at: Seconds) -> av.VideoFrame | None:
    last = None
    for frame in frames:
        last = frame
        if frame.time >= at - HALF_FRAME_S:
            break
    return last


def _marked(picture: Picture, rectangles: Sequence[Rectangle]) -> Picture:
    height, width = picture.shape[:2]
    for x, y, w, h in rectangles:
        corners = [round(x * width), round(y * height)], [round((x + w) * width), round((y + h) * height)]
        cv2.rectangle(picture, *corners, GREEN, 2)
    return picture


def thumbnail(path: Path | None) -> str | None:
    """A catalogue picture; None where there is none that can be read."""
    if path is None or not path.is_file():
        return None
    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        return None
    scale = THUMBNAIL / max(picture.shape[:2])
    size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
    return data_uri(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def data_uri(picture: cv2.typing.MatLike) -> str:
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return f"data:image/jpeg;base64,{b64encode(jpeg.tobytes()).decode('ascii')}"
