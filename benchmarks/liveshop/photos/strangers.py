"""A run of photo lives once more, its shops listing a look-alike of whatever is shown, and never the thing itself.

    python -m benchmarks.liveshop.photos.strangers RUN OUT

RUN: a folder that `nowshowing eval liveshop --family photos --which tuned` made. OUT gets the same lives; the
catalogue picture of each product that is introduced is a made-up sibling's (benchmarks/classic_siblings.py), and the
truth says that nothing is listed. Evaluating again with RUN's own arguments and `--out OUT` watches them. Few of the
photographed products that may be tuned on have a look-alike, and none is ever missing while its look-alike is there.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.bench_classic import read_picture
from benchmarks.classic_evidence import read_feed
from benchmarks.classic_siblings import sibling
from benchmarks.liveshop.catalogue import FEED
from benchmarks.liveshop.evaluate.run import RUN, read_run
from benchmarks.liveshop.live import TRUTH, VIDEO
from benchmarks.liveshop.photos.photoset import tuned_on
from benchmarks.liveshop.truth import read_truth, write_truth
from stream.errors import KNOWN, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED = 11  # of the made-up siblings


def estrange(live: Path, out: Path) -> None:
    """The live in `out`, with a catalogue of strangers. UsageError where products are shown that are never met."""
    truth = read_truth(live / TRUTH)
    shown = sorted({one.product_id for one in truth.shown if one.listed})
    if never := [one for one in shown if not tuned_on(one, loose=False)]:
        raise UsageError(f"live {live}: introduces {never[0]}, never to be tuned on: evaluate with --which tuned")
    out.mkdir(parents=True)
    shutil.copytree(live / "images", out / "images")
    for name in (VIDEO, FEED):
        shutil.copyfile(live / name, out / name)
    pictures = {product_id: files[0] for product_id, files in read_feed(out).items()}
    own = {product_id: read_picture(pictures[product_id]) for product_id in shown}
    for number, product_id in enumerate(shown):
        others = [picture for other, picture in own.items() if other != product_id]
        stranger = sibling(own[product_id], others, np.random.default_rng([SEED, truth.seed, number]))
        cv2.imwrite(str(pictures[product_id]), cv2.cvtColor(stranger, cv2.COLOR_RGB2BGR))
    write_truth(replace(truth, shown=tuple(replace(one, listed=False) for one in truth.shown)), out / TRUTH)


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    source, out = map(Path, arguments)
    try:
        run = read_run(source)
        for name in run.names:
            estrange(source / name, out / name)
        shutil.copyfile(source / RUN, out / RUN)
    except KNOWN as error:
        print(f"strangers: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"strangers {out}: {error.strerror or error}: name a folder that is not there yet", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
