"""The command `doctor`: is the installation whole, and what to mend."""

from __future__ import annotations

from typing import Annotated

import typer

from geoplan.cli.installation import Check, installation_checks, warm_kernels
from geoplan.cli.options import LangOption
from geoplan.cli.progress import progress_shown
from geoplan.words import LANGS, say


def doctor(
    quick: Annotated[bool, typer.Option("--quick")] = False,
    lang: LangOption = None,
) -> None:
    """Check the installation, and make ready for the first run.

    Looks at versions, libraries, fonts, folders and programs, then runs a made-up town, which
    compiles what later runs use. Exit code 0 when a run would work, else 1 and what to mend.
    """
    langs = LANGS if lang is None else (lang,)
    found: list[Check] = []

    def tell(check: Check) -> None:
        found.append(check)
        said = " / ".join(dict.fromkeys(check.told.text(one) for one in langs))
        mark = " / ".join(say(one, f"doctor.{check.state}") for one in langs)
        typer.echo(f"[{mark}] {said}")

    for check in installation_checks():
        tell(check)
    faults = [check for check in found if check.state == "fault"]
    if not quick and not faults:
        with progress_shown() as progress:
            warmed = warm_kernels(progress, langs[0])
        tell(warmed)
        faults += [warmed] if warmed.state == "fault" else []
    word = "doctor.sick" if faults else "doctor.well"
    typer.echo(" / ".join(say(one, word, count=len(faults)) for one in langs))
    if faults:
        raise typer.Exit(1)
