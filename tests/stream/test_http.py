"""Who may ask what, and what they get; over a real socket."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from indexes.errors import GalleryError
from stream.clock import ManualClock
from stream.config import HttpConfig
from stream.errors import ClosedError, UsageError
from stream.http import HttpServer
from stream.metrics import Metrics
from stream.types import Reason, State
from stream.web.facts import GalleryChange, GalleryFacts, Health, Picture, ProductRow, StreamFacts
from stream.web.guard import MAX_BODY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from stream.events import Event
    from tests.telling import Host

pytestmark = pytest.mark.unit

READ, CONTROL = "read-secret", "control-secret"
OPEN = HttpConfig(port=0, open_on_loopback=True)
CLOSED = HttpConfig(port=0, read_token=SecretStr(READ), control_token=SecretStr(CONTROL))
ROUTES = (
    "/healthz/live", "/healthz/ready", "/healthz/startup", "/metrics", "/openapi.json", "/v1/streams", "/v1/gallery",
    "/v1/streams/live-1", "/v1/streams/live-1/events", "/overlay/live-1", "/v1/products/tea/image", "/nothing/here",
)  # fmt: skip
BY_URL = {"/v1/streams/live-1/events", "/overlay/live-1", "/v1/products/tea/image"}


GALLERY = GalleryFacts(version="v1", bundle="classic", products=3, searched_by="processor, flat", since=1.0)
CHANGE = GalleryChange(version="v2", products=3, added=0, replaced=0, removed=0)


class FakeWorker:
    """One livestream, one picture, and whoever watches."""

    def __init__(self) -> None:
        self.state = Health(started=True, ready=True)
        self.whole, self.stops = True, False
        self.picture = Picture(b"jpeg", "image/jpeg")
        self.see: Callable[[Event], None] = lambda _: None

    def health(self) -> Health:
        return self.state

    def streams(self) -> list[StreamFacts]:
        return [
            StreamFacts(
                stream_id="live-1", shop_id="shop", state=State.LIVE, reason=Reason.CONNECTED, since=1.0,
                showing=("tea",), figures={"frames_total": 7},
            )
        ]  # fmt: skip

    def gallery(self) -> GalleryFacts:
        return GALLERY

    async def reload_gallery(self) -> GalleryFacts:
        return GALLERY if self.whole else GALLERY.model_copy(update={"refused": "is damaged"})

    async def add_products(self, rows: Sequence[ProductRow]) -> GalleryChange:
        if self.stops:
            raise ClosedError("this worker stops")
        if not self.whole:
            raise GalleryError("the disk is full")
        return CHANGE.model_copy(update={"added": len(rows)})

    async def remove_product(self, product_id: str) -> GalleryChange | None:
        if not self.whole:
            raise GalleryError("the disk is full")
        return CHANGE if product_id == "tea" else None

    async def product_image(self, product_id: str) -> Picture | None:
        return self.picture if product_id in ("tea", "a/b") else None

    def watch(self, see: Callable[[Event], None]) -> None:
        self.see = see


@asynccontextmanager
async def serving(config: HttpConfig, worker: FakeWorker | None = None) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        HttpServer(config, worker or FakeWorker(), Metrics(ManualClock())) as server,
        httpx.AsyncClient(base_url=server.url, timeout=10) as client,
    ):
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def status(client: httpx.AsyncClient, url: str, method: str = "GET", **headers: str) -> int:
    """Of the answer's head alone: events have no end."""
    async with client.stream(method, url, headers=headers) as answer:
        return answer.status_code


@pytest.mark.parametrize("path", ROUTES)
async def test_no_route_answers_without_a_token(path: str) -> None:
    async with serving(CLOSED) as client:
        assert await status(client, path) == 401
        assert await status(client, path, Authorization="Bearer wrong") == 401
        assert await status(client, path, Authorization=f"Basic {READ}") == 401


@pytest.mark.parametrize("path", ROUTES)
async def test_either_token_may_read(path: str) -> None:
    async with serving(CLOSED) as client:
        for token in (READ, CONTROL):
            assert await status(client, path, Authorization=f"Bearer {token}") == (404 if "nothing" in path else 200)


async def test_only_the_control_token_may_change() -> None:
    async with serving(CLOSED) as client:
        assert await status(client, "/v1/streams", "POST") == 401
        assert await status(client, "/v1/streams", "POST", Authorization=f"Bearer {READ}") == 403
        assert await status(client, "/v1/streams", "POST", Authorization=f"Bearer {CONTROL}") == 405


async def test_a_new_gallery_is_taken_up_at_once_or_refused_with_the_reason() -> None:
    worker, control = FakeWorker(), bearer(CONTROL)
    async with serving(CLOSED, worker) as client:
        assert await status(client, "/v1/gallery/reload", "POST", **bearer(READ)) == 403
        assert (await client.post("/v1/gallery/reload", headers=control)).json()["version"] == "v1"
        worker.whole = False
        answer = await client.post("/v1/gallery/reload", headers=control)
        assert (answer.status_code, answer.json()["refused"]) == (409, "is damaged")


