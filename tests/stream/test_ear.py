"""Words keep their stream time whatever happens to the sound; what they name is found in a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.speech.fake import FakeTranscriber, beep, silence
from engines.text import Hearing, Kind, ProductWords
from stream.ear import HELD_S, HOLE_S, SETTLED_S, WINDOW_S, Ear, Heard, SessionClock
from stream.hearsay import Hearsay
from stream.sound import CHUNK, RATE
from stream.types import AudioChunk, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.types import Samples

pytestmark = pytest.mark.unit

PRODUCTS = (
    ProductWords("tea-1", "Brelvo Ginger Tea", brand="Brelvo", group="tea"),
    ProductWords("tea-2", "Brelvo Lemon Tea", brand="Brelvo", group="tea"),
    ProductWords("oil-1", "Fjondo Olive Oil", brand="Fjondo"),
)
WORDS = ("brelvo", "ginger", "lemon", "tea", "fjondo", "olive", "oil", "unlike")


def ear(*, clean: bool = False) -> Ear:
    return Ear(FakeTranscriber(WORDS).session(()), Hearing(PRODUCTS), clean=clean)


def sound(*pieces: Samples) -> Samples:
    return np.concatenate(pieces)


def chunks(at: float, samples: Samples) -> list[AudioChunk]:
    return [AudioChunk(at + i / RATE, samples[i : i + CHUNK]) for i in range(0, len(samples), CHUNK)]


def said(words: Sequence[str], pause_s: float = 0.1) -> Samples:
    return sound(*(piece for word in words for piece in (beep(WORDS.index(word)), silence(pause_s))))


def spans(heard: Heard) -> list[tuple[str, float, float]]:
    return [(word.text, round(word.start, 3), round(word.end, 3)) for word in heard.words]


def test_words_have_the_time_of_the_chunks_they_were_heard_in() -> None:
    heard = ear().hear(chunks(100.0, sound(silence(0.5), beep(0), silence(0.3), beep(1), silence(0.3))))
    assert spans(heard) == [("brelvo", 100.5, 100.7), ("ginger", 101.0, 101.2)]
    assert heard.until == pytest.approx(101.5)


def test_a_hole_moves_what_comes_after_and_no_word_reaches_across_it() -> None:
    listening = ear()
    before = chunks(0.0, sound(silence(0.5), beep(0, 0.5)))
    after = chunks(7.0, sound(beep(1, 0.5), silence(0.5)))
    heard = listening.hear([*before, *after])
    assert spans(heard) == [("brelvo", 0.5, 1.0), ("ginger", 7.0, 7.5)]
    assert [(muted.start, muted.end, muted.why) for muted in heard.muted] == [(1.0, 7.0, "gap")]


def test_a_small_hole_is_no_break_and_is_not_added_up() -> None:
    listening = ear()
    at = 0.0
    for _ in range(20):
        heard = listening.hear(chunks(at, sound(silence(0.4), beep(0), silence(0.4))))
        assert spans(heard) == [("brelvo", round(at + 0.4, 3), round(at + 0.6, 3))]
        assert not heard.muted
        at += 1.0 + HOLE_S - 0.05


def test_time_may_begin_anew_after_the_end() -> None:
    listening = ear()
    listening.hear(chunks(3600.0, sound(silence(0.5), beep(0, 0.5))))
    assert listening.end() == 1
    assert spans(listening.hear(chunks(0.0, sound(silence(0.5), beep(1), silence(0.3))))) == [("ginger", 0.5, 0.7)]


@given(st.lists(st.tuples(st.integers(-3, 3), st.floats(0.0, 30.0), st.booleans()), min_size=1, max_size=40))
def test_word_times_are_right_across_jitter_holes_and_drift(steps: list[tuple[int, float, bool]]) -> None:
    listening, at = ear(), 0.0
    for jitter_ms, hole_s, holed in steps:
        at += jitter_ms / 1000 + (hole_s if holed else 0.0)
        heard = listening.hear(chunks(at, sound(silence(0.5), beep(0), silence(0.3))))
        assert [word.start for word in heard.words] == [pytest.approx(at + 0.5, abs=0.011)]
        at += 1.0


def test_half_an_hour_with_a_fast_sound_card_and_gaps_stays_within_a_tenth_of_a_second() -> None:
    """Its clock runs 300 ppm fast: half a second in half an hour. Every 100 s the stream breaks for a while."""
    listening, worst, skew = ear(), 0.0, 1 - 300e-6
    start = at = 0.0
    while at < 1800.0:
        heard = listening.hear(chunks(at, sound(silence(0.5), beep(0), silence(0.3))))
        worst = max([worst, *(abs(word.start - (at + 0.5 * skew)) for word in heard.words)])
        assert len(heard.words) == 1
        at += 1.0 * skew
        if at - start > 100.0:
            listening.end()
            start = at = at + 3.7
    assert worst < 0.1


def test_a_session_clock_forgets_old_chunks_and_keeps_new_ones() -> None:
    clock = SessionClock()
    for i in range(10_000):
        clock.note(i * 0.2, CHUNK)
    start, end = clock.place(999.9, 1000.0)
    assert start == pytest.approx(1999.8)
    assert end == pytest.approx(1999.9)


def test_what_is_named_is_found_and_refined_by_later_words() -> None:
    listening = ear()
    first = listening.hear(chunks(0.0, said(["brelvo"])))
    assert {mention.product_id for mention in first.mentions} == {"tea-1", "tea-2"}
    second = listening.hear(chunks(0.3, said(["lemon", "tea"])))
    assert [(mention.product_id, mention.kind) for mention in second.mentions] == [("tea-2", Kind.THIS)]
    assert second.since == 0.0


def test_nothing_new_replaces_nothing() -> None:
    listening = ear()
    listening.hear(chunks(0.0, said(["fjondo", "oil"])))
    quiet = listening.hear(chunks(0.6, silence(1.0)))
    assert (quiet.mentions, quiet.since) == ((), float("inf"))


def test_a_window_that_loses_words_leaves_the_oldest_mentions_as_they_were() -> None:
    listening, at = ear(), 0.0
    while at < WINDOW_S + 20:
        heard = listening.hear(chunks(at, sound(said(["fjondo", "olive", "oil"]), silence(4.1))))
        at += 5.0
    oldest = listening.words[0].start
    assert heard.since == pytest.approx(oldest + SETTLED_S)
    assert all(mention.start >= heard.since for mention in heard.mentions)
    assert oldest > at - WINDOW_S - 6


def test_sound_that_is_switched_off_says_so_and_a_pause_does_not() -> None:
    listening = ear()
    assert not listening.hear(chunks(0.0, silence(5.0))).muted
    heard = listening.hear(chunks(5.0, np.zeros(4 * RATE, np.float32)))
    assert {(muted.start, muted.why) for muted in heard.muted} == {(5.0, "muted")}
    assert max(muted.end for muted in heard.muted) == pytest.approx(9.0)


def test_a_gate_that_names_what_was_on_mutes_the_stretch_and_is_counted_once() -> None:
    listening = ear()
    loud = sound(beep(11), silence(0.1))
    heard = listening.hear(chunks(0.0, loud))
    assert heard.gated == {"noise": 1}
    assert [muted.why for muted in heard.muted] == ["noise"]
    assert listening.hear(chunks(0.3, silence(0.3))).gated == {}


def test_a_gate_goes_on_counting_between_two_pieces_that_it_refuses() -> None:
    """A replay asks ten times a second, and a piece is judged twice: what lies between is no talk either."""
    listening, board = ear(), Hearsay()
    for chunk in chunks(0.0, sound(beep(11), silence(1.0), beep(11), silence(0.3), silence(HELD_S + 0.3))):
        heard = listening.hear([chunk])
        for muted in heard.muted:
            board.mute(*muted)
        board.hold(heard.held)
        board.push(heard.mentions, heard.until)
        if 0.3 < heard.until < 1.5 + HELD_S:
            assert board.suspended(heard.until - 0.001) == "noise", heard.until
    assert board.suspended(heard.until - 0.001) is None
    assert board.suspended(0.8) == "noise"


def test_a_gate_counts_no_more_once_somebody_speaks() -> None:
    listening, board = ear(), Hearsay()
    for chunk in chunks(0.0, sound(beep(11), silence(0.2), beep(4), silence(0.3))):
        heard = listening.hear([chunk])
        for muted in heard.muted:
            board.mute(*muted)
        board.hold(heard.held)
        board.push(heard.mentions, heard.until)
    assert [mention.product_id for mention in board.within(0.0, 1.0)] == ["oil-1"]
    assert heard.held is None


def test_what_a_gate_refused_before_a_break_says_nothing_of_what_follows() -> None:
    listening = ear()
    assert listening.hear(chunks(0.0, sound(beep(11), silence(0.1)))).held is not None
    listening.end()
    assert listening.hear(chunks(0.3, silence(0.1))).held is None


def test_a_summary_stands_instead_of_what_it_summarised_and_of_nothing_later() -> None:
    listening = ear()
    listening.hear(chunks(0.0, said(["brelvo", "tea", "fjondo", "oil"])))
    asked = listening.words
    listening.hear(chunks(1.2, sound(silence(2.0), said(["brelvo", "ginger"]))))
    heard = listening.retold(asked, [Words(0.0, 0.5, "brelvo", 0.9), Words(0.5, 1.0, "lemon", 0.9)])
    assert heard.since == asked[0].start
    assert [mention.product_id for mention in heard.mentions] == ["tea-2", "tea-1"]
    later = listening.hear(chunks(3.8, said(["tea"])))
    assert [mention.product_id for mention in later.mentions] == ["tea-1"]
    assert later.since == asked[-1].end


def test_the_extract_leaves_out_what_is_only_compared_with() -> None:
    talk = ["brelvo", "lemon", "tea", "unlike", "fjondo", "oil"]
    kinds = {mention.kind for mention in ear(clean=True).hear(chunks(0.0, said(talk))).mentions}
    assert kinds == {Kind.THIS}
