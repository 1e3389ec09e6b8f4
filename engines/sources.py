"""Which open_clip model an export means, and loading it with the preprocessing it was trained with.

Needs torch and open_clip (extra `models`). The trap this module closes: open_clip gives a checkpoint from a local
file OpenAI's mean, std and crop, whatever the model was trained with, and says nothing.
"""

from __future__ import annotations

import json
import pickle
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import open_clip
from open_clip.transform import PreprocessCfg
from pydantic import ValidationError
from safetensors import SafetensorError

from engines.errors import BundleError
from engines.manifest import describe
from engines.preprocess import Preprocess

if TYPE_CHECKING:
    from torch import nn

HUB = "hf-hub:"
SYNTAX = (
    "give MODEL::TAG, hf-hub:ORG/REPO, a folder with open_clip_config.json, or a checkpoint file with --model MODEL"
)
STEPS = ("mean", "std", "interpolation", "resize_mode")

# What loading somebody's weights raises: open_clip, torch, safetensors and the hub each have their own ways.
TROUBLE = (
    RuntimeError,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    AssertionError,
    EOFError,
    pickle.UnpicklingError,
    SafetensorError,
    UserWarning,
)


@dataclass(frozen=True, slots=True)
class Source:
    """`model` and `pretrained` are open_clip's words; `steps` is preprocessing that open_clip would not find."""

    said: str
    model: str
    pretrained: str | None
    steps: dict[str, object]


def parse(said: str, *, model: str | None = None, like: str | None = None) -> Source:
    """`model`: the architecture of a checkpoint file; `like`: the tag whose preprocessing it was trained with."""
    path = Path(said)
    if said.startswith(HUB):
        return Source(said, said, None, {})
    if path.is_dir():
        _check_folder(path)
        return Source(path.name, f"local-dir:{path}", None, {})
    name, _, tag = said.partition("::")
    if path.is_file() or (tag and Path(tag).is_file()):
        file, name = (tag, name) if tag and not path.is_file() else (said, model or "")
        return Source(f"{name}::{Path(file).name}", _known(name, said), file, _steps_of(name, like))
    if not tag:
        raise BundleError(f"source {said!r}: no such file or folder, and no tag: {SYNTAX}")
    tags = open_clip.list_pretrained_tags_by_model(_known(name, said))
    if tag not in tags:
        raise BundleError(f"source {said!r}: {name} has no tag or file {tag!r}: it has {', '.join(tags) or 'none'}")
    return Source(said, name, tag, {})


def load(source: Source, resize: str | None = None) -> tuple[nn.Module, Preprocess]:
    """The whole model in evaluation mode; `resize` replaces the model's own way of fitting a picture in."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message="QuickGELU mismatch")
            model = open_clip.create_model(
                source.model,
                source.pretrained,
                force_preprocess_cfg=source.steps | ({"resize_mode": resize} if resize else {}),
                require_pretrained=True,  # without it, weights that do not arrive are replaced by random ones
                weights_only=True,  # a pickle may run code
            )
    except TROUBLE as error:
        raise BundleError(f"source {source.said}: {_explain(error)}") from error
    model.eval()
    return model, _preprocess(source, PreprocessCfg(**model.visual.preprocess_cfg))


def _preprocess(source: Source, steps: PreprocessCfg) -> Preprocess:
    size = steps.size if isinstance(steps.size, int) else steps.size[0]
    if not isinstance(steps.size, int) and len(set(steps.size)) != 1:
        raise BundleError(f"source {source.said}: input of {steps.size} pixels: only square ones can be exported")
    facts = {
        "size": size,
        "resize": steps.resize_mode,
        "interpolation": "bicubic" if steps.interpolation == "random" else steps.interpolation,
        "mean": tuple(steps.mean),
        "std": tuple(steps.std),
        "fill": steps.fill_color,
    }
    try:
        return Preprocess.model_validate(facts)
    except ValidationError as error:
        raise BundleError(f"source {source.said}: its preprocessing cannot be kept: {describe(error)}") from error


def _known(name: str, said: str) -> str:
    if not name:
        raise BundleError(f"source {said!r}: a checkpoint file does not say what it is: add --model MODEL")
    if name not in open_clip.list_models():
        like = [each for each in open_clip.list_models() if each.lower().startswith(name.lower()[:6])]
        raise BundleError(
            f"model {name!r}: open_clip has none of that name; near it: {', '.join(like[:12]) or 'none'}"
        )
    return name


def _steps_of(name: str, like: str | None) -> dict[str, object]:
    """The preprocessing that this architecture's published weights agree on, or that of one tag."""
    tags = open_clip.list_pretrained_tags_by_model(name)
    if like is not None and like not in tags:
        raise BundleError(f"--like {like}: {name} has no such tag: it has {', '.join(tags) or 'none'}")
    found = {tag: _steps_of_tag(name, tag) for tag in ([like] if like else tags)}
    if not found:
        raise BundleError(
            f"model {name}: nothing is published for it, so its preprocessing is unknown: give a folder with "
            "open_clip_config.json (model_cfg and preprocess_cfg) instead of the file"
        )
    first, *others = found.values()
    if any(other != first for other in others):
        raise BundleError(
            f"model {name}: its published weights were trained with different preprocessing: say which one this file "
            f"follows with --like TAG, one of {', '.join(tags)}"
        )
    return first


def _steps_of_tag(name: str, tag: str) -> dict[str, object]:
    given = open_clip.get_pretrained_cfg(name, tag)
    usual = PreprocessCfg()
    return {step: given.get(step) or getattr(usual, step) for step in STEPS}


def _check_folder(path: Path) -> None:
    config = path / "open_clip_config.json"
    try:
        facts = json.loads(config.read_text(encoding="utf-8"))
    except OSError as error:
        raise BundleError(f"source {path}: no readable open_clip_config.json in it: {SYNTAX}") from error
    except ValueError as error:
        raise BundleError(f"source {config}: not valid JSON: {error}") from error
    missing = [key for key in ("model_cfg", "preprocess_cfg") if not isinstance(facts, dict) or not facts.get(key)]
    if missing:
        raise BundleError(f"source {config}: {' and '.join(missing)} missing: add what the model was trained with")


def _explain(error: Exception) -> str:
    text = " ".join(str(error).split())[:400] or type(error).__name__
    if "QuickGELU" in text:
        return f"{text}: take the model of the same name with -quickgelu at its end"
    return f"cannot be loaded: {text}"
