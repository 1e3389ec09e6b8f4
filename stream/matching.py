"""One view against the gallery: shortlist, then a close look. Runs in the search thread; knows no loop, no stream."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from stream.fuse import Look
from stream.moved import moved

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from engines.base import Encoded, Matcher, PatchVectors, Places
    from indexes.gallery import Gallery
    from indexes.scope import Scope
    from stream.types import Embedding, View

FROZEN = 2.5  # of 255: what an encoder makes of the same picture again; a quiet host changes twice as much
FROZEN_SHARE = 0.9  # of the picture
SHORTLIST = 12  # products looked at closely; a close look costs a few milliseconds each on the classic engine


@dataclass(frozen=True, slots=True)
class Query:
    """A view to be searched for. `recent`: the window's earlier views; `tracked`: products looked at in any case.

    `only`: these are looked at, and nothing is searched for. `since`: what was in that view already is searched for
    no more; None where all is new.
    """

    view: View
    recent: Sequence[View]
    scope: Scope
    tracked: Collection[str] = ()
    only: Collection[str] | None = None
    since: View | None = None


def window_embedding(views: Sequence[View]) -> Embedding:
    """The sliding-window embedding: the mean direction of its frames, unit length."""
    total = np.sum([view.encoded.embedding for view in views], axis=0)
    norm = float(np.linalg.norm(total))
    return np.asarray(total / norm if norm > 0 else views[-1].encoded.embedding, dtype=np.float32)


def grain_of(places: Places) -> float:
    """How coarsely a match can be placed: tokens lie on a grid, points anywhere."""
    return 1.0 / max(len(np.unique(places[:, 0])), 1)


def _worth_a_look(gallery: Gallery, query: Query) -> list[int]:
    """Products by their index: those that are followed first, then whatever the gallery finds for what is new."""
    if query.only is not None:
        return [gallery.index_of(product_id) for product_id in sorted(query.only)]
    embedding = window_embedding([*query.recent, query.view])
    shortlist = gallery.shortlist(embedding, _new(query, votes=gallery.manifest.votes), query.scope, SHORTLIST)
    known = [gallery.index_of(product_id) for product_id in query.tracked]
    return list(dict.fromkeys([*known, *shortlist]))


def _new(query: Query, *, votes: bool) -> PatchVectors:
    """The patches that vote."""
    patches = query.view.encoded.patches
    if not votes or query.since is None:
        return patches.vectors
    return patches.vectors[moved(patches, query.since.encoded.patches)]


def is_frozen(query: Query) -> bool:
    """Whether nearly all of the picture is what it was in the view before; banners over it may go on."""
    if not query.recent:
        return False
    before, now = (view.encoded.patches.thumb for view in (query.recent[-1], query.view))
    if before.shape != now.shape or now.size == 0:
        return False
    changed = cv2.transform(cv2.absdiff(before, now), np.ones((1, 3)))  # the sum of the three colours, 255 at most
    return bool(np.count_nonzero(changed <= 3 * FROZEN) >= FROZEN_SHARE * changed.size)


def looker(matcher: Matcher) -> Callable[[Query], Look]:
    """A function that looks in the gallery that a query's scope is of: so no answer mixes two versions."""

    def look(query: Query) -> Look:
        started = perf_counter()
        encoded, gallery = query.view.encoded, query.scope.gallery
        indexes = _worth_a_look(gallery, query)
        pictures = [cast("Sequence[Encoded]", gallery.pictures(index)) for index in indexes]
        matches = matcher.match(encoded, pictures) if indexes else []
        found = {gallery.product(i).product_id: match for i, match in zip(indexes, matches, strict=True)}
        grain, frozen = grain_of(encoded.patches.places), is_frozen(query)
        return Look(query.view.at, found, perf_counter() - started, grain, frozen=frozen)

    return look
