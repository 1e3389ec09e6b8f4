"""Pictures as they come: every kind, every way to be broken, every way a network fails."""

from __future__ import annotations

import struct
import threading
import zlib
from itertools import chain
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.errors import FetchError, ImageError
from indexes.image_header import read_header
from indexes.images import ImageLimits, Pictures, decode, in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from indexes.images import Image

pytestmark = pytest.mark.unit

LIMITS = ImageLimits(retry_wait_s=0)
RED_LEFT = np.zeros((20, 30, 3), np.uint8)
RED_LEFT[:, :15] = (255, 0, 0)  # RGB


def encoded(kind: str, image: np.ndarray[tuple[int, ...], np.dtype[np.generic]] = RED_LEFT) -> bytes:
    """`image` in RGB order, or grey, or RGB and alpha."""
    flipped = image if image.ndim == 2 else image[:, :, [2, 1, 0, *range(3, image.shape[2])]]
    done, data = cv2.imencode(f".{kind}", np.ascontiguousarray(flipped))
    assert done
    return data.tobytes()


def with_exif(jpeg: bytes, orientation: int) -> bytes:
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def bomb(width: int, height: int) -> bytes:
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + png_chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + png_chunk(b"IEND", b"")
    )


def gif(pictures: int) -> bytes:
    """Two by one pixels, each picture black and white."""
    frame = b"\x2c\0\0\0\0\x02\0\x01\0\0" + b"\x02\x02\x44\x0a\0"
    return b"GIF89a\x02\0\x01\0\x80\0\0" + b"\0\0\0\xff\xff\xff" + frame * pictures + b"\x3b"


def read(data: bytes, limits: ImageLimits = LIMITS) -> Image:
    return decode(data, limits, name="x")


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "bmp"])
def test_every_kind_comes_out_as_rgb(kind: str) -> None:
    image = read(encoded(kind))
    assert image.shape == (20, 30, 3)
    assert image.dtype == np.uint8
    assert image[10, 3, 0] > 200
    assert image[10, 3, 2] < 60
    assert image[10, 27].max() < 60


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "bmp"])
def test_the_header_is_read_without_decoding(kind: str) -> None:
    header = read_header(encoded(kind))
    assert header is not None
    assert (header.width, header.height, header.whole, header.animated) == (30, 20, True, False)


def test_lossless_and_extended_webp_tell_their_size() -> None:
    done, data = cv2.imencode(".webp", RED_LEFT, [cv2.IMWRITE_WEBP_QUALITY, 101])
    assert done
    for webp in (data.tobytes(), encoded("webp", np.full((20, 30, 4), 128, np.uint8))):
        header = read_header(webp)
        assert header is not None
        assert (header.width, header.height, header.whole) == (30, 20, True)
        assert read(webp).shape == (20, 30, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"RIFF\x1a\0\0\0WAVEfmt " + bytes(20),
        b"RIFF\x1a\0\0\0WEBPWHAT" + bytes(20),
        b"\xff\xd8\xff\xe0\x00\x04ab" + b"no marker here",
        b"\xff\xd8\xff\xff\xd0\xff\xda\x00\x02",
    ],
)
def test_a_file_that_only_begins_like_a_picture_has_no_header(data: bytes) -> None:
    assert read_header(data) is None


def test_a_still_gif_is_read() -> None:
    assert read(gif(1)).shape == (1, 2, 3)


def test_a_photograph_is_turned_as_its_exif_says() -> None:
    image = read(with_exif(encoded("jpg"), 6))  # the camera was held upright: turn clockwise
    assert image.shape == (30, 20, 3)
    assert image[3, 10, 0] > 200
    assert image[27, 10, 0] < 60


def test_what_is_transparent_is_white() -> None:
    image = np.zeros((2, 2, 4), np.uint8)
    image[0, 0] = (200, 100, 0, 255)
    image[0, 1] = (200, 100, 0, 0)
    image[1, 0] = (0, 0, 0, 128)
    out = read(encoded("png", image))
    assert out[0, 0].tolist() == [200, 100, 0]
    assert out[0, 1].tolist() == [255, 255, 255]
    assert abs(int(out[1, 0, 0]) - 127) <= 1


def test_grey_and_sixteen_bit_pictures_are_read() -> None:
    grey = np.full((4, 5), 77, np.uint8)
    assert (read(encoded("png", grey)) == 77).all()
    assert (read(encoded("jpg", grey)) == 77).all()
    deep = np.full((4, 5, 3), 257 * 99, np.uint16)
    assert (read(encoded("png", deep)) == 99).all()


@pytest.mark.parametrize(("kind", "size"), [("png", (90, 300)), ("jpg", (90, 300)), ("jpg", (400, 3))])
def test_larger_pictures_are_brought_down_to_the_longer_side(kind: str, size: tuple[int, int]) -> None:
    image = read(encoded(kind, np.full((*size, 3), 50, np.uint8)), ImageLimits(longer_side=60))
    assert max(image.shape) == 60
    assert abs(min(image.shape[:2]) - 60 * min(size) / max(size)) <= 1


