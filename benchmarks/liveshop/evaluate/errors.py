"""What an evaluation raises. Messages name the thing, the value and the cure."""

from benchmarks.liveshop.errors import WorldError


class EvaluationError(WorldError):
    """Lives that cannot be watched, or what was written of it that cannot be read."""
