"""A gallery opened: products, pictures, scopes and shortlists; and every gallery that must not open."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexes.errors import GalleryError
from indexes.gallery import open_gallery
from indexes.images import ImageLimits, decode
from indexes.manifest import check_files, read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from indexes.gallery import Gallery
    from indexes.manifest import Manifest
    from tests.indexes.conftest import Shop, ToyEncoder

pytestmark = pytest.mark.unit


@pytest.fixture
def gallery(shop: Shop) -> Gallery:
    shop.write(12, pictures=3, shops=3).build()
    return shop.open()


def test_it_holds_the_products_in_the_order_of_the_feed(gallery: Gallery) -> None:
    assert [product.product_id for product in gallery.products] == [f"sku{i}" for i in range(12)]
    assert gallery.product(3).title == "Product 3"
    assert gallery.products[-1] == gallery.product(11)
    assert [product.product_id for product in gallery.products[2:4]] == ["sku2", "sku3"]
    assert gallery.index_of("sku7") == 7


def test_pictures_are_what_the_encoder_made_of_them(shop: Shop, gallery: Gallery, encoder: ToyEncoder) -> None:
    for index in (0, 5, 11):
        kept = gallery.pictures(index)
        assert len(kept) == 3
        for link, picture in zip(gallery.product(index).image_links, kept, strict=True):
            image = decode((shop.folder / link).read_bytes(), ImageLimits(), name=link)
            (made,) = encoder.encode([image])
            assert np.array_equal(picture.embedding, made.embedding)
            assert np.array_equal(picture.patches.vectors, made.patches.vectors)
            assert np.array_equal(picture.patches.places, made.patches.places)
            assert np.array_equal(picture.patches.thumb, made.patches.thumb)


def test_pictures_are_read_only_views_and_no_copies(gallery: Gallery) -> None:
    picture = gallery.pictures(4)[1]
    arrays = (picture.embedding, picture.patches.vectors, picture.patches.places, picture.patches.thumb)
    for array in arrays:
        assert not array.flags.owndata
        assert not array.flags.writeable
        assert type(array) is np.ndarray


def test_a_picture_of_the_catalogue_finds_its_product_first(gallery: Gallery) -> None:
    scope = gallery.scope()
    for index in range(12):
        for picture in gallery.pictures(index):
            assert gallery.shortlist(picture.embedding, picture.patches.vectors, scope, 4)[0] == index


def test_votes_and_likeness_take_turns(gallery: Gallery) -> None:
    seen, voted = gallery.pictures(2)[0], gallery.pictures(9)[0]
    assert set(gallery.shortlist(seen.embedding, voted.patches.vectors, gallery.scope(), 2)) == {2, 9}


def test_a_gallery_without_votes_goes_by_likeness_alone(shop: Shop) -> None:
    shop.write(6).build(votes=False)
    gallery = shop.open()
    picture = gallery.pictures(1)[0]
    near = [product for product, _ in gallery.near(picture.embedding, gallery.scope(), 6)]
    assert gallery.shortlist(picture.embedding, picture.patches.vectors, gallery.scope(), 6) == near


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(listed=st.sets(st.integers(0, 11)), shop_number=st.none() | st.integers(0, 2), k=st.integers(0, 14))
def test_a_scope_never_leaks(gallery: Gallery, listed: set[int], shop_number: int | None, k: int) -> None:
    if shop_number is not None:
        listed = {index for index in listed if index % 3 == shop_number}
    shop_id = None if shop_number is None else f"shop{shop_number}"
    scope = gallery.scope(shop_id=shop_id, product_ids=[f"sku{i}" for i in listed])
    assert set(scope.products.tolist()) == listed
    for index in range(12):
        picture = gallery.pictures(index)[0]
        found = gallery.shortlist(picture.embedding, picture.patches.vectors, scope, k)
        assert set(found) <= listed
        assert len(found) == len(set(found)) == min(k, len(listed))


def test_a_shop_sees_its_own_products(gallery: Gallery) -> None:
    assert gallery.scope(shop_id="shop1").products.tolist() == [1, 4, 7, 10]
    assert len(gallery.scope()) == 12


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"product_ids": ["sku1", "nope", "neither"]}, "has no product 'nope', 'neither'"),
        ({"product_ids": [str(i) for i in range(9)]}, "and 4 more"),
        ({"shop_id": "elsewhere"}, "no product of shop 'elsewhere'"),
        ({"shop_id": "shop1", "product_ids": ["sku1", "sku2"]}, "'sku2' not of shop 'shop1'"),
    ],
)
def test_a_scope_of_unknown_things_names_them(gallery: Gallery, asked: dict[str, object], message: str) -> None:
    with pytest.raises(GalleryError, match=message):
        gallery.scope(**asked)  # type: ignore[arg-type]


def test_a_shop_asked_of_a_feed_without_shops_says_so(shop: Shop) -> None:
    shop.write(2).build()
    with pytest.raises(GalleryError, match="no shop_id column"):
        shop.open().scope(shop_id="shop1")


def test_an_unknown_product_or_index_is_an_error(gallery: Gallery) -> None:
    with pytest.raises(GalleryError, match="has no product 'nope'"):
        gallery.index_of("nope")
    with pytest.raises(IndexError):
        gallery.product(12)


def test_a_query_of_another_bundle_or_a_scope_of_another_gallery_is_refused(shop: Shop, gallery: Gallery) -> None:
    picture = gallery.pictures(0)[0]
    with pytest.raises(GalleryError, match="instead of"):
        gallery.shortlist(picture.embedding[:-1], picture.patches.vectors, gallery.scope(), 3)
    shop.write(5).build(now=1_800_000_000.0)
    with pytest.raises(GalleryError, match="make the scope anew"):
        shop.open().shortlist(picture.embedding, picture.patches.vectors, gallery.scope(), 3)


def test_a_gallery_stays_readable_after_it_is_replaced(shop: Shop, gallery: Gallery) -> None:
    before = gallery.pictures(11)[2].embedding.copy()
    shop.write(2).build(now=1_800_000_000.0)
    assert np.array_equal(gallery.pictures(11)[2].embedding, before)
    assert gallery.product(10).product_id == "sku10"
    assert len(shop.open().products) == 2


def edit(**changes: object) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return apply


def truncate(name: str) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:-8])

    return apply


def drop_manifest_key(folder: Path) -> None:
    path = folder / "manifest.json"
    facts = json.loads(path.read_text())
    del facts["dim"]
    path.write_text(json.dumps(facts))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, "no such directory"),
        (lambda folder: (folder / "manifest.json").unlink(), "is not a gallery"),
        (lambda folder: (folder / "manifest.json").write_bytes(b"\xff\xfe{}"), "cannot be read"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "damaged manifest.json"),
        (drop_manifest_key, "dim: Field required"),
        (edit(pictures=-1), "pictures: "),
        (edit(format=99), "format 99, this program reads 1"),
        (edit(bundle_hash="cd" * 32), "built with bundle toy"),
        (edit(products=11), "do not fit each other"),
        (edit(patches=1), "do not fit each other"),
        (lambda folder: (folder / "vectors.npy").unlink(), "vectors.npy is missing"),
        (lambda folder: shutil.rmtree(folder / "votes"), "votes/.* is missing"),
        (truncate("embeddings.npy"), "embeddings.npy has .* bytes instead of"),
        (truncate("products.jsonl"), "products.jsonl has .* bytes instead of"),
        (truncate("votes/patches.faiss"), "votes/patches.faiss has"),
    ],
)
def test_a_gallery_that_is_not_whole_gives_one_clear_error(
    shop: Shop, damage: Callable[[Path], None], message: str
) -> None:
    shop.write(3).build()
    damage(shop.out)
    with pytest.raises(GalleryError, match=message) as caught:
        shop.open(verify=False)
    assert str(shop.out) in str(caught.value)


@pytest.mark.parametrize("name", ["embeddings.npy", "thumbs.npy", "products.jsonl", "votes/patches.faiss"])
def test_a_flipped_bit_is_found_when_verifying(shop: Shop, name: str) -> None:
    shop.write(3).build()
    data = bytearray((shop.out / name).read_bytes())
    data[-3] ^= 4
    (shop.out / name).write_bytes(data)
    with pytest.raises(GalleryError, match=f"{name} is damaged"):
        shop.open(verify=True)


def test_a_flipped_bit_in_an_array_header_is_told_without_verifying(shop: Shop) -> None:
    shop.write(3).build()
    data = bytearray((shop.out / "owners.npy").read_bytes())
    data[1] ^= 4
    (shop.out / "owners.npy").write_bytes(data)
    with pytest.raises(GalleryError, match=r"owners\.npy is damaged"):
        shop.open(verify=False)


def test_a_file_named_outside_the_gallery_is_refused(shop: Shop) -> None:
    shop.write(2).build()
    edit(files={"../feed.csv": {"bytes": 1, "sha256": ""}})(shop.out)
    with pytest.raises(GalleryError, match="is missing"):
        shop.open(verify=False)


def test_a_gallery_is_opened_by_a_path_that_leads_up_and_down_again(shop: Shop) -> None:
    shop.write(2).build()
    roundabout = replace(shop, folder=shop.folder / ".." / shop.folder.name)
    assert roundabout.open().version == shop.open().version


def test_the_manifest_says_what_it_is(shop: Shop) -> None:
    report = shop.write(4, pictures=2).build()
    manifest = read_manifest(shop.out)
    assert manifest.version == report.version
    assert manifest.version.startswith("20231114T221320Z-")
    assert (manifest.products, manifest.pictures, manifest.bundle_name, manifest.votes) == (4, 8, "toy", True)


def test_another_bundle_is_told_before_anything_is_read(shop: Shop) -> None:
    shop.write(2).build()
    with pytest.raises(GalleryError, match=r"built with bundle toy \(abababababab\), this one is efef"):
        open_gallery(shop.out, bundle_hash="ef" * 32)


@pytest.mark.parametrize("times", [1, 99])
def test_a_gallery_replaced_while_it_is_opened_is_opened_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    shop.write(3).build()
    replaced = 0

    def replace_first(folder: Path, manifest: Manifest, *, verify: bool) -> None:
        nonlocal replaced
        if replaced < times:
            replaced += 1
            shop.write(3 + replaced).build(now=1_800_000_000.0 + replaced)
        check_files(folder, manifest, verify=verify)

    monkeypatch.setattr("indexes.files.check_files", replace_first)
    if times == 1:
        assert len(shop.open().products) == 4
    else:
        with pytest.raises(GalleryError, match="again and again"):
            shop.open()
