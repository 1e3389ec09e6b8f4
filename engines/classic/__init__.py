"""Recognition with nothing to download: patches, their places, colours, a trained eye. Arrays in, arrays out."""

from engines.classic.encoder import CLASSIC_INFO, ClassicEncoder, classic_hash
from engines.classic.matcher import ClassicMatcher

__all__ = ["CLASSIC_INFO", "ClassicEncoder", "ClassicMatcher", "classic_hash"]
