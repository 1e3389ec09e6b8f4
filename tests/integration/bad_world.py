"""The command line under bad inputs: rows of a table, what they are made of, and all that must hold after each."""

from __future__ import annotations

import gc
import json
import re
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import psutil
import pytest
import structlog

from engines.bundle import open_bundle
from indexes.build import build_gallery
from stream.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.web import Web

SECRET = "s3cr3t-of-the-shop"
THREAD_S = 4.0  # an abandoned reader sees that nobody wants it within its next slice of waiting
ERROR = re.compile(r"error: ", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """A command that must fail in one way. `says`: the thing, the value and the cure, in its one line of error."""

    name: str
    command: Callable[[World], list[str]]
    says: tuple[str, ...]
    code: int = 1
    deadline_s: float = 20.0  # beyond that it hangs, however busy the machine


@dataclass(frozen=True)
class World:
    """What rows are made of: a folder of their own, a web server, a good gallery of three products."""

    folder: Path
    gallery: Path
    web: Web

    def file(self, name: str, content: bytes | str) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def page(self, path: str, answer: object) -> str:
        """A page of the web server, and the URL that leads there with a secret in it."""
        self.web.pages[path] = answer if callable(answer) else self.web.page(_bytes(answer), {})
        return self.web.url(f"{path}?token={SECRET}")

    def own_gallery(self) -> Path:
        """A copy to be damaged."""
        return shutil.copytree(self.gallery, self.folder / "gallery")

    def watch(self, url: str, *options: str) -> list[str]:
        return ["watch", url, "--gallery", str(self.gallery), *options]

    def run(self, url: str, **source: object) -> list[str]:
        """A worker with this livestream, tried once."""
        settings = {"allow_private_hosts": True, "max_attempts": 1}
        return self.run_config([{"stream_id": "bad", "url": url, "source": {**settings, **source}}])

    def run_config(self, streams: object, **more: object) -> list[str]:
        http = {"port": 0, "open_on_loopback": True}
        return self.run_text(_toml({"gallery": str(self.gallery), "http": http, "streams": streams, **more}))

    def run_text(self, text: str | bytes) -> list[str]:
        return ["run", "--config", self.file("worker.toml", text)]


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str
    took_s: float

    @property
    def error_lines(self) -> list[str]:
        return [line for line in self.err.splitlines() if not _is_log(line)]

    def check(self, row: Row) -> None:
        """One clear error, in time, and nothing else on either stream but log lines and events."""
        both = self.out + self.err
        assert self.code == row.code, both
        assert len(self.error_lines) == 1, self.err
        (error,) = self.error_lines
        assert error.startswith("error: "), error
        for part in row.says:
            assert part in error, error
        assert "Traceback" not in both
        assert '"exception"' not in both  # a traceback in a log line is one too
        assert SECRET not in both
        assert error.isprintable(), error
        assert len(error) < 1000, error
        for line in self.out.splitlines():
            assert json.loads(line)["type"] == "nowshowing.stream.status.v1", line
        assert self.took_s < row.deadline_s


@dataclass(frozen=True)
class Surroundings:
    """All that a command could disturb or leave behind."""

    files: dict[Path, tuple[int, int]]
    temporary: frozenset[Path]
    threads: frozenset[threading.Thread]
    processes: frozenset[int]
    open_files: frozenset[str]

    @classmethod
    def look(cls, world: World, temporary: Path) -> Surroundings:
        process = psutil.Process()
        return cls(
            files={p: facts(p) for root in (world.folder, world.gallery) for p in root.rglob("*")},
            temporary=frozenset(temporary.rglob("*")),
            threads=frozenset(threading.enumerate()),
            processes=frozenset(child.pid for child in process.children(recursive=True)),
            # The shared gallery's stay mapped for a while: FastAPI remembers the endpoints of the last few servers.
            open_files=frozenset(f.path for f in process.open_files() if not f.path.startswith(str(world.gallery))),
        )

    def check(self, world: World, temporary: Path) -> None:
        self._let_threads_end()
        after = Surroundings.look(world, temporary)
        if after.open_files - self.open_files:
            gc.collect()  # an error's traceback keeps files open as long as it is kept itself
            after = Surroundings.look(world, temporary)
        assert after.files == self.files
        assert after.temporary == self.temporary
        assert after.processes == self.processes
        left = after.open_files - self.open_files
        assert not left, left

    def _let_threads_end(self) -> None:
        for thread in set(threading.enumerate()) - self.threads:
            if _is_servers(thread):
                continue
            assert thread.daemon, thread
            thread.join(THREAD_S)
            assert not thread.is_alive(), thread


def facts(path: Path) -> tuple[int, int]:
    """Size and time of change; a folder has none worth telling."""
    stat = path.stat()
    return (0, 0) if path.is_dir() else (stat.st_size, stat.st_mtime_ns)


def _is_servers(thread: threading.Thread) -> bool:
    """The test's own web server still holds the line that the command has left."""
    return "process_request_thread" in thread.name


def _is_log(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _bytes(content: object) -> bytes:
    return content if isinstance(content, bytes) else str(content).encode()


def _toml(settings: dict[str, object]) -> str:
    """Inline tables and JSON strings are TOML as they are."""
    return "".join(f"{name} = {_value(value)}\n" for name, value in settings.items())


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_value(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)


def draw(path: Path, seed: int) -> Path:
    """A picture with enough corners to be found again."""
    random = np.random.default_rng(seed)
    image = np.full((240, 240, 3), 255, np.uint8)
    for x, y in random.integers(0, 200, (40, 2)).tolist():
        side, colour = int(random.integers(8, 60)), tuple(random.integers(0, 255, 3).tolist())
        cv2.rectangle(image, (x, y), (x + side, y + side), colour, -1)
    cv2.imwrite(str(path), image)
    return path


@pytest.fixture(scope="session")
def small_gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small-shop")
    rows = [f"p{n},Product {n},{draw(folder / f'{n}.png', n).name},shop-1\n" for n in range(3)]
    (folder / "feed.csv").write_text("id,title,image_link,shop_id\n" + "".join(rows))
    bundle = open_bundle("classic")
    build_gallery(
        folder / "feed.csv",
        encoder=bundle.encoder(),
        bundle_name=bundle.name,
        bundle_hash=bundle.hash,
        out=folder / "gallery",
        votes=bundle.votes,
    )
    return folder / "gallery"


@pytest.fixture
def bad_world(tmp_path: Path, small_gallery: Path, web: Web) -> World:
    folder = tmp_path / "world"
    folder.mkdir()
    return World(folder, small_gallery, web)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go meanwhile."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def command_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[[list[str]], Done]]:
    """`nowshowing ARGUMENTS` in this process, with its real streams and exit code."""

    def call(arguments: list[str]) -> Done:
        monkeypatch.setattr(sys, "argv", ["nowshowing", *arguments])
        capfd.readouterr()
        started = time.monotonic()
        with pytest.raises(SystemExit) as ended:
            main()
        took_s = time.monotonic() - started
        out, err = capfd.readouterr()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, out, err, took_s)

    before = structlog.get_config()
    yield call
    structlog.configure(**before)
