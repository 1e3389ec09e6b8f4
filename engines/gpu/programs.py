"""Models ready to run on a device's memory, by torch or by TensorRT: one step for each bucket. Needs torch.

A step takes no arguments and works in place, so that it can be recorded once as a CUDA graph and then costs one
launch, however many kernels it is made of.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx

from engines.errors import DeviceError
from engines.gpu.network import KNOWN, Network
from engines.gpu.operators import check_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx

    from engines.gpu.plans import Real
    from engines.gpu.trt import Plan

Step = Callable[[], None]
Pass = Callable[[Tensor], tuple[Tensor, Tensor]]
WARM_UP = 3  # passes before a graph is recorded: libraries choose kernels and make their workspaces


class Batch(NamedTuple):
    """Memory of one bucket: views of what the largest one has."""

    image: Tensor  # (bucket, 3, size, size)
    embedding: Tensor  # (bucket, dim)
    patches: Tensor  # (bucket, patches, patch_dim)


class Program(Protocol):
    @property
    def how(self) -> str:
        """For people: what runs, at which precision."""
        ...

    def step(self, number: int, batch: Batch) -> Step:
        """What runs bucket `number` on this memory, queued on the current stream."""
        ...


class TorchProgram:
    """What was exported, node by node, in torch. `compiled`: let torch fuse kernels; where it cannot, it says so."""

    def __init__(
        self, model: onnx.ModelProto, name: str, device: torch.device, *, precision: Real, compiled: bool
    ) -> None:
        check_graph(model, name, KNOWN)
        self._network = Network(model).eval().to(device)
        self._compiled = compiled
        self._precision = precision
        self._why = ""

    @property
    def how(self) -> str:
        return f"torch {torch.__version__}, {self._precision}, {'compiled' if self._compiled else 'eager'}{self._why}"

    def step(self, number: int, batch: Batch) -> Step:  # noqa: ARG002  torch goes by shapes alone
        run: Pass = make_fx(self._network)(batch.image)  # whatever depends on the batch size becomes a constant
        if self._compiled:
            run = self._fused(run, batch)

        def step() -> None:
            embedding, patches = run(batch.image)
            batch.embedding.copy_(embedding)
            batch.patches.copy_(patches)

        return step

    def _fused(self, run: Pass, batch: Batch) -> Pass:
        """torch compiles on the first call, with a C compiler and Triton; where they are missing it runs as it is."""
        fused: Pass = torch.compile(run, dynamic=False)
        try:
            fused(batch.image)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:  # the base of all that its compilers raise
            self._compiled = False
            self._why = f" (torch.compile failed: {str(error).strip().split(chr(10), 1)[0][:200]})"
            return run
        return fused


class PlanProgram:
    """A plan that TensorRT compiled for this very GPU."""

    def __init__(self, plan: Plan, device: torch.device, how: str) -> None:
        self._plan = plan
        self._device = device
        with device_errors("of TensorRT", "making room for its scratch"):
            self._scratch = torch.empty(max(plan.scratch_bytes, 1), dtype=torch.uint8, device=device)
        self.how = how

    def step(self, number: int, batch: Batch) -> Step:
        addresses = {name: tensor.data_ptr() for name, tensor in batch._asdict().items()}
        addresses["scratch"] = self._scratch.data_ptr()
        context = self._plan.context(number, tuple(batch.image.shape), addresses, current_stream(self._device))
        return lambda: context.enqueue(current_stream(self._device))


@dataclass(frozen=True, slots=True)
class Recording:
    graph: torch.cuda.CUDAGraph
    step: Step  # kept, because what was recorded points into what the step holds

    def __call__(self) -> None:
        self.graph.replay()


def recorded(step: Step, device: torch.device, pool: tuple[int, int] | None) -> Step:
    """The step as a CUDA graph. Graphs share a pool: they never run together, and what they give is copied."""
    if device.type != "cuda":
        return step
    for _ in range(WARM_UP):
        step()
    torch.cuda.current_stream(device).synchronize()
    graph = torch.cuda.CUDAGraph()
    # Other threads may speak to the GPU meanwhile; only what this thread does belongs to the recording.
    with torch.cuda.graph(graph, pool, torch.cuda.current_stream(device), capture_error_mode="thread_local"):
        step()

    return Recording(graph, step)


@contextlib.contextmanager
def device_errors(name: str, what: str) -> Iterator[None]:
    """What torch says of a GPU, as one of ours."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise DeviceError(
            f"bundle {name}: too little GPU memory for {what}: lower max_batch, or free the GPU"
        ) from error
    except RuntimeError as error:  # what torch raises for whatever CUDA says
        said = str(error).strip().split("\n", 1)[0][:300]
        raise DeviceError(f"bundle {name}: the GPU failed while {what}: {said}: check nvidia-smi") from error


def current_stream(device: torch.device) -> int:
    return int(torch.cuda.current_stream(device).cuda_stream) if device.type == "cuda" else 0
