"""How engines/classic/vocabulary.npz is made: a projection and a few words, learnt from pictures in folders.

    python -m benchmarks.classic_vocabulary FOLDER... --out engines/classic/vocabulary.npz

Deterministic: the same pictures give the same file.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (typer reads the annotations when it runs)
from typing import TYPE_CHECKING, Annotated

import cv2
import faiss
import numpy as np
import typer

from engines.classic.points import PointFinder

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIM = 64
WORDS = 16
POINTS = 300  # of one picture: more pictures teach more than more points


def descriptors_of(folders: list[Path], limit: int) -> NDArray[np.float32]:
    """Descriptors of up to `limit` pictures, taken evenly over the sorted names of all folders."""
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in {".jpg", ".png"})
    finder = PointFinder(POINTS)
    rows = []
    for path in paths[:: max(1, len(paths) // limit)]:
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        if picture is not None:
            rows.append(finder.find(np.asarray(picture, dtype=np.uint8)).descriptors)
    return np.concatenate(rows)


def learn(rows: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Principal axes, tempered: dividing by the fourth root of the variance lifts the quiet axes half way."""
    mean = rows.mean(axis=0)
    variance, axes = np.linalg.eigh(np.cov((rows - mean).T))
    keep = np.argsort(-variance)[:DIM]
    projection = axes[:, keep] / variance[keep] ** 0.25
    short = (rows - mean) @ projection
    short /= np.linalg.norm(short, axis=1, keepdims=True)
    means = faiss.Kmeans(DIM, WORDS, niter=25, seed=1, verbose=False)
    means.train(short.astype(np.float32))
    return {
        "mean": mean.astype(np.float32),
        "projection": projection.astype(np.float32),
        "words": np.asarray(means.centroids, np.float32),
    }


def main(
    folders: list[Path],
    out: Annotated[Path, typer.Option(help="the file to write")],
    limit: Annotated[int, typer.Option(help="pictures to look at")] = 1500,
) -> None:
    rows = descriptors_of(folders, limit)
    np.savez_compressed(out, allow_pickle=False, **learn(rows))
    print(f"{out}: {DIM} axes and {WORDS} words from {len(rows)} patches")


if __name__ == "__main__":
    typer.run(main)
