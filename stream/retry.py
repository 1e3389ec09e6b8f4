"""When to try again, by what went wrong; and what went wrong, by what FFmpeg raised. Pure: chance is handed in."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import av.error

from stream.errors import SourceError, SourceLost, SourceRefused
from stream.types import Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.urls import SafeUrl

QUICK_S = 1.5  # a publisher that comes back is to be seen within 3 s
PATIENT = 4.0  # times longer where trying again soon cannot help
QUICK = frozenset(
    {
        Reason.STALLED,
        Reason.OPEN_TIMEOUT,
        Reason.READ_TIMEOUT,
        Reason.REFUSED,
        Reason.NOT_FOUND,
        Reason.END_OF_STREAM,
        Reason.HUNG,
    }
)
SLOW = frozenset({Reason.FORBIDDEN, Reason.BAD_MEDIA, Reason.NO_VIDEO, Reason.TLS})


class Backoff:
    """Exponential with jitter. `chance` gives numbers from 0 to 1."""

    def __init__(self, first_s: float, max_s: float, chance: Callable[[], float]) -> None:
        self._first_s = first_s
        self._max_s = max_s
        self._chance = chance
        self._attempt = 0

    @property
    def attempt(self) -> int:
        """Failures in a row."""
        return self._attempt

    def next_s(self, reason: Reason) -> float:
        self._attempt += 1
        first_s = self._first_s * (PATIENT if reason in SLOW else 1.0)
        cap = min(self._max_s, QUICK_S) if reason in QUICK else self._max_s
        # Beyond 2**32 every cap is reached, and the float stays finite after years of attempts.
        delay = min(cap, first_s * 2.0 ** min(self._attempt - 1, 32))
        return delay * (0.5 + 0.5 * self._chance())

    def healthy(self) -> None:
        self._attempt = 0


# The first row that fits, for what means the same while opening and while reading. An lavf "not found" is a missing
# demuxer or decoder; every such error of PyAV's is a LookupError of its own kind.
MEANINGS: tuple[tuple[tuple[type[Exception], ...], type[SourceError], Reason, str], ...] = (
    (
        (ConnectionRefusedError,),
        SourceLost,
        Reason.REFUSED,
        "connection refused: is the server running on that port?",
    ),
    ((FileNotFoundError,), SourceRefused, Reason.NOT_FOUND, "no such file"),
    ((PermissionError,), SourceRefused, Reason.FORBIDDEN, "may not be read: check its permissions"),
    (
        (ValueError, av.error.LookupError, av.error.PatchWelcomeError),
        SourceRefused,
        Reason.BAD_MEDIA,
        "not media that can be decoded: is it whole, and really a video?",
    ),
)


def explain(error: Exception, url: SafeUrl, *, opening: bool, live: bool) -> SourceError:
    """FFmpeg's error in our words. Its own message may repeat the URL, so none of it is passed on."""
    if isinstance(error, SourceError):
        return error
    for kinds, family, reason, text in MEANINGS:
        if isinstance(error, kinds):
            return family(f"{url}: {text}", reason)
    if opening:
        return _not_opened(error, url)
    if live and isinstance(error, av.error.ExitError | OSError | EOFError):
        # How RTMP and progressive streams end when the publisher is gone: they cannot say whether it comes back.
        return SourceLost(f"{url}: the publisher sends nothing any more", Reason.STALLED)
    if isinstance(error, av.error.ExitError | TimeoutError):
        return SourceLost(f"{url}: reading took too long", Reason.READ_TIMEOUT)
    return SourceLost(f"{url}: broke while reading ({type(error).__name__})", Reason.SERVER_ERROR)


def _not_opened(error: Exception, url: SafeUrl) -> SourceError:
    if isinstance(error, av.error.ExitError | TimeoutError):
        return SourceLost(f"{url}: nothing came within the open deadline", Reason.OPEN_TIMEOUT)
    if isinstance(error, EOFError):
        return SourceRefused(f"{url}: it ended before any media came", Reason.BAD_MEDIA)
    if isinstance(error, OSError) and error.errno == errno.EIO and url.scheme in {"rtmp", "rtmps"}:
        # All that FFmpeg says when the server hangs up, or where no TLS connection comes about.
        return SourceLost(f"{url}: the server hangs up: is it published, and the key right?", Reason.NOT_FOUND)
    if isinstance(error, OSError):
        return SourceLost(f"{url}: cannot be reached", Reason.UNREACHABLE)
    return SourceLost(f"{url}: the server does not play it ({type(error).__name__})", Reason.SERVER_ERROR)
