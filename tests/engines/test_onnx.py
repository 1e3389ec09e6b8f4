"""A bundle on ONNX Runtime: what comes out, and what becomes of graphs that break their word."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.bundle import OnnxBundle
from engines.errors import BundleError, EngineError
from engines.graph import external_files
from engines.manifest import FRAME, MANIFEST, sha256_of
from engines.onnx import OnnxEncoder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import onnx

    from engines.base import Image

pytestmark = pytest.mark.unit


def picture(seed: int, height: int = 72, width: int = 128) -> Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3)).astype(np.uint8)
    return np.kron(coarse, np.ones((8, 8, 1), np.uint8))


def rewrite(bundle: Path, change: Callable[[onnx.ModelProto], None]) -> Path:
    """Another graph in the bundle, its hash made right: what a hostile author would ship."""
    import onnx

    graph = onnx.load(str(bundle / FRAME))
    change(graph)
    onnx.save(graph, str(bundle / FRAME))
    facts = json.loads((bundle / MANIFEST).read_text())
    facts["files"][FRAME] = sha256_of(bundle / FRAME)
    (bundle / MANIFEST).write_text(json.dumps(facts))
    return bundle


def test_vectors_are_of_unit_length_and_patches_have_places(small_bundle: Path) -> None:
    [encoded] = OnnxBundle(small_bundle).encoder().encode([picture(0, 64, 64)])
    assert encoded.embedding.dtype == np.float32
    assert np.linalg.norm(encoded.embedding) == pytest.approx(1, abs=1e-5)
    assert encoded.patches.vectors.dtype == np.float16
    assert encoded.patches.vectors.shape == (16, 8)
    assert encoded.patches.places.shape == (16, 4)
    assert encoded.patches.thumb.size == 0


def test_padding_gives_no_patches(small_bundle: Path) -> None:
    [encoded] = OnnxBundle(small_bundle).encoder().encode([picture(0, 64, 128)])
    assert len(encoded.patches.vectors) == len(encoded.patches.places) == 8


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seeds=st.lists(st.integers(0, 50), max_size=7),
    shape=st.sampled_from([(72, 128), (128, 72), (64, 64)]),
    max_batch=st.integers(1, 4),
)
def test_a_batch_of_n_equals_n_batches_of_one(
    small_bundle: Path, seeds: list[int], shape: tuple[int, int], max_batch: int
) -> None:
    bundle = OnnxBundle(small_bundle)
    pictures = [picture(seed, *shape) for seed in seeds]
    together = OnnxEncoder(bundle.session(1), bundle.manifest, max_batch=max_batch).encode(pictures)
    alone = bundle.encoder()
    for one, image in zip(together, pictures, strict=True):
        [other] = alone.encode([image])
        np.testing.assert_allclose(one.embedding, other.embedding, atol=1e-5)
        np.testing.assert_allclose(one.patches.vectors, other.patches.vectors, atol=2e-3)


def test_what_was_returned_does_not_change_with_the_next_call(small_bundle: Path) -> None:
    encoder = OnnxBundle(small_bundle).encoder()
    [first] = encoder.encode([picture(1)])
    kept = first.embedding.copy()
    encoder.encode([picture(2)])
    np.testing.assert_array_equal(first.embedding, kept)
    assert first.embedding.base is None


def test_two_runs_give_the_same_bits(small_bundle: Path) -> None:
    one, two = (OnnxBundle(small_bundle).encoder().encode([picture(3)])[0] for _ in range(2))
    np.testing.assert_array_equal(one.embedding, two.embedding)


def test_one_bad_picture_is_named(small_bundle: Path) -> None:
    with pytest.raises(EngineError, match="give RGB uint8"):
        OnnxBundle(small_bundle).encoder().encode([picture(0), np.zeros((4, 4), np.uint8)])


def test_weights_outside_the_bundle_are_not_opened(small_bundle: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(4 * 16 * 8 * 9))

    def point_outside(graph: onnx.ModelProto) -> None:
        from onnx import TensorProto

        weight = graph.graph.initializer[0]
        weight.ClearField("raw_data")
        weight.data_location = TensorProto.EXTERNAL
        for key, value in (("location", "../secret.bin"), ("offset", "0"), ("length", "64")):
            entry = weight.external_data.add()
            entry.key, entry.value = key, value

    rewrite_without_loading(small_bundle, point_outside)
    with pytest.raises(BundleError, match=r"takes weights from '\.\./secret\.bin'"):
        OnnxBundle(small_bundle).encoder()


def rewrite_without_loading(bundle: Path, change: Callable[[onnx.ModelProto], None]) -> None:
    """onnx.save would gather external data; the bytes are what an attacker writes."""
    import onnx

    graph = onnx.load(str(bundle / FRAME))
    change(graph)
    (bundle / FRAME).write_bytes(graph.SerializeToString())
    facts = json.loads((bundle / MANIFEST).read_text())
    facts["files"][FRAME] = sha256_of(bundle / FRAME)
    (bundle / MANIFEST).write_text(json.dumps(facts))


def test_weights_outside_are_found_in_subgraphs_and_attributes(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    outside = onnx.TensorProto(data_location=1, name="w")
    outside.external_data.add(key="location", value="/etc/hostname")
    constant = onnx.helper.make_node("Constant", [], ["w"], value=outside)
    inner = onnx.helper.make_graph([constant], "inner", [], [])
    branch = onnx.helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    model = onnx.helper.make_model(onnx.helper.make_graph([branch], "outer", [], []))
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    assert external_files(tmp_path / "m.onnx") == {"/etc/hostname"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 1), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=4))
def test_reading_a_skeleton_ends_well_whatever_the_bytes(
    small_bundle: Path, cut: float, flips: list[tuple[float, int]]
) -> None:
    data = bytearray((small_bundle / FRAME).read_bytes())
    for where, value in flips:
        data[int(where * (len(data) - 1))] = value
    damaged = small_bundle / "damaged.onnx"
    damaged.write_bytes(data[: int(cut * len(data))])
    with contextlib.suppress(BundleError):
        assert isinstance(external_files(damaged), set)


def _future_opset(graph: onnx.ModelProto) -> None:
    graph.opset_import[0].version = 999


def _unknown_operator(graph: onnx.ModelProto) -> None:
    graph.graph.node[0].op_type = "Teleport"


def _foreign_operator(graph: onnx.ModelProto) -> None:
    graph.graph.node[0].domain = "com.example.evil"


def _renamed_output(graph: onnx.ModelProto) -> None:
    graph.graph.output[0].name = "vector"
    for node in graph.graph.node:
        node.output[:] = ["vector" if name == "embedding" else name for name in node.output]


def _fixed_batch(graph: onnx.ModelProto) -> None:
    graph.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 4


def _doubled_embedding(graph: onnx.ModelProto) -> None:
    from onnx import helper

    for node in graph.graph.node:
        node.output[:] = ["half" if name == "embedding" else name for name in node.output]
    graph.graph.node.append(helper.make_node("Add", ["half", "half"], ["embedding"]))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_future_opset, "cannot load"),
        (_unknown_operator, "cannot load"),
        (_foreign_operator, "cannot load"),
        (_renamed_output, "needs the input image and the outputs embedding and patches"),
        (_fixed_batch, "with a free batch"),
        (_doubled_embedding, "embedding of length 2"),
    ],
)
def test_a_graph_that_cannot_serve_is_refused(
    small_bundle: Path, change: Callable[[onnx.ModelProto], None], says: str
) -> None:
    rewrite(small_bundle, change)
    with pytest.raises(BundleError, match=says):
        OnnxBundle(small_bundle).encoder()


def test_an_int8_graph_is_given_one_picture_at_a_time(small_bundle: Path) -> None:
    bundle = OnnxBundle(small_bundle)
    int8 = bundle.manifest.model_copy(update={"precision": "int8"})
    with pytest.raises(ValueError, match="int8"):
        OnnxEncoder(bundle.session(1), int8, max_batch=2)
