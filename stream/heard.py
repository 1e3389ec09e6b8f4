"""Joins what was seen in a hop with what was said of it. Pure: no clock, no sound.

Words never make anything seen. They raise or lower what is in view, and they decide among look-alikes: products that
pictures cannot tell apart (twins) are judged as one, and one of them stands for all until somebody says which it is.
Siblings, which look much the same, share what was seen of them by picture and by word alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import exp, log
from typing import TYPE_CHECKING

from stream.fuse import FLOOR, sigmoid
from stream.rest import overlap
from stream.types import Candidate, Lookalikes, Said
from stream.votes import as_seen, doubted, total, votes_of
from stream.weighing import logit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engines.base import Box
    from stream.hearsay import Hearsay
    from stream.types import Seconds, Sighting

    Votes = Mapping[str, tuple[Said, ...]]
    _Twins = tuple[str, ...]  # all of them, in an order of their own

KEPT_S = 45.0  # how long a name is worth anything at all
LEAD_S = 3.0  # hosts name a product before it is in view
AWAY_S = 1.5  # out of the hand for longer, and what comes next may be another: hosts change variants that fast
NEXT_S = 10.0  # taken up so soon after one that was named left, it is rather another: nobody shows the same one twice
STAYS_S = 3.0  # unless it comes back no later than this to the very place: another is not held just so, so soon
VERY_PLACE = 0.6  # overlap of where it was with where it comes back: a hand that sways keeps more of it
IN_VIEW = 0.2  # less than that is not seen: no word raises it
PRESENT = 0.5  # more likely in view than not
RAISE = 0.5  # of what was said for a product: pictures and words are not independent where a host reads the print
DECIDED = 0.8  # share of one look-alike from which on it is told as the one
TWICE = 2.0  # as likely, and another is the guess: for less nobody is told another name
KEEPS = 1.5  # log-odds over all others together, by which what was decided stays so until it leaves the view
EDGE_S = 0.001  # the last moment that was heard lies before `settled`, where what comes next begins
SAME_PLACE = 0.5  # boxes that overlap by more are of one thing
ATTENTIVE_S = 10.0  # sound was heard up to so short a time ago: somebody listens, and the host may yet say it
UNSEEN_S = 8.0  # how long a product that was named but not seen is taken to be shown, where that is allowed
UNSEEN_SURE = 0.8  # weight of a name from which on it may be told unseen


@dataclass(frozen=True, slots=True)
class Alike:
    """Of the products in scope. `groups`: the group of each that has look-alikes.

    `twins`: for each whose pictures are another's too, all of them, itself among them.
    """

    groups: Mapping[str, str] = field(default_factory=dict)
    twins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NOBODY = Alike()


@dataclass(slots=True)
class Kin:
    """What is known by now of a scope's look-alikes: judging reads it, and comparing pictures goes on beside it."""

    alike: Alike = NOBODY


@dataclass(slots=True)
class _Run:
    """One of some twins in the hand, without a break."""

    since: Seconds
    last: Seconds
    heard_from: Seconds  # what was said before was of the one that was in the hand then
    leader: str = ""
    after: str | None = None  # who was named in the run before
    named: str | None = None
    box: Box | None = None  # where it was at `last`
    put_down: bool = False  # since then: whatever is in the hand elsewhere was taken up anew

    def comes_back(self, box: Box | None, now: Seconds) -> bool:
        """Whether what is in the hand now is what was there at `last`."""
        if now - self.last <= AWAY_S and not self.put_down:
            return True
        if self.box is None or box is None or now - self.last > STAYS_S:
            return False
        return overlap(self.box, box) > VERY_PLACE

    def judge(self, said: Mapping[str, Sequence[Said]], *, free: bool) -> dict[str, float]:
        """Each one's share. A guess is not changed later on for one that is hardly better, unless `free`."""
        shares = _shares(self._believed(said))
        best = max(sorted(shares), key=lambda i: (shares[i], i == self.leader, i != self.after))
        if shares[best] >= DECIDED:
            self.leader = self.named = best
        elif free or not self.leader or shares[best] >= TWICE * shares[self.leader]:
            self.leader = best
        return shares

    def _believed(self, said: Mapping[str, Sequence[Said]]) -> dict[str, float]:
        """Log-odds, one name after the other: the host may have taken another into the hand, so what was believed
        before counts for no more than KEEPS."""
        keeps = KEEPS + log(max(len(said) - 1, 1))
        odds = {i: keeps if i == self.named else 0.0 for i in said}
        for when in sorted({(words.start, words.end) for of in said.values() for words in of}):
            new = {i: sum(words.weight for words in of if (words.start, words.end) == when) for i, of in said.items()}
            top = max(odds.values())
            odds = {i: max(one - top, -keeps) + new[i] for i, one in odds.items()}
        return odds


