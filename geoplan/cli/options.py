"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from geoplan.cli.typed_path import typed_path

Lang = Literal["zh", "en"]
StudyArgument = Annotated[
    Path, typer.Argument(metavar="STUDY", help="Folder with study.toml.", parser=typed_path)
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder for the results.", parser=typed_path),
]
LangOption = Annotated[Lang | None, typer.Option("--lang", help="Language of all that is read.")]
#: exit code after Ctrl-C
INTERRUPTED = 130
