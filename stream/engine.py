"""Opens the encoder and the gallery that a worker's config asks for, and says where they run. Knows no livestream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import structlog

from engines.backends import PROCESSOR, Settings, open_encoder
from indexes.errors import GpuError
from indexes.gallery import open_gallery

if TYPE_CHECKING:
    from engines.backends import Chosen
    from engines.base import FrameEncoder
    from engines.bundle import Bundle
    from indexes.gallery import Gallery
    from stream.config import WorkerConfig

log = structlog.get_logger()


class EngineMeter(Protocol):
    def engine_chosen(self, backend: str, how: str) -> None: ...
    def engine_lost(self) -> None: ...


def open_engine(bundle: Bundle, config: WorkerConfig, meter: EngineMeter) -> FrameEncoder:
    """Blocks: on a GPU for up to minutes. Falling back to something slower is always said."""

    def lost(why: str) -> None:
        log.error("the GPU is lost: the processor goes on in its place; restart the worker", why=why)
        meter.engine_lost()
        meter.engine_chosen(PROCESSOR, "in place of a GPU that was lost")

    wanted = Settings(config.engine, config.engine_precision, config.max_batch, config.engine_threads)
    chosen = open_encoder(bundle, wanted, lost)
    meter.engine_chosen(chosen.backend, chosen.how)
    _say(chosen)
    return chosen.encoder


def open_search(config: WorkerConfig, bundle_hash: str, meter: EngineMeter, known: Gallery | None = None) -> Gallery:
    """Blocks. Searched on a GPU where there is one, unless the config wants the processor.

    `known`: an earlier version; what is the same in both is not loaded again.
    """

    def lost(why: str) -> None:
        log.error("the gallery has lost its GPU: restart the worker", why=why)
        meter.engine_lost()

    gallery = open_gallery(config.gallery, bundle_hash=bundle_hash, known=known)
    if config.engine == PROCESSOR:
        return gallery
    try:
        gallery.move_to_gpu(lost)
    except GpuError as error:
        if not error.expected:
            log.warning("gallery: searched by the processor", version=gallery.version, why=str(error))
    else:
        log.info("gallery: searched by the GPU", version=gallery.version, how=gallery.searched_by)
    return gallery


def _say(chosen: Chosen) -> None:
    facts = {"backend": chosen.backend, "how": chosen.how, "passed_over": list(chosen.passed_over)}
    if chosen.expected:
        log.info("engine", **facts)
    else:
        log.warning("engine: not the best that is here", **facts)
