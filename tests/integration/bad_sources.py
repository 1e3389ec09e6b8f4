"""Rows of bad sources: URLs, servers, playlists and media."""

from __future__ import annotations

import random
import wave
from typing import TYPE_CHECKING

from tests.clips import write_clip
from tests.integration.bad_world import SECRET, Row, World, draw

if TYPE_CHECKING:
    from tests.web import Handler

UNTIL = ("--until", "1.5")
HOST = "shop.example"
RANDOM = random.Random(7).randbytes(40_000)
LIVE = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n"
ENDED = "#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"
ENCRYPTED = '#EXT-X-KEY:METHOD=AES-128,URI="{}"\n'


def refused(name: str, url: str, *says: str, private: bool = False) -> Row:
    """A URL that `watch` does not even try."""
    return Row(name, lambda world: world.watch(url, *(["--private"] if private else [])), says, code=1)


def unusable(name: str, url: str, *says: str) -> Row:
    return Row(name, lambda world: world.watch(url), says, code=2)


URLS = [
    unusable("an empty URL", "", "URL is empty", "give one like rtmp://"),
    unusable("a blank URL", "   ", "URL is empty"),
    unusable("a scheme that we do not open", f"ftp://me:{SECRET}@{HOST}/x", "ftp: URLs are not opened", "use one of"),
    unusable("a scheme FFmpeg would open", f"subfile:x?{SECRET}", "subfile: URLs are not opened", "use one of"),
    unusable("control characters in the URL", f"http://{HOST}/\r\nX: {SECRET}", "http URL holds", "percent-encode"),
    unusable("a URL too long", f"https://{HOST}/{SECRET * 300}", "characters: 4096 at most"),
    unusable("a port beyond all ports", f"rtmp://me:{SECRET}@{HOST}:99999/live/{SECRET}", "rtmp URL", "malformed"),
    unusable("a URL without a host", f"https:///live/{SECRET}.m3u8", "https URL names no host", "write https://host"),
    unusable("a path that is no file", "/nowhere/show.mp4", "/nowhere/show.mp4: no such file", "not a URL"),
    Row("a folder", lambda world: world.watch(str(world.folder)), ("world: is a folder", "give a file"), code=2),
    Row(
        "a file URL that is no file",
        lambda world: world.watch("file:///nowhere/show.mp4"),
        ("/nowhere/show.mp4: no such file",),
        code=2,
    ),
    refused(
        "a password for a private address",
        f"rtmp://me:{SECRET}@10.1.2.3/live/{SECRET}",
        "10.1.2.3 is not a public address",
        "--private",
    ),
    refused("loopback", f"http://127.0.0.1:8/x?k={SECRET}", "127.0.0.1 is not a public address", "--private"),
    refused(
        "loopback by name", f"rtsp://me:{SECRET}@localhost/x", "localhost", "is not a public address", "--private"
    ),
    refused("loopback as a number", f"http://2130706433/x?k={SECRET}", "127.0.0.1 is not a public address"),
    refused("loopback inside IPv6", f"http://[::ffff:127.0.0.1]/x?k={SECRET}", "127.0.0.1 is not a public address"),
    refused("a link-local address", f"rtmp://169.254.7.7/live/{SECRET}", "169.254.7.7 is not a public address"),
    refused(
        "the cloud's metadata, though private is allowed",
        f"http://169.254.169.254/latest?k={SECRET}",
        "169.254.169.254 is a cloud metadata address",
        "never opened",
        private=True,
    ),
    Row(
        "no such host",
        lambda world: world.watch(f"https://nowhere.invalid/live.m3u8?k={SECRET}", *UNTIL),
        ("nowhere.invalid", "cannot be resolved", "check its spelling"),
    ),
    Row(
        "nobody at the port",
        lambda world: world.watch(f"http://127.0.0.1:{world.web.free_port()}/x?k={SECRET}", "--private", *UNTIL),
        ("http://127.0.0.1", "connection refused", "is the server running on that port?"),
    ),
    Row(
        "nobody at the RTMP port",
        lambda world: world.run(f"rtmp://me:{SECRET}@127.0.0.1:{world.web.free_port()}/live/{SECRET}"),
        ("gave up after 1 attempt:", "rtmp://127.0.0.1", "/live/***: connection refused", "is the server running"),
    ),
    Row(
        "a file where only URLs are wanted",
        lambda world: world.run("/etc/passwd"),
        ("livestream bad", "files are not opened here", "allow_files"),
    ),
]


