"""How well a speech engine hears what products are named, and what it invents. Knows no picture.

    python -m benchmarks.bench_speech [--voices "flite awb,flite rms"] [--sounds dance,crowd] [--levels 20,15,10]
    python -m benchmarks.bench_speech --invented 1 [--sounds silence,dance,lofi,plucked,ambient,crowd,tones] [--json]

`--model` asks a Whisper instead of the embedded engine.
Everything was tuned on `flite slt` and `flite kal16` with the shop of seed 7, the gates on the two voices of
espeak-ng, too; `flite awb`, `flite rms` and other seeds are for reporting. What counts is
products named (`speech_scores`), not words. CPU seconds are of this process.
"""

from __future__ import annotations

import json
from time import process_time
from typing import TYPE_CHECKING, Annotated, NamedTuple, cast, get_args

import numpy as np
import typer

from benchmarks.liveshop.music import STYLES
from benchmarks.machine import facts
from benchmarks.speech_said import background, sentences, shop, track
from benchmarks.speech_scores import Tally, judged
from engines.speech.base import RATE, Samples, Word
from engines.speech.choose import EngineName, SpeechSettings, choose
from engines.text import Hearing, listened_for
from engines.threads import one_blas_thread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engines.speech.base import Session, Transcriber
    from engines.text import ProductWords

STEP = RATE // 10
PIECE_S = 60.0  # of a background: then another key, another tempo, other people
LEVEL = 0.05  # root mean square of a background without speech
NOTHING = ("silence", *STYLES, "crowd", "tones")
HEAD = (
    "| voice | under it | named (by a size alone) | recall, of words | names heard, invented | precision of names, "
    "of families | look-alikes: vague, wrong | delay p50, p95 | RTF |"
)


class Listened(NamedTuple):
    words: list[Word]
    delays: list[float]  # from a word's end to its commit, in seconds of the stream
    cpu_s: float
    seconds: float


def main(
    voices: Annotated[str, typer.Option(help="As benchmarks/liveshop/voices.py names them.")] = "flite awb,flite rms",
    sounds: Annotated[str, typer.Option(help="Under the speech; empty: silence alone.")] = "",
    levels: Annotated[str, typer.Option(help="Decibels of speech over it.")] = "15",
    count: Annotated[int, typer.Option(help="Sentences for each voice and sound.")] = 40,
    seed: Annotated[int, typer.Option(help="Of shop, sentences and sounds.")] = 23,
    model: Annotated[
        str, typer.Option(help="Whisper's: a folder, a size or a hub id; empty: the built-in engine.")
    ] = "",
    engine: Annotated[str, typer.Option(help="sphinx, moonshine, or auto: whisper where a model is named.")] = "",
    invented: Annotated[float, typer.Option(help="Hours of each sound without speech, instead.")] = 0.0,
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON line a condition.")] = False,
) -> None:
    name = _engine(engine or ("whisper" if model else "sphinx"))
    choice = choose(SpeechSettings(engine=name, model=model or None, language="en", threads=1))
    assert choice.transcriber is not None, "English is heard by every engine"
    transcriber = choice.transcriber
    one_blas_thread()  # as in the ear's own process; threads that spin would be counted for work
    if not json_lines:
        print(facts())
        print(choice.said)
    if invented:
        for sound in _split(sounds) or NOTHING:
            _invented(transcriber, sound, invented * 3600, seed, as_json=json_lines)
        return
    if not json_lines:
        print(HEAD)
    conditions = [("", 0.0), *((sound, float(db)) for db in _split(levels) for sound in _split(sounds))]
    for voice in _split(voices):
        for sound, level in conditions:
            _heard(transcriber, voice, sound, level, seed, count, as_json=json_lines)


def _heard(
    transcriber: Transcriber, voice: str, sound: str, level: float, seed: int, count: int, *, as_json: bool
) -> None:
    products = shop(seed)
    said = track(seed, sentences(seed, count), voice, sound, level)
    got = listened(transcriber.session(_listened_for(transcriber, products)), [said.samples])
    hearing = Hearing(products, sounds_like=transcriber.info.mode != "phrases")
    tally = judged(hearing, said.sentences, got.words)
    under = f"{sound}, {level:.0f} dB" if sound else "nothing"
    print(_json(voice, under, tally, got) if as_json else _row(voice, under, tally, got), flush=True)


def _listened_for(transcriber: Transcriber, products: Sequence[ProductWords]) -> tuple[str, ...]:
    """As a livestream's ear is told."""
    return listened_for(products, transcriber.info.mode)


