"""Catalogue pictures: links to RGB pixels, many at once, bounded. Knows no network: `fetch` is handed in."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from tenacity import (
    Retrying,
    retry_if_exception,
    sleep_using_event,
    stop_after_attempt,
    stop_any,
    stop_when_event_set,
    wait_random_exponential,
)

from indexes.errors import ImageError
from indexes.image_header import Header, read_header
from indexes.product import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from concurrent.futures import Future
    from pathlib import Path

Image = NDArray[np.uint8]  # (height, width, 3), RGB

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ImageLimits:
    bytes: int = 32 << 20
    pixels: int = 64_000_000  # 192 MB decoded: a 60-megapixel camera's file passes, a bomb does not
    longer_side: int = 2048  # larger ones are scaled down at once; no encoder looks at more
    attempts: int = 4
    retry_wait_s: float = 0.5  # grows twofold, jittered
    retry_max_s: float = 10.0


class Pictures:
    """Where the bytes of a feed's pictures come from. Used from many threads."""

    def __init__(self, folder: Path, *, fetch: Callable[[str], bytes] | None, limits: ImageLimits) -> None:
        """`fetch` raises FetchError or OSError; transient ones are asked again."""
        self._folder = folder
        self._fetch = fetch
        self._stopped = threading.Event()
        self.limits = limits

    def stop(self) -> None:
        """Nothing is asked again; who waits to ask again gives up at once."""
        self._stopped.set()

    def read(self, link: str) -> bytes:
        """Raises ImageError."""
        data = self._download(link) if "://" in link else self._from_disk(link)
        if len(data) > self.limits.bytes:
            raise ImageError(
                f"picture {shown(link)}: {len(data)} bytes, more than {self.limits.bytes}: make it smaller"
            )
        return data

    def _from_disk(self, link: str) -> bytes:
        try:
            with (self._folder / link).open("rb") as file:
                return file.read(self.limits.bytes + 1)
        except OSError as error:
            raise ImageError(f"picture {shown(link)}: cannot be read: {error.strerror}: check the file") from error

    def _download(self, link: str) -> bytes:
        if self._fetch is None:
            raise ImageError(f"picture {shown(link)}: no network was given to this build: use files beside the feed")
        retrying = Retrying(
            stop=stop_any(stop_after_attempt(self.limits.attempts), stop_when_event_set(self._stopped)),
            sleep=sleep_using_event(self._stopped),
            wait=wait_random_exponential(self.limits.retry_wait_s, max=self.limits.retry_max_s),
            retry=retry_if_exception(_transient),
            reraise=True,
        )
        try:
            return retrying(self._fetch, link)
        except ImageError:
            raise
        except OSError as error:
            raise ImageError(f"picture {shown(link)}: cannot be fetched: {error}: try again later") from error


def _transient(error: BaseException) -> bool:
    return isinstance(error, OSError) or (isinstance(error, ImageError) and error.retriable)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def decode(data: bytes, limits: ImageLimits, *, name: str) -> Image:
    """RGB as a viewer would see it: turned by EXIF, alpha on white, at most `longer_side`. Raises ImageError."""
    header = _checked(data, limits, name)
    try:
        raw = cv2.imdecode(np.frombuffer(data, np.uint8), _flags(header, data, limits))
    except cv2.error as error:
        raise ImageError(f"picture {name}: {header.kind} that OpenCV refuses: save it again") from error
    if raw is None:
        raise ImageError(f"picture {name}: damaged {header.kind}: save it again")
    return _fitted(_rgb(np.asarray(raw)), limits.longer_side)


def _checked(data: bytes, limits: ImageLimits, name: str) -> Header:
    if not data:
        raise ImageError(f"picture {name}: is empty: put a picture there")
    header = read_header(data)
    if header is None:
        raise ImageError(f"picture {name}: is not a JPEG, PNG, WebP, GIF or BMP: save it as one of these")
    size = f"{header.width}x{header.height}"
    if header.width < 1 or header.height < 1:
        raise ImageError(f"picture {name}: has no pixels ({size}): save it again")
    if header.width * header.height > limits.pixels:
        raise ImageError(f"picture {name}: {size} is more than {limits.pixels} pixels: make it smaller")
    if header.animated:
        raise ImageError(f"picture {name}: animated {header.kind}: use a still picture")
    if not header.whole:
        raise ImageError(f"picture {name}: truncated {header.kind}: copy it again")
    return header


def _flags(header: Header, data: bytes, limits: ImageLimits) -> int:
    """Alpha comes only with IMREAD_UNCHANGED, which in turn ignores EXIF: photographs have the one or the other."""
    if header.kind in ("JPEG", "BMP"):
        spare = max(header.width, header.height) // limits.longer_side  # JPEG decodes at 1/2, 1/4, 1/8 for less
        if header.kind == "JPEG" and spare >= 2:
            return cv2.IMREAD_REDUCED_COLOR_4 if spare >= 4 else cv2.IMREAD_REDUCED_COLOR_2
        return cv2.IMREAD_COLOR
    has_exif = b"eXIf" in data if header.kind == "PNG" else header.kind == "WebP" and b"EXIF" in data
    return cv2.IMREAD_COLOR if has_exif else cv2.IMREAD_UNCHANGED


def _rgb(raw: NDArray[np.generic]) -> Image:
    if raw.dtype == np.uint16:
        raw = raw // 257
    pixels = raw.astype(np.uint8, copy=False)
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB), np.uint8)
    if pixels.shape[2] == 4:
        return _on_white(pixels)
    if pixels.shape[2] == 2:  # grey with alpha
        return _on_white(pixels[:, :, [0, 0, 0, 1]])
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def _on_white(bgra: Image) -> Image:
    """White is what product photographs are cut out for."""
    alpha = bgra[:, :, 3:].astype(np.uint16)
    colour = bgra[:, :, 2::-1].astype(np.uint16)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _fitted(image: Image, longer_side: int) -> Image:
    height, width = image.shape[:2]
    scale = longer_side / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def in_order(
    items: Iterable[T], work: Callable[[T], R], *, threads: int, ahead: int, stop: Callable[[], None]
) -> Generator[R, None, None]:
    """Results in the order of `items`, at most `ahead` of them begun and not yet taken.

    `stop` is called at the end, also at a sudden one, and should make running `work` come back soon.
    """
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="pictures") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
            stop()
