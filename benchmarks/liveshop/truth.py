"""What really happened in a live, as JSON lines: made from the script and geometry alone, before a pixel is drawn.

What counts as shown is said in `sight`. `shown_at` and `hidden_at` are the times of the first and the last frame of
an introduction that counts, in seconds since the first frame of the live; where it cannot be seen for more than
INTERRUPTED_S in between (an ad break), it is two. Boxes are told for every BOX_EVERY frames: two a second.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.ink import Area
from benchmarks.liveshop.programme import Stretch
from benchmarks.liveshop.show import FPS
from benchmarks.liveshop.sight import IN_VIEW, READABLE, Sight, visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.liveshop.show import Show
    from benchmarks.liveshop.sight import Box
    from benchmarks.liveshop.speech import Spoken
    from stream.types import Seconds

__all__ = [
    "IN_VIEW",
    "READABLE",
    "Other",
    "Placed",
    "Shown",
    "Truth",
    "Word",
    "duration_of",
    "number_of",
    "read_truth",
    "scale_of",
    "truth_of",
    "visible",
    "write_truth",
]

BOX_EVERY = FPS // 2
INTERRUPTED_S = 2.0
TALK_S = 8.0  # without product, to be told as talk

Scale = Literal["small", "medium", "large"]  # the front's box is below 5 %, up to 12 %, above of the picture
Duration = Literal["short", "mid", "long"]  # below 5 s, up to 10 s, above
Number = Literal["one", "few", "many"]  # listed products in view at the middle of it: 1, 2 or 3, more
KINDS = ("introduction", "other", "stretch", "word")  # of lines
Why = Literal["lying", "shelf", "ad"]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the front is at one moment: its box in shares of the picture."""

    at: Seconds
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Shown:
    product_id: str
    group: str
    listed: bool  # in the catalogue
    shown_at: Seconds
    hidden_at: Seconds
    covered_s: Seconds  # how long less than nine tenths of the front could be seen
    boxes: tuple[Placed, ...] = ()
    scale: Scale = "medium"
    duration: Duration = "mid"
    number: Number = "one"


@dataclass(frozen=True, slots=True)
class Other:
    """A catalogue product that is in view and must not be told."""

    product_id: str
    start: Seconds
    stop: Seconds
    why: Why


@dataclass(frozen=True, slots=True)
class Word:
    """`start` and `end` of the sentence are exact; of a word within it they are shared out by letters."""

    start: Seconds
    end: Seconds
    text: str
    product_id: str | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    name: str
    seed: int
    seconds: Seconds
    shown: tuple[Shown, ...]
    words: tuple[Word, ...] = ()
    others: tuple[Other, ...] = ()
    stretches: tuple[Stretch, ...] = ()

    def until(self, seconds: Seconds) -> Truth:
        """What can be asked of someone who watched only the first `seconds`."""
        cut = tuple(s for s in self.shown if s.hidden_at <= seconds)
        return replace(self, seconds=min(seconds, self.seconds), shown=cut)


def truth_of(show: Show, spoken: tuple[Spoken, ...] = ()) -> Truth:
    sight = Sight(show)
    shown = [part for place in range(len(show.introductions)) for part in _shown(sight, place)]
    words = [Word(*timed, line.product_id) for line in spoken for timed in line.words()]
    others = [Other(s.product.product_id, s.start, s.stop, s.why) for s in show.still if s.product.listed]
    return Truth(
        name=show.name,
        seed=show.seed,
        seconds=show.seconds,
        shown=tuple(sorted(shown, key=lambda one: (one.shown_at, one.product_id))),
        words=tuple(words),
        others=tuple(others),
        stretches=tuple(sorted((*show.programme.stretches, *_talks(show)), key=lambda s: (s.start, s.stop, s.kind))),
    )


def _talks(show: Show) -> list[Stretch]:
    """Talk without product, where it is more than a pause."""
    at, found = 0.0, []
    for path in sorted((item.path for item in show.introductions), key=lambda path: path.start):
        if path.start - at >= TALK_S:
            found.append(Stretch(at, path.start, "talk"))
        at = max(at, path.stop)
    return found


