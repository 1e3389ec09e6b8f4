"""Which graphics lie over the picture when: lower thirds, stickers, insets, the chat. Pure; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from benchmarks.liveshop.ink import Area

if TYPE_CHECKING:
    import numpy as np

    from stream.types import Seconds

SLOGANS = (
    *("today's finds, picked by Mia", "free shipping until midnight", "ask us anything in the chat"),
    *("new arrivals every Tuesday", "follow us and never miss a live", "only while stocks last"),
)
SHOPS = ("THE LIVE SHOP", "MIA'S CORNER", "PANTRY LIVE", "SHOP & TELL", "THE GOOD AISLE")
STICKERS = ("-20%", "HOT", "NEW", "2 FOR 1", "SALE", "TOP 10")
NAMES = ("ana", "joe88", "kiwi", "Lena", "mr.t", "Pia", "sunny", "tom_w", "zoe", "olga")
MESSAGES = (
    *("hello from Graz!", "is it vegan?", "love it", "how much is it", "show the back please", "wow", "got mine"),
    *("does it ship to Spain", "again please", "yesss", "which size is that", "the blue one?", "thank you Mia"),
)


@dataclass(frozen=True, slots=True)
class Panel:
    """A graphic laid over the picture for [start, stop). Nothing can be seen through it."""

    start: Seconds
    stop: Seconds
    kind: Literal["lower_third", "sticker", "inset", "header"]
    area: Area  # picture pixels, even numbers
    texts: tuple[str, ...]
    hue: float


@dataclass(frozen=True, slots=True)
class Bubble:
    """A viewer's message, in the chat column from `at` on until others have pushed it out. Half transparent."""

    at: Seconds
    text: str


def random_panels(rng: np.random.Generator, seconds: Seconds, size: tuple[int, int]) -> tuple[Panel, ...]:
    hue = round(float(rng.random()), 3)
    shop = str(rng.choice(SHOPS))
    found: list[Panel] = []
    if size[0] < size[1]:
        found.append(Panel(0.0, seconds, "header", Area(0, 0, size[0], 96), (shop, "LIVE"), hue))
    if rng.random() < 2 / 3:
        found += _lower_thirds(rng, seconds, size, shop, hue)
    if rng.random() < 1 / 2:
        found += _stickers(rng, seconds, size, hue)
    if rng.random() < 1 / 4:
        found += _inset(rng, seconds, size, hue)
    return tuple(found)


def random_chat(rng: np.random.Generator, seconds: Seconds) -> tuple[Bubble, ...]:
    """Somebody writes something every few seconds."""
    at, pace = 0.0, float(rng.uniform(1.2, 3.5))
    found = []
    while (at := at + 0.5 + float(rng.exponential(pace))) < seconds:
        found.append(Bubble(round(at, 2), f"{rng.choice(NAMES)}: {rng.choice(MESSAGES)}"))
    return tuple(found)


def _lower_thirds(
    rng: np.random.Generator, seconds: Seconds, size: tuple[int, int], shop: str, hue: float
) -> list[Panel]:
    """One after the other, sometimes none, always in the same place."""
    width, height = min(480, size[0] - 72), 64
    left = 36 if rng.random() < 0.7 else (size[0] - width) // 4 * 2
    area = Area(left, size[1] - 28 - height, width, height)
    found, at = [], float(rng.uniform(0, 5))
    while at < seconds:
        stop = at + float(rng.uniform(8, 25))
        found.append(Panel(at, stop, "lower_third", area, (shop, str(rng.choice(SLOGANS))), hue))
        at = stop + (0.0 if rng.random() < 0.5 else float(rng.uniform(2, 10)))
    return found


def _stickers(rng: np.random.Generator, seconds: Seconds, size: tuple[int, int], hue: float) -> list[Panel]:
    side = int(rng.choice([96, 112, 128]))
    corner = Area(size[0] - side - 24, 110 if rng.random() < 0.7 else size[1] - side - 120, side, side)
    found, at = [], float(rng.uniform(2, 20))
    while at < seconds:
        stop = at + float(rng.uniform(4, 12))
        found.append(Panel(at, stop, "sticker", corner, (str(rng.choice(STICKERS)),), round((hue + 0.5) % 1, 3)))
        at = stop + float(rng.uniform(6, 25))
    return found


def _inset(rng: np.random.Generator, seconds: Seconds, size: tuple[int, int], hue: float) -> list[Panel]:
    """Somebody else's picture in a corner: a guest, or what comes next."""
    width, height = 288, 162
    at = float(rng.uniform(5, max(seconds - 20, 6)))
    left = 24 if rng.random() < 0.5 else size[0] - width - 24
    return [Panel(at, at + float(rng.uniform(8, 20)), "inset", Area(left, 108, width, height), ("GUEST",), hue)]
