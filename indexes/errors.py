"""What feeds and galleries raise. Messages name the thing, the value and the cure."""


class IndexesError(Exception):
    retriable = False


class CatalogueError(IndexesError):
    """A product feed that cannot be read at all (single bad rows are reported, not raised)."""


class GalleryError(IndexesError):
    """A gallery that is missing, damaged, of another bundle or of another version."""
