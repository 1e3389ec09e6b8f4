"""A scene on air: the same frames in any order, and each effect where and when it should be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.liveshop.adverts import AD_WORLD
from benchmarks.liveshop.broadcast import Broadcast
from benchmarks.liveshop.camera import Camera
from benchmarks.liveshop.ink import Area
from benchmarks.liveshop.optics import Light, Shake
from benchmarks.liveshop.panels import Bubble, Panel
from benchmarks.liveshop.planes import Planes, lay, layer, split, to_planes
from benchmarks.liveshop.products import make_products
from benchmarks.liveshop.programme import Programme, Stretch
from benchmarks.liveshop.show import SHORTEST_S, random_show

pytestmark = pytest.mark.unit

FRAMES = 420
GREY = 120


def checks(_at: float) -> Planes:
    """A scene of large squares."""
    y, x = np.mgrid[0:720, 0:1280]
    return to_planes(np.repeat((((x // 80 + y // 80) % 2) * 120 + 60)[..., None], 3, axis=2).astype(np.uint8))


def moving(at: float) -> Planes:
    return np.full((1080, 1280), round(40 + 10 * at), np.uint8)


def taken(programme: Programme, at: float, scene: object = checks) -> Planes:
    assert callable(scene)
    return Broadcast(programme, 3, FRAMES).picture(round(at * 30), scene)


def detail(planes: Planes) -> float:
    luma = split(planes)[0].astype(np.float32)
    return float(np.abs(np.diff(luma, axis=1)).max())


EVERYTHING = Programme(
    stretches=(
        Stretch(1.0, 2.0, "focus"),
        Stretch(2.0, 4.0, "low_bitrate"),
        Stretch(4.0, 6.0, "frozen"),
        Stretch(6.5, 8.5, "pip", area=Area(36, 112, 640, 360)),
        Stretch(9.0, 12.0, "ad"),
    ),
    shake=Shake(3.0, (1.0, 2.0, 3.0, 4.0), (2.0,), 6.0),
    light=Light(((3.0, 0.8),), 0.05, 4.0, 1.0),
    panels=(Panel(0.0, 14.0, "sticker", Area(1100, 110, 96, 96), ("HOT",), 0.3),),
    chat=(Bubble(0.5, "ana: hello"), Bubble(3.0, "joe: wow")),
    zoom=1.03,
)


@pytest.mark.parametrize("portrait", [False, True])
def test_frames_are_the_same_in_any_order(portrait: bool) -> None:
    show = replace(random_show(5, SHORTEST_S), programme=replace(EVERYTHING, portrait=portrait))
    moments = [20, 45, 80, 130, 220, 290, 330, 400]
    camera = Camera(show)
    forward = {frame: camera.picture(frame) for frame in moments}
    other = Camera(show)
    for frame in reversed(moments):
        assert np.array_equal(forward[frame], other.picture(frame)), frame
    height, width = (1280, 720) if portrait else (720, 1280)
    assert all(picture.shape == (height * 3 // 2, width) for picture in forward.values())


def test_a_frozen_picture_stands_to_the_last_pixel_but_for_the_graphics() -> None:
    programme = Programme(stretches=(Stretch(4.0, 6.0, "frozen"),))
    one, two, after = (taken(programme, at, moving) for at in (4.0, 5.9, 6.0))
    assert np.array_equal(one, two)
    assert split(after)[0].mean() > split(one)[0].mean() + 10


def test_a_hunting_lens_and_a_poor_uplink_take_detail_away() -> None:
    programme = Programme(stretches=(Stretch(1.0, 2.0, "focus"), Stretch(3.0, 5.0, "low_bitrate")))
    sharp, hunting, poor = (taken(programme, at) for at in (0.5, 1.3, 4.0))
    assert detail(hunting) < 0.4 * detail(sharp)
    assert detail(poor) < 0.8 * detail(sharp)


def test_the_scene_lands_where_framing_says() -> None:
    def spot(_at: float) -> Planes:
        planes = np.full((1080, 1280), 128, np.uint8)
        planes[:720] = GREY
        planes[300:308, 500:508] = 235
        return planes

    programme = Programme(shake=Shake(4.0, (1.0, 2.0, 3.0, 4.0)), zoom=1.05)
    for at in (1.0, 3.3, 7.7):
        luma = split(taken(programme, at, spot))[0]
        ys, xs = np.nonzero(luma > 190)
        framing = programme.framing(at)
        assert framing is not None
        assert xs.mean() == pytest.approx(503.5 * framing.scale + framing.dx, abs=0.7)
        assert ys.mean() == pytest.approx(303.5 * framing.scale + framing.dy, abs=0.7)


def test_nothing_of_the_scene_is_left_in_an_advert_and_its_products_are_of_another_world() -> None:
    programme = Programme(stretches=(Stretch(2.0, 6.0, "ad"),))
    assert np.array_equal(taken(programme, 3.0), taken(programme, 3.0, moving))
    assert not np.array_equal(taken(programme, 3.0), taken(programme, 5.5))
    ours = {(p.brand, p.design) for p in make_products(3)}
    assert not ours & {(p.brand, p.design) for p in make_products(3 + AD_WORLD, families=9, siblings=0, unlisted=0)}


def test_a_brighter_and_warmer_light_shows() -> None:
    dark, bright = (taken(Programme(light=Light(((0.0, gain),))), 3.0) for gain in (0.8, 1.2))
    assert split(bright)[0].mean() > 1.3 * split(dark)[0].mean()
    plain, warm = (taken(Programme(zoom=1.001, light=Light(tint=tint, phase=1.0)), 1.0) for tint in (0.0, 6.0))
    _, blue, red = (b.mean() - a.mean() for a, b in zip(split(plain), split(warm), strict=True))
    assert red > 2
    assert blue < -2


def test_a_layer_that_sticks_out_is_cut_off_and_hides_as_much_as_it_says() -> None:
    white = np.full((40, 60, 3), 255, np.uint8)
    half = layer(white, np.full((40, 60), 128, np.uint8))
    for x, y in ((-20, -10), (100, 100), (610, 340), (700, 400)):
        planes = np.full((540, 640), 16, np.uint8)
        lay(planes, half, x, y)
        spot = split(planes)[0][max(y, 0) : y + 40, max(x, 0) : x + 60]
        assert spot.size == 0 or (abs(spot.astype(int) - (235 + 16) // 2) <= 2).all()
        assert np.count_nonzero(split(planes)[0] > 16) == spot.size
