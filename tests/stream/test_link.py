"""The door between thread and loop: hung threads are replaced, late output is seen by nobody, cancel gets through."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stream.channel import Channel, Policy
from stream.clock import ManualClock
from stream.errors import ClosedError, SourceLost
from stream.link import GRACE_S, Abandoned, Link
from stream.types import Frame, Gap, Reason, State

if TYPE_CHECKING:
    from stream.source import Connection
    from tests.viewer import Viewer

pytestmark = pytest.mark.unit

IMAGE = np.zeros((2, 2, 3), np.uint8)


def frame(at: float) -> Frame:
    return Frame(at, IMAGE, wall=0.0)


async def nothing() -> None:
    pass


def make(frames: Channel[Frame | Gap], clock: ManualClock | None = None) -> Link:
    return Link(frames, None, clock or ManualClock(), patience_s=5.0, on_first=nothing)


def channel(capacity: int = 4) -> Channel[Frame | Gap]:
    return Channel("frames", capacity=capacity, policy=Policy.WAIT)


async def test_a_hung_thread_is_abandoned_counted_and_replaced(viewer: Viewer) -> None:
    release, late = threading.Event(), threading.Event()
    made: list[Link] = []

    def read(connection: Connection, link: Link) -> Reason:
        made.append(link)
        link.connected(live=True)
        if len(made) == 1:
            link.frame(frame(0.0))
            link.allow(-GRACE_S)  # as if its deadline had passed long ago
            release.wait(20)
            try:
                link.frame(frame(99.0))
            finally:
                late.set()
        link.frame(frame(0.5))
        return Reason.END_OF_STREAM

    assert await viewer.play("rtmp://127.0.0.1/app/x", read=read, retry_first_s=0.01) is Reason.END_OF_STREAM
    release.set()
    assert await asyncio.to_thread(late.wait, 5)
    assert viewer.meter.abandoned == 1
    assert viewer.states == [State.LIVE, State.STALLED, State.RETRYING, State.LIVE]
    assert [item.at for item in viewer.items] == [0.0, 0.0, 0.5]
    assert [gap.why for gap in viewer.gaps] == [Reason.HUNG]


async def test_a_thread_that_waits_for_room_does_not_hang() -> None:
    clock, frames = ManualClock(), channel(1)
    link = make(frames, clock)
    sent = threading.Event()

    def read(link: Link) -> Reason:
        link.frame(frame(0.0))
        sent.set()
        link.frame(frame(1.0))
        return Reason.END_OF_STREAM

    link.start(read, "reader")
    assert await asyncio.to_thread(sent.wait, 5)
    while frames.stats.waiting < 1:  # noqa: ASYNC110  a channel tells nobody that it is full
        await asyncio.sleep(0)
    clock.advance(1000)
    assert [(await frames.receive()).at, (await frames.receive()).at] == [0.0, 1.0]
    assert await link.ended is Reason.END_OF_STREAM


async def test_silence_longer_than_the_deadline_counts_as_hung() -> None:
    clock = ManualClock()
    link = make(channel(), clock)
    clock.advance(5.0 + GRACE_S)
    assert not link.hung()
    clock.advance(0.1)
    assert link.hung()
    link.tick()
    assert not link.hung()
    link.allow(60.0)
    clock.advance(60.0)
    assert not link.hung()


async def test_shutting_the_door_wakes_a_thread_that_waits_for_room() -> None:
    frames, outcome = channel(1), []
    link = make(frames)

    def read(link: Link) -> Reason:
        try:
            for at in range(5):
                link.frame(frame(at))
        except Abandoned:
            outcome.append("abandoned")
        return Reason.END_OF_STREAM

    thread = link.start(read, "reader")
    while frames.stats.waiting < 1:  # noqa: ASYNC110  a channel tells nobody that it is full
        await asyncio.sleep(0)
    link.abandon()
    await asyncio.to_thread(thread.join, 5)
    assert outcome == ["abandoned"]
    assert frames.stats.sent == 1


async def test_shutting_the_door_wakes_a_thread_that_sleeps() -> None:
    link, woke = make(channel()), []

    def read(link: Link) -> Reason:
        try:
            link.sleep(60)
        except Abandoned:
            woke.append(True)
        return Reason.END_OF_STREAM

    thread = link.start(read, "reader")
    link.abandon()
    await asyncio.to_thread(thread.join, 5)
    assert woke == [True]


async def test_what_breaks_the_thread_reaches_the_loop() -> None:
    link = make(channel())

    def read(link: Link) -> Reason:
        raise SourceLost("gone", Reason.STALLED)

    link.start(read, "reader")
    with pytest.raises(SourceLost, match="gone"):
        await link.ended


async def test_a_channel_that_ended_ends_the_thread() -> None:
    frames = channel()
    await frames.close()
    link = make(frames)

    def read(link: Link) -> Reason:
        link.frame(frame(0.0))
        return Reason.END_OF_STREAM

    link.start(read, "reader")
    with pytest.raises(ClosedError):
        await link.ended


async def test_a_connection_that_broke_holds_nothing_of_what_it_decoded_with() -> None:
    class Decoder:
        """Stands for tens of megabytes of pictures."""

    gone: list[weakref.ref[Decoder]] = []

    def decode() -> None:
        decoder = Decoder()
        gone.append(weakref.ref(decoder))
        raise SourceLost("the cable was pulled", Reason.UNREACHABLE)

    def read(link: Link) -> Reason:
        try:
            decode()
        except SourceLost as error:
            raise SourceLost("told anew", Reason.UNREACHABLE) from error
        return Reason.END_OF_STREAM

    link = make(channel())
    gc.disable()  # collecting would hide it: a decoder must not live until a collector comes by
    try:
        thread = link.start(read, "broken")
        with pytest.raises(SourceLost, match="told anew"):
            await link.ended
        await asyncio.to_thread(thread.join, 5)
        assert [ref() for ref in gone] == [None]
    finally:
        gc.enable()
