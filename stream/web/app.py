"""The routes. Everything they tell comes from WorkerFacts, Metrics or the Feed; they decide nothing.

FastAPI reads the annotations as the program starts, so they are not postponed here.
"""

import asyncio
from typing import Annotated

from fastapi import Body, FastAPI, Header, HTTPException, Query, Response, Security
from fastapi.security import HTTPBearer
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, JSONResponse, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from indexes.errors import IndexesError
from stream import __version__
from stream.config import HttpConfig
from stream.errors import ClosedError, UsageError
from stream.metrics import CONTENT_TYPE, Metrics
from stream.web.facts import GalleryChange, GalleryFacts, Health, ProductRow, StreamFacts, WorkerFacts
from stream.web.feed import Feed
from stream.web.guard import Guard
from stream.web.overlay import SAFE, overlay

STALLED_READER_S = 30.0  # a reader that takes no byte for this long is cut off
MOST_PRODUCTS = 200  # in one request: their pictures are fetched and encoded before it is answered
PICTURES = {"image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"}  # none that can carry a script


class EventStream(StreamingResponse):
    """Server-sent events; a reader that stops reading is let go."""

    media_type = "text/event-stream"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def timely(message: Message) -> None:
            async with asyncio.timeout(STALLED_READER_S):
                await send(message)

        try:
            await super().__call__(scope, receive, timely)
        except (TimeoutError, ClientDisconnect):
            return  # the server closes the connection; the feed counts its readers by itself


def make_app(config: HttpConfig, facts: WorkerFacts, metrics: Metrics, feed: Feed) -> Guard:
    app = FastAPI(
        title="nowshowing",
        version=__version__,
        docs_url=None,  # they load scripts from a foreign host
        redoc_url=None,
        dependencies=[Security(HTTPBearer(auto_error=False))],  # documents what Guard enforces
    )
    _add_health(app, facts, metrics)
    _add_streams(app, facts, feed)
    _add_gallery(app, facts)
    _add_overlay(app, facts)
    return Guard(app, config)


def _add_health(app: FastAPI, facts: WorkerFacts, metrics: Metrics) -> None:
    @app.get("/healthz/live", summary="The event loop answers.")
    async def live() -> Health:
        return facts.health()

    @app.get("/healthz/ready", summary="200 while it can do its work, else 503 and why.")
    async def ready(response: Response) -> Health:
        health = facts.health()
        response.status_code = 200 if health.ready else 503
        return health

    @app.get("/healthz/startup", summary="200 once gallery and engines are loaded.")
    async def startup(response: Response) -> Health:
        health = facts.health()
        response.status_code = 200 if health.started else 503
        return health

    @app.get("/metrics", summary="Prometheus text format.", response_class=Response)
    async def prometheus() -> Response:
        return Response(metrics.render(), media_type=CONTENT_TYPE)


def _add_streams(app: FastAPI, facts: WorkerFacts, feed: Feed) -> None:
    def known(stream_id: str) -> StreamFacts:
        for stream in facts.streams():
            if stream.stream_id == stream_id:
                return stream
        raise HTTPException(404, f"no livestream {stream_id!r} here")

    @app.get("/v1/streams", summary="The livestreams of this worker, with their figures.")
    async def streams() -> list[StreamFacts]:
        return list(facts.streams())

    @app.get("/v1/streams/{stream_id}")
    async def stream(stream_id: str) -> StreamFacts:
        return known(stream_id)

    @app.get(
        "/v1/streams/{stream_id}/events",
        summary="Server-sent events: what is showing, then CloudEvents as they come.",
        response_class=EventStream,
    )
    async def events(stream_id: str, last_event_id: Annotated[str | None, Header()] = None) -> EventStream:
        known(stream_id)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return EventStream(feed.read(stream_id, last_event_id), headers=headers)


def _add_gallery(app: FastAPI, facts: WorkerFacts) -> None:
    @app.get("/v1/gallery", summary="The gallery in use, and why what lies in its folder is not.")
    async def gallery() -> GalleryFacts:
        return facts.gallery()

    @app.post("/v1/products", summary="Add products, or replace those with the same ids; live, for all workers.")
    async def add(rows: Annotated[list[ProductRow], Body(min_length=1, max_length=MOST_PRODUCTS)]) -> GalleryChange:
        try:
            return await facts.add_products(rows)
        except IndexesError as error:
            raise HTTPException(409, str(error)) from error
        except ClosedError as error:
            raise HTTPException(503, str(error)) from error

    @app.delete("/v1/products/{product_id:path}", summary="Take a product out; on show, it is hidden.")
    async def remove(product_id: str) -> GalleryChange:
        try:
            change = await facts.remove_product(product_id)
        except IndexesError as error:
            raise HTTPException(409, str(error)) from error
        if change is None:
            raise HTTPException(404, f"no product {product_id!r} in the gallery")
        return change

    @app.post("/v1/gallery/reload", summary="Take up what lies in the gallery's folder now; 409 if it is refused.")
    async def reload(response: Response) -> GalleryFacts:
        found = await facts.reload_gallery()
        response.status_code = 409 if found.refused else 200
        return found


def _add_overlay(app: FastAPI, facts: WorkerFacts) -> None:
    @app.get("/overlay/{stream_id}", summary="The page that OBS or a player loads.", response_class=HTMLResponse)
    async def page(stream_id: str, video: Annotated[str, Query(max_length=2048)] = "") -> Response:
        try:
            return overlay(stream_id, video)
        except UsageError as error:
            return JSONResponse({"detail": str(error)}, 422)

    @app.get("/v1/products/{product_id:path}/image", response_class=Response)
    async def image(product_id: str) -> Response:
        picture = await facts.product_image(product_id)
        if picture is None or picture.media_type not in PICTURES:
            raise HTTPException(404, f"no picture of product {product_id!r} at hand")
        headers = {**SAFE, "Cache-Control": "private, max-age=300", "Content-Security-Policy": "default-src 'none'"}
        return Response(picture.data, media_type=picture.media_type, headers=headers)
