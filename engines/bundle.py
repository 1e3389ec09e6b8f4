"""Opens a bundle: all that turns pixels into vectors and compares them. Knows no stream and no gallery."""

from __future__ import annotations

import threading
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engines.errors import BundleError
from engines.manifest import MANIFEST, read_manifest, verify_files
from engines.onnx import OnnxEncoder, encoder_info, open_session
from engines.presence import SINGLE, Presence, read_presence
from engines.shows import THEORY, FalseShows, read_false_shows
from engines.tokens import TokenMatcher

if TYPE_CHECKING:
    import onnxruntime as ort

    from engines.base import EncoderInfo, FrameEncoder, Matcher
    from engines.manifest import Manifest

BUILT_IN = ("classic",)


class Bundle(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def hash(self) -> str:
        """Changes with whatever changes vectors; a gallery belongs to one hash."""
        ...

    @property
    def info(self) -> EncoderInfo: ...

    @property
    def votes(self) -> bool:
        """Whether single patches find products in a gallery, beside the embedding."""
        ...

    @property
    def false_shows(self) -> FalseShows:
        """What a threshold on its probabilities lets through."""
        ...

    @property
    def presence(self) -> Presence:
        """How views that follow one another add up."""
        ...

    def encoder(self, threads: int = 1) -> FrameEncoder:
        """A new one for one caller thread; what is heavy is shared."""
        ...

    def matcher(self) -> Matcher: ...


def open_bundle(name_or_path: str) -> Bundle:
    """A built-in bundle by name, or a directory. Whatever is wrong with it is a BundleError, here and not later."""
    if name_or_path == "classic":
        return ClassicBundle()
    directory = Path(name_or_path)
    try:
        found, manifest = directory.is_dir(), directory.name == MANIFEST and directory.is_file()
    except OSError as error:  # a name too long, a folder that may not be searched
        raise BundleError(f"bundle {name_or_path:.200}: cannot be looked at: {error.strerror}") from error
    if found:
        return OnnxBundle(directory)
    if manifest:
        raise BundleError(f"bundle {name_or_path}: give the directory that {MANIFEST} lies in")
    raise BundleError(
        f"bundle {name_or_path}: no such directory, and the built-in ones are {', '.join(BUILT_IN)}: "
        "`nowshowing bundle export SOURCE --out DIR` makes one from an open_clip model"
    )


class ClassicBundle:
    """Local features; needs no weights. Loaded when it is asked for."""

    name = "classic"
    votes = True

    @property
    def hash(self) -> str:
        from engines.classic import classic_hash  # noqa: PLC0415  only whoever opens classic pays for its vocabulary

        return classic_hash()

    @property
    def info(self) -> EncoderInfo:
        from engines.classic import CLASSIC_INFO  # noqa: PLC0415

        return CLASSIC_INFO

    @property
    def false_shows(self) -> FalseShows:
        return read_false_shows(files("engines.classic") / "false_shows.json")

    @property
    def presence(self) -> Presence:
        return read_presence(files("engines.classic") / "presence.json")

    def encoder(self, threads: int = 1) -> FrameEncoder:
        from engines.classic import ClassicEncoder  # noqa: PLC0415

        return ClassicEncoder(threads)

    def matcher(self) -> Matcher:
        from engines.classic import ClassicMatcher  # noqa: PLC0415

        return ClassicMatcher()


class OnnxBundle:
    """A directory made by `bundle export`. Files are checked on opening; weights are loaded once a thread count."""

    votes = False  # tokens of one model are all somewhat alike: single ones find nothing

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.manifest: Manifest = read_manifest(directory)
        if self.manifest.name in BUILT_IN:
            raise BundleError(
                f"bundle {directory}: {self.manifest.name} is a built-in one's name: export it as another"
            )
        verify_files(directory, self.manifest)
        self._sessions: dict[int, ort.InferenceSession] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def hash(self) -> str:
        return self.manifest.content_hash()

    @property
    def info(self) -> EncoderInfo:
        return encoder_info(self.manifest)

    @property
    def false_shows(self) -> FalseShows:
        told = self.manifest.calibration.false_shows
        return THEORY if told is None else FalseShows(told.at_even, told.fall, told.hours)

    @property
    def presence(self) -> Presence:
        return SINGLE

    def encoder(self, threads: int = 1) -> FrameEncoder:
        return OnnxEncoder(self.session(threads), self.manifest)

    def matcher(self) -> Matcher:
        return TokenMatcher(self.manifest.calibration)

    def session(self, threads: int) -> ort.InferenceSession:
        with self._lock:
            if threads not in self._sessions:
                self._sessions[threads] = open_session(self.directory, self.manifest, threads)
            return self._sessions[threads]
