"""Arrays that torch saved are read without torch, and a file that asks for more than arrays is refused."""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.classic.stored import NotStored, read_stored

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.models


def saved(tensors: Mapping[str, torch.Tensor]) -> bytes:
    file = io.BytesIO()
    torch.save(OrderedDict(tensors), file, _use_new_zipfile_serialization=False)
    return file.getvalue()


@settings(max_examples=30, deadline=None)
@given(shape=st.lists(st.integers(1, 5), max_size=4), turned=st.booleans(), seed=st.integers(0, 99))
def test_what_torch_saved_is_read_as_it_was(shape: list[int], turned: bool, seed: int) -> None:
    one = torch.rand(shape, generator=torch.Generator().manual_seed(seed))
    one = one.permute(tuple(reversed(range(one.dim())))) if turned else one
    read = read_stored(saved({"one": one, "two": torch.tensor(7)}))
    assert np.array_equal(read["one"], one.numpy())
    assert read["two"] == 7


def test_tensors_that_share_memory_are_told_apart() -> None:
    both = torch.arange(10.0)
    read = read_stored(saved({"low": both[:4], "high": both[4:]}))
    assert read["low"].tolist() == [0, 1, 2, 3]
    assert read["high"].tolist() == [4, 5, 6, 7, 8, 9]


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("the file's code ran",)


def test_a_file_that_asks_for_code_is_refused_and_nothing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    file = io.BytesIO()
    torch.save({"one": Trap()}, file, _use_new_zipfile_serialization=False)
    with pytest.raises(NotStored, match=r"asks for __builtin__\.print"):
        read_stored(file.getvalue())
    assert capsys.readouterr().out == ""


@settings(max_examples=60, deadline=None)
@given(keep=st.floats(0, 0.999))
def test_a_file_cut_short_is_refused(keep: float) -> None:
    whole = saved({"one": torch.rand(40, 3)})
    with pytest.raises(NotStored, match=r"not arrays as torch|no magic"):
        read_stored(whole[: int(len(whole) * keep)])


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", pickle.dumps(7), pickle.dumps({"a": 1}) * 4])
def test_something_else_is_refused(data: bytes) -> None:
    with pytest.raises(NotStored):
        read_stored(data)


def test_a_tensor_that_reaches_beyond_its_memory_is_refused() -> None:
    whole = saved({"one": torch.zeros(6)})
    assert whole.count(b"K\x06\x85") == 1  # its shape, (6,)
    with pytest.raises(NotStored, match="reaches beyond its memory of 6 numbers"):
        read_stored(whole.replace(b"K\x06\x85", b"K\x07\x85"))
