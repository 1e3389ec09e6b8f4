"""Turns of phrase that say which product is not the one in the hand. Pure; English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engines.text.everyday import GRAMMAR
from engines.text.normalise import tokenise
from engines.text.spelling import is_run_on
from engines.text.words import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engines.text.normalise import Token

REACH = 8  # tokens from a cue to the name it speaks of
REACH_BACK = 4  # the same for one said behind the name
LONGEST = 6  # tokens of a cue

# Before the name. What is only announced in passing ("next up is the ...") introduces: it is in the hand by then.
BEFORE = {
    Kind.RIVAL: """
        unlike|better than|cheaper than|nicer than|softer than|stronger than|more than the|less than the
        worse than|bigger than|smaller than|faster than|lighter than|rather than|instead of|compared to
        compared with|as opposed to|in contrast to|in comparison to|versus|not like|replaces the|forget the
        than|不像|不同于|相比|比起|对比|胜过|超过|比""",
    Kind.NOT_THIS: """
        not the|is not|are not|was not the|not a|not from|not talking about|sold out of|no more
        out of stock is|不是|并非""",
    Kind.PAST: """
        that was|it was|this was|had the|just had|we had|just saw|have seen|had before|just showed
        showed you|already had|already showed|earlier|previously|before that|last time|yesterday|after the
        刚才|刚刚|之前|上一个|上一款|前面|昨天|已经卖完""",
    Kind.NEXT: """
        coming up|coming soon|come to|get to|later|in a minute|in a moment|in a second|soon|next i will
        next i am going|next we will|then i will|then we will|stay tuned for|wait for|after this|after that
        afterwards|tomorrow|next time|not yet the|do not go away|接下来|下一个|下一款|待会|等会|等一下
        一会儿|稍后|后面|马上要|等下|明天""",
    Kind.THIS: """
        this is|here is|here are|here i have|here we have|look at|these are|now|next up is|next up we have
        next up|next is|and next|this one|that is|now come to|now we come to|not just|not only|not this one
        not that one|more than just|than ever|than this|than that|is better than ever|let us see|有请|这是
        这个|这款|现在|看看|来看|今天的|我手上|手里|就是|不仅|不只|没有比|比较|比如|比例|没有什么比""",
}  # fmt: skip

# Behind the name, where nothing before it says otherwise.
BEHIND = {
    Kind.NEXT: """
        later|in a minute|in a moment|in a second|coming up|come later|comes later|comes next|come next|soon
        tomorrow|is next|are next|will come|待会|等会|稍后|等一下|一会儿|明天""",
    Kind.PAST: """
        earlier|we had|we just had|you saw|was sold out|is sold out|are sold out|is gone|is over|yesterday
        last time|刚才|卖完|没了|卖光|已经""",
    Kind.NOT_THIS: "is another|is a different|is something else|是另一|是别的",
}  # fmt: skip


class Cue(NamedTuple):
    """`first` and `last`: tokens, by number. `behind`: it speaks of the name before it."""

    first: int
    last: int
    kind: Kind
    behind: bool


def _table(kinds: dict[Kind, str]) -> dict[tuple[str, ...], Kind]:
    lines = [
        (kind, cue.split()) for kind, text in kinds.items() for line in text.split("\n") for cue in line.split("|")
    ]
    return {tuple(token.text for token in tokenise(words)): kind for kind, words in lines if words}


_BEFORE, _BEHIND = _table(BEFORE), _table(BEHIND)
_JOINING = GRAMMAR - {"but", "not", "now", "here"} | set("和跟与及、还有")
_ANEW = frozenset(("this", "it", "that", "是"))  # another clause, of which the cue says nothing


def find_cues(tokens: Sequence[Token]) -> list[Cue]:
    """From left to right, the longest where several begin."""
    texts = [token.text for token in tokens]
    return sorted([*_found(texts, _BEFORE, behind=False), *_found(texts, _BEHIND, behind=True)])


def _found(texts: Sequence[str], table: Mapping[tuple[str, ...], Kind], *, behind: bool) -> list[Cue]:
    cues: list[Cue] = []
    i = 0
    while i < len(texts):
        longest = min(LONGEST, len(texts) - i)
        length = next((n for n in range(longest, 0, -1) if tuple(texts[i : i + n]) in table), 0)
        if length:
            cues.append(Cue(i, i + length - 1, table[tuple(texts[i : i + length])], behind))
        i += length or 1
    return cues


def kind_of(first: int, last: int, tokens: Sequence[Token], cues: Sequence[Cue], others: Sequence[range]) -> Kind:
    """What is said of the name from token `first` to `last`. `others`: where other names are."""
    before = [c for c in cues if not c.behind and c.last < first and _reaches(c.last, first, tokens, REACH)]
    if before and _open(before[-1].last, first, tokens, others):
        return before[-1].kind
    for cue in cues:
        reaches = cue.first > last and _reaches(last, cue.first, tokens, REACH_BACK)
        if cue.behind and reaches and not any(last < other.start < cue.first for other in others):
            return cue.kind
    return Kind.THIS


def _reaches(left: int, right: int, tokens: Sequence[Token], reach: int) -> bool:
    """Nothing but words of one sentence between, and not many."""
    far = right - left - 1 > (2 * reach if is_run_on(tokens[right].text) else reach)
    return not far and not any(token.stops for token in tokens[left:right])


def _open(cue: int, first: int, tokens: Sequence[Token], others: Sequence[range]) -> bool:
    """No name between, or one that is only joined on: "unlike the A and the B"."""
    between = [other for other in others if cue < other.start < first]
    if not between:
        return True
    joint = [token.text for token in tokens[between[-1].stop : first]]
    return bool(joint) and all(text in _JOINING for text in joint) and not _ANEW & set(joint)
