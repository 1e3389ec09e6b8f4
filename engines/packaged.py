"""Where installed packages keep what is data to us: weights. Looks only; none of a package's code is run."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def folders(package: str) -> tuple[Path, ...]:
    """A package's own; none where it is not installed. Nothing is imported, whatever may be in there."""
    spec = find_spec(package)
    return tuple(map(Path, spec.submodule_search_locations or ())) if spec else ()
