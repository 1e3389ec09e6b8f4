"""A picture that a GPU decoded to a small RGB one in the processor's memory. Needs torch; knows no decoder.

Such decoders give brightness and colour as two planes (NV12, or P010 with ten bits). Scaled there first, what comes
down is a few hundred kilobytes instead of megabytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils import dlpack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.base import Image

BT709, BT2020 = 1, 9  # AVColorSpace; all others are taken for BT.601, as the scaler on the processor does
# Shares of red and blue in brightness; green has the rest.
SHARES = {BT709: (0.2126, 0.0722), BT2020: (0.2627, 0.0593)}
BT601 = (0.299, 0.114)


def picture(planes: Sequence[object], width: int, height: int, *, colorspace: int, full_range: bool) -> Image:
    """`planes`: whatever speaks DLPack. Work is queued on the default stream, where FFmpeg's own is."""
    luma, chroma = (dlpack.from_dlpack(plane.__dlpack__()) for plane in planes)  # type: ignore[attr-defined]
    rgb = to_rgb(luma, chroma, width, height, colorspace=colorspace, full_range=full_range)
    image: Image = rgb.cpu().numpy()
    return image


def to_rgb(
    luma: Tensor, chroma: Tensor, width: int, height: int, *, colorspace: int, full_range: bool
) -> Tensor:  # (height, width, 3), uint8
    y = _scaled(luma[None, None], width, height)
    u, v = _scaled(chroma.permute(2, 0, 1)[None], width, height).unbind(0)
    low, bright, colour = (0.0, 255.0, 255.0) if full_range else (16.0, 219.0, 224.0)
    y, u, v = (y[0] - low) / bright, (u - 128) / colour, (v - 128) / colour
    red, blue = SHARES.get(colorspace, BT601)
    green = 1 - red - blue
    r, b = y + 2 * (1 - red) * v, y + 2 * (1 - blue) * u
    g = (y - red * r - blue * b) / green
    return torch.stack([r, g, b], dim=2).mul_(255).round_().clamp_(0, 255).to(torch.uint8)


def _scaled(plane: Tensor, width: int, height: int) -> Tensor:
    """Ten bits lie in the upper ones of sixteen."""
    real = plane.to(torch.float32)
    if plane.dtype == torch.uint16:
        real = real / 256
    out: Tensor = functional.interpolate(real, (height, width), mode="bilinear", antialias=True)
    return out[0]
