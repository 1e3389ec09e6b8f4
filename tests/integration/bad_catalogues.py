"""Rows of bad catalogues: feeds, pictures, galleries and lists of products."""

from __future__ import annotations

import json
import random
import struct
import zlib
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tests.integration.bad_world import SECRET, Row, World, draw

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = "id,title,image_link\n"
RANDOM = random.Random(8).randbytes(20_000)
EXPORT = "export it as CSV, TSV, JSON lines or Parquet"


def build(world: World, feed: str, out: str = "out") -> list[str]:
    return ["gallery", "build", feed, "--out", str(world.folder / out)]


def feed(name: str, content: bytes | str, *says: str) -> list[Row]:
    """The same whether it is checked or built from."""

    def checked(world: World) -> list[str]:
        return ["catalogue", "check", world.file("feed.csv", content)]

    return [
        Row(f"feed: {name}, checked", checked, ("feed.csv", *says)),
        Row(f"feed: {name}, built", lambda world: build(world, world.file("feed.csv", content)), ("feed.csv", *says)),
    ]


def picture(name: str, content: bytes, *says: str) -> Row:
    """The only picture of the only product."""

    def command(world: World) -> list[str]:
        world.file("pack.jpg", content)
        return build(world, world.file("feed.csv", HEAD + "p1,One,pack.jpg\n"))

    return Row(f"picture: {name}", command, ("no product has a usable picture", "pack.jpg", *says))


