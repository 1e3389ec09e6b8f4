"""What a picture file says of itself before anything is decoded: kind, size, whole or cut short. Pure: bytes only.

OpenCV allocates before it checks and fills what is missing with grey, so bombs and truncated files are told here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # start-of-frame markers
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


@dataclass(frozen=True, slots=True)
class Header:
    kind: str
    width: int
    height: int
    whole: bool  # the end of the file is there
    animated: bool = False


def read_header(data: bytes) -> Header | None:
    """None for what is none of JPEG, PNG, WebP, GIF and BMP, or too short to tell its size."""
    parsers = {b"\xff\xd8\xff": _jpeg, b"\x89PNG\r\n\x1a\n": _png, b"RIFF": _webp, b"GIF8": _gif, b"BM": _bmp}
    for magic, parse in parsers.items():
        if data.startswith(magic):
            try:
                return parse(data)
            except (struct.error, IndexError):
                return None
    return None


def _jpeg(data: bytes) -> Header | None:
    at, size = 2, None
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF or marker in _JPEG_BARE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _JPEG_SIZES:
            size = struct.unpack_from(">HH", data, at + 5)
        if marker == 0xDA:  # pixels begin; an EXIF thumbnail's own end lies before this
            break
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    if size is None:
        return None
    height, width = size
    return Header("JPEG", width, height, whole=data.rfind(b"\xff\xd9") > at)


def _png(data: bytes) -> Header:
    width, height = struct.unpack_from(">II", data, 16)
    at, animated, whole = 8, False, False
    while at + 12 <= len(data) and not whole:
        length = struct.unpack_from(">I", data, at)[0]
        name = data[at + 4 : at + 8]
        animated |= name == b"acTL"
        whole = name == b"IEND"
        at += 12 + length
    return Header("PNG", width, height, whole, animated)


def _webp(data: bytes) -> Header | None:
    if data[8:12] != b"WEBP":
        return None
    whole = len(data) >= struct.unpack_from("<I", data, 4)[0] + 8
    chunk, flags = data[12:16], data[20]
    if chunk == b"VP8X":
        width = 1 + int.from_bytes(data[24:27], "little")
        height = 1 + int.from_bytes(data[27:30], "little")
        return Header("WebP", width, height, whole, animated=bool(flags & 2))
    if chunk == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return Header("WebP", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), whole)
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return Header("WebP", width & 0x3FFF, height & 0x3FFF, whole)
    return None


def _gif(data: bytes) -> Header:
    width, height, packed = struct.unpack_from("<HHB", data, 6)
    at = 13 + _colours(packed)
    pictures, whole = 0, False
    while at < len(data) and not whole and pictures < 2:
        block = data[at]
        if block == 0x3B:
            whole = True
        elif block == 0x2C:
            pictures += 1
            at = _skip_blocks(data, at + 11 + _colours(data[at + 9]))
        elif block == 0x21:
            at = _skip_blocks(data, at + 2)
        else:
            break
    return Header("GIF", width, height, whole or pictures > 1, animated=pictures > 1)


def _colours(packed: int) -> int:
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _skip_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _bmp(data: bytes) -> Header:
    total = struct.unpack_from("<I", data, 2)[0]
    width, height = struct.unpack_from("<ii", data, 18)
    return Header("BMP", width, abs(height), whole=len(data) >= total)
