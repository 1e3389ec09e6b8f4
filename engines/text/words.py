"""What goes into hearing and what comes out. Data only: knows no matching."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol


class Spoken(Protocol):
    """A committed word, whoever heard it. Seconds are of one clock; punctuation may hang on its text."""

    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def text(self) -> str: ...
    @property
    def confidence(self) -> float: ...


class Heard(NamedTuple):
    """The plainest `Spoken`: what summaries are made of."""

    start: float
    end: float
    text: str
    confidence: float = 1.0


class Kind(StrEnum):
    """What is said of the product that is named."""

    THIS = "this"  # it is being shown, or nothing says otherwise
    PAST = "past"  # "that was the ..."
    NEXT = "next"  # "later we come to the ..."
    NOT_THIS = "not_this"  # "this is not the ..."
    RIVAL = "rival"  # "better than the ..."


@dataclass(frozen=True, slots=True)
class ProductWords:
    """What a product may be called. `group`: products that look the same share one; empty means alone."""

    product_id: str
    title: str
    brand: str = ""
    attributes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    group: str = ""
    price: str = ""  # "12.90 EUR"


@dataclass(frozen=True, slots=True)
class Mention:
    """A product was named. `weight`, 0..1: how surely this product (or its look-alikes) is meant.

    Look-alikes that nothing heard tells apart are all mentioned, with equal weight; once a word tells them apart,
    only those it fits are.
    """

    product_id: str
    start: float
    end: float
    text: str  # as it was heard
    weight: float
    kind: Kind = Kind.THIS
    quantities: tuple[str, ...] = ()  # sizes and prices heard with it, normalised: "375 g", "12.9 eur"
