"""The `geoplan` command: its commands registered, its errors and exit codes.

Exit codes: 0 done; 1 the inputs hold errors; 2 wrong usage; 3 no feasible solution;
130 interrupted. A traceback is shown only with ``--debug``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from traceback import walk_tb
from typing import Annotated, Any

import typer
from rich.console import Console

from geoplan.cli.doctor import doctor
from geoplan.cli.help_text import Told, ToldGroup, languages_said, reader_language, told_to
from geoplan.cli.networks import fetch, network_build
from geoplan.cli.options import Lang, aside
from geoplan.cli.runs import compare, export
from geoplan.cli.start import INTERRUPTED, Interrupts, main, unprinted
from geoplan.cli.studies import check, demo, new, run, suggest
from geoplan.cli.usage_faults import usage_fault
from geoplan.errors import GeoplanError, InputError
from geoplan.words.message import Message
from geoplan.words.text_format import json_text
from geoplan.writing import fault_text

__all__ = ["app", "exit_code", "main"]

app = typer.Typer(
    name="geoplan",
    cls=ToldGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
# Typer brings its own click or uses the installed one, by its version
USAGE_ERROR: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
network_app = typer.Typer(cls=ToldGroup, no_args_is_help=True)
app.add_typer(network_app, name="network")


def _version(shown: bool) -> None:
    if shown:
        typer.echo(f"geoplan {version('geoplan')}")
        raise typer.Exit


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
    of_help: Annotated[Lang | None, typer.Option("--lang")] = None,
) -> None:
    """Options of every command; `main` has taken --debug out already."""


for command in (demo, new, check, run, suggest, export, compare, fetch, doctor):
    app.command(cls=Told)(command)
network_app.command("build", cls=Told)(network_build)


def _refuse(error: GeoplanError, *, as_json: bool, langs: Sequence[str]) -> int:
    if as_json and isinstance(error, InputError):
        findings = [f.to_dict() for f in error.findings]
        typer.echo(json_text({"inputs": [], "findings": findings}))
    with suppress(OSError):
        Console(stderr=True, soft_wrap=True).print(
            f"geoplan: {_told(error, langs)}", style="red", markup=False, highlight=False
        )
    return error.exit_code


def _told(error: GeoplanError, langs: Sequence[str]) -> str:
    """The error in the language of its study; else in `langs`."""
    if error.told is not None:
        return error.message(error.told)
    if error.sentence is None:
        return str(error)
    told = [error.message(lang) for lang in langs]
    return ("\n" if any("\n" in text for text in told) else " / ").join(told)


def exit_code(argv: list[str] | None, interrupts: Interrupts) -> int:
    """Run the command line; how it left, as the contract of exit codes says.

    Parameters
    ----------
    argv : without the program's name; None = as the program was called.
    interrupts : knows of Ctrl-C where a library has made another error of it.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    # users add --debug at the end of the line that failed, wherever the option is declared
    debug = "--debug" in arguments
    arguments = [a for a in arguments if a != "--debug"]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a GBK console must not end a run
    try:
        return _code(arguments, debug=debug)
    except Exception as error:
        if interrupts.heard():
            raise KeyboardInterrupt from None
        if isinstance(error, OSError) and _was_printing(error):
            unprinted(error)
            return 0
        if debug:
            raise
        return _told_of(error, languages_said(arguments))


def _was_printing(error: OSError) -> bool:
    """Whether it was the output that failed, and no file."""
    frames = (frame for frame, _ in walk_tb(error.__traceback__))
    return any(
        frame.f_code.co_name == "echo"
        and str(frame.f_globals.get("__name__")).partition(".")[0] in ("click", "typer")
        for frame in frames
    )


def _told_of(error: Exception, langs: Sequence[str]) -> int:
    """Tell of what no command raises on purpose: a fault of the disk, or one of geoplan's own."""
    fault = fault_text(error)
    if fault is not None:
        code = 2
    else:
        fault, code = Message("cli.unexpected", what=f"{type(error).__name__}: {error}"), 1
    aside("geoplan: " + " / ".join(fault.text(lang) for lang in langs))
    return code


def _code(arguments: list[str], *, debug: bool) -> int:
    try:
        command = typer.main.get_command(app)
        done: Any = command.main(
            args=arguments,
            prog_name="geoplan",
            standalone_mode=False,
            obj=told_to(reader_language(arguments)),
        )
        if done == INTERRUPTED:  # typer has caught it
            raise KeyboardInterrupt
        return done if isinstance(done, int) else 0
    except typer.Exit as error:
        return int(error.exit_code)
    except USAGE_ERROR as error:
        aside(usage_fault(error, reader_language(arguments)))
        return 2
    except typer.Abort:
        raise KeyboardInterrupt from None
    except SystemExit as left:
        if isinstance(left.__context__, OSError):  # a pipe: who reads has seen enough
            unprinted(left.__context__)
            return 0
        raise
    except GeoplanError as error:
        if debug:
            raise
        langs = languages_said(arguments)
        return _refuse(error, as_json="--json" in arguments, langs=langs)


if __name__ == "__main__":
    main()
