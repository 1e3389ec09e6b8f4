"""What a broadcaster makes of a scene: as data, the same for the same seed, and true to what it says."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.liveshop.ink import Area
from benchmarks.liveshop.optics import Light, Shake, defocus
from benchmarks.liveshop.panels import Panel
from benchmarks.liveshop.programme import HOUSE_BANNER, SCENE, Framing, Kind, Programme, Stretch, random_programme

pytestmark = pytest.mark.unit

SEEDS = st.integers(0, 10_000)
MOMENTS = st.floats(0, 180)
SPANS = [(4.0, 12.0), (15.0, 22.0), (30.0, 50.0), (60.0, 75.0)]
SECONDS = 180.0


def programme(seed: int, seconds: float = SECONDS) -> Programme:
    return random_programme(np.random.default_rng(seed), seconds, SPANS)


def test_a_plain_programme_shows_the_scene_as_it_is_behind_the_house_banner() -> None:
    plain = Programme()
    assert plain.plain
    assert plain.size() == SCENE
    assert plain.framing(3.0) == Framing(1.0, 0.0, 0.0)
    assert plain.scene_time(3.0) == 3.0
    seen = plain.seen(3.0, np.arange(-10.0, 1300, 10), np.arange(-10.0, 730, 10))
    assert not seen[0].any()
    assert not seen[:, 0].any()
    assert not seen[(HOUSE_BANNER.y + 30) // 10, (HOUSE_BANNER.x + 40) // 10]
    assert seen[30, 60]


@given(SEEDS)
def test_the_same_seed_gives_the_same_programme(seed: int) -> None:
    assert programme(seed) == programme(seed)
    assert hash(programme(seed)) == hash(programme(seed))


@given(SEEDS, st.floats(14, 400))
def test_breaks_come_one_at_a_time_and_end_within_the_live(seed: int, seconds: float) -> None:
    stretches = programme(seed, seconds).stretches
    assert list(stretches) == sorted(stretches, key=lambda s: s.start)
    for one in stretches:
        assert 0 <= one.start < one.stop
        if one.kind != "focus":
            assert one.stop <= seconds
    breaks = [s for s in stretches if s.kind in {"ad", "frozen", "pip"}]
    for one, two in combinations(breaks, 2):
        assert one.stop < two.start or two.stop < one.start


@given(SEEDS, MOMENTS)
@settings(max_examples=300)
def test_the_scene_always_fills_its_window_and_the_window_is_in_the_picture(seed: int, at: float) -> None:
    found = programme(seed)
    window, framing = found.window(at), found.framing(at)
    assert (window is None) == (framing is None) == (found.during(at, "ad") is not None)
    if window is None or framing is None:
        return
    width, height = found.size()
    assert window.x >= 0 <= window.y
    assert window.x + window.w <= width
    assert window.y + window.h <= height
    assert not any(edge % 2 for edge in window)
    assert framing.dx <= window.x + 1e-6
    assert framing.dy <= window.y + 1e-6
    assert framing.dx + SCENE[0] * framing.scale >= window.x + window.w - 1e-6
    assert framing.dy + SCENE[1] * framing.scale >= window.y + window.h - 1e-6


def test_a_frozen_picture_repeats_its_first_moment_and_then_catches_up() -> None:
    frozen = Programme(stretches=(Stretch(5.0, 8.0, "frozen"),), shake=Shake(3.0, (1, 2, 3, 4)), zoom=1.02)
    assert [frozen.scene_time(at) for at in (4.9, 5.0, 6.5, 8.0)] == [4.9, 5.0, 5.0, 8.0]
    assert frozen.framing(5.0) == frozen.framing(7.9) != frozen.framing(8.1)


def test_nothing_of_the_scene_is_seen_in_an_advert_or_behind_a_graphic() -> None:
    lower = Panel(2.0, 4.0, "lower_third", Area(100, 600, 400, 60), ("A", "B"), 0.1)
    found = Programme(stretches=(Stretch(5.0, 8.0, "ad"),), panels=(lower,))
    xs, ys = np.array([300.0]), np.array([630.0])
    assert [bool(found.seen(at, xs, ys).any()) for at in (1.0, 3.0, 4.5, 6.0)] == [True, False, True, False]


def test_a_live_in_a_corner_is_seen_whole_and_small() -> None:
    corner = Area(36, 112, 640, 360)
    found = Programme(stretches=(Stretch(5.0, 8.0, "pip", area=corner),))
    assert found.framing(6.0) == Framing(0.5, 36.0, 112.0)
    assert found.seen(6.0, np.array([1.0, 1279.0]), np.array([1.0, 719.0])).all()


def test_an_upright_picture_has_the_middle_of_the_scene() -> None:
    found = Programme(portrait=True, zoom=1.3)
    assert found.size() == (720, 1280)
    assert found.seen(1.0, np.array([640.0]), np.array([360.0])).all()
    assert not found.seen(1.0, np.array([300.0, 980.0]), np.array([360.0])).any()


def test_rates_are_as_stated() -> None:
    many = [programme(seed) for seed in range(600)]
    kinds = Counter(kind for p in many for kind in {s.kind for s in p.stretches})
    stated: dict[Kind, float] = {"ad": 1 / 3, "frozen": 1 / 3, "pip": 1 / 4, "silence": 1 / 3, "music": 1 / 2}
    stated |= {"noise": 1 / 3, "bed": 0.8}
    for kind, share in stated.items():
        assert kinds[kind] / len(many) == pytest.approx(share, abs=0.08), kind  # some find no room
    assert sum(p.portrait for p in many) / len(many) == pytest.approx(0.2, abs=0.05)
    assert sum(p.bit_rate < 1_000_000 for p in many) / len(many) == pytest.approx(1 / 6, abs=0.05)
    assert sum(p.shake.px > 1 for p in many) / len(many) == pytest.approx(1 / 3, abs=0.06)
    assert not any(p.plain for p in many)


@given(SEEDS, MOMENTS)
def test_a_shaken_camera_stays_within_its_reach(seed: int, at: float) -> None:
    shake = programme(seed).shake
    assert max(abs(offset) for offset in shake.offset(at)) <= shake.reach + 1e-9


def test_exposure_follows_its_steps_and_settles() -> None:
    light = Light(steps=((10.0, 0.8), (20.0, 1.1)))
    assert [round(light.gain(at), 3) for at in (5.0, 10.0, 12.0, 25.0)] == [1.0, 1.0, 0.8, 1.1]
    assert light.gain(5.0) > light.gain(10.1) > light.gain(10.4)


def test_a_hunting_lens_is_sharp_before_and_after() -> None:
    assert [defocus(share) for share in (-0.1, 0.0, 1.0, 2.0)] == [0.0] * 4
    assert max(defocus(share / 100) for share in range(100)) > 4
