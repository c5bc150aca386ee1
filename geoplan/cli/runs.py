"""Commands on finished runs: `export`, `compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from geoplan.cli.options import LangOption, told_aside
from geoplan.cli.typed_path import typed_path
from geoplan.words import say

if TYPE_CHECKING:
    from geoplan.comparison import RunComparison


def export(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", parser=typed_path)],
    format_: Annotated[
        Literal["gpkg", "shp", "geojson", "kml", "fgb", "parquet", "csv", "xlsx", "postgis"],
        typer.Option("--format"),
    ],
    out: Annotated[str, typer.Option("--out", metavar="WHERE")],
) -> None:
    """Write the layers of a run in another format."""
    from geoplan.outputs import export_run

    _restore(None, run_folder)
    for written in export_run(run_folder, format=format_, out=out):
        typer.echo(str(written))


def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", parser=typed_path)],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", parser=typed_path)],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            parser=typed_path,
        ),
    ] = None,
    lang: LangOption = None,
) -> None:
    """Print what changed between two runs, per service and area."""
    from geoplan.comparison import compare_runs
    from geoplan.comparison.runs import compare_cities

    _restore(lang, run_a, run_b)
    found = compare_runs(run_a, run_b)
    typer.echo(found.text(lang=lang))
    compared = [(found, run_a, run_b, out)]
    for city, one in compare_cities(run_a, run_b).items():
        typer.echo("\n" + say(lang or found.lang, "cities.compared", city=city))
        typer.echo(one.text(lang=lang))
        compared.append((one, run_a / city, run_b / city, None if out is None else out / city))
    for one, a, b, folder in compared:
        if folder is not None:
            _write_comparison(one, a, b, folder, lang)


def _write_comparison(
    found: RunComparison, run_a: Path, run_b: Path, out: Path, lang: str | None
) -> None:
    """Tables of what changed, and a map per service in which anything did."""
    from geoplan.outputs import mapped_in_both, write_comparison, write_comparison_map
    from geoplan.writing import write_together

    written = write_comparison(found, out, lang=lang)
    changed = [key for key in mapped_in_both(run_a, run_b) if key in found.changed_services]

    def maps(aside: Path) -> list[Path]:
        return [
            write_comparison_map(run_a, run_b, key, aside / f"comparison_{key}.html", lang=lang)
            for key in changed
        ]

    if changed:
        written += write_together(out, maps)
    typer.echo("\n".join(map(str, written)))


def _restore(lang: str | None, *runs: Path) -> None:
    """Bring back what an interrupted run has left of a result, and say so."""
    from geoplan.writing import restored

    for run in runs:
        for told in restored(run):
            told_aside(lang)(told)
