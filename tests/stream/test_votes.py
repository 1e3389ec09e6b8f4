"""What a name is worth, whatever else was named: told again here as it is meant, the slow way."""

from __future__ import annotations

from math import exp

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engines.text import Kind, Mention
from stream.votes import LASTS_S, LEAST, NAMED, OVERTAKEN, votes_of

pytestmark = pytest.mark.unit

NOW = 30.0
GROUPS = {"honey": "oats", "cocoa": "oats"}
spans = st.sampled_from([(1.0, 2.0), (1.5, 2.0), (2.0, 3.0), (4.0, 6.0), (20.0, 21.0)])
names = st.builds(
    lambda span, product_id, weight, kind: Mention(product_id, span[0], span[1], product_id, weight, kind),
    spans,
    st.sampled_from(["honey", "cocoa", "tea", "soap"]),
    st.floats(0.1, 1.0),
    st.sampled_from([Kind.THIS, Kind.THIS, Kind.NEXT]),
)


def family(mention: Mention) -> str:
    return GROUPS.get(mention.product_id, mention.product_id)


def worth(mention: Mention, mentions: list[Mention]) -> float:
    left = 1.0
    after = [one for one in mentions if one.kind is Kind.THIS and one.start >= mention.end]
    for span in {(one.start, one.end) for one in after}:
        others = [one for one in after if (one.start, one.end) == span and family(one) != family(mention)]
        left *= 1 - OVERTAKEN * min(sum(one.weight for one in others), 1.0)
    return NAMED * mention.weight * exp(-(NOW - mention.end) / LASTS_S) * left


@given(st.lists(names, max_size=12))
def test_each_name_is_worth_what_the_names_of_others_after_it_have_left(mentions: list[Mention]) -> None:
    told = votes_of(mentions, NOW, GROUPS)
    worths = [(one.product_id, worth(one, mentions)) for one in mentions if one.kind is Kind.THIS]
    assume(all(abs(much - LEAST) > 1e-9 for _, much in worths))  # at the very border it may be told or not
    for product_id in {one.product_id for one in mentions}:
        expected = [much for whose, much in worths if whose == product_id and much > LEAST]
        heard = [words.weight for words in told.get(product_id, ()) if words.weight > 0]
        assert heard == pytest.approx(expected)
