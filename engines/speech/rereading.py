"""A livestream's ear over a reader that writes down whatever is said: what grows is read again. Knows no model.

Speech is cut at pauses, read again as it grows, and a word is committed once two readings agree on it.
"""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from engines.speech.agreement import CERTAIN, Agreement
from engines.speech.base import RATE, Samples, Word
from engines.speech.gates import LEAST_LOG_PROBABILITY, Echoes, text_gate
from engines.speech.reading import Piece, Reader, Reading, with_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engines.speech.rolling import Cut

SETTLED_S = 0.3  # a word this close to the end of what was heard may still grow
TRIMMED_S = 10.0  # a piece longer than this loses what was committed: a reading costs less, and loops less
CUT_S = 24.0  # a piece in which nothing could be committed is cut here, before the model's own end
LEAST_S = 0.1  # less than this, left over from a cut, is no word
AGREEING = (
    3  # pieces in a row that must sound like one language for it to be the host's; refused ones, for it not to be
)
SURELY = 0.75  # how sure a name must be by its sounds to stand against what was read
FOLLOWING, BEHIND_S = 0.4, 0.3  # the same of what is said at most so long behind one that is
SURE = 0.5  # how sure the model must be of a piece's language for it to count
SHORTEST_S = 1.0  # a shorter piece says nothing about the language


class Pieces(Protocol):
    """Where speech begins and ends."""

    @property
    def pausing(self) -> bool:
        """Whether speech has stopped, and its piece is about to end unless it goes on."""
        ...

    @property
    def refused(self) -> Mapping[str, int]:
        """Sound that was kept back, by the gate that did."""
        ...

    def push(self, samples: Samples) -> list[Cut]: ...
    def end(self) -> list[Cut]: ...


class Ask(NamedTuple):
    """A reading that a livestream waits for."""

    start: float  # the session's second that the piece begins with
    piece: Piece
    last: bool  # the piece has ended: all that is read is committed


