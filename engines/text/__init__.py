"""From words to products: what was said about which. Pure: words in, mentions out; knows no sound and no clock."""

from engines.text.extract import extract
from engines.text.hearing import Hearing
from engines.text.normalise import normalise
from engines.text.phrases import CUE_PHRASES, listened_for, phrases_of
from engines.text.recall import retold
from engines.text.words import Heard, Kind, Mention, ProductWords, Spoken

__all__ = [
    "CUE_PHRASES",
    "Heard",
    "Hearing",
    "Kind",
    "Mention",
    "ProductWords",
    "Spoken",
    "extract",
    "listened_for",
    "normalise",
    "phrases_of",
    "retold",
]
