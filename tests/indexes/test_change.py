"""A gallery that lives: products added, replaced, removed and written into the base; also when that is killed."""

from __future__ import annotations

import csv
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexes import change
from indexes.change import add_products, compact, remove_products
from indexes.delta import current_version
from indexes.errors import GalleryError
from indexes.gallery import open_gallery
from indexes.manifest import read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from indexes.change import Change
    from indexes.gallery import Gallery
    from tests.indexes.conftest import Shop, ToyEncoder

pytestmark = pytest.mark.unit

BUNDLE = "ab" * 32
LATER = 1_800_000_000.0
FOLDERS = count()


def feed_of(shop: Shop, looks: Iterable[tuple[str, int]], *, shops: int = 0) -> Path:
    """Products by (id, how it looks): the same number is the same picture."""
    path = shop.folder / f"changes-{next(FOLDERS)}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "image_link", "shop_id"])
        for product_id, look in looks:
            picture = shop.picture(f"looks/{look}.png", 5000 + look)
            writer.writerow([product_id, f"{product_id} as {look}", picture, f"shop{look % shops}" if shops else ""])
    return path


def add(shop: Shop, looks: Iterable[tuple[str, int]], encoder: ToyEncoder) -> Change:
    return add_products(shop.out, feed_of(shop, looks), encoder=encoder, bundle_hash=BUNDLE, now=lambda: LATER)


def remove(shop: Shop, *ids: str) -> Change:
    return remove_products(shop.out, ids, now=lambda: LATER)


def rebuilt(shop: Shop, looks: Iterable[tuple[str, int]]) -> Gallery:
    """The oracle: what a catalogue with just these products gives."""
    out = shop.folder / "anew"
    feed, shop_ = feed_of(shop, looks), type(shop)(shop.folder)
    feed.replace(shop_.feed)
    shop_.build(out=out)
    return open_gallery(out, bundle_hash=BUNDLE)


def ids(gallery: Gallery) -> list[str]:
    return [product.product_id for product in gallery.products]


def assert_same_answers(live: Gallery, anew: Gallery) -> None:
    assert [p.to_json() for p in live.products] == [p.to_json() for p in anew.products]
    few = [product for product in range(len(anew.products)) if product % 2]
    scopes = [(gallery.scope(), gallery.scope(product_ids=[gallery.product(i).product_id for i in few]))
              for gallery in (live, anew)]  # fmt: skip
    for index in range(len(anew.products)):
        for mine, theirs in zip(live.pictures(index), anew.pictures(index), strict=True):
            assert np.array_equal(mine.embedding, theirs.embedding)
            assert np.array_equal(mine.patches.thumb, theirs.patches.thumb)
            for here, there in zip(*scopes, strict=True):
                near, wanted = (g.near(theirs.embedding, s, 4) for g, s in ((live, here), (anew, there)))
                assert [i for i, _ in near] == [i for i, _ in wanted]
                assert np.allclose([like for _, like in near], [like for _, like in wanted], atol=1e-6)
                found, right = (
                    g.shortlist(theirs.embedding, theirs.patches.vectors, s, 4)
                    for g, s in ((live, here), (anew, there))
                )
                assert found == right


def test_what_is_added_is_found_and_what_is_removed_is_not(shop: Shop, encoder: ToyEncoder) -> None:
    shop.write(6).build()
    before = shop.open()
    done = add(shop, [("new", 1), ("sku2", 2)], encoder)
    assert (done.added, done.replaced, done.products) == (1, 1, 7)
    assert encoder.encoded == 2
    gone = remove(shop, "sku4", "new")
    assert (gone.removed, gone.products) == (2, 5)
    live = shop.open()
    assert ids(live) == ["sku0", "sku1", "sku3", "sku5", "sku2"]
    assert live.product(4).title == "sku2 as 2"
    assert live.version == gone.version == current_version(shop.out) != done.version
    assert live.version.startswith(before.version + "+2.")
    assert live.find("sku4") is None
    assert live.withdrawn == {"sku4", "new"}
    assert ids(before) == [f"sku{i}" for i in range(6)]  # who has it open, has what was


