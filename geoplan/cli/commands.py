"""The `geoplan` command: thin, every command one call into the rooms below.

Exit codes: 0 done; 1 the inputs hold errors; 2 wrong usage; 3 no feasible answer; 130 interrupted.
A traceback is shown only with ``--debug``.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from geoplan.cli.progress import progress_shown
from geoplan.errors import GeoplanError, InputError, UsageError
from geoplan.words import say, say_both

app = typer.Typer(
    name="geoplan",
    help="Maps a city's public services, counts who is beyond their reach and why, "
    "and proves where the next sites should go.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
# Typer brings its own click or uses the installed one, by its version
USAGE_ERROR: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
#: exit code after Ctrl-C
INTERRUPTED = 130
network_app = typer.Typer(help="Street networks.", no_args_is_help=True)
app.add_typer(network_app, name="network")

Lang = Literal["zh", "en"]
StudyArgument = Annotated[Path, typer.Argument(metavar="STUDY", help="Folder with study.toml.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Folder for the results.")]
LangOption = Annotated[Lang | None, typer.Option("--lang", help="Language of all that is read.")]


def _version(shown: bool) -> None:
    if shown:
        typer.echo(f"geoplan {version('geoplan')}")
        raise typer.Exit


@app.callback()
def _root(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error (anywhere in the line).")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version and leave."
        ),
    ] = False,
) -> None:
    """Options of every command; `main` has taken --debug out already."""


@app.command()
def demo(
    out: OutOption = None,
    lang: LangOption = None,
) -> None:
    """Plan a demo city, in one command.

    Writes the study into DIR, the results into DIR/out (DIR: geoplan-demo), prints the summary.
    """
    from geoplan.study import demo_study

    folder = out or Path("geoplan-demo")
    with progress_shown() as progress:
        study = demo_study(folder, progress=progress)
        plan = study.run(lang=lang, progress=progress)
        run = plan.save(folder / "out", progress=progress)
    typer.echo(plan.summary())
    typer.echo(say(plan.lang, "cli.report_at", path=run / "report.html"))


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or an empty folder.")],
) -> None:
    """Start a study of your own.

    Writes a commented study.toml and one template table per layer.
    """
    from geoplan.study import new_study

    for path in new_study(folder):
        typer.echo(str(path))


@app.command()
def check(
    study: StudyArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    lang: LangOption = None,
) -> None:
    """Read every input and tell what is wrong.

    Prints the findings by file and row, writes findings.xlsx beside the study. Exit code 1 when
    there are errors.
    """
    from geoplan.study import check_report, check_study

    if as_json:
        report = check_study(study, lang=lang)
        typer.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=1))
    else:
        with progress_shown() as progress:
            report = check_study(study, lang=lang, progress=progress)
        typer.echo(check_report(report))
    if report.has_errors:
        raise typer.Exit(1)


@app.command()
def run(
    study: StudyArgument,
    out: OutOption = None,
    service: Annotated[
        list[str] | None,
        typer.Option(
            "--service", metavar="KEY", help="Only this service; may be given more than once."
        ),
    ] = None,
    audience: Annotated[
        Literal["internal", "public"],
        typer.Option("--audience", help="public: small cells blanked, no personal data."),
    ] = "internal",
    lang: LangOption = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", metavar="ADDRESS", help="A Dask cluster.")
    ] = None,
    overlay: Annotated[
        list[Path] | None,
        typer.Option("--overlay", metavar="FILE", help="TOML laid over study.toml: a what-if."),
    ] = None,
    basemap: Annotated[
        str | None,
        typer.Option(
            "--basemap",
            metavar="NAME",
            help="Under the maps: osm, tianditu (your key in GEOPLAN_TIANDITU_KEY; it will stand "
            "in the map files, so not for --audience public), a folder of tiles, or "
            "tiles/{z}/{x}/{y}.png beside the maps. Default: none, no request.",
        ),
    ] = None,
) -> None:
    """Plan a study: coverage, gaps, sites, maps, layers, report.

    Exit code 1 when inputs hold errors, 3 when a siting question has no answer.
    """
    from geoplan.outputs.maps import basemap_layer
    from geoplan.study import Study
    from geoplan.study.check import finding_text
    from geoplan.study.plan import usable_folder
    from geoplan.study.settings import in_language

    key = os.environ.get("GEOPLAN_TIANDITU_KEY")
    opened = Study.open(study)
    # a basemap that cannot be is told before the work, not after it
    told = lang or opened.config.study.lang
    basemap_layer(basemap, tianditu_key=key, lang=told, audience=audience)
    for file in overlay or ():
        opened = opened.overlay(file)
    for finding in in_language(opened, told).findings:
        typer.echo(finding_text(finding, told), err=True)
    target = out or opened.folder / "out"
    usable_folder(target, lang or opened.config.study.lang)
    with progress_shown() as progress:
        plan = opened.run(
            services=service or None,
            audience=audience,
            lang=lang,
            scheduler=scheduler,
            progress=progress,
        )
        if plan.interrupted:
            raise KeyboardInterrupt
        folder = plan.save(target, progress=progress, basemap=basemap, tianditu_key=key)
    typer.echo(plan.summary())
    typer.echo(say(plan.lang, "cli.report_at", path=folder / "report.html"))
    if plan.infeasible:
        typer.echo("\n".join(plan.infeasible), err=True)
        raise typer.Exit(3)


@app.command()
def suggest(
    study: StudyArgument,
    service: Annotated[
        str, typer.Option("--service", metavar="KEY", help="Its key in study.toml.")
    ],
    sites: Annotated[int, typer.Option("--sites", min=0, help="New sites.")],
    objective: Annotated[
        Literal["max_coverage", "min_sites", "p_median", "p_center"] | None,
        typer.Option("--objective", help="Default: the study's, else max_coverage."),
    ] = None,
    curve: Annotated[
        bool, typer.Option("--curve", help="Value for every number of sites.")
    ] = False,
    lang: LangOption = None,
) -> None:
    """Where the next sites of one service should go.

    Printed as a table, with proof or gap; nothing is written.
    """
    from geoplan.study import Study, suggestion_text

    opened = Study.open(study)
    with progress_shown() as progress:
        outcome = opened.suggest(
            service, sites=sites, objective=objective, curve=curve, lang=lang, progress=progress
        )
    typer.echo(suggestion_text(outcome, lang=lang or opened.config.study.lang))
    if outcome.result.status == "infeasible":
        raise typer.Exit(3)
    if outcome.result.detail.get("interrupted"):
        raise typer.Exit(INTERRUPTED)


@app.command()
def export(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    format_: Annotated[
        Literal["gpkg", "shp", "geojson", "kml", "fgb", "parquet", "csv", "xlsx", "postgis"],
        typer.Option("--format", help="shp comes with a data dictionary."),
    ],
    out: Annotated[str, typer.Option("--out", metavar="WHERE", help="Folder, file or server.")],
) -> None:
    """Hand over the layers of a run in another format."""
    from geoplan.outputs import export_run

    for written in export_run(run_folder, format=format_, out=out):
        typer.echo(str(written))


@app.command()
def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="Folder of a run.")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="Folder of another run.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Write tables and, where something changed, side-by-side maps here.",
        ),
    ] = None,
    lang: LangOption = None,
) -> None:
    """Tell what changed between two runs, per service and area."""
    from geoplan.comparison import compare_runs
    from geoplan.outputs import mapped_in_both, write_comparison, write_comparison_map

    found = compare_runs(run_a, run_b)
    typer.echo(found.text(lang=lang))
    if out is None:
        return
    written = write_comparison(found, out, lang=lang)
    for key in mapped_in_both(run_a, run_b):
        if key not in found.changed_services:
            continue
        target = out / f"comparison_{key}.html"
        written.append(write_comparison_map(run_a, run_b, key, target, lang=lang))
    typer.echo("\n".join(map(str, written)))


@network_app.command("build")
def network_build(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help=".osm.pbf, .osm, GraphML or a line layer.")
    ],
    mode: Annotated[Literal["walk", "drive"], typer.Option("--mode", help="How people go.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The network, in one file.")],
    crs: Annotated[
        str | None, typer.Option("--crs", help="Projected CRS, for example EPSG:4548.")
    ] = None,
    speed_m_s: Annotated[
        float | None,
        typer.Option(
            "--speed-m-s",
            min=0.01,
            help="Walking speed; driving, the speed between a point and its street. "
            "Default: 1.0 on foot, 8.3 (30 km/h) driving.",
        ),
    ] = None,
    lang: Annotated[
        Lang | None,
        typer.Option("--lang", help="Language of the report; default: zh, errors in both."),
    ] = None,
) -> None:
    """Build a network once, for many runs."""
    from geoplan.network.build_command import build_network

    if not source.exists():
        said = say_both("cli.no_source", path=source)
        raise UsageError(said if lang is None else say(lang, "cli.no_source", path=source))
    typer.echo(build_network(source, out, mode=mode, crs=crs, speed_m_s=speed_m_s, lang=lang))
    typer.echo(str(out))


@app.command()
def fetch(
    place: Annotated[str, typer.Argument(metavar="PLACE", help="A name OpenStreetMap knows.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the files.")],
) -> None:
    """Download a city's streets and boundaries.

    Known facilities too. The only command that opens the internet.
    """
    from geoplan.network.builders.download import fetch_place

    for path in fetch_place(place, out):
        typer.echo(str(path))


def _refuse(error: GeoplanError, *, as_json: bool) -> int:
    if as_json and isinstance(error, InputError):
        findings = [f.to_dict() for f in error.findings]
        typer.echo(json.dumps({"inputs": [], "findings": findings}, ensure_ascii=False, indent=1))
    Console(stderr=True, soft_wrap=True).print(
        f"geoplan: {error}", style="red", markup=False, highlight=False
    )
    return error.exit_code


def main(argv: list[str] | None = None) -> None:
    """Run the command line and leave with the exit code of the contract."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # users add --debug at the end of the line that failed, wherever the option is declared
    debug = "--debug" in arguments
    arguments = [a for a in arguments if a != "--debug"]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a GBK console must not end a run
    sys.exit(_code(arguments, debug=debug))


