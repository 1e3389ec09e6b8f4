"""How engines/classic/calibration.json is made: one fit of all weights, by least log loss. Knows no picture.

    python -m benchmarks.classic_calibration --photos DIR --out engines/classic/calibration.json

Fitted on: the photographs of the tuned-on products (the rule of benchmarks/bench_classic.py; every one of the
packages, and once more with made-up siblings in the catalogue, benchmarks/classic_siblings.py; one in twelve of the
loose), and frames of lives: LIVES of printed products, PHOTO_LIVES of the tuned-on packages. One photograph in three
and one frame in five counts a second time with its product taken out of the catalogue and its look-alikes left in.
Not fitted on: photographs of never-met products, seeds below 1000. But the catalogue pictures of never-met
products stand among the wrong candidates, as they do in the gallery of the benchmark.
Deterministic on one machine; another OpenCV or BLAS may move the last digits.
Where a second look goes hangs on the weights in use: fitted again from those it wrote, a weight moves by up to
a quarter and the loss by 0.003 of 5.04.
"""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 (typer reads the annotations when it runs)
from typing import TYPE_CHECKING, Annotated, NamedTuple

import cv2
import faiss
import numpy as np
import typer
from numpy.typing import NDArray

from benchmarks.bench_classic import read_photos
from benchmarks.classic_evidence import Sample, of_live, of_photos
from benchmarks.liveshop.photos import photo_live
from benchmarks.liveshop.photos import read_photos as photo_set
from benchmarks.liveshop.render import printed_live
from engines.classic.calibration import CONSTANT, WEIGHTS, Weights
from engines.classic.matcher import CLOSE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Vector = NDArray[np.float64]

LIVES = range(1001, 1009)  # seeds, the first live of each
PHOTO_LIVES = range(1001, 1003)
LIVE_S = 50.0
PACKAGES_COUNT, SIBLINGS_COUNT = 4.0, 2.0  # photographs are what is met in earnest
LIVES_COUNT, PHOTO_LIVES_COUNT = 2.0, 1.0
SIBLINGS = 2  # made-up ones of each package
LOOSE_EVERY = 12  # the engine is blind to them: a few teach it to be silent
RANKING = 0.5  # of the loss: that the right one comes first, beside that its probability is right
START = (0.0,) * (CONSTANT - 1) + (-3.0, 1.0, 0.1)  # not the weights in use: the end must not hang on them
RIVALS = 3  # weights that are for rivals
AS_IT_IS = (1.0, 0.0)  # a scale and a shift that change nothing
RIDGE = 0.003  # on all but the constant and those that weigh rivals
STEPS = 300
STILL = 1e-5  # slope at which the fit is done
NUDGE = 1e-5  # for slopes by difference: a dozen weights do not deserve a derivative by hand


class Table(NamedTuple):
    """Samples side by side, padded to the most candidates a sample can have."""

    right: NDArray[np.bool_]  # (samples, CLOSE)
    there: NDArray[np.bool_]  # (samples, CLOSE): not padding
    evidence: NDArray[np.float64]  # (samples, CLOSE, features)
    contest: NDArray[np.bool_]  # (samples, CLOSE, CLOSE)
    look: NDArray[np.float64]  # (samples, CLOSE, CLOSE)
    prints: NDArray[np.float64]  # (samples, CLOSE, CLOSE)
    sight: NDArray[np.float64]  # (samples, CLOSE, CLOSE)
    worth: Vector  # (samples,): what each counts


def table(sets: Sequence[tuple[float, Sequence[Sample]]]) -> Table:
    """Each set counts what is said beside it, however many samples it has."""
    flat = [(share / len(samples), sample) for share, samples in sets for sample in samples if len(sample.right)]
    n = len(flat)
    out = Table(
        np.zeros((n, CLOSE), np.bool_),
        np.zeros((n, CLOSE), np.bool_),
        np.zeros((n, CLOSE, flat[0][1].evidence.shape[1])),
        np.tile(np.eye(CLOSE, dtype=np.bool_), (n, 1, 1)),
        np.zeros((n, CLOSE, CLOSE)),
        np.zeros((n, CLOSE, CLOSE)),
        np.zeros((n, CLOSE, CLOSE)),
        np.array([worth for worth, _ in flat]),
    )
    for row, (_, sample) in enumerate(flat):
        k = len(sample.right)
        out.right[row, :k], out.there[row, :k], out.evidence[row, :k] = sample.right, True, sample.evidence
        for mine, theirs in zip((out.contest, out.look, out.prints, out.sight), sample.rivalry, strict=True):
            mine[row, :k, :k] = theirs
    return out


def chances(weights: Vector, data: Table) -> NDArray[np.float64]:  # (samples, CLOSE)
    """`calibration.shared` for all samples at once."""
    alone = data.evidence @ weights[:CONSTANT]
    duel, prints, sight, scale, shift = weights[CONSTANT:]
    ahead = duel * data.look + prints * data.prints + sight * data.sight
    wins = 1 / np.where(data.contest, np.exp(np.clip(-ahead, -30, 30)), 0).sum(axis=2)
    chance = np.clip(wins / (1 + np.exp(-alone)), 1e-7, 1 - 1e-7)
    odds = scale * (np.log(chance) - np.log1p(-chance)) + shift
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -16, 16))))


