"""Comma, tab, semicolon or bar separated text to rows of cells. Knows no column and no product.

A quote that is opened and never closed spoils its own row only: the lines it swallowed are read again.
"""

from __future__ import annotations

import csv
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from indexes.product import BadRow, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SEPARATORS = "\t,;|"
MAX_LINE = 1 << 20
MAX_ROW_LINES = 1000  # lines in one quoted cell; more is a quote that somebody forgot to close


@dataclass(frozen=True, slots=True)
class Cells:
    line: int
    cells: list[str]


def read_delimited(path: Path, encoding: str, *, wanted: Callable[[str], bool]) -> Iterator[Cells | BadRow]:
    """The header first, then every row. The separator is the one that makes most header cells `wanted`."""
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    with path.open(encoding=encoding, errors=errors, newline="") as file:
        lines = _Lines(file)
        separator = _separator(lines, wanted)
        yield from _rows(lines, separator)


class _Lines:
    """Hands lines to csv.reader and remembers those of the current row, to take them back if need be."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._back: deque[str] = deque()
        self.number = 0  # of the line handed out last
        self.taken: list[str] = []
        self.cut = False  # the row ended because lines ran out, not because it was complete
        self.overlong = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = "" if len(self.taken) >= MAX_ROW_LINES else self._next()
        if not line:
            self.cut = bool(self.taken)
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        return line

    def begin_row(self) -> None:
        self.taken, self.cut, self.overlong = [], False, False

    def take_back(self, keep: int) -> None:
        """All but the first `keep` lines of this row will be handed out again."""
        again = self.taken[keep:]
        self._back.extendleft(reversed(again))
        self.number -= len(again)

    def _next(self) -> str:
        if self._back:
            return self._back.popleft()
        line = self._file.readline(MAX_LINE)
        if len(line) == MAX_LINE and not line.endswith(("\n", "\r")):
            self.overlong = True
            while (rest := self._file.readline(MAX_LINE)) and not rest.endswith(("\n", "\r")):
                pass
        return line


def _separator(lines: _Lines, wanted: Callable[[str], bool]) -> str:
    def score(separator: str) -> int:
        return sum(wanted(cell) for cell in next(csv.reader(lines.taken, delimiter=separator), []))

    lines.begin_row()
    for line in lines:
        if line.strip("\ufeff\r\n\t ,;|"):
            break
        lines.begin_row()  # blank lines before the header
    try:
        return max(SEPARATORS, key=score)
    except csv.Error:  # a first line too long for a header; the caller finds no columns in it
        return ","
    finally:
        lines.take_back(keep=0)


def _rows(lines: _Lines, separator: str) -> Iterator[Cells | BadRow]:
    reader = csv.reader(lines, delimiter=separator)
    while True:
        lines.begin_row()
        start = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _bad(start, lines, f"cannot be split into cells ({error})")
            lines.take_back(keep=1)
            continue
        if lines.cut:
            yield _bad(start, lines, "opens a quote that is never closed")
            lines.take_back(keep=1)
        elif lines.overlong:
            yield _bad(start, lines, f"is longer than {MAX_LINE} characters")
        else:
            yield Cells(start, cells)


def _bad(start: int, lines: _Lines, why: str) -> BadRow:
    return BadRow(start, "", shown(lines.taken[0].strip()), why, "correct its quotes, or shorten it")
