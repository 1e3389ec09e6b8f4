"""A scope whose gallery nobody searches, for tests and benchmarks that script what is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from indexes.scope import Scope

if TYPE_CHECKING:
    from indexes.gallery import Gallery


@dataclass(frozen=True, slots=True)
class _Unsearched:
    version: str

    def find(self, _product_id: str) -> int:
        """A script tells of nothing but what is there."""
        return 0


def scripted_scope(products: int, version: str = "scripted") -> Scope:
    return Scope(cast("Gallery", _Unsearched(version)), np.arange(products, dtype=np.int32), ())
