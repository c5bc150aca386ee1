"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Lang = Literal["zh", "en"]
StudyArgument = Annotated[Path, typer.Argument(metavar="STUDY", help="Folder with study.toml.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Folder for the results.")]
LangOption = Annotated[Lang | None, typer.Option("--lang", help="Language of all that is read.")]
#: exit code after Ctrl-C
INTERRUPTED = 130
