"""Which products a live has in its catalogue, which it introduces in what order, and which photographs are left.

Knows no time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.liveshop.errors import WorldError

if TYPE_CHECKING:
    import numpy as np

    from benchmarks.liveshop.photos.photoset import Item, Kind, Photo, PhotoSet, Which

UNLISTED = 5  # one carton in so many of those that could be introduced is left out of the catalogue
UNLISTED_EVERY = 6  # about one introduction in so many is of one of these
ALIKE = 1 / 3  # how often a look-alike follows
FEWEST = 2


class Casting:
    """Hands out products and photographs, each in its turn."""

    def __init__(self, photos: PhotoSet, introduced: list[str], unlisted: list[str]) -> None:
        self._photos = photos
        self._introduced, self._unlisted = introduced, unlisted
        self._queue: list[str] = []
        self._places: dict[str, int] = {}
        self._last: str | None = None
        self.listed = tuple(item for i, item in photos.items.items() if i not in set(unlisted))

    def next(self, rng: np.random.Generator) -> tuple[Item, bool]:
        """The next product, and whether the catalogue has it."""
        listed = not self._unlisted or rng.random() >= 1 / UNLISTED_EVERY
        chosen = self._listed(rng) if listed else str(rng.choice(self._unlisted))
        self._last = chosen
        return self._photos.items[chosen], listed

    def photos_of(self, item: Item, count: int, rng: np.random.Generator) -> list[Photo]:
        """As many as follow each other in the list, from where the last ones ended: round and round, none left out.

        They were taken one after the other, of the same thing in the same place, as it is in a live.
        """
        product_id = item.product.product_id
        every = self._photos.of(product_id)
        if product_id not in self._places:
            self._places[product_id] = int(rng.integers(0, len(every)))
        first, count = self._places[product_id], min(count, len(every))
        self._places[product_id] = (first + count) % len(every)
        return [every[(first + n) % len(every)] for n in range(count)]

    def _listed(self, rng: np.random.Generator) -> str:
        alike = [one for one in self._introduced if self._alike(one)]
        if alike and rng.random() < ALIKE:
            return str(rng.choice(alike))
        others = [one for one in self._queue if one != self._last]
        if not others:
            self._queue += [self._introduced[int(i)] for i in rng.permutation(len(self._introduced))]
            others = [one for one in self._queue if one != self._last]
        self._queue.remove(others[0])
        return others[0]

    def _alike(self, one: str) -> bool:
        """Another of the same sort or brand than the last: a milk after a milk."""
        if self._last is None or one == self._last:
            return False
        last, this = self._photos.items[self._last], self._photos.items[one]
        return _first(last) == _first(this) or (bool(last.sort) and last.sort == this.sort)


def cast(photos: PhotoSet, which: Which, kind: Kind, rng: np.random.Generator) -> Casting:
    """Raises WorldError where that part of the set is too small for a live."""
    there = {photo.product_id for photo in photos.photos}
    pool = [one for one in photos.ids(which, kind) if one in there]
    cartons = [one for one in pool if not photos.items[one].loose]
    left_out = len(cartons) // UNLISTED or min(1, len(cartons) // (FEWEST + 1))
    unlisted = sorted(cartons[int(i)] for i in rng.permutation(len(cartons))[:left_out])
    introduced = [one for one in pool if one not in unlisted]
    if len(introduced) < FEWEST:
        raise WorldError(
            f"photos {photos.root}: {len(introduced)} products with photographs are {which} {kind} (a live needs at "
            f"least {FEWEST}): introduce all of them, or fetch a folder with more"
        )
    return Casting(photos, introduced, unlisted)


def _first(item: Item) -> str:
    """The brand, or the word that a title begins with."""
    return (item.product.brand or item.product.title.split()[0]).lower()
