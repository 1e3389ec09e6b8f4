"""What feeds and galleries raise. Messages name the thing, the value and the cure.

IndexesError
├── CatalogueError      a product feed that cannot be read at all (single bad rows are reported, not raised)
├── ImageError          one picture that cannot be had; the build goes on without it
│   └── FetchError      what a `fetch` raises: the network's side of it, `retriable` or not
├── GalleryError        a gallery that is missing, damaged, of another bundle or of another version
└── GpuError            a gallery that cannot be searched on a GPU here; the processor serves it
"""


class IndexesError(Exception):
    retriable = False


class CatalogueError(IndexesError):
    """A product feed that cannot be read at all (single bad rows are reported, not raised)."""


class ImageError(IndexesError):
    """One picture that cannot be had. A build reports it and goes on."""


class FetchError(ImageError):
    """What a `fetch` raises. `retriable`: whether asking again may help."""

    def __init__(self, message: str, *, retriable: bool) -> None:
        super().__init__(message)
        self.retriable = retriable


class GalleryError(IndexesError):
    """A gallery that is missing, damaged, of another bundle or of another version."""


class GpuError(IndexesError):
    """A gallery that cannot be searched on a GPU here. The processor serves it.

    `expected`: nobody would have thought so, as there is no GPU or no need of one.
    """

    def __init__(self, message: str, *, expected: bool = False) -> None:
        super().__init__(message)
        self.expected = expected
