"""Where a bundle runs on this machine: on a GPU by TensorRT, on one by torch, or on the processor. Knows no stream.

The best back end that works is taken, and every better one that was passed over is told with its reason. A GPU back
end that does not give what the original model gave is not taken, however fast it is.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from engines.bundle import OnnxBundle
from engines.errors import BundleError, DeviceError, EngineError
from engines.gpu.device import find_gpu
from engines.parity import check, compare_with_golden, sample_pictures
from engines.ranks import agreement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import onnx

    from engines.base import Encoded, EncoderInfo, FrameEncoder, Image
    from engines.bundle import Bundle
    from engines.gpu.device import Gpu
    from engines.gpu.plans import Eighth, Precision
    from engines.parity import Parity

Wanted = Literal["auto", "tensorrt", "torch-cuda", "onnx-cpu"]
PROCESSOR = "onnx-cpu"
REHEARSAL = "onnx-cpu, the GPU's graph"
EIGHTHS = ("int8", "fp8")
ON_GPU: tuple[Wanted, ...] = ("tensorrt", "torch-cuda")  # the better one first
EXTRA = {"tensorrt": "pip install 'tensorrt-cu13>=11.4,<12'", "torch": "pip install 'nowshowing[gpu]'"}
EXTRA["onnx"] = EXTRA["torch"]
RANKED = 32  # pictures whose order is compared
RANKS_FLOOR = 0.95  # drawn pictures are alike, so that neighbours swap places sooner than those of products do


@dataclass(frozen=True, slots=True)
class Settings:
    """`max_batch`: the most pictures that will be handed over at once."""

    wanted: Wanted = "auto"
    precision: Precision = "fp16"
    max_batch: int = 8
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Chosen:
    encoder: FrameEncoder
    backend: str
    how: str
    passed_over: tuple[str, ...] = ()  # back ends that would have been better, and why not
    expected: bool = True  # False: something better is here, and cannot be used


def open_encoder(
    bundle: Bundle,
    settings: Settings,
    lost: Callable[[str], None],
    find: Callable[[], Gpu] = find_gpu,
) -> Chosen:
    """May take a minute on a GPU. One that is asked for by name and cannot be had is an error, not a fallback.

    `lost(why)` is called by the encoding thread if the GPU breaks later; the processor then goes on in its place.
    """
    if not isinstance(bundle, OnnxBundle):
        return _built_in(bundle, settings)
    if settings.wanted == PROCESSOR:
        return _on_processor(bundle, settings, (), expected=True)
    passed_over: list[str] = []
    expected = True
    try:
        gpu = find()
    except DeviceError as error:
        if settings.wanted != "auto":
            raise
        return _on_processor(bundle, settings, (f"gpu: {error}",), expected=True)
    for backend in ON_GPU if settings.wanted == "auto" else (settings.wanted,):
        served = _served(backend, settings)
        try:
            encoder, how = open_on_gpu(bundle, backend, served, lambda: gpu)
            check_answers(bundle, backend, encoder, served.precision)
        except EngineError as error:
            if settings.wanted != "auto":
                raise
            passed_over.append(f"{backend}: {error}")
            wanted = settings.precision in EIGHTHS or not isinstance(error.__cause__, ModuleNotFoundError)
            expected = expected and not wanted  # nobody misses what is not installed, unless the config needs it
        else:
            spare = Standby(encoder, lambda: bundle.encoder(settings.threads), lost)
            return Chosen(spare, backend, f"{how} on {gpu.name}", tuple(passed_over), expected)
    return _on_processor(bundle, settings, tuple(passed_over), expected=False)


def _built_in(bundle: Bundle, settings: Settings) -> Chosen:
    if settings.wanted in ON_GPU:
        raise BundleError(f"engine {settings.wanted}: the built-in bundle {bundle.name} runs on the processor only")
    return Chosen(bundle.encoder(settings.threads), bundle.name, "built in, on the processor")


def _served(backend: str, settings: Settings) -> Settings:
    """Eight bits are a plan's alone; where there is none, torch in fp16 is still far better than the processor."""
    if backend == "torch-cuda" and settings.wanted == "auto" and settings.precision in EIGHTHS:
        return replace(settings, precision="fp16")
    return settings


def open_on_gpu(
    bundle: OnnxBundle, backend: str, settings: Settings, find: Callable[[], Gpu] = find_gpu
) -> tuple[FrameEncoder, str]:
    """One back end, not compared with anything yet."""
    find()  # a machine without a GPU does not load torch to learn it
    with _installed(backend):
        from engines.gpu.opening import Wish, open_plan, open_torch  # noqa: PLC0415

        wish = Wish(max_batch=settings.max_batch, precision=settings.precision)
        if backend == "tensorrt":
            opened = open_plan(bundle.manifest, wish, find=find)
        else:
            opened = open_torch(bundle.directory, bundle.manifest, wish, find)
    return opened, opened.how


@contextlib.contextmanager
def _installed(backend: str) -> Iterator[None]:
    """What cannot be imported is a DeviceError that says what to install."""
    try:
        yield
    except ImportError as error:
        name = (error.name or "").partition(".")[0]
        cure = EXTRA.get(name, EXTRA["tensorrt"] if "nvinfer" in str(error) else EXTRA["torch"])
        raise DeviceError(f"{backend} needs what is not installed or not whole ({error}): {cure}") from error


def check_answers(bundle: OnnxBundle, backend: str, encoder: FrameEncoder, precision: Precision) -> Parity:
    """What the original made of a few pictures lies in every bundle; what makes something else is refused."""
    parity = compare_with_golden(bundle, backend, encoder, precision)
    _refuse_differing(bundle, parity, precision)
    return parity


