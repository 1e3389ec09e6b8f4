"""What scoring is tested with: lives drawn as text."""

from tests.drawn import draw

__all__ = ["draw"]