class Heard:
    """One livestream's; `join` once a hop, `reset` at a gap."""

    def __init__(
        self, alike: Alike = NOBODY, *, announce_unseen: bool = False, undecided_after_s: Seconds = 2.0
    ) -> None:
        self._alike = alike
        self._announce_unseen = announce_unseen
        self._undecided_after_s = undecided_after_s
        self._runs: dict[str, _Run] = {}

    def reset(self) -> None:
        self._runs.clear()

    def learn(self, alike: Alike) -> None:
        """More is known of who looks like whom."""
        self._alike = alike

    def join(self, sighting: Sighting, hearsay: Hearsay) -> Sighting:
        now = sighting.window.views[-1].at
        attentive = hearsay.settled > 0 and now - hearsay.settled < ATTENTIVE_S
        suspended = hearsay.suspended(min(now, hearsay.settled - EDGE_S)) if attentive else None
        counts = attentive and suspended is None
        mentions = hearsay.within(now - KEPT_S, now) if counts else ()
        votes = votes_of(doubted(mentions), now, self._alike.groups)
        there = {one.product_id for one in sighting.ranked if _in_view(one) >= IN_VIEW}
        of_twins = votes_of(as_seen(mentions, there, self._alike.groups), now, self._alike.groups)
        apart, twins = self._parted(sighting.ranked)
        told = [
            *(self._with_words(one, self._siblings_of(one, apart), votes, counts=counts) for one in apart),
            *(self._as_one(members, seen, of_twins, now, counts=counts) for members, seen in twins.items()),
        ]
        told += self._unseen(told, hearsay, now) if counts else []
        told = [replace(one, suspended=suspended) for one in told] if suspended else told
        ranked = sorted(told, key=lambda one: (-one.probability, one.product_id))
        return replace(sighting, ranked=tuple(ranked))

    def _parted(self, ranked: Sequence[Candidate]) -> tuple[list[Candidate], dict[_Twins, list[Candidate]]]:
        """Those that pictures can tell, and the others by who looks like them: pictures tell a group's red shirts, of
        all sizes, from its blue ones."""
        twins: dict[_Twins, list[Candidate]] = {}
        for one in ranked:
            if one.product_id in self._alike.twins:
                twins.setdefault(self._alike.twins[one.product_id], []).append(one)
        return [one for one in ranked if one.product_id not in self._alike.twins], twins

    def _siblings_of(self, one: Candidate, ranked: Sequence[Candidate]) -> list[Candidate]:
        """Those in one place, itself among them."""
        return [two for two in ranked if self._siblings(one, two)]

    def _siblings(self, one: Candidate, two: Candidate) -> bool:
        """A product is a sibling of its own."""
        if one.product_id == two.product_id:
            return True
        group = self._alike.groups.get(one.product_id)
        same = group is not None and group == self._alike.groups.get(two.product_id)
        return same and (one.box is None or two.box is None or overlap(one.box, two.box) > SAME_PLACE)

    def _with_words(self, one: Candidate, rivals: Sequence[Candidate], votes: Votes, *, counts: bool) -> Candidate:
        """What was seen of all rivals is raised by what was said of any, and shared anew by pictures and words."""
        said = votes.get(one.product_id, ())
        heard = {two.product_id: total(votes.get(two.product_id, ())) for two in rivals}
        seen = {two.product_id: two.probability for two in rivals}
        there = {two.product_id: _in_view(two) for two in rivals}
        if any(heard.values()):
            whole = _raised(min(sum(seen.values()), 1.0), sum(there.values()), _worth(seen, heard))
            one = replace(
                one,
                probability=whole * _share(one.product_id, seen, heard),
                in_view=min(sum(there.values()), 1.0) * _share(one.product_id, there, heard),
            )
        return replace(one, speech=total(said) if counts else None, said=said)

    def _as_one(
        self, members: _Twins, seen: Sequence[Candidate], votes: Votes, now: Seconds, *, counts: bool
    ) -> Candidate:
        """Twins are in one place: what was seen of any was seen of all."""
        best = max(seen, key=lambda one: (_in_view(one), one.product_id))
        in_view = min(sum(_in_view(one) for one in seen), 1.0)
        probability = min(sum(one.probability for one in seen), 1.0)
        run = self._run(members, best, in_view, now)
        said = {i: _since(votes.get(i, ()), run.heard_from) for i in members}
        early = now - run.since < self._undecided_after_s
        before = run.leader
        shares = run.judge(said, free=early)
        undecided = shares[run.leader] < DECIDED
        heard = {i: total(of) for i, of in said.items()}
        if best.resting_since is not None and best.resting_since < run.since:
            best, in_view = replace(best, resting_since=None), probability  # another lies there
        return replace(
            best,
            product_id=run.leader,
            probability=_raised(probability, in_view, _worth(dict.fromkeys(members, 1.0), heard)),
            in_view=in_view,
            speech=heard[run.leader] if counts else None,
            said=said[run.leader],
            lookalikes=Lookalikes(
                group=self._alike.groups[best.product_id],
                share=shares[run.leader],
                others=tuple(sorted(_without(run.leader, shares), key=lambda other: (-other[1], other[0]))),
                undecided=undecided,
                wait=undecided and counts and early,
                instead_of=before if before not in {"", run.leader} else None,
                anew=run.since == now and run.after is not None,
            ),
        )

    def _run(self, members: _Twins, best: Candidate, in_view: float, now: Seconds) -> _Run:
        """Begins with the first hop in which one is in the hand; what comes before it is not kept.

        One that lies there is no part of it: another may be taken up meanwhile. While none is in the hand nobody has
        taken another: only what comes back may be another.
        """
        held = in_view >= PRESENT and best.resting_since is None
        run = self._runs.get(members[0])
        if run is None:
            run = _Run(now, now, now - LEAD_S)
        elif held and not run.comes_back(best.box, now):
            another = run.named is not None and STAYS_S < now - run.last <= NEXT_S
            run = _Run(now, now, max(now - LEAD_S, run.last), "" if another else run.leader, run.named)
        run.put_down = not held and (run.put_down or (best.resting_since or 0.0) > run.since)
        if held:
            run.last, run.box = now, best.box
            self._runs[members[0]] = run
        if run.leader not in members:
            run.leader = ""  # it left the catalogue
        return run

    def _unseen(self, seen: Sequence[Candidate], hearsay: Hearsay, now: Seconds) -> list[Candidate]:
        """What was surely named a moment ago and is not in view: only where the livestream's config allows it."""
        if not self._announce_unseen:
            return []
        there = {one.product_id for one in seen if _in_view(one) >= IN_VIEW}
        votes = votes_of([m for m in hearsay.within(now - UNSEEN_S, now) if m.weight >= UNSEEN_SURE], now)
        return [
            Candidate(i, sigmoid(total(said)), speech=total(said), said=said, unseen=True)
            for i, said in sorted(votes.items())
            if i not in there and total(said) > 0
        ]


