"""Says whether something already made was made by this very program from these very inputs. Knows no live."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import import_module
from pathlib import Path


def of_texts(*parts: str) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(f"{len(part)}:{part}".encode())
    return found.hexdigest()


@cache
def of_packages(*packages: str) -> str:
    """Of all files of some packages, code and data: what they would do is not known otherwise."""
    found = hashlib.sha256()
    for package in packages:
        root = Path(next(iter(import_module(package).__path__)))
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found.update(f"{package}/{path.relative_to(root)}".encode())
                found.update(path.read_bytes())
    return found.hexdigest()
