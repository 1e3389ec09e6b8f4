"""What the views before say of what this one found. Pure: no clock, no gallery; time is that of the looks."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from stream.dating import near

if TYPE_CHECKING:
    from engines.base import Box
    from stream.fuse import Look
    from stream.types import Seconds

BACK_S = 2.6  # how far is looked back: five views, at two a second
LEAST = -5.0  # log-odds of a view that did not find it, or found it where it cannot have come from


class Lately:
    """Keeps the looks of the last seconds."""

    def __init__(self) -> None:
        self._looks: deque[Look] = deque()

    def push(self, look: Look) -> None:
        self._looks.append(look)
        self._forget(look.at)

    def odds(self, at: Seconds, product_id: str, box: Box | None) -> float:
        """Mean log-odds of the product in the views before, followed from view to view back from `box`.

        A view counts only where it found the product near the next one's box, and about as large.
        """
        self._forget(at)
        if not self._looks:
            return LEAST
        told, beside = 0.0, box
        for look in reversed(self._looks):
            found = look.matches.get(product_id)
            if found is None or found.box is None or beside is None or not near(found.box, beside):
                told += LEAST
                continue
            told += max(found.logit, LEAST)
            beside = found.box
        return told / len(self._looks)

    def reset(self) -> None:
        self._looks.clear()

    def _forget(self, at: Seconds) -> None:
        while self._looks and at - self._looks[0].at > BACK_S:
            self._looks.popleft()
