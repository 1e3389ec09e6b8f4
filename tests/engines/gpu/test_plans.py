"""Which batches a pile becomes, and what makes a plan another plan."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.gpu.plans import BUCKETS, PlanKey, buckets_up_to, split

pytestmark = pytest.mark.unit

KEY = PlanKey("ab" * 32, "11.4.0.106", "NVIDIA H100 80GB HBM3", (9, 0), "fp16", (1, 2, 4), ("level 3",))


@given(count=st.integers(0, 500), largest=st.integers(1, 96))
def test_every_picture_is_in_one_batch_and_only_the_last_has_room(count: int, largest: int) -> None:
    buckets = buckets_up_to(largest)
    batches = split(count, buckets)
    assert sum(taken for _, taken in batches) == count
    assert all(bucket in buckets and 0 < taken <= bucket for bucket, taken in batches)
    assert all(bucket == taken for bucket, taken in batches[:-1])
    assert all(2 * taken > bucket for bucket, taken in batches)


def test_a_pile_of_thirteen_is_one_pass_of_sixteen() -> None:
    assert split(13, BUCKETS) == [(16, 13)]
    assert split(70, BUCKETS) == [(64, 64), (8, 6)]
    assert split(0, BUCKETS) == []


def test_the_largest_batch_is_a_bucket_of_its_own() -> None:
    assert buckets_up_to(48) == (1, 2, 4, 8, 16, 32, 48)
    assert buckets_up_to(1) == (1,)
    with pytest.raises(ValueError, match="largest batch 0"):
        buckets_up_to(0)


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, graph="cd" * 32),
        replace(KEY, tensorrt="11.4.1.2"),
        replace(KEY, gpu="NVIDIA L4"),
        replace(KEY, capability=(8, 9)),
        replace(KEY, precision="bf16"),
        replace(KEY, buckets=(1, 2, 4, 8)),
        replace(KEY, flags=("level 5",)),
        replace(KEY, recipe=KEY.recipe + 1),
    ],
)
def test_whatever_could_change_a_plan_gives_it_another_name(other: PlanKey) -> None:
    assert other.digest != KEY.digest
    assert replace(other).digest == other.digest