def _shown(sight: Sight, place: int) -> list[Shown]:
    """Nothing for an introduction that nobody could have seen; two where it was interrupted."""
    shares = sight.shares(place)
    seen = [frame for frame, share in shares.items() if share >= IN_VIEW]
    parts: list[list[int]] = []
    for frame in seen:
        if not parts or frame - parts[-1][-1] > INTERRUPTED_S * FPS:
            parts.append([])
        parts[-1].append(frame)
    return [_part(sight, place, shares, part) for part in parts]


def _part(sight: Sight, place: int, shares: dict[int, float], seen: Sequence[int]) -> Shown:
    product = sight.show.introductions[place].product
    frames = [frame for frame in seen if frame % BOX_EVERY == 0]
    boxes = [(frame / FPS, sight.box(place, frame / FPS)) for frame in frames or seen[:1]]
    covered = sum(shares.get(frame, 0.0) < 0.9 for frame in range(seen[0], seen[-1] + 1)) / FPS
    middle = seen[len(seen) // 2] / FPS
    return Shown(
        product_id=product.product_id,
        group=product.group,
        listed=product.listed,
        shown_at=seen[0] / FPS,
        hidden_at=seen[-1] / FPS,
        covered_s=covered,
        boxes=tuple(Placed(at, *box) for at, box in boxes) if frames else (),
        scale=scale_of([box for _, box in boxes]),
        duration=duration_of((seen[-1] - seen[0]) / FPS),
        number=number_of(sight.in_view(middle)),
    )


def scale_of(boxes: Sequence[Box]) -> Scale:
    """By the median area of boxes in shares of the picture."""
    share = float(np.median([box.w * box.h for box in boxes]))
    return "small" if share < 0.05 else "medium" if share <= 0.12 else "large"


def duration_of(seconds: Seconds) -> Duration:
    return "short" if seconds < 5 else "mid" if seconds <= 10 else "long"


def number_of(listed: int) -> Number:
    return "one" if listed <= 1 else "few" if listed <= 3 else "many"


def write_truth(truth: Truth, path: Path) -> None:
    """One line for the live, one for each introduction, other, stretch and word, a last one that says it is whole."""
    head = {"type": "live", "name": truth.name, "seed": truth.seed, "seconds": truth.seconds, "fps": FPS}
    lines = [
        head,
        *({"type": "introduction", **asdict(shown)} for shown in truth.shown),
        *({"type": "other", **asdict(other)} for other in truth.others),
        *({"type": "stretch", **asdict(stretch)} for stretch in truth.stretches),
        *({"type": "word", **asdict(word)} for word in truth.words),
        {"type": "end", "introductions": len(truth.shown), "words": len(truth.words)},
    ]
    part = path.with_name(path.name + ".part")
    part.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    part.rename(path)


def read_truth(path: Path) -> Truth:
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        head, last = lines[0], lines[-1]
        if head["type"] != "live" or last["type"] != "end":
            raise WorldError(f"truth {path}: not a whole truth file (render the live again)")
        of = {kind: [_fields(line) for line in lines if line["type"] == kind] for kind in KINDS}
        return Truth(
            name=head["name"],
            seed=head["seed"],
            seconds=head["seconds"],
            shown=tuple(_read_shown(fields) for fields in of["introduction"]),
            words=tuple(
                Word(**fields)  # type: ignore[arg-type]
                for fields in of["word"]
            ),
            others=tuple(
                Other(**fields)  # type: ignore[arg-type]
                for fields in of["other"]
            ),
            stretches=tuple(_read_stretch(fields) for fields in of["stretch"]),
        )
    except OSError as error:
        raise WorldError(f"truth {path}: cannot be read: {error}") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise WorldError(f"truth {path}: not a truth file ({error!r}); render the live again") from error


def _fields(line: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in line.items() if key != "type"}


def _read_shown(fields: dict[str, object]) -> Shown:
    boxes = fields.pop("boxes")
    assert isinstance(boxes, list)
    return Shown(**fields, boxes=tuple(Placed(**box) for box in boxes))  # type: ignore[arg-type]


def _read_stretch(fields: dict[str, object]) -> Stretch:
    area = fields.pop("area", None)
    return Stretch(**fields, area=Area(*area) if isinstance(area, list) else None)  # type: ignore[arg-type]
