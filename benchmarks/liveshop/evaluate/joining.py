"""Decides again over a trace, with words: what would be told if this had been heard. Seconds, nothing is decoded.

The recogniser's own classes judge. Words reach the board when they were known; views never wait for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from benchmarks.liveshop.score import Span
from engines.text import Heard as Text
from engines.text import extract
from stream.config import DecideConfig, WindowConfig
from stream.fuse import Fuser
from stream.heard import Heard
from stream.hearsay import Hearsay
from stream.lookalikes import alternatives, undecided
from stream.mind import decider_of
from stream.types import Change, Reason
from stream.window import Windower

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.evaluate.hearing import Known
    from benchmarks.liveshop.evaluate.summaries import Answer
    from benchmarks.liveshop.evaluate.trace import Traced
    from engines.bundle import Bundle
    from engines.text import Hearing, Mention
    from stream.heard import Alike
    from stream.types import Decision, Seconds

DEFAULTS = DecideConfig()
WINDOW_S = 30.0  # of words that mentions are looked for in, as when listening

Way = Literal["nothing", "raw", "extract", "summary"]


@dataclass(frozen=True, slots=True)
class Telling:
    """A stretch of a span in which the same was told. `decided`: the very product, else one of its look-alikes.

    By the views that decided: neither what it was dated back to nor what judging cost is in it.
    """

    product_id: str
    start: Seconds
    stop: Seconds
    decided: bool


@dataclass(frozen=True, slots=True)
class Told:
    """`guesses`: spans of a group's guess that was taken back when the host said which it was."""

    spans: tuple[Span, ...]
    guesses: tuple[Span, ...]
    tellings: tuple[Telling, ...]


class _Listening:
    """Writes on the board what was known by then, as a livestream's listening does.

    "extract": mentions of what the embedded summariser leaves of the words. "summary": those of the words, until an
    answer says what was meant by them.
    """

    def __init__(self, words: Sequence[Known], hearing: Hearing, way: Way, answers: Sequence[Answer]) -> None:
        self.board = Hearsay()
        self._words, self._hearing, self._way = words, hearing, way
        self._answers = list(answers) if way == "summary" else []
        self._known = 0
        self._retold: Seconds = float("-inf")  # up to here an answer says what was meant

    def hear(self, at: Seconds) -> None:
        """All that was known by `at`."""
        if self._way == "nothing":
            return
        fresh = sum(word.known_at <= at for word in self._words[self._known :])
        self._known += fresh
        if fresh:
            since = at - WINDOW_S
            self.board.push(self._mentions(since), at, since=max(since, self._retold))
        while self._answers and self._answers[0].told_at <= at:
            self._retell(self._answers.pop(0), at)
        self.board.push((), at)

    def _mentions(self, since: Seconds) -> list[Mention]:
        known = self._words[: self._known]
        said = [Text(word.start, word.end, word.text, word.confidence) for word in known if word.end >= since]
        found = self._hearing.mentions(extract(self._hearing, said) if self._way == "extract" else said)
        return [mention for mention in found if mention.start >= self._retold]

    def _retell(self, answer: Answer, at: Seconds) -> None:
        self._retold = answer.end
        self.board.push(
            [*self._hearing.mentions(answer.summary), *self._mentions(at - WINDOW_S)], at, since=answer.start
        )


def decide_again(
    trace: Sequence[Traced],
    words: Sequence[Known],
    hearing: Hearing,
    way: Way,
    alike: Alike,
    bundle: Bundle,
    answers: Sequence[Answer] = (),
    config: DecideConfig = DEFAULTS,
) -> Told:
    """`way`: "nothing" is heard, mentions of the "raw" text count, those of the "extract", or of a "summary"."""
    window = WindowConfig()
    windower, fuser = Windower(length_s=window.length_s, hop_s=window.hop_s), Fuser(bundle.presence)
    heard, listening = (
        Heard(alike, undecided_after_s=config.undecided_after_s),
        _Listening(words, hearing, way, answers),
    )
    decider, account = decider_of(config, bundle.false_shows, bundle.presence, window.hop_s), _Account()
    for line in trace:
        listening.hear(line.at)
        closed = windower.push(line.view())
        fuser.push(line.look())
        if closed is not None:
            cost_s = line.encode_s + line.search_s
            account.take(
                decider.push(heard.join(line.sighting(fuser.close(closed)), listening.board)), line.at, cost_s
            )
    account.take(decider.end(Reason.END_OF_STREAM), trace[-1].at if trace else 0.0)
    return account.told()


class _Account:
    """Decisions to spans and tellings. A group's guess that was taken back is no span of its own."""

    def __init__(self) -> None:
        self._shown: dict[str, tuple[Seconds, Telling]] = {}
        self._spans: list[Span] = []
        self._guesses: list[Span] = []
        self._tellings: list[Telling] = []

    def take(self, decisions: Sequence[Decision], at: Seconds, cost_s: float = 0.0) -> None:
        for decision in decisions:
            product_id, decided = decision.candidate.product_id, not undecided(decision.candidate)
            if decision.change is Change.SHOWN:
                after = at + cost_s - decision.shown_at.pts
                self._shown[product_id] = (after, Telling(product_id, at, at, decided))
                continue
            after, telling = self._shown.pop(product_id)
            self._tellings.append(replace(telling, stop=at))
            if decision.change is Change.UPDATED:
                self._shown[product_id] = (after, Telling(product_id, at, at, decided))
            elif decision.hidden_at is not None:
                others = () if decided else tuple(one.product_id for one in alternatives(decision.candidate))
                shown_at, hidden_at = decision.shown_at.pts, decision.hidden_at.pts
                kept = decided or decision.why is not Reason.MISTAKEN
                (self._spans if kept else self._guesses).append(
                    Span(product_id, shown_at, hidden_at, after, could_be=others)
                )

    def told(self) -> Told:
        spans = sorted(self._spans, key=lambda span: (span.shown_at, span.product_id))
        return Told(tuple(spans), tuple(self._guesses), tuple(sorted(self._tellings, key=lambda one: one.start)))
