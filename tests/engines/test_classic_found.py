"""What is remembered of pictures is remembered as long as they are there, and never told of others."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.base import Encoded, Patches
from engines.classic import ClassicEncoder, ClassicMatcher
from engines.classic.found import Memory
from indexes.products import load_array

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engines.base import Image

pytestmark = pytest.mark.unit

SIDE = 4
SIZE = SIDE * SIDE * 3


class Album:
    """Pictures that lie in one piece of memory, as a gallery's do: whoever asks gets a new wrapper."""

    def __init__(self, number: int, pictures: int = 8) -> None:
        self.pixels: Image = np.full(pictures * SIZE, number, np.uint8)

    def picture(self, row: int) -> Encoded:
        return wrapped(self.pixels[row * SIZE : (row + 1) * SIZE].reshape(SIDE, SIDE, 3))


def wrapped(thumb: Image) -> Encoded:
    patches = Patches(np.zeros((0, 1), np.float16), np.zeros((0, 4), np.float32), thumb)
    return Encoded(np.ones(1, np.float32), patches)


def number_of(picture: Encoded) -> Callable[[], int]:
    return lambda: int(picture.patches.thumb[0, 0, 0])


def asked(memory: Memory[int], *pictures: Encoded) -> bool:
    """Whether it had to be made."""
    made: list[int] = []

    def make() -> int:
        made.append(0)
        return 0

    memory.of(pictures, make)
    return bool(made)


def test_a_picture_is_known_by_its_pixels_whoever_wraps_them() -> None:
    memory, album = Memory[int](), Album(1)
    assert asked(memory, album.picture(0))
    assert not asked(memory, album.picture(0))
    assert asked(memory, album.picture(1))
    assert asked(memory, album.picture(0), album.picture(1))
    assert asked(memory, album.picture(1), album.picture(0))
    assert not asked(memory, album.picture(0), album.picture(1))


def test_the_one_not_met_for_longest_goes_first() -> None:
    memory, album = Memory[int](2), Album(1)
    for row in (0, 1, 0, 2):
        asked(memory, album.picture(row))
    assert not asked(memory, album.picture(0))
    assert asked(memory, album.picture(1))


def test_a_gallery_that_is_let_go_is_freed_and_what_was_made_of_it_goes_with_the_next_question() -> None:
    memory, old, new = Memory[list[int]](), Album(1), Album(2)
    for row in range(8):
        memory.of((old.picture(row), new.picture(row)), list)
        memory.of((old.picture(row),), list)
    memory.of((new.picture(0),), list)
    pixels = weakref.ref(old.pixels)
    del old
    assert pixels() is None
    memory.of((new.picture(1),), list)
    assert len(memory) == 2


def test_pictures_mapped_from_a_file_are_let_go_too(tmp_path: Path) -> None:
    np.save(tmp_path / "thumbs.npy", np.zeros(2 * SIZE, np.uint8))
    memory, album, other = Memory[int](), Album(0), Album(1)
    album.pixels = load_array(tmp_path, "thumbs", np.uint8, 1)
    assert asked(memory, album.picture(1))
    assert not asked(memory, album.picture(1))
    mapped = weakref.ref(album.pixels)
    del album
    assert mapped() is None
    asked(memory, other.picture(0))
    assert len(memory) == 1


def test_a_matchers_memory_goes_with_it_and_no_collector_is_needed() -> None:
    class Made:
        pass

    memory, album = Memory[Made](), Album(1)
    made = weakref.ref(memory.of((album.picture(0),), Made))
    gc.disable()
    try:
        del memory
        assert made() is None
    finally:
        gc.enable()


def test_a_matcher_holds_no_pixels_of_pictures_that_it_met() -> None:
    """Whatever it keeps of them: colours, places, what the eye saw, what tells look-alikes apart."""
    encoder, matcher = ClassicEncoder(), ClassicMatcher()
    prints = np.random.default_rng(5).integers(0, 255, (24, 24, 3)).astype(np.uint8).repeat(20, 0).repeat(20, 1)
    other = prints.copy()
    other[200:260, 100:380] = (250, 210, 20)
    frame, *pictures = encoder.encode([prints, prints, other])
    told = matcher.match(frame, [[picture] for picture in pictures])
    assert told[0].logit > told[1].logit
    assert None not in {one.box for one in told}  # rivals for one place
    pixels = [weakref.ref(picture.patches.thumb) for picture in pictures]
    del pictures
    assert [each() for each in pixels] == [None, None]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=40))
def test_nothing_is_ever_told_of_a_picture_that_took_anothers_memory(story: list[tuple[bool, int]]) -> None:
    """Galleries come and go; the memory of one that went is mostly the next one's."""
    memory, album, number = Memory[int](4), Album(0, 4), 0
    for change, row in story:
        if change:
            number += 1
            album = Album(number, 4)
        picture = album.picture(row)
        assert memory.of((picture,), number_of(picture)) == number
