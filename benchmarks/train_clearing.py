"""Makes engines/speech/clearing.npz: what a clean voice measures, told from the voice with something under it.

    python -m benchmarks.train_clearing /tmp/clearing.npz [--minutes 10]

Hosts' sentences are spoken by the voices that tuning may use (flite's `slt` and `kal16`, five of espeak-ng), faster
and slower, higher and lower, and mixed with LiveShop's music and noises at 7 to 22 dB. What goes in are the rows that
`engines/speech/clearing.py` makes of the mixture; what is to come out is what PocketSphinx itself measures of the
voice in a quiet room. Needs flite, espeak-ng and torch. The voices awb and rms are not heard: they are for reporting.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
import pocketsphinx
import typer

from benchmarks.liveshop.music import STYLES
from benchmarks.speech_said import background, sentences, spoken
from engines.speech.base import RATE, Samples
from engines.speech.clearing import AROUND, BANDS, Cepstra, Frames, Room, bands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch
    from numpy.typing import NDArray

HIDDEN = 256
BATCH = 512
FASTEST_LEARNING, SLOWEST_LEARNING = 1e-3, 2e-5
SPREAD = 2.5  # nepers: about how far bands lie from their mean
A_TRACK = 10  # sentences: of one pitch, over one background
QUIET_DB = 45.0  # a room in which nothing is played
LEVELS_DB = (7.0, 22.0)
NEAR = (1.0, 1.0, 0.92, 1.08, 0.96, 1.04)  # speeds that leave a voice as it is
ROOMS = ("crowd", "hum", "fan", "street")


class Told(NamedTuple):
    """A voice, and how much it says. `speeds`: between the first and the last, or one of `NEAR`."""

    voice: str
    seed: int
    sentences: int
    speeds: tuple[float, float] | None = None


TOLD = (
    Told("flite kal16", 1, 80),
    Told("espeak-ng en-gb+m3", 2, 80),
    Told("flite slt", 3, 80),
    Told("espeak-ng en-us+f3", 4, 80),
    Told("espeak-ng en-us+m7", 5, 80),
    Told("espeak-ng en-gb-scotland", 6, 80),
    Told("flite kal16", 31, 90, (0.82, 1.2)),
    Told("espeak-ng en-us+m1", 33, 60, (0.85, 1.15)),
    Told("flite slt", 32, 140, (0.76, 1.1)),
)


def main(
    out: Path,
    minutes: Annotated[float, typer.Option(help="Of training, after what is said is made.")] = 10.0,
    epochs: Annotated[int, typer.Option(help="At most so many times over all that is said.")] = 6,
) -> None:
    parts = [part for told in TOLD for part in pairs(told)]
    print(f"{sum(len(rows) for rows, _ in parts) / 6000:.0f} minutes of mixtures")
    train(parts, epochs, minutes * 60, out)


def pairs(told: Told) -> list[tuple[Frames, Cepstra]]:
    """Mixtures as the network will see them, and what it shall make of each frame."""
    rng = np.random.default_rng(told.seed)
    texts = [text for k in range(6) for text in sentences(5000 + told.seed * 10 + k, 120)]
    chosen = [texts[i] for i in rng.permutation(len(texts))[: told.sentences]]
    measure = Measure()
    made = []
    for at in range(0, told.sentences, A_TRACK):
        room, loud = _track(chosen[at : at + A_TRACK], told, rng)
        wanted = measure(room)
        wanted = wanted - wanted[wanted[:, 0] >= 0].mean(axis=0)
        for sound in _sounds(rng, wider=told.speeds is not None):
            mixed = room.copy()
            if sound:
                under = background(sound, len(room) / RATE + 1, int(rng.integers(1 << 30)))[: len(room)]
                mixed[: len(under)] += np.float32(loud / 10 ** (rng.uniform(*LEVELS_DB) / 20)) * under
            rows = Room().against(bands(np.clip(mixed, -1, 1)))
            frames = min(len(rows), len(wanted))
            made.append((rows[:frames], wanted[:frames].astype(np.float32)))
        print(told.voice, at, flush=True)
    return made


def _track(texts: list[str], told: Told, rng: np.random.Generator) -> tuple[Samples, float]:
    """Sentences one after the other in a quiet room, and how loud they are."""
    speed = float(rng.choice(NEAR) if told.speeds is None else rng.uniform(*told.speeds))
    parts = [np.zeros(RATE // 2, np.float32)]
    for text in texts:
        pause = np.zeros(int(rng.uniform(0.15, 0.8) * RATE), np.float32)
        parts += [_at_speed(spoken(text, told.voice), speed), pause]
    gain = np.float32(10 ** (rng.uniform(-10, 0) / 20))
    whole = np.concatenate(parts) * gain
    loud = float(gain) * float(np.sqrt(np.mean(np.concatenate(parts[1::2]) ** 2)))
    return whole + rng.normal(0, loud * 10 ** (-QUIET_DB / 20), len(whole)).astype(np.float32), loud


def _at_speed(sound: Samples, speed: float) -> Samples:
    count = int(len(sound) / speed)
    return np.asarray(np.interp(np.arange(count) * speed, np.arange(len(sound)), sound), np.float32)


def _sounds(rng: np.random.Generator, *, wider: bool) -> list[str]:
    rooms = ("crowd", *STYLES, *STYLES, *ROOMS[1:]) if wider else ROOMS
    mixed = "" if rng.random() < 0.4 else str(rng.choice(["crowd", *STYLES]))
    return ["crowd", str(rng.choice(STYLES)), str(rng.choice(rooms)), mixed]


class Measure:
    """PocketSphinx's own cepstra, which it tells in a file."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        # It measures what it searches: as little as can be.
        self._decoder = pocketsphinx.Decoder(
            lm=None, samprate=RATE, loglevel="FATAL", mfclogdir=self._folder.name, ds=50, topn=1
        )
        self._decoder.add_keyphrase("nothing", "tea")
        self._decoder.activate_search("nothing")

    def __call__(self, samples: Samples) -> Cepstra:
        self._decoder.start_utt()
        self._decoder.process_raw((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes(), no_search=True)
        self._decoder.end_utt()
        (told,) = Path(self._folder.name).iterdir()
        made: Cepstra = np.frombuffer(told.read_bytes()[4:], ">f4").reshape(-1, 13).astype(np.float32)
        told.unlink()
        return made


def train(parts: Sequence[tuple[Frames, Cepstra]], epochs: int, seconds: float, out: Path) -> None:
    import torch  # of all that is here, training alone needs it

    rows, wanted = np.concatenate([part for part, _ in parts]), np.concatenate([part for _, part in parts])
    near = torch.from_numpy(np.concatenate(list(_near([len(part) for part, _ in parts]))))
    middle, scale = wanted.mean(axis=0), wanted.std(axis=0)
    given, goal = torch.from_numpy(rows / np.float32(SPREAD)), torch.from_numpy((wanted - middle) / scale)
    layers = [
        torch.nn.Linear((2 * AROUND + 2) * BANDS, HIDDEN),
        torch.nn.Linear(HIDDEN, HIDDEN),
        torch.nn.Linear(HIDDEN, 13),
    ]
    net = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1], torch.nn.ReLU(), layers[2])
    learning = torch.optim.Adam(net.parameters(), FASTEST_LEARNING)
    steps, began = epochs * len(rows) // BATCH, monotonic()
    for step in range(steps):
        done = max(step / steps, (monotonic() - began) / seconds)
        if done >= 1:
            break
        learning.param_groups[0]["lr"] = FASTEST_LEARNING * (1 - done) + SLOWEST_LEARNING
        some = torch.randint(0, len(rows), (BATCH,))
        seen = torch.cat([given[near[some]][:, :, :BANDS].flatten(1), given[some, BANDS:]], 1)  # as `together` has it
        loss = ((net(seen) - goal[some]) ** 2).mean()
        learning.zero_grad()
        loss.backward()
        learning.step()
        if step % 500 == 0:
            print(f"{step} of {steps}: {loss.item():.4f}", flush=True)
    _keep(out, layers, middle, scale)


def _near(lengths: Sequence[int]) -> Iterator[NDArray[np.int64]]:
    """Which rows go in for each: those around it, in its own part."""
    first = 0
    for length in lengths:
        at = np.arange(length)[:, None] + np.arange(-AROUND, AROUND + 1)
        yield first + np.clip(at, 0, length - 1)
        first += length


def _keep(out: Path, layers: list[torch.nn.Linear], middle: Cepstra, scale: Cepstra) -> None:
    weights = [layer.weight.detach().numpy().T.astype(np.float16) for layer in layers]
    biases = [layer.bias.detach().numpy().astype(np.float16) for layer in layers]
    np.savez_compressed(
        out,
        first=weights[0], second=weights[1], last=weights[2],
        first_bias=biases[0], second_bias=biases[1], last_bias=biases[2],
        spread=np.float32(SPREAD), middle=middle, scale=scale,
    )  # fmt: skip


if __name__ == "__main__":
    typer.run(main)
