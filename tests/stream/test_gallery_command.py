"""`nowshowing gallery` with fake engines: what its commands do, what is on stdout, and the exit code."""

from __future__ import annotations

import http.server
import json
import math
import os
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from engines.fake import FakeBundle, picture_of
from indexes.errors import FetchError, GalleryError
from stream.commands import gallery
from stream.commands.gallery import app, sigmoid
from stream.commands.product_list import read_product_list
from stream.errors import UsageError
from stream.fetching import fetch_with
from stream.urls import GuardedClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer.testing import Result

pytestmark = pytest.mark.unit


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def lines_of(result: Result) -> list[dict[str, object]]:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(autouse=True)
def _fake_bundles(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_bundle(name: str) -> FakeBundle:
        assert name == "fake"
        return FakeBundle()

    monkeypatch.setattr(gallery, "open_bundle", open_bundle)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Twelve products, in two shops, with pictures that carry their numbers."""
    rows = []
    for number in range(1, 13):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture_of(number)[:, :, ::-1])
        rows.append(f"p{number},Product {number},{number}.png,shop{number % 2}\n")
    (tmp_path / "feed.csv").write_text("id,title,image_link,shop_id\n" + "".join(rows))
    return tmp_path


@pytest.fixture
def built(shop: Path) -> Path:
    assert run("build", shop / "feed.csv", "--bundle", "fake", "--out", shop / "gallery").exit_code == 0
    return shop / "gallery"


def test_build_tells_progress_and_result_as_json_lines(shop: Path) -> None:
    lines = lines_of(run("build", shop / "feed.csv", "--bundle", "fake", "--out", shop / "gallery", "--json"))
    assert {line["type"] for line in lines[:-1]} == {"nowshowing.gallery.progress"}
    assert {line["stage"] for line in lines[:-1]} == {"reading", "encoding", "writing"}
    assert lines[-1]["type"] == "nowshowing.gallery.built"
    assert (lines[-1]["products"], lines[-1]["pictures"], lines[-1]["bad_rows"]) == (12, 12, 0)


def test_build_says_what_was_left_out_on_stderr(shop: Path) -> None:
    (shop / "3.png").write_bytes(b"broken")
    result = run("build", shop / "feed.csv", "--bundle", "fake", "--out", shop / "gallery")
    assert result.exit_code == 0
    assert "3.png: is not a JPEG" in result.stderr
    assert "p3: left out" in result.stderr
    assert "11 products, 11 pictures" in result.stdout


def test_info_says_what_it_is_and_notices_damage(built: Path) -> None:
    (facts,) = lines_of(run("info", built, "--json", "--verify"))
    assert (facts["products"], facts["bundle_name"], facts["format"]) == (12, "fake", 1)
    memory, mapped, on_disk = (facts[name] for name in ("memory_bytes", "mapped_bytes", "bytes"))
    assert isinstance(memory, int)
    assert isinstance(mapped, int)
    assert isinstance(on_disk, int)
    assert 0 < memory < on_disk
    assert 0 < mapped < on_disk
    assert "bundle_name" in run("info", built).stdout
    data = (built / "embeddings.npy").read_bytes()
    (built / "embeddings.npy").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert run("info", built).exit_code == 0
    assert isinstance(run("info", built, "--verify").exception, GalleryError)


def test_a_gallery_is_changed_and_then_written_anew(shop: Path, built: Path) -> None:
    cv2.imwrite(str(shop / "13.png"), picture_of(13)[:, :, ::-1])
    (shop / "more.csv").write_text("id,title,image_link\np13,Product 13,13.png\np2,Renamed,2.png\np14,None,14.png\n")
    added = run("add", built, shop / "more.csv")
    assert "1 added, 1 replaced: 13 products" in added.stdout
    assert "14.png" in added.stderr
    (removed,) = lines_of(run("remove", built, "p5", "p13", "--json"))
    assert (removed["type"], removed["removed"], removed["products"]) == ("nowshowing.gallery.changed", 2, 11)
    (facts,) = lines_of(run("info", built, "--json", "--verify"))
    told = {
        name: facts[name] for name in ("version", "products", "pictures", "changed_products", "withdrawn_products")
    }
    assert told == {
        "version": removed["version"], "products": 11, "pictures": 11, "changed_products": 1, "withdrawn_products": 2,
    }  # fmt: skip
    (line,) = lines_of(run("search", built, shop / "2.png", "--json"))
    assert line["ranked"][0]["product_id"] == "p2"  # type: ignore[index]
    done = lines_of(run("compact", built, "--json"))
    assert (done[0]["stage"], done[-1]["products"]) == ("writing", 11)
    assert "nothing changed: 11 products" in run("compact", built).stdout
    run("remove", built, "p6")
    assert "compacted: 10 products" in run("compact", built).stdout
    assert isinstance(run("remove", built, "p5").exception, GalleryError)


def test_search_ranks_ten_products_an_image_the_right_one_first(shop: Path, built: Path) -> None:
    lines = lines_of(run("search", built, shop / "5.png", shop / "8.png", "--json"))
    assert [line["image"] for line in lines] == [str(shop / "5.png"), str(shop / "8.png")]
    for line, right in zip(lines, ("p5", "p8"), strict=True):
        ranked = line["ranked"]
        assert isinstance(ranked, list)
        assert len(ranked) == 10
        assert ranked[0]["product_id"] == right
        assert ranked[0]["probability"] > 0.99
        assert ranked[1]["probability"] < 0.01
        assert isinstance(line["seconds"], float)


def test_search_stays_in_its_shop_and_its_product_list(shop: Path, built: Path) -> None:
    (line,) = lines_of(run("search", built, shop / "5.png", "--json", "--shop", "shop0"))
    ranked = line["ranked"]
    assert isinstance(ranked, list)
    assert {entry["product_id"] for entry in ranked} == {f"p{i}" for i in range(2, 13, 2)}
    (shop / "list.txt").write_text("\ufeffp5\n\n p2 \np5\n")
    (line,) = lines_of(run("search", built, shop / "5.png", "--json", "--products", shop / "list.txt"))
    ranked = line["ranked"]
    assert isinstance(ranked, list)
    assert [entry["product_id"] for entry in ranked] == ["p5", "p2"]


def test_an_image_that_cannot_be_read_costs_itself_and_the_exit_code(shop: Path, built: Path) -> None:
    (shop / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    result = run("search", built, shop / "broken.jpg", shop / "missing.jpg", shop / "5.png", "--json")
    assert result.exit_code == 1
    assert [line["image"] for line in lines_of(result)] == [str(shop / "5.png")]
    assert "broken.jpg" in result.stderr
    assert "missing.jpg" in result.stderr


def test_people_get_percentages(shop: Path, built: Path) -> None:
    assert "p5" in run("search", built, shop / "5.png").stdout.splitlines()[1]


def test_a_product_list_that_cannot_be_read_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one id a line"):
        read_product_list(tmp_path / "none.txt")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_an_endless_product_list_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(UsageError, match="larger than 64 MB"):
        read_product_list(Path("/dev/zero"))


def test_a_gallery_cannot_have_a_name_that_its_index_cannot_be_written_to(shop: Path) -> None:
    result = run("build", shop / "feed.csv", "--bundle", "fake", "--out", os.fsdecode(bytes(shop) + b"/\xff"))
    assert isinstance(result.exception, GalleryError)
    assert "UTF-8" in str(result.exception)


@given(st.floats(-1e6, 1e6))
def test_a_probability_is_one_whatever_the_logit(logit: float) -> None:
    assert 0 <= sigmoid(logit) <= 1
    assert math.isclose(sigmoid(logit) + sigmoid(-logit), 1)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        pass


@pytest.fixture
def server(shop: Path) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(shop))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_pictures_come_over_http_only_from_where_they_may(shop: Path, server: str) -> None:
    feed = shop / "web.csv"
    rows = "".join(f"p{i},Product {i},{server}/{i}.png\n" for i in range(1, 14))  # there is no thirteenth
    feed.write_text("id,title,image_link\n" + rows)
    command = ("build", feed, "--bundle", "fake", "--out", shop / "gallery", "--json")
    assert isinstance(run(*command).exception, GalleryError)  # loopback is private
    *_, last = lines_of(run(*command, "--allow-private-hosts"))
    assert (last["products"], last["lost_pictures"], last["left_out"]) == (12, 1, 1)


def test_what_the_network_says_is_told_as_an_error_of_the_picture(server: str) -> None:
    fetch = fetch_with(GuardedClient(allow_private=True))
    with pytest.raises(FetchError) as gone:
        fetch(f"{server}/none.png")
    assert not gone.value.retriable
    with pytest.raises(FetchError) as refused:
        fetch("http://127.0.0.1:9/none.png")
    assert refused.value.retriable
