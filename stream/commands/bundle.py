"""`nowshowing bundle`: export, info, check, compile. Speaks to people or, with --json, to programs."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from engines.bundle import OnnxBundle, open_bundle
from indexes.images import ImageLimits, decode
from stream.config import DecideConfig
from stream.errors import UsageError
from stream.fuse import sigmoid

if TYPE_CHECKING:
    from engines.base import Image
    from engines.bundle import Bundle
    from engines.parity import Parity

PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
FEWEST_PICTURES, MOST_PICTURES = 20, 256

app = typer.Typer(help="What turns pixels into vectors: make one, look at it, check it.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="JSON lines on stdout.")]
Which = Annotated[str, typer.Argument(metavar="BUNDLE", help="A directory, or the name of a built-in one (classic).")]

OnGpu = Annotated[
    Literal["fp16", "bf16", "fp32", "int8", "fp8"],
    typer.Option(
        "--precision",
        help="What a GPU computes in; norms and the vectors that come out are fp32 always. int8 and fp8 are for "
        "transformers under TensorRT, and take their scales from --images.",
    ),
]

Images = Annotated[
    Path | None,
    typer.Option(help="A folder of pictures, best of your own products, whose order is compared; drawn ones else."),
]


@app.command()
def export(
    source: Annotated[
        str,
        typer.Argument(
            help="MODEL::TAG as open_clip lists them (ViT-B-16-SigLIP2::webli), hf-hub:ORG/REPO, a folder with "
            "open_clip_config.json and weights, or a checkpoint file together with --model."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The bundle's directory; must not be there yet.")],
    name: Annotated[str | None, typer.Option(help="The bundle's name; made from SOURCE by default.")] = None,
    model: Annotated[str | None, typer.Option(help="The architecture of a checkpoint file.")] = None,
    like: Annotated[
        str | None, typer.Option(metavar="TAG", help="Whose preprocessing a checkpoint file was trained with.")
    ] = None,
    resize: Annotated[
        Literal["shortest", "longest", "squash"] | None,
        typer.Option(
            help="How a picture is fitted in, instead of the model's own way: shortest crops the sides of a wide "
            "frame away, longest pads, squash distorts."
        ),
    ] = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="Weights in 8 bits: a transformer runs twice as fast on a processor.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a bundle from an open_clip model. Needs the extra `models`; what it makes does not."""
    from engines.export import Wish, export_bundle  # noqa: PLC0415  only whoever exports pays for the tools

    progress = Console(stderr=True, highlight=False)
    wish = Wish(str(source), out, name=name, model=model, like=like, resize=resize, int8=int8)
    parity = export_bundle(wish, lambda step: progress.print(f"{step} …"))
    bundle = open_bundle(str(out))
    if as_json:
        typer.echo(json.dumps(_facts(bundle) | {"parity": parity.to_dict()}))
        return
    Console(highlight=False).print(_facts_table(bundle))
    Console(highlight=False).print(_parity_table([parity]))


@app.command()
def info(bundle: Which, as_json: Json = False) -> None:
    """What a bundle is. Its files are compared with their hashes."""
    opened = open_bundle(bundle)
    if as_json:
        typer.echo(json.dumps(_facts(opened)))
    else:
        Console(highlight=False).print(_facts_table(opened))


@app.command()
def check(bundle: Which, precision: OnGpu = "fp16", images: Images = None, as_json: Json = False) -> None:
    """Compare every back end that runs here with what the original model gave. Exit code 1 when one differs.

    Ranks: the share of the ten nearest pictures that a search still finds when a back end's views look for what the
    processor's back end kept.
    """
    from engines.backends import check_all  # noqa: PLC0415

    report = check_all(open_bundle(bundle), precision, pictures=_pictures(images))
    if as_json:
        for each in report.found:
            typer.echo(json.dumps(each.to_dict()))
    else:
        Console(highlight=False).print(_parity_table(report.found))
    for absent in report.absent:
        Console(stderr=True, highlight=False).print(f"not here: {absent}", markup=False)
    if not all(each.ok for each in report.found):
        raise typer.Exit(1)


