"""URLs: what is opened, what is refused, and what is never printed."""

from __future__ import annotations

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.addresses import refuse_private
from stream.errors import SourceError, SourceLost, SourceRefused, UrlRefused
from stream.types import Reason
from stream.urls import GuardedClient, parse_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.web import Web

pytestmark = pytest.mark.unit

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"rtmp://user:{SECRET}@host/app/{SECRET}?k={SECRET}", "rtmp://host/app/***"),
        (f"rtmps://host:444/app/inst/{SECRET}", "rtmps://host:444/app/inst/***"),
        (f"rtsp://user:{SECRET}@[2001:db8::1]:8554/cam/{SECRET}", "rtsp://[2001:db8::1]:8554/cam/***"),
        (f"https://u:{SECRET}@cdn.example/live/a.m3u8?token={SECRET}#{SECRET}", "https://cdn.example/live/a.m3u8"),
        (f"https://cdn.example/{SECRET * 5}/a.m3u8", "https://cdn.example/***/a.m3u8"),
    ],
)
def test_secrets_are_hidden_by_the_type(text: str, shown: str) -> None:
    url = parse_url(text)
    assert str(url) == repr(url) == shown
    assert SECRET not in f"{url} {[url]}"
    assert url.reveal() == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("ftp://host/x", "ftp: URLs are not opened"),
        ("concat:a|b", "concat: URLs are not opened"),
        ("data:video/mp4;base64,AA", "data: URLs are not opened"),
        ("subfile,,start,0,end,9,,:/etc/passwd", "files are not opened"),
        ("gopher://host/", "gopher: URLs are not opened"),
        ("srt://host:9000", "srt: URLs are not opened"),
        ("/etc/passwd", "files are not opened"),
        ("file:///etc/passwd", "files are not opened"),
        ("http://", "names no host"),
        ("http:///path", "names no host"),
        ("http://host:99999/", "malformed"),
        ("http://host:0/", "port 0"),
        ("http://[::1/", "malformed"),
        ("http://host/a b", "blank"),
        ("http://host\\@other/", "backslash"),
        ("http://host/\r\nX: y", "control character"),
        ("http://h/" + "a" * 5000, "characters"),
    ],
)
def test_what_is_not_opened_is_refused_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(UrlRefused, match=message) as caught:
        parse_url(text)
    assert caught.value.reason is Reason.BAD_URL


def test_files_are_opened_where_that_is_allowed() -> None:
    assert parse_url("/tmp/a.mp4", allow_files=True).path == "/tmp/a.mp4"
    assert parse_url("file:///tmp/a%20b.mp4", allow_files=True).path == "/tmp/a b.mp4"
    assert parse_url("show.mp4", allow_files=True).scheme == "file"


@given(st.text(max_size=60))
def test_whatever_comes_is_parsed_or_refused(text: str) -> None:
    with suppress(UrlRefused):
        parse_url(text)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "rtmp://host/app/x", "ftp://host/"])
def test_a_playlist_cannot_lead_out_of_http(target: str) -> None:
    with pytest.raises(UrlRefused):
        parse_url("https://host/a.m3u8").join(target)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.1.1", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "2002:7f00:1::",
        "64:ff9b::7f00:1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    with pytest.raises(UrlRefused, match="allow_private_hosts"):
        refuse_private("host", address, allow_private=False)
    refuse_private("host", address, allow_private=True)


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254"])
def test_metadata_addresses_are_refused_always(address: str) -> None:
    with pytest.raises(UrlRefused, match="metadata"):
        refuse_private("host", address, allow_private=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_reached(address: str) -> None:
    refuse_private("host", address, allow_private=False)


@pytest.fixture
def client() -> Iterator[GuardedClient]:
    client = GuardedClient(allow_private=True)
    yield client
    client.close()


def get(client: GuardedClient, url: str, *, max_bytes: int = 1000, deadline_s: float = 10.0) -> bytes:
    return client.get(url, max_bytes=max_bytes, deadline_s=deadline_s)


def test_bytes_come_and_redirects_are_followed(client: GuardedClient, web: Web) -> None:
    web.pages["/a"] = web.redirect("/b")
    web.pages["/b"] = b"hello"
    assert get(client, web.url("/a")) == b"hello"


def test_a_private_host_is_refused_before_anything_is_sent(web: Web) -> None:
    guarded = GuardedClient()
    with pytest.raises(UrlRefused, match="allow_private_hosts"):
        get(guarded, web.url("/a"))
    assert web.asked == []
    guarded.close()


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/", "file:///etc/passwd", "rtmp://127.0.0.1/app/x", "http://h:0/"]
)
def test_every_redirect_is_checked_like_the_first_url(client: GuardedClient, web: Web, target: str) -> None:
    web.pages["/a"] = web.redirect(target)
    with pytest.raises(UrlRefused):
        get(client, web.url("/a"))


