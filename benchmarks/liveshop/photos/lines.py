"""What the host of a live of photographs says: titles, half-titles, rivals, chatter, and at times nothing. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.liveshop.show import CHATTER, Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from benchmarks.liveshop.photos.photoset import Item
    from stream.types import Seconds

    Told = tuple[Seconds, Seconds, Item]  # an introduction: start, stop, product

WHOLE = (
    "Next up is the {title}.",
    "Look at this, {title}.",
    "Here I have the {title} for you.",
    "So many of you asked for it: {title}.",
)
HALF = ("Have a look at this {half}.", "This {half} is my favourite.", "And now a {half}.")
RIVAL = "I like it even more than the {rival}."
SILENT, HALVED, RIVALS = 0.15, 0.25, 0.15  # shares of introductions
CHATS = 0.5  # share of pauses


def lines_of(rng: np.random.Generator, told: Sequence[Told]) -> tuple[Line, ...]:
    lines = [Line(0.6, CHATTER[0])]
    for start, stop, item in told:
        lines += _introducing(rng, start, item)
        if rng.random() < RIVALS and stop - start > 7:
            rival = told[int(rng.integers(0, len(told)))][2].product
            if rival.product_id != item.product.product_id:
                lines.append(Line(start + 4.5, RIVAL.format(rival=rival.title), rival.product_id))
        if rng.random() < CHATS:
            lines.append(Line(stop + 0.2, str(rng.choice(CHATTER[1:]))))
    return tuple(lines)


def _introducing(rng: np.random.Generator, start: Seconds, item: Item) -> list[Line]:
    how, which = float(rng.random()), float(rng.random())
    title = item.product.title
    if how < SILENT:
        return []
    if how < SILENT + HALVED:
        text = HALF[int(which * len(HALF))].format(half=" ".join(title.split()[-2:]))
    else:
        text = WHOLE[int(which * len(WHOLE))].format(title=title)
    return [Line(start + 0.4, text, item.product.product_id)]
