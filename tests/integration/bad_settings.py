"""Rows of bad settings: configs, bundles, sinks, and commands used wrongly."""

from __future__ import annotations

import hashlib
import json
import random
import socket
from typing import TYPE_CHECKING

from tests.clips import write_clip
from tests.integration.bad_world import SECRET, Row, World

if TYPE_CHECKING:
    from collections.abc import Callable

RANDOM = random.Random(9).randbytes(9_000)
URL = f"rtmp://me:{SECRET}@shop.example/live/{SECRET}"
STREAM = {"stream_id": "a", "url": URL}


def config(name: str, text: str | bytes, *says: str) -> Row:
    return Row(f"config: {name}", lambda world: world.run_text(text), ("worker.toml", *says), code=2)


def setting(name: str, *says: str, code: int = 2, **settings: object) -> Row:
    def command(world: World) -> list[str]:
        return world.run_config(**{"streams": [STREAM], **settings})

    return Row(f"config: {name}", command, says, code)


def taken_port(world: World) -> list[str]:
    return world.run_config(
        [STREAM], http={"port": int(world.web.url("").rpartition(":")[2]), "open_on_loopback": True}
    )


CONFIGS = [
    Row("config: none", lambda w: ["run", "--config", str(w.folder / "no.toml")], ("no.toml: no such file",), code=2),
    Row("config: a folder", lambda w: ["run", "--config", str(w.folder)], ("world: cannot be read",), code=2),
    config("random bytes", b"\xff" + RANDOM, "cannot be read"),
    config("half a line", f'gallery = "g"\n[[streams]]\nurl = "{URL}', "not valid TOML"),
    config("empty", "", "gallery: Field required"),
    config("no livestream", 'gallery = "g"\n', "no livestream in it", "add a [[streams]] table"),
    config(
        "a setting misspelt", f'gallery = "g"\n[kafka]\nsasl_pasword = "{SECRET}"\n', "kafka.sasl_pasword: there is"
    ),
    config("livestreams as text", f'gallery = "g"\nstreams = ["{URL}"]\n', "streams.0", "dictionary"),
    config(
        "a URL that is a list", f'gallery = "g"\nstreams = [{{stream_id = "a", url = ["{URL}"]}}]', "streams.0.url"
    ),
    setting("a livestream twice", "stream_id a is given more than once", streams=[STREAM, STREAM]),
    setting("a gallery that is not there", "/no: no such directory", "gallery build", code=1, gallery="/no"),
    setting(
        "a bundle that is not there", "bundle nosuch: no such directory", "bundle export", code=1, bundle="nosuch"
    ),
    setting("no sink", "no sink is given", "jsonl:-", sinks=[]),
    setting("HTTP that nobody may use", "http has no token", "http.read_token", http={"port": 0}),
    setting(
        "HTTP open to the world",
        "http.host 0.0.0.0 is not a loopback address",
        "bind to 127.0.0.1",
        http={"port": 0, "host": "0.0.0.0", "open_on_loopback": True},
    ),
    Row("config: a port that is taken", taken_port, ("http 127.0.0.1:", "choose another http.port"), code=2),
    setting(
        "an unknown product",
        "has no product 'p9'",
        "correct the id",
        code=1,
        streams=[{**STREAM, "products": ["p9"]}],
    ),
]


def bundle(name: str, make: Callable[[World], str], *says: str) -> list[Row]:
    """The same whether it is looked at or built with."""

    def build(world: World) -> list[str]:
        feed = world.file("feed.csv", "id,title,image_link\np1,One,p.jpg\n")
        return ["gallery", "build", feed, "--out", str(world.folder / "out"), "--bundle", make(world)]

    return [
        Row(f"bundle: {name}, looked at", lambda world: ["bundle", "info", make(world)], says),
        Row(f"bundle: {name}, built with", build, says),
    ]


def directory(content: bytes | str, **files: bytes) -> Callable[[World], str]:
    def make(world: World) -> str:
        for name, data in files.items():
            world.file(f"bundle/{name.replace('_', '.')}", data)
        world.file("bundle/bundle.json", content)
        return str(world.folder / "bundle")

    return make