ROW = {"id": "tea", "title": "Tea", "image_link": "https://shop.example.com/tea.jpg"}


async def test_products_come_and_go_with_the_control_token_alone() -> None:
    worker, control = FakeWorker(), bearer(CONTROL)
    async with serving(CLOSED, worker) as client:
        for method, url in (("POST", "/v1/products"), ("DELETE", "/v1/products/tea")):
            assert await status(client, url, method, **bearer(READ)) == 403
        added = await client.post("/v1/products", headers=control, json=[ROW, ROW | {"id": "a/b", "price": "2 EUR"}])
        assert (added.status_code, added.json()["added"]) == (200, 2)
        assert (await client.delete("/v1/products/tea", headers=control)).json()["version"] == "v2"
        assert (await client.delete("/v1/products/nope", headers=control)).status_code == 404
        worker.whole = False
        for answer in (
            await client.post("/v1/products", headers=control, json=[ROW]),
            await client.delete("/v1/products/tea", headers=control),
        ):
            assert (answer.status_code, answer.json()["detail"]) == (409, "the disk is full")
        worker.stops = True
        answer = await client.post("/v1/products", headers=control, json=[ROW])
        assert (answer.status_code, answer.json()["detail"]) == (503, "this worker stops")


@pytest.mark.parametrize(
    "row",
    [
        {"image_link": "/etc/passwd"}, {"image_link": "file:///etc/passwd"}, {"additional_image_link": ["../x.png"]},
        {"Image Link": "/etc/passwd"}, {"id": None},
    ],
)  # fmt: skip
async def test_a_product_whose_picture_is_no_web_link_is_refused(row: dict[str, object]) -> None:
    async with serving(CLOSED) as client:
        answer = await client.post("/v1/products", headers=bearer(CONTROL), json=[ROW | row])
        assert answer.status_code == 422


@pytest.mark.parametrize("path", ROUTES)
async def test_the_read_token_works_in_the_url_only_where_a_browser_has_no_other_way(path: str) -> None:
    async with serving(CLOSED) as client:
        assert await status(client, f"{path}?token={READ}") == (200 if path in BY_URL else 401)
        assert await status(client, f"{path}?token={CONTROL}") == 401, "the control token never belongs in a URL"


async def test_a_token_in_a_url_reaches_no_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(0)
    async with serving(CLOSED) as client:
        await status(client, f"/overlay/live-1?token={READ}")
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    out, err = capfd.readouterr()
    assert READ not in "".join([*ours, out, err])


def test_open_to_the_world_is_refused() -> None:
    with pytest.raises(UsageError, match=r"http\.host 0\.0\.0\.0 is not a loopback address: set http\.read_token"):
        HttpServer(HttpConfig(host="0.0.0.0", open_on_loopback=True), FakeWorker(), Metrics())


def test_open_to_nobody_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no token.*set http\.read_token"):
        HttpServer(HttpConfig(), FakeWorker(), Metrics())


@pytest.mark.parametrize(
    ("origin", "code"),
    [
        ("https://evil.example.com", 403), ("http://127.0.0.1.evil.example.com:8080", 403), ("null", 403),
        ("http://[", 403), ("http://localhost:8080", 200), ("http://[::1]:8080", 200), ("http://127.0.0.1", 200),
    ],
)  # fmt: skip
async def test_where_no_token_is_needed_a_page_of_another_host_changes_nothing(origin: str, code: int) -> None:
    async with serving(OPEN) as client:
        assert await status(client, "/v1/gallery/reload", "POST", Origin=origin) == code
        assert await status(client, "/v1/gallery", Origin=origin) == 200
        assert await status(client, "/v1/gallery/reload", "POST") == 200


async def test_what_is_sent_without_saying_that_it_is_json_is_not_taken_for_it() -> None:
    """A browser sends that to other hosts without asking them first."""
    async with serving(OPEN) as client:
        for headers in ({}, {"Content-Type": "text/plain"}):
            answer = await client.post("/v1/products", content=json.dumps([ROW]), headers=headers)
            assert answer.status_code == 422


async def test_a_body_that_is_too_long_is_refused_unread() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"[]"

    async with serving(CLOSED) as client:
        for content, code in ((b"[" + b" " * MAX_BODY, 413), (pieces(), 411)):
            headers = bearer(CONTROL) | {"Content-Type": "application/json"}
            answer = await client.post("/v1/products", headers=headers, content=content)
            assert answer.status_code == code
            assert (await client.post("/v1/products", content=b"[]")).status_code == 401


async def test_a_foreign_name_for_loopback_is_refused() -> None:
    async with serving(OPEN) as client:
        assert await status(client, "/v1/streams") == 200
        assert await status(client, "/v1/streams", Host="evil.example") == 403
        assert await status(client, "/v1/streams", Host="localhost:80") == 200


