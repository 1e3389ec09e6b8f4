"""The page as a real browser shows it: nothing asked of any network, every picture drawn, light and dark."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
import pytest
from playwright.async_api import async_playwright

from benchmarks.liveshop.scoring.judged import Contender, Ranking
from benchmarks.liveshop.scoring.record import result_of
from benchmarks.liveshop.scoring.report import write_report
from tests.clips import write_clip

if TYPE_CHECKING:
    from pathlib import Path

    from tests.drawn import Draw

pytestmark = pytest.mark.browser

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
         "--disable-component-update", "--no-first-run")  # fmt: skip
NAME = "printed-7-0"


@pytest.fixture
def report(draw: Draw, tmp_path: Path) -> Path:
    folder = tmp_path / NAME
    folder.mkdir()
    write_clip(folder / "live.mp4", seconds=6)
    cv2.imwrite(str(folder / "A.png"), np.full((60, 90, 3), 90, np.uint8))
    (folder / "feed.csv").write_text("id,title,image_link\nA,Tea,A.png\nB,Jam,A.png\n")
    windows = (Ranking(2.0, (("A", 0.9), ("B", 0.1))), Ranking(4.0, (("A", 0.6),)))
    ours = Contender("ours", (draw.live("..AAAA..BBBB", "..AAAAAAAAAA", *windows, name=NAME),))
    result = result_of({"family": "printed", "seed": 7}, [ours, ours, ours, ours])
    return write_report(tmp_path / "report.html", result, ours, {NAME: folder})


@pytest.mark.parametrize(("scheme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 23, 26)")])
async def test_the_page_stands_alone_in_light_and_dark(
    report: Path, scheme: Literal["light", "dark"], paper: str
) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs chromium: run tests/install_servers.sh")
    asked: list[str] = []
    said: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*FLAGS])
        page = await browser.new_page(color_scheme=scheme, viewport={"width": 900, "height": 700})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        await page.goto(report.as_uri())
        widths = await page.eval_on_selector_all("img", "images => images.map(image => image.naturalWidth)")
        heights = await page.eval_on_selector_all(
            "svg", "plots => plots.map(plot => plot.getBoundingClientRect().height)"
        )
        background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        spill = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        await browser.close()
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    assert said == []
    assert len(widths) >= 5
    assert min(widths) > 0
    assert min(heights) > 50
    assert background == paper
    assert spill <= 0  # wide tables scroll by themselves
