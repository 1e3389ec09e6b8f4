"""Why a peer is better at something, and what we mean to do: words, beside the figures they explain. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.peers.table import Loss

ONE_THREAD = (
    "Wall time of a file: others decode on all cores, ours on one thread, for cores belong to all livestreams; it is "
    "CPU that decides how many a machine holds. Plan: none."
)
FLAT = (
    "Without frames that may be left out there is nothing to save, and the thread, the channel and the loop between "
    "decoder and reader cost what they cost. Plan: hand over pictures without a task switch for each."
)
GRAPH = (
    "A graph is asked less than cells are: 160 cells at a byte a number, then forty rows of the file. It takes longer "
    "to build and more memory, and a search is a hundredth of what a frame costs. Plan: fewer cells where the gallery "
    "is below a million pictures."
)
ONE_BY_ONE = (
    "One event at a time, acknowledged before the next, so that order and repeats stay ours to decide; made, "
    "serialised and sent by Python in the worker's loop, where librdkafka gets bytes and has threads in C. A worker "
    "tells a few events a minute. Plan: several under way at once, should a backlog after an outage take too long."
)
# By work and by the beginning of who: the first that fits.
REASONS: tuple[tuple[str, str, str], ...] = (
    ("ingest-file-flat", "", f"{FLAT} {ONE_THREAD}"),
    ("ingest-file", "", ONE_THREAD),
    ("ingest-live", "", "Ours decodes on one thread, a few milliseconds a frame; see what it takes of the cores."),
    (
        "encode",
        "OpenVINO, its defaults",
        "It computes in bf16, which this processor has and ONNX Runtime does not use; our int8 bundle is the answer "
        "where every picture is one batch. Plan: a bf16 back end for processors, held to the same ranks.",
    ),
    (
        "encode",
        "OpenVINO",
        "Its single-precision kernels are a tenth better on this processor. Plan: OpenVINO behind the same contract, "
        "chosen where it is installed and agrees.",
    ),
    ("gallery", "numpy", "There is nothing to build where everything is compared; it pays at each search."),
    ("gallery", "", GRAPH),
    ("publish", "", ONE_BY_ONE),
)
UNKNOWN = "Not understood yet."


def explained(losses: Sequence[Loss]) -> Iterator[str]:
    """A line for each peer that is better at something: at what, by how much, why, and the plan."""
    for (work, who), group in groupby(losses, key=lambda loss: (loss.work, loss.who)):
        what = "; ".join(
            f"{loss.measure.title} {loss.theirs:.{loss.measure.digits}f} to our {loss.ours:.{loss.measure.digits}f}"
            for loss in group
        )
        yield f"- {work}: {who} is better: {what}. {reason(work, who)}"


def reason(work: str, who: str) -> str:
    for of, beginning, why in REASONS:
        if work.startswith(of) and who.startswith(beginning):
            return why
    return UNKNOWN
