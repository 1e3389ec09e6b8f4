"""Every error a livestream can raise, as one tree.

NowShowingError
├── UsageError              the command line or the config is wrong; the message names the thing, value and cure
├── SourceError             a livestream could not be opened or read
│   ├── UrlRefused          not a URL we may open           not retriable
│   ├── SourceRefused       gone, forbidden, not media      retriable for a live stream, with a long back-off
│   └── SourceLost          it broke; it may come back      retriable
├── PublishError            an event could not be handed over within its deadline      retriable
│   ├── EventRefused        this very event will never be taken; the next may be       not retriable
│   └── SinkGone            nobody reads there any more                               not retriable
└── ClosedError             a channel was closed or poisoned by a dead task

`engines.errors.EngineError` and `indexes.errors.IndexesError` are the numeric rooms' own roots; `KNOWN` is all
that the command line reports as one clear line instead of a traceback.
"""

from __future__ import annotations

from typing import ClassVar

from engines.errors import EngineError
from indexes.errors import IndexesError
from stream.types import Reason


class NowShowingError(Exception):
    retriable: ClassVar[bool] = False
    reason: Reason = Reason.INTERNAL


class UsageError(NowShowingError):
    pass


class SourceError(NowShowingError):
    def __init__(self, message: str, reason: Reason) -> None:
        super().__init__(message)
        self.reason = reason


class UrlRefused(SourceError):
    def __init__(self, message: str, reason: Reason = Reason.BAD_URL) -> None:
        super().__init__(message, reason)


class SourceRefused(SourceError):
    retriable = True


class SourceLost(SourceError):
    retriable = True


class PublishError(NowShowingError):
    retriable = True


class EventRefused(PublishError):
    retriable = False


class SinkGone(PublishError):
    retriable = False


class ClosedError(NowShowingError):
    pass


KNOWN: tuple[type[Exception], ...] = (NowShowingError, EngineError, IndexesError)


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The errors themselves, whatever groups they came in."""
    out: list[BaseException] = []
    for error in group.exceptions:
        out.extend(leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    return out
