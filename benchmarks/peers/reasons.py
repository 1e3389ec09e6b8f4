"""Why a peer is better at something, and what we mean to do: words, beside the figures they explain. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.peers.table import Loss

# By work and by the beginning of who: the first that fits.
REASONS: tuple[tuple[str, str, str], ...] = ()
UNKNOWN = "not understood yet"


def explained(losses: Sequence[Loss]) -> Iterator[str]:
    """A line for each peer that is better at something: at what, by how much, why, and the plan."""
    for (work, who), group in groupby(losses, key=lambda loss: (loss.work, loss.who)):
        what = "; ".join(
            f"{loss.measure.title} {loss.theirs:.{loss.measure.digits}f} to our {loss.ours:.{loss.measure.digits}f}"
            for loss in group
        )
        yield f"- {work}: {who} is better: {what}. {reason(work, who)}"


def reason(work: str, who: str) -> str:
    for of, beginning, why in REASONS:
        if work == of and who.startswith(beginning):
            return why
    return UNKNOWN
