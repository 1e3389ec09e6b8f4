"""Our stubs of TensorRT against the real bindings, and the fake of our tests against the stubs.

The bindings need three libraries that only machines with TensorRT have, but take no more than nine C functions from
them. Where those are compiled as empty ones, the real bindings import, with every class and signature.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from operator import attrgetter
from pathlib import Path

import pytest

from tests import trt_fake

pytestmark = pytest.mark.unit

STUBS = Path(__file__).parents[3] / "engines" / "gpu" / "stubs" / "tensorrt" / "__init__.pyi"
NAMES = (
    "createInferBuilder_INTERNAL",
    "createInferRuntime_INTERNAL",
    "createInferRefitter_INTERNAL",
    "createNvOnnxParser_INTERNAL",
    "createNvOnnxParserRefitter_INTERNAL",
    "getBuilderPluginRegistry",
    "getPluginRegistry",
    "getNvOnnxParserVersion",
    "initLibNvInferPlugins",
)
LIBRARIES = ("nvinfer", "nvinfer_plugin", "nvonnxparser")

# Runs in a process of its own, because LD_LIBRARY_PATH is read when one starts.
DUMP = """
import enum, inspect, json
import tensorrt_bindings as trt
out = {"version": trt.__version__, "members": {}, "docs": {}}
def walk(prefix, holder):
    for name, value in vars(holder).items():
        path = prefix + name
        if hasattr(value, "__members__"):
            out["members"][path] = list(value.__members__)
        elif inspect.isclass(value) and not name.startswith("_"):
            out["docs"].setdefault(path, "class")
            if value.__module__.startswith("tensorrt_bindings"):
                walk(path + ".", value)
        elif isinstance(value, property):
            out["docs"][path] = "property" if value.fset is None else "attribute"
        elif callable(value):
            out["docs"][path] = value.__doc__ or ""
walk("", trt)
try:
    trt.Builder(trt.Logger())
except TypeError as error:
    out["no library"] = str(error)
print(json.dumps(out))
"""

Real = dict[str, object]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Real:
    if importlib.util.find_spec("tensorrt_bindings") is None:
        pytest.skip("tensorrt-cu13-bindings is not installed (extra `dev`; wheels for Linux only)")
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler, so TensorRT's libraries cannot be stood in for")
    folder = tmp_path_factory.mktemp("libraries")
    source = folder / "empty.c"
    source.write_text("\n".join(f"void *{name}(void) {{ return 0; }}" for name in NAMES))
    for library in LIBRARIES:
        name = f"lib{library}.so.11"
        subprocess.run(
            [compiler, "-shared", "-fPIC", f"-Wl,-soname,{name}", "-o", str(folder / name), str(source)], check=True
        )
    environment = os.environ | {"LD_LIBRARY_PATH": str(folder)}
    answer = subprocess.run(
        [sys.executable, "-c", DUMP], env=environment, check=True, capture_output=True, text=True, timeout=60
    )
    found: Real = json.loads(answer.stdout)
    return found


def stubs() -> dict[str, ast.stmt]:
    """Everything the stubs promise, by its path."""
    found: dict[str, ast.stmt] = {}

    def walk(prefix: str, body: list[ast.stmt]) -> None:
        for each in body:
            if isinstance(each, ast.ClassDef):
                found[prefix + each.name] = each
                walk(f"{prefix}{each.name}.", each.body)
            elif isinstance(each, ast.FunctionDef):
                found[prefix + each.name] = each
            elif isinstance(each, ast.AnnAssign | ast.Assign):
                target = each.target if isinstance(each, ast.AnnAssign) else each.targets[0]
                found[prefix + ast.unparse(target)] = each

    walk("", ast.parse(STUBS.read_text(encoding="utf-8")).body)
    return found


def parameters(path: str, function: ast.FunctionDef) -> tuple[str, ...]:
    given = function.args
    if given.kwonlyargs or given.vararg or given.kwarg:
        raise AssertionError(f"{path}: the bindings have plain parameters only")
    return tuple(each.arg for each in given.args)


def overloads(doc: str) -> set[tuple[str, ...]]:
    """The parameter names of every overload that pybind11 wrote into a docstring."""
    found = set()
    for line in doc.split("\n"):
        told = re.match(r"(?:\d+\. )?\w+\((self: .*)\) -> ", line)
        if told:
            found.add(tuple(re.findall(r"(?:^|, )(\w+): ", told[1])))
    return found


PROMISED = stubs()


def kind(each: ast.stmt) -> str:
    if isinstance(each, ast.FunctionDef):
        return "property" if any(ast.unparse(one) == "property" for one in each.decorator_list) else "method"
    if isinstance(each, ast.ClassDef):
        return "class"
    return "member" if isinstance(each, ast.Assign) else "attribute"


@pytest.mark.parametrize("path", [p for p, each in PROMISED.items() if kind(each) == "method" and "Dims." not in p])
def test_the_real_bindings_take_what_the_stubs_say(real: Real, path: str) -> None:
    docs, function = real["docs"], PROMISED[path]
    assert isinstance(docs, dict)
    assert isinstance(function, ast.FunctionDef)
    assert path in docs, f"TensorRT {real['version']} has no {path}"
    wanted = parameters(path, function)
    needed = len(wanted) - len(function.args.defaults)
    assert any(wanted[:needed] == each[:needed] and set(wanted) <= set(each) for each in overloads(docs[path])), docs[
        path
    ]


@pytest.mark.parametrize("path", [p for p, each in PROMISED.items() if kind(each) in {"property", "attribute"}])
def test_the_real_bindings_have_the_attributes_of_the_stubs(real: Real, path: str) -> None:
    docs = real["docs"]
    assert isinstance(docs, dict)
    if path == "__version__":
        assert str(real["version"]).startswith("11.")
    elif kind(PROMISED[path]) == "attribute":
        assert docs.get(path) == "attribute", "the stubs assign to it"
    else:
        assert docs.get(path) in {"property", "attribute"}


@pytest.mark.parametrize("path", [p for p, each in PROMISED.items() if kind(each) == "member"])
def test_the_real_enumerations_have_the_members_of_the_stubs(real: Real, path: str) -> None:
    members = real["members"]
    assert isinstance(members, dict)
    holder, _, name = path.rpartition(".")
    assert name in members[holder]


def test_without_its_libraries_tensorrt_says_so_as_we_expect(real: Real) -> None:
    assert "nullptr" in str(real["no library"])


@pytest.mark.parametrize("path", [p for p in PROMISED if "Dims" not in p and p != "IHostMemory"])
def test_the_fake_has_the_signatures_of_the_stubs(path: str) -> None:
    promise = PROMISED[path]
    if kind(promise) == "attribute":
        return  # set by us
    made = attrgetter(path)(trt_fake)
    if isinstance(promise, ast.FunctionDef) and kind(promise) == "method":
        own = path.endswith("__init__") and path.partition(".")[0] not in {"Builder", "Runtime", "OnnxParser"}
        assert own or tuple(inspect.signature(made).parameters) == parameters(path, promise)