steps = st.one_of(
    st.tuples(st.just("add"), st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5)), min_size=1, max_size=3)),
    st.tuples(st.just("remove"), st.sets(st.integers(0, 7), min_size=1, max_size=3)),
    st.just(("compact", ())),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=10)
@given(changes=st.lists(steps, min_size=1, max_size=5))
def test_whatever_was_changed_answers_as_if_it_had_been_built_so(
    shop: Shop, encoder: ToyEncoder, changes: list[tuple[str, Any]]
) -> None:
    feed_of(shop, truth := [(f"sku{i}", i) for i in range(4)]).replace(shop.feed)
    shop.build()
    known = shop.open()
    for what, which in changes:
        if what == "add":
            looks = {f"sku{i}": look for i, look in which}
            add(shop, looks.items(), encoder)
            truth = [(i, look) for i, look in truth if i not in looks] + list(looks.items())
        elif what == "remove":
            gone = {f"sku{i}" for i in which} & {i for i, _ in truth}
            if gone:
                remove(shop, *sorted(gone))
            truth = [(i, look) for i, look in truth if i not in gone]
        elif truth:
            compact(shop.out, now=lambda: LATER)
        known = open_gallery(shop.out, bundle_hash=BUNDLE, known=known, verify=True)
        assert [i for i, _ in truth] == ids(known)
    if truth:
        assert_same_answers(known, rebuilt(shop, truth))


def test_a_gallery_of_which_nothing_is_left_finds_nothing_and_is_not_written_anew(
    shop: Shop, encoder: ToyEncoder
) -> None:
    shop.write(2).build()
    seen = shop.open().pictures(0)[0]
    remove(shop, "sku0", "sku1")
    empty = shop.open()
    assert len(empty.products) == 0
    assert empty.shortlist(seen.embedding, seen.patches.vectors, empty.scope(), 5) == []
    assert empty.shortlist(seen.embedding, seen.patches.vectors, empty.scope(product_ids=["sku0"]), 5) == []
    with pytest.raises(GalleryError, match="all its products were removed: build it again"):
        compact(shop.out)
    add(shop, [("sku0", 3)], encoder)
    assert ids(shop.open()) == ["sku0"]


def test_a_scope_keeps_to_what_it_may_show_of_every_part(shop: Shop, encoder: ToyEncoder) -> None:
    shop.write(6, shops=2).build()
    feed = feed_of(shop, [("sku1", 0), ("new", 1)], shops=2)
    add_products(shop.out, feed, encoder=encoder, bundle_hash=BUNDLE)
    live = shop.open()
    scope = live.scope(shop_id="shop1")
    assert [live.product(int(i)).product_id for i in scope.products] == ["sku3", "sku5", "new"]  # sku1 went to shop0
    for index in range(len(live.products)):
        seen = live.pictures(index)[0]
        assert set(live.shortlist(seen.embedding, seen.patches.vectors, scope, 6)) == set(scope.products.tolist())
    with pytest.raises(GalleryError, match="'sku1' not of shop 'shop1'"):
        live.scope(shop_id="shop1", product_ids=["sku1"])


def test_a_product_that_was_taken_out_is_nobodys_mistake_also_after_a_compaction(shop: Shop) -> None:
    shop.write(4).build()
    remove(shop, "sku2")
    compact(shop.out)
    assert read_manifest(shop.out).withdrawn == ("sku2",)
    for live in (shop.open(), open_gallery(shop.out, bundle_hash=BUNDLE)):
        assert live.scope(product_ids=["sku2", "sku3"]).products.tolist() == [2]
        with pytest.raises(GalleryError, match="has no product 'nope'"):
            live.scope(product_ids=["nope"])
        assert len(live.scope(product_ids=["nope", "sku1"], shop_id="none", lenient=True)) == 0
    shop.write(4).build(now=LATER)
    assert not shop.open().withdrawn  # the catalogue is the truth again


