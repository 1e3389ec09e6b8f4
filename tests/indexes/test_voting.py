"""Patches vote for products: against brute force, within a scope, on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.errors import GalleryError
from indexes.voting import EXACT_BELOW, NEIGHBOURS, PatchIndex

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

pytestmark = pytest.mark.unit


def patches(seed: int, count: int, dim: int = 16) -> NDArray[np.float16]:
    rows = np.random.default_rng(seed).normal(size=(count, dim))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float16)


def owners_of(products: int, each: int) -> NDArray[np.int32]:
    return np.repeat(np.arange(products, dtype=np.int32), each)


def by_hand(query: NDArray[np.float16], vectors: NDArray[np.float16], owners: NDArray[np.int32]) -> dict[int, float]:
    credit: dict[int, float] = {}
    for row in query.astype(np.float32) @ vectors.astype(np.float32).T:
        nearest = np.argsort(-row)[:NEIGHBOURS]
        floor, seen = row[nearest[-1]], set()
        for at in nearest:
            owner = int(owners[at])
            if owner not in seen:
                credit[owner] = credit.get(owner, 0.0) + float(row[at] - floor)
                seen.add(owner)
    return {owner: value for owner, value in credit.items() if value > 0}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), products=st.integers(1, 12), each=st.integers(1, 30), asked=st.integers(1, 20))
def test_votes_agree_with_brute_force(seed: int, products: int, each: int, asked: int) -> None:
    vectors, owners = patches(seed, products * each), owners_of(products, each)
    query = patches(seed + 1, asked)
    got = dict(PatchIndex.build(vectors, owners).vote(query, None, products))
    want = by_hand(query, vectors, owners)
    assert {product for product, value in got.items() if value > 1e-4} == {p for p, v in want.items() if v > 1e-4}
    assert got == pytest.approx({product: want.get(product, 0.0) for product in got}, abs=1e-3)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), flags=st.lists(st.booleans(), min_size=8, max_size=8), k=st.integers(0, 10))
def test_only_allowed_products_are_named_best_first_and_no_more_than_asked(
    seed: int, flags: list[bool], k: int
) -> None:
    index = PatchIndex.build(patches(seed, 160), owners_of(8, 20))
    allowed = np.array(flags)
    found = index.vote(patches(seed + 1, 10), allowed, k)
    assert len(found) <= k
    assert all(allowed[product] for product, _ in found)
    credits_ = [credit for _, credit in found]
    assert credits_ == sorted(credits_, reverse=True)


def test_a_scope_that_changes_is_not_answered_from_the_scope_it_was() -> None:
    index, asked = PatchIndex.build(patches(4, 160), owners_of(8, 20)), patches(4, 160)[60:80]
    allowed = np.ones(8, np.bool_)
    assert index.vote(asked, allowed, 1)[0][0] == 3
    allowed[3] = False
    assert 3 not in dict(index.vote(asked, allowed, 8))
    assert index.vote(asked, allowed, 8) == index.vote(asked, allowed.copy(), 8)
    allowed[3] = True
    assert index.vote(asked, allowed, 1)[0][0] == 3


@pytest.mark.parametrize("count", [160, EXACT_BELOW + 160])
def test_a_scope_of_everything_votes_as_no_scope(count: int) -> None:
    index = PatchIndex.build(patches(7, count), owners_of(8, count // 8))
    assert index.vote(patches(8, 30), np.ones(8, np.bool_), 8) == index.vote(patches(8, 30), None, 8)


def test_a_large_index_finds_the_product_whose_patches_are_asked() -> None:
    vectors, owners = patches(3, EXACT_BELOW + 2_000, 32), owners_of(60, (EXACT_BELOW + 2_000) // 60)
    index = PatchIndex.build(vectors, owners)
    asked = vectors[owners == 41]
    assert index.vote(asked, None, 3)[0][0] == 41
    scope = np.arange(60) % 2 == 0
    assert all(product % 2 == 0 for product, _ in index.vote(asked, scope, 60))


def test_siblings_that_share_a_print_are_both_credited() -> None:
    shared, other = patches(5, 20), patches(6, 200)
    index = PatchIndex.build(
        np.concatenate([shared, shared, other]), np.concatenate([owners_of(2, 20), 2 + owners_of(10, 20)])
    )
    first, second = index.vote(shared, None, 2)
    assert {first[0], second[0]} == {0, 1}
    assert first[1] == pytest.approx(second[1], rel=1e-3)


def test_nothing_asked_and_nothing_held_give_nothing() -> None:
    empty = np.zeros((0, 16), np.float16)
    index = PatchIndex.build(patches(1, 40), owners_of(2, 20))
    assert index.vote(empty, None, 5) == []
    assert index.vote(patches(1, 3), np.zeros(2, np.bool_), 5) == []
    assert PatchIndex.build(empty, np.zeros(0, np.int32)).vote(patches(1, 3), None, 5) == []


@pytest.mark.parametrize("count", [100, EXACT_BELOW + 100])
def test_what_is_saved_votes_the_same_when_loaded(tmp_path: Path, count: int) -> None:
    index = PatchIndex.build(patches(2, count), owners_of(10, count // 10))
    index.save(tmp_path / "votes")
    loaded = PatchIndex.load(tmp_path / "votes")
    assert len(loaded) == count
    assert loaded.vote(patches(3, 9), None, 10) == index.vote(patches(3, 9), None, 10)


def test_a_damaged_folder_says_which_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="build the gallery again"):
        PatchIndex.load(tmp_path / "none")
    PatchIndex.build(patches(2, 40), owners_of(2, 20)).save(tmp_path / "v")
    np.save(tmp_path / "v" / "owners.npy", np.zeros(3, np.int32))
    with pytest.raises(GalleryError, match="40 patches but 3 owners"):
        PatchIndex.load(tmp_path / "v")


def test_rows_without_owners_are_refused() -> None:
    with pytest.raises(GalleryError, match="one owner to each row"):
        PatchIndex.build(patches(1, 5), owners_of(1, 4))
