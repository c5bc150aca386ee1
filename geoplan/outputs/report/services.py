"""One service's chapter: coverage, gaps, suggested sites with their proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.coverage.ledger import STATES
from geoplan.coverage.quota import lacking, quota_counts
from geoplan.outputs.report.blocks import (
    Block,
    FigureBlock,
    Heading,
    Listing,
    Paragraph,
)
from geoplan.outputs.report.tables import told_table
from geoplan.outputs.tables import area_table, closure_table, gap_table, rate_table, site_table
from geoplan.outputs.telling import (
    clean,
    count_text,
    level_text,
    number_text,
    objective_text,
    share_text,
    standard_text,
    status_text,
)
from geoplan.results import RunResults, ServiceResult, SitingOutcome
from geoplan.words import say

_MOST_GAPS = 10
_MOST_SITES = 30
_MOST_AREAS = 40
_MOST_CLOSURES = 3
_NAMES = 8


def service_blocks(results: RunResults, service: ServiceResult, lang: str) -> Iterator[Block]:
    """Everything the report says about one service."""
    yield Heading(level=2, text=clean(service.name(lang)))
    if service.coverage is not None:
        yield from _people(results, service, lang)
    elif service.spacing is not None:
        yield from _lines(service, lang)
    elif service.rates is not None:
        yield from _rates(results, service, lang)
    else:
        yield Paragraph(text=say(lang, "report.budget"))
    for note in service.notes:
        yield Paragraph(text=clean(note), kind="note")


def _people(results: RunResults, service: ServiceResult, lang: str) -> Iterator[Block]:
    assert service.coverage is not None
    ledger = service.coverage.ledger
    name = clean(service.name(lang))
    sites = 0 if service.facilities is None else len(service.facilities)
    text = say(
        lang,
        "report.coverage",
        standard=standard_text(lang, service.standard),
        sites=count_text(sites),
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
    yield from _facts(service, lang)
    yield FigureBlock(
        name=f"{service.key}_map",
        caption=say(lang, "report.figure_map", service=name),
        map_key=service.key,
    )
    levels = [v for v in results.areas if v in service.coverage.areas]
    if levels and len(results.areas[levels[0]]) <= _MOST_AREAS:
        caption = say(lang, "report.c_areas", service=name, level=level_text(lang, levels[0]))
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
    yield from _tiers(results, service, lang)
    yield from _quota(service, lang)
    yield from _gaps(service, lang)
    yield from _sites(service, lang)


def _facts(service: ServiceResult, lang: str) -> Iterator[Block]:
    facts, text = service.capacity, ""
    if facts.get("places", 0) > 0:
        text += say(lang, "report.capacity", places=count_text(facts["places"]),
                    per=number_text(facts["places_per_1000"], 1))  # fmt: skip
        if "required_places" in facts:
            text += say(lang, "report.capacity_required",
                        required=count_text(facts["required_places"]),
                        lacking=count_text(facts["places_lacking"]))  # fmt: skip
        if "nursing_places" in facts:
            text += say(lang, "report.nursing", places=count_text(facts["nursing_places"]),
                        share=share_text(facts["nursing_share"]))  # fmt: skip
    equity = service.equity
    if "gini" in equity:
        text += say(lang, "report.equity", gini=number_text(equity["gini"], 3),
                    worst=share_text(equity.get("worst_tenth_share")))  # fmt: skip
    if "gini_after" in equity:
        text += say(lang, "report.equity_after", gini=number_text(equity["gini_after"], 3),
                    worst=share_text(equity.get("worst_tenth_share_after")))  # fmt: skip
    if text:
        yield Paragraph(text=text)


def _tiers(results: RunResults, service: ServiceResult, lang: str) -> Iterator[Block]:
    if service.tiers:
        yield Heading(level=3, text=say(lang, "report.h_tiers"))
        lines = []
        for tier, coverage in service.tiers.items():
            alone = next((t for t in service.standard.tiers if t.key == tier), None)
            title = tier if alone is None else (alone.name_zh if lang == "zh" else alone.name_en)
            ledger = coverage.ledger
            lines.append(
                clean(title) + ("：" if lang == "zh" else ": ")
                + say(lang, "report.coverage", standard=standard_text(lang, coverage.standard),
                      sites=_tier_sites(service, tier), total=count_text(ledger.total),
                      served=count_text(ledger.served), share=share_text(ledger.covered_share),
                      unserved=count_text(ledger.unserved))
            )  # fmt: skip
        yield Listing(items=tuple(lines))
    if service.referral is not None and len(service.referral):
        within = service.referral["within"].fillna(False).astype(bool)
        worst = service.referral["cost_min"].max() if "cost_min" in service.referral else np.nan
        yield Paragraph(
            text=say(lang, "report.referral", within=int(within.sum()),
                     total=len(service.referral), worst=number_text(worst, 1))
        )  # fmt: skip


def _tier_sites(service: ServiceResult, tier: str) -> str:
    if service.facilities is None:
        return count_text(0)
    keys = service.facilities.frame["tier"].map(service.standard.tier_key, na_action="ignore")
    return count_text(int((keys == tier).sum()))


def _quota(service: ServiceResult, lang: str) -> Iterator[Block]:
    lines = []
    for level, table in service.quota.items():
        counts = quota_counts(table)
        if counts["meeting_quota"] is None:
            continue
        line = say(lang, "report.quota", level=level_text(lang, level),
                   meeting=count_text(counts["meeting_quota"]),
                   total=count_text(counts["total"]))  # fmt: skip
        short = lacking(table)
        if len(short):
            mark = "、" if lang == "zh" else ", "
            names = mark.join(clean(n) for n in short["name"].head(_NAMES))
            more = say(lang, "report.quota_more") if len(short) > _NAMES else ""
            told = say(lang, "report.quota_lacking", names=names, more=more)
            line += ("；" if lang == "zh" else "; ") + told
        lines.append(line)
    if lines:
        yield Heading(level=3, text=say(lang, "report.h_quota"))
        yield Listing(items=tuple(lines))


def _gaps(service: ServiceResult, lang: str) -> Iterator[Block]:
    yield Heading(level=3, text=say(lang, "report.h_gaps"))
    gaps = service.gaps
    if gaps is None or len(gaps) == 0:
        yield Paragraph(text=say(lang, "report.gaps_none"))
        return
    shown = min(len(gaps), _MOST_GAPS)
    if "length_m" in gaps.columns:
        text = say(lang, "report.line_gaps", count=count_text(len(gaps)), shown=shown,
                   km=number_text(gaps["length_m"].sum() / 1000, 1))  # fmt: skip
    else:
        text = say(lang, "report.gaps", count=count_text(len(gaps)), shown=shown,
                   people=count_text(gaps["people"].sum()))  # fmt: skip
    yield Paragraph(text=text)
    caption = say(lang, "report.c_gaps", service=clean(service.name(lang)))
    table = told_table(gap_table(service, lang=lang), caption, lang, most=_MOST_GAPS)
    if table is not None:
        yield table


def _sites(service: ServiceResult, lang: str) -> Iterator[Block]:
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
        yield Paragraph(text=say(lang, "report.markers", count=count, shown=shown))
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
        "lon",
        "lat",
    )
    if service.coverage is None:
        keep = ("rank", "name", "lon", "lat")
    table = told_table(site_table(service), caption, lang, keep=keep, most=_MOST_SITES)
    if table is not None:
        yield table
    if len(siting.sites) > shown:
        yield Paragraph(text=say(lang, "report.sites_more"), kind="note")
    for note in siting.notes:
        yield Paragraph(text=clean(note), kind="note")
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
    text += say(
        lang,
        "report.proof",
        proof=status_text(lang, result.status, result.gap),
        value=count_text(result.value),
        bound=count_text(result.bound),
        seconds="<0.1" if result.seconds < 0.1 else number_text(result.seconds, 1),
        solver=clean(result.solver),
    )
    if result.greedy_value is not None and not pd.isna(result.greedy_value):
        text += say(lang, "report.greedy", greedy=count_text(result.greedy_value))
    return text


def _lines(service: ServiceResult, lang: str) -> Iterator[Block]:
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
    yield from _sites(service, lang)


def _rates(results: RunResults, service: ServiceResult, lang: str) -> Iterator[Block]:
    assert service.rates is not None
    yield Paragraph(
        text=say(
            lang,
            "report.rate",
            count=count_text(service.rates["count"].sum(min_count=1)),
            people=count_text(service.rates["people"].sum(min_count=1)),
            standard=standard_text(lang, service.standard),
        )
    )
    caption = say(lang, "report.c_rates", service=clean(service.name(lang)))
    table = told_table(rate_table(results, service, lang=lang), caption, lang)
    if table is not None:
        yield table
