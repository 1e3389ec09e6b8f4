"""The overlay as a real browser shows it: the card comes, goes, survives a restart, and trusts nothing in it."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import async_playwright, expect
from pydantic import SecretStr

from stream.clock import ManualClock
from stream.config import HttpConfig
from stream.events import Alternative, Product, ProductData
from stream.http import HttpServer
from stream.metrics import Metrics
from stream.types import Reason, State
from stream.web.facts import GalleryChange, GalleryFacts, Health, Picture, ProductRow, StreamFacts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from playwright.async_api import Page

    from stream.events import Event
    from tests.telling import Host

pytestmark = pytest.mark.browser

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
         "--disable-component-update", "--no-first-run")  # fmt: skip
PATIENCE_MS = 15_000
TOKEN = "overlay-secret"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9"
    "fe92ef0000000049454e44ae426082"
)


GALLERY = GalleryFacts(version="v1", bundle="classic", products=3, searched_by="processor, flat", since=1.0)
CHANGE = GalleryChange(version="v2", products=3, added=0, replaced=0, removed=0)


class FakeWorker:
    """One livestream whose products all look like one pixel."""

    def __init__(self) -> None:
        self.see: Callable[[Event], None] = lambda _: None

    def health(self) -> Health:
        return Health(started=True, ready=True)

    def streams(self) -> list[StreamFacts]:
        return [StreamFacts(stream_id="live-1", shop_id=None, state=State.LIVE, reason=Reason.CONNECTED, since=0.0)]

    def gallery(self) -> GalleryFacts:
        return GALLERY

    async def reload_gallery(self) -> GalleryFacts:
        return GALLERY

    async def add_products(self, rows: Sequence[ProductRow]) -> GalleryChange:
        return CHANGE.model_copy(update={"added": len(rows)})

    async def remove_product(self, product_id: str) -> GalleryChange | None:
        return CHANGE

    async def product_image(self, product_id: str) -> Picture | None:
        return Picture(PIXEL, "image/png")

    def watch(self, see: Callable[[Event], None]) -> None:
        self.see = see


@asynccontextmanager
async def serving(port: int = 0) -> AsyncIterator[tuple[FakeWorker, HttpServer]]:
    worker = FakeWorker()
    config = HttpConfig(port=port, read_token=SecretStr(TOKEN))
    async with HttpServer(config, worker, Metrics(ManualClock())) as server:
        yield worker, server


def overlay(server: HttpServer) -> str:
    return f"{server.url}/overlay/live-1?token={TOKEN}"


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs chromium: run tests/install_servers.sh")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*FLAGS])
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        yield page
        await browser.close()


async def test_the_card_comes_with_shown_and_goes_with_hidden(page: Page, host: Callable[..., Host]) -> None:
    mine = host()
    async with serving() as (worker, server):
        await page.goto(overlay(server))
        await expect(page.locator(".card")).to_have_count(0)
        worker.see(mine.shows("tea"))
        card = page.locator(".card")
        await expect(card.locator(".title")).to_have_text("Tea")
        await expect(card.locator(".price")).to_have_text("4.20 EUR")
        assert await card.get_attribute("href") == "https://shop.example/tea"
        await expect(card.locator("img")).to_have_js_property("naturalWidth", 1)
        worker.see(mine.hides("tea"))
        await expect(card).to_have_count(0)


async def test_a_group_is_shown_as_one_until_it_is_said_which(page: Page, host: Callable[..., Host]) -> None:
    mine = host(title="Green Tea Mint")
    async with serving() as (worker, server):
        await page.goto(overlay(server))
        worker.see(one_of_two(mine.shows("tea")))
        card = page.locator(".card")
        await expect(card.locator(".title")).to_have_text("Green Tea")
        await expect(card.locator(".open")).to_have_text("one of 2")
        worker.see(mine.updates("tea"))
        await expect(card.locator(".title")).to_have_text("Green Tea Mint")
        await expect(card.locator(".open")).to_have_count(0)
        await expect(card).to_have_count(1)


def one_of_two(event: Event) -> Event:
    assert isinstance(event.data, ProductData)
    other = Alternative(product_id="other", confidence=0.48)
    both = {"undecided": True, "alternatives": (other,), "product": Product(title="Green Tea")}
    return replace(event, data=event.data.model_copy(update=both))


async def test_one_who_opens_the_page_late_sees_all_that_shows(page: Page, host: Callable[..., Host]) -> None:
    mine = host()
    async with serving() as (worker, server):
        for event in (mine.shows("tea"), mine.shows("jam"), mine.shows("oil"), mine.hides("jam")):
            worker.see(event)
        await page.goto(overlay(server))
        await expect(page.locator(".card")).to_have_count(2)
        shown = await page.locator(".card").evaluate_all("cards => cards.map(card => card.dataset.product)")
    assert shown == ["tea", "oil"]


async def test_the_page_comes_back_by_itself_after_a_restart(page: Page, host: Callable[..., Host]) -> None:
    async with serving() as (worker, server):
        await page.goto(overlay(server))
        worker.see(host(epoch=1).shows("tea"))
        await expect(page.locator("[data-product=tea]")).to_be_visible()
        port = server.port
    async with serving(port) as (worker, _):
        worker.see(host(epoch=2).shows("jam"))
        await expect(page.locator("[data-product=jam]")).to_be_visible()
        await expect(page.locator("[data-product=tea]")).to_have_count(0)


async def test_without_a_connection_no_card_is_better_than_a_wrong_one(page: Page, host: Callable[..., Host]) -> None:
    async with serving() as (worker, server):
        await page.goto(overlay(server))
        worker.see(host().shows("tea"))
        await expect(page.locator(".card")).to_be_visible()
    await expect(page.locator(".card")).to_be_hidden()


async def test_a_zombie_owner_changes_nothing(page: Page, host: Callable[..., Host]) -> None:
    async with serving() as (worker, server):
        await page.goto(overlay(server))
        worker.see(host(epoch=2).shows("tea"))
        await expect(page.locator("[data-product=tea]")).to_be_visible()
        worker.see(host(epoch=1).shows("jam"))
        last = host(epoch=2)
        last.is_live()
        worker.see(last.shows("oil"))
        await expect(page.locator("[data-product=oil]")).to_be_visible()
        await expect(page.locator("[data-product=jam]")).to_have_count(0)


async def test_a_hostile_catalogue_stays_text(page: Page, host: Callable[..., Host]) -> None:
    title = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    async with serving() as (worker, server):
        await page.goto(overlay(server))
        worker.see(host(title=title, link="javascript:document.title='owned'").shows('"><b>tea'))
        card = page.locator(".card")
        await expect(card.locator(".title")).to_have_text(title)
        assert await card.evaluate("card => card.tagName") == "DIV", "a link that is not http(s) is no link"
        assert await page.title() == "now showing"
    assert errors == []