def test_redirects_that_go_round_end(client: GuardedClient, web: Web) -> None:
    web.pages["/a"] = web.redirect("/a")
    with pytest.raises(SourceRefused, match="more than 5 redirects"):
        get(client, web.url("/a"))


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, Reason.FORBIDDEN),
        (403, Reason.FORBIDDEN),
        (404, Reason.NOT_FOUND),
        (410, Reason.NOT_FOUND),
        (429, Reason.SERVER_ERROR),
        (503, Reason.SERVER_ERROR),
    ],
)
def test_a_refusal_has_its_reason(client: GuardedClient, web: Web, status: int, reason: Reason) -> None:
    web.pages["/a"] = web.status(status)
    with pytest.raises(SourceError, match=str(status)) as caught:
        get(client, web.url("/a?token=" + SECRET))
    assert caught.value.reason is reason
    assert SECRET not in str(caught.value)


def test_what_is_too_long_is_refused(client: GuardedClient, web: Web) -> None:
    web.pages["/a"] = b"x" * 1001
    with pytest.raises(SourceRefused, match="longer than 1000 bytes"):
        get(client, web.url("/a"))


def test_a_gzip_bomb_is_refused_by_its_true_size(client: GuardedClient, web: Web) -> None:
    web.pages["/a"] = web.page(gzip.compress(bytes(50_000_000)), {"content-encoding": "gzip"})
    with pytest.raises(SourceRefused, match="longer than 1000 bytes"):
        get(client, web.url("/a"))


def test_honest_gzip_is_unpacked(client: GuardedClient, web: Web) -> None:
    web.pages["/a"] = web.page(gzip.compress(b"hello"), {"content-encoding": "gzip"})
    assert get(client, web.url("/a")) == b"hello"


def test_a_server_that_drips_is_cut_off_at_the_deadline(client: GuardedClient, web: Web) -> None:
    web.pages["/a"] = web.drip()
    with pytest.raises(SourceLost) as caught:
        get(client, web.url("/a"), deadline_s=0.6)
    assert caught.value.reason is Reason.READ_TIMEOUT


def test_a_server_that_never_answers_is_left(client: GuardedClient, web: Web) -> None:
    web.pages["/a"] = web.silence()
    with pytest.raises(SourceLost) as caught:
        get(client, web.url("/a"), deadline_s=0.4)
    assert caught.value.reason is Reason.READ_TIMEOUT


def test_a_request_can_be_called_off(client: GuardedClient, web: Web) -> None:
    class CalledOff(Exception):
        pass

    stop = threading.Event()

    def tick() -> None:
        if stop.is_set():
            raise CalledOff

    web.pages["/a"] = web.silence(stop.set)
    with pytest.raises(CalledOff):
        client.fetch(parse_url(web.url("/a")), max_bytes=10, deadline_s=30, tick=tick)


def test_nobody_there_is_refused_with_the_reason(client: GuardedClient, web: Web) -> None:
    port = web.free_port()
    with pytest.raises(SourceLost, match="connection refused") as caught:
        get(client, f"http://127.0.0.1:{port}/")
    assert caught.value.reason is Reason.REFUSED


def test_an_unknown_host_is_unreachable(client: GuardedClient) -> None:
    with pytest.raises(SourceLost) as caught:
        get(client, "http://nowhere.invalid/")
    assert caught.value.reason is Reason.UNREACHABLE


def test_plain_http_where_tls_is_spoken_is_told_as_tls(client: GuardedClient, web: Web) -> None:
    with pytest.raises(SourceLost) as caught:
        get(client, web.url("/a").replace("http:", "https:"))
    assert caught.value.reason is Reason.TLS


def test_a_span_is_cut_out_where_the_server_knows_no_ranges(client: GuardedClient, web: Web) -> None:
    web.pages["/a"] = b"0123456789"
    fetched = client.fetch(parse_url(web.url("/a")), max_bytes=100, deadline_s=5, span=(3, 4))
    assert fetched.body == b"3456"


def test_several_threads_share_one_client(client: GuardedClient, web: Web) -> None:
    for i in range(20):
        web.pages[f"/{i}"] = str(i).encode()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda i: get(client, web.url(f"/{i}")), range(20)))
    assert found == [str(i).encode() for i in range(20)]