def test_what_was_loaded_is_shared_with_the_next_version(shop: Shop, encoder: ToyEncoder) -> None:
    shop.write(4).build()
    before = shop.open()
    add(shop, [("new", 1)], encoder)
    after = open_gallery(shop.out, bundle_hash=BUNDLE, known=before, free=lambda: 4096)
    assert after.parts[0].segment is before.parts[0].segment
    with pytest.raises(GalleryError, match=r"needs .* of memory to be searched, 1 KiB are free"):
        open_gallery(shop.out, bundle_hash=BUNDLE, free=lambda: 1024)
    assert len(open_gallery(shop.out, bundle_hash=BUNDLE, free=lambda: None).products) == 5


@pytest.mark.parametrize("ids_", [["sku9"], ["sku0", "sku9"]])
def test_what_is_not_there_cannot_be_removed_and_nothing_is(shop: Shop, ids_: list[str]) -> None:
    shop.write(2).build()
    with pytest.raises(GalleryError, match="has no product 'sku9': nothing was removed"):
        remove(shop, *ids_)
    assert current_version(shop.out) == read_manifest(shop.out).version


def test_more_than_is_small_is_refused_with_the_way_out(shop: Shop, encoder: ToyEncoder) -> None:
    shop.write(2).build()
    feed = feed_of(shop, [("a", 1), ("b", 2), ("c", 3)])
    with pytest.raises(GalleryError, match=r"3 pictures would be added .* 2 is the most: .* compact"):
        add_products(shop.out, feed, encoder=encoder, bundle_hash=BUNDLE, largest=2)
    assert len(shop.open().products) == 2


def test_a_feed_without_a_usable_picture_changes_and_leaves_nothing(shop: Shop, encoder: ToyEncoder) -> None:
    shop.write(2).build()
    (feed := shop.folder / "bad.csv").write_text("id,title,image_link\nx,X,nowhere.png\n", encoding="utf-8")
    with pytest.raises(GalleryError, match="no product has a usable picture"):
        add_products(shop.out, feed, encoder=encoder, bundle_hash=BUNDLE)
    assert len(shop.open().products) == 2
    assert not list(shop.folder.glob(".*"))


def test_another_bundle_adds_nothing(shop: Shop, encoder: ToyEncoder) -> None:
    shop.write(2).build()
    with pytest.raises(GalleryError, match="built with bundle toy"):
        add_products(shop.out, shop.feed, encoder=encoder, bundle_hash="ef" * 32)


def test_a_compaction_of_what_did_not_change_does_nothing(shop: Shop) -> None:
    shop.write(2).build()
    assert compact(shop.out).version == shop.open().version == read_manifest(shop.out).version


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "delta.json cannot be read: the file: Invalid JSON: EOF"),
        ('{"base": "BASE"}', "delta.json cannot be read: version: Field required: build the gallery again"),
        ('{"base": "other", "version": "v"}', "changes version other, here is"),
        ('{"format": 9, "base": "BASE", "version": "v"}', "has format 9, this program reads 1"),
        ('{"base": "BASE", "version": "v", "folder": "../../etc"}', "names '../../etc'"),
        ('{"base": "BASE", "version": "v", "folder": "delta-7"}', "is not a gallery|no such directory"),
    ],
)
def test_a_damaged_or_foreign_change_does_not_open(shop: Shop, text: str, message: str) -> None:
    shop.write(2).build()
    base = read_manifest(shop.out).version
    (shop.out / "delta.json").write_text(text.replace("BASE", base), encoding="utf-8")
    with pytest.raises(GalleryError, match=message):
        shop.open()


def test_a_file_of_a_change_that_is_cut_off_does_not_open(shop: Shop, encoder: ToyEncoder) -> None:
    shop.write(2).build()
    add(shop, [("new", 1)], encoder)
    (shop.out / "delta-1" / "embeddings.npy").write_bytes(b"")
    with pytest.raises(GalleryError, match=r"embeddings.npy has 0 bytes instead of"):
        shop.open()


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import indexes.change as change, indexes.publish as publish
gallery, left = Path(sys.argv[2]), int(sys.argv[4])
def dies(real):
    def call(*args, **kwargs):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return real(*args, **kwargs)
    return call
