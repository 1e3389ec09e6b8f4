"""Everybody's turns: by turns, medians, and who cannot take part costs nobody else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.peers.turns import Entrant, Process, Withdrawn, by_turns, figures_of, medians

pytestmark = pytest.mark.unit


class Scripted:
    """Says what it was told to, and writes down when it was asked."""

    def __init__(self, who: str, diary: list[str], values: list[float], *, absent: str = "") -> None:
        self._who, self._diary, self._values, self._absent = who, diary, values, absent

    def open(self) -> dict[str, float]:
        if self._absent:
            raise Withdrawn(self._absent)
        return {"build_s": 1.0}

    def turn(self) -> dict[str, float]:
        self._diary.append(self._who)
        if not self._values:
            raise Withdrawn("broke")
        return {"ms": self._values.pop(0)}

    def stop(self) -> None:
        self._diary.append(f"{self._who} stops")


def test_they_take_turns_and_the_median_counts() -> None:
    diary: list[str] = []
    players = {"a": Scripted("a", diary, [5.0, 1.0, 3.0]), "b": Scripted("b", diary, [2.0, 2.0, 8.0])}
    first, second = by_turns(players, 3)
    assert diary == ["a", "b", "a", "b", "a", "b", "b stops", "a stops"]
    assert first.figures == {"build_s": 1.0, "ms": 3.0}
    assert (second.figures["ms"], second.turns) == (2.0, 3)


def test_turns_to_warm_up_do_not_count() -> None:
    (one,) = by_turns({"a": Scripted("a", [], [99.0, 1.0, 2.0, 3.0])}, 3, warm_up=1)
    assert (one.figures["ms"], one.turns) == (2.0, 3)


def test_who_cannot_take_part_is_told_so_and_the_others_go_on() -> None:
    diary: list[str] = []
    players = {
        "away": Scripted("away", diary, [1.0], absent="not installed"),
        "breaks": Scripted("breaks", diary, [1.0]),
        "here": Scripted("here", diary, [1.0, 2.0, 3.0]),
    }
    away, breaks, here = by_turns(players, 3)
    assert (away.absent, away.figures, away.turns) == ("not installed", {}, 0)
    assert (breaks.absent, breaks.turns) == ("broke", 1)
    assert (here.absent, here.figures["ms"]) == ("", 2.0)
    assert {"away stops", "breaks stops", "here stops"} <= set(diary)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=9))
def test_a_median_lies_among_what_was_measured(values: list[float]) -> None:
    assert min(values) <= medians([{"ms": value} for value in values])["ms"] <= max(values)


def test_a_figure_that_only_some_turns_have_is_the_median_of_those() -> None:
    assert medians([{"a": 1.0}, {"a": 3.0, "b": 7.0}]) == {"a": 2.0, "b": 7.0}


@pytest.mark.parametrize(
    ("said", "why"),
    [({"absent": "no hnswlib"}, "make peers"), ({}, "holds no figures"), ({"figures": None}, "holds no figures")],
)
def test_an_answer_without_figures_is_a_withdrawal(said: dict[str, str | None], why: str) -> None:
    with pytest.raises(Withdrawn, match=why):
        figures_of({**said})


def test_an_environment_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    away = Process(Entrant("x", "gallery", "hnswlib", {}, tmp_path / "python"))
    with pytest.raises(Withdrawn, match="make peers"):
        away.open()
    away.stop()


def test_a_seat_that_fails_says_its_last_words() -> None:
    lost = Process(Entrant("x", "gallery", "numpy", {"folder": "/nowhere"}, Path(sys.executable)))
    with pytest.raises(Withdrawn, match="nowhere"):
        lost.open()
    lost.stop()


SEAT = """
from benchmarks.peers.seats.seat import take_part

def here(settings):
    print("a library talks")
    return {"build_s": float(settings["n"])}, lambda: {"ms": 2.0}

def away(settings):
    raise ImportError("No module named 'peer'")

take_part({"here": here, "away": away})
"""


def seat(name: str, said: str) -> list[dict[str, object]]:
    command = [sys.executable, "-c", SEAT, name, '{"n": "7"}']
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_seat_speaks_json_alone_and_answers_each_line() -> None:
    assert seat("here", "turn\nturn\n") == [
        {"figures": {"build_s": 7.0}},
        {"figures": {"ms": 2.0}},
        {"figures": {"ms": 2.0}},
    ]


def test_a_seat_whose_peer_is_not_installed_says_which() -> None:
    assert seat("away", "turn\n") == [{"absent": "No module named 'peer'"}]
