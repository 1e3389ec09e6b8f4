"""The fakes keep the engine contract themselves, or whoever tests with them learns something false."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import EngineError
from engines.fake import LARGEST, FakeBundle, FakeEncoder, FakeMatcher, SleepingEncoder, number_in, picture_of

pytestmark = pytest.mark.unit


@given(st.integers(0, LARGEST))
def test_a_picture_says_its_number(number: int) -> None:
    assert number_in(picture_of(number)) == number


@given(st.integers(0, LARGEST), st.integers(0, 100))
def test_a_picture_says_its_number_through_a_codecs_noise(number: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(-12, 13, (90, 160, 3))
    noisy = np.clip(picture_of(number).astype(int) + noise, 0, 255).astype(np.uint8)
    assert number_in(noisy) == number


@given(st.lists(st.integers(0, 20), max_size=6))
def test_a_batch_of_n_equals_n_batches_of_one(numbers: list[int]) -> None:
    encoder = FakeEncoder()
    pictures = [picture_of(number) for number in numbers]
    for together, picture in zip(encoder.encode(pictures), pictures, strict=True):
        np.testing.assert_array_equal(together.embedding, encoder.encode([picture])[0].embedding)


def test_a_product_is_found_in_its_own_picture_and_in_no_other() -> None:
    encoder = FakeEncoder()
    query, *products = encoder.encode([picture_of(n) for n in (5, 4, 5, 6)])
    matches = FakeMatcher().match(query, [[product] for product in products])
    assert [match.logit > 0 for match in matches] == [False, True, False]
    assert matches[1].box is not None


def test_the_empty_picture_matches_nothing_not_even_itself() -> None:
    [empty] = FakeEncoder().encode([picture_of(0)])
    assert FakeMatcher().match(empty, [[empty], []])[0].logit < 0


def test_the_encoder_fails_on_the_picture_it_was_told_to() -> None:
    encoder = FakeEncoder(broken=3)
    assert len(encoder.encode([picture_of(2)])) == 1
    with pytest.raises(EngineError, match="picture of 3"):
        encoder.encode([picture_of(2), picture_of(3)])


def test_the_sleeping_encoder_sleeps_once_a_batch() -> None:
    slept: list[float] = []
    encoder = SleepingEncoder(fixed_s=0.5, each_s=0.25, sleep=slept.append)
    assert len(encoder.encode([picture_of(1)] * 2)) == 2
    assert slept == [1.0]
    assert encoder.info.name == "sleeping"


def test_the_fake_bundle_is_a_whole_bundle() -> None:
    bundle = FakeBundle()
    [encoded] = bundle.encoder().encode([picture_of(1)])
    assert encoded.embedding.shape == (bundle.info.dim,)
    assert bundle.matcher().match(encoded, [[encoded]])[0].logit > 0


def test_a_number_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="give 0 to"):
        picture_of(LARGEST + 1)


def test_a_picture_too_small_carries_no_number() -> None:
    with pytest.raises(EngineError, match="too small"):
        number_in(np.zeros((2, 2, 3), np.uint8))


def test_two_pictures_of_one_number_are_the_same_print() -> None:
    one, two, other = FakeEncoder().encode([picture_of(7), picture_of(7, height=120), picture_of(8)])
    assert FakeMatcher().same_print(one, two)
    assert not FakeMatcher().same_print(one, other)
