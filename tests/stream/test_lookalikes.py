"""What is told where look-alikes share a place: before it is said which, and when it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engines.base import Box
from stream.clock import ManualClock
from stream.decide import Decider
from stream.events import ProductData, Versions
from stream.lookalikes import alternatives, confidence, undecided
from stream.scribe import ProductFacts, Scribe
from stream.types import Candidate, Change, Decision, Lookalikes, Moment, Reason, Said, Sighting, View, Window

pytestmark = pytest.mark.unit

ViewAt = Callable[[float], View]
Play = Callable[..., list[Decision]]
HERE = Box(0.3, 0.2, 0.2, 0.5)
WAITS = Lookalikes("oats", 0.5, (("cocoa", 0.5),), undecided=True, wait=True)
OPEN = replace(WAITS, wait=False)
HONEY = Lookalikes("oats", 0.95, (("cocoa", 0.05),))
NOW_COCOA = Lookalikes("oats", 0.95, (("honey", 0.05),), instead_of="honey")
COCOA = replace(NOW_COCOA, instead_of=None)
SHOP = {
    "honey": ProductFacts("Oat Crunch Honey, 375 g", "3.99 EUR", "https://shop/honey", "honey.jpg"),
    "cocoa": ProductFacts("Oat Crunch Cocoa, 375 g", "3.99 EUR", "https://shop/cocoa", "cocoa.jpg"),
}
VERSIONS = Versions(bundle="b", gallery="g", program="1")
SOME = Moment(10.0, None, 1_800_000_000.0)


@pytest.fixture
def play(view_at: ViewAt) -> Play:
    def run(*steps: tuple[str, Lookalikes], unseen_from: int | None = None) -> list[Decision]:
        decider = Decider(show_at=0.95, hide_at=0.1, hold_s=1.5, update_every_s=5.0, max_shown=3)
        decisions = []
        for n, (product_id, alike) in enumerate(steps):
            view = view_at(n / 2)
            seen = 0.99 if unseen_from is None or n < unseen_from else 0.01
            one = Candidate(product_id, seen, box=HERE, lookalikes=alike)
            decisions += decider.push(Sighting(Window(view.at, view.at, (view,)), (one,)))
        return decisions

    return run


def told(decisions: list[Decision]) -> list[tuple[str, str, float]]:
    return [(d.change.value, d.candidate.product_id, d.shown_at.pts) for d in decisions]


def scribe() -> Scribe:
    return Scribe("live-1", "shop", 7, VERSIONS, SHOP.get, ManualClock(SOME.wall))


def written(decision: Decision) -> ProductData:
    data = scribe().decision(decision).data
    assert isinstance(data, ProductData)
    return data


def test_nothing_is_told_while_it_may_yet_be_said_which(play: Play) -> None:
    assert play(*[("honey", WAITS)] * 6) == []


def test_a_name_that_came_in_time_dates_back_to_the_first_view(play: Play) -> None:
    assert told(play(*[("honey", WAITS)] * 6, ("cocoa", NOW_COCOA), ("cocoa", COCOA))) == [("shown", "cocoa", 0.0)]


def test_a_group_that_nobody_names_is_told_as_one_with_its_alternatives(play: Play) -> None:
    [shown] = play(*[("honey", WAITS)] * 6, *[("honey", OPEN)] * 2)
    [other] = shown.alternatives
    assert (shown.change, other.product_id) == (Change.SHOWN, "cocoa")
    assert other.probability == pytest.approx(0.495)


def test_the_guess_was_right_so_it_is_updated_at_once(play: Play) -> None:
    decisions = play(*[("honey", OPEN)] * 4, ("honey", HONEY), ("honey", HONEY))
    assert told(decisions) == [("shown", "honey", 0.0), ("updated", "honey", 0.0)]
    assert confidence(decisions[1].candidate) > 0.9


def test_the_guess_was_wrong_so_it_is_hidden_as_a_mistake_and_the_other_is_shown_from_the_start(play: Play) -> None:
    decisions = play(*[("honey", OPEN)] * 4, ("cocoa", NOW_COCOA), ("cocoa", COCOA))
    assert told(decisions) == [("shown", "honey", 0.0), ("hidden", "honey", 0.0), ("shown", "cocoa", 0.0)]
    assert decisions[1].why is Reason.MISTAKEN
    assert decisions[1].hidden_at is not None
    assert decisions[1].hidden_at.pts == 2.0


def test_a_guess_is_found_right_also_by_a_word_that_comes_when_it_is_out_of_view(play: Play) -> None:
    decisions = play(*[("honey", OPEN)] * 4, *[("honey", HONEY)] * 8, unseen_from=4)
    assert told(decisions) == [("shown", "honey", 0.0), ("updated", "honey", 0.0), ("hidden", "honey", 0.0)]
    assert not undecided(decisions[1].candidate)
    assert not undecided(decisions[2].candidate)


ANEW = replace(OPEN, anew=True)


def test_what_was_told_to_be_the_very_one_is_over_when_something_comes_back(play: Play) -> None:
    decisions = play(*[("honey", HONEY)] * 4, ("honey", ANEW), *[("honey", OPEN)] * 3)
    assert told(decisions) == [("shown", "honey", 0.0), ("hidden", "honey", 0.0), ("shown", "honey", 1.5)]
    assert decisions[1].why is Reason.NOT_SEEN
    assert decisions[1].hidden_at is not None
    assert decisions[1].hidden_at.pts == 1.5


def test_one_that_is_named_as_it_comes_back_takes_nothing_from_the_one_before(play: Play) -> None:
    named = replace(NOW_COCOA, anew=True)
    decisions = play(*[("honey", HONEY)] * 4, ("cocoa", named), *[("cocoa", COCOA)] * 3)
    assert told(decisions) == [("shown", "honey", 0.0), ("hidden", "honey", 0.0), ("shown", "cocoa", 2.0)]
    assert decisions[1].why is Reason.NOT_SEEN


def test_a_group_that_nobody_named_goes_on_when_one_comes_back(play: Play) -> None:
    assert told(play(*[("honey", OPEN)] * 4, ("honey", ANEW), ("honey", OPEN))) == [("shown", "honey", 0.0)]


def test_an_undecided_event_holds_only_what_is_true_of_all() -> None:
    guess = Candidate("honey", 0.96, lookalikes=OPEN)
    data = written(Decision(Change.SHOWN, guess, alternatives(guess), SOME, 3))
    assert (data.undecided, data.sku_group, data.confidence) == (True, "oats", 0.48)
    assert [(other.product_id, other.confidence) for other in data.alternatives] == [("cocoa", 0.48)]
    assert data.product.title == "Oat Crunch"
    assert (data.product.price, data.product.link, data.product.image_link) == ("3.99 EUR", None, "honey.jpg")


def test_a_decided_event_holds_the_product_itself() -> None:
    honey = Candidate("honey", 0.98, lookalikes=HONEY)
    data = written(Decision(Change.SHOWN, honey, alternatives(honey), SOME, 3))
    assert (data.undecided, data.product.title) == (False, "Oat Crunch Honey, 375 g")
    assert data.confidence == pytest.approx(0.931)


def test_titles_with_nothing_in_common_are_none() -> None:
    shop = {"a": ProductFacts("Tea", "1 EUR"), "b": ProductFacts("Soap", "2 EUR")}
    both = Candidate("a", 0.9, lookalikes=Lookalikes("a", 0.5, (("b", 0.5),), undecided=True))
    pen = Scribe("live-1", None, 7, VERSIONS, shop.get, ManualClock(SOME.wall))
    data = pen.decision(Decision(Change.SHOWN, both, (), SOME, 1)).data
    assert isinstance(data, ProductData)
    assert (data.product.title, data.product.price) == (None, None)


def test_evidence_tells_the_words_their_times_and_what_they_were_worth() -> None:
    words = (Said("oat crunch honey", 8.0, 9.25, 2.8), Said("not the oat crunch", 9.5, 9.9, -1.0))
    seen = Candidate("honey", 0.9, speech=1.8, said=words, suspended="music", unseen=True)
    evidence = written(Decision(Change.SHOWN, seen, (), SOME, 3)).evidence
    assert (evidence.words, evidence.speech) == (("oat crunch honey",), 1.8)
    assert [(w.text, w.start, w.end, w.weight) for w in evidence.heard] == [fields_of(w) for w in words]
    assert (evidence.suspended, evidence.unseen) == ("music", True)


def fields_of(said: Said) -> tuple[str, float, float, float]:
    return said.text, said.start, said.end, said.weight
