"""What the made-up world raises. Messages name the thing, the value and the cure."""

from stream.errors import NowShowingError


class WorldError(NowShowingError):
    """A live that cannot be made, or a truth that cannot be read."""