@app.command(name="compile")
def compile_(bundle: Which, precision: OnGpu = "fp16", images: Images = None, as_json: Json = False) -> None:
    """Compile a bundle for this machine's GPU with TensorRT. Takes minutes; `run` then finds the plan by itself.

    The plan is compared with the original model first, and not kept when it differs. It serves this GPU, this
    TensorRT and this bundle; whenever one of them changes, compile again.
    """
    from engines.backends import compile_bundle  # noqa: PLC0415

    progress = Console(stderr=True, highlight=False)
    pictures = _pictures(images)
    tell = partial(progress.print, markup=False)
    done = compile_bundle(open_bundle(bundle), precision, lambda step: tell(f"{step} …"), pictures=pictures)
    if as_json:
        typer.echo(json.dumps({"plan": str(done.path), "parity": done.parity.to_dict()}))
        return
    Console(highlight=False).print(_parity_table([done.parity]))
    Console(highlight=False, soft_wrap=True).print(f"kept: {done.path}", markup=False)


def _pictures(folder: Path | None) -> list[Image] | None:
    """The first ones by name; too few say nothing about ranks."""
    if folder is None:
        return None
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)[:MOST_PICTURES]
        found = [decode(path.read_bytes(), ImageLimits(), name=path.name) for path in paths]
    except OSError as error:
        raise UsageError(f"--images {folder}: cannot be read: {error.strerror}") from error
    if len(found) < FEWEST_PICTURES:
        raise UsageError(f"--images {folder}: {len(found)} pictures in it, {FEWEST_PICTURES} are the least")
    return found


def _facts(bundle: Bundle) -> dict[str, object]:
    facts: dict[str, object] = {
        "name": bundle.name,
        "hash": bundle.hash,
        "dim": bundle.info.dim,
        "patch_dim": bundle.info.patch_dim,
        "image_size": bundle.info.image_size,
        "calibrated": True,
        "false_shows": bundle.false_shows._asdict(),
        "show_at": round(sigmoid(bundle.false_shows.log_odds(DecideConfig().false_shows_per_hour)), 4),
    }
    if isinstance(bundle, OnnxBundle):
        manifest = bundle.manifest
        facts["calibrated"] = manifest.calibration.pictures > 0
        facts["bytes"] = sum((bundle.directory / each).stat().st_size for each in manifest.files)
        facts |= manifest.model_dump(mode="json", include={"made_from", "precision", "patch_grid", "preprocess"})
        facts |= manifest.model_dump(mode="json", include={"calibration", "files"})
    return facts


def _facts_table(bundle: Bundle) -> Table:
    table = Table.grid(padding=(0, 2))
    facts = _facts(bundle)
    if not facts["calibrated"]:
        facts["calibrated"] = "no: probabilities are cautious guesses, so it abstains where it could know"
    facts["false_shows"] = _false_shows(bundle)
    for key, value in facts.items():
        table.add_row(f"[bold]{key}[/]", _plain(value))
    return table


def _false_shows(bundle: Bundle) -> str:
    curve = bundle.false_shows
    source = f"fitted on {curve.hours:.1f} h" if curve.fitted else "theory, not fitted: it shows later than it could"
    return f"{curve.at_even:.0f} an hour at even odds, {curve.fall:.2f} e-folds fewer for each unit ({source})"


def _plain(value: object) -> str:
    if value is True:
        return "yes"
    if isinstance(value, dict):
        return "\n".join(f"{key} {_plain(each)}" for key, each in value.items())
    return " × ".join(map(str, value)) if isinstance(value, list) else str(value).replace("[", r"\[")


def _parity_table(found: list[Parity]) -> Table:
    table = Table("back end", "embedding", "patches", "row in a batch", "ranks", "least", "ms a picture", "")
    for each in found:
        cosines = [f"{value:.6f}" for value in (each.embedding, each.patches, each.batch)]
        cosines.append("" if each.ranks is None else f"{each.ranks:.3f}")
        verdict = "[green]same[/]" if each.ok else "[bold red]differs[/]"
        table.add_row(each.backend, *cosines, f"{each.floor:g}", f"{each.image_s * 1000:.1f}", verdict)
    return table
