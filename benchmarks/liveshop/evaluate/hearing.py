"""What a live's host was heard to say, word by word, with when each word was known. Knows no product picture.

The recogniser hears the very sound of the live, once; what is heard is kept beside the live in `words-ENGINE.jsonl`:

    {"start": 4.1, "end": 4.4, "text": "honey", "confidence": 0.93, "known_at": 4.9}

`known_at`: how much of the live had been heard when the word was committed; what hearing cost is not in it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import av
import numpy as np

from benchmarks.liveshop.evaluate.errors import EvaluationError
from benchmarks.liveshop.evaluate.fingerprint import of_packages, of_texts
from benchmarks.liveshop.live import VIDEO
from engines.speech.base import RATE
from engines.text import ProductWords, listened_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.liveshop.truth import Truth
    from engines.speech.base import Samples, Transcriber
    from indexes.gallery import Gallery
    from stream.types import Seconds

WORDS = "words-{}.jsonl"
STEP_S = 0.5  # of sound at a time, as it comes


@dataclass(frozen=True, slots=True)
class Known:
    """A word, by the live's time."""

    start: Seconds
    end: Seconds
    text: str
    confidence: float
    known_at: Seconds


def words_in(gallery: Gallery) -> tuple[ProductWords, ...]:
    return tuple(
        ProductWords(p.product_id, p.title, p.brand, group=p.sku_group, price=p.price) for p in gallery.products
    )


def spoken_in(truth: Truth) -> tuple[Known, ...]:
    """What an ear without fault would have heard, each word when it ends."""
    return tuple(Known(word.start, word.end, word.text, 1.0, word.end) for word in truth.words)


def heard_in(live: Path, products: Sequence[ProductWords], ear: Transcriber) -> tuple[Known, ...]:
    """By a real recogniser. Minutes of processor time for an hour, the first time."""
    path = live / WORDS.format(ear.info.name)
    key = of_texts(of_packages("engines"), repr(ear.info), str((live / VIDEO).stat().st_size))
    kept = _read(path, key)
    if kept is not None:
        return kept
    session = ear.session(listened_for(products, ear.info.mode))
    found: list[Known] = []
    heard = 0.0
    for samples in sound_of(live / VIDEO):
        heard += len(samples) / RATE
        found += [Known(*word, heard) for word in session.push(samples)]
    found += [Known(*word, heard) for word in session.end()]
    lines = [json.dumps({"key": key}), *(json.dumps(asdict(word)) for word in found)]
    part = path.with_name(path.name + ".part")
    part.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    part.rename(path)
    return tuple(found)


def sound_of(video: Path) -> Iterator[Samples]:
    """STEP_S at a time, mono, at the rate that ears hear."""
    try:
        with av.open(str(video)) as media:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            rest = np.zeros(0, np.float32)
            for frame in media.decode(audio=0):
                pieces = [np.asarray(part.to_ndarray(), np.float32).ravel() for part in resampler.resample(frame)]
                rest = np.concatenate([rest, *pieces])
                step = int(STEP_S * RATE)
                while len(rest) >= step:
                    yield rest[:step]
                    rest = rest[step:]
            yield rest
    except (OSError, av.FFmpegError, IndexError) as error:
        raise EvaluationError(f"live {video}: its sound cannot be read: {error}: render it again") from error


def _read(path: Path, key: str) -> tuple[Known, ...] | None:
    """None where nothing was heard yet, or by another program."""
    try:
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        if json.loads(head) != {"key": key}:
            return None
        return tuple(Known(**json.loads(line)) for line in lines)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):  # damaged: heard again
        return None
