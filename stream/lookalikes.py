"""What is told of a product that look-alikes share a place with. Pure; knows neither pictures nor words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stream.types import Candidate


def confidence(candidate: Candidate) -> float:
    """That it is this very product."""
    return candidate.probability * (1.0 if candidate.lookalikes is None else candidate.lookalikes.share)


def undecided(candidate: Candidate) -> bool:
    return candidate.lookalikes is not None and candidate.lookalikes.undecided


def waits(candidate: Candidate) -> bool:
    """Whether which of them it is may be said in a moment: until then nothing is told."""
    return candidate.lookalikes is not None and candidate.lookalikes.wait


def comes_anew(candidate: Candidate) -> bool:
    """Whether one has come back into the hand that may be another than the one before."""
    return candidate.lookalikes is not None and candidate.lookalikes.anew


def alternatives(candidate: Candidate) -> tuple[Candidate, ...]:
    """The others that it may be, the likeliest first."""
    others = () if candidate.lookalikes is None else candidate.lookalikes.others
    return tuple(
        replace(candidate, product_id=product_id, probability=candidate.probability * share, lookalikes=None)
        for product_id, share in others
    )
