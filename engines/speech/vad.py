"""Where somebody speaks: Silero judges, and speech is cut at pauses. Knows no recogniser and no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from engines.errors import SpeechError
from engines.packaged import folders
from engines.speech.base import RATE, Samples
from engines.speech.rolling import Cut

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Windows = NDArray[np.float32]  # (n, WINDOW)
Likelihoods = NDArray[np.float32]  # (n,), how likely each window is speech, 0..1

WINDOW = 512  # samples that the model judges at once
CONTEXT = 64  # of the window before, which it sees again
STATE = (1, 1, 128)
BEGINS = 0.5  # how likely speech is where it begins ...
GOES_ON = 0.35  # ... and where it has not ended: a word's end is softer than its beginning
LEAD = RATE // 4 // WINDOW  # windows kept from before speech begins: a quarter of a second
PAUSE = int(0.4 * RATE) // WINDOW  # windows without speech that end a piece


class Judge(Protocol):
    """One livestream's judge of speech; its state goes on from call to call."""

    def push(self, windows: Windows) -> Likelihoods: ...
    def reset(self) -> None: ...


class Silero:
    """The model that comes with faster-whisper, loaded once; `voice` is one livestream's."""

    def __init__(self, path: Path | None = None) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        where = path or _bundled()
        self._session = ort.InferenceSession(str(where), options, providers=["CPUExecutionProvider"])
        takes = {given.name for given in self._session.get_inputs()}
        if takes != {"input", "h", "c"}:
            raise SpeechError(
                f"voice model {where.name} takes {sorted(takes)}, not input, h and c: another version of Silero; "
                "install faster-whisper 1.2"
            )

    def voice(self) -> Voice:
        return Voice(self._session)


class Voice:
    """What Silero keeps of one livestream: its memory, and the end of what it judged last."""

    def __init__(self, session: ort.InferenceSession) -> None:
        self._session = session
        self.reset()

    def reset(self) -> None:
        self._h, self._c = np.zeros(STATE, np.float32), np.zeros(STATE, np.float32)
        self._tail = np.zeros((1, CONTEXT), np.float32)

    def push(self, windows: Windows) -> Likelihoods:
        if not len(windows):
            return np.zeros(0, np.float32)
        before = np.concatenate([self._tail, windows[:-1, -CONTEXT:]])
        self._tail = windows[-1:, -CONTEXT:].copy()
        seen = {"input": np.concatenate([before, windows], axis=1), "h": self._h, "c": self._c}
        likely, self._h, self._c = self._session.run(None, seen)
        return np.asarray(likely, np.float32).reshape(-1)


class Turns:
    """Sound to pieces of speech: from a little before it begins to the pause that ends it."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._open = np.zeros(0, np.float32)  # less than a window
        self._lead: list[Samples] = []
        self._inside, self._pause = False, 0
        self._at = 0

    @property
    def heard(self) -> int:
        """Samples taken in since the beginning."""
        return self._at + len(self._open)

    @property
    def pausing(self) -> bool:
        """Whether speech has stopped, and its piece is about to end unless it goes on."""
        return self._pause > 0

    @property
    def refused(self) -> Mapping[str, int]:
        """What is not speech is no piece: nothing is left to refuse."""
        return {}

    def push(self, samples: Samples) -> list[Cut]:
        sound = np.concatenate([self._open, samples])
        whole = len(sound) - len(sound) % WINDOW
        self._open = sound[whole:]
        windows = sound[:whole].reshape(-1, WINDOW)
        return [
            cut
            for window, likely in zip(windows, self._judge.push(windows), strict=True)
            for cut in self._window(window, float(likely))
        ]

    def end(self) -> list[Cut]:
        """What is open, and the end of the piece. The clock goes on; what the judge remembers does not."""
        rest, self._open = self._open, np.zeros(0, np.float32)
        at, self._at = self._at, self._at + len(rest)
        inside, self._inside, self._pause, self._lead = self._inside, False, 0, []
        self._judge.reset()
        return [Cut(at, rest, first=False, last=True)] if inside else []

    def _window(self, window: Samples, likely: float) -> list[Cut]:
        at, self._at = self._at, self._at + WINDOW
        if not self._inside:
            return self._begin(at, window) if likely >= BEGINS else self._wait(window)
        self._pause = 0 if likely >= GOES_ON else self._pause + 1
        last = self._pause >= PAUSE
        if last:
            self._inside, self._pause = False, 0
        return [Cut(at, window, first=False, last=last)]

    def _begin(self, at: int, window: Samples) -> list[Cut]:
        whole = np.concatenate([*self._lead, window])
        self._lead, self._inside = [], True
        return [Cut(at + WINDOW - len(whole), whole, first=True, last=False)]

    def _wait(self, window: Samples) -> list[Cut]:
        self._lead = [*self._lead[-(LEAD - 1) :], window]
        return []


def _bundled() -> Path:
    found = sorted(path for folder in folders("faster_whisper") for path in folder.glob("assets/silero_vad*.onnx"))
    if not found:
        raise SpeechError(
            "voice model silero_vad.onnx is not here; pip install 'nowshowing[speech]', which brings it"
        )
    return found[-1]
