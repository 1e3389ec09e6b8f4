"""What simpler recognisers would have told of the same frames: no window, no sequential test. Pure.

*nearest*: every frame is the product whose picture has the likest embedding, or nothing below a likeness.
*majority*: every frame votes for its best close look, or for nothing below a probability; the label is the most
frequent vote of the last VOTERS frames.

Both tell a product from the first to the last frame of an unbroken run of its label. A majority speaks of the frame
in the middle of those that voted, so its runs are dated back to there. They see what the recogniser saw, in its
trace: the same decoded frames, encodings and close looks. Their one threshold each is fitted on lives that are not
scored, by `python -m benchmarks.liveshop.evaluate.thresholds`.
"""

from __future__ import annotations

from collections import Counter, deque
from itertools import groupby
from typing import TYPE_CHECKING

from benchmarks.liveshop.score import Span
from stream.fuse import sigmoid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.liveshop.evaluate.trace import Traced
    from stream.types import Seconds

    Label = str | None  # a product, or nothing
    Labels = Callable[[Sequence[Traced], float], list[Label]]

VOTERS = 5


def nearest_labels(trace: Sequence[Traced], likeness: float) -> list[Label]:
    return [_best(view.nearest, likeness) for view in trace]


def majority_labels(trace: Sequence[Traced], probability: float) -> list[Label]:
    last: deque[Label] = deque(maxlen=VOTERS)
    labels: list[Label] = []
    for view in trace:
        last.append(_best(looked(view), probability))
        labels.append(_most_frequent(last))
    return labels


def looked(view: Traced) -> list[tuple[str, float]]:
    """What the close looks of one view made probable, best first."""
    found = [(product_id, sigmoid(match.logit)) for product_id, match in view.looks.items()]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def spans_of(trace: Sequence[Traced], labels: Sequence[Label], lag: int = 0) -> list[Span]:
    """Unbroken runs of one label, told with the frame that begins one, hidden with the one that ends it.

    `lag`: how many frames before the one that tells lies the one that is told of.
    """
    spans: list[Span] = []
    start = 0
    for label, run in groupby(labels):
        stop = start + len(list(run))
        if label is not None:
            told = trace[start]
            first, last = trace[max(start - lag, 0)], trace[stop - 1 - lag if stop < len(trace) else stop - 1]
            after = trace[stop] if stop < len(trace) else None
            hidden_after_s = None if after is None else after.at - last.at + _cost_s(after)
            spans.append(Span(label, first.at, last.at, told.at - first.at + _cost_s(told), hidden_after_s))
        start = stop
    return spans


def _cost_s(view: Traced) -> Seconds:
    return view.encode_s + view.search_s


def _best(ranked: Sequence[tuple[str, float]], least: float) -> Label:
    return ranked[0][0] if ranked and ranked[0][1] >= least else None


def _most_frequent(votes: Iterable[Label]) -> Label:
    """Of equally frequent ones the newest."""
    newest_first = list(votes)[::-1]
    return Counter(newest_first).most_common(1)[0][0]


LABELS: dict[str, Labels] = {"nearest": nearest_labels, "majority": majority_labels}
LAGS = {"nearest": 0, "majority": VOTERS // 2}
