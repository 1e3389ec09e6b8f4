"""Who looks like whom: from the feed's groups, and from what the matcher makes of catalogue pictures themselves.

Blocks: comparing takes some 20 ms for a pair of likely twins. Knows no livestream, no loop and no time.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

import numpy as np

from stream.heard import Alike

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from engines.base import Encoded, Matcher
    from indexes.gallery import Gallery
    from indexes.scope import Scope

    Pair = tuple[int, int]  # of products by their indexes, the lower first

NEIGHBOURS = 5  # products that are compared with each: those whose main pictures are likest
MOST = 10_000  # products in scope: of more, only the feed's groups count; nobody shows so many
ROWS = 512  # of likenesses at a time: a few megabytes each


def groups_in(gallery: Gallery, scope: Scope) -> Alike:
    """What the feed says. Reads no picture."""
    products = [gallery.product(int(index)) for index in scope.products]
    return Alike({product.product_id: product.sku_group for product in products if product.sku_group})


class Comparing:
    """One gallery's pictures, each pair of them compared once. One caller thread; `stop` from any."""

    def __init__(self, gallery: Gallery, matcher: Matcher) -> None:
        self._gallery, self._matcher = gallery, matcher
        self._same: dict[Pair, bool] = {}
        self._stopped = threading.Event()

    @property
    def pairs(self) -> int:
        return len(self._same)

    def stop(self) -> None:
        """What is asked for ends with the pair that is being compared: some of the twins are not known then."""
        self._stopped.set()

    def alike_in(self, scope: Scope) -> Alike:
        """Blocks: pictures are read and compared."""
        groups = dict(groups_in(self._gallery, scope).groups)
        twins: dict[str, tuple[str, ...]] = {}
        for clan in _joined([pair for pair in self._near(scope) if self._are_same(pair)]):
            members = tuple(sorted(self._gallery.product(index).product_id for index in clan))
            named = {groups.get(member, "") for member in members}
            name = named.pop() if len(named) == 1 else ""
            groups.update(dict.fromkeys(members, name or members[0]))
            twins.update(dict.fromkeys(members, members))
        return Alike(groups, twins)

    def _near(self, scope: Scope) -> Iterator[Pair]:
        """Those whose main pictures are likest. Asks no index: one that is on a GPU belongs to the search thread."""
        products = [int(index) for index in scope.products]
        if not 2 <= len(products) <= MOST:
            return
        vectors = np.stack([self._main(index).embedding for index in products])
        count = min(NEIGHBOURS, len(products) - 1)
        seen: set[Pair] = set()
        for first in range(0, len(products), ROWS):
            for row, others in enumerate(_likest(vectors, first, count), start=first):
                for other in others.tolist():
                    pair = (min(products[row], products[other]), max(products[row], products[other]))
                    if self._stopped.is_set():
                        return
                    if pair not in seen:
                        seen.add(pair)
                        yield pair

    def _are_same(self, pair: Pair) -> bool:
        if pair not in self._same:
            self._same[pair] = self._matcher.same_print(*(self._main(index) for index in pair))
        return self._same[pair]

    def _main(self, product: int) -> Encoded:
        return cast("Encoded", self._gallery.pictures(product)[0])


def _likest(vectors: NDArray[np.float32], first: int, count: int) -> NDArray[np.intp]:
    """For ROWS of them from `first` on, which others are likest."""
    some = vectors[first : first + ROWS]
    likeness = some @ vectors.T
    likeness[np.arange(len(some)), first + np.arange(len(some))] = -np.inf
    return np.argpartition(-likeness, count - 1, axis=1)[:, :count]


def _joined(pairs: Sequence[Pair]) -> list[set[int]]:
    """Whoever is the same as the same is the same."""
    clans: list[set[int]] = []
    for one, two in pairs:
        met = [clan for clan in clans if one in clan or two in clan]
        clans = [clan for clan in clans if clan not in met]
        clans.append({one, two}.union(*met))
    return clans
