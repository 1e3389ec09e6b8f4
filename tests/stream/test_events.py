"""What readers may rely on: CloudEvents in both forms, growing numbers, and data that its schema describes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import jsonschema
import pytest

from engines.base import Box
from stream import schemas
from stream.clock import ManualClock
from stream.events import Event, ProductData, Type, Versions
from stream.scribe import ProductFacts, Scribe
from stream.types import Candidate, Change, Decision, Moment, Reason, State, Status

pytestmark = pytest.mark.unit

NOON = 1_800_000_000.0  # 2027-01-15T08:00:00Z
VERSIONS = Versions(bundle="classic", gallery="g-1", program="0.1.0")
TEA = ProductFacts(title="Tea", price="4.20 EUR", link="https://shop/tea", image_link="tea.jpg", sku_group="teas")
LATENCY = {"decode": 0.01, "queue": 0.1, "encode": 0.2, "window": 0.05, "match": 0.1, "decide": 0.05}
SHOWN = Decision(
    change=Change.SHOWN,
    candidate=Candidate("tea", 0.97, visual=0.8, patches=0.9, box=Box(0.1, 0.2, 0.3, 0.4)),
    alternatives=tuple(Candidate(f"other-{i}", 0.1) for i in range(6)),
    shown_at=Moment(pts=12.5, utc=NOON + 1, wall=NOON - 1),
    frames=3,
    latency=LATENCY,
)
HIDDEN = replace(
    SHOWN, change=Change.HIDDEN, hidden_at=Moment(20.0, None, NOON), why=Reason.NOT_SEEN, alternatives=(), latency={}
)
RETRYING = Status(State.RETRYING, Reason.REFUSED, "no", 2, 1.5, {"codec": "h264"})


def make(catalogue: dict[str, ProductFacts] | None = None, clock: ManualClock | None = None) -> Scribe:
    known = {"tea": TEA} if catalogue is None else catalogue
    return Scribe("live-1", "shop", 7, VERSIONS, known.get, clock or ManualClock(NOON))


def product(event: Event) -> ProductData:
    assert isinstance(event.data, ProductData)
    return event.data


def test_structured_mode_is_one_line_of_json_with_every_attribute() -> None:
    text = make().decision(SHOWN).structured()
    assert "\n" not in text
    event = json.loads(text)
    data = event.pop("data")
    assert event == {
        "specversion": "1.0",
        "id": "live-1:7:1",
        "source": "/streams/live-1",
        "type": "nowshowing.product.shown.v1",
        "time": "2027-01-15T08:00:00.000000Z",
        "subject": "tea",
        "datacontenttype": "application/json",
        "dataschema": "urn:nowshowing:schema:product:v1",
    }
    assert data["product"] == {
        "title": "Tea",
        "price": "4.20 EUR",
        "link": "https://shop/tea",
        "image_link": "tea.jpg",
    }
    assert data["shown_at"] == {
        "pts": 12.5, "utc": "2027-01-15T08:00:01.000000Z", "wall": "2027-01-15T07:59:59.000000Z",
    }  # fmt: skip
    assert data["evidence"]["box"] == {"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4}
    assert data["sku_group"] == "teas"


def test_binary_mode_says_the_same_in_headers_and_value() -> None:
    event = make().decision(SHOWN)
    headers, value = event.binary()
    structured = json.loads(event.structured())
    assert json.loads(value) == structured.pop("data")
    assert dict(headers).pop("content-type") == structured.pop("datacontenttype").encode()
    assert {name: text.decode() for name, text in headers if name.startswith("ce_")} == {
        f"ce_{name}": text for name, text in structured.items()
    }


@pytest.mark.parametrize(
    ("event", "file"),
    [
        (make().decision(SHOWN), "product.v1.json"),
        (make().decision(replace(SHOWN, change=Change.UPDATED)), "product.v1.json"),
        (make().decision(HIDDEN), "product.v1.json"),
        (make({}).decision(SHOWN), "product.v1.json"),
        (make().status(RETRYING), "stream-status.v1.json"),
    ],
)
def test_data_fits_its_schema(event: Event, file: str) -> None:
    schema = json.loads(schemas.schemas()[file])
    data = json.loads(event.structured())["data"]
    jsonschema.Draft202012Validator(schema).validate(data)
    assert set(data) == set(schema["required"]), "every field is always there, null where unknown"


def test_a_reason_that_comes_later_breaks_no_reader() -> None:
    data = json.loads(make().decision(HIDDEN).structured())["data"] | {"reason": "sponsor_break"}
    jsonschema.Draft202012Validator(json.loads(schemas.schemas()["product.v1.json"])).validate(data)


def test_numbers_grow_by_one_whatever_is_told() -> None:
    scribe = make()
    told = [scribe.status(Status(State.LIVE, Reason.CONNECTED)), scribe.decision(SHOWN), scribe.decision(HIDDEN)]
    assert [event.id for event in told] == ["live-1:7:1", "live-1:7:2", "live-1:7:3"]


def test_at_most_four_alternatives_are_told() -> None:
    assert [a.product_id for a in product(make().decision(SHOWN)).alternatives] == [f"other-{i}" for i in range(4)]


def test_hidden_says_when_and_why() -> None:
    data = product(make().decision(HIDDEN))
    assert data.reason is Reason.NOT_SEEN
    assert data.hidden_at is not None
    assert data.hidden_at.pts == 20.0


def test_hidden_speaks_of_the_product_as_shown_did_though_the_catalogue_has_lost_it() -> None:
    catalogue = {"tea": TEA}
    scribe = make(catalogue)
    scribe.decision(SHOWN)
    del catalogue["tea"]
    assert product(scribe.decision(HIDDEN)).product.title == "Tea"


def test_a_product_without_facts_is_still_told() -> None:
    assert product(make({}).decision(SHOWN)).product.title is None


def test_age_counts_from_the_frame_that_decided_and_not_from_its_decoding() -> None:
    assert make().decision(SHOWN).frame_wall == pytest.approx(NOON - 0.5)
    assert make().decision(HIDDEN).frame_wall == NOON


def test_the_ledger_ends_with_the_wait_for_the_sink() -> None:
    event = make().decision(SHOWN)
    assert product(event.handed_over(NOON + 0.25)).latency == {**LATENCY, "publish": pytest.approx(0.25)}
    assert "publish" not in product(event).latency


def test_what_has_no_ledger_gets_none() -> None:
    status = make().status(Status(State.LIVE, Reason.CONNECTED))
    assert status.handed_over(NOON + 5) is status


def test_status_carries_reason_and_retry() -> None:
    event = make().status(Status(State.RETRYING, Reason.READ_TIMEOUT, "no data for 10 s", 3, 2.5))
    assert event.type is Type.STATUS
    assert event.subject == "live-1"
    data = json.loads(event.structured())["data"]
    assert (data["state"], data["reason"], data["attempt"], data["retry_in_s"]) == (
        "retrying",
        "read_timeout",
        3,
        2.5,
    )


def test_time_is_when_it_was_told() -> None:
    clock = ManualClock(NOON)
    scribe = make(clock=clock)
    clock.advance(1.5)
    assert scribe.decision(SHOWN).time == datetime.fromisoformat("2027-01-15T08:00:01.500+00:00")
