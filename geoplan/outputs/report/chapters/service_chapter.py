"""One service's chapter: coverage, gaps, suggested sites with their proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.coverage.ledger import STATES
from geoplan.coverage.rates import city_rate
from geoplan.outputs.ranges import is_plan_unlimited, range_text
from geoplan.outputs.report.blocks import (
    Block,
    FigureBlock,
    Heading,
    Listing,
    Paragraph,
)
from geoplan.outputs.report.chapters.chapter_sections import (
    capacity_blocks,
    equity_text,
    fund_blocks,
    group_blocks,
    phase_blocks,
    quota_blocks,
    tier_blocks,
)
from geoplan.outputs.report.chapters.gap_lists import fault_text, real_gaps
from geoplan.outputs.report.chapters.money import in_budget_units
from geoplan.outputs.report.chapters.programme import programme_blocks
from geoplan.outputs.report.table_blocks import report_table
from geoplan.outputs.siting_words import siting_sentences
from geoplan.outputs.tables.coverage_tables import area_table
from geoplan.outputs.tables.rate_tables import measure_table, rate_table
from geoplan.outputs.tables.siting_tables import closed_table, closure_table, gap_table, site_table
from geoplan.outputs.tables.table import MOST_AREAS
from geoplan.outputs.wording import (
    cost_unit_text,
    is_proved_fewest,
    standard_text,
)
from geoplan.results import RunResults, ServiceResult, SitingOutcome
from geoplan.tolerances import WORSE_COST, WORSE_PEOPLE
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text, number_text, share_text

_MOST_GAPS = 10
_MOST_SITES = 30
_MOST_CLOSURES = 3


def service_blocks(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> Iterator[Block]:
    """Everything the report says about one service."""
    yield Heading(level=2, text=clean(service.name(speaker.lang)))
    if service.coverage is not None:
        yield from _people(results, service, speaker)
    elif service.spacing is not None:
        yield from _lines(results, service, speaker)
    elif service.rates is not None:
        yield from _rates(results, service, speaker)
    else:
        yield from fund_blocks(results, service, speaker)
    for note in service.notes:
        yield Paragraph(text=clean(note), kind="note")


def _people(results: RunResults, service: ServiceResult, speaker: Speaker) -> Iterator[Block]:
    assert service.coverage is not None
    ledger = service.coverage.ledger
    name = clean(service.name(speaker.lang))
    sites = count_text(0 if service.facilities is None else len(service.facilities))
    closed = 0 if service.facilities is None else len(service.facilities) - service.in_service
    text = speaker.say(
        "report.coverage",
        standard=standard_text(service.standard, speaker),
        sites=sites,
        idle=speaker.say("report.not_open", count=count_text(closed)) if closed > 0 else "",
        people=_of_people(service, speaker),
        total=count_text(ledger.total),
        served=count_text(ledger.served),
        share=share_text(ledger.covered_share),
        unserved=count_text(ledger.unserved),
    )
    parts = [
        speaker.say(
            "report.part",
            state=speaker.state(s, service.standard.mode),
            people=count_text(getattr(ledger, s)),
        )
        for s in STATES[1:]
        if not getattr(ledger, s) <= 0
    ]
    if parts:
        mark = "，" if speaker.lang == "zh" else ", "
        text += speaker.say("report.coverage_rest", parts=mark.join(parts))
    yield Paragraph(text=text)
    if between := range_text(service, speaker):
        yield Paragraph(text=between, kind="note")
    equity = equity_text(service, speaker)
    if equity:
        yield Paragraph(text=equity)
    levels = [v for v in results.areas if v in service.coverage.areas]
    if levels and len(results.areas[levels[0]]) <= MOST_AREAS:
        caption = speaker.say("report.c_areas", service=name, level=speaker.level(levels[0]))
        shares = ("covered_share", "share_most", "share_after", "share_after_most")
        keep = ("name", "total", *STATES, *shares)
        table = report_table(
            area_table(results, service, levels[0], speaker), caption, speaker, keep=keep
        )
        if table is not None:
            yield table
        yield FigureBlock(
            name=f"{service.key}_areas",
            caption=speaker.say("report.figure_areas", service=name),
        )
    yield from group_blocks(service, speaker)
    yield from tier_blocks(service, speaker)
    yield from quota_blocks(results, service, speaker)
    yield from capacity_blocks(results, service, speaker)
    yield from _gaps(service, speaker)
    yield from _sites(results, service, speaker)
    yield from programme_blocks(results, service, speaker)


def _of_people(service: ServiceResult, speaker: Speaker) -> str:
    """Who the people are, in brackets; nothing where the study does not say."""
    name = clean(service.people_name(speaker.lang))
    return speaker.say("report.of_people", people=name) if name else ""


def _gaps(service: ServiceResult, speaker: Speaker) -> Iterator[Block]:
    yield Heading(level=3, text=speaker.say("report.h_gaps"))
    gaps = real_gaps(service)
    if gaps is None or len(gaps) == 0:
        yield Paragraph(text=speaker.say("report.gaps_none") + fault_text(service, speaker))
        return
    shown = min(len(gaps), _MOST_GAPS)
    if "length_m" in gaps.columns:
        text = speaker.say(
            "report.line_gaps",
            count=count_text(len(gaps)),
            shown=shown,
            km=number_text(gaps["length_m"].sum() / 1000, 1),
        )
    else:
        text = speaker.say(
            "report.gaps",
            count=count_text(len(gaps)),
            shown=shown,
            people=count_text(gaps["people"].sum(skipna=False)),
        )
    yield Paragraph(text=text + fault_text(service, speaker))
    caption = speaker.say("report.c_gaps", service=clean(service.name(speaker.lang)))
    table = gap_table(replace(service, gaps=gaps), speaker)
    block = report_table(table, caption, speaker, most=_MOST_GAPS)
    if block is not None:
        yield block


def _sites(results: RunResults, service: ServiceResult, speaker: Speaker) -> Iterator[Block]:
    siting = service.siting
    if siting is None:
        return
    yield Heading(level=3, text=speaker.say("report.h_sites"))
    if siting.result.status in ("infeasible", "unknown"):
        yield Paragraph(text=no_plan_text(siting, speaker))
        return
    shown = min(len(siting.sites), _MOST_SITES)
    if service.coverage is None:
        count = count_text(len(siting.sites))
        word = "report.markers" if is_proved_fewest(siting) else "report.some_markers"
        proof = speaker.status(siting.result.status, siting.result.gap, value=siting.result.value)
        yield Paragraph(text=speaker.say(word, count=count, shown=shown, proof=proof))
    else:
        yield Paragraph(text=_outcome_text(results, service, speaker))
        if between := range_text(service, speaker, after=True):
            yield Paragraph(text=between, kind="note")
    yield from _asked_beside(results, service, siting, speaker)
    if len(siting.sites) == 0:
        yield Paragraph(text=speaker.say("report.sites_none"))
        return
    caption = speaker.say("report.c_sites", service=clean(service.name(speaker.lang)))
    keep: tuple[str, ...] = (
        "rank",
        "name",
        "tier",
        "area",
        "added_people",
        "added_backup",
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
    table = report_table(
        in_budget_units(site_table(results, service, speaker), results, speaker),
        caption,
        speaker,
        keep=keep,
        most=_MOST_SITES,
    )
    if table is not None:
        yield table
    if len(siting.sites) > shown:
        yield Paragraph(text=speaker.say("report.sites_more"), kind="note")
    for note in siting.notes:
        yield Paragraph(text=clean(note), kind="note")
    if siting.knee is not None:
        knee = siting.knee
        yield Paragraph(
            text=speaker.say(
                "report.knee",
                sites=knee.sites,
                before=count_text(knee.before),
                after=count_text(knee.after),
            )
        )
    yield from phase_blocks(results, service, speaker)
    yield from _robustness(service, siting, speaker)
    if siting.curve is not None:
        word = "figures.title_curve_unlimited" if siting.unlimited else "report.figure_curve"
        name = clean(service.name(speaker.lang))
        yield FigureBlock(name=f"{service.key}_curve", caption=speaker.say(word, service=name))


def _asked_beside(
    results: RunResults, service: ServiceResult, siting: SitingOutcome, speaker: Speaker
) -> Iterator[Block]:
    """Closings, people counted otherwise, other plans, shared buildings; the sites that close."""
    for sentence in siting_sentences(siting, speaker, results.info.currency):
        yield Paragraph(text=sentence)
    if siting.closed is None or not len(siting.closed):
        return
    caption = speaker.say("report.c_closed", service=clean(service.name(speaker.lang)))
    table = report_table(closed_table(service, speaker), caption, speaker, most=_MOST_SITES)
    if table is not None:
        yield table


def _robustness(service: ServiceResult, siting: SitingOutcome, speaker: Speaker) -> Iterator[Block]:
    """How sure the suggestion is, and the sites whose closure costs most."""
    if siting.robustness is None:
        return
    yield Heading(level=3, text=speaker.say("report.h_robustness"))
    lines = siting.robustness.summary(speaker.lang).splitlines()
    yield Listing(items=tuple(clean(line) for line in lines))
    closures = closure_table(service, speaker)
    firsts = closures.frame[closures.frame["rank"] <= _MOST_CLOSURES]
    caption = speaker.say("report.c_closures", service=clean(service.name(speaker.lang)))
    keep = ("when", "rank", "name", "people")
    table = report_table(replace(closures, frame=firsts), caption, speaker, keep=keep)
    if table is not None:
        yield table


def no_plan_text(siting: SitingOutcome, speaker: Speaker) -> str:
    """Why there is no plan: none is possible, none was found, or what was found was wrong."""
    result = siting.result
    why = "；".join(result.blocking)
    if "failed_check" in result.detail:
        return speaker.say("report.plan_withheld")
    if result.status == "unknown":
        return clean(why) or speaker.say("report.no_plan_in_time")
    why = why or speaker.status(result.status, None)
    return speaker.say("report.infeasible", why=clean(why))


def _outcome_text(results: RunResults, service: ServiceResult, speaker: Speaker) -> str:
    siting = service.siting
    assert service.coverage is not None
    assert siting is not None
    before, after, result = service.coverage.ledger, siting.people_after, siting.result
    text = speaker.say(
        "report.sites_unlimited" if is_plan_unlimited(service) else "report.sites",
        objective=speaker.objective(siting.objective),
        count=len(siting.sites),
        before=count_text(before.served),
        after=count_text(after.served),
        share_before=share_text(before.covered_share),
        share_after=share_text(after.covered_share),
    )
    unit = {
        "max_coverage": speaker.say("report.unit_people"),
        "min_sites": speaker.say("report.unit_sites"),
        "min_cost": speaker.currency(results.info.currency),
        "p_median": speaker.say(
            "report.unit_person", unit=cost_unit_text(service.standard, speaker)
        ),
        "p_center": cost_unit_text(service.standard, speaker),
    }.get(siting.objective, "")
    most = siting.objective == "max_coverage"
    word = "report.proof_most" if most else "report.proof_least"
    text += speaker.say(
        "report.proof_withheld" if pd.isna(result.value) else word,
        proof=speaker.status(result.status, result.gap, value=result.value),
        value=number_text(result.value, 1),
        bound=number_text(result.bound, 1),
        unit=unit,
        solver=speaker.solver(result.solver),
    )
    greedy = result.greedy_value
    if greedy is not None and not pd.isna(greedy):
        limit = result.value - WORSE_PEOPLE if most else result.value + WORSE_COST
        worse = greedy < limit if most else greedy > limit
        word = "report.greedy" if worse else "report.greedy_same"
        text += speaker.say(word, greedy=number_text(greedy, 1), unit=unit)
    return text


def _lines(results: RunResults, service: ServiceResult, speaker: Speaker) -> Iterator[Block]:
    spacing = service.spacing
    yield Paragraph(
        text=speaker.say(
            "report.spacing",
            standard=standard_text(service.standard, speaker),
            total=number_text(spacing.total_m / 1000, 1),
            covered=number_text(spacing.covered_m / 1000, 1),
            share=share_text(spacing.covered_m / spacing.total_m if spacing.total_m else np.nan),
            gap=number_text(spacing.gap_m / 1000, 1),
            required=count_text(len(spacing.required)),
            marked=count_text(int(spacing.required["marked"].astype(bool).sum())),
        )
    )
    yield from _gaps(service, speaker)
    yield from _sites(results, service, speaker)


def _rates(results: RunResults, service: ServiceResult, speaker: Speaker) -> Iterator[Block]:
    assert service.rates is not None
    leading, city = (
        service.measure_name(speaker.lang),
        city_rate(service.rates, service.standard.per),
    )
    yield Paragraph(
        text=speaker.say(
            "report.rate",
            name=clean(leading),
            count=count_text(city.count),
            who=_of_people(service, speaker),
            people=count_text(city.people),
            standard=standard_text(service.standard, speaker),
        )
    )
    name = clean(service.name(speaker.lang))
    measures = report_table(
        measure_table(results, service, speaker),
        speaker.say(
            "report.c_measures", service=name, standard=standard_text(service.standard, speaker)
        ),
        speaker,
    )
    if measures is not None:
        yield measures
        yield Paragraph(text=speaker.say("report.measures_note"), kind="note")
    table = rate_table(results, replace(service, all_rates={}), speaker)
    rates = report_table(table, speaker.say("report.c_rates", service=clean(leading)), speaker)
    if rates is not None:
        yield rates
