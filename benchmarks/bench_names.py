"""What finding names costs in shops of hundreds and thousands, where it holds up a thread, and Python's lock with it.

    python -m benchmarks.bench_names [--products 60,600,2000,10000] [--windows 20] [--json]

Made-up shops (`many_products`) and talk full of their names. A *window* is new to the ear, its words all at once and
in one breath: the worst that can come. What comes otherwise is *one more word* of a host who breathes between two
sentences. CPU milliseconds of one thread.
"""

from __future__ import annotations

import json
import tracemalloc
from functools import partial
from time import thread_time
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeVar

import numpy as np
import typer

from benchmarks.machine import facts
from benchmarks.many_products import large_shop, windows
from engines.text import Hearing, listened_for
from engines.threads import one_blas_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engines.text import ProductWords

Made = TypeVar("Made")

WORDS = 60  # of a window of half a minute, where the host hardly breathes
MORE = 20  # of them come one by one
BREATH_S = 0.4
HEAD = (
    "| products | by sound, too | built in | memory | a window p50, p95 | one more word p50, p95 | phrases in |\n"
    "|---|---|---|---|---|---|---|"
)


class Cost(NamedTuple):
    """`by_ear`: names are found by their sounds as well, as where an ear writes down whatever it hears."""

    products: int
    by_ear: bool
    built_ms: int
    memory_mb: float
    window_ms: tuple[float, float]  # p50, p95
    more_ms: tuple[float, float]
    listened_for_ms: int


def main(
    products: Annotated[str, typer.Option(help="How many in scope.")] = "60,600,2000,10000",
    number: Annotated[int, typer.Option("--windows", help="Of talk, for each shop.")] = 20,
    seed: Annotated[int, typer.Option(help="Of shops and talk.")] = 7,
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON line a shop.")] = False,
) -> None:
    one_blas_thread()
    if not json_lines:
        print(facts())
        print(HEAD)
    for count in map(int, products.split(",")):
        shop = large_shop(count, seed)
        for by_ear in (False, True):
            cost = measured(shop, number, seed, by_ear=by_ear)
            print(json.dumps(cost._asdict() | facts()) if json_lines else _row(cost), flush=True)


def measured(shop: tuple[ProductWords, ...], number: int, seed: int, *, by_ear: bool) -> Cost:
    hearing, built_ms = timed(lambda: Hearing(shop, sounds_like=by_ear))
    hearing.mentions(windows(shop, 1, WORDS, seed + 1)[0])  # what is read once, from disk
    whole, more = list[float](), list[float]()
    for window in windows(shop, number, WORDS, seed):
        whole.append(timed(partial(hearing.mentions, window))[1])
    for window in windows(shop, number, WORDS, seed + 2, BREATH_S):
        hearing.mentions(window[:-MORE])
        more += [timed(partial(hearing.mentions, window[:end]))[1] for end in range(WORDS - MORE + 1, WORDS + 1)]
    return Cost(
        len(shop),
        by_ear,
        round(built_ms),
        round(held_mb(lambda: Hearing(shop, sounds_like=by_ear)), 1),
        _quantiles(whole),
        _quantiles(more),
        round(timed(lambda: listened_for(hearing.products, "sounds" if by_ear else "phrases"))[1]),
    )


def timed(what: Callable[[], Made]) -> tuple[Made, float]:
    began = thread_time()
    got = what()
    return got, (thread_time() - began) * 1000


def held_mb(what: Callable[[], object]) -> float:
    tracemalloc.start()
    kept = what()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return held / 1e6


def _quantiles(figures: Sequence[float]) -> tuple[float, float]:
    p50, p95 = np.quantile(figures, (0.5, 0.95)).tolist()
    return round(p50, 1), round(p95, 1)


def _row(cost: Cost) -> str:
    window, more = (f"{p50} ms, {p95} ms" for p50, p95 in (cost.window_ms, cost.more_ms))
    return (
        f"| {cost.products:,} | {'yes' if cost.by_ear else 'no'} | {cost.built_ms:,} ms | {cost.memory_mb} MB "
        f"| {window} | {more} | {cost.listened_for_ms:,} ms |"
    )


if __name__ == "__main__":
    typer.run(main)