@dataclass(frozen=True, slots=True)
class Checked:
    found: list[Parity]
    absent: list[str]  # back ends that do not run here, and why


def check_all(
    bundle: Bundle,
    precision: Precision,
    find: Callable[[], Gpu] = find_gpu,
    *,
    pictures: Sequence[Image] | None = None,
) -> Checked:
    """Every back end there is: compared, or named with the reason why it does not run here.

    `pictures`: those whose order is compared, best of one's own catalogue; drawn ones otherwise.
    """
    checked = Checked(check(bundle), [])
    if not isinstance(bundle, OnnxBundle):
        return checked
    if precision in {"int8", "fp8"}:
        checked.found.append(_rehearsed(bundle, precision, pictures)[1])
    for backend in ON_GPU:
        try:
            encoder, _ = open_on_gpu(bundle, backend, Settings(precision=precision), find)
            checked.found.append(_compared(bundle, backend, encoder, precision, pictures))
        except EngineError as error:
            checked.absent.append(f"{backend}: {error}")
    return checked


@dataclass(frozen=True, slots=True)
class Kept:
    path: Path
    parity: Parity


def compile_bundle(
    bundle: Bundle,
    precision: Precision,
    say: Callable[[str], None],
    find: Callable[[], Gpu] = find_gpu,
    *,
    pictures: Sequence[Image] | None = None,
) -> Kept:
    """A plan for this GPU, kept only if it gives what the original gave."""
    if not isinstance(bundle, OnnxBundle):
        raise BundleError(f"bundle {bundle.name} is built in and runs on the processor: there is nothing to compile")
    gpu = find()
    with _installed("tensorrt"):
        from engines.gpu import opening  # noqa: PLC0415
        from engines.gpu.eighths import need_arithmetic  # noqa: PLC0415

        wish = opening.Wish(precision=precision)
        cache = opening.our_cache()
        graph = None
        if precision in {"int8", "fp8"}:
            need_arithmetic(gpu, precision)
            say(f"calibrating {bundle.name} for {precision}, and trying its graph on the processor")
            graph, rehearsed = _rehearsed(bundle, precision, pictures)
            _refuse_differing(bundle, rehearsed, precision)
        say(f"compiling {bundle.name} in {precision} for {gpu.name}, which takes minutes")
        compiled = opening.compile_plan(bundle.directory, bundle.manifest, wish, cache, lambda: gpu, graph)
        say("comparing with the original")
        encoder = opening.load_compiled(compiled, bundle.manifest, wish)
        parity = _compared(bundle, "tensorrt", encoder, precision, pictures)
        _refuse_differing(bundle, parity, precision)
        return Kept(opening.keep(compiled, cache), parity)


def _rehearsed(
    bundle: OnnxBundle, precision: Eighth, pictures: Sequence[Image] | None
) -> tuple[onnx.ModelProto, Parity]:
    """The graph that TensorRT is to compile, and how far it is from the original where it runs without a GPU."""
    with _installed(precision):
        from engines.gpu.eighths import eighths_graph, rehearsal  # noqa: PLC0415

        graph = eighths_graph(bundle.directory, bundle.manifest, precision, pictures)
    return graph, _compared(bundle, REHEARSAL, rehearsal(graph, bundle.manifest), precision, pictures)


def _compared(
    bundle: OnnxBundle,
    backend: str,
    encoder: FrameEncoder,
    precision: Precision,
    pictures: Sequence[Image] | None,
) -> Parity:
    """With the original, and in the order it gives to pictures with the processor's back end."""
    parity = compare_with_golden(bundle, backend, encoder, precision)
    pictures = sample_pictures(RANKED) if pictures is None else pictures
    reference, other = (
        np.stack([each.embedding for each in one.encode(pictures)]) for one in (bundle.encoder(), encoder)
    )
    ranks = agreement(reference, other)
    return replace(parity, ranks=ranks, ok=parity.ok and ranks >= RANKS_FLOOR)


def _refuse_differing(bundle: OnnxBundle, parity: Parity, precision: Precision) -> None:
    if parity.ok:
        return
    ranks = "" if parity.ranks is None else f", {parity.ranks:.3f} of ranks ({RANKS_FLOOR} is the least)"
    raise BundleError(
        f"bundle {bundle.name}: {parity.backend} differs from the original: cosine of embeddings "
        f"{parity.embedding:.5f}, of patches {parity.patches:.5f}, of a row in a batch {parity.batch:.5f}, where "
        f"{parity.floor} is the least{ranks}: try another precision than {precision}"
    )


class Standby:
    """An encoder on a GPU with the processor behind it: a GPU that breaks costs speed, not the livestreams."""

    def __init__(self, encoder: FrameEncoder, spare: Callable[[], FrameEncoder], lost: Callable[[str], None]) -> None:
        self._encoder = encoder
        self._spare: Callable[[], FrameEncoder] | None = spare
        self._lost = lost

    @property
    def info(self) -> EncoderInfo:
        return self._encoder.info

    def encode(self, images: Sequence[Image]) -> list[Encoded]:
        try:
            return self._encoder.encode(images)
        except DeviceError as error:
            if self._spare is None:
                raise
            self._encoder, self._spare = self._spare(), None
            self._lost(str(error))
        return self._encoder.encode(images)


def _on_processor(bundle: Bundle, settings: Settings, passed_over: tuple[str, ...], *, expected: bool) -> Chosen:
    how = f"ONNX Runtime, {settings.threads} thread{'s' if settings.threads > 1 else ''}"
    return Chosen(bundle.encoder(settings.threads), PROCESSOR, how, passed_over, expected)
