"""Which speech engine listens here, and why: from what was asked for and what is installed. Knows no livestream."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from engines.errors import SpeechError
from engines.speech.apart import Apart
from engines.speech.base import is_english

if TYPE_CHECKING:
    from engines.speech.base import Transcriber

EngineName = Literal["auto", "whisper", "moonshine", "sphinx", "off"]

NEED_NO_MODEL = frozenset({"moonshine", "sphinx"})
INSTALL = "pip install 'nowshowing[speech]'"

# In a process of their own, and warm when they are loaded: then nobody waits, at the first word somebody does.
SPHINX_APART, MOONSHINE_APART = "engines.speech.sphinx:warmed", "engines.speech.moonshine:warmed"
HEARS = "whatever is said in English"


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """`language`: of all livestreams that name none; None: found out where the engine can, else English."""

    engine: EngineName = "auto"
    model: str | None = None  # whisper's: a folder, a size or a hub id
    language: str | None = None
    download: bool = False
    device: Literal["auto", "cpu", "cuda"] = "auto"
    compute_type: str | None = None  # as CTranslate2 names it; None: the fastest that the device has
    threads: int = 0  # whisper's; 0: half of the cores, four at most
    apart: bool = False  # what needs no model has a process of its own, behind whatever this one has to do


@dataclass(frozen=True, slots=True)
class Choice:
    """`said`: one line for whoever runs it, with the reason where the engine was not named."""

    engine: Literal["whisper", "moonshine", "sphinx", "off"]
    transcriber: Transcriber | None  # None: nobody listens
    said: str


def choose(settings: SpeechSettings) -> Choice:
    """Loads what listens. What was asked for by name and cannot be had is an error, and never something else."""
    if settings.engine == "off":
        return Choice("off", None, "off, as configured")
    if settings.engine == "whisper" and settings.model is None:
        raise SpeechError("speech engine 'whisper' has no model; name a folder, a size such as 'small', or a hub id")
    if settings.engine == "whisper" or (settings.engine == "auto" and settings.model is not None):
        return _whisper(settings)
    if settings.model is not None:
        raise SpeechError(
            f"model {settings.model!r} is whisper's, and the speech engine is {settings.engine!r}; drop one of both"
        )
    return _unasked(settings) if settings.engine == "auto" else _named(settings)


def look_for(model: str) -> None:
    """Says what is wrong with a model, or an engine that brings its own, before it is loaded; asks no network."""
    if model in NEED_NO_MODEL:
        from engines.speech.moonshine_model import locate as located  # noqa: PLC0415  as below

        if model == "moonshine":
            located()
        return
    if find_spec("faster_whisper") is None:
        raise _missing(model)
    try:
        from engines.speech.weights import check, locate  # noqa: PLC0415  only whoever uses the extra pays for it
    except ImportError as error:
        raise _broken(error) from error
    check(locate(model, download=False))


def _missing(model: str) -> SpeechError:
    return SpeechError(f"model {model!r}: faster-whisper is not installed; {INSTALL}, or set speech engine 'sphinx'")


def _broken(error: ImportError) -> SpeechError:
    return SpeechError(f"faster-whisper is installed and cannot be loaded ({error}); {INSTALL} anew")


def _whisper(settings: SpeechSettings) -> Choice:
    model = settings.model or ""
    if find_spec("faster_whisper") is None:
        raise _missing(model)
    try:
        from engines.speech.whisper import Whisper  # noqa: PLC0415  only whoever uses the extra pays for it
    except ImportError as error:
        raise _broken(error) from error
    whisper = Whisper.open(
        model,
        settings.language,
        download=settings.download,
        device=settings.device,
        compute_type=settings.compute_type,
        threads=settings.threads,
    )
    language = f"language {whisper.info.language}" if whisper.info.language != "auto" else "language found out"
    return Choice("whisper", whisper, f"whisper {whisper.info.model} on {whisper.device.said}, {language}")


def _named(settings: SpeechSettings) -> Choice:
    if not _english(settings.language):
        raise SpeechError(
            f"speech engine {settings.engine!r} hears English only, not {settings.language!r}; "
            f"drop one of both, or {_more()}"
        )
    return _opened_moonshine(settings) if settings.engine == "moonshine" else _opened_sphinx(settings)


def _unasked(settings: SpeechSettings) -> Choice:
    """What needs no model: the better ear where somebody installed it, else the built-in one; and why."""
    if not _english(settings.language):
        return Choice(
            "off", None, f"off: what needs no model hears English only, not {settings.language!r}; {_more()}"
        )
    from engines.speech.moonshine_model import INSTALL as THE_EXTRA  # noqa: PLC0415  as below
    from engines.speech.moonshine_model import missing  # noqa: PLC0415

    if lacks := missing():
        return _opened_sphinx(settings, f" (moonshine's package {lacks}: {THE_EXTRA} for {HEARS}; or {_more()})")
    try:
        return _opened_moonshine(
            settings, f" (its package is here; engine 'sphinx' is the built-in ear; or {_more()})"
        )
    except SpeechError as error:
        if error.retriable:  # a process that was lost: nothing is wrong with the package
            raise
        return _opened_sphinx(settings, f" ({error}; or {_more()})")


def _opened_moonshine(settings: SpeechSettings, why: str = "") -> Choice:
    from engines.speech.moonshine_model import locate  # noqa: PLC0415  only whoever listens pays for its model

    said = f"moonshine tiny-en, {HEARS}{why}"
    folder = locate()
    if settings.apart:
        return Choice("moonshine", Apart(MOONSHINE_APART), said)
    from engines.speech.moonshine import Moonshine  # noqa: PLC0415

    return Choice("moonshine", Moonshine(folder), said)


def _opened_sphinx(settings: SpeechSettings, why: str = "") -> Choice:
    said = f"sphinx, built in, English key words only{why}"
    if settings.apart:
        return Choice("sphinx", Apart(SPHINX_APART), said)
    from engines.speech.sphinx import Sphinx  # noqa: PLC0415  only whoever listens pays for its model

    return Choice("sphinx", Sphinx(), said)


def _english(language: str | None) -> bool:
    return language is None or language == "auto" or is_english(language)


def _more() -> str:
    """How to hear more than English."""
    named = "name a Whisper as speech model"
    return named if find_spec("faster_whisper") else f"{INSTALL} and {named}"
