"""Events as livestreams tell them, for the tests of whatever carries them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from stream.clock import ManualClock
from stream.events import Versions
from stream.scribe import ProductFacts, Scribe
from stream.types import Candidate, Change, Decision, Moment, Reason, State, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.events import Event

NOON = 1_800_000_000.0
LINK = "https://shop.example/tea"
WHEN = Moment(pts=1.0, utc=None, wall=NOON)


class Host(NamedTuple):
    """One livestream's owner, who tells what happens there."""

    scribe: Scribe

    def shows(self, product_id: str) -> Event:
        return self._tell(Change.SHOWN, product_id)

    def updates(self, product_id: str) -> Event:
        return self._tell(Change.UPDATED, product_id)

    def hides(self, product_id: str) -> Event:
        return self._tell(Change.HIDDEN, product_id)

    def is_live(self) -> Event:
        return self.scribe.status(Status(State.LIVE, Reason.CONNECTED))

    def _tell(self, change: Change, product_id: str) -> Event:
        over = change is Change.HIDDEN
        return self.scribe.decision(
            Decision(
                change=change,
                candidate=Candidate(product_id, 0.97),
                alternatives=(),
                shown_at=WHEN,
                frames=3,
                hidden_at=WHEN if over else None,
                why=Reason.NOT_SEEN if over else None,
                latency={} if over else {"decode": 0.1, "queue": 0.2},
            )
        )


@pytest.fixture
def host() -> Callable[..., Host]:
    """`host("live-1", epoch=2, title="Tea")`: every argument may be left out."""

    def make(stream_id: str = "live-1", epoch: int = 1, title: str = "Tea", link: str = LINK) -> Host:
        facts = ProductFacts(title=title, price="4.20 EUR", link=link)
        versions = Versions(bundle="classic", gallery="g-1", program="0")
        return Host(Scribe(stream_id, "shop", epoch, versions, lambda _: facts, ManualClock(NOON)))

    return make
