"""Recognition without weights: patches, their places and colours. Arrays in, arrays out."""

from engines.classic.encoder import CLASSIC_INFO, ClassicEncoder, classic_hash
from engines.classic.matcher import ClassicMatcher

__all__ = ["CLASSIC_INFO", "ClassicEncoder", "ClassicMatcher", "classic_hash"]
