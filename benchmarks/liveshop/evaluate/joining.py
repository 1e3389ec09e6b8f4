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
from stream.lookalikes import undecided
from stream.pipeline import decider_of
from stream.types import Change, Reason
from stream.window import Windower

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.evaluate.hearing import Known
    from benchmarks.liveshop.evaluate.trace import Traced
    from engines.bundle import Bundle
    from engines.text import Hearing, Mention
    from stream.heard import Alike
    from stream.types import Decision, Seconds

WINDOW_S = 30.0  # of words that mentions are looked for in, as when listening

Way = Literal["nothing", "raw", "extract"]


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
    spans: tuple[Span, ...]
    tellings: tuple[Telling, ...]


def board_mentions(hearing: Hearing, words: Sequence[Known], way: Way) -> list[Mention]:
    """Of one window's words. "extract": of what the embedded summariser leaves of them."""
    said = [Text(word.start, word.end, word.text, word.confidence) for word in words]
    return hearing.mentions(extract(hearing, said) if way == "extract" else said)


def decide_again(
    trace: Sequence[Traced], words: Sequence[Known], hearing: Hearing, way: Way, alike: Alike, bundle: Bundle
) -> Told:
    """`way`: "nothing" is heard, mentions of the "raw" text count, or those of the "extract"."""
    window, config = WindowConfig(), DecideConfig()
    windower, fuser = Windower(length_s=window.length_s, hop_s=window.hop_s), Fuser(bundle.presence)
    heard, board = Heard(alike, undecided_after_s=config.undecided_after_s), Hearsay()
    decider, account = decider_of(config, bundle.false_shows, bundle.presence), _Account()
    known = 0
    for line in trace:
        fresh = sum(word.known_at <= line.at for word in words[known:])
        if fresh and way != "nothing":
            known += fresh
            lately = [word for word in words[:known] if word.end >= line.at - WINDOW_S]
            board.push(board_mentions(hearing, lately, way), line.at, since=line.at - WINDOW_S)
        elif way != "nothing":
            board.push((), line.at)
        closed = windower.push(line.view())
        fuser.push(line.look())
        if closed is not None:
            cost_s = line.encode_s + line.search_s
            account.take(decider.push(heard.join(fuser.close(closed), board)), line.at, cost_s)
    account.take(decider.end(Reason.END_OF_STREAM), trace[-1].at if trace else 0.0)
    return account.told()


class _Account:
    """Decisions to spans and tellings."""

    def __init__(self) -> None:
        self._shown: dict[str, tuple[Seconds, Telling]] = {}
        self._spans: list[Span] = []
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
                self._spans.append(Span(product_id, decision.shown_at.pts, decision.hidden_at.pts, after))

    def told(self) -> Told:
        spans = sorted(self._spans, key=lambda span: (span.shown_at, span.product_id))
        return Told(tuple(spans), tuple(sorted(self._tellings, key=lambda one: one.start)))
