"""Commands on a study: `demo`, `new`, `check`, `run`, `suggest`.

What they call is imported when a command runs: `geoplan --help` prints at once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from geoplan.cli.options import LangOption, OutOption, StudyArgument, aside, told_aside
from geoplan.cli.progress import progress_shown
from geoplan.cli.start import INTERRUPTED
from geoplan.cli.typed_path import typed_path
from geoplan.errors import told_in
from geoplan.words import say
from geoplan.words.text_format import json_text

if TYPE_CHECKING:
    from geoplan.study import Plan, Study


def demo(
    out: OutOption = None,
    lang: LangOption = None,
) -> None:
    """Plan a demo city, in one command.

    Writes the study into DIR, the results into DIR/out (DIR: geoplan-demo), prints the summary.
    """
    from geoplan.study import demo_study
    from geoplan.study.beside.ahead import PARTS
    from geoplan.study.beside.process import other_process
    from geoplan.study.beside.room import LEAST_EDGES, is_worth_it
    from geoplan.writing import claimed

    folder = out or Path("geoplan-demo")
    claim = claimed(folder / "out", tell=told_aside(lang))
    with claim, other_process() as other, progress_shown() as progress:
        if is_worth_it(LEAST_EDGES):
            other.start(PARTS)  # it gets ready while the city is made
        study = demo_study(folder, progress=progress)
        plan = study.run(lang=lang, progress=progress)
        run = plan.save(folder / "out", progress=progress)
    typer.echo(plan.summary())
    typer.echo(say(plan.lang, "cli.report_at", path=run / "report.html"))
    _tell_of_pdf(plan, run)


def _tell_of_pdf(plan: Plan, run: Path) -> None:
    """Say why there is no PDF of the report where one is wanted."""
    from geoplan.outputs.report.word.pdf import why_none

    if plan.results.info.report.pdf and not (run / "report.pdf").exists() and (why := why_none()):
        typer.echo(say(plan.lang, why))


def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", parser=typed_path)],
    lang: Annotated[
        Literal["zh", "en"],
        typer.Option("--lang"),
    ] = "zh",
) -> None:
    """Start a study of your own.

    Writes a commented study.toml and one template table per layer.
    """
    from geoplan.study import new_study

    for path in new_study(folder, lang=lang):
        typer.echo(str(path))
    aside(say(lang, "study.new_next", folder=folder))


def check(
    study: StudyArgument,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    lang: LangOption = None,
) -> None:
    """Read every input and list what is wrong.

    Prints the findings by file and row, writes findings.xlsx beside the study. Streets may still be
    missing: all else is checked, and that is one of the findings. Exit code 1 when there are
    errors, in single rows too.
    """
    from geoplan.study import check_report, check_study
    from geoplan.writing import restored

    if as_json:
        report = check_study(study, lang=lang)
        typer.echo(json_text(report.to_dict()))
    else:
        with progress_shown() as progress:
            report = check_study(study, lang=lang, progress=progress)
        typer.echo(check_report(report))
    for told in restored(report.written.parent / "out"):
        told_aside(report.lang)(told)
    if report.has_errors:
        raise typer.Exit(1)


def run(
    study: StudyArgument,
    out: OutOption = None,
    service: Annotated[
        list[str] | None,
        typer.Option("--service", metavar="KEY"),
    ] = None,
    audience: Annotated[
        Literal["internal", "public"],
        typer.Option("--audience"),
    ] = "internal",
    lang: LangOption = None,
    scheduler: Annotated[str | None, typer.Option("--scheduler", metavar="ADDRESS")] = None,
    overlay: Annotated[
        list[Path] | None,
        typer.Option(
            "--overlay",
            metavar="FILE",
            parser=typed_path,
        ),
    ] = None,
    basemap: Annotated[
        str | None,
        typer.Option(
            "--basemap",
            metavar="NAME",
        ),
    ] = None,
    no_cache: Annotated[
        bool,
        typer.Option(
            "--no-cache",
        ),
    ] = False,
) -> None:
    """Plan a study: coverage, gaps, sites, maps, layers, report.

    Rows that hold errors are set aside and the run goes on without them. Exit code 0 when all is
    well; 1 when inputs hold errors, as with check: the results are written all the same, unless a
    whole file cannot be used; 3 when a siting problem has no solution.
    """
    from geoplan.outputs.maps import basemap_layer
    from geoplan.study import Study
    from geoplan.study.check import finding_text
    from geoplan.study.settings import in_language
    from geoplan.words.speaker import Speaker
    from geoplan.writing import claimed

    key = os.environ.get("GEOPLAN_TIANDITU_KEY")
    opened = Study.open(study, lang=lang)
    # a basemap that cannot be had is refused before the work, not after it
    speaker = Speaker(lang or opened.config.lang)
    basemap_layer(basemap, tianditu_key=key, lang=speaker.lang, audience=audience)
    opened = in_language(opened, lang)  # overlays are told in it, too
    for file in overlay or ():
        opened = opened.overlay(file)
    for finding in in_language(opened, speaker.lang).findings:
        aside(finding_text(finding, speaker))
    target = out or opened.folder / "out"
    read = [*opened.files(), *(overlay or ()), *_tiles(basemap)]
    claim = claimed(target, inputs=read, tell=told_aside(speaker.lang))
    with told_in(speaker.lang), claim, progress_shown() as progress:
        plan = opened.run_into(
            target,
            services=service or None,
            audience=audience,
            lang=lang,
            scheduler=scheduler,
            cache=not no_cache,
            progress=progress,
            basemap=basemap,
            tianditu_key=key,
        )
    typer.echo(plan.summary())
    typer.echo(say(plan.lang, "cli.report_at", path=target / "report.html"))
    _tell_of_pdf(plan, target)
    if plan.infeasible:
        aside("\n".join(plan.infeasible))
    if plan.input_errors:
        path = target / "findings.xlsx"
        where = path if path.exists() else "geoplan check"
        told = say(plan.lang, "cli.input_errors", count=plan.input_errors, path=where)
        aside(told)
    if plan.infeasible or plan.input_errors:
        raise typer.Exit(3 if plan.infeasible else 1)


def _tiles(basemap: str | None) -> list[Path]:
    """The folder of tiles that a basemap names, if it names one."""
    return [Path(basemap)] if basemap and Path(basemap).is_dir() else []


def suggest(
    study: StudyArgument,
    service: Annotated[str, typer.Option("--service", metavar="KEY")],
    sites: Annotated[int, typer.Option("--sites", metavar="N", min=0)],
    objective: Annotated[
        Literal["max_coverage", "min_sites", "min_cost", "p_median", "p_center"] | None,
        typer.Option("--objective"),
    ] = None,
    curve: Annotated[bool, typer.Option("--curve")] = False,
    lang: LangOption = None,
) -> None:
    """Suggest where the next sites of one service should go.

    Printed as a table, with proof or gap; nothing is written.
    """
    from geoplan.study import Study, suggestion_text

    opened = Study.open(study, lang=lang)
    if opened.cities:
        _suggest_in_cities(opened, service, sites, objective, curve, lang)
        return
    with told_in(lang or opened.config.lang), progress_shown() as progress:
        outcome = opened.suggest(
            service, sites=sites, objective=objective, curve=curve, lang=lang, progress=progress
        )
    study_keys = opened.config.study
    told = suggestion_text(outcome, lang=lang or opened.config.lang, currency=study_keys.currency)
    typer.echo(told)
    if outcome.result.status == "infeasible":
        raise typer.Exit(3)
    if outcome.result.detail.get("interrupted"):
        raise typer.Exit(INTERRUPTED)


def _suggest_in_cities(
    study: Study, service: str, sites: int, objective: str | None, curve: bool, lang: str | None
) -> None:
    """The same for several cities: how many sites go where comes first."""
    from geoplan.study.cities.suggest import suggest_in_cities
    from geoplan.study.settings import in_language
    from geoplan.study.terminal_table import cities_suggestion_text

    study = in_language(study, lang)
    with told_in(study.config.lang), progress_shown() as progress:
        found = suggest_in_cities(
            study, service, sites=sites, objective=objective, curve=curve, progress=progress
        )
    typer.echo(cities_suggestion_text(found, lang=study.config.lang))
    if any(one.result.status == "infeasible" for one in found.outcomes.values()):
        raise typer.Exit(3)