def answers(status: int, *says: str) -> Row:
    return Row(
        f"a server that answers {status}",
        lambda world: world.run(world.page("/live.m3u8", world.web.status(status))),
        ("/live.m3u8", f"the server answers {status}", *says),
    )


def goes_round(world: World) -> list[str]:
    return world.run(world.page("/live.m3u8", world.web.redirect(f"/live.m3u8?token={SECRET}")))


SERVERS = [
    answers(403, "is the key or its date still valid?"),
    answers(404, "nothing is published there"),
    answers(410, "nothing is published there"),
    answers(500, "the trouble is on its side"),
    Row(
        "a server that stays silent",
        lambda world: world.run(world.page("/live.m3u8", world.web.silence()), open_timeout_s=1),
        ("/live.m3u8", "no complete answer in time"),
    ),
    Row(
        "a silent server, and the time is up",
        lambda world: world.watch(world.page("/live.m3u8", world.web.silence()), "--private", *UNTIL),
        ("/live.m3u8", "no picture came in the time it was given"),
    ),
    Row(
        "a server that drips its header",
        lambda world: world.run(world.page("/live.m3u8", world.web.drip()), open_timeout_s=1),
        ("/live.m3u8", "no complete answer in time"),
    ),
    Row(
        "a redirect to the cloud's metadata",
        lambda world: world.run(world.page("/a.m3u8", world.web.redirect(f"http://169.254.169.254/?k={SECRET}"))),
        ("169.254.169.254 is a cloud metadata address",),
    ),
    Row(
        "a redirect to a file",
        lambda world: world.run(world.page("/a.m3u8", world.web.redirect("file:///etc/passwd"))),
        ("/a.m3u8", "points to a file URL", "only http and https are followed"),
    ),
    Row(
        "a redirect to what is no URL",
        lambda world: world.run(world.page("/a.m3u8", world.web.redirect(f"http://me:{SECRET}@[::1/x"))),
        ("/a.m3u8: the server broke off",),
    ),
    Row(
        "a redirect to RTMP",
        lambda world: world.run(world.page("/a.m3u8", world.web.redirect(f"rtmp://127.0.0.1/live/{SECRET}"))),
        ("/a.m3u8", "points to a rtmp URL", "only http and https are followed"),
    ),
    Row("redirects that go round", goes_round, ("/live.m3u8", "more than 5 redirects")),
]


def playlist(name: str, text: str | bytes, *says: str, **pages: bytes) -> Row:
    def command(world: World) -> list[str]:
        for page, body in pages.items():
            world.page(f"/{page}", body)
        return world.run(world.page("/live.m3u8", text))

    return Row(f"playlist: {name}", command, says)


def endless(handler: Handler) -> None:
    """A playlist without an end, as fast as it is read."""
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(LIVE.encode())
    while not handler.web.closing.is_set():
        handler.wfile.write(b"# more to come\n" * 4096)


