"""A sink for people: prints events as they come and keeps them for the score. JSON lines or a running account."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from rich.markup import escape

from stream.events import ProductData
from stream.types import Change

if TYPE_CHECKING:
    from rich.console import Console

    from stream.events import Event


class Printer:
    name = "demo"

    def __init__(self, console: Console | None) -> None:
        """`console`: where the account goes; None prints JSON lines on standard output."""
        self._console = console
        self.lines: list[str] = []

    async def start(self) -> None:
        """Nothing to open: standard output is there."""

    async def send(self, event: Event) -> None:
        line = event.structured()
        self.lines.append(line)
        # A terminal or pipe may make its writer wait; the loop must not.
        await asyncio.to_thread(self._print, event, line)

    async def stop(self) -> None:
        """Nothing to close."""

    def _print(self, event: Event, line: str) -> None:
        if self._console is None:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        else:
            self._console.print(account(event), highlight=False)


def account(event: Event) -> str:
    """One line of rich markup."""
    data = event.data
    time = event.time.strftime("%H:%M:%S")
    if not isinstance(data, ProductData):
        return f"[dim]{time}  stream {data.state.value} ({data.reason.value})[/]"
    what = escape(data.product.title or data.product_id)
    match data.state:
        case Change.SHOWN:
            price = escape(data.product.price or "")
            return (
                f"{time}  [bold green]● now showing[/]  [bold]{what}[/]  {price}  [dim]{data.confidence:.0%} sure[/]"
            )
        case Change.UPDATED:
            return f"[dim]{time}    still showing  {what}  {data.confidence:.0%} sure[/]"
        case Change.HIDDEN:
            lasted = "" if data.hidden_at is None else f"  after {data.hidden_at.pts - data.shown_at.pts:.1f} s"
            return f"{time}  [yellow]○ hidden[/]       {what}[dim]{lasted}[/]"
