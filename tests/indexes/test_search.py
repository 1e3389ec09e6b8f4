"""FAISS against the oracle, and scopes that never leak."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes import exact
from indexes.errors import GalleryError
from indexes.faiss_cpu import FaissIndex
from indexes.segment import inside

if TYPE_CHECKING:
    from pathlib import Path

    from indexes.exact import Owners, Ranked
    from indexes.picture import Vectors

pytestmark = pytest.mark.unit


def world(seed: int, pictures: int, dim: int = 12, most: int = 4) -> tuple[Vectors, Owners]:
    """Unit vectors; every product has one to `most` of them."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((pictures, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    owners = np.repeat(np.arange(pictures), rng.integers(1, most + 1, pictures))[:pictures].astype(np.int32)
    return vectors, owners


def by_hand(vectors: Vectors, owners: Owners, query: Vectors, k: int, allowed: set[int]) -> Ranked:
    best: dict[int, float] = {}
    for vector, owner in zip(vectors, owners.tolist(), strict=True):
        if owner in allowed:
            best[owner] = max(best.get(owner, -9.0), float(vector @ query))
    return sorted(best.items(), key=lambda pair: -pair[1])[:k]


def same(one: Ranked, other: Ranked) -> bool:
    """Equal up to the last bits of a dot product: near-ties may change places."""
    scores = [score for _, score in one], [score for _, score in other]
    return len(one) == len(other) and bool(np.allclose(*scores, atol=1e-5))


FLAT, CELLS = 9999, 0  # pictures that are looked at one by one

worlds = st.tuples(st.integers(0, 2**31), st.integers(1, 60), st.integers(1, 20))


@settings(deadline=None)
@given(worlds)
def test_the_oracle_is_right(how: tuple[int, int, int]) -> None:
    seed, pictures, k = how
    vectors, owners = world(seed, pictures)
    query = world(seed + 1, 1)[0][0]
    everything = set(owners.tolist())
    assert same(exact.nearest(vectors, owners, query, k), by_hand(vectors, owners, query, k, everything))


@settings(deadline=None)
@given(worlds, st.integers(0, 2**31), st.sampled_from((FLAT, CELLS)))
def test_faiss_agrees_with_the_oracle_in_any_scope(how: tuple[int, int, int], mask: int, flat_up_to: int) -> None:
    """Cells answer exactly too here: all of them are searched."""
    seed, pictures, k = how
    vectors, owners = world(seed, pictures)
    index = FaissIndex.build(vectors, owners, flat_up_to=flat_up_to)
    allowed = np.random.default_rng(mask).random(int(owners.max()) + 1) < 0.5
    part = inside(allowed, owners)
    query = world(seed + 1, 1)[0][0]
    found = index.nearest(query, k, bitmap=part.bitmap, pictures=part.pictures)
    assert same(found, by_hand(vectors, owners, query, k, set(np.flatnonzero(allowed).tolist())))
    assert {product for product, _ in found} <= set(np.flatnonzero(allowed).tolist())
    assert len({product for product, _ in found}) == len(found)
    assert same(index.nearest(query, k), exact.nearest(vectors, owners, query, k))


def test_cells_find_nearly_all_and_in_a_narrow_scope_all() -> None:
    vectors, owners = world(5, 4000, dim=24)
    index = FaissIndex.build(vectors, owners, flat_up_to=CELLS)
    queries = world(6, 50, dim=24)[0]
    hits = 0
    for query in queries:
        right = {product for product, _ in exact.nearest(vectors, owners, query, 10)}
        hits += len(right & {product for product, _ in index.nearest(query, 10)})
    assert hits >= 0.9 * 10 * len(queries)
    allowed = np.zeros(int(owners.max()) + 1, np.bool_)
    allowed[7::31] = True
    part = inside(allowed, owners)
    for query in queries:
        found = index.nearest(query, 10, bitmap=part.bitmap, pictures=part.pictures)
        assert same(found, by_hand(vectors, owners, query, 10, set(np.flatnonzero(allowed).tolist())))


def test_a_product_with_very_many_pictures_does_not_crowd_out_the_others() -> None:
    vectors, _ = world(1, 500)
    vectors[:480] = vectors[0]
    owners = np.array([0] * 480 + list(range(1, 21)), np.int32)
    found = FaissIndex.build(vectors, owners).nearest(vectors[0], 5)
    assert len(found) == 5
    assert found[0][0] == 0


def test_asking_from_many_threads_gives_the_same_answers() -> None:
    vectors, owners = world(3, 800)
    index = FaissIndex.build(vectors, owners)
    parts = [inside(np.arange(int(owners.max()) + 1) % 7 == i, owners) for i in range(7)]

    def ask(i: int) -> Ranked:
        part = parts[i % 7]
        return index.nearest(vectors[i], 5, bitmap=part.bitmap, pictures=part.pictures)

    alone = [ask(i) for i in range(100)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(100))) == alone


@pytest.mark.parametrize("k", [0, -1])
def test_asking_for_nothing_gives_nothing(k: int) -> None:
    vectors, owners = world(3, 8)
    assert exact.nearest(vectors, owners, vectors[0], k) == []
    assert FaissIndex.build(vectors, owners).nearest(vectors[0], k) == []


@pytest.mark.parametrize("flat_up_to", [FLAT, CELLS])
def test_an_index_is_kept_in_a_file_and_a_damaged_one_is_told(tmp_path: Path, flat_up_to: int) -> None:
    vectors, owners = world(3, 300)
    index = FaissIndex.build(vectors, owners, flat_up_to=flat_up_to)
    index.save(tmp_path / "cells")
    again = FaissIndex.load(tmp_path / "cells", vectors, owners)
    assert again.nearest(vectors[5], 7) == index.nearest(vectors[5], 7)
    with pytest.raises(GalleryError, match="300 pictures instead of 299"):
        FaissIndex.load(tmp_path / "cells", vectors, owners[:-1])
    (tmp_path / "cells").write_bytes((tmp_path / "cells").read_bytes()[:-100])
    with pytest.raises(GalleryError, match="is damaged"):
        FaissIndex.load(tmp_path / "cells", vectors, owners)
    with pytest.raises(GalleryError, match="cannot be written"):
        index.save(tmp_path / "no such folder" / "cells")
