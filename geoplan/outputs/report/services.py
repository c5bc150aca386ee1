"""One service's chapter: coverage, gaps, suggested sites with their proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.coverage.ledger import STATES
from geoplan.coverage.rates import city_rate
from geoplan.outputs.report.blocks import (
    Block,
    FigureBlock,
    Heading,
    Listing,
    Paragraph,
)
from geoplan.outputs.report.facts import (
    capacity_blocks,
    equity_text,
    fund_blocks,
    group_blocks,
    phase_blocks,
    quota_blocks,
    tier_blocks,
)
from geoplan.outputs.report.tables import told_table
from geoplan.outputs.tables.fact_tables import measure_table
from geoplan.outputs.tables.run_tables import (
    area_table,
    closure_table,
    gap_table,
    rate_table,
    site_table,
)
from geoplan.outputs.tables.table import MOST_AREAS
from geoplan.outputs.text_format import (
    cost_unit_text,
    full_at_least,
    objective_text,
    solver_text,
    standard_text,
    status_text,
)
from geoplan.results import RunResults, ServiceResult, SitingOutcome
from geoplan.words import level_word, say
from geoplan.words.text_format import clean, count_text, number_text, share_text

_MOST_GAPS = 10
_MOST_SITES = 30
_MOST_CLOSURES = 3


def service_blocks(results: RunResults, service: ServiceResult, lang: str) -> Iterator[Block]:
    """Everything the report says about one service."""
    yield Heading(level=2, text=clean(service.name(lang)))
    if service.coverage is not None:
        yield from _people(results, service, lang)
    elif service.spacing is not None:
        yield from _lines(results, service, lang)
    elif service.rates is not None:
        yield from _rates(results, service, lang)
    else:
        yield from fund_blocks(results, service, lang)
    for note in service.notes:
        yield Paragraph(text=clean(note), kind="note")


def _people(results: RunResults, service: ServiceResult, lang: str) -> Iterator[Block]:
    assert service.coverage is not None
    ledger = service.coverage.ledger
    name = clean(service.name(lang))
    sites = count_text(0 if service.facilities is None else len(service.facilities))
    closed = 0 if service.facilities is None else len(service.facilities) - service.in_service
    text = say(
        lang,
        "report.coverage",
        standard=standard_text(lang, service.standard),
        sites=sites,
        idle=say(lang, "report.not_open", count=count_text(closed)) if closed > 0 else "",
        people=_of_people(service, lang),
        total=count_text(ledger.total),
        served=count_text(ledger.served),
        share=share_text(ledger.covered_share),
        unserved=count_text(ledger.unserved),
    )
    parts = [
        say(
            lang,
            "report.part",
            state=say(lang, f"common.{s}"),
            people=count_text(getattr(ledger, s)),
        )
        for s in STATES[1:]
        if not getattr(ledger, s) <= 0
    ]
    if parts:
        mark = "，" if lang == "zh" else ", "
        text += say(lang, "report.coverage_rest", parts=mark.join(parts))
    yield Paragraph(text=text)
    equity = equity_text(service, lang)
    if equity:
        yield Paragraph(text=equity)
    yield FigureBlock(
        name=f"{service.key}_map",
        caption=say(lang, "report.figure_map", service=name),
        map_key=service.key,
    )
    levels = [v for v in results.areas if v in service.coverage.areas]
    if levels and len(results.areas[levels[0]]) <= MOST_AREAS:
        caption = say(lang, "report.c_areas", service=name, level=level_word(lang, levels[0]))
        keep = ("name", "total", *STATES, "covered_share", "share_after")
        table = told_table(
            area_table(results, service, levels[0], lang=lang), caption, lang, keep=keep
        )
        if table is not None:
            yield table
        yield FigureBlock(
            name=f"{service.key}_areas",
            caption=say(lang, "report.figure_areas", service=name),
        )
    yield from group_blocks(service, lang)
    yield from tier_blocks(service, lang)
    yield from quota_blocks(results, service, lang)
    yield from capacity_blocks(results, service, lang)
    yield from _gaps(service, lang)
    yield from _sites(results, service, lang)


def _of_people(service: ServiceResult, lang: str) -> str:
    """Who the people are, in brackets; nothing where the study does not say."""
    name = clean(service.people_name(lang))
    return say(lang, "report.of_people", people=name) if name else ""


def _gaps(service: ServiceResult, lang: str) -> Iterator[Block]:
    yield Heading(level=3, text=say(lang, "report.h_gaps"))
    gaps = service.gaps
    if gaps is None or len(gaps) == 0:
        yield Paragraph(text=say(lang, "report.gaps_none"))
        return
    shown = min(len(gaps), _MOST_GAPS)
    if "length_m" in gaps.columns:
        text = say(
            lang,
            "report.line_gaps",
            count=count_text(len(gaps)),
            shown=shown,
            km=number_text(gaps["length_m"].sum() / 1000, 1),
        )
    else:
        text = say(
            lang,
            "report.gaps",
            count=count_text(len(gaps)),
            shown=shown,
            people=count_text(gaps["people"].sum()),
        )
    yield Paragraph(text=text)
    caption = say(lang, "report.c_gaps", service=clean(service.name(lang)))
    table = told_table(gap_table(service, lang=lang), caption, lang, most=_MOST_GAPS)
    if table is not None:
        yield table


def _sites(results: RunResults, service: ServiceResult, lang: str) -> Iterator[Block]:
    siting = service.siting
    if siting is None:
        return
    yield Heading(level=3, text=say(lang, "report.h_sites"))
    if siting.result.status in ("infeasible", "unknown"):
        why = "；".join(siting.result.blocking) or status_text(lang, siting.result.status, None)
        yield Paragraph(text=say(lang, "report.infeasible", why=clean(why)))
        return
    shown = min(len(siting.sites), _MOST_SITES)
    if service.coverage is None:
        count = count_text(len(siting.sites))
        word = "report.markers" if full_at_least(siting) else "report.some_markers"
        proof = status_text(lang, siting.result.status, siting.result.gap)
        yield Paragraph(text=say(lang, word, count=count, shown=shown, proof=proof))
    else:
        yield Paragraph(text=_outcome_text(service, siting, lang))
    if len(siting.sites) == 0:
        yield Paragraph(text=say(lang, "report.sites_none"))
        return
    caption = say(lang, "report.c_sites", service=clean(service.name(lang)))
    keep: tuple[str, ...] = (
        "rank",
        "name",
        "area",
        "added_people",
        "share_after",
        "next_best_loss",
        "chosen_share",
        "money",
        "year",
        "lon",
        "lat",
    )
    if service.coverage is None:
        keep = ("rank", "name", "lon", "lat")
    table = told_table(
        site_table(results, service, lang=lang), caption, lang, keep=keep, most=_MOST_SITES
    )
    if table is not None:
        yield table
    if len(siting.sites) > shown:
        yield Paragraph(text=say(lang, "report.sites_more"), kind="note")
    for note in siting.notes:
        yield Paragraph(text=clean(note), kind="note")
    if siting.knee is not None:
        knee = siting.knee
        yield Paragraph(
            text=say(
                lang,
                "report.knee",
                sites=knee.sites,
                before=count_text(knee.before),
                after=count_text(knee.after),
            )
        )
    yield from phase_blocks(results, service, lang)
    yield from _robustness(service, siting, lang)
    if siting.curve is not None:
        name = clean(service.name(lang))
        yield FigureBlock(
            name=f"{service.key}_curve",
            caption=say(lang, "report.figure_curve", service=name),
        )


def _robustness(service: ServiceResult, siting: SitingOutcome, lang: str) -> Iterator[Block]:
    """How sure the suggestion is, and the sites whose closure costs most."""
    if siting.robustness is None:
        return
    yield Heading(level=3, text=say(lang, "report.h_robustness"))
    lines = siting.robustness.summary(lang).splitlines()
    yield Listing(items=tuple(clean(line) for line in lines))
    closures = closure_table(service, lang=lang)
    firsts = closures.frame[closures.frame["rank"] <= _MOST_CLOSURES]
    caption = say(lang, "report.c_closures", service=clean(service.name(lang)))
    keep = ("when", "rank", "name", "people")
    table = told_table(replace(closures, frame=firsts), caption, lang, keep=keep)
    if table is not None:
        yield table


def _outcome_text(service: ServiceResult, siting: SitingOutcome, lang: str) -> str:
    assert service.coverage is not None
    before, after, result = service.coverage.ledger, siting.people_after, siting.result
    text = say(
        lang,
        "report.sites",
        objective=objective_text(lang, siting.objective),
        count=len(siting.sites),
        before=count_text(before.served),
        after=count_text(after.served),
        share_before=share_text(before.covered_share),
        share_after=share_text(after.covered_share),
    )
    unit = {
        "max_coverage": say(lang, "report.unit_people"),
        "min_sites": say(lang, "report.unit_sites"),
        "p_median": say(lang, "report.unit_person", unit=cost_unit_text(lang, service.standard)),
        "p_center": cost_unit_text(lang, service.standard),
    }.get(siting.objective, "")
    most = siting.objective == "max_coverage"
    text += say(
        lang,
        "report.proof_most" if most else "report.proof_least",
        proof=status_text(lang, result.status, result.gap),
        value=number_text(result.value, 1),
        bound=number_text(result.bound, 1),
        unit=unit,
        seconds="<0.1" if result.seconds < 0.1 else number_text(result.seconds, 1),
        solver=solver_text(lang, result.solver),
    )
    greedy = result.greedy_value
    if greedy is not None and not pd.isna(greedy):
        worse = greedy < result.value - 0.5 if most else greedy > result.value + 1e-6
        word = "report.greedy" if worse else "report.greedy_same"
        text += say(lang, word, greedy=number_text(greedy, 1), unit=unit)
    return text


def _lines(results: RunResults, service: ServiceResult, lang: str) -> Iterator[Block]:
    spacing = service.spacing
    yield Paragraph(
        text=say(
            lang,
            "report.spacing",
            standard=standard_text(lang, service.standard),
            total=number_text(spacing.total_m / 1000, 1),
            covered=number_text(spacing.covered_m / 1000, 1),
            share=share_text(spacing.covered_m / spacing.total_m if spacing.total_m else np.nan),
            gap=number_text(spacing.gap_m / 1000, 1),
            required=count_text(len(spacing.required)),
            marked=count_text(int(spacing.required["marked"].astype(bool).sum())),
        )
    )
    name = clean(service.name(lang))
    yield FigureBlock(
        name=f"{service.key}_map",
        caption=say(lang, "report.figure_map", service=name),
        map_key=service.key,
    )
    yield from _gaps(service, lang)
    yield from _sites(results, service, lang)


def _rates(results: RunResults, service: ServiceResult, lang: str) -> Iterator[Block]:
    assert service.rates is not None
    leading, city = service.measure_name(lang), city_rate(service.rates, service.standard.per)
    yield Paragraph(
        text=say(
            lang,
            "report.rate",
            name=clean(leading),
            count=count_text(city.count),
            who=_of_people(service, lang),
            people=count_text(city.people),
            standard=standard_text(lang, service.standard),
        )
    )
    name = clean(service.name(lang))
    measures = told_table(
        measure_table(results, service, lang=lang),
        say(
            lang, "report.c_measures", service=name, standard=standard_text(lang, service.standard)
        ),
        lang,
    )
    if measures is not None:
        yield measures
        yield Paragraph(text=say(lang, "report.measures_note"), kind="note")
    table = rate_table(results, replace(service, all_rates={}), lang=lang)
    told = told_table(table, say(lang, "report.c_rates", service=clean(leading)), lang)
    if told is not None:
        yield told
