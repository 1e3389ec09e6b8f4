"""A bundle of a published architecture with random weights: as fast as the real one, and nothing to download.

    python -m benchmarks.random_bundle --model ViT-B-32 --out DIR

For speed, memory and for whether back ends agree; it recognises nothing. Needs the extra `models`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import open_clip
import torch
from open_clip.transform import PreprocessCfg

from engines.export import write_manifest
from engines.manifest import FRAME, GOLDEN, Manifest, sha256_of
from engines.parity import write_golden
from engines.preprocess import Preprocess
from engines.towers import Tower, shapes
from engines.tracing import embed, golden_of, to_int8, write_graph

if TYPE_CHECKING:
    from torch import nn


def random_model(name: str, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return open_clip.create_model(name, pretrained=None, load_weights=False).eval()


def make_random_bundle(model: nn.Module, name: str, out: Path, *, int8: bool = False) -> Tower:
    """Writes the bundle and gives back the tower that it was made of."""
    steps = PreprocessCfg(**model.visual.preprocess_cfg)
    how = Preprocess.model_validate(
        {
            "size": steps.size if isinstance(steps.size, int) else steps.size[0],
            "resize": steps.resize_mode,
            "interpolation": "bicubic" if steps.interpolation == "random" else steps.interpolation,
            "mean": tuple(steps.mean),
            "std": tuple(steps.std),
        }
    )
    out.mkdir(parents=True)
    embedding = embed(model, how)  # before the tower folds branches of the model
    tower = Tower(model.visual)
    tower.eval()
    dim, patch_dim, grid = shapes(tower, how.size)
    write_graph(tower, how.size, out / FRAME)
    write_golden(out / GOLDEN, golden_of(tower, how, embedding))
    if int8:
        to_int8(out / FRAME)
    manifest = Manifest(
        name=f"random-{name.lower()}",
        made_from=f"{name}, random weights",
        precision="int8" if int8 else "fp32",
        dim=dim,
        patch_dim=patch_dim,
        patch_grid=grid,
        preprocess=how,
        files={path.name: sha256_of(path) for path in sorted(out.iterdir())},
    )
    write_manifest(out, manifest)
    return tower


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--model", default="ViT-B-32", help="an architecture that open_clip knows")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--int8", action="store_true")
    given = parser.parse_args()
    make_random_bundle(random_model(given.model), given.model, given.out, int8=given.int8)
    print(given.out)


if __name__ == "__main__":
    main()
