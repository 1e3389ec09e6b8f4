"""Any family's lives become folders the same way: whole or not there, known by what they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from benchmarks.liveshop import speech
from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.live import ASIDE, TRUTH, VIDEO, film_live
from benchmarks.liveshop.show import FPS
from benchmarks.liveshop.truth import Truth, read_truth

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.liveshop.live import Planes
    from benchmarks.liveshop.speech import Samples

pytestmark = pytest.mark.media

SIZE = (96, 128)


class Grey:
    """A second of grey that gets lighter, upright."""

    name = "grey"
    seconds = 1.0
    size = SIZE
    bit_rate = 200_000

    def __init__(self, seed: int = 1, fails: BaseException | None = None) -> None:
        self.seed = seed
        self._fails = fails
        self.asked = 0

    def truth(self) -> Truth:
        return Truth("whatever", 0, 1.0, ())

    def picture(self, frame: int) -> Planes:
        self.asked += 1
        if self._fails is not None and frame == FPS // 2:
            raise self._fails
        return np.full((SIZE[1] * 3 // 2, SIZE[0]), 60 + frame, np.uint8)

    def sound(self) -> Samples:
        return np.zeros(speech.RATE, np.float32)

    def write_catalogue(self, folder: Path) -> Path:
        feed = folder / "feed.csv"
        feed.write_text("id\n", encoding="utf-8")
        return feed


def test_a_folder_has_everything_and_says_what_it_is_of(tmp_path: Path) -> None:
    out = film_live(Grey(7), tmp_path / "runs" / "live")
    assert sorted(path.name for path in out.iterdir()) == ["feed.csv", VIDEO, TRUTH]
    assert (read_truth(out / TRUTH).name, read_truth(out / TRUTH).seed) == ("grey", 7)
    with av.open(str(out / VIDEO)) as media:
        frames = [frame.to_ndarray(format="gray") for frame in media.decode(video=0)]
    assert len(frames) == FPS
    assert frames[0].shape == (SIZE[1], SIZE[0])


def test_a_whole_live_is_kept_and_an_unfinished_one_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / f"live{ASIDE}").mkdir()
    (tmp_path / f"live{ASIDE}" / "half.mp4").touch()
    out = film_live(Grey(), tmp_path / "live")
    assert [path.name for path in tmp_path.iterdir()] == ["live"]
    again = Grey()
    assert film_live(again, out) == out
    assert again.asked == 0
    with pytest.raises(WorldError, match="holds another live"):
        film_live(Grey(2), out)


@pytest.mark.parametrize(
    "fails", [OSError(28, "No space left on device"), av.FFmpegError(28, "No space left on device")]
)
def test_a_full_disk_is_one_clear_error_and_leaves_nothing(tmp_path: Path, fails: Exception) -> None:
    with pytest.raises(WorldError, match=r"live.* cannot be written: No space left .*disk space"):
        film_live(Grey(fails=fails), tmp_path / "live")
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        film_live(Grey(fails=KeyboardInterrupt()), tmp_path / "live")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorldError, match=r"file/live.* cannot be written"):
        film_live(Grey(), tmp_path / "file" / "live")
