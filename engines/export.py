"""An open_clip model to a bundle: one graph, its preprocessing and what the original says of a few pictures.

Torch and open_clip (extra `models`) are imported when an export begins, and nowhere else in the program.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engines.bundle import BUILT_IN, OnnxBundle
from engines.errors import BundleError
from engines.manifest import FRAME, GOLDEN, MANIFEST, Manifest, sha256_of
from engines.parity import Parity, check, write_golden

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Wish:
    """What to export, and how. `model` and `like` tell what a bare checkpoint file is; see `sources`."""

    source: str
    out: Path
    name: str | None = None
    model: str | None = None
    like: str | None = None
    resize: str | None = None
    int8: bool = False


def export_bundle(wish: Wish, say: Callable[[str], None]) -> Parity:
    """Writes the bundle beside `out`, checks it, then renames it: a directory that is there is whole.

    `say` is told what comes next. Raises BundleError when ONNX Runtime does not agree with the original.
    """
    if wish.out.exists():
        raise BundleError(f"--out {wish.out}: is already there: give another directory, or remove it first")
    _need_extra()
    wish.out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{wish.out.name}.", dir=wish.out.parent))
    try:
        parity = _build(wish, work, say)
        work.chmod(0o755)  # mkdtemp's folders are private; a bundle is for whoever runs the worker
        work.rename(wish.out)
    except OSError as error:
        raise BundleError(f"--out {wish.out}: cannot be written: {error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return parity


def _build(wish: Wish, work: Path, say: Callable[[str], None]) -> Parity:
    from engines.sources import load, parse  # noqa: PLC0415  these three need the extra
    from engines.towers import Tower, shapes  # noqa: PLC0415
    from engines.tracing import embed, golden_of, to_int8, write_graph  # noqa: PLC0415

    source = parse(wish.source, model=wish.model, like=wish.like)
    name = wish.name or default_name(source.said)
    say(f"loading {source.said}")
    model, how = load(source, wish.resize)
    embedding = embed(model, how)  # before the tower is taken apart: folding branches changes the model in place
    tower = Tower(model.visual).eval()
    dim, patch_dim, grid = shapes(tower, how.size)
    say("writing the graph")
    write_graph(tower, how.size, work / FRAME)
    write_golden(work / GOLDEN, golden_of(tower, how, embedding))
    if wish.int8:
        say("turning weights into int8")
        to_int8(work / FRAME)
    manifest = Manifest(
        name=name,
        made_from=source.said,
        precision="int8" if wish.int8 else "fp32",
        dim=dim,
        patch_dim=patch_dim,
        patch_grid=grid,
        preprocess=how,
        files={path.name: sha256_of(path) for path in sorted(work.iterdir())},
    )
    write_manifest(work, manifest)
    say("comparing with the original")
    return _verdict(OnnxBundle(work))


def write_manifest(directory: Path, manifest: Manifest) -> None:
    (directory / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")


def _verdict(bundle: OnnxBundle) -> Parity:
    parity = check(bundle)[0]
    if not parity.ok:
        cure = "export without --int8" if bundle.manifest.precision == "int8" else "this model cannot be exported"
        raise BundleError(
            f"bundle {bundle.name}: ONNX Runtime differs from the original: cosine of embeddings "
            f"{parity.embedding:.5f}, of patches {parity.patches:.5f}, of a row in a batch {parity.batch:.5f}, "
            f"where {parity.floor} is the least: {cure}"
        )
    return parity


def default_name(said: str) -> str:
    """`hf-hub:Org/Repo` to `org-repo`, `ViT-B-16::tag` to `vit-b-16-tag`."""
    plain = re.sub(r"[^a-z0-9._]+", "-", said.removeprefix("hf-hub:").lower()).strip("-._")[:64].rstrip("-._")
    return f"{plain or 'a'}-model" if plain in {"", *BUILT_IN} else plain


def _need_extra() -> None:
    try:
        import onnx  # noqa: F401, PLC0415
        import onnxscript  # noqa: F401, PLC0415
        import open_clip  # noqa: F401, PLC0415
        import torch  # noqa: F401, PLC0415
    except ImportError as error:
        raise BundleError(
            f"bundle export needs {error.name}, which is not installed: pip install 'nowshowing[models]' "
            "(bundles themselves run without it)"
        ) from error
