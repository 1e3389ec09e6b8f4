"""Pictures carry their numbers, and a viewer reads its age and its costs off them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.compare import direction
from benchmarks.peers import ingest
from benchmarks.peers.seats.ingest import HEIGHT, SIDE, Viewer
from benchmarks.peers.seats.number import BITS, SQUARE, drawing, number_in

if TYPE_CHECKING:
    from benchmarks.peers.table import Measure

pytestmark = pytest.mark.unit

Picture = NDArray[np.uint8]


def numbered(number: int, width: int = SIDE) -> Picture:
    picture = np.full((width * 9 // 16, width, 3), 90, np.uint8)
    side = round(width * SQUARE)
    for bit in range(BITS):
        picture[:side, side * bit : side * (bit + 1)] = 235 if number >> bit & 1 else 16
    return picture


@given(st.integers(0, 2**BITS - 1), st.sampled_from((320, 640, 1280)))
def test_a_number_is_read_off_a_picture_of_any_size(number: int, width: int) -> None:
    assert number_in(numbered(number, width)) == number


def test_each_bit_is_drawn() -> None:
    assert drawing(1280).count("drawbox=") == BITS + 1
    assert f"mod(floor(n/{1 << (BITS - 1)}),2)" in drawing(1280)


def settings(seconds: float, began: float = 0.0) -> dict[str, str]:
    return {"seconds": str(seconds), "began": str(began), "frames": "300", "rate": "30", "fps": "2"}


def test_a_live_picture_is_as_old_as_what_it_says() -> None:
    viewer = Viewer(settings(60, began=time.monotonic() - 5.0))
    assert viewer.push(numbered(120))
    told = viewer.figures()
    assert told["behind_p50_s"] == pytest.approx(1.0, abs=0.5)


def test_the_recording_goes_round_and_ages_do_too() -> None:
    viewer = Viewer(settings(60, began=time.monotonic() - 21.0))
    viewer.push(numbered(0))
    assert viewer.figures()["behind_p50_s"] == pytest.approx(1.0, abs=0.5)


def test_a_file_is_watched_to_its_end() -> None:
    viewer = Viewer(settings(0))
    assert all(viewer.push(numbered(number)) for number in range(0, 300, 15))
    told = viewer.figures()
    assert told["kept"] == 20
    assert set(told) == {"cpu_cores", "speed", "kept"}


def test_no_picture_at_all_and_a_wrong_size_are_no_result() -> None:
    viewer = Viewer(settings(5))
    with pytest.raises(SystemExit, match="not one picture"):
        viewer.figures()
    with pytest.raises(SystemExit, match=f"not of {HEIGHT} x {SIDE}"):
        viewer.push(numbered(1, 320))


@pytest.mark.parametrize("measure", [*ingest.FILE, *ingest.LIVE])
def test_compare_judges_figures_the_same_way(measure: Measure) -> None:
    assert measure.way in (0, direction(measure.figure))
