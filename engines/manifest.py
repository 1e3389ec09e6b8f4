"""bundle.json: what a bundle says of itself, and whether its files are those it names. Runs and writes nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from engines.errors import BundleError
from engines.preprocess import Preprocess

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 1
MANIFEST = "bundle.json"
FRAME = "frame.onnx"
GOLDEN = "golden.npz"
MANIFEST_LIMIT = 1 << 20  # bytes: a bundle.json is two kilobytes; what is larger is something else

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Dim = Annotated[int, Field(ge=1, le=65536)]
Side = Annotated[int, Field(ge=1, le=256)]
Weight = Annotated[float, Field(ge=-1000, le=1000)]


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FalseShowsFit(Strict):
    """See `engines.shows.FalseShows`."""

    at_even: float = Field(gt=0, le=1e6)
    fall: float = Field(gt=0, le=100)
    hours: float = Field(gt=0)


class Calibration(Strict):
    """Log-odds that a product is in view = bias + visual * likeness + patches * likeness.

    The defaults abstain rather than guess: only near-identical pictures come out above 0.9.
    """

    bias: Weight = -9.0
    visual: Weight = 6.0
    patches: Weight = 8.0
    pictures: int = Field(default=0, ge=0)  # products it was fitted on; 0: these are the defaults
    false_shows: FalseShowsFit | None = None  # how they fall with the threshold; not fitted: theory stands in


class Manifest(Strict):
    format: Literal[1] = 1
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    made_from: str = Field(default="", max_length=500)
    precision: Literal["fp32", "int8"] = "fp32"
    dim: Dim
    patch_dim: Dim
    patch_grid: tuple[Side, Side]  # rows, columns
    preprocess: Preprocess
    calibration: Calibration = Calibration()
    files: dict[str, Sha256]

    @field_validator("files")
    @classmethod
    def _names_are_plain(cls, files: dict[str, str]) -> dict[str, str]:
        for name in files:
            if name in {"", ".", "..", MANIFEST} or PurePath(name).name != name or "\\" in name:
                raise ValueError(f"{name!r} is not the name of a file beside bundle.json")
        if FRAME not in files:
            raise ValueError(f"{FRAME} is missing")
        return files

    def content_hash(self) -> str:
        """Changes with whatever changes vectors, and with nothing else: a gallery outlives a better calibration."""
        vectors = self.model_dump(mode="json", include={"format", "dim", "patch_dim", "patch_grid", "preprocess"})
        vectors["files"] = {name: digest for name, digest in self.files.items() if name != GOLDEN}
        return hashlib.sha256(json.dumps(vectors, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> str:
        return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"


def read_manifest(directory: Path) -> Manifest:
    raw = _parsed(directory)
    if not isinstance(raw, dict) or "format" not in raw:
        raise BundleError(f"bundle {directory}: {MANIFEST} has no format number: this is not a bundle of ours")
    number = raw["format"]
    if isinstance(number, int) and number > FORMAT:
        raise BundleError(
            f"bundle {directory}: format {number}, this program reads up to {FORMAT}: update nowshowing, "
            "or export the bundle again with this version"
        )
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        raise BundleError(f"bundle {directory}: {MANIFEST}: {describe(error)}") from error


def verify_files(directory: Path, manifest: Manifest) -> None:
    """Every file is there, inside the directory, and is what was written."""
    home = directory.resolve()
    for name, digest in manifest.files.items():
        path = (directory / name).resolve()
        if not path.is_relative_to(home):
            raise BundleError(f"bundle {directory}: {name} leads out of the bundle: copy the file into it")
        if not path.is_file():
            raise BundleError(f"bundle {directory}: {name} is missing: copy the whole directory again")
        if sha256_of(path) != digest:
            raise BundleError(
                f"bundle {directory}: {name} is not the file that was exported (its SHA-256 differs): "
                "it is damaged or was changed; copy or export it again"
            )


def sha256_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BundleError(f"bundle file {path}: cannot be read: {error}") from error


def describe(error: ValidationError) -> str:
    """Every mistake in one line: where, what is wrong, which value."""
    parts = []
    for item in error.errors(include_url=False, include_context=False):
        where = ".".join(str(step) for step in item["loc"])
        value = "" if isinstance(item["input"], dict) else f" (got {item['input']!r:.80})"
        parts.append(f"{where}: {item['msg'].removeprefix('Value error, ')}{value}")
    return "; ".join(parts)


def _parsed(directory: Path) -> object:
    path = directory / MANIFEST
    if not path.is_file():
        raise BundleError(f"bundle {directory}: no {MANIFEST} in it: give a directory made by `bundle export`")
    try:
        if path.stat().st_size > MANIFEST_LIMIT:
            raise BundleError(f"bundle {directory}: {MANIFEST} is larger than {MANIFEST_LIMIT} bytes: not ours")
        parsed: object = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BundleError(f"bundle {directory}: {MANIFEST} cannot be read: {error}") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"bundle {directory}: {MANIFEST} is not valid JSON: {error}") from error
    return parsed