PLAYLISTS = [
    playlist("HTML", "<html>Log in</html>", "/live.m3u8: playlist: it does not begin with #EXTM3U"),
    playlist("nothing", b"", "/live.m3u8: playlist: it does not begin with #EXTM3U"),
    playlist("random bytes", RANDOM, "/live.m3u8", "not text: this is not an HLS playlist"),
    playlist("cut short", LIVE[:12], "/live.m3u8: playlist: it has neither variants nor segments"),
    playlist(
        "cut in a number", LIVE + "#EXTINF:\nx.ts\n", "/live.m3u8: playlist: EXTINF '' is not a number of seconds"
    ),
    playlist(
        "a master that lists itself",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8\n",
        "/live.m3u8 lists variants where segments should be",
    ),
    playlist("a child that is a file", LIVE + ENDED.format("file:///etc/passwd"), "/live.m3u8 points to a file URL"),
    playlist("a child that is no URL", LIVE + ENDED.format(f"http://me:{SECRET}@[::1/"), "points to what is no URL"),
    playlist(
        "a child at the cloud's metadata",
        LIVE + ENDED.format(f"http://169.254.169.254/x.ts?k={SECRET}"),
        "169.254.169.254 is a cloud metadata address",
    ),
    playlist("over and empty", LIVE + "#EXT-X-ENDLIST\n", "/live.m3u8: it is over and has no segment"),
    playlist("segments that are not there", LIVE + ENDED.format("gone.ts"), "/gone.ts: the server answers 404"),
    playlist(
        "segments of random bytes",
        LIVE + ENDED.format("random.ts"),
        "/live.m3u8",
        "not media that can be decoded",
        **{"random.ts": RANDOM},
    ),
    playlist(
        "a key that is not there",
        LIVE + ENCRYPTED.format(f"key?k={SECRET}") + ENDED.format("a.ts"),
        "/key: the server answers 404",
        **{"a.ts": bytes(188 * 16)},
    ),
    playlist(
        "a key that does not fit",
        LIVE + ENCRYPTED.format("key") + ENDED.format("a.ts"),
        "/live.m3u8",
        "does not decrypt with its key",
        **{"a.ts": RANDOM[:1600], "key": bytes(16)},
    ),
    playlist(
        "protection that we cannot undo",
        LIVE + '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x"\n' + ENDED.format("a.ts"),
        "encrypted with SAMPLE-AES",
        "only AES-128",
    ),
    playlist("five megabytes", LIVE + "# nothing\n" * 500_000, "/live.m3u8", "longer than 4194304 bytes"),
    Row(
        "playlist: without an end",
        lambda world: world.run(world.page("/live.m3u8", endless)),
        ("/live.m3u8", "longer than 4194304 bytes"),
    ),
]


def media(name: str, file: str, content: bytes, *says: str) -> Row:
    return Row(f"media: {name}", lambda world: world.watch(world.file(file, content)), (file, *says))


def clip(world: World, name: str, size: tuple[int, int] = (160, 96), *, keep: float = 1.0) -> str:
    """A recording, or the first part of it."""
    path = write_clip(world.folder / name, size=size, seconds=0.4)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    return str(path)


def sound(world: World) -> str:
    with wave.open(str(world.folder / "show.wav"), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(bytes(16_000))
    return str(world.folder / "show.wav")


BAD = "not media that can be decoded"
MEDIA = [
    media("an empty file", "show.mp4", b"", "the file is empty", "record it again"),
    media("random bytes as MP4", "show.mp4", RANDOM, BAD),
    media("random bytes as MPEG-TS", "show.ts", RANDOM, BAD),
    media("random bytes as FLV", "show.flv", b"FLV\x01\x05\0\0\0\x09\0\0\0\0" + RANDOM, ""),
    media("text", "show.mp4", b"Dear host,\n" * 500, BAD),
    media("a playlist as a file", "show.m3u8", (LIVE + ENDED.format("/etc/passwd")).encode(), BAD),
    Row(
        "media: a recording cut short before its index",
        lambda world: world.watch(clip(world, "show.mp4", keep=0.3)),
        ("show.mp4", BAD),
    ),
    Row(
        "media: a recording cut short within its index",
        lambda world: world.watch(clip(world, "show.mp4", keep=0.6)),
        ("show.mp4: there is no video in it",),
    ),
    Row(
        "media: sound alone",
        lambda world: world.watch(sound(world)),
        ("show.wav: there is no video in it", "publish it with pictures"),
    ),
    Row(
        "media: a picture as a show",
        lambda world: world.watch(str(draw(world.folder / "show.mp4.png", 1).rename(world.folder / "show.mp4"))),
        ("show.mp4", BAD),
    ),
    Row(
        "media: pictures of an absurd size",
        lambda world: world.watch(clip(world, "wide.mp4", (5000, 32))),
        ("wide.mp4", "5000x32 are larger than max_width 4096"),
    ),
]