def test_a_text_is_no_picture_whatever_its_name() -> None:
    with pytest.raises(ImageError, match="is not a JPEG"):
        read(b"<html>404</html>")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"\xff\xd8\xff", "is not a JPEG"),
        (encoded("jpg")[:-30], "truncated JPEG"),
        (encoded("png")[:-30], "truncated PNG"),
        (encoded("webp")[:-10], "truncated WebP"),
        (encoded("bmp")[:-10], "truncated BMP"),
        (gif(1)[:-1], "truncated GIF"),
        (gif(2), "animated GIF"),
        (encoded("png")[:33] + png_chunk(b"acTL", bytes(8)) + encoded("png")[33:], "animated PNG"),
        (b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x09\0\0\x09\0\0", "animated WebP"),
        (bomb(60_000, 60_000), "more than 64000000 pixels"),
        (bomb(0, 5), "has no pixels"),
        (bomb(50, 50)[:-40] + png_chunk(b"IEND", b""), "PNG"),
        (b"BM" + struct.pack("<IIIIii", 26, 0, 26, 40, 10, -10), "BMP"),
        (b"II*\0" + bytes(40), "is not a JPEG"),
    ],
)
def test_a_broken_picture_gives_one_clear_error(data: bytes, why: str) -> None:
    with pytest.raises(ImageError, match=r"^picture x: ") as caught:
        read(data)
    assert why in str(caught.value)


@settings(deadline=None)
@given(
    st.sampled_from(["jpg", "png", "webp", "bmp"]),
    st.integers(0, 2000),
    st.binary(min_size=1, max_size=8),
)
def test_damage_anywhere_is_a_picture_or_a_clear_error(kind: str, at: int, junk: bytes) -> None:
    data = encoded(kind)
    at %= len(data)
    try:
        image = read(data[:at] + junk + data[at + len(junk) :], ImageLimits(pixels=1_000_000))
    except ImageError:
        return
    assert image.ndim == 3


def test_files_are_read_beside_the_feed_and_bounded(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"12345")
    assert Pictures(tmp_path, fetch=None, limits=LIMITS).read("a.bin") == b"12345"
    with pytest.raises(ImageError, match="more than 4"):
        Pictures(tmp_path, fetch=None, limits=ImageLimits(bytes=4)).read("a.bin")
    with pytest.raises(ImageError, match="cannot be read: No such file"):
        Pictures(tmp_path, fetch=None, limits=LIMITS).read("b.bin")


def flaky(errors: list[Exception]) -> Callable[[str], bytes]:
    def fetch(link: str) -> bytes:
        if errors:
            raise errors.pop(0)
        return b"data"

    return fetch


@pytest.mark.parametrize("error", [TimeoutError("slow"), ConnectionResetError(), FetchError("503", retriable=True)])
def test_a_passing_network_trouble_is_asked_again(tmp_path: Path, error: Exception) -> None:
    errors = [error] * 3
    assert Pictures(tmp_path, fetch=flaky(errors), limits=LIMITS).read("http://x.example/a") == b"data"


def test_a_lasting_network_trouble_is_told_after_the_last_try(tmp_path: Path) -> None:
    errors: list[Exception] = [TimeoutError("slow")] * 9
    with pytest.raises(ImageError, match="cannot be fetched: slow"):
        Pictures(tmp_path, fetch=flaky(errors), limits=LIMITS).read("http://x.example/a")
    assert len(errors) == 9 - LIMITS.attempts


def test_what_is_gone_is_not_asked_for_again(tmp_path: Path) -> None:
    errors: list[Exception] = [FetchError("404", retriable=False)] * 2
    with pytest.raises(FetchError, match="404"):
        Pictures(tmp_path, fetch=flaky(errors), limits=LIMITS).read("http://x.example/a")
    assert len(errors) == 1


def test_without_a_network_a_web_picture_says_why(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no network was given") as caught:
        Pictures(tmp_path, fetch=None, limits=LIMITS).read("https://me:secret@x.example/a?sig=secret")
    assert "secret" not in str(caught.value)


def test_results_keep_their_order_and_few_are_under_way() -> None:
    lock, under_way, most = threading.Lock(), 0, 0

    def work(item: int) -> int:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        return item * 2

    out = []
    for result in in_order(range(50), work, threads=4, ahead=6, stop=lambda: None):
        with lock:
            under_way -= 1
        out.append(result)
    assert out == [2 * i for i in range(50)]
    assert most <= 6


def test_an_abandoned_run_begins_nothing_more() -> None:
    begun: list[int] = []
    stopped: list[bool] = []
    results = in_order(range(1000), begun.append, threads=1, ahead=3, stop=lambda: stopped.append(True))
    next(results)
    results.close()
    assert len(begun) <= 3
    assert stopped == [True]


def test_an_interrupted_run_does_not_wait_for_the_next_try(tmp_path: Path) -> None:
    asked = threading.Event()

    def fetch(link: str) -> bytes:
        asked.set()
        raise TimeoutError("slow")

    pictures = Pictures(tmp_path, fetch=fetch, limits=ImageLimits(attempts=99, retry_wait_s=3600, retry_max_s=3600))
    links = chain(["http://x.example/a"], interrupt(asked))
    results = in_order(links, pictures.read, threads=1, ahead=3, stop=pictures.stop)
    with pytest.raises(KeyboardInterrupt):
        list(results)


def interrupt(when: threading.Event) -> Iterator[str]:
    yield from ()
    assert when.wait(10)
    raise KeyboardInterrupt
