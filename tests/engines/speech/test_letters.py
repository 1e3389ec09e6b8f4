"""Made-up names get ways to be said, in phones that the model has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.speech.letters import pronunciations

pytestmark = pytest.mark.unit

ALL = "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
PHONES = frozenset(ALL.split())


@pytest.mark.parametrize(
    ("word", "way"),
    [
        ("Fjondo", "F Y OW N D OW"),
        ("Quira", "K W IY R AH"),
        ("Lube", "L UW B"),
        ("Célina", "S EH L IY N AH"),
        ("Kakko", "K AA K OW"),
        ("Yara", "Y AA R AH"),
        ("Wendal", "W EH N D AH L"),
        ("Orimeo", "AO R IY M IY OW"),
        ("Palane", "P AA L EY N"),
        ("Wengra", "W EH NG G R AH"),
        ("Wenkko", "W EH NG K OW"),
        ("Rura", "R UH R AH"),
        ("Tara", "T EH R AH"),
        ("Marno", "M AA R N OW"),
    ],
)
def test_a_made_up_name_can_be_said_as_people_do(word: str, way: str) -> None:
    assert way in pronunciations(word)


def test_what_has_no_letters_has_no_sound() -> None:
    assert pronunciations("375") == ()


@given(st.text(max_size=20))
def test_every_way_is_made_of_phones_and_there_are_four_at_most(word: str) -> None:
    ways = pronunciations(word)
    assert len(ways) <= 4
    assert all(set(way.split()) <= PHONES for way in ways)
