"""`nowshowing watch`: one livestream from the shell."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from pydantic import ValidationError

from engines.errors import SpeechError
from engines.speech.choose import NEED_NO_MODEL, look_for
from stream.commands.product_list import read_product_list
from stream.commands.serve import serve
from stream.config import WorkerConfig, describe
from stream.errors import NowShowingError, UrlRefused, UsageError
from stream.urls import SafeUrl, parse_url

Url = Annotated[str, typer.Argument(help="rtmp(s), rtsp, http(s) with HLS or media, or a file path.")]
GalleryDir = Annotated[Path, typer.Option(help="A folder made by `nowshowing gallery build`.")]
SinkUrls = Annotated[
    list[str], typer.Option("--sink", help="jsonl:- (stdout), jsonl:PATH, kafka://host:port; may be repeated.")
]
Language = Annotated[
    str | None,
    typer.Option(help="What the host speaks, as in en or pt-BR: without it, only an engine that is named listens."),
]
SpeechModel = Annotated[
    str | None,
    typer.Option(help="A Whisper to listen with, by folder or name; or moonshine, or sphinx (built in)."),
]


def watch(
    url: Url,
    gallery: GalleryDir,
    bundle: Annotated[str, typer.Option(help="The bundle the gallery was built with.")] = "classic",
    shop: Annotated[str | None, typer.Option(help="Only this shop's products may show.")] = None,
    products: Annotated[Path | None, typer.Option(help="Only these: a file with one product id a line.")] = None,
    sink: SinkUrls = ["jsonl:-"],
    language: Language = None,
    speech_model: SpeechModel = None,
    until: Annotated[float | None, typer.Option(min=0, help="Stop after this many seconds.")] = None,
    fast: Annotated[bool, typer.Option(help="Replay a file as fast as possible instead of in real time.")] = False,
    private: Annotated[
        bool, typer.Option("--private", "--allow-private-hosts", help="Allow loopback and private addresses.")
    ] = False,
    port: Annotated[int | None, typer.Option(help="Serve metrics and the overlay on this loopback port.")] = None,
) -> None:
    """Watches one livestream and prints what it is showing. Exit code 1 when it could not be watched."""
    target = checked(url)
    speech = _speech(speech_model)
    stream = {
        "stream_id": stream_id(url),
        "url": url,
        "shop_id": shop,
        "products": None if products is None else read_product_list(products),
        "language": language,
        "source": {
            "pace": "fast" if fast else "realtime",
            "allow_files": target.scheme == "file",
            "allow_private_hosts": private,
        },
    }
    http = None if port is None else {"port": port, "open_on_loopback": True}
    settings = {"gallery": gallery, "bundle": bundle, "sinks": sink, "streams": [stream], "http": http}
    config = _config({**settings, "speech": speech})
    for why in serve(config, until_s=until).values():
        raise NowShowingError(f"watch {target}: {why.removeprefix(f'{target}: ')}")


def _config(settings: dict[str, object]) -> WorkerConfig:
    try:
        return WorkerConfig.model_validate(settings)
    except ValidationError as error:
        raise UsageError(f"watch: {describe(error)}") from error


def _speech(model: str | None) -> dict[str, object]:
    """A worker goes on without words; whoever typed a model's name is still there, and wants them."""
    try:
        if model is not None:
            look_for(model)
    except SpeechError as error:
        raise UsageError(f"watch --speech-model: {error}") from error
    return {"engine": model} if model in NEED_NO_MODEL else {"model": model}


def checked(url: str) -> SafeUrl:
    """What can be told about the URL before anything starts: whoever typed it is still there."""
    try:
        target = parse_url(url, allow_files=True)
        if target.scheme == "file" and Path(target.path).is_dir():
            raise UsageError(f"watch {target}: is a folder: give a file in it")
        if target.scheme == "file" and not Path(target.path).is_file():
            raise UsageError(
                f"watch {target}: no such file, and not a URL (rtmp://, rtmps://, rtsp://, http://, https://)"
            )
    except UrlRefused as error:
        raise UsageError(f"watch: {error}") from error
    except OSError as error:
        raise UsageError(f"watch: the file cannot be looked at: {error.strerror}: check its name") from error
    return target


def stream_id(url: str) -> str:
    """A readable name that is the same for the same URL and gives no key away."""
    parts = urlsplit(url)
    host = re.sub(r"[^A-Za-z0-9.-]", "-", parts.hostname or Path(url).stem).strip("-.") or "stream"
    return f"{host[:60]}-{hashlib.sha256(os.fsencode(url)).hexdigest()[:8]}"
