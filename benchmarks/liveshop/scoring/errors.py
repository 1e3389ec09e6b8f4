"""What scoring raises. Messages name the thing, the value and the cure."""

from benchmarks.liveshop.errors import WorldError


class ScoreError(WorldError):
    """A score that cannot be read, or two that cannot be compared."""
