"""One livestream's life in a worker: run, restart after a fault of ours, and what is known of it. Judges nothing."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import structlog

from stream.errors import NowShowingError, leaves
from stream.pipeline import reason_of, run_stream
from stream.retry import Backoff
from stream.shared import Figures
from stream.types import Change, Reason, State, Status
from stream.web.facts import SpeechFacts, StreamFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.config import StreamConfig
    from stream.events import Event
    from stream.scribe import Scribe
    from stream.shared import Shared
    from stream.shelf import Shelf
    from stream.types import Decision

log = structlog.get_logger()

TROUBLE = {State.STALLED, State.RETRYING, State.FAILED}
RESTART_FIRST_S, RESTART_MAX_S = 1.0, 30.0  # after a fault of ours; the source retries by itself
HEALTHY_S = 60.0  # a run that lasted so long starts the back-off anew
LOG_AGAIN_S = 600.0  # the same trouble is logged again this often, not with every attempt


class Livestream:
    """What breaks in here never reaches another livestream."""

    def __init__(
        self,
        config: StreamConfig,
        shelf: Shelf,
        scribe: Scribe,
        publish: Callable[[Event], None],
    ) -> None:
        self.config = config
        self.shelf = shelf
        self._scribe = scribe
        self._publish = publish
        self._status = Status(State.STARTING, Reason.REQUESTED)
        self._since = 0.0
        self._logged_at = 0.0
        self._trouble = ""
        self._was_live = False
        self._restarts = 0
        self._stopping = False
        self._backoff = Backoff(RESTART_FIRST_S, RESTART_MAX_S, random.random)
        self._showing: list[str] = []
        self._figures = Figures()

    @property
    def failure(self) -> str | None:
        """Why it was given up or never came to life; None if neither is so."""
        never = not self._was_live and self._status.state is not State.ENDED
        if self._status.state is not State.FAILED and not never:
            return None
        return self._trouble or "no picture came in the time it was given"

    def facts(self, now: float) -> StreamFacts:
        figures = self._figures
        return StreamFacts(
            stream_id=self.config.stream_id,
            shop_id=self.config.shop_id,
            state=self._status.state,
            reason=self._status.reason,
            detail=self._status.detail,
            since=self._since,
            attempt=self._status.attempt,
            retry_in_s=self._status.retry_in_s,
            showing=tuple(self._showing),
            speech=SpeechFacts.model_validate(figures.speech.at(now)),
            figures={
                "views": figures.views,
                "abstained": figures.abstained,
                "restarts": self._restarts,
                **({"last_view_age_s": round(now - figures.last_wall, 3)} if figures.views else {}),
                **({"last_look_s": round(figures.last_look_s, 6)} if figures.views else {}),
            },
        )

    def stop(self, task: asyncio.Task[None]) -> None:
        """Cancels `run`. Before Python 3.13 a task group that fails in the same moment drops a cancellation."""
        self._stopping = True
        task.cancel()

    async def run(self, shared: Shared) -> None:
        """Until it is over, given up, or stopped; raises nothing but the cancellation."""
        with structlog.contextvars.bound_contextvars(stream_id=self.config.stream_id):
            await self._say(shared, Status(State.STARTING, Reason.REQUESTED))
            try:
                pause_s: float | None = 0.0
                while pause_s is not None:
                    await asyncio.sleep(pause_s)
                    pause_s = await self._once(shared)
            except asyncio.CancelledError:
                await self._say(shared, Status(State.ENDED, Reason.SHUTDOWN))
                raise

    async def _once(self, shared: Shared) -> float | None:
        """One run; the pause before the next, or None when there is none."""

        async def on_status(status: Status) -> None:
            await self._say(shared, status)

        started = shared.clock.now()
        try:
            why = await run_stream(
                self.config,
                self.shelf,
                shared,
                publish=self._decided,
                on_status=on_status,
                figures=self._figures,
            )
        except ExceptionGroup as errors:
            if self._stopping:
                raise asyncio.CancelledError from errors
            if shared.clock.now() - started > HEALTHY_S:
                self._backoff.healthy()
            return await self._after(shared, errors)
        finally:
            self._showing.clear()
        await self._say(shared, Status(State.ENDED, why))
        return None

    async def _after(self, shared: Shared, errors: ExceptionGroup[Exception]) -> float | None:
        """The source has retried by itself, so an error we know is final; any other is a fault of ours."""
        known, unknown = errors.split(NowShowingError)
        if known is not None and unknown is None:
            detail = str(leaves(known)[0])
            await self._say(shared, Status(State.FAILED, reason_of(errors), detail))
            return None
        log.error("livestream failed on a fault of ours; it is restarted", exc_info=errors)
        self._restarts += 1
        pause_s = self._backoff.next_s(Reason.INTERNAL)
        attempt = self._backoff.attempt
        retrying = Status(State.RETRYING, Reason.INTERNAL, attempt=attempt, retry_in_s=round(pause_s, 3))
        await self._say(shared, retrying)
        return pause_s

    async def _decided(self, decision: Decision) -> None:
        product_id = decision.candidate.product_id
        if decision.change is Change.SHOWN:
            self._showing.append(product_id)
        elif decision.change is Change.HIDDEN:
            self._showing.remove(product_id)
        self._publish(self._scribe.decision(decision))

    async def _say(self, shared: Shared, status: Status) -> None:
        """Every status is published. The same trouble again is logged only now and then: it may last all night."""
        now, before = shared.clock.now(), self._status
        shared.metrics.stream_state(before.state if self._since else None, status.state)
        same = bool(self._since) and (status.state, status.reason) == (before.state, before.reason)
        self._status, self._since = status, self._since if same else now
        self._was_live = self._was_live or status.state is State.LIVE
        if status.state in TROUBLE:
            self._trouble = status.detail or status.reason.value
        self._publish(self._scribe.status(status))
        if not same or now - self._logged_at > LOG_AGAIN_S:
            self._logged_at = now
            self._log(status)

    def _log(self, status: Status) -> None:
        """Names the livestream outright: the source says that it is live from a context of its thread's making."""
        tell = log.warning if status.state in TROUBLE else log.info
        name = self.config.stream_id
        tell("livestream", stream_id=name, state=status.state.value, reason=status.reason.value, detail=status.detail)
