"""Lives whose shops list a look-alike of what is shown: other pictures, the same film, nothing to tell."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from benchmarks.bench_classic import read_picture
from benchmarks.liveshop.catalogue import FEED
from benchmarks.liveshop.evaluate.lives import Run
from benchmarks.liveshop.evaluate.run import RUN, read_run
from benchmarks.liveshop.live import TRUTH, VIDEO
from benchmarks.liveshop.photos.photoset import tuned_on
from benchmarks.liveshop.photos.strangers import main
from benchmarks.liveshop.truth import Shown, Truth, read_truth, write_truth

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

IDS = [f"P{n}" for n in range(100)]
TUNED = [one for one in IDS if tuned_on(one, loose=False)][:3]
NEVER_MET = next(one for one in IDS if not tuned_on(one, loose=False))


def package(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Something printed on white."""
    picture = np.full((240, 160, 3), 255, np.uint8)
    print_ = np.random.default_rng(seed).integers(0, 200, (20, 10, 3), np.uint8)
    picture[20:220, 30:130] = cv2.resize(print_, (100, 200), interpolation=cv2.INTER_NEAREST)
    return picture


def share_changed(one: Path, two: Path) -> float:
    return float(np.mean(read_picture(one) != read_picture(two)))


def make_run(root: Path, shown: str) -> Path:
    live = root / "photos-1009-0"
    (live / "images").mkdir(parents=True)
    with (live / FEED).open("w", encoding="utf-8", newline="") as feed:
        rows = csv.DictWriter(feed, ["id", "image_link", "additional_image_link"])
        rows.writeheader()
        for number, product_id in enumerate([*TUNED, NEVER_MET]):
            rows.writerow({"id": product_id, "image_link": f"images/{number}.png", "additional_image_link": ""})
            assert cv2.imwrite(str(live / f"images/{number}.png"), package(number))
    spans = (
        Shown(shown, "g", listed=True, shown_at=2.0, hidden_at=6.0, covered_s=0.0),
        Shown(TUNED[1], "g", listed=True, shown_at=8.0, hidden_at=12.0, covered_s=0.0),
    )
    write_truth(Truth("live", 1009, 20.0, spans), live / TRUTH)
    (live / VIDEO).write_bytes(b"film")
    about = {key: value for key, value in asdict(Run("photos", 1009, 1, 20.0)).items() if key != "lives"}
    (root / RUN).write_text(json.dumps(about), encoding="utf-8")
    return root


def test_what_is_shown_is_listed_as_something_like_it_and_the_rest_as_it_was(tmp_path: Path) -> None:
    run, out = make_run(tmp_path / "run", TUNED[0]), tmp_path / "out"
    assert main([str(run), str(out)]) == 0
    assert read_run(out) == read_run(run)
    before, after = run / "photos-1009-0", out / "photos-1009-0"
    assert (after / VIDEO).read_bytes() == b"film"
    assert not any(one.listed for one in read_truth(after / TRUTH).shown)
    changed = [share_changed(before / f"images/{n}.png", after / f"images/{n}.png") for n in range(4)]
    assert changed[2:] == [0.0, 0.0]
    assert all(0 < share < 0.7 for share in changed[:2])


def test_products_that_are_never_met_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run", NEVER_MET)
    assert main([str(run), str(tmp_path / "out")]) == 1
    assert NEVER_MET in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_there_is_not_written_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run", TUNED[0])
    assert main([str(run), str(run)]) == 1
    assert "not there yet" in capsys.readouterr().err
    assert main([]) == 2
