"""A host's sentences about a shop, spoken over noise, and what they name. Knows LiveShop's voices; no recogniser."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.liveshop.ink import generator
from benchmarks.liveshop.music import STYLES, music
from benchmarks.liveshop.noises import noise
from benchmarks.liveshop.patter import DETAILS, HALVES, RIVALS
from benchmarks.liveshop.products import make_shop
from benchmarks.liveshop.show import CHATTER, INTROS, Line
from benchmarks.liveshop.speech import RATE as MADE_RATE
from benchmarks.liveshop.speech import speak
from engines.speech.base import RATE, Samples
from engines.text import Heard, ProductWords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.products import Product

POOLS = (
    (INTROS, 0.34),
    (HALVES, 0.12),
    (RIVALS, 0.1),
    (DETAILS, 0.22),
    (CHATTER, 0.22),
)  # about as `patter` has them
PAUSE_S = (0.25, 2.0)
LEAD_S = 2.0
SOUNDS = (*STYLES, "crowd", "hum", "fan", "street")


@dataclass(frozen=True, slots=True)
class Sentence:
    start: float
    end: float
    text: str

    def words(self) -> list[Heard]:
        """Time is shared out by letters."""
        words = self.text.split()
        ends = np.cumsum([len(word) + 1 for word in words])
        edges = self.start + np.concatenate([[0], ends / ends[-1]]) * (self.end - self.start)
        return [Heard(float(a), float(b), word) for a, b, word in zip(edges[:-1], edges[1:], words, strict=True)]


@dataclass(frozen=True, slots=True)
class Track:
    sentences: tuple[Sentence, ...]
    samples: Samples


def shop(seed: int) -> tuple[ProductWords, ...]:
    return tuple(
        ProductWords(one.product_id, one.title, one.brand, group=one.group, price=one.price)
        for one in make_shop(seed)
        if one.listed
    )


def sentences(seed: int, count: int) -> list[str]:
    """Titles, halves of them, rivals, talk; each product in turn, in an order of the seed's."""
    rng = generator(seed, "said")
    products = [one for one in make_shop(seed) if one.listed]
    order = [products[int(i)] for _ in range(count // len(products) + 1) for i in rng.permutation(len(products))]
    shares = [share for _, share in POOLS]
    made = []
    for product in order[:count]:
        pool = POOLS[int(rng.choice(len(POOLS), p=shares))][0]
        made.append(_filled(pool[int(rng.integers(0, len(pool)))], product))
    return made


def track(seed: int, texts: Sequence[str], voice: str, sound: str = "", snr_db: float = 0.0) -> Track:
    """Spoken one after the other over `sound`, so many decibels louder than it; without a sound, over nothing."""
    rng = generator(seed, "pauses")
    at, said, parts = LEAD_S, list[Sentence](), [np.zeros(round(LEAD_S * RATE), np.float32)]
    for text in texts:
        made = spoken(text, voice)
        pause = np.zeros(round(float(rng.uniform(*PAUSE_S)) * RATE), np.float32)
        said.append(Sentence(at, at + len(made) / RATE, text))
        parts += [made, pause]
        at += (len(made) + len(pause)) / RATE
    whole = np.concatenate(parts)
    if sound:
        loud = float(np.sqrt(np.mean(np.concatenate(parts[1::2]) ** 2)))
        under = background(sound, len(whole) / RATE, seed)[: len(whole)]
        whole[: len(under)] += np.float32(loud / 10 ** (snr_db / 20)) * under
    return Track(tuple(said), np.asarray(np.clip(whole, -1, 1), np.float32))


def background(sound: str, seconds: float, seed: int) -> Samples:
    """Music or noise, its root mean square about 1."""
    make = music if sound in STYLES else noise
    return resampled(make(sound, seconds, generator(seed, "background", sound)))


def resampled(made: Samples) -> Samples:
    """From LiveShop's rate to a speech engine's, without what is above its half."""
    count = round(len(made) * RATE / MADE_RATE)
    spectrum = np.fft.rfft(made)[: count // 2 + 1]
    return np.asarray(np.fft.irfft(spectrum, count) * (count / len(made)), np.float32)


@lru_cache(4096)
def spoken(text: str, voice: str) -> Samples:
    lines = speak([Line(0.0, text)], voice)
    if not lines:
        raise SystemExit("no synthesiser here: install flite (and espeak-ng for its voices)")
    return resampled(lines[0].samples)


def _filled(text: str, product: Product) -> str:
    names = {"brand": product.brand, "name": product.kind.name, "flavour": product.flavour}
    return text.format(**names, size=product.kind.size, price=product.price)
