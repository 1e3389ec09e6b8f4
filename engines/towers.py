"""open_clip image towers as one pass to embedding and patch tokens. Needs torch (extra `models`); knows no file."""

from __future__ import annotations

import math

import torch
from open_clip.modified_resnet import ModifiedResNet
from open_clip.timm_model import TimmModel
from open_clip.transformer import VisionTransformer
from timm.utils.model import reparameterize_model
from torch import Tensor, nn
from torch.nn import functional

from engines.errors import BundleError


class Tower(nn.Module):  # type: ignore[misc]
    """Unit vectors out: `embedding` (batch, dim) and `patches` (batch, rows * columns, patch_dim), row by row."""

    def __init__(self, visual: nn.Module) -> None:
        super().__init__()
        if isinstance(visual, TimmModel):
            self.see = _Timm(visual)
        elif isinstance(visual, VisionTransformer):
            self.see = _Clip(visual)
        elif isinstance(visual, ModifiedResNet):
            self.see = _ResNet(visual)
        else:
            raise BundleError(
                f"image tower {type(visual).__name__}: not one that can be exported; "
                "open_clip's VisionTransformer, its timm models and its ResNets can"
            )

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        pooled, tokens = self.see(image)
        return functional.normalize(pooled, dim=-1), functional.normalize(tokens, dim=-1)


class _Clip(nn.Module):  # type: ignore[misc]
    def __init__(self, visual: VisionTransformer) -> None:
        super().__init__()
        if visual.pool_type == "none":
            raise BundleError(
                "image tower without pooling (CoCa's pooler queries): it has no single embedding to export"
            )
        self.visual = visual

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        visual = self.visual
        every = visual.transformer(visual._embeds(image))  # noqa: SLF001  the only way to both in one pass
        pooled, tokens = visual._pool(every)  # noqa: SLF001
        if visual.attn_pool is not None:
            tokens = every[:, 1:]  # what it returns are its own queries, which have no place in the picture
        elif visual.final_ln_after_pool:
            tokens = visual.ln_post(tokens)
        return (pooled if visual.proj is None else pooled @ visual.proj), tokens


class _Timm(nn.Module):  # type: ignore[misc]
    def __init__(self, visual: TimmModel) -> None:
        super().__init__()
        # MobileCLIP and other re-parameterised networks train with branches that fold into one convolution.
        self.trunk = reparameterize_model(visual.trunk)
        self.head = visual.head
        self.channels_last = getattr(self.trunk, "output_fmt", "NCHW") == "NHWC"
        self.prefix = getattr(self.trunk, "num_prefix_tokens", 0)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk.forward_features(image)
        pooled = self.head(self.trunk.forward_head(features))
        if features.ndim == 3:
            return pooled, features[:, self.prefix :]
        return pooled, features.flatten(1, 2) if self.channels_last else features.flatten(2).transpose(1, 2)


class _ResNet(nn.Module):  # type: ignore[misc]
    def __init__(self, visual: ModifiedResNet) -> None:
        super().__init__()
        self.visual = visual

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        visual = self.visual
        features = visual.stem(image)
        for layer in (visual.layer1, visual.layer2, visual.layer3, visual.layer4):
            features = layer(features)
        return visual.attnpool(features), features.flatten(2).transpose(1, 2)


def shapes(tower: Tower, size: int) -> tuple[int, int, tuple[int, int]]:
    """dim, patch_dim and the patch grid, seen on one pass."""
    with torch.inference_mode():
        embedding, patches = tower(torch.zeros(1, 3, size, size))
    side = math.isqrt(patches.shape[1])
    if embedding.ndim != 2 or side * side != patches.shape[1]:
        raise BundleError(
            f"image tower gives {tuple(embedding.shape)} and {tuple(patches.shape)}: "
            "an embedding and a square grid of patches are needed"
        )
    return int(embedding.shape[1]), int(patches.shape[2]), (side, side)
