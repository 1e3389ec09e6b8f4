"""Views looked up in another gallery while a live is watched: all of them, none kept, and nobody is told of it."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import cv2
import pytest

from benchmarks.liveshop.evaluate.again import Again
from benchmarks.liveshop.evaluate.recorder import Kept
from engines.base import Encoded
from engines.fake import FakeBundle, FakeMatcher, encoded_of, picture_of
from indexes.build import build_gallery
from indexes.gallery import open_gallery
from stream.matching import Query
from stream.types import View

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engines.base import Match, Matcher
    from indexes.gallery import Gallery

pytestmark = pytest.mark.unit

SHOWN = (1, 1, 2, 2, 2, 9)  # 9 is not in the gallery


class BrokenMatcher(FakeMatcher):
    def match(self, query: Encoded, candidates: Sequence[Sequence[Encoded]]) -> list[Match]:
        raise RuntimeError("broken on purpose")


class BrokenBundle(FakeBundle):
    def matcher(self) -> Matcher:
        return BrokenMatcher()


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    folder: Path = tmp_path_factory.mktemp("numbers")
    for number in range(1, 4):
        cv2.imwrite(str(folder / f"{number}.png"), picture_of(number)[:, :, ::-1])
    (folder / "feed.csv").write_text(
        "id,title,image_link\n" + "".join(f"p{n},Product {n},{n}.png\n" for n in range(1, 4))
    )
    fake = FakeBundle()
    build_gallery(
        folder / "feed.csv",
        encoder=fake.encoder(),
        bundle_name=fake.name,
        bundle_hash=fake.hash,
        out=folder / "gallery",
        votes=fake.votes,
    )
    return open_gallery(folder / "gallery", bundle_hash=fake.hash)


def kept(index: int, number: int, gallery: Gallery) -> Kept:
    """A copy of the picture's own: what is made of a number is kept by nobody."""
    encoded = encoded_of(number)
    view = View(index / 2, Encoded(encoded.embedding.copy(), encoded.patches), wall=index / 2)
    return Kept(index, Query(view, (), gallery.scope()))


@pytest.mark.parametrize("on_air", [False, True])
async def test_every_view_is_looked_up_and_told_by_its_number(gallery: Gallery, *, on_air: bool) -> None:
    with Again(gallery, FakeBundle(), on_air=on_air) as again:
        for index, number in enumerate(SHOWN):
            await again.push(kept(2 * index, number, gallery))
    best = [again.found[2 * index][0] for index in range(len(SHOWN))]
    assert [name for name, sure in best if sure > 0.5] == ["p1", "p1", "p2", "p2", "p2"]
    assert again.found.keys() == {2 * index for index in range(len(SHOWN))}
    assert again.cpu_s > 0
    assert (again.waited_s > 0) is not on_air


async def test_no_view_that_was_looked_up_is_kept(gallery: Gallery) -> None:
    with Again(gallery, FakeBundle()) as again:
        for index, number in enumerate(SHOWN):
            one = kept(index, number, gallery)
            seen = weakref.ref(one.query.view.encoded.embedding)
            await again.push(one)
            del one
            gc.collect()
            assert seen() is None


@pytest.mark.parametrize("on_air", [False, True])
async def test_what_breaks_is_raised_in_the_end_and_not_where_the_live_is_watched(
    gallery: Gallery, *, on_air: bool
) -> None:
    again = Again(gallery, BrokenBundle(), on_air=on_air)
    for index in range(2):
        await again.push(kept(index, 1, gallery))
    with pytest.raises(RuntimeError, match="on purpose"):
        again.__exit__(None)