def described(graph: bytes, **changes: object) -> str:
    facts: dict[str, object] = {
        "format": 1,
        "name": "mine",
        "dim": 16,
        "patch_dim": 8,
        "patch_grid": [4, 4],
        "preprocess": {
            "size": 64,
            "resize": "longest",
            "interpolation": "bilinear",
            "mean": [0.5] * 3,
            "std": [0.5] * 3,
        },
        "files": {"frame.onnx": hashlib.sha256(graph).hexdigest()},
    }
    return json.dumps(facts | changes)


BUNDLES = [
    *bundle("an unknown name", lambda _: "nosuch", "bundle nosuch: no such directory", "built-in ones are classic"),
    *bundle("an empty folder", lambda world: str(world.folder), "no bundle.json in it", "made by `bundle export`"),
    *bundle("random bytes", directory(RANDOM), "/bundle: bundle.json", "not valid JSON"),
    *bundle("no format", directory("{}"), "/bundle: bundle.json has no format number", "not a bundle of ours"),
    *bundle("a newer format", directory(described(b"", format=9)), "format 9", "reads up to 1", "update nowshowing"),
    *bundle("a graph that is gone", directory(described(b"")), "frame.onnx is missing", "copy the whole directory"),
    *bundle(
        "a graph that was changed", directory(described(b"a"), frame_onnx=b"b"), "frame.onnx is not the file", "again"
    ),
    # Looking at it compares hashes, and these are right: only who loads it finds out.
    bundle("a graph that is none", directory(described(RANDOM), frame_onnx=RANDOM), "frame.onnx: not a whole ONNX")[
        1
    ],
    *bundle(
        "a graph elsewhere", directory(described(b"", files={"../frame.onnx": "0" * 64})), "'../frame.onnx' is not"
    ),
]


def sink(name: str, spec: str, *says: str) -> Row:
    return Row(f"sink: {name}", lambda world: world.watch(URL, "--sink", spec), says, code=2)


def to_nobody(world: World) -> list[str]:
    """A short show, and a broker that is not there."""
    show = str(write_clip(world.folder / "show.mp4", seconds=0.4, size=(160, 96)))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    return world.run_config(
        [{"stream_id": "a", "url": show, "source": {"allow_files": True, "pace": "fast"}}],
        sinks=[f"kafka://127.0.0.1:{port}"],
        kafka={"send_deadline_s": 1.0},
        drain_deadline_s=1.0,
    )


SINKS = [
    sink("an unknown scheme", f"redis://me:{SECRET}@h/0", "sink 'redis:'", "give jsonl:-, jsonl:PATH or kafka://"),
    sink("no scheme", "events.jsonl", "sink 'events.jsonl'", "give jsonl:-, jsonl:PATH"),
    sink("a port beyond all ports", "kafka://broker:99999", "'broker:99999' is not HOST:PORT"),
    sink("a broker without a port", "kafka://broker", "'broker' is not HOST:PORT"),
    sink("a password in it", f"kafka://me:{SECRET}@broker:9092", "credentials belong in the config", "sasl_password"),
    sink(
        "a folder that is not there",
        "jsonl:/no/where/events.jsonl",
        "there is no directory /no/where",
        "make it first",
    ),
    Row(
        "sink: a folder in place of a file",
        lambda world: world.watch(URL, "--sink", f"jsonl:{world.folder}"),
        ("is a directory", "give a file"),
        code=2,
    ),
    Row("sink: a broker that is not there", to_nobody, ("kafka:127.0.0.1", "unreachable since", "not delivered")),
]

# Told before anything starts, with the extra and without it.
SPEECH = [
    setting(
        "a Whisper that does not hear the language",
        "'small.en' hears English only",
        "drop one of both",
        speech={"model": "small.en", "language": "de"},
    ),
    setting("a model by a URL", "its folder, its size", speech={"model": f"https://me:{SECRET}@hub.example/m"}),
    Row(
        "speech model: no such folder",
        lambda world: world.watch(URL, "--speech-model", "/no/where"),
        ("--speech-model", "'/no/where'"),
        code=2,
    ),
    Row(
        "speech model: a folder with something else in it",
        lambda world: world.watch(URL, "--speech-model", str(world.gallery)),
        ("--speech-model", "model"),
        code=2,
    ),
]

SETTINGS = [*CONFIGS, *BUNDLES, *SINKS, *SPEECH]
