"""Timelines and plots as SVG: well-formed, and every bar in its colour."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from benchmarks.liveshop.programme import Stretch
from benchmarks.liveshop.scoring.calibration import Claim, calibration
from benchmarks.liveshop.scoring.measure import measure
from benchmarks.liveshop.scoring.plots import coverage, histogram, reliability
from benchmarks.liveshop.scoring.shop import Shop
from benchmarks.liveshop.scoring.timeline import timeline

if TYPE_CHECKING:
    from benchmarks.liveshop.truth import Truth
    from tests.drawn import Draw

pytestmark = pytest.mark.unit


def bars(draw: Draw, truth: Truth, *told: str) -> list[tuple[str, str, float]]:
    """Style, hint's last words, and how far down, of each bar."""
    live = draw.live(truth, draw.told(*told))
    svg = timeline(live, measure([live]), Shop({"A": "Tea & jam"}))
    ET.fromstring(svg)
    found = re.findall(r'<g class="(\w+)"><title>[^<]*?([^\n<]+)</title><rect x="[^"]+" y="(\d+)"', svg)
    return [(style, hint.rpartition(": ")[2], float(y)) for style, hint, y in found]


def test_bars_have_the_colour_of_what_became_of_them(draw: Draw) -> None:
    truth = draw.truth("..AAAAAAAA....BBBBBBBB....CCCCCCCC....XXXX..")
    found = bars(draw, truth, "..AAAAAAAA....BBBB....................DDDD..")
    assert [(style, hint) for style, hint, _ in found] == [
        ("right", "told rightly"), ("off", "ends are off"), ("wrong", "nothing told of it"),
        ("unknown", "not to be told"), ("right", "right"), ("off", "ends are off"), ("wrong", "unknown product"),
    ]  # fmt: skip


def test_products_presented_at_once_lie_below_each_other(draw: Draw) -> None:
    found = bars(draw, draw.truth("..AAAAAAAA..", "....BBBBBB.."), "............")
    assert len({y for _, _, y in found}) == 2


def test_breaks_of_the_picture_are_on_the_line_and_those_of_the_sound_are_not(draw: Draw) -> None:
    truth = replace(draw.truth("..AAAA.........."), stretches=(Stretch(4, 6, "ad"), Stretch(1, 2, "silence")))
    assert [style for style, _, _ in bars(draw, truth, "..AAAA..........")] == ["right", "right", "stretch"]


def test_plots_of_nothing_are_plots() -> None:
    for svg in (reliability(()), coverage(()), histogram((), "seconds", "Delays")):
        ET.fromstring(svg)


def test_plots_hold_all_that_they_are_given() -> None:
    found = calibration([Claim(0.95, right=True), Claim(0.35, right=False)], 2)
    assert reliability(found.bins).count("<circle") == 2
    assert coverage([("a", found), ("b", found)]).count("<polyline") == 2
    assert histogram((0.1, 0.2, 3.0, 99.0, -1.0), "seconds", "Delays").count("<rect") == 3