for name in ("fsync", "replace", "rename", "mkdir", "rmdir", "unlink"):
    setattr(os, name, dies(getattr(os, name)))
publish._exchange = dies(publish._exchange)
exec(sys.argv[3])
print(left)
"""
NEVER = 10_000  # steps
SPREAD = 4  # moments a change is killed at, from its first step to its last


def changed(gallery: Path, what: str, steps_: int) -> int | None:
    """A process changes it and is killed before its so manieth step; how many it took, or None if it was killed."""
    root = str(Path(change.__file__).parents[1])
    command = [sys.executable, "-c", KILLED, root, str(gallery), what, str(steps_)]
    done = subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return steps_ - int(done.stdout) if done.returncode == 0 else None


@pytest.mark.parametrize("what", ["change.remove_products(gallery, ['sku1'])", "change.compact(gallery)"])
def test_a_change_that_is_killed_at_any_moment_is_done_or_not_begun(
    shop: Shop, encoder: ToyEncoder, what: str
) -> None:
    shop.write(3).build()
    add(shop, [("new", 1), ("sku0", 2)], encoder)
    shutil.copytree(shop.out, whole := shop.folder / "whole")
    taken = changed(whole, what, NEVER)
    assert taken is not None
    before, after = (ids(open_gallery(path, bundle_hash=BUNDLE)) for path in (shop.out, whole))
    found = []
    for step in np.linspace(0, taken - 1, SPREAD, dtype=int).tolist():
        shutil.copytree(shop.out, killed := shop.folder / f"killed-{step}")
        assert changed(killed, what, step) is None
        found.append(ids(open_gallery(killed, bundle_hash=BUNDLE, verify=True)))
        remove_products(killed, ["new"])  # the next change takes no notice
        assert "new" not in ids(open_gallery(killed, bundle_hash=BUNDLE, verify=True))
        assert len(list(killed.glob("delta-*"))) <= 2
    assert found[0] == before
    assert found[-1] == after
    assert all(one in (before, after) for one in found)


def test_many_who_change_it_at_once_lose_nothing(shop: Shop, dying_encoder: Callable[[int], ToyEncoder]) -> None:
    shop.write(4).build()
    feeds = [feed_of(shop, [(f"new{i}", i)]) for i in range(6)]

    def change(i: int) -> None:
        if i < len(feeds):
            add_products(shop.out, feeds[i], encoder=dying_encoder(99), bundle_hash=BUNDLE)
        elif i < 2 * len(feeds) - 2:
            remove(shop, f"sku{i - len(feeds)}")
        else:
            compact(shop.out)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(change, [6, 0, 1, 10, 7, 2, 3, 8, 11, 4, 9, 5]))
    assert sorted(ids(shop.open())) == [f"new{i}" for i in range(6)]
    assert not list(shop.folder.glob(".*"))


def test_an_addition_that_was_killed_goes_on_where_it_was(
    shop: Shop, encoder: ToyEncoder, dying_encoder: Callable[[int], ToyEncoder]
) -> None:
    shop.write(2).build()
    feed = feed_of(shop, [(f"new{i}", i) for i in range(40)])
    with pytest.raises(KeyboardInterrupt):
        add_products(shop.out, feed, encoder=dying_encoder(20), bundle_hash=BUNDLE)
    assert len(shop.open().products) == 2
    assert add_products(shop.out, feed, encoder=encoder, bundle_hash=BUNDLE).added == 40
    assert encoder.encoded == 24  # a batch of 16 was kept
    assert not list(shop.folder.glob(".*"))


def test_nothing_is_left_of_earlier_changes(shop: Shop, encoder: ToyEncoder) -> None:
    shop.write(3).build()
    for look in range(3):
        add(shop, [("new", look)], encoder)
    assert {path.name for path in shop.out.glob("delta-*")} == {"delta-2", "delta-3"}
    compact(shop.out)
    assert not list(shop.out.glob("delta*"))
    assert not list(shop.folder.glob(".*"))
