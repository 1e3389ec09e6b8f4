"""The description of what is published, against the specification it claims to follow and against the code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from stream.events import NOW_SCHEMA, PRODUCT_SCHEMA, STATUS_SCHEMA, Type
from stream.kafka_topics import CLEANUP
from stream.schemas import schemas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.unit

DEPLOY = Path(__file__).parents[2] / "deploy"
DESCRIPTION = yaml.safe_load((DEPLOY / "asyncapi.yaml").read_text(encoding="utf-8"))
MESSAGES = DESCRIPTION["components"]["messages"]


def refs(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from refs(value)


def test_it_follows_the_official_schema(asyncapi_specification: Mapping[str, object]) -> None:
    jsonschema.Draft7Validator(asyncapi_specification).validate(DESCRIPTION)


def test_every_reference_leads_somewhere() -> None:
    for ref in refs(DESCRIPTION):
        if not ref.startswith("#/"):
            assert (DEPLOY / ref).is_file(), ref
            continue
        node = DESCRIPTION
        for step in ref[2:].split("/"):
            assert step in node, ref
            node = node[step]


def test_the_channels_are_the_topics_that_the_sink_makes() -> None:
    described = {
        name: channel["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"]
        for name, channel in DESCRIPTION["channels"].items()
    }
    assert described == {name: [cleanup] for name, cleanup in CLEANUP.items()}
    assert all(channel["address"] == f"nowshowing.{name}" for name, channel in DESCRIPTION["channels"].items())


def test_the_messages_are_the_event_types() -> None:
    assert {message["name"] for message in MESSAGES.values()} == {*Type, "nowshowing.now.v1"}


def test_payloads_and_headers_speak_of_the_same_schema() -> None:
    named = DESCRIPTION["components"]["schemas"]
    wanted = {"product.v1.json": PRODUCT_SCHEMA, "stream-status.v1.json": STATUS_SCHEMA, "now.v1.json": NOW_SCHEMA}
    for message in MESSAGES.values():
        headers = named[message["headers"]["$ref"].rpartition("/")[2]]
        file = message["payload"]["$ref"].rpartition("/")[2]
        assert headers["properties"]["ce_dataschema"]["const"] == wanted[file]


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_schema_files_are_what_the_models_say(name: str) -> None:
    text = (DEPLOY / "schemas" / name).read_text(encoding="utf-8")
    assert text == schemas()[name], "run: python -m stream.schemas deploy/schemas"