def _plainly(error: Any) -> None:
    """Say what is wrong with an option in plain words, where typer repeats its checker's."""
    faults = getattr(error.__cause__, "errors", None)
    if not callable(faults):
        return
    told = []
    for fault in faults(include_url=False):
        given, limits = fault.get("input"), fault.get("ctx", {})
        told.append(
            {
                "int_parsing": f"{given!r} is not a whole number",
                "int_from_float": f"{given!r} is not a whole number",
                "float_parsing": f"{given!r} is not a number",
                "greater_than_equal": f"{given} is below the least there can be, "
                f"{limits.get('ge')}",
            }.get(str(fault.get("type")), str(fault.get("msg", "")).removeprefix("Value error, "))
        )
    error.message = "; ".join(text.rstrip(".") for text in told) + "."


def _code(arguments: list[str], *, debug: bool) -> int:
    command = typer.main.get_command(app)
    try:
        done: Any = command.main(args=arguments, prog_name="geoplan", standalone_mode=False)
        if done == INTERRUPTED:  # typer has caught it
            raise KeyboardInterrupt
        return done if isinstance(done, int) else 0
    except typer.Exit as error:
        return int(error.exit_code)
    except USAGE_ERROR as error:
        _plainly(error)
        error.show()
        return 2
    except (KeyboardInterrupt, typer.Abort):
        typer.echo(f"geoplan: {say_both('cli.interrupted')}", err=True)
        return INTERRUPTED
    except GeoplanError as error:
        if debug:
            raise
        return _refuse(error, as_json="--json" in arguments)
    except OSError as error:
        if debug or not error.filename:
            raise
        why = error.strerror or type(error).__name__
        typer.echo(f"geoplan: {say_both('cli.no_access', path=error.filename, why=why)}", err=True)
        return 2
    except Exception as error:
        if debug:
            raise
        typer.echo(
            f"geoplan: something geoplan did not expect: {type(error).__name__}: {error}\n"
            "Run the same command with --debug and send what it prints.",
            err=True,
        )
        return 1


if __name__ == "__main__":
    main()
