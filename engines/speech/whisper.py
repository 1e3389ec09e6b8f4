"""faster-whisper: writes down whatever is said, in many languages, with one model for many livestreams.

Knows no product and no stream; what the host may name is a prompt, and what a prompt invents is for the gates.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engines.errors import SpeechError
from engines.speech.base import RATE, TranscriberInfo
from engines.speech.reader import WhisperReader
from engines.speech.reading import Piece
from engines.speech.rereading import Rereading
from engines.speech.vad import Silero, Turns
from engines.speech.weights import Device, DeviceName, load, locate, pick_device

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engines.speech.base import Samples, Session, Word

EVERY_S = {"cpu": 1.0, "cuda": 0.5}  # between two readings of a piece that grows: what it costs against the delay
AT_ONCE = {"cpu": 4, "cuda": 16}  # sessions in a pass, whose end all of them wait for
PROMPT = 160  # tokens of what the products are called: about 40 names. More crowds out what is heard
SAME = {"cmn": "zh", "nb": "no", "in": "id", "iw": "he", "fil": "tl"}  # languages that Whisper names otherwise


class Whisper:
    """The transcriber that needs weights. Its sessions may be pushed one by one, or together in one pass."""

    def __init__(self, reader: WhisperReader, info: TranscriberInfo, device: Device) -> None:
        self._reader, self._silero = reader, Silero()
        self.info, self.device = info, device

    @classmethod
    def open(
        cls,
        model: str,
        language: str | None = None,
        *,
        download: bool = False,
        device: DeviceName = "auto",
        compute_type: str | None = None,
        threads: int = 0,
    ) -> Whisper:
        """`model`: a folder, a size ("small") or a hub id; only `download` asks the network. Seconds, or minutes."""
        on = pick_device(device, compute_type, threads)
        folder = locate(model, download=download)
        loaded = load(folder, on)
        reader = WhisperReader(loaded)
        held = _held(reader, language, many=loaded.model.is_multilingual)
        # Libraries that are missing and memory that is short show with the first piece: here, not in a livestream.
        reader.read([Piece(np.zeros(RATE, np.float32), held)])
        name = folder.name if Path(model).expanduser().is_dir() else model
        info = TranscriberInfo("whisper", name, held or "auto", "free")
        return cls(reader, info, on._replace(compute_type=loaded.model.compute_type))

    def session(self, phrases: Sequence[str], language: str | None = None) -> Rereading:
        held = None if self.info.language == "auto" else self.info.language
        chosen = _held(self._reader, language, many=True) if language else held
        return Rereading(
            self._reader,
            Turns(self._silero.voice()),
            prompt_of(phrases, self._reader.tokens),
            chosen,
            EVERY_S[self.device.kind],
        )

    @property
    def at_once(self) -> int:
        return AT_ONCE[self.device.kind]

    def push_together(self, pushes: Sequence[tuple[Session, Samples]]) -> list[list[Word]]:
        """On a GPU far less work than one after the other."""
        taken = [(session, session.take(samples)) for session, samples in pushes if isinstance(session, Rereading)]
        readings = iter(self._reader.read([ask.piece for _, asks in taken for ask in asks]))
        return [[word for ask in asks for word in session.told(ask, next(readings))] for session, asks in taken]


def prompt_of(phrases: Sequence[str], tokens: Callable[[str], list[int]]) -> tuple[int, ...]:
    """As many whole phrases as fit; the first are held to matter most."""
    made: list[int] = []
    for phrase in dict.fromkeys(phrases):
        more = tokens(
            f" {phrase}."
        )  # the model writes as its prompt does: without full stops, sentences run together
        if len(made) + len(more) > PROMPT:
            break
        made += more
    return tuple(made)


def _held(reader: WhisperReader, language: str | None, *, many: bool) -> str | None:
    """BCP 47 to what Whisper calls it; None where it is to be found out."""
    if language is None or language == "auto":
        return None if many else "en"
    code = language.split("-")[0].lower()
    code = SAME.get(code, code)
    if not reader.speaks(code):
        cure = (
            "leave it unset to have it found out, or take another model" if many else "this model hears English only"
        )
        raise SpeechError(f"language {language!r}: the model does not hear it; {cure}")
    return code
