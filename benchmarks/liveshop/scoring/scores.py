"""What a score is made of: plain figures, as they stand in score.json. Pure; computes nothing.

A figure that nothing speaks for is None: a share of no introductions, a rate over no time.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """Spans against introductions, both ends within `tolerance_s`."""

    tolerance_s: float
    right: int
    told: int
    asked: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Rate:
    """`low` to `high`: the 95% interval of the hourly rate, of a Poisson count."""

    count: int
    hours: float
    per_hour: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Delays:
    count: int
    median: float | None
    p95: float | None
    seconds: tuple[float, ...] = ()  # each of them, in order of size


@dataclass(frozen=True, slots=True)
class Abstention:
    """Shares. `introductions` and `time`: with nothing told at all; `unlisted`: rightly left alone."""

    introductions: float | None
    time: float | None
    unlisted: float | None


@dataclass(frozen=True, slots=True)
class Groups:
    """Spans that were told as one of several look-alikes to their end. `right`: one of them was presented, and the
    host did not say which; `vague`: he did."""

    told: int = 0
    right: int = 0
    vague: int = 0


NO_GROUPS = Groups()


@dataclass(frozen=True, slots=True)
class Events:
    """False shows are counted by what was presented where they began: nothing, an unknown product, another one."""

    at_1s: Agreement
    at_3s: Agreement
    wrong_s: float
    wrong_s_per_hour: float | None
    false_shows: Rate
    unknown_shows: Rate
    mistaken_shows: Rate
    onset: Delays
    hide: Delays
    flaps: Rate
    abstention: Abstention
    groups: Groups = NO_GROUPS


@dataclass(frozen=True, slots=True)
class Ranks:
    """Hit@k over windows: one of the products presented is among the first k."""

    windows: int
    rank1: float | None
    rank5: float | None
    rank10: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    low: float
    high: float
    count: int
    confidence: float  # mean of what was said
    right: float  # share of it that was so


@dataclass(frozen=True, slots=True)
class Point:
    """What telling only from `threshold` on would be worth."""

    threshold: float
    precision: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Calibration:
    count: int
    ece: float | None
    bins: tuple[Bin, ...]  # those with something in them
    curve: tuple[Point, ...]  # from the surest on


@dataclass(frozen=True, slots=True)
class Group:
    """Introductions that share an attribute."""

    attribute: str
    value: str
    introductions: int
    recall_1s: float | None
    recall_3s: float | None
    onset_median: float | None
    all_images: Ranks
    main_image: Ranks | None


@dataclass(frozen=True, slots=True)
class Introduction:
    """One introduction and what became of it. Hits are counts of windows, for ranks 1, 5 and 10."""

    live: str
    product_id: str
    group: str
    listed: bool
    shown_at: float
    hidden_at: float
    scale: str = ""
    duration: str = ""
    number: str = ""
    right_1s: bool = False
    right_3s: bool = False
    onset_s: float | None = None  # from its first visible frame to the event; None where nothing was told of it
    hide_s: float | None = None
    windows: int = 0
    hits: tuple[int, int, int] = (0, 0, 0)
    main_windows: int = 0
    main_hits: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Mistake:
    """`kind`: see mistakes.py. `told` is None where nothing was; `true`: the product to tell, where there was one.

    `during`: of a false show, what was presented where it began: "nothing", "unknown" or "other".
    """

    live: str
    kind: str
    start: float
    stop: float
    told: str | None
    true: str | None
    cost_s: float  # how long a viewer was misled or left without
    during: str | None = None
    right_3s: bool = False


@dataclass(frozen=True, slots=True)
class Scores:
    """One system over some lives. `events_calibration` is of the confidence that events carry, where they do.

    `ece_presented`: of the windows alone in which there was something to tell; empty ones are easy.
    """

    lives: int
    hours: float
    introductions: int
    unlisted: int
    events: Events
    all_images: Ranks
    main_image: Ranks | None
    calibration: Calibration | None
    ece_presented: float | None
    events_calibration: Calibration | None
    groups: tuple[Group, ...] = ()
    rows: tuple[Introduction, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
