"""A piece of sound and what was read from it: what readers that write down whatever is said share. Knows no model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from engines.speech.agreement import STOPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.speech.base import Samples, Word

EDGES = " \t\n\"'“”‘’¿¡([{-–—…<>«».。,，!！?？:：;；)]}、・"


class Piece(NamedTuple):
    samples: Samples  # no more than the model hears at once
    language: str | None  # as the model names it; None: whichever it sounds like
    prompt: tuple[int, ...] = ()  # tokens that the model takes for what was said before
    behind: int = 0  # of its samples that the piece before ended with: words were read there, names may go on


class Reading(NamedTuple):
    words: tuple[Word, ...]  # seconds of the piece
    language: str
    sureness: float  # of the language, 0..1; 1 where it was given
    log_probability: float  # mean of its tokens
    no_speech: float  # how likely the model finds that nobody speaks
    names: tuple[Word, ...] = ()  # heard by their sounds: they stand where other words were read


class Reader(Protocol):
    def read(self, pieces: Sequence[Piece]) -> list[Reading]:
        """One reading a piece, in order; what a piece says does not depend on its company."""
        ...


def with_names(words: Sequence[Word], names: Sequence[Word]) -> list[Word]:
    """The words, but for those in whose place a name was heard."""
    kept = [word for word in words if not any(name.start <= (word.start + word.end) / 2 < name.end for name in names)]
    return sorted([*kept, *names], key=lambda word: (word.start + word.end) / 2)


def plain(text: str) -> str:
    """Quotes and commas go, since readings disagree about them; how a sentence ends stays."""
    word, stop = text.strip(EDGES).casefold(), text.rstrip("\"'”’»)]}")[-1:]
    return word + stop if word and stop and stop in STOPS else word
