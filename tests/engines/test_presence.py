"""Numbers that say how views add up: a bundle's own, or each view for itself."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import pytest

from engines.bundle import open_bundle
from engines.presence import SINGLE, Presence, read_presence

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit


def test_where_nothing_was_fitted_a_view_stands_for_itself() -> None:
    assert SINGLE.in_view(1.5, -5.0) == 1.5
    assert SINGLE.in_hand(-0.7) == -0.7
    assert SINGLE.in_hand(inf) == inf


def test_the_built_in_numbers_never_hold_a_find_against_a_product() -> None:
    presence = open_bundle("classic").presence
    assert min(presence.now, presence.lately, presence.held) >= 0
    assert presence.now > 0


def test_numbers_are_read_as_they_were_written(tmp_path: Path) -> None:
    wanted = Presence(1.0, 1.4, 0.6, -0.2, 1.8, 0.5)
    (tmp_path / "presence.json").write_text(
        '{"constant": 1.0, "now": 1.4, "lately": 0.6, "resting": -0.2, "held": 1.8, "hours": 0.5}', encoding="utf-8"
    )
    assert read_presence(tmp_path / "presence.json") == wanted
