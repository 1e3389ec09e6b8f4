"""Which frames of a live are evidence, and for what."""

from __future__ import annotations

import pytest

from benchmarks.classic_evidence import COMING_S, EDGE_S, presented_at
from benchmarks.liveshop.truth import Shown, Truth

pytestmark = pytest.mark.unit


def truth() -> Truth:
    shown = (
        Shown("A", "A", listed=True, shown_at=5.0, hidden_at=10.0, covered_s=0.0),
        Shown("U", "U", listed=False, shown_at=8.0, hidden_at=14.0, covered_s=0.0),
    )
    return Truth("timeline", 1006, 20.0, shown)


@pytest.mark.parametrize(
    ("at", "presented"),
    [
        (1.0, frozenset()),
        (5.0 - COMING_S / 2, None),
        (5.0 + EDGE_S / 2, None),
        (6.0, frozenset({"A"})),
        (9.0, frozenset({"A", "U"})),
        (10.0 + COMING_S / 2, None),
        (12.0, frozenset({"U"})),
        (14.0 + 2 * COMING_S, frozenset()),
    ],
)
def test_a_frame_is_evidence_where_it_is_plain_what_is_presented(at: float, presented: frozenset[str] | None) -> None:
    assert presented_at(truth(), at) == presented