def png(width: int, height: int) -> bytes:
    """A header that promises so many pixels, and almost nothing behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")
    )


def half_a_jpeg() -> bytes:
    whole = cv2.imencode(".jpg", np.random.default_rng(1).integers(0, 255, (99, 99, 3), np.uint8))[1].tobytes()
    return whole[: len(whole) // 2]


def over_a_file(world: World) -> list[str]:
    world.file("out", "my only copy\n")
    return build(world, world.file("feed.csv", HEAD + "p1,One,p.jpg\n"))


def over_other_things(world: World) -> list[str]:
    world.file("out/thesis.txt", "my only copy\n")
    return build(world, world.file("feed.csv", HEAD + "p1,One,p.jpg\n"))


def from_a_private_host(world: World) -> list[str]:
    url = world.page("/pack.jpg", half_a_jpeg())
    return build(world, world.file("feed.csv", HEAD + f"p1,One,{url}\n"))


FEEDS = [
    *feed("empty", b"", "is empty", "export it again"),
    *feed("random bytes", b"\0" + RANDOM, "is a binary file", EXPORT),
    *feed("XML", "<?xml version='1.0'?><rss/>", "is XML", EXPORT),
    *feed("a spreadsheet", b"PK\x03\x04" + RANDOM, "is a spreadsheet", EXPORT),
    *feed("without the columns", "sku,name\n1,One\n", "has no column id, title, image_link (it has sku"),
    *feed("half a Parquet file", b"PAR1" + RANDOM, "damaged Parquet", "export it again"),
    Row("feed: none", lambda world: build(world, str(world.folder / "no.csv")), ("no.csv: no such file", "the path")),
    Row("feed: a folder", lambda world: build(world, str(world.folder)), ("is a directory: name the file in it",)),
    Row(
        "feed: all rows bad",
        lambda world: build(world, world.file("feed.csv", HEAD + ",Nameless,a.jpg\np2,,\n")),
        ("no product has a usable picture", "line 2: id '' is missing", "give every product its own id"),
    ),
    Row(
        "feed: pictures on a private host",
        from_a_private_host,
        ("no product has a usable picture", "127.0.0.1 is not a public address", "--private"),
    ),
    Row("gallery: in place of a file", over_a_file, ("/out", "no gallery is there", "choose another directory")),
    Row("gallery: in place of other things", over_other_things, ("/out", "no gallery", "choose another directory")),
    picture("missing", b"", "is empty"),
    picture("random bytes", RANDOM, "is not a JPEG, PNG, WebP, GIF or BMP", "save it as one of these"),
    picture("cut short", half_a_jpeg(), "truncated JPEG", "copy it again"),
    picture("a bomb", png(60_000, 60_000), "60000x60000 is more than 64000000 pixels", "make it smaller"),
    picture("without pixels", png(0, 0), "has no pixels", "save it again"),
]


def damaged(name: str, damage: Callable[[Path], None], *says: str) -> list[Row]:
    """A gallery that is looked at and one that is searched and one that is watched with: all say the same."""

    def own(world: World) -> Path:
        gallery = world.own_gallery()
        damage(gallery)
        return gallery

    def search(world: World) -> list[str]:
        return ["gallery", "search", str(own(world)), str(draw(world.folder / "x.png", 1)), "--bundle", "classic"]

    def watch(world: World) -> list[str]:
        return ["watch", world.file("show.mp4", b"x"), "--gallery", str(own(world))]

    says = ("/gallery", *says)
    return [Row(f"gallery: {name}, searched", search, says), Row(f"gallery: {name}, watched", watch, says)]


def manifest(**changes: object) -> Callable[[Path], None]:
    def damage(gallery: Path) -> None:
        path = gallery / "manifest.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return damage


def manifest_is(content: bytes) -> Callable[[Path], None]:
    def damage(gallery: Path) -> None:
        (gallery / "manifest.json").write_bytes(content)

    return damage


def cut(gallery: Path) -> None:
    path = gallery / "embeddings.npy"
    path.write_bytes(path.read_bytes()[:-100])


AGAIN = "build the gallery again"
GALLERIES = [
    *damaged(
        "of another bundle", manifest(bundle_hash="ab" * 32), "built with bundle classic (abababababab)", "again"
    ),
    *damaged("of a newer format", manifest(format=99), "format 99, this program reads 1", AGAIN),
    *damaged("a manifest of garbage", manifest_is(RANDOM), "manifest.json cannot be read", "build it again"),
    *damaged("half a manifest", manifest_is(b'{"format": 1, '), "damaged manifest.json", AGAIN),
    *damaged(
        "no manifest", lambda gallery: (gallery / "manifest.json").unlink(), "is not a gallery", "gallery build"
    ),
    *damaged("cut short", cut, "embeddings.npy has", "bytes instead of", AGAIN),
    *damaged("a file gone", lambda gallery: (gallery / "owners.npy").unlink(), "owners.npy is missing", AGAIN),
    Row(
        "gallery: none",
        lambda world: ["gallery", "info", str(world.folder / "no")],
        ("/no: no such directory", "build it with `nowshowing gallery build`"),
    ),
    Row(
        "gallery: of a bundle that is not here",
        lambda world: ["gallery", "search", foreign(world), str(draw(world.folder / "x.png", 1))],
        ("bundle of-a-friend: no such directory", "built-in ones are classic"),
    ),
]


def foreign(world: World) -> str:
    gallery = world.own_gallery()
    manifest(bundle_name="of-a-friend")(gallery)
    return str(gallery)


def search(name: str, options: Callable[[World], list[str]], *says: str, code: int = 1) -> Row:
    def command(world: World) -> list[str]:
        return ["gallery", "search", str(world.gallery), str(draw(world.folder / "x.png", 1)), *options(world)]

    return Row(f"search: {name}", command, says, code)


def watched(name: str, options: Callable[[World], list[str]], *says: str, code: int = 1) -> Row:
    def command(world: World) -> list[str]:
        return world.watch(f"https://shop.example/live.m3u8?k={SECRET}", *options(world))

    return Row(f"watch: {name}", command, says, code)


SCOPES: list[tuple[str, Callable[[World], list[str]], tuple[str, ...], int]] = [
    ("an unknown shop", lambda _: ["--shop", "shop-9"], ("no product of shop 'shop-9'", "check the id"), 1),
    (
        "unknown products",
        lambda world: ["--products", world.file("ids", "p1\nnone-such\n")],
        ("has no product 'none-such'", "correct the id"),
        1,
    ),
    ("no products", lambda world: ["--products", world.file("ids", "# none\n\n")], ("no product id in it",), 2),
    ("no list", lambda world: ["--products", str(world.folder / "ids")], ("/ids: cannot be read: No such file",), 2),
    ("bytes as a list", lambda world: ["--products", world.file("ids", b"\xff" + RANDOM)], ("ids: is not text",), 2),
    ("a list that is half JSON", lambda world: ["--products", world.file("ids", '["p1",')], ("begins like JSON",), 2),
    ("a list nested deeply", lambda world: ["--products", world.file("ids", "[" * 9999)], ("begins like JSON",), 2),
    ("a list of numbers", lambda world: ["--products", world.file("ids", "[1]")], ("holds what is no text",), 2),
]

SEARCHES = [
    *(search(name, options, *says, code=code) for name, options, says, code in SCOPES),
    *(watched(name, options, *says, code=code) for name, options, says, code in SCOPES),
    Row(
        "search: random bytes as a picture",
        lambda world: ["gallery", "search", str(world.gallery), world.file("pack.jpg", RANDOM)],
        ("pack.jpg", "is not a JPEG", "save it as one of these"),
    ),
    Row(
        "search: no such picture",
        lambda world: ["gallery", "search", str(world.gallery), str(world.folder / "no.jpg")],
        ("no.jpg",),
    ),
]
