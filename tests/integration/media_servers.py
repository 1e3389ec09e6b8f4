"""A real nginx with the RTMP module, and ffmpeg publishing to it: on free loopback ports, stopped when done."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
FFMPEG = shutil.which("ffmpeg")
NEEDS = "needs nginx with its RTMP module and ffmpeg (apt: nginx libnginx-mod-rtmp ffmpeg)"

CONFIG = """
load_module {module};
daemon off; master_process off; pid {root}/pid; error_log {root}/error.log warn; worker_processes 1;
events {{ worker_connections 128; }}
rtmp {{ access_log off; server {{ listen 127.0.0.1:{rtmp}; application live {{
  live on; wait_key on; drop_idle_publisher 5s;
  hls on; hls_path {root}/hls; hls_fragment 1s; hls_playlist_length 6s; }} }} }}
http {{ access_log off; client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
  uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
  server {{ listen 127.0.0.1:{http}; location / {{ root {root}/hls;
    types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }} }} }} }}
"""


@dataclass(frozen=True)
class MediaServer:
    """`rtmp` and `hls` are what a stream of that name is played from."""

    rtmp_port: int
    http_port: int

    def rtmp(self, name: str) -> str:
        return f"rtmp://127.0.0.1:{self.rtmp_port}/live/{name}"

    def hls(self, name: str) -> str:
        return f"http://127.0.0.1:{self.http_port}/{name}.m3u8"

    @contextmanager
    def publishing(self, recording: Path, name: str, *, times: int = 0) -> Iterator[subprocess.Popen[bytes]]:
        """Pushes a recording in real time, `times` over or without end, until the block ends or somebody kills it."""
        loops = ["-stream_loop", str(times - 1)]
        command = [FFMPEG or "ffmpeg", "-loglevel", "quiet", "-re", *loops, "-i", str(recording)]
        publisher = subprocess.Popen([*command, "-c", "copy", "-f", "flv", self.rtmp(name)], stdin=subprocess.DEVNULL)
        try:
            yield publisher
        finally:
            publisher.kill()
            publisher.wait()


def available() -> bool:
    return NGINX is not None and MODULE.exists() and FFMPEG is not None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_port(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"nginx does not listen on {port}: {log.read_text() if log.exists() else 'no log'}")


@contextmanager
def running(root: Path) -> Iterator[MediaServer]:
    """An nginx of our own whose files are all below `root`. Benchmarks use it too."""
    if not available():
        raise RuntimeError(NEEDS)
    (root / "hls").mkdir()
    served = MediaServer(_free_port(), _free_port())
    config = root / "nginx.conf"
    config.write_text(CONFIG.format(root=root, module=MODULE, rtmp=served.rtmp_port, http=served.http_port))
    command = [NGINX or "nginx", "-c", str(config), "-p", str(root)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for port in (served.rtmp_port, served.http_port):
            _await_port(port, server, root / "error.log")
        yield served
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="session")
def media_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MediaServer]:
    if not available():
        pytest.skip(NEEDS)
    with running(tmp_path_factory.mktemp("nginx")) as served:
        yield served


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds of 360p with sound, a key frame every second."""
    if FFMPEG is None:
        pytest.skip("needs ffmpeg (apt: ffmpeg)")
    path = tmp_path_factory.mktemp("recording") / "show.flv"
    pictures = "testsrc2=size=640x360:rate=25:duration=10"
    command = [FFMPEG, "-loglevel", "error", "-f", "lavfi", "-i", pictures]
    command += ["-f", "lavfi", "-i", "sine=frequency=440:duration=10", "-shortest", "-c:a", "aac", "-ar", "44100"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p", str(path)]
    subprocess.run(command, check=True, timeout=60, stdin=subprocess.DEVNULL)
    return path
