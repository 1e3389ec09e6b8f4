"""The page's table of refusals against what is really said: one message a row, word for word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from onnx import TensorProto, helper
from pydantic import ValidationError

from engines.errors import EngineError, SpeechError
from engines.gpu.cache import PlanCache
from engines.gpu.device import Gpu, find_gpu, need_cuda
from engines.gpu.operators import check_graph
from engines.gpu.plans import PlanKey
from engines.speech.choose import look_for
from engines.text import ProductWords
from indexes.errors import IndexesError
from indexes.faiss_gpu import plan_room
from indexes.files import check_bundle
from indexes.gallery import check_memory
from indexes.manifest import Manifest
from stream.config import SpeechConfig, describe
from stream.nameless import nothing_to_hear

if TYPE_CHECKING:
    import ctypes
    from collections.abc import Callable

    from indexes.stock import Stock

pytestmark = pytest.mark.unit

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
TABLE = PAGE[PAGE.index("### What is refused") : PAGE.index("### How sure before it shows")]
KEY = PlanKey("ab" * 32, "11.4.0", "NVIDIA L4", (8, 9), "fp16", (1, 2, 4), ("level 3",))
MIB = 1 << 20


class Driver:
    """As ctypes would call it: every answer is `number`, and starting gives `started`."""

    def __init__(self, *, started: int = 0, count: int = 1, capability: tuple[int, int] = (9, 0)) -> None:
        self._facts = {75: capability[0], 76: capability[1]}
        self._count = count
        self.cuInit: Callable[..., int] = lambda _: started
        self.cuDriverGetVersion: Callable[..., int] = self._put
        self.cuDeviceGetCount: Callable[..., int] = lambda out: self._put(out, self._count)
        self.cuDeviceGet: Callable[..., int] = self._put
        self.cuDeviceGetAttribute: Callable[..., int] = lambda out, which, _: self._put(out, self._facts[which])
        self.cuDeviceTotalMem_v2: Callable[..., int] = self._put
        self.cuDeviceGetName: Callable[..., int] = self._name

    def _put(self, out: ctypes._Pointer[ctypes.c_int], value: object = 0) -> int:
        out._obj.value = value if isinstance(value, int) else 0  # type: ignore[attr-defined]
        return 0

    def _name(self, out: ctypes.Array[ctypes.c_char], *_: object) -> int:
        out.value = b"Tesla V100"
        return 0


def no_driver(name: str) -> Driver:
    raise OSError(name)


def damaged_plan(folder: Path) -> None:
    cache = PlanCache(folder / "plans")
    path = cache.keep(KEY, b"plan")
    path.write_bytes(path.read_bytes() + b"x")
    cache.find(KEY)


def foreign_plan(folder: Path) -> None:
    cache = PlanCache(folder / "plans")
    kept, other = cache.keep(KEY, b"plan"), replace(KEY, gpu="NVIDIA H100")
    kept.rename(cache.path_of(other))
    cache.find(other)


def anybodys_plan(folder: Path) -> None:
    cache = PlanCache(folder / "plans")
    cache.keep(KEY, b"plan").chmod(0o666)
    cache.find(KEY)


def unknown_operator(_: Path) -> None:
    nodes = [helper.make_node("NonMaxSuppression", ["image"], [name]) for name in "ab"]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("image", "a")]
    graph = helper.make_graph(nodes, "g", values[:1], values[1:])
    check_graph(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), "B")


def manifest(**facts: object) -> Manifest:
    given = {
        "format": 1,
        "version": "v",
        "built_at": "t",
        "bundle_name": "classic",
        "bundle_hash": "0a1b2c3d4e5f" * 5,
    }
    counts = dict.fromkeys(("products", "pictures", "patches", "dim", "patch_dim"), 0)
    return Manifest.model_validate(given | counts | {"votes": False, "files": {}} | facts)


def short_memory(_: Path) -> None:
    class Million:
        manifest = manifest(pictures=1_000_000, dim=512)

    stock: Stock = Million()  # type: ignore[assignment]
    check_memory(Path("G"), [stock], lambda: 310 * MIB)


SAID: dict[str, Callable[[Path], object]] = {
    "no driver": lambda _: find_gpu(no_driver),
    "no GPU": lambda _: find_gpu(lambda _: Driver(count=0)),
    "an old driver": lambda _: need_cuda(Gpu("L4", (8, 9), 1, (12, 2)), "torch 2.13.0", "13.0"),
    "a driver that does not fit": lambda _: find_gpu(lambda _: Driver(started=803)),
    "an old GPU": lambda _: find_gpu(lambda _: Driver(capability=(7, 0))),
    "a gallery too large for a GPU": lambda _: plan_room(1_000_000, 512, has_cells=True, free=310 * MIB),
    "a damaged plan": damaged_plan,
    "a foreign plan": foreign_plan,
    "anybody's plan": anybodys_plan,
    "an unknown operator": unknown_operator,
    "another bundle's gallery": lambda _: check_bundle(Path("G"), manifest(), "9f8e7d6c5b4a" * 5),
    "a gallery too large for memory": short_memory,
}


@pytest.mark.parametrize("what", SAID)
def test_what_is_said_is_what_the_page_says(what: str, tmp_path: Path) -> None:
    with pytest.raises((EngineError, IndexesError)) as told:
        SAID[what](tmp_path)
    message = str(told.value)
    for path in tmp_path.rglob("*.plan"):
        message = message.replace(str(path), "P")
    message = message.partition(" `nowshowing")[0]  # a command is told on the page without its quotes
    if what == "anybody's plan":
        message = message.partition("belongs to user")[2].partition("with mode")[2]
    elif what == "a foreign plan":
        message = message.partition(" (")[0]
    assert message in TABLE, message


def test_what_speech_settings_are_refused_with_is_what_the_page_says() -> None:
    with pytest.raises(ValidationError) as told:
        SpeechConfig(model="small.en", language="de")
    assert f"config C: {describe(told.value).replace('config: ', 'speech: ')}" in TABLE


def test_a_whisper_s_folder_that_is_not_there_is_told_as_the_page_says() -> None:
    pytest.importorskip("faster_whisper", reason="no faster-whisper here (extra `speech`)")
    with pytest.raises(SpeechError) as told:
        look_for("/models/w")
    assert str(told.value) in TABLE


def test_a_catalogue_of_which_nothing_is_heard_is_told_as_the_page_says() -> None:
    why = nothing_to_hear([ProductWords(f"{n}", "绿茶") for n in range(60)], "phrases", english=True)
    assert why.partition(" as English")[0] in TABLE
