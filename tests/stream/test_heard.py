"""Words and pictures together: what is raised, what is lowered, and which of the look-alikes it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import exp, log

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.base import Box
from engines.text import Kind, Mention
from stream.heard import AWAY_S, IN_VIEW, NEXT_S, RAISE, STAYS_S, Alike, Heard
from stream.hearsay import Hearsay
from stream.types import Candidate, Lookalikes, Sighting, View, Window
from stream.votes import OVERTAKEN, as_seen, total, votes_of

pytestmark = pytest.mark.unit

ViewAt = Callable[[float], View]
Join = Callable[..., Sighting]
TWINS = Alike({"honey": "oats", "cocoa": "oats"}, dict.fromkeys(("honey", "cocoa"), ("cocoa", "honey")))
SIBLINGS = Alike({"honey": "oats", "cocoa": "oats"})
HERE, THERE = Box(0.3, 0.2, 0.2, 0.5), Box(0.7, 0.2, 0.2, 0.5)


def said(*mentions: Mention, until: float = 10.0) -> Hearsay:
    board = Hearsay()
    board.push(mentions, until)
    return board


def named(product_id: str, at: float = 9.0, weight: float = 1.0, kind: Kind = Kind.THIS) -> Mention:
    return Mention(product_id, at - 0.5, at, product_id, weight, kind)


def not_cocoa() -> Mention:
    return named("cocoa", kind=Kind.NOT_THIS)


@pytest.fixture
def join(view_at: ViewAt) -> Join:
    def run(heard: Heard, board: Hearsay, *candidates: Candidate, at: float = 10.0) -> Sighting:
        view = view_at(at)
        return heard.join(Sighting(Window(at, at, (view,)), candidates), board)

    return run


def alike(sighting: Sighting) -> Lookalikes:
    found = sighting.ranked[0].lookalikes
    assert found is not None
    return found


def logit(p: float) -> float:
    return log(p / (1 - p))


def test_where_nobody_listens_a_sighting_stays_as_it_is(join: Join) -> None:
    tea = Candidate("tea", 0.7, in_view=0.8)
    assert join(Heard(), Hearsay(), tea).ranked == (tea,)


def test_a_name_raises_what_is_in_view_and_says_by_what_words(join: Join) -> None:
    [tea] = join(Heard(), said(named("tea")), Candidate("tea", 0.7)).ranked
    assert tea.probability > 0.85
    assert [words.text for words in tea.said] == ["tea"]
    assert tea.speech == pytest.approx(tea.said[0].weight)


def test_silence_raises_nothing_but_is_told_apart_from_nobody_listening(join: Join) -> None:
    [tea] = join(Heard(), said(), Candidate("tea", 0.7)).ranked
    assert (tea.probability, tea.speech) == (0.7, 0.0)


def test_no_word_raises_what_is_hardly_in_view(join: Join) -> None:
    [tea] = join(Heard(), said(named("tea")), Candidate("tea", 0.05, in_view=IN_VIEW - 0.01)).ranked
    assert tea.probability == 0.05


def test_what_is_named_but_was_not_looked_at_does_not_come_into_being(join: Join) -> None:
    assert join(Heard(), said(named("soap"))).ranked == ()


@pytest.mark.parametrize("kind", [Kind.PAST, Kind.NEXT, Kind.NOT_THIS, Kind.RIVAL])
def test_what_the_host_says_it_is_not_is_lowered(join: Join, kind: Kind) -> None:
    [tea] = join(Heard(), said(named("tea", kind=kind)), Candidate("tea", 0.7)).ranked
    assert tea.probability < 0.7


def test_a_name_is_worth_less_the_longer_ago_it_was_said(join: Join) -> None:
    heard = [join(Heard(), said(named("tea", at=at)), Candidate("tea", 0.7)).ranked[0] for at in (9.0, 3.0, 0.0)]
    assert heard[0].probability > heard[1].probability > heard[2].probability > 0.7


def test_words_that_come_late_count_at_the_next_hop(join: Join) -> None:
    heard, board = Heard(), said(until=8.0)
    assert join(heard, board, Candidate("tea", 0.7), at=9.0).ranked[0].probability == 0.7
    board.push([named("tea", at=8.5)], 9.5)
    assert join(heard, board, Candidate("tea", 0.7), at=10.0).ranked[0].probability > 0.8


def test_music_suspends_the_vote_and_says_so(join: Join) -> None:
    board = said(named("tea"))
    board.mute(9.5, 10.0, "music")
    board.push([], 9.9)
    board.mute(9.5, 12.0, "music")
    [tea] = join(Heard(), board, Candidate("tea", 0.7)).ranked
    assert (tea.probability, tea.suspended, tea.speech) == (0.7, "music", None)


def test_music_suspends_the_vote_also_where_pictures_are_ahead_of_what_was_heard(join: Join) -> None:
    board = said(named("tea", at=8.0), until=9.0)
    board.mute(8.2, 9.0, "music")
    [tea] = join(Heard(), board, Candidate("tea", 0.7)).ranked
    assert (tea.probability, tea.suspended, tea.speech) == (0.7, "music", None)


def test_a_listener_that_lags_far_behind_does_not_count(join: Join) -> None:
    [tea] = join(Heard(), said(named("tea")), Candidate("tea", 0.7), at=40.0).ranked
    assert (tea.probability, tea.speech) == (0.7, None)


def test_twins_that_nobody_names_are_one_undecided_candidate(join: Join) -> None:
    sighting = join(Heard(TWINS), Hearsay(), Candidate("honey", 0.49, box=HERE), Candidate("cocoa", 0.47, box=HERE))
    [one] = sighting.ranked
    assert one.product_id == "cocoa"
    assert one.probability == pytest.approx(0.96)
    assert alike(sighting) == Lookalikes("oats", 0.5, (("honey", 0.5),), undecided=True)


def test_a_twin_that_was_not_looked_at_is_as_likely_as_the_one_that_was(join: Join) -> None:
    sighting = join(Heard(TWINS), Hearsay(), Candidate("honey", 0.97))
    assert alike(sighting).undecided
    assert alike(sighting).share == 0.5


def test_a_name_decides_which_twin_it_is(join: Join) -> None:
    sighting = join(Heard(TWINS), said(named("honey")), Candidate("honey", 0.4), Candidate("cocoa", 0.4))
    assert sighting.ranked[0].product_id == "honey"
    assert (alike(sighting).undecided, alike(sighting).share > 0.9) == (False, True)


def test_a_name_that_fits_all_twins_decides_nothing(join: Join) -> None:
    board = said(named("honey", weight=0.5), named("cocoa", weight=0.5))
    assert alike(join(Heard(TWINS), board, Candidate("honey", 0.5), Candidate("cocoa", 0.4))).undecided


def test_saying_that_it_is_not_the_one_speaks_for_the_other(join: Join) -> None:
    sighting = join(Heard(TWINS), said(named("cocoa", kind=Kind.NOT_THIS)), Candidate("cocoa", 0.9))
    assert (sighting.ranked[0].product_id, alike(sighting).undecided) == ("honey", False)


def test_somebody_listens_so_the_group_waits_to_be_named(join: Join) -> None:
    heard, board = Heard(TWINS, undecided_after_s=4.0), said()
    waits = [alike(join(heard, board, Candidate("honey", 0.9), at=at)).wait for at in (8.0, 9.5, 11.0, 11.9, 12.0)]
    assert waits == [True, True, True, True, False]


def test_the_wait_begins_when_they_come_into_view(join: Join) -> None:
    heard, board = Heard(TWINS, undecided_after_s=4.0), said()
    for at in (5.0, 6.0, 7.0):
        join(heard, board, Candidate("honey", 0.001), at=at)
    assert [alike(join(heard, board, Candidate("honey", 0.9), at=at)).wait for at in (8.0, 11.5)] == [True, True]


def test_where_nobody_listens_a_group_does_not_wait(join: Join) -> None:
    assert not alike(join(Heard(TWINS), Hearsay(), Candidate("honey", 0.9))).wait


def test_once_decided_it_stays_so_while_it_is_in_view(join: Join) -> None:
    heard, board = Heard(TWINS), said(named("honey"))
    for at in range(10, 90):
        board.push([], float(at))
        sighting = join(heard, board, Candidate("honey", 0.5), Candidate("cocoa", 0.5), at=float(at))
        assert (sighting.ranked[0].product_id, alike(sighting).undecided) == ("honey", False)


def test_one_name_is_enough_when_another_is_taken_into_the_hand(join: Join) -> None:
    """However often the one before was named."""
    heard, board = Heard(TWINS), said(named("honey", at=7.0), named("honey", at=8.0), named("honey", at=9.0))
    assert join(heard, board, Candidate("honey", 0.9)).ranked[0].product_id == "honey"
    board.push([named("cocoa", at=11.5)], 12.0)
    sighting = join(heard, board, Candidate("honey", 0.9), at=12.0)
    assert (sighting.ranked[0].product_id, alike(sighting).instead_of) == ("cocoa", "honey")
    assert not alike(sighting).undecided


@pytest.mark.parametrize(("weight", "guess"), [(0.7, "honey"), (0.8, "cocoa")])
def test_a_guess_gives_way_to_one_that_is_twice_as_likely_and_to_none_that_is_less(
    join: Join, weight: float, guess: str
) -> None:
    heard, board = Heard(TWINS), said(named("honey"))
    join(heard, board, Candidate("honey", 0.9))
    board.push([named("cocoa", at=13.5, weight=weight)], 14.0)
    told = [join(heard, board, Candidate("honey", 0.9), at=at) for at in (11.0, 12.0, 13.0, 14.0)][-1]
    assert (told.ranked[0].product_id, alike(told).undecided) == (guess, True)
    assert alike(told).share > 1 / 3


def test_twins_of_two_colours_in_one_group_are_told_apart_by_pictures(join: Join) -> None:
    red, blue = ("red L", "red S"), ("blue L", "blue S")
    shirts = Alike(dict.fromkeys(red + blue, "shirt"), dict.fromkeys(red, red) | dict.fromkeys(blue, blue))
    heard = Heard(shirts)
    for at in range(8):
        join(heard, Hearsay(), *(Candidate(i, 0.45) for i in red), at=at)
    for at in range(8, 16):  # taken into the hand without a break
        seen = [*(Candidate(i, 0.4) for i in blue), *(Candidate(i, 0.1) for i in red)]
        told = join(heard, Hearsay(), *seen, at=at).ranked
        assert [(one.product_id, one.probability) for one in told] == [("blue L", 0.8), ("red L", 0.2)]
        assert {one.lookalikes.group for one in told if one.lookalikes} == {"shirt"}


def test_a_guess_that_left_the_catalogue_is_no_guess_any_more(join: Join) -> None:
    three, two = ("cocoa", "honey", "plain"), ("cocoa", "plain")
    heard = Heard(Alike(dict.fromkeys(three, "oats"), dict.fromkeys(three, three)))
    for at in range(4):
        join(heard, said(named("honey", at=2.0)), Candidate("cocoa", 0.9), at=at)
    heard.learn(Alike(dict.fromkeys(two, "oats"), dict.fromkeys(two, two)))
    told = join(heard, Hearsay(), Candidate("cocoa", 0.4), at=4)
    assert told.ranked[0].product_id in two
    assert alike(told).instead_of is None


def test_what_was_decided_is_forgotten_when_it_leaves_the_view(join: Join) -> None:
    heard, board = Heard(TWINS), said(named("honey"))
    join(heard, board, Candidate("honey", 0.9))
    later = 10.0 + AWAY_S + 5.0
    board.push([], later)
    assert alike(join(heard, board, Candidate("honey", 0.9), at=later)).undecided


def test_what_was_said_of_the_twin_before_says_nothing_of_the_next(join: Join) -> None:
    """It left the view for two seconds, and another may have been taken up: it is a guess again, and the same one."""
    heard, board = Heard(TWINS), said(named("honey"))
    join(heard, board, Candidate("honey", 0.9))
    later = 10.0 + AWAY_S + 0.5
    board.push([], later)
    sighting = join(heard, board, Candidate("honey", 0.9), at=later)
    assert (sighting.ranked[0].product_id, alike(sighting).undecided) == ("honey", True)


@pytest.mark.parametrize(
    ("gone_s", "guess"), [(STAYS_S, "honey"), (STAYS_S + 0.5, "cocoa"), (NEXT_S, "cocoa"), (NEXT_S + 0.5, "honey")]
)
def test_what_is_taken_up_soon_after_one_that_was_named_is_rather_the_other(
    join: Join, gone_s: float, guess: str
) -> None:
    """At once it is the same that was covered; much later it may be either, and what was shown once comes again."""
    heard, board = Heard(TWINS), said(named("honey"), until=40.0)
    join(heard, board, Candidate("honey", 0.9))
    for at in (10.0 + gone_s, 15.0 + gone_s):  # and it stays the guess
        sighting = join(heard, board, Candidate("honey", 0.9), at=at)
        assert (sighting.ranked[0].product_id, alike(sighting).undecided) == (guess, True)
        assert alike(sighting).share == pytest.approx(0.5)


def test_what_is_taken_up_soon_after_one_that_nobody_named_is_the_same_guess(join: Join) -> None:
    heard, board = Heard(TWINS), said(until=40.0)
    first = join(heard, board, Candidate("honey", 0.9)).ranked[0].product_id
    assert join(heard, board, Candidate("honey", 0.9), at=16.0).ranked[0].product_id == first


def test_a_name_that_may_be_a_stranger_s_raises_what_looks_like_it_by_much_less(join: Join) -> None:
    sure, doubtful = (
        join(Heard(), said(named("tea", weight=weight)), Candidate("tea", 0.6)).ranked[0] for weight in (1.0, 0.5)
    )
    assert sure.speech is not None
    assert doubtful.speech == pytest.approx(sure.speech / 4)
    assert sure.probability > doubtful.probability > 0.6


def test_among_twins_a_doubtful_name_counts_for_what_it_is(join: Join) -> None:
    sighting = join(Heard(TWINS), said(named("honey", weight=0.6)), Candidate("honey", 0.9))
    assert (sighting.ranked[0].product_id, alike(sighting).undecided) == ("honey", False)


def test_a_name_is_worth_less_once_another_product_was_named(join: Join) -> None:
    alone, tea = said(named("tea", at=5.0)), Candidate("tea", 0.7)
    overtaken = said(named("tea", at=5.0), named("soap", at=7.0))
    still = join(Heard(), alone, tea).ranked[0].speech or 0.0
    assert still > 0
    assert join(Heard(), overtaken, tea).ranked[0].speech == pytest.approx(still * (1 - OVERTAKEN))


@pytest.mark.parametrize(
    "other",
    [named("cocoa", at=7.0), named("soap", at=7.0, kind=Kind.RIVAL), named("soap", at=5.2), named("soap", at=3.0)],
    ids=["a sibling", "a rival", "one with it", "one before"],
)
def test_a_name_keeps_its_worth_beside_what_is_no_other_product_s_turn(join: Join, other: Mention) -> None:
    honey = Candidate("honey", 0.7)
    alone = join(Heard(SIBLINGS), said(named("honey", at=5.0)), honey).ranked[0].speech
    assert join(Heard(SIBLINGS), said(named("honey", at=5.0), other), honey).ranked[0].speech == alone


def test_what_it_is_not_stays_said_whatever_is_named_next(join: Join) -> None:
    tea, refused = Candidate("tea", 0.7), named("tea", at=5.0, kind=Kind.NOT_THIS)
    alone = join(Heard(), said(refused), tea).ranked[0].speech
    assert join(Heard(), said(refused, named("soap", at=7.0)), tea).ranked[0].speech == alone


def test_a_gap_forgets_it_too(join: Join) -> None:
    heard, board = Heard(TWINS), said(named("honey"))
    join(heard, board, Candidate("honey", 0.9))
    heard.reset()
    board.reset()
    assert alike(join(heard, board, Candidate("honey", 0.9), at=10.5)).undecided


def test_siblings_share_what_was_seen_by_pictures_and_words(join: Join) -> None:
    pair = (Candidate("honey", 0.3, box=HERE), Candidate("cocoa", 0.5, box=HERE))
    honey, cocoa = join(Heard(SIBLINGS), said(named("honey")), *pair).ranked
    assert (honey.product_id, honey.probability > 0.8) == ("honey", True)
    assert cocoa.probability < 0.1


def test_pictures_that_are_sure_are_not_overruled_by_one_name(join: Join) -> None:
    pair = (Candidate("honey", 0.001, box=HERE), Candidate("cocoa", 0.98, box=HERE))
    best = join(Heard(SIBLINGS), said(named("honey", weight=0.6)), *pair).ranked[0]
    assert best.product_id == "cocoa"


def test_a_word_for_one_of_two_siblings_counts_once(join: Join) -> None:
    """It says that one of them is there, and which; not a second time that this one is there."""
    heard = total(votes_of([named("honey")], 10.0)["honey"])
    pair = (Candidate("honey", 0.3, box=HERE), Candidate("cocoa", 0.5, box=HERE))
    honey, cocoa = join(Heard(SIBLINGS), said(named("honey")), *pair).ranked
    assert honey.probability / cocoa.probability == pytest.approx(0.3 * exp(heard) / 0.5)
    odds = 0.8 / 0.2 * (0.3 * exp(RAISE * heard) + 0.5) / 0.8
    assert honey.probability + cocoa.probability == pytest.approx(odds / (1 + odds))


def test_a_word_against_one_of_two_siblings_leaves_the_other_where_it_was(join: Join) -> None:
    pair = (Candidate("honey", 0.45, box=HERE), Candidate("cocoa", 0.45, box=HERE))
    found = {one.product_id: one.probability for one in join(Heard(SIBLINGS), said(not_cocoa()), *pair).ranked}
    assert 0.45 < found["honey"] < 0.9
    assert found["cocoa"] < 0.1


def test_siblings_in_two_places_take_nothing_from_each_other(join: Join) -> None:
    pair = (Candidate("honey", 0.9, box=HERE), Candidate("cocoa", 0.9, box=THERE))
    found = {one.product_id: one.probability for one in join(Heard(SIBLINGS), said(named("honey")), *pair).ranked}
    assert found["cocoa"] == 0.9


def test_what_is_not_seen_is_told_only_where_the_livestream_allows_it(join: Join) -> None:
    board = said(named("soap"))
    [soap] = join(Heard(announce_unseen=True), board).ranked
    assert (soap.product_id, soap.unseen, soap.box) == ("soap", True, None)
    assert soap.probability > 0.9
    assert join(Heard(announce_unseen=True), said(named("soap", weight=0.6))).ranked == ()


weights = st.floats(0, 1)
mentions = st.lists(
    st.builds(
        named, st.sampled_from(["tea", "honey", "cocoa", "soap"]), st.floats(0, 10), weights, st.sampled_from(Kind)
    ),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(mentions=mentions, seen=st.tuples(weights, weights, weights), pictures=st.sampled_from([TWINS, SIBLINGS]))
def test_whatever_is_said_makes_nothing_seen_and_shares_what_is(
    join: Join, mentions: Sequence[Mention], seen: tuple[float, float, float], pictures: Alike
) -> None:
    candidates = [Candidate(i, p, box=HERE) for i, p in zip(("tea", "honey", "cocoa"), seen, strict=True)]
    before = sum(one.probability for one in candidates[1:])
    found = join(Heard(pictures), said(*mentions), *candidates).ranked
    assert all(0 <= one.probability <= 1 for one in found)
    assert {one.product_id for one in found} <= {"tea", "honey", "cocoa"}
    assert sum(one.in_view or 0.0 for one in found if one.product_id != "tea") <= before + 1e-9
    for one in found:
        if one.lookalikes is not None:
            shares = [one.lookalikes.share, *(share for _, share in one.lookalikes.others)]
            assert sum(shares) == pytest.approx(1.0)


def test_a_name_that_others_have_too_is_of_the_twins_in_view(join: Join) -> None:
    """ "The one in Honey": of the oats in the hand, rather than of the tea that is nowhere."""
    others = [named("honey", weight=0.38), named("tea", weight=0.38)]
    out_of_view = join(Heard(TWINS), said(*others), Candidate("honey", 0.9))
    assert not alike(out_of_view).undecided
    in_view = join(Heard(TWINS), said(*others), Candidate("honey", 0.9), Candidate("tea", 0.9))
    assert next(one.lookalikes for one in in_view.ranked if one.lookalikes is not None).undecided


def test_a_rival_s_name_is_no_likelier_of_the_twins_in_view(join: Join) -> None:
    rivals = [named("honey", weight=0.38, kind=Kind.RIVAL), named("tea", weight=0.38, kind=Kind.RIVAL)]
    assert as_seen(rivals, {"cocoa"}, TWINS.groups) == rivals


@pytest.mark.parametrize(
    ("back_at", "place", "decided"),
    [
        (9.0 + STAYS_S, HERE, True),
        (9.0 + STAYS_S, THERE, False),
        (9.0 + STAYS_S, None, False),
        (9.5 + STAYS_S, HERE, False),
    ],
)
def test_what_comes_back_soon_to_the_very_place_is_what_was_there(
    join: Join, back_at: float, place: Box | None, decided: bool
) -> None:
    heard, board = Heard(TWINS), said(named("honey", at=8.0), until=40.0)
    join(heard, board, Candidate("honey", 0.9, box=HERE), at=9.0)
    back = alike(join(heard, board, Candidate("honey", 0.9, box=place), at=back_at))
    assert (not back.undecided, back.anew) == (decided, not decided)
    later = alike(join(heard, board, Candidate("honey", 0.9, box=place), at=back_at + 0.5))
    assert not later.anew


def test_what_lies_is_not_in_the_hand_so_what_is_taken_up_next_may_be_another(join: Join) -> None:
    heard, board = Heard(TWINS), said(named("honey", at=8.0), until=40.0)
    join(heard, board, Candidate("honey", 0.9, box=HERE), at=9.0)
    for at in range(10, 21):
        lying = Candidate("honey", 0.01, in_view=0.9, box=THERE, resting_since=9.5)
        told = join(heard, board, lying, at=float(at)).ranked[0]
        assert told.resting_since == 9.5
    assert alike(join(heard, board, Candidate("honey", 0.9, box=HERE), at=20.5)).undecided


def test_what_is_in_the_hand_right_after_one_was_put_down_may_be_another(join: Join) -> None:
    heard, board = Heard(TWINS), said(named("honey", at=8.0), until=40.0)
    join(heard, board, Candidate("honey", 0.9, box=HERE), at=9.0)
    join(heard, board, Candidate("honey", 0.01, in_view=0.9, box=THERE, resting_since=9.2), at=9.5)
    back = alike(join(heard, board, Candidate("honey", 0.9, box=HERE), at=10.0))
    assert not back.undecided  # it was taken for put down: there it is, where it was
    join(heard, board, Candidate("honey", 0.9, box=THERE), at=10.5)
    join(heard, board, Candidate("honey", 0.01, in_view=0.9, box=THERE, resting_since=10.6), at=11.0)
    assert alike(join(heard, board, Candidate("honey", 0.9, box=HERE), at=11.5)).undecided


def test_what_lay_there_before_it_was_taken_up_is_another(join: Join) -> None:
    heard, board = Heard(TWINS), said(until=40.0)
    join(heard, board, Candidate("honey", 0.9, box=HERE), at=9.0)
    lying = Candidate("cocoa", 0.01, in_view=0.9, box=THERE, resting_since=5.0)
    [one] = join(heard, board, lying, at=9.5).ranked
    assert (one.resting_since, one.in_view) == (None, 0.01)
    [one] = join(heard, board, replace(lying, resting_since=9.2), at=10.0).ranked
    assert (one.resting_since, one.in_view) == (9.2, 0.9)


def test_what_was_decided_stays_while_nothing_is_in_view_and_not_when_something_comes_back(join: Join) -> None:
    heard, board = Heard(TWINS), said(named("honey", at=9.0), until=40.0)
    assert not alike(join(heard, board, Candidate("honey", 0.9), at=10.0)).undecided
    assert not alike(join(heard, board, Candidate("honey", 0.1), at=11.0 + AWAY_S)).undecided
    assert alike(join(heard, board, Candidate("honey", 0.9), at=12.0 + AWAY_S)).undecided


weighed = st.dictionaries(st.sampled_from(["honey", "tea", "soap"]), st.floats(0.2, 0.33))


@given(weighed, st.sets(st.sampled_from(["cocoa", "tea", "soap", "oil"])))
def test_beside_one_in_view_one_out_of_view_counts_a_quarter(weights: dict[str, float], there: set[str]) -> None:
    name = [named(product_id, weight=weight) for product_id, weight in weights.items()]
    after = {one.product_id: one.weight for one in as_seen(name, there, TWINS.groups)}
    assert after.keys() == weights.keys()
    near = {"honey"} & after.keys() if "cocoa" in there else set[str]()
    near |= there & after.keys()
    if not near or near == after.keys():
        assert after == pytest.approx(weights)
    else:
        assert all(weights[one] < after[one] <= 1 for one in near)
        shares = (
            {after[one] / weights[one] for one in near},
            {after[one] / weights[one] for one in after.keys() - near},
        )
        assert max(shares[0]) == pytest.approx(min(shares[0]))
        assert max(shares[0]) == pytest.approx(4 * max(shares[1]))