def _in_view(one: Candidate) -> float:
    return one.probability if one.in_view is None else one.in_view


def _raised(seen: float, in_view: float, worth: float) -> float:
    """Words for it raise only what is in view."""
    return seen if worth == 0.0 or (worth > 0 and in_view < IN_VIEW) else sigmoid(logit(seen) + worth)


def _worth(seen: Mapping[str, float], heard: Mapping[str, float]) -> float:
    """Log-odds of one of them being there, by what was said of each: words against count in full, others in part."""
    whole = sum(max(share, FLOOR) for share in seen.values())
    likely = {i: exp(RAISE * odds if odds > 0 else odds) for i, odds in heard.items()}
    return log(sum(max(share, FLOOR) * likely[i] for i, share in seen.items()) / whole)


def _share(mine: str, seen: Mapping[str, float], heard: Mapping[str, float]) -> float:
    """My part of what was seen of all, by pictures and words together."""
    weighed = {i: max(share, FLOOR) * exp(heard[i]) for i, share in seen.items()}
    return weighed[mine] / sum(weighed.values())


def _shares(odds: Mapping[str, float]) -> dict[str, float]:
    likely = {i: exp(one) for i, one in odds.items()}
    return {i: one / sum(likely.values()) for i, one in likely.items()}


def _without(mine: str, shares: Mapping[str, float]) -> list[tuple[str, float]]:
    return [(i, share) for i, share in shares.items() if i != mine]


def _since(said: Iterable[Said], start: Seconds) -> tuple[Said, ...]:
    return tuple(words for words in said if words.end >= start)