async def test_a_port_that_is_taken_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = OPEN.model_copy(update={"port": port})
        with pytest.raises(UsageError, match=rf"http 127\.0\.0\.1:{port}: cannot listen: .*choose another"):
            await HttpServer(config, FakeWorker(), Metrics()).__aenter__()


async def test_a_host_that_is_not_ours_is_a_clear_error() -> None:
    config = CLOSED.model_copy(update={"host": "no-such-host.invalid"})
    with pytest.raises(UsageError, match=r"http\.host 'no-such-host\.invalid'"):
        await HttpServer(config, FakeWorker(), Metrics()).__aenter__()


async def test_probes_tell_ready_from_started() -> None:
    worker = FakeWorker()
    async with serving(OPEN, worker) as client:
        worker.state = Health(started=True, ready=False, why="the device thread is gone")
        ready = await client.get("/healthz/ready")
        assert (ready.status_code, ready.json()["why"]) == (503, "the device thread is gone")
        assert (await client.get("/healthz/startup")).status_code == 200
        worker.state = Health(started=False, ready=False, why="loading the gallery")
        assert (await client.get("/healthz/startup")).status_code == 503
        assert (await client.get("/healthz/live")).status_code == 200


async def test_metrics_are_what_prometheus_reads() -> None:
    async with serving(OPEN) as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "nowshowing_event_age_seconds" in {f.name for f in text_string_to_metric_families(answer.text)}


async def test_livestreams_come_with_their_figures() -> None:
    async with serving(OPEN) as client:
        listed = (await client.get("/v1/streams")).json()
        assert listed == [(await client.get("/v1/streams/live-1")).json()]
        assert listed[0]["figures"] == {"frames_total": 7}
        missing = await client.get("/v1/streams/other")
    assert (missing.status_code, missing.json()) == (404, {"detail": "no livestream 'other' here"})


async def test_the_description_names_every_route_and_how_to_get_in() -> None:
    async with serving(OPEN) as client:
        described = (await client.get("/openapi.json")).json()
    assert "/v1/streams/{stream_id}/events" in described["paths"]
    assert described["components"]["securitySchemes"] == {"HTTPBearer": {"type": "http", "scheme": "bearer"}}


async def test_events_arrive_as_they_come(host: Callable[..., Host]) -> None:
    worker, mine = FakeWorker(), host()
    async with serving(OPEN, worker) as client, client.stream("GET", "/v1/streams/live-1/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        while await anext(lines) != "event: reset":
            pass
        worker.see(mine.shows("tea"))
        async for line in lines:
            if line.startswith("id: "):
                break
        assert line == "id: live-1:1:1"


async def test_events_of_a_livestream_that_is_not_here_are_not_found() -> None:
    async with serving(OPEN) as client:
        assert await status(client, "/v1/streams/other/events") == 404


async def test_stopping_does_not_wait_for_readers() -> None:
    async with asyncio.timeout(10):
        async with httpx.AsyncClient(timeout=10) as client:
            async with HttpServer(OPEN, FakeWorker(), Metrics()) as server:
                request = client.build_request("GET", f"{server.url}/v1/streams/live-1/events")
                answer = await client.send(request, stream=True)
            assert (await answer.aread()).startswith(b"retry: ")


async def test_the_overlay_may_load_nothing_that_the_page_did_not_bring() -> None:
    async with serving(OPEN) as client:
        one, other = await client.get("/overlay/live-1"), await client.get("/overlay/live-1")
    policy = one.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'nonce-")
    assert "unsafe" not in policy
    assert policy != other.headers["content-security-policy"], "a nonce is used once"
    assert one.headers["referrer-policy"] == "no-referrer"


async def test_a_hostile_name_stays_text_in_the_overlay() -> None:
    async with serving(OPEN) as client:
        page = (await client.get("/overlay/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E")).text
        video = (await client.get("/overlay/a", params={"video": '/x"><script>alert(1)</script>'})).text
    assert "<script>alert" not in page + video


@pytest.mark.parametrize("video", ["javascript:alert(1)", "//elsewhere/x", "data:text/html,x", "file:///etc/passwd"])
async def test_a_video_is_a_path_or_a_web_address(video: str) -> None:
    async with serving(OPEN) as client:
        answer = await client.get("/overlay/live-1", params={"video": video})
    assert answer.status_code == 422
    assert "give a path on this host, or an http(s) URL" in answer.json()["detail"]


async def test_product_pictures_are_served_when_they_are_pictures() -> None:
    worker = FakeWorker()
    async with serving(OPEN, worker) as client:
        answer = await client.get("/v1/products/a%2Fb/image")
        assert (answer.content, answer.headers["content-type"]) == (b"jpeg", "image/jpeg")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert (await client.get("/v1/products/unknown/image")).status_code == 404
        worker.picture = Picture(b"<svg onload=alert(1)>", "image/svg+xml")
        assert (await client.get("/v1/products/tea/image")).status_code == 404