def loss(weights: Vector, data: Table) -> float:
    chance = chances(weights, data)
    odds = np.where(data.there, np.log(chance) - np.log1p(-chance), -np.inf)
    ranking = np.where(data.right, np.logaddexp.reduce(odds, axis=1, keepdims=True) - odds, 0)
    total = np.where(data.there, _wrong(chance, data) + RANKING * ranking, 0).sum(axis=1) @ data.worth
    return float(total + RIDGE * np.sum(weights[: CONSTANT - 1] ** 2))


def _wrong(chance: NDArray[np.float64], data: Table) -> NDArray[np.float64]:
    return np.where(data.right, -np.log(chance), -np.log1p(-chance))


def equal_say(data: Table) -> float:
    """What a unit of `sight` is worth in units of `look`, if each of them is to move a duel as far as the other.

    Four packages are too few to learn whom to trust: fitted freely, all goes to the witness that happens to tell
    these four best, colours, and nothing to the one that was trained on a million photographs.
    """
    rivals = data.contest & ~np.eye(data.contest.shape[1], dtype=np.bool_)
    worth = np.broadcast_to(data.worth[:, None, None], rivals.shape)[rivals]
    look, sight = (np.sqrt(np.average(one[rivals] ** 2, weights=worth)) for one in (data.look, data.sight))
    return float(look / sight)


def fit(data: Table) -> Vector:
    say = equal_say(data)

    def whole(free: Vector) -> Vector:
        return np.array([*free, say * free[CONSTANT], *AS_IT_IS])

    return whole(descend(lambda free: loss(whole(free), data), np.array(START)))


def as_sure_as_right(weights: Vector, data: Table) -> Vector:
    """The same order, told with the certainty that these samples bear out."""

    def surprise(last: Vector) -> float:
        chance = chances(np.array([*weights[:-2], *last]), data)
        return float(np.where(data.there, _wrong(chance, data), 0).sum(axis=1) @ data.worth)

    return np.array([*weights[:-2], *descend(surprise, np.array(AS_IT_IS))])


def slope(of: Callable[[Vector], float], at: Vector) -> Vector:
    nudges = NUDGE * np.eye(len(at))
    return np.array([(of(at + nudge) - of(at - nudge)) / (2 * NUDGE) for nudge in nudges])


def descend(of: Callable[[Vector], float], start: Vector) -> Vector:
    """BFGS: each step along the slope, corrected by what the steps before showed of the curvature."""
    at, here, down = start, of(start), slope(of, start)
    inverse = np.eye(len(start))
    for _ in range(STEPS):
        way = -inverse @ down
        if way @ down >= 0:
            inverse, way = np.eye(len(start)), -down
        length = 1.0
        while of(at + length * way) > here + 1e-4 * length * float(way @ down) and length > 1e-10:
            length /= 2
        step, before = length * way, down
        at, here, down = at + step, of(at + step), slope(of, at + step)
        if np.abs(down).max() < STILL or length <= 1e-10:
            break
        inverse = _learn(inverse, step, down - before)
    return at


def _learn(inverse: NDArray[np.float64], step: Vector, change: Vector) -> NDArray[np.float64]:
    curve = float(step @ change)
    if curve <= 1e-12:
        return inverse
    left = np.eye(len(step)) - np.outer(step, change) / curve
    return np.asarray(left @ inverse @ left.T + np.outer(step, step) / curve)


def main(
    photos: Annotated[Path, typer.Option(help="folder with catalogue.csv and natural.csv")],
    out: Annotated[Path, typer.Option(help="the file to write")],
) -> None:
    cv2.setNumThreads(1)
    faiss.omp_set_num_threads(1)
    read = read_photos(photos)
    packages = photo_set(photos)
    sets = [
        (PACKAGES_COUNT, of_photos(read, packages=True, every=1)),
        (SIBLINGS_COUNT, of_photos(read, packages=True, every=1, siblings=SIBLINGS)),
        (1.0, of_photos(read, packages=False, every=LOOSE_EVERY)),
        *((LIVES_COUNT / len(LIVES), of_live(printed_live(seed, 0, LIVE_S))) for seed in LIVES),
        *(
            (PHOTO_LIVES_COUNT / len(PHOTO_LIVES), of_live(photo_live(packages, seed, 0, LIVE_S, "tuned")))
            for seed in PHOTO_LIVES
        ),
    ]
    data, photographs = table(sets), table(sets[:1])
    fitted = as_sure_as_right(fit(data), photographs)
    weights = Weights(*(round(float(value), 2) for value in fitted))
    out.write_text(json.dumps(weights._asdict(), indent=2) + "\n", encoding="utf-8")
    samples = sum(len(samples) for _, samples in sets)
    before, after = loss(np.array(WEIGHTS), data), loss(fitted, data)
    print(f"{out}: {samples} samples, loss {before:.4f} with the weights in use, {after:.4f} now")


if __name__ == "__main__":
    typer.run(main)
