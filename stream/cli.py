"""The `nowshowing` command: one program, sub-commands from stream/commands. Errors we know become one line."""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

from engines.threads import one_blas_thread
from stream import __version__
from stream.commands import bundle, catalogue, demo, gallery, run, watch
from stream.commands import eval as eval_
from stream.commands.output import tell_error
from stream.errors import KNOWN, UsageError, leaves
from stream.logs import set_up_logs
from stream.memory import few_arenas, keep_pages

app = typer.Typer(
    name="nowshowing",
    help="Watches live-commerce streams and says which catalogue product is being shown, while it is on screen.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("watch")(watch.watch)
app.command("run")(run.run)
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(gallery.app, name="gallery")
app.add_typer(bundle.app, name="bundle")
app.add_typer(eval_.app, name="eval")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    log_level: Annotated[
        str | None, typer.Option(help="debug, info, warning or error, on stderr.", show_default="info")
    ] = None,
) -> None:
    del version
    few_arenas()
    keep_pages()
    one_blas_thread()
    quiet = context.invoked_subcommand in {"demo", "eval"}  # they tell their own story
    set_up_logs(log_level or ("warning" if quiet else "info"))


def main() -> None:
    """Runs the command line. Exit codes: 0 done, 1 failed, 2 used wrongly."""
    _open_what_is_closed()
    try:
        app()
    except KNOWN as error:
        _fail(error)
    except BaseExceptionGroup as errors:
        known, unknown = errors.split(KNOWN)
        if known is None or unknown is not None:
            raise
        _fail(leaves(known)[0])
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone; writing more, even at exit, would only raise again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _open_what_is_closed() -> None:
    """Started with a standard stream closed, what would go there goes nowhere."""
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def _fail(error: BaseException) -> NoReturn:
    tell_error(error)
    sys.exit(2 if isinstance(error, UsageError) else 1)
