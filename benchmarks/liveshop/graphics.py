"""Draws what lies over the picture: lower thirds, headers, stickers, insets, chat. Pure in time; knows no scene.

Each graphic is drawn once and kept while it is in use.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveshop import ink
from benchmarks.liveshop.ink import INK, WHITE, Area, hsv
from benchmarks.liveshop.motion import ease
from benchmarks.liveshop.planes import lay, layer

if TYPE_CHECKING:
    from benchmarks.liveshop.ink import Canvas
    from benchmarks.liveshop.panels import Bubble, Panel
    from benchmarks.liveshop.planes import Layer, Planes
    from benchmarks.liveshop.programme import Programme
    from stream.types import Seconds

KEPT = 24
ROOM = 6  # bubbles in the chat column
STEP = 46  # pixels from one bubble to the next
SLIDE_S = 0.3  # how long a new bubble takes to push the others up
CHAT_WIDTH = 300
CLEAR = 165  # of 255: how much of the picture a bubble hides


def overlay(planes: Planes, programme: Programme, at: Seconds) -> None:
    """Everything that lies over the picture at that moment, in place."""
    for panel in programme.panels:
        if panel.start <= at < panel.stop:
            lay(planes, _drawn(panel, int(at * 2) % 2), panel.area.x, panel.area.y)
    _chat(planes, programme, at)


def _chat(planes: Planes, programme: Programme, at: Seconds) -> None:
    written = [bubble for bubble in programme.chat if bubble.at <= at][-ROOM - 1 :]
    if not written:
        return
    width, height = programme.size()
    left = 24 if programme.portrait else width - CHAT_WIDTH - 20
    foot = height - (120 if programme.portrait else 150)
    lag = 1 - ease((at - written[-1].at) / SLIDE_S)
    for place, bubble in enumerate(reversed(written)):
        y = round(foot - STEP * (place + 1 - lag)) // 2 * 2
        if place < ROOM and not (place == 0 and lag > 0.5):
            lay(planes, _bubble(bubble), left, y)


@lru_cache(KEPT)
def _bubble(bubble: Bubble) -> Layer:
    words = ink.letters(bubble.text, ink.FONTS[0], 18)
    width = min(CHAT_WIDTH, words.shape[1] + 28) // 2 * 2
    canvas = ink.plain(width, STEP - 8, (36, 34, 44))
    ink.write(canvas, bubble.text, Area(12, 9, width - 24, 20), WHITE)
    mask = np.zeros(canvas.shape[:2], np.uint8)
    cv2.rectangle(mask, (12, 0), (width - 13, STEP - 9), CLEAR, -1)
    cv2.rectangle(mask, (0, 12), (width - 1, STEP - 21), CLEAR, -1)
    for x in (12, width - 13):
        for y in (12, STEP - 21):
            cv2.circle(mask, (x, y), 12, CLEAR, -1)
    return layer(canvas, mask)


@lru_cache(KEPT)
def _drawn(panel: Panel, beat: int) -> Layer:
    """`beat`: insets have two pictures, shown in turn."""
    canvas = ink.plain(panel.area.w, panel.area.h, (30, 30, 44))
    match panel.kind:
        case "lower_third":
            _lower_third(canvas, panel)
        case "header":
            _header(canvas, panel)
        case "sticker":
            _sticker(canvas, panel)
        case _:
            _inset(canvas, panel, beat)
    return layer(canvas, np.full(canvas.shape[:2], 255, np.uint8))


def _lower_third(canvas: Canvas, panel: Panel) -> None:
    high, wide = canvas.shape[:2]
    cv2.rectangle(canvas, (0, 0), (10, high), hsv(panel.hue, 0.75, 0.9), -1)
    ink.write(canvas, panel.texts[0], Area(24, 9, wide * 2 // 3, 26), WHITE, ink.FONTS[1])
    ink.write(canvas, panel.texts[1], Area(24, 42, wide * 2 // 3, 15), (190, 190, 200))


def _header(canvas: Canvas, panel: Panel) -> None:
    high, wide = canvas.shape[:2]
    canvas[:] = hsv(panel.hue, 0.55, 0.35)
    ink.write(canvas, panel.texts[0], Area(24, high // 3, wide // 2, high // 3), WHITE, ink.FONTS[1])
    cv2.rectangle(canvas, (wide - 120, high // 3 - 6), (wide - 24, high * 2 // 3 + 6), (220, 30, 50), -1)
    ink.write(canvas, panel.texts[1], Area(wide - 108, high // 3 + 4, 72, high // 3 - 8), WHITE, ink.FONTS[1])


def _sticker(canvas: Canvas, panel: Panel) -> None:
    high, wide = canvas.shape[:2]
    canvas[:] = hsv(panel.hue, 0.7, 0.95)
    cv2.rectangle(canvas, (5, 5), (wide - 6, high - 6), WHITE, 3)
    ink.write(canvas, panel.texts[0], Area(12, high // 3, wide - 24, high // 3), ink.on(hsv(panel.hue, 0.7, 0.95)))


def _inset(canvas: Canvas, panel: Panel, beat: int) -> None:
    """Somebody who listens, in front of a plain wall."""
    high, wide = canvas.shape[:2]
    canvas[:] = hsv(panel.hue + 0.4, 0.25, 0.75)
    middle = wide / 2 + 2 * beat
    ink.disc(canvas, middle, high * 1.05, wide * 0.24, high * 0.42, hsv(panel.hue, 0.5, 0.5))
    ink.disc(canvas, middle, high * 0.34, high * 0.23, high * 0.27, (70, 50, 40))
    ink.disc(canvas, middle, high * 0.42, high * 0.17, high * 0.23, (222, 172, 140))
    for x in (middle - 11, middle + 11):
        ink.disc(canvas, x, high * 0.38, 3, 3, INK)
    ink.disc(canvas, middle, high * 0.52, 9, 2 + 3 * beat, (150, 60, 70))
    cv2.rectangle(canvas, (0, 0), (wide - 1, high - 1), WHITE, 3)
    ink.write(canvas, panel.texts[0], Area(10, high - 26, 70, 16), WHITE)
