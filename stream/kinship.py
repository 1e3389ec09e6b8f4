"""Who looks like whom, learned in a thread beside the livestreams: each scope has a `Kin` that tells what is known.

Until the pictures are compared the feed's groups count, and products with one picture between them share what is
seen: none of them is told.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from stream.alike import Comparing, groups_in
from stream.heard import NOBODY, Kin

if TYPE_CHECKING:
    from engines.base import Matcher
    from indexes.gallery import Gallery
    from indexes.scope import Scope
    from stream.clock import Clock
    from stream.heard import Alike

log = structlog.get_logger()


class Kinship:
    """One worker's; belongs to its loop. Livestreams of the same products share one `Kin`."""

    def __init__(self, gallery: Gallery, matcher: Matcher, clock: Clock) -> None:
        self._gallery, self._clock = gallery, clock
        self._comparing = Comparing(gallery, matcher)
        self._known: dict[bytes, tuple[Scope, Kin]] = {}

    def of(self, scope: Scope, known: Alike = NOBODY) -> Kin:
        """`known`: what holds until it has learned better."""
        return self._known.setdefault(scope.products.tobytes(), (scope, Kin(known)))[1]

    async def learn(self) -> None:
        """Raises nothing: whatever a picture does, livestreams go on with what the feed says."""
        began = self._clock.now()
        try:
            for scope, kin in [one for one in self._known.values() if one[1].alike is NOBODY]:
                kin.alike = await asyncio.to_thread(groups_in, self._gallery, scope)
            for scope, kin in self._known.values():
                kin.alike = await asyncio.to_thread(self._comparing.alike_in, scope)
        except Exception as error:  # a task's boundary: told in full
            log.exception("look-alikes cannot be compared: only the feed's groups count", why=str(error))
            return
        log.info(
            "look-alikes compared",
            products=sum(len(scope) for scope, _ in self._known.values()),
            pairs=self._comparing.pairs,
            twins=sum(len(kin.alike.twins) for _, kin in self._known.values()),
            took_s=round(self._clock.now() - began, 1),
        )

    def stop(self) -> None:
        """The thread ends with the pair that it is at."""
        self._comparing.stop()
