"""JSON Schemas of what is published, made from the models. `python -m stream.schemas DIR` writes them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic.json_schema import GenerateJsonSchema

from stream.events import NOW_SCHEMA, PRODUCT_SCHEMA, STATUS_SCHEMA, NowData, ProductData, StatusData

if TYPE_CHECKING:
    from pydantic import BaseModel

MODELS: dict[str, tuple[str, type[BaseModel]]] = {
    "product.v1.json": (PRODUCT_SCHEMA, ProductData),
    "stream-status.v1.json": (STATUS_SCHEMA, StatusData),
    "now.v1.json": (NOW_SCHEMA, NowData),
}


def schemas() -> dict[str, str]:
    """File name to JSON text."""
    return {name: _text(urn, model) for name, (urn, model) in MODELS.items()}


def _text(urn: str, model: type[BaseModel]) -> str:
    body = model.model_json_schema(mode="serialization", schema_generator=GenerateJsonSchema)
    schema = {"$schema": GenerateJsonSchema.schema_dialect, "$id": urn, **body}
    return json.dumps(schema, indent=2) + "\n"


def main(folder: Path) -> None:
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