def _row(voice: str, under: str, tally: Tally, got: Listened) -> str:
    p50, p95 = np.quantile(got.delays, (0.5, 0.95)) if got.delays else (0.0, 0.0)
    return (
        f"| {voice} | {under} | {tally.right + tally.missed} ({tally.sizes}) | {tally.recall:.2f}, "
        f"{tally.recall_of_words:.2f} | {tally.names}, {tally.invented} | {tally.precision_of_names:.2f}, "
        f"{tally.precision:.2f} | {tally.vague}, {tally.wrong} | {p50:.2f} s, {p95:.2f} s | "
        f"{got.cpu_s / got.seconds:.3f} |"
    )


def _json(voice: str, under: str, tally: Tally, got: Listened) -> str:
    p50, p95 = np.quantile(got.delays, (0.5, 0.95)) if got.delays else (0.0, 0.0)
    return json.dumps(
        {
            "voice": voice,
            "under": under,
            "named": tally.right + tally.missed,
            "named_by_size_alone": tally.sizes,
            "recall": round(tally.recall, 4),
            "recall_of_words": round(tally.recall_of_words, 4),
            "names": tally.names,
            "invented": tally.invented,
            "precision": round(tally.precision_of_names, 4),
            "precision_of_families": round(tally.precision, 4),
            "vague": tally.vague,
            "wrong": tally.wrong,
            "delay_s": [round(float(p50), 3), round(float(p95), 3)],
            "rtf": round(got.cpu_s / got.seconds, 4),
        }
        | facts()
    )


def _invented(transcriber: Transcriber, sound: str, seconds: float, seed: int, *, as_json: bool) -> None:
    """Committed words, and why the rest was refused."""
    session = transcriber.session(_listened_for(transcriber, shop(seed)))
    got = listened(session, _backgrounds(sound, seconds, seed))
    refused = {str(gate): count for gate, count in session.gated.items() if count}
    rtf = round(got.cpu_s / got.seconds, 4)
    if as_json:
        said = {"sound": sound, "hours": round(got.seconds / 3600, 3), "words": len(got.words), "rtf": rtf}
        print(json.dumps(said | {"refused": sum(refused.values())} | facts()), flush=True)
        return
    words = " ".join(word.text for word in got.words)
    print(
        f"{sound}: {got.seconds / 3600:.2f} h, {len(got.words)} words committed {words!r}, refused {refused}, "
        f"RTF {rtf}",
        flush=True,
    )


def listened(session: Session, sounds: Iterator[Samples] | list[Samples]) -> Listened:
    words, delays, cpu_s, at = list[Word](), list[float](), 0.0, 0
    for samples in sounds:
        for first in range(0, len(samples), STEP):
            part = samples[first : first + STEP]
            began = process_time()
            fresh = session.push(part)
            cpu_s += process_time() - began
            at += len(part)
            words += fresh
            delays += [at / RATE - word.end for word in fresh]
    words += session.end()
    return Listened(words, delays, cpu_s, at / RATE)


def _backgrounds(sound: str, seconds: float, seed: int) -> Iterator[Samples]:
    """Piece after piece, each another one."""
    for i in range(round(seconds / PIECE_S)):
        match sound:
            case "silence":
                rng = np.random.default_rng((seed, i))
                yield rng.normal(0, 1e-4, round(PIECE_S * RATE)).astype(np.float32)
            case "tones":
                yield _tones(np.random.default_rng((seed, i)))
            case _:
                yield np.asarray(LEVEL * background(sound, PIECE_S, seed * 10_000 + i), np.float32)


def _tones(rng: np.random.Generator) -> Samples:
    """One sine that goes up and down through all that can be heard, and on and off, at speeds of its own."""
    t = np.arange(round(PIECE_S * RATE)) / RATE
    octaves = rng.uniform(0.5, 2.5) * np.sin(2 * np.pi * 10 ** rng.uniform(-1.5, 0.7) * t + rng.uniform(0, 6))
    pitch = np.clip(rng.uniform(150, 2000) * 2**octaves, 40, 7000)
    loud = np.clip(2 * np.sin(2 * np.pi * 10 ** rng.uniform(-1.5, 0.5) * t) + 0.8, 0, 1)
    return np.asarray(LEVEL * 2**0.5 * loud * np.sin(2 * np.pi * np.cumsum(pitch) / RATE), np.float32)


def _engine(name: str) -> EngineName:
    known = get_args(EngineName)
    if name not in known:
        raise SystemExit(f"--engine {name!r}: one of {', '.join(known)}")
    return cast("EngineName", name)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


if __name__ == "__main__":
    typer.run(main)
