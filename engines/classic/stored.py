"""Reads arrays that torch once saved, without torch: names to float arrays, and no code of the file is ever run.

The oldest layout of torch.save: a magic number, a version, the writer's machine, the tensors as pickled references,
the keys of their memories, and the memories themselves one after the other. Knows no network.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, NoReturn

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001
KINDS: dict[str, np.dtype[np.generic]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class NotStored(ValueError):
    """The file is not what torch.save wrote, or asks for more than arrays."""


class _Memory(NamedTuple):
    key: str
    kind: str


class _Part(NamedTuple):
    """A tensor before its memory is read."""

    memory: _Memory
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # in numbers, not bytes


def read_stored(data: bytes) -> Mapping[str, NDArray[np.generic]]:
    file = io.BytesIO(data)
    try:
        parts = _references(file)
        memories: dict[str, NDArray[np.generic]] = {}
        kinds = {part.memory.key: KINDS[part.memory.kind] for part in parts.values()}
        for key in _Reader(file).load():
            memories[key] = _memory(file, kinds[key])
        return {name: _cut(memories[part.memory.key], part) for name, part in parts.items()}
    except NotStored:
        raise
    except (pickle.UnpicklingError, EOFError, struct.error, KeyError, TypeError, AttributeError, ValueError) as error:
        raise NotStored(f"not arrays as torch.save wrote them in 2020: {error!r}") from error


def _references(file: BinaryIO) -> Mapping[str, _Part]:
    if _Reader(file).load() != MAGIC or _Reader(file).load() != VERSION:
        raise NotStored("no magic number")
    _Reader(file).load()  # the writer's word sizes: the memories say their own
    return dict(_Reader(file).load())


def _memory(file: BinaryIO, kind: np.dtype[np.generic]) -> NDArray[np.generic]:
    (count,) = struct.unpack("<q", file.read(8))
    return np.frombuffer(file.read(count * kind.itemsize), kind, count)


def _cut(memory: NDArray[np.generic], part: _Part) -> NDArray[np.generic]:
    last = part.offset + sum((side - 1) * step for side, step in zip(part.shape, part.strides, strict=True))
    if min((part.offset, *part.strides), default=0) < 0 or min(part.shape, default=1) < 1 or last >= len(memory):
        raise NotStored(f"a tensor that reaches beyond its memory of {len(memory)} numbers")
    steps = [step * memory.itemsize for step in part.strides]
    return np.lib.stride_tricks.as_strided(memory[part.offset :], part.shape, steps, writeable=False)


def _tensor(memory: _Memory, offset: int, shape: Sequence[int], strides: Sequence[int], *_: object) -> _Part:
    return _Part(memory, offset, tuple(shape), tuple(strides))


class _Reader(pickle.Unpickler):
    """Knows a handful of names; whatever else a file asks for is refused before it is called."""

    def find_class(self, module: str, name: str) -> Callable[..., object]:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in KINDS:
            return _kind(name)
        return _refuse(module, name)

    def persistent_load(self, pid: object) -> _Memory:
        match pid:
            case ("storage", kind, str(key), *_) if callable(kind):
                return _Memory(key, kind())
        raise NotStored(f"a reference {pid!r}")


def _kind(name: str) -> Callable[[], str]:
    return lambda: name


def _refuse(module: str, name: str) -> NoReturn:
    raise NotStored(f"it asks for {module}.{name}")
