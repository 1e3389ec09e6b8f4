"""A graph in torch: what an exported transformer gives there, at every precision, and that it stays on its device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("onnxscript", reason="needs the extra `models`")
torch = pytest.importorskip("torch", reason="needs the extra `models`")
pytest.importorskip("open_clip", reason="needs the extra `models`")

import onnx  # noqa: E402
from open_clip.transformer import VisionTransformer  # noqa: E402
from torch.fx.experimental.proxy_tensor import make_fx  # noqa: E402

from engines.gpu.lowering import lowered  # noqa: E402
from engines.gpu.network import KNOWN, Network  # noqa: E402
from engines.gpu.operators import TENSORRT, check_graph  # noqa: E402
from engines.towers import Tower  # noqa: E402
from engines.tracing import write_graph  # noqa: E402

if TYPE_CHECKING:
    from torch import Tensor

    from engines.gpu.plans import Real

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]  # exporting takes half a minute on two busy cores

SIDE = 48


@pytest.fixture(scope="module")
def tower() -> Tower:
    torch.manual_seed(0)
    visual = VisionTransformer(
        image_size=SIDE, patch_size=16, width=64, layers=2, heads=2, mlp_ratio=4.0, output_dim=32
    )
    return Tower(visual.eval())


@pytest.fixture(scope="module")
def graph(tower: Tower, tmp_path_factory: pytest.TempPathFactory) -> onnx.ModelProto:
    path = tmp_path_factory.mktemp("graph") / "frame.onnx"
    write_graph(tower, SIDE, path)
    return onnx.load(str(path))


def pictures(count: int) -> Tensor:
    return torch.randn(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("precision", "floor"), [("fp32", 0.99999), ("fp16", 0.9999), ("bf16", 0.999)])
def test_a_transformer_gives_in_torch_what_the_original_gives(
    tower: Tower, graph: onnx.ModelProto, precision: Real, floor: float
) -> None:
    low = lowered(graph, precision)
    for known in (KNOWN, TENSORRT):
        check_graph(low, "vit", known)
    with torch.inference_mode():
        for one, two in zip(tower(pictures(3)), Network(low)(pictures(3)), strict=True):
            assert two.dtype == torch.float32
            assert float((one * two).sum(-1).min()) > floor


@pytest.mark.parametrize("count", [1, 4])
def test_a_pass_brings_nothing_up_from_the_processor(graph: onnx.ModelProto, count: int) -> None:
    """What a CUDA graph could not record: on the meta device everything that stays behind is seen."""
    network = Network(lowered(graph, "fp16")).to("meta")
    with torch.inference_mode():
        traced = make_fx(network)(pictures(count).to("meta"))
    kept = [getattr(traced, node.target) for node in traced.graph.nodes if node.op == "get_attr"]
    assert {each.device.type for each in kept} == {"meta"}
    called = [str(node.target) for node in traced.graph.nodes if node.op == "call_function"]
    assert not [name for name in called if "lift" in name or "_local_scalar" in name]
