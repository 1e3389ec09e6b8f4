"""The window level: where in its live's gallery a window ranks what is presented. Pure; decides nothing.

The RICE protocol: Hit@k, several right answers where several products are presented. A window belongs to an
introduction when the frame that closed it does. Counted with all images of each product, and with its main one alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.liveshop.scoring.figures import share
from benchmarks.liveshop.scoring.scores import Ranks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.liveshop.scoring.judged import Ranked, Ranking
    from benchmarks.liveshop.truth import Shown

FIRST = (1, 5, 10)

Hits = tuple[int, int, int]  # windows with a right answer among the first of FIRST
Tally = tuple[int, Hits]  # of how many


def presented_at(asked: Sequence[Shown], at: float) -> set[str]:
    return {shown.product_id for shown in asked if shown.shown_at <= at <= shown.hidden_at}


def tally(asked: Sequence[Shown], windows: Sequence[Ranking], during: Sequence[Shown], *, main: bool) -> Tally:
    """Over the windows in any of `during`; what is right is whatever of `asked` is presented at the time."""
    inside = [window for window in windows if presented_at(during, window.at)]
    ranked = [(window.main if main else window.ranked, presented_at(asked, window.at)) for window in inside]
    hits = [_hits(products, right) for products, right in ranked if products is not None]
    return len(hits), _added(hits)


def _hits(products: Ranked, right: set[str]) -> Hits:
    ids = [product_id for product_id, _ in products]
    one, five, ten = (int(bool(right.intersection(ids[:k]))) for k in FIRST)
    return one, five, ten


def _added(hits: Sequence[Hits]) -> Hits:
    one, five, ten = (sum(hit[i] for hit in hits) for i in range(3))
    return one, five, ten


def ranks(tallies: Iterable[Tally]) -> Ranks:
    found = list(tallies)
    windows, hits = sum(count for count, _ in found), _added([hits for _, hits in found])
    return Ranks(windows, *(share(hit, windows) for hit in hits))


def main_ranks(tallies: Iterable[Tally]) -> Ranks | None:
    """None where nobody ranked by main images."""
    found = ranks(tallies)
    return found if found.windows else None
