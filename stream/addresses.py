"""Which network addresses may be reached: looked up, checked and pinned as we connect. Knows no URL and no HTTP."""

from __future__ import annotations

import ipaddress
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpcore

from stream.errors import SourceLost, UrlRefused
from stream.types import Reason

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

    from stream.clock import Clock

    Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Answer with a machine's credentials to whoever asks: refused even where private hosts are allowed.
METADATA = frozenset({"169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254"})
NAT64 = ipaddress.ip_network("64:ff9b::/96")
SLICE_S = 0.25  # how long a blocked read may go without looking at its stop flag


def resolve(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of a host, every one of them allowed. Blocks: getaddrinfo cannot be interrupted."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceLost(
            f"host {host}: cannot be resolved: check its spelling and this machine's DNS ({_why(error)})",
            Reason.UNREACHABLE,
        ) from error
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    for address in addresses:
        refuse_private(host, address, allow_private=allow_private)
    return addresses


def _why(error: OSError | UnicodeError) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or "not a host name"


def refuse_private(host: str, address: str, *, allow_private: bool) -> None:
    ip = _unwrapped(ipaddress.ip_address(address))
    who = f"host {ip}" if host == str(ip) else f"host {host}: {ip}"
    if str(ip) in METADATA:
        raise UrlRefused(f"{who} is a cloud metadata address: never opened")
    if not allow_private and (not ip.is_global or ip.is_multicast):
        raise UrlRefused(f"{who} is not a public address: allow_private_hosts in the config, or --private, opens it")


def _unwrapped(ip: Address) -> Address:
    """The IPv4 address that an IPv6 one only carries: mapped, 6to4, Teredo or NAT64."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


@dataclass(slots=True)
class Patience:
    """How long a request may take in all, and who can call it off. `tick` is called at least every SLICE_S."""

    clock: Clock
    deadline: float
    tick: Callable[[], None]

    def left(self) -> float:
        self.tick()
        left = self.deadline - self.clock.now()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole request took too long")
        return left


class Waiting(threading.local):
    """The patience of the request that this thread is making: a pooled connection serves one after another."""

    patience: Patience | None = None


class PinnedBackend(httpcore.NetworkBackend):
    """Connects to the very address it checked, so that a second look-up cannot give another one."""

    def __init__(self, waiting: Waiting, *, allow_private: bool) -> None:
        self._inner = httpcore.SyncBackend()
        self._waiting = waiting
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        last: Exception | None = None
        for address in resolve(host, port, allow_private=self._allow_private):
            try:
                stream = self._inner.connect_tcp(
                    address, port, _bounded(self._waiting, timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
            else:
                return PatientStream(stream, self._waiting)
        raise last or httpcore.ConnectError(f"{host} has no address")


class PatientStream(httpcore.NetworkStream):
    """A connection whose reads end when the whole request's time is up, however slowly bytes drip in."""

    def __init__(self, inner: httpcore.NetworkStream, waiting: Waiting) -> None:
        self._inner = inner
        self._waiting = waiting

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            left = _bounded(self._waiting, timeout)
            try:
                return self._inner.read(max_bytes, SLICE_S if left is None else min(left, SLICE_S))
            except httpcore.ReadTimeout:
                if timeout is None:
                    continue
                timeout -= SLICE_S
                if timeout <= 0:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _bounded(self._waiting, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, _bounded(self._waiting, timeout))
        return PatientStream(inner, self._waiting)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


def _bounded(waiting: Waiting, timeout: float | None) -> float | None:
    if waiting.patience is None:
        return timeout
    left = waiting.patience.left()
    return left if timeout is None else min(left, timeout)
