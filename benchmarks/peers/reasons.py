"""Why a peer is better at something, and what we mean to do: words, beside the figures they explain. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.peers.table import Loss

ONE_THREAD = (
    "Wall time of a file: others decode on all cores, ours on one thread, for the cores belong to all livestreams: "
    "CPU decides how many a machine holds. Plan: none."
)
LIVE = "Ours decodes on one thread, some milliseconds a frame, and takes less of the cores for it. Plan: none."
CROWD = (
    "One thread against one thread by the clock: on a full machine that changes threefold from run to run. Plan: "
    "measure again on a quiet one."
)
FLAT = "Where no frame may be left out there is nothing to save, and Python around the decoder costs its part."
GRAPH = (
    "A graph is asked less than cells are: 160 of them at a byte a number, then forty rows of the file. It takes "
    "longer to build and more memory, and a search is a hundredth of what a frame costs. Plan: fewer cells where a "
    "gallery is below a million pictures."
)
BF16 = (
    "It computes in bf16, which this processor has and ONNX Runtime does not use. Today's answer is our int8 bundle. "
    "Plan: a bf16 back end for processors, held to the same ranks."
)
KERNELS = (
    "Its single-precision kernels are a tenth better on this processor. Plan: OpenVINO behind the engines' contract, "
    "chosen where it is installed and agrees."
)
ONE_BY_ONE = (
    "One event at a time, acknowledged before the next, so that order and repeats stay ours to decide; made, "
    "serialised and sent by Python in the worker's loop, where librdkafka gets bytes and has threads in C. A worker "
    "tells less than one a second. Plan: several under way at once, should a backlog after an outage take too long."
)
# By the beginnings of work and of who: the first that fits.
REASONS: tuple[tuple[str, str, str], ...] = (
    ("ingest-file-flat", "", f"{FLAT} {ONE_THREAD}"),
    ("ingest-file", "ffmpeg, a pipe, one thread", CROWD),
    ("ingest-file", "", ONE_THREAD),
    ("ingest-live", "", LIVE),
    ("encode", "OpenVINO, its defaults", BF16),
    ("encode", "OpenVINO", KERNELS),
    ("gallery", "numpy", "There is nothing to build where everything is compared; each search pays for it."),
    ("gallery", "", GRAPH),
    ("publish", "", ONE_BY_ONE),
)
UNKNOWN = "Not understood yet."


def explained(losses: Sequence[Loss]) -> Iterator[str]:
    """A line for each reason in a work: who is better, at what and by how much, why, and the plan."""
    lines: dict[tuple[str, str], list[str]] = {}
    for (work, who), group in groupby(losses, key=lambda loss: (loss.work, loss.who)):
        what = ", ".join(
            f"{loss.measure.title} {loss.theirs:.{loss.measure.digits}f} to our {loss.ours:.{loss.measure.digits}f}"
            for loss in group
        )
        lines.setdefault((work, reason(work, who)), []).append(f"{who} ({what})")
    for (work, why), whom in lines.items():
        yield f"- {work}: better are {'; '.join(whom)}. {why}"


def reason(work: str, who: str) -> str:
    for of, beginning, why in REASONS:
        if work.startswith(of) and who.startswith(beginning):
            return why
    return UNKNOWN
