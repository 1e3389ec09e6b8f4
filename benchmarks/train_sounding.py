"""Makes engines/speech/sounding.npz: which sounds of speech there are, told from what Moonshine's encoder makes.

    python -m benchmarks.sounding_pieces FOLDER --seeds 31,32,33,34,35,36
    python -m benchmarks.train_sounding FOLDER engines/speech/sounding.npz [--minutes 20]

The loss is CTC's: which sounds were said is known, when they were is not. Every twelfth piece is kept aside and
scored by how many of its sounds were heard otherwise. `--without VOICE` leaves a voice out and scores it alone: that
is how a voice that nobody has heard will do. Needs torch.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (typer reads the annotations when it runs)
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
import typer
from rapidfuzz.distance import Levenshtein
from torch import nn

from benchmarks.sounding_pieces import Made, load
from engines.speech.sounding import AROUND
from engines.text.phones import PHONES

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HIDDEN = 288, 384
NONE = len(PHONES)
BATCH = 16
FASTEST, SLOWEST = 2e-3, 4e-5
DROPPED = 0.2
BLURRED = 0.1  # of what goes in: noise, so that no two times are the same
SHIFTED = 0.15  # the same for a whole piece: another voice, another room
HIDDEN_STEPS, STRETCHES = 8, 2  # at most so many steps are not shown, in so many places
APART = 12  # one piece in so many is scored


class Head(nn.Module):  # type: ignore[misc]
    """As `engines.speech.sounding.Sounding` computes it."""

    def __init__(self) -> None:
        super().__init__()
        self.level = nn.LayerNorm(WIDTH, elementwise_affine=False)
        self.first = nn.Conv1d(WIDTH, HIDDEN, 2 * AROUND[0] + 1, padding=AROUND[0])
        self.middle = nn.Conv1d(HIDDEN, HIDDEN, 2 * AROUND[1] + 1, padding=AROUND[1])
        self.last = nn.Conv1d(HIDDEN, NONE + 1, 1)
        self.drop = nn.Dropout(DROPPED)

    def layers(self) -> tuple[tuple[str, nn.Conv1d], ...]:
        return ("first", self.first), ("middle", self.middle), ("last", self.last)

    def forward(self, heard: torch.Tensor) -> torch.Tensor:
        seen = self.level(heard).transpose(1, 2)
        seen = torch.relu(self.first(self.drop(seen)))
        seen = seen + torch.relu(self.middle(self.drop(seen)))
        told: torch.Tensor = self.last(self.drop(seen)).transpose(1, 2).float().log_softmax(-1)
        return told


def main(
    pieces: Annotated[Path, typer.Argument(help="What benchmarks.sounding_pieces made.")],
    out: Annotated[Path, typer.Argument(help="Where the weights are written.")],
    minutes: Annotated[float, typer.Option(help="Of training.")] = 20.0,
    without: Annotated[str, typer.Option(help="A voice that is scored and not learnt.")] = "",
    seed: Annotated[int, typer.Option(help="Of weights and order.")] = 0,
    begun: Annotated[
        Path | None, typer.Option(help="Weights to go on from; of a network as wide or smaller.")
    ] = None,
) -> None:
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    made = [piece for path in sorted(pieces.glob("pieces-*.npz")) for piece in load(path)]
    made = [piece for piece in made if len(piece.heard) > 1.2 * len(piece.phones) + 3]
    aside = [piece for i, piece in enumerate(made) if (piece.voice == without if without else i % APART == 0)]
    learnt = [piece for i, piece in enumerate(made) if (piece.voice != without if without else i % APART)]
    print(f"{sum(len(piece.heard) for piece in learnt) / 2500:.0f} minutes are learnt")
    head = Head()
    if begun:
        go_on(head, begun)
        print(f"begun with {scored(head, aside)}", flush=True)
    train(head, learnt, aside, minutes * 60, np.random.default_rng(seed))
    save(head, learnt, out)


def go_on(head: Head, begun: Path) -> None:
    """What a smaller network knew, this one knows, too: units that are more say nothing yet."""
    with np.load(begun) as told, torch.no_grad():
        for name, layer in head.layers():
            bias = torch.from_numpy(told[f"{name}_b"])
            steps, before = layer.weight.shape[2], told[f"{name}_w"].shape[0] // layer.weight.shape[2]
            weight = torch.from_numpy(told[f"{name}_w"].astype(np.float32)).reshape(steps, before, len(bias))
            assert layer.bias is not None
            layer.weight[: len(bias), before:] = 0
            layer.weight[: len(bias), :before] = weight.permute(2, 1, 0)
            layer.bias[: len(bias)] = bias


def train(
    head: Head, learnt: Sequence[Made], aside: Sequence[Made], seconds: float, rng: np.random.Generator
) -> None:
    optimiser = torch.optim.AdamW(head.parameters(), FASTEST, weight_decay=0.01)
    order = sorted(learnt, key=lambda piece: len(piece.heard))
    batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    begun, rounds = monotonic(), 0
    while (gone := (monotonic() - begun) / seconds) < 1:
        for group in optimiser.param_groups:
            group["lr"] = SLOWEST + (FASTEST - SLOWEST) * (1 - gone)
        for at in rng.permutation(len(batches)):
            optimiser.zero_grad()
            _loss(head, batches[at]).backward()
            nn.utils.clip_grad_norm_(head.parameters(), 5.0)
            optimiser.step()
        rounds += 1
        if rounds % 5 == 0:
            print(f"{rounds} rounds, {scored(head, aside)}", flush=True)
    print(scored(head, aside))


def _loss(head: Head, pieces: Sequence[Made]) -> torch.Tensor:
    steps = [len(piece.heard) for piece in pieces]
    heard = torch.zeros(len(pieces), max(steps), WIDTH)
    for row, piece in zip(heard, pieces, strict=True):
        row[: len(piece.heard)] = torch.from_numpy(piece.heard.astype(np.float32))
    heard = _disguised(heard)
    said = torch.cat([torch.tensor(list(piece.phones)) for piece in pieces])
    lengths = torch.tensor([len(piece.phones) for piece in pieces])
    with torch.autocast("cpu", torch.bfloat16):  # half the time
        told = head(heard).transpose(0, 1)
    return nn.functional.ctc_loss(told, said, torch.tensor(steps), lengths, blank=NONE, zero_infinity=True)


def _disguised(heard: torch.Tensor) -> torch.Tensor:
    """As if somebody else had said it: a little of everything is different, and here and there nothing is left."""
    loud = heard.abs().mean()
    heard = heard + BLURRED * loud * torch.randn_like(heard)
    heard = heard + SHIFTED * loud * torch.randn(len(heard), 1, WIDTH)
    for row in heard:
        for _ in range(STRETCHES):
            first = int(torch.randint(row.shape[0], (1,)))
            row[first : first + int(torch.randint(HIDDEN_STEPS + 1, (1,)))] = 0
    return heard


def scored(head: Head, pieces: Sequence[Made]) -> str:
    """Shares of sounds heard otherwise, by level and by voice."""
    head.eval()
    wrong: dict[str, list[int]] = {}
    for piece in pieces:
        level = "quiet" if piece.level_db > 50 else f"{int(piece.level_db // 5) * 5} dB"
        errors = Levenshtein.distance(_read(head, piece), piece.phones)
        for key in (level, piece.voice, "all"):
            told = wrong.setdefault(key, [0, 0])
            told[0], told[1] = told[0] + errors, told[1] + len(piece.phones)
    head.train()
    return ", ".join(f"{key} {errors / count:.3f}" for key, (errors, count) in sorted(wrong.items()))


def _read(head: Head, piece: Made) -> bytes:
    with torch.no_grad():
        told = head(torch.from_numpy(piece.heard.astype(np.float32))[None])[0].argmax(dim=1).tolist()
    return bytes(sound for i, sound in enumerate(told) if sound != NONE and (i == 0 or told[i - 1] != sound))


def save(head: Head, learnt: Sequence[Made], out: Path) -> None:
    counts = np.bincount(np.frombuffer(b"".join(piece.phones for piece in learnt), np.uint8), minlength=NONE) + 1
    told: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]] = {
        "chance": (counts / counts.sum()).astype(np.float32)
    }
    for name, layer in head.layers():
        weights = layer.weight.detach().numpy()  # out, in, step
        told[f"{name}_w"] = weights.transpose(2, 1, 0).reshape(-1, weights.shape[0]).astype(np.float16)
        assert layer.bias is not None
        told[f"{name}_b"] = layer.bias.detach().numpy()
    np.savez_compressed(out, allow_pickle=False, **told)


if __name__ == "__main__":
    typer.run(main)
