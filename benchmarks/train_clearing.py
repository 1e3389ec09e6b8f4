"""Makes engines/speech/clearing.npz: how much of each band is the voice's, and how much of what is under it.

    python -m benchmarks.train_clearing pieces FOLDER [--seeds 1,2] [--tracks 500]
    python -m benchmarks.train_clearing learn FOLDER engines/speech/clearing.npz [--steps 2000] [--without VOICE]

The loss is how far PocketSphinx's features (cepstra and how they move, each in its acoustic model's own deviations)
are from those of the voice in a quiet room. Needs torch, and for pieces what `sounding_pieces` needs.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
import pocketsphinx
import torch
import typer
from torch import nn

from benchmarks.clearing_pieces import IN_QUIET, Mixtures, load, save
from engines.speech.clearing import AHEAD, BANDS, BEFORE, FILTERS, SPEECH, SPREAD, cosines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.clearing_pieces import Mixture

WIDTH, MEMORY = 128, 192
CHUNK = 160  # frames: about a piece
BATCH = 60
FASTEST, SLOWEST = 3e-3, 2e-5
WARMING = 20  # steps
PAUSES = 0.25  # what a frame without a voice counts
SMOOTH = 0.05  # below which distance (squared) a frame is as good as right
EDGE = 3  # frames that a feature looks to either side
APART = 40  # one mixture in so many is scored

app = typer.Typer(help=__doc__)


class Net(nn.Module):  # type: ignore[misc]
    """As `engines.speech.clearing.Network` computes it."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(2 * BANDS, WIDTH, BEFORE + 1)
        self.memory = nn.GRU(WIDTH, MEMORY, batch_first=True)
        self.last = nn.Linear(MEMORY, FILTERS)
        nn.init.zeros_(self.last.weight)  # so that it begins by leaving all as it is
        nn.init.zeros_(self.last.bias)
        self.register_buffer("cosines", torch.from_numpy(cosines()))

    def forward(self, rows: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
        """Both [piece, frame, band]; cepstra come out."""
        seen = rows.transpose(1, 2) / SPREAD
        before, behind = seen[:, :, :1].expand(-1, -1, BEFORE), seen[:, :, -1:].expand(-1, -1, AHEAD)
        seen = torch.relu(self.first(torch.cat([before, seen, behind], 2))).transpose(1, 2)
        states, _ = self.memory(seen)
        told: torch.Tensor = (filters + self.last(states[:, AHEAD:])) @ self.cosines
        return told


class Heap(NamedTuple):
    """All mixtures, one behind the other."""

    rows: torch.Tensor
    filters: torch.Tensor
    wanted: torch.Tensor
    first: np.ndarray[tuple[int], np.dtype[np.int64]]
    length: np.ndarray[tuple[int], np.dtype[np.int64]]

    @classmethod
    def of(cls, mixtures: Sequence[Mixture]) -> Heap:
        rows, filters, wanted = (
            torch.from_numpy(np.concatenate([one[i] for one in mixtures]).astype(np.float16)) for i in range(3)
        )
        count = np.array([len(one.rows) for one in mixtures])
        return cls(rows, filters, wanted, np.cumsum(count) - count, count)

    def some(self, which: np.ndarray[tuple[int], np.dtype[np.int64]], rng: np.random.Generator) -> Batch:
        """A piece of each, that begins anywhere in it."""
        begins = rng.integers(0, np.maximum(self.length[which] - CHUNK, 0) + 1)
        within = np.minimum(begins[:, None] + np.arange(CHUNK), self.length[which][:, None] - 1)
        at = torch.from_numpy(self.first[which][:, None] + within)
        real = torch.from_numpy(begins[:, None] + np.arange(CHUNK) < self.length[which][:, None])
        return Batch(self.rows[at].float(), self.filters[at].float(), self.wanted[at].float(), real)


class Batch(NamedTuple):
    rows: torch.Tensor
    filters: torch.Tensor
    wanted: torch.Tensor
    real: torch.Tensor  # frames; behind them a mixture was over


@app.command()
def pieces(
    out: Annotated[Path, typer.Argument(help="A folder; one file a seed.")],
    seeds: Annotated[str, typer.Option(help="Of what is said, by whom, and of what is under it.")] = "1,2",
    tracks: Annotated[int, typer.Option(help="Of each seed.")] = 700,
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for seed in (int(one) for one in seeds.split(",")):
        mixtures = Mixtures(seed)
        save(out / f"clearing-{seed}.npz", [one for _ in range(tracks) for one in mixtures.track()])
        print(f"seed {seed}: {tracks} tracks", flush=True)


@app.command()
def learn(
    folder: Annotated[Path, typer.Argument(help="What `pieces` made.")],
    out: Annotated[Path, typer.Argument(help="Where the weights are written.")],
    steps: Annotated[int, typer.Option(help="Of training.")] = 2000,
    without: Annotated[str, typer.Option(help="A voice that is scored and not learnt.")] = "",
) -> None:
    torch.manual_seed(0)
    made = [one for path in sorted(folder.glob("clearing-*.npz")) for one in load(path)]
    aside = [one.voice == without if without else i % APART == 0 for i, one in enumerate(made)]
    learnt = [one for one, away in zip(made, aside, strict=True) if not away]
    scored = [one for one, away in zip(made, aside, strict=True) if away]
    print(f"{sum(len(one.rows) for one in learnt) / 6000:.0f} minutes are learnt")
    _keep(out, trained(Heap.of(learnt), scored, steps))


def trained(learnt: Heap, scored: Sequence[Mixture], steps: int) -> Net:
    rng, net, deviations = np.random.default_rng(0), Net(), _variances()
    learning = torch.optim.AdamW(net.parameters(), FASTEST, weight_decay=1e-3)
    for step in range(steps):
        warm = min(1.0, (step + 1) / WARMING)
        learning.param_groups[0]["lr"] = warm * (FASTEST * (1 - step / steps) + SLOWEST)
        batch = learnt.some(rng.integers(0, len(learnt.length), BATCH), rng)
        apart, weight = distances(net(batch.rows, batch.filters), batch, deviations)
        loss = ((apart + SMOOTH).sqrt() * weight).sum() / weight.sum()
        learning.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        learning.step()
        if step % 100 == 0 or step == steps - 1:
            print(f"{step} of {steps}: {loss.item():.3f}; {_score(net, scored, deviations)}", flush=True)
    return net


def distances(told: torch.Tensor, batch: Batch, deviations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """[piece, frame]: squared, a feature on the average; and what each frame counts."""
    apart = ((_features(told) - _features(batch.wanted)) ** 2 / deviations).mean(2)
    loud = batch.wanted[:, :, 0]
    speech = (loud > loud.amax(1, keepdim=True) - SPEECH).float()
    weight = (PAUSES + (1 - PAUSES) * speech) * batch.real.float()
    return apart, weight[:, EDGE:-EDGE]


def _features(cepstra: torch.Tensor) -> torch.Tensor:
    """PocketSphinx's: cepstra, how they move, and how that does."""
    moves = cepstra[:, 4:] - cepstra[:, :-4]
    turns = (cepstra[:, 6:] - cepstra[:, 2:-4]) - (cepstra[:, 4:-2] - cepstra[:, :-6])
    return torch.cat([cepstra[:, EDGE:-EDGE], moves[:, 1:-1], turns], 2)


def _variances() -> torch.Tensor:
    """Of each feature in the acoustic model's densities, on the average; the file is of numbers behind a text."""
    told = Path(pocketsphinx.get_model_path("en-us/en-us/variances")).read_bytes()
    at = told.index(b"endhdr\n") + len(b"endhdr\n") + 4  # which byte is first
    books, streams, densities = struct.unpack_from("<3i", told, at)
    lengths = struct.unpack_from(f"<{streams}i", told, at + 12)
    at += 12 + 4 * streams + 4
    count = books * densities * sum(lengths)
    made = np.frombuffer(told, "<f4", count, at).reshape(books, streams, densities, lengths[0])
    return torch.from_numpy(np.maximum(made, 1e-4).mean((0, 2)).reshape(-1).astype(np.float32))


def _score(net: Net, scored: Sequence[Mixture], deviations: torch.Tensor) -> str:
    """By level: how far features are from those in quiet, before and after."""
    sums: dict[str, list[float]] = {}
    rng = np.random.default_rng(0)
    with torch.no_grad():
        for one in scored[:60]:
            batch = Heap.of([one]).some(np.zeros(1, np.int64), rng)
            level = "quiet" if one.level_db == IN_QUIET else f"{int(one.level_db // 8) * 8} dB"
            told = sums.setdefault(level, [0.0, 0.0, 0.0])
            for i, cepstra in enumerate((batch.filters @ net.cosines, net(batch.rows, batch.filters))):
                apart, weight = distances(cepstra, batch, deviations)
                told[i] += float((apart * weight).sum())
            told[2] += float(weight.sum())
    return ", ".join(f"{key} {a / n:.2f} to {b / n:.2f}" for key, (a, b, n) in sorted(sums.items()))


def _keep(out: Path, net: Net) -> None:
    def half(weights: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float16]]:
        return np.asarray(weights.detach().numpy(), np.float16)

    np.savez_compressed(
        out,
        first=half(net.first.weight.permute(2, 1, 0).reshape(-1, WIDTH)), first_bias=half(net.first.bias),
        taken=half(net.memory.weight_ih_l0.T), taken_bias=half(net.memory.bias_ih_l0),
        kept=half(net.memory.weight_hh_l0.T), kept_bias=half(net.memory.bias_hh_l0),
        last=half(net.last.weight.T), last_bias=half(net.last.bias),
    )  # fmt: skip


if __name__ == "__main__":
    app()
