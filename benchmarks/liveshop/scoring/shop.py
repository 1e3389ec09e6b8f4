"""What a live's own feed says of its products, for people: titles and main pictures. Judges nothing."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.liveshop.scoring.errors import ScoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FEED = "feed.csv"


@dataclass(frozen=True, slots=True)
class Shop:
    titles: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, Path] = field(default_factory=dict)

    def title(self, product_id: str) -> str:
        """What is in no catalogue has no other name than its id."""
        return self.titles.get(product_id, f"{product_id} (in no catalogue)")


def read_shop(live: Path) -> Shop:
    path = live / FEED
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        titles = {row["id"]: row["title"] for row in rows}
        return Shop(titles, {row["id"]: live / row["image_link"] for row in rows if "://" not in row["image_link"]})
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise ScoreError(
            f"feed {path}: cannot be read ({error!r}): remove the live's folder and evaluate again"
        ) from error
