"""Timelines drawn in ASCII: one character a view, half a second apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.base import Encoded, Patches
from stream.types import View
from tests.clips import segments
from tests.telling import host
from tests.viewer import viewer
from tests.web import web

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["host", "segments", "view_at", "viewer", "web"]

EMPTY = Encoded(
    embedding=np.ones(1, np.float32),
    patches=Patches(
        vectors=np.zeros((0, 1), np.float16),
        places=np.zeros((0, 4), np.float32),
        thumb=np.zeros((0, 0, 3), np.uint8),
    ),
)


@pytest.fixture
def view_at() -> Callable[[float], View]:
    def make(at: float) -> View:
        return View(at=at, encoded=EMPTY, wall=1000.0 + at, utc=2000.0 + at)

    return make
