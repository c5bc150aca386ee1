"""Commands on street networks: `network build`, `fetch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from geoplan.cli.options import Lang
from geoplan.cli.typed_path import typed_path
from geoplan.errors import UsageError


def network_build(
    source: Annotated[
        Path,
        typer.Argument(metavar="SOURCE", parser=typed_path),
    ],
    mode: Annotated[Literal["walk", "drive"], typer.Option("--mode")],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", parser=typed_path),
    ],
    crs: Annotated[str | None, typer.Option("--crs", metavar="CRS")] = None,
    speed_m_s: Annotated[
        float | None,
        typer.Option(
            "--speed-m-s",
            metavar="X",
            min=0.01,
        ),
    ] = None,
    lang: Annotated[
        Lang | None,
        typer.Option("--lang"),
    ] = None,
) -> None:
    """Build a network once, for many runs."""
    from geoplan.network.build_command import build_network

    if not source.exists():
        error = UsageError.of("cli.no_source", path=source)
        error.told = lang
        raise error
    typer.echo(build_network(source, out, mode=mode, crs=crs, speed_m_s=speed_m_s, lang=lang))
    typer.echo(str(out))


def fetch(
    place: Annotated[str, typer.Argument(metavar="PLACE")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", parser=typed_path)],
) -> None:
    """Download a city's streets and boundaries.

    Known facilities too. The only command that opens the internet.
    """
    from geoplan.network.builders.download import fetch_place

    for path in fetch_place(place, out):
        typer.echo(str(path))
