"""Back-off by error class, and FFmpeg's errors in our words."""

from __future__ import annotations

import errno

import av.error
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.errors import SourceError, SourceLost
from stream.retry import QUICK, QUICK_S, SLOW, Backoff, explain
from stream.types import Reason
from stream.urls import parse_url

pytestmark = pytest.mark.unit


def delays(reason: Reason, count: int, chance: float = 1.0) -> list[float]:
    backoff = Backoff(0.5, 30.0, lambda: chance)
    return [backoff.next_s(reason) for _ in range(count)]


def test_a_publisher_that_may_be_back_any_moment_is_looked_for_often() -> None:
    assert delays(Reason.STALLED, 5) == [0.5, 1.0, QUICK_S, QUICK_S, QUICK_S]


def test_where_haste_cannot_help_the_waiting_grows() -> None:
    assert delays(Reason.FORBIDDEN, 6) == [2, 4, 8, 16, 30, 30]
    assert delays(Reason.SERVER_ERROR, 8) == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_jitter_takes_away_up_to_a_half() -> None:
    assert delays(Reason.SERVER_ERROR, 2, chance=0.0) == [0.25, 0.5]


def test_a_healthy_stretch_starts_anew() -> None:
    backoff = Backoff(0.5, 30.0, lambda: 1.0)
    for _ in range(5):
        backoff.next_s(Reason.SERVER_ERROR)
    assert backoff.attempt == 5
    backoff.healthy()
    assert backoff.next_s(Reason.SERVER_ERROR) == 0.5


def test_no_reason_is_both_quick_and_slow() -> None:
    assert not QUICK & SLOW


@given(st.lists(st.sampled_from(Reason), max_size=50), st.floats(0, 1), st.floats(0.01, 5), st.floats(5, 60))
def test_delays_stay_within_their_bounds(reasons: list[Reason], chance: float, first: float, most: float) -> None:
    backoff = Backoff(first, most, lambda: chance)
    for reason in reasons:
        delay = backoff.next_s(reason)
        assert 0 < delay <= (min(most, QUICK_S) if reason in QUICK else most)


def test_years_of_attempts_do_not_overflow() -> None:
    backoff = Backoff(0.5, 30.0, lambda: 1.0)
    assert [backoff.next_s(Reason.SERVER_ERROR) for _ in range(5000)][-1] == 30.0


RTMP = parse_url("rtmp://host/app/s3cr3t")


def ffmpeg(code: int) -> Exception:
    with pytest.raises(av.error.FFmpegError) as caught:
        av.error.err_check(-code, "rtmp://host/app/s3cr3t")
    return caught.value


EXIT = av.error.tag_to_code(b"EXIT")
INVALID = av.error.tag_to_code(b"INDA")


@pytest.mark.parametrize(
    ("error", "opening", "live", "reason"),
    [
        (ffmpeg(EXIT), True, True, Reason.OPEN_TIMEOUT),
        (ffmpeg(EXIT), False, True, Reason.STALLED),
        (ffmpeg(EXIT), False, False, Reason.READ_TIMEOUT),
        (ffmpeg(errno.ETIMEDOUT), True, True, Reason.OPEN_TIMEOUT),
        (ffmpeg(errno.ECONNREFUSED), True, True, Reason.REFUSED),
        (ffmpeg(errno.EIO), True, True, Reason.NOT_FOUND),
        (ffmpeg(errno.EHOSTUNREACH), True, True, Reason.UNREACHABLE),
        (ffmpeg(errno.EIO), False, True, Reason.STALLED),
        (ffmpeg(errno.EIO), False, False, Reason.SERVER_ERROR),
        (ffmpeg(INVALID), True, True, Reason.BAD_MEDIA),
        (ffmpeg(errno.ENOENT), True, False, Reason.NOT_FOUND),
        (ffmpeg(errno.EACCES), True, False, Reason.FORBIDDEN),
        (EOFError(), True, False, Reason.BAD_MEDIA),
        (ffmpeg(av.error.tag_to_code(b"INDA") + 1), True, False, Reason.SERVER_ERROR),
    ],
)
def test_every_ending_has_its_reason_and_keeps_the_key(
    error: Exception, opening: bool, live: bool, reason: Reason
) -> None:
    told = explain(error, RTMP, opening=opening, live=live)
    assert told.reason is reason
    assert "s3cr3t" not in str(told)


def test_our_own_errors_pass_as_they_are() -> None:
    error: SourceError = SourceLost("x", Reason.STALLED)
    assert explain(error, RTMP, opening=True, live=True) is error
