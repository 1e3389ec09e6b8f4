"""Events as livestreams tell them, without end; and the records that they become. For who publishes."""

from __future__ import annotations

import base64
import json
from itertools import count, islice
from typing import TYPE_CHECKING

from stream.clock import SteadyClock
from stream.events import NOW_SCHEMA, Versions
from stream.now import NowBoard
from stream.scribe import ProductFacts, Scribe
from stream.types import Candidate, Change, Decision, Moment, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stream.events import Event

STREAMS = 50
FACTS = ProductFacts(
    title="Green tea, loose leaves, 250 g", price="4.20 EUR", link="https://shop.example/tea", image_link=None
)


def events() -> Iterator[Event]:
    """Each livestream in turn shows a product, then hides it."""
    clock = SteadyClock()
    versions = Versions(bundle="classic", gallery="g-1", program="0")
    scribes = [Scribe(f"live-{i}", "shop", 1, versions, lambda _: FACTS, clock) for i in range(STREAMS)]
    for number in count():
        change = (Change.SHOWN, Change.HIDDEN)[number // STREAMS % 2]
        yield scribes[number % STREAMS].decision(_decision(change, f"p{number // STREAMS // 2 % 1000}", clock.now()))


def _decision(change: Change, product_id: str, wall: float) -> Decision:
    over, when = change is Change.HIDDEN, Moment(pts=1.0, utc=None, wall=wall)
    return Decision(
        change=change,
        candidate=Candidate(product_id, 0.97),
        alternatives=(Candidate("another", 0.02),),
        shown_at=when,
        frames=3,
        hidden_at=when if over else None,
        why=Reason.NOT_SEEN if over else None,
        latency={} if over else {"decode": 0.01, "queue": 0.02, "encode": 0.03},
    )


def write_records(path: Path, number: int) -> None:
    """One line an event: the records that the Kafka sink makes of it, bytes in base 64, topics without prefix."""
    board = NowBoard()
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(list(_records(event, board))) + "\n" for event in islice(events(), number))


def _records(event: Event, board: NowBoard) -> Iterator[dict[str, object]]:
    headers, value = event.binary()
    yield _record(".events", event.stream_id, value, headers)
    if board.push(event):
        now = board.record(event)
        text = None if now is None else now.model_dump_json().encode()
        now_headers = [("content-type", b"application/json"), ("ce_dataschema", NOW_SCHEMA.encode())]
        yield _record(".now", event.stream_id, text, now_headers)


def _record(topic: str, key: str, value: bytes | None, headers: list[tuple[str, bytes]]) -> dict[str, object]:
    return {
        "topic": topic,
        "key": key,
        "value": None if value is None else base64.b64encode(value).decode(),
        "headers": [(name, base64.b64encode(text).decode()) for name, text in headers],
    }
