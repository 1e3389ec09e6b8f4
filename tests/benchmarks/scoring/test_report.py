"""The page: whole, self-contained, and true to what it shows. The live in it is a real recording."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.scoring.clips import MISSED, OFF, WRONG, moments, worst
from benchmarks.liveshop.scoring.compare import compare
from benchmarks.liveshop.scoring.judged import Contender, Ranking
from benchmarks.liveshop.scoring.record import result_of
from benchmarks.liveshop.scoring.report import write_report
from benchmarks.liveshop.scoring.scores import Mistake
from benchmarks.liveshop.scoring.stills import stills, thumbnail
from tests.clips import write_clip

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.liveshop.scoring.record import Result
    from tests.drawn import Draw

pytestmark = pytest.mark.media

TRUTH = "..AAAA..BBBB..XXXX..CCCC"
TOLD = "..AAAA..DDDD............"
NAME = "printed-7-0"
NASTY = '<script>alert("A")</script>'


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """A live's folder, as far as the report reads it."""
    folder = tmp_path / NAME
    (folder / "images").mkdir(parents=True)
    write_clip(folder / "live.mp4", seconds=6, size=(180, 320))
    titles = {"A": NASTY, "B": "Tea, mint", "C": "Jam", "D": "Tea, lemon"}
    for letter in "ABD":
        cv2.imwrite(str(folder / "images" / f"{letter}.png"), np.full((60, 90, 3), ord(letter), np.uint8))
    with (folder / "feed.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "image_link"])
        writer.writerows([i, title, f"images/{i}.png"] for i, title in titles.items())
    return folder


def contender(draw: Draw, told: str = TOLD) -> Contender:
    windows = (Ranking(2.0, (("A", 0.9), ("B", 0.1))), Ranking(5.0, (("D", 0.6), ("B", 0.3))))
    return Contender("ours <b>", (draw.live(TRUTH, told, *windows, name=NAME),))


def scored(ours: Contender) -> Result:
    return result_of({"family": "printed", "seed": 7, "commit": "abc"}, [ours])


def test_a_page_tells_everything_and_needs_nothing(draw: Draw, live: Path, tmp_path: Path) -> None:
    ours = contender(draw)
    result = scored(ours)
    path = write_report(tmp_path / "report.html", result, ours, {NAME: live}, compare(result, result, draws=20))
    page = path.read_text(encoding="utf-8")
    assert page.count("<svg") == 4
    assert 'aria-label="Reliability of probabilities"' in page
    assert "Tea, lemon" in page
    assert "Tea, mint" in page
    assert re.findall(r"""(?:src|href)=["'](?!data:image/jpeg)""", page) == []
    assert "url(" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert [p.name for p in tmp_path.glob("*.part")] == []


def test_titles_and_names_are_text_and_nothing_else(draw: Draw, live: Path, tmp_path: Path) -> None:
    ours = contender(draw)
    page = write_report(tmp_path / "report.html", scored(ours), ours, {NAME: live}).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "ours <b>" not in page
    assert "&lt;script&gt;" in page


def test_the_worst_mistakes_are_shown_with_what_was_told_and_what_was_true(
    draw: Draw, live: Path, tmp_path: Path
) -> None:
    ours = contender(draw)
    page = write_report(tmp_path / "report.html", scored(ours), ours, {NAME: live}).read_text(encoding="utf-8")
    strips = page.split('<article class="mistake">')[1:]
    assert len(strips) == 3
    assert re.findall(r"<h3>([^<]+)</h3>", strips[0]) == ["another product"]
    assert strips[0].count("data:image/jpeg") == 5 + 2  # frames, then the two catalogue pictures
    assert strips[0].index("Tea, lemon") < strips[0].index("Tea, mint")
    assert "missed" in strips[1]


def test_a_page_without_mistakes_says_so(draw: Draw, live: Path, tmp_path: Path) -> None:
    ours = contender(draw, TRUTH.replace("X", "."))
    page = write_report(tmp_path / "report.html", scored(ours), ours, {NAME: live}).read_text(encoding="utf-8")
    assert "None: everything was told" in page


def test_a_live_that_cannot_be_decoded_is_named(draw: Draw, live: Path, tmp_path: Path) -> None:
    (live / "live.mp4").write_bytes(b"no film")
    ours = contender(draw)
    with pytest.raises(WorldError, match=r"live\.mp4: cannot be shown"):
        write_report(tmp_path / "report.html", scored(ours), ours, {NAME: live})


def test_a_feed_that_cannot_be_read_is_named(draw: Draw, live: Path, tmp_path: Path) -> None:
    (live / "feed.csv").write_text("name\nTea\n")
    ours = contender(draw)
    with pytest.raises(WorldError, match=r"feed\.csv: cannot be read"):
        write_report(tmp_path / "report.html", scored(ours), ours, {NAME: live})


def test_stills_are_the_frames_asked_for_even_beyond_the_end(live: Path) -> None:
    found = stills(live / "live.mp4", {0.5: (), 2.5: [(0.1, 0.1, 0.5, 0.5)], 99.0: ()})
    assert list(found) == [0.5, 2.5, 99.0]
    assert len(set(found.values())) == 3


def test_a_catalogue_picture_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    assert thumbnail(None) is None
    assert thumbnail(tmp_path / "none.jpg") is None
    assert thumbnail(tmp_path / "text.jpg") is None


def mistake(told: str | None, cost_s: float, start: float = 10.0, stop: float = 14.0) -> Mistake:
    return Mistake(NAME, "kind", start, stop, told, "B", cost_s)


def test_what_is_told_wrongly_is_shown_before_what_is_missed() -> None:
    found = worst([mistake(None, 9.0)] * 20 + [mistake("A", 2.0)] * 20 + [mistake("A", 0.0)] * 20)
    assert [(m.told, m.cost_s) for m in found] == [("A", 2.0)] * WRONG + [(None, 9.0)] * MISSED + [("A", 0.0)] * OFF


def test_a_strip_of_a_moment_shows_what_is_around_it() -> None:
    assert moments(mistake("A", 1.0, 10.0, 10.0)) == pytest.approx([9.2, 9.6, 10.0, 10.4, 10.8])
    assert min(moments(mistake("A", 1.0, 0.0, 0.0))) >= 0
    assert max(moments(mistake("A", 60.0, 10.0, 70.0))) < 22
