"""What was heard against what was said: mentions, how late their words come, what was invented. Pure; knows no sound.

Mentions on both sides are found by the same `Hearing`, so that only the recogniser's errors count. Times of words in
the truth are exact for a sentence and shared out by letters within it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.liveshop.scoring import spells
from engines.text import Heard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.evaluate.hearing import Known
    from benchmarks.liveshop.scoring.spells import Spell
    from benchmarks.liveshop.truth import Truth
    from engines.text import Hearing, Mention
    from stream.types import Seconds

NEAR_S = 0.75  # a word or a name heard this far from where it was said is still that one
SPEECH_S = 0.5  # around words of the truth somebody speaks
SURE = 0.5  # weight from which on a mention is one


@dataclass(frozen=True, slots=True)
class Spoken:
    """Of one live. `right` and `told` count what was heard, `said` and `found` what was said."""

    said: int
    found: int
    told: int
    right: int
    late_s: tuple[Seconds, ...]  # of each word of a product heard: from its end to when it was known
    invented: int  # words heard where nobody speaks
    quiet_s: Seconds  # where nobody speaks


def spoken_of(truth: Truth, hearing: Hearing, heard: Sequence[Known]) -> Spoken:
    said = [Heard(word.start, word.end, word.text) for word in truth.words]
    wanted = _sure(hearing.mentions(said))
    got = _sure(hearing.mentions([Heard(w.start, w.end, w.text, w.confidence) for w in heard]))
    found = [any(_same(one, other) for other in got) for one in wanted]
    right = [any(_same(one, other) for other in wanted) for one in got]
    quiet = _quiet(truth)
    return Spoken(
        said=len(wanted),
        found=sum(found),
        told=len(got),
        right=sum(right),
        late_s=tuple(late for word in heard if (late := _late(word, truth)) is not None),
        invented=sum(spells.holds(quiet, (word.start + word.end) / 2) for word in heard),
        quiet_s=spells.total(quiet),
    )


def _sure(mentions: Sequence[Mention]) -> list[Mention]:
    return [mention for mention in mentions if mention.weight >= SURE]


def _same(one: Mention, other: Mention) -> bool:
    near = one.start - NEAR_S <= other.end and other.start <= one.end + NEAR_S
    return near and one.product_id == other.product_id


def _late(heard: Known, truth: Truth) -> Seconds | None:
    """Against the word that it is, where it is one."""
    text = heard.text.lower()
    ends = [
        word.end
        for word in truth.words
        if abs(word.start - heard.start) <= NEAR_S and word.text.lower().strip(".,?!") == text
    ]
    return None if not ends else max(heard.known_at - min(ends, key=lambda end: abs(end - heard.end)), 0.0)


def _quiet(truth: Truth) -> list[Spell]:
    speech = spells.united((word.start - SPEECH_S, word.end + SPEECH_S) for word in truth.words)
    return spells.without([(0.0, truth.seconds)], speech)
