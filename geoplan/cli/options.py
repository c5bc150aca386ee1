"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from geoplan.cli.typed_path import typed_path
from geoplan.words import LANGS

if TYPE_CHECKING:
    from geoplan.words.message import Message

Lang = Literal["zh", "en"]
StudyArgument = Annotated[Path, typer.Argument(metavar="STUDY", parser=typed_path)]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", parser=typed_path),
]
LangOption = Annotated[Lang | None, typer.Option("--lang")]


def told_aside(lang: str | None) -> Callable[[Message], None]:
    """Tell on standard error what was done beside the work; in both languages for None."""
    langs = LANGS if lang is None else (lang,)

    def tell(told: Message) -> None:
        aside("geoplan: " + " / ".join(told.text(one) for one in langs))

    return tell


def aside(text: str) -> None:
    """Print on standard error; a terminal or a disk that takes no more is no reason to stop."""
    with suppress(OSError):
        typer.echo(text, err=True)