class Rereading:
    """One livestream's ear: what was not committed yet, and the language it found."""

    def __init__(
        self,
        reader: Reader,
        turns: Pieces,
        prompt: tuple[int, ...] = (),
        language: str | None = None,
        every_s: float = 1.0,
        least: float = LEAST_LOG_PROBABILITY,
        behind_s: float = 0.0,
        patience_s: float = inf,
    ) -> None:
        """`every_s`: between two readings of a piece that grows. `least`: log probability of what is believed.

        `behind_s`: how much a piece has of the one before, where speech went on right after the cut. `patience_s`:
        how long a word waits for two readings to agree.
        """
        self._reader, self._prompt, self._language, self._every = reader, prompt, language, int(every_s * RATE)
        self._turns, self._agreement, self._echoes = turns, Agreement(), Echoes()
        self._least = least
        self._sound, self._start = np.zeros(0, np.float32), 0  # of the open piece
        self._most_behind, self._behind, self._patience = int(behind_s * RATE), 0, patience_s
        self._inside, self._fresh = False, 0
        self._given = language is not None
        self._sounds_like: list[str] = []
        self._refused = 0  # pieces in a row
        self._gated: Counter[str] = Counter()

    @property
    def gated(self) -> Mapping[str, int]:
        return dict(self._gated + Counter(self._turns.refused))

    @property
    def language(self) -> str | None:
        """Given or found; None while it is not certain."""
        return self._language

    def push(self, samples: Samples) -> list[Word]:
        return self._answered(self.take(samples))

    def end(self) -> list[Word]:
        asks = self._cuts(self._turns.end())
        self._inside = False
        return self._answered(asks)

    def take(self, samples: Samples) -> list[Ask]:
        """The readings that these samples make due. Whoever takes them answers each with `told`, in order."""
        asks = self._cuts(self._turns.push(samples))
        # In a pause the last reading is near, and reads the same words.
        if self._inside and self._fresh >= self._every and not self._turns.pausing:
            asks.append(self._ask(last=False))
        return asks

    def told(self, ask: Ask, reading: Reading) -> list[Word]:
        """The words that became certain with a reading; none of one that a gate refuses."""
        self._learn(ask, reading)
        gate = _refused(reading, self._least)
        names = _moved(reading.names, ask.start)
        sure = _believed(names)
        names = sure if gate else names
        if gate and not ask.last and not names:  # the next reading may be better; it counts once a piece
            return []
        words = with_names([] if gate else _moved(reading.words, ask.start), names)
        if ask.last:
            self._judge(gate)
            return self._new(self._agreement.settle(words, sure))
        heard = ask.start + len(ask.piece.samples) / RATE
        agreed = self._agreement.push(_settled(words, heard - SETTLED_S, sure), sure, heard - self._patience)
        if agreed:
            self._trim(agreed[-1].end)
        return self._new(agreed)

    def _new(self, words: list[Word]) -> list[Word]:
        fresh, echoes = self._echoes.push(words)
        if echoes:
            self._gated["echo"] += 1
        return fresh

    def _answered(self, asks: list[Ask]) -> list[Word]:
        readings = self._reader.read([ask.piece for ask in asks]) if asks else []
        return [word for ask, reading in zip(asks, readings, strict=True) for word in self.told(ask, reading)]

    def _cuts(self, cuts: Sequence[Cut]) -> list[Ask]:
        """Sound joins the open piece; a piece that ends, or grows too long, is asked about."""
        asks = []
        parts: list[Samples] = []
        for cut in cuts:
            if cut.first:
                self._begin(cut.at)
            parts.append(cut.samples)
            self._fresh += len(cut.samples)
            long = len(self._sound) + sum(map(len, parts)) >= CUT_S * RATE
            if cut.last or long:
                self._sound, parts = np.concatenate([self._sound, *parts]), []
                asks += [self._ask(last=True)] if len(self._sound) - self._behind >= LEAST_S * RATE else []
                self._begin(cut.at + len(cut.samples))
                self._inside = not cut.last
        self._sound = np.concatenate([self._sound, *parts])
        return asks

    def _begin(self, at: int) -> None:
        """With the end of the piece before, where that went on until now."""
        went_on = self._start + len(self._sound) == at
        self._sound = self._sound[max(len(self._sound) - self._most_behind, 0) :] if went_on else self._sound[:0]
        self._start, self._behind, self._inside = at - len(self._sound), len(self._sound), True

    def _ask(self, *, last: bool) -> Ask:
        self._fresh = 0
        return Ask(self._start / RATE, Piece(self._sound, self._language, self._prompt, self._behind), last)

    def _trim(self, until: float) -> None:
        spare = int(until * RATE) - self._start
        if self._inside and len(self._sound) > TRIMMED_S * RATE and 0 < spare < len(self._sound):
            self._sound, self._start = self._sound[spare:], self._start + spare
            self._behind = max(self._behind - spare, 0)

    def _learn(self, ask: Ask, reading: Reading) -> None:
        if self._language or not ask.last or len(ask.piece.samples) < SHORTEST_S * RATE:
            return
        found = [reading.language] if reading.sureness >= SURE else []
        self._sounds_like = [*self._sounds_like, *found][-AGREEING:] if found else []
        if len(self._sounds_like) == AGREEING and len(set(self._sounds_like)) == 1:
            self._language = reading.language

    def _judge(self, gate: str | None) -> None:
        """A language that was found, and in which nothing can be read any more, was the wrong one."""
        if gate is None:
            self._refused = 0
            return
        self._gated[gate] += 1
        self._refused += 1
        if self._refused == AGREEING and not self._given:
            self._language, self._sounds_like, self._refused = None, [], 0


def _moved(words: Sequence[Word], by: float) -> list[Word]:
    return [word._replace(start=word.start + by, end=word.end + by) for word in words]


def _settled(words: Sequence[Word], until: float, names: Sequence[Word]) -> list[Word]:
    """Without what may still grow: the end of what was heard, and a number there: "26" becomes "26.95".

    A name that is certain is whole.
    """
    early = [word for word in words if word.end <= until or (word.confidence >= CERTAIN and word in names)]
    return early[:-1] if early and any(letter.isdigit() for letter in early[-1].text) else early


def _believed(names: Sequence[Word]) -> list[Word]:
    """Those that are sure, and what was heard right behind such a one: that is likely to be more of its name."""
    kept: list[Word] = []
    for name in names:
        follows = bool(kept) and name.start - kept[-1].end <= BEHIND_S
        if name.confidence >= (FOLLOWING if follows else SURELY):
            kept.append(name)
    return kept


def _refused(reading: Reading, least: float) -> str | None:
    text = " ".join(word.text for word in reading.words)
    doubt = {"log_probability": reading.log_probability, "no_speech": reading.no_speech, "least": least}
    return text_gate(text, reading.language, **doubt) if text else None
