"""What a chapter says beside the ledger: capacity, equity, groups, tiers, quotas, referral."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from geoplan.coverage.quota import areas_below_quota, quota_summary
from geoplan.coverage.tiers import referral_summary
from geoplan.outputs.report.blocks import Block, Heading, Listing, Paragraph
from geoplan.outputs.report.chapters.money import in_budget_units
from geoplan.outputs.report.table_blocks import report_table
from geoplan.outputs.tables.capacity_tables import capacity_table
from geoplan.outputs.tables.coverage_tables import group_table
from geoplan.outputs.tables.siting_tables import fund_table, phase_table
from geoplan.outputs.tables.table import MOST_AREAS
from geoplan.outputs.wording import standard_text
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text, is_missing, number_text, share_text

#: names listed of areas or sites that lack something
_NAMES = 8


def capacity_blocks(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> Iterator[Block]:
    """Capacity against the standard, what is in reach, and both by area."""
    facts = service.capacity
    unknown = facts.get("facilities_unknown", 0)
    if not facts.get("places", 0) > 0:
        if "required_places" in facts and unknown:
            yield Heading(level=3, text=speaker.say("report.h_capacity"))
            yield Paragraph(text=speaker.say("report.capacity_none", count=count_text(unknown)))
        return
    yield Heading(level=3, text=speaker.say("report.h_capacity"))
    text = speaker.say(
        "report.capacity",
        places=count_text(facts["places"]),
        per=number_text(facts["places_per_1000"], 1),
    )
    if unknown:
        text += speaker.say("report.capacity_at_least", count=count_text(unknown))
    if unlimited := facts.get("facilities_unlimited"):
        text += speaker.say("report.capacity_unlimited", count=count_text(unlimited))
    if "required_places" in facts:
        text += speaker.say(
            "report.capacity_required_most" if unknown else "report.capacity_required",
            ratio=number_text(facts["required_per_1000"], 1),
            required=count_text(facts["required_places"]),
            lacking=count_text(facts["places_lacking"]),
        )
    if "nursing_places" in facts:
        text += speaker.say(
            "report.nursing",
            places=count_text(facts["nursing_places"]),
            share=share_text(facts["nursing_share"]),
        )
        if "required_nursing_share" in facts:
            least = share_text(facts["required_nursing_share"], 0)
            text += speaker.say("report.nursing_required", share=least)
        else:
            text += speaker.say("report.nursing_end")
    yield Paragraph(text=text)
    if service.supply is not None:
        yield Paragraph(text=_supply_text(service, speaker))
    levels = [v for v in service.capacity_areas if len(service.capacity_areas[v]) <= MOST_AREAS]
    if levels:
        caption = speaker.say(
            "report.c_capacity",
            service=clean(service.name(speaker.lang)),
            level=speaker.level(levels[0]),
        )
        keep = (
            "name",
            "people",
            "places",
            "places_per_1000",
            *(("facilities_unknown",) if unknown else ()),
            "required",
            "lacking",
            "reach_per_1000",
            "none_share",
        )
        table = report_table(
            capacity_table(results, service, levels[0], speaker), caption, speaker, keep=keep
        )
        if table is not None:
            yield table


def _supply_text(service: ServiceResult, speaker: Speaker) -> str:
    found = service.supply
    assert found is not None
    mode = speaker.word(f"common.{found.mode}", found.mode)
    unit = "outputs.standard_min" if found.unit == "min" else "outputs.standard_m"
    facts = found.facts
    text = speaker.say(
        "report.places",
        method=speaker.word(f"report.method_{found.method}", found.method),
        reach=speaker.say(unit, mode=mode, value=number_text(found.cutoff, 1)),
        mean=number_text(facts["mean"], 1),
        median=number_text(facts["median"], 1),
        worst=number_text(facts["worst_tenth"], 1),
        none=share_text(facts["none_share"]),
    )
    if left_out := facts.get("sites_left_out"):
        text += speaker.say("report.places_at_least", count=count_text(left_out))
    return text


def equity_text(service: ServiceResult, speaker: Speaker) -> str:
    """How evenly the areas are served, and what the plan changes; empty where nothing is known."""
    equity, text, plan = service.equity, "", service.siting
    nothing = plan is not None and plan.result.status in ("infeasible", "unknown")
    for ending in ("",) if nothing else ("", "_after"):
        if f"gini{ending}" in equity:
            text += speaker.say(
                f"report.equity{ending}",
                gini=_fixed(equity[f"gini{ending}"], 3),
                palma=_fixed(equity.get(f"palma{ending}"), 2),
                worst=share_text(equity.get(f"worst_tenth_share{ending}")),
            )
    return text


def _fixed(value: float | None, digits: int) -> str:
    """A number with all its decimals: those of today and of the plan stand side by side."""
    return number_text(value) if is_missing(value) else f"{value:.{digits}f}"


def group_blocks(service: ServiceResult, speaker: Speaker) -> Iterator[Block]:
    """Who is served among the old and the young, in town and country."""
    if service.by_group is not None or service.by_kind is not None:
        caption = speaker.say("report.c_groups", service=clean(service.name(speaker.lang)))
        table = report_table(group_table(service, speaker), caption, speaker)
        if table is not None:
            yield table
    if service.by_group is not None:
        yield Paragraph(text=speaker.say("report.groups_note"), kind="note")
    if service.withheld:  # else a reader takes it that nobody looked
        what = "_and_".join(service.withheld)
        tables = speaker.say(f"report.withheld_{what}")
        yield Paragraph(text=speaker.say("report.withheld", tables=tables), kind="note")


def tier_blocks(service: ServiceResult, speaker: Speaker) -> Iterator[Block]:
    """Every tier for itself, and the chain by which one hands people on to the next."""
    if not service.tier_sites and not service.tiers:
        return
    yield Heading(level=3, text=speaker.say("report.h_tiers"))
    unknown = service.tier_sites.get("", 0)
    if unknown and unknown == sum(service.tier_sites.values()):
        yield Paragraph(text=speaker.say("report.tier_unjudgeable"))
        return
    lines = []
    colon = "：" if speaker.lang == "zh" else ": "
    for tier in service.standard.tiers:
        sites = count_text(service.tier_sites.get(tier.key, 0))
        coverage = service.tiers.get(tier.key)
        if coverage is None:
            word = "report.tier_sites" if tier.quota is not None else "report.tier_unjudged"
            line = speaker.say(word, sites=sites)
        else:
            ledger = coverage.ledger
            line = speaker.say(
                "report.coverage",
                standard=standard_text(coverage.standard, speaker),
                sites=sites,
                idle="",
                people="",
                total=count_text(ledger.total),
                served=count_text(ledger.served),
                share=share_text(ledger.covered_share),
                unserved=count_text(ledger.unserved),
            )
        lines.append(
            clean(tier.name(speaker.lang))
            + colon
            + line
            + (speaker.say("report.tier_at_least") if unknown else "")
            + _substitutes(service, tier.key, speaker)
        )
    if unknown:
        lines.append(speaker.say("report.tier_unknown", sites=count_text(unknown)))
    yield Listing(items=tuple(lines))
    yield from _referral(service, speaker)


def _substitutes(service: ServiceResult, key: str, speaker: Speaker) -> str:
    """Which other tiers' sites count in a tier's reach too."""
    mark = "、" if speaker.lang == "zh" else ", "
    others = [t.name(speaker.lang) for t in service.standard.tiers if key in t.substitutes]
    return (
        speaker.say("report.tier_substitutes", names=mark.join(map(clean, others)))
        if others
        else ""
    )


def _referral(service: ServiceResult, speaker: Speaker) -> Iterator[Block]:
    found = service.referral
    if found is None or not len(found):
        return
    tiers = {tier.key: tier for tier in service.standard.tiers}
    lines = []
    for key, row in referral_summary(found).iterrows():
        tier = tiers[str(key)]
        line = speaker.say(
            "report.referral",
            tier=clean(tier.name(speaker.lang)),
            to=clean(tiers[str(tier.refers_to)].name(speaker.lang)),
            limit=number_text(tier.refer_threshold_min, 1),
            mode=speaker.word(f"common.{tier.refer_mode}", str(tier.refer_mode)),
            within=count_text(row["within"]),
            total=count_text(row["stations"]),
            share=share_text(row["share"]),
            worst=number_text(row["farthest_min"], 1),
        )
        late = found[(found["tier"] == key) & ~found["within"].astype(bool)]
        late = late.sort_values("cost_min", ascending=False, na_position="first", kind="stable")
        names = late["name"].astype("string").fillna("")
        names = names.where(names != "", late.index.astype("string"))
        line += _named(names, speaker, "report.referral_lacking")
        lines.append(line)
    yield Paragraph(text=speaker.say("report.referral_intro"))
    yield Listing(items=tuple(lines))


def _named(names: pd.Series, speaker: Speaker, word: str, *, most: int = _NAMES) -> str:
    """The first few names, and how many more there are; empty for none."""
    known = [clean(name) for name in names if not is_missing(name)]
    if not known:
        return ""
    mark = "、" if speaker.lang == "zh" else ", "
    more = len(known) - most
    rest = speaker.say("report.and_more", count=count_text(len(known))) if more > 0 else ""
    return speaker.say(word, names=mark.join(known[:most]), more=rest)


def quota_blocks(results: RunResults, service: ServiceResult, speaker: Speaker) -> Iterator[Block]:
    """Per level how many areas meet the quota, against the target, and who lacks."""
    lines = [line for line, _ in _quota_lines(results, service, speaker)]
    if lines:
        yield Heading(level=3, text=speaker.say("report.h_quota"))
        yield Listing(items=tuple(lines))


def lacking_lines(
    results: RunResults, service: ServiceResult, speaker: Speaker, *, names: int
) -> Iterator[str]:
    """The lines of `quota_blocks` on levels that miss their target; so many `names` in each."""
    lines = _quota_lines(results, service, speaker, names=names)
    return (line for line, missed in lines if missed)


def _quota_lines(
    results: RunResults, service: ServiceResult, speaker: Speaker, *, names: int = _NAMES
) -> Iterator[tuple[str, bool]]:
    """Per level a line, and whether its target is missed."""
    for level, row in quota_summary(service.quota, service.standard).iterrows():
        if is_missing(row["lacking"]):
            continue
        line = speaker.say(
            "report.quota",
            level=speaker.level(str(level)),
            meeting=count_text(row["meeting_quota"]),
            total=count_text(row["total"]),
            share=_beside_target(row["meeting_share"], row["target_share"]),
        )
        if row["target_share"] < 1 and not is_missing(row["on_target"]):
            word = "report.quota_on_target" if row["on_target"] else "report.quota_off_target"
            line += speaker.say(word, target=share_text(row["target_share"], 0))
        if row["undecided"]:
            line += speaker.say("outputs.text_undecided", count=count_text(row["undecided"]))
        short = _short(results, service, str(level))
        line += _named(short, speaker, "report.quota_lacking", most=names)
        yield line, not is_missing(row["on_target"]) and not row["on_target"]


def _beside_target(share: float, target: float) -> str:
    """A share, fine enough not to read as the target that it misses."""
    digits = 1
    while digits < 4 and share < target and f"{share:.{digits}%}" == f"{target:.{digits}%}":
        digits += 1
    return share_text(share, digits)


def _short(results: RunResults, service: ServiceResult, level: str) -> pd.Series:
    """Names of areas that lack, those with most people first where the ledger knows them.

    Below the coarsest level the name of the coarsest area stands before them: villages of the
    same name are many.
    """
    short = areas_below_quota(service.quota[level])
    coverage = service.coverage
    if coverage is not None and level in coverage.frame.columns and level in coverage.areas:
        people = coverage.by_area(level)["total"].reindex(short.index)
        order = people.fillna(0.0).sort_values(ascending=False, kind="stable").index
        short = short.loc[order]
    above, code = level, pd.Series(short.index, index=short.index, dtype=object)
    while above in results.areas and results.areas[above].parent in results.areas:
        code = code.map(results.areas[above].frame["parent"])
        above = str(results.areas[above].parent)
    if above == level:
        return short["name"]
    names = code.map(results.areas[above].names).astype("string").fillna("")
    return (names + " " + short["name"].astype("string")).str.strip()


def phase_blocks(results: RunResults, service: ServiceResult, speaker: Speaker) -> Iterator[Block]:
    """What each phase builds and takes; every phase holds the sites of those before it."""
    siting = service.siting
    if siting is None:
        return
    if "money" in siting.sites.columns:
        money = speaker.money(siting.sites["money"].sum(), results.info.currency)
        yield Paragraph(text=speaker.say("report.money", money=money))
    if siting.phases is None:
        return
    caption = speaker.say("report.c_phases", service=clean(service.name(speaker.lang)))
    table = report_table(
        in_budget_units(phase_table(results, service, speaker), results, speaker), caption, speaker
    )
    if table is not None:
        yield table
    if siting.phases["lost"].notna().any():
        yield Paragraph(text=speaker.say("report.phases_note"), kind="note")


def fund_blocks(
    results: RunResults, service: ServiceResult, speaker: Speaker, *, spending: bool = True
) -> Iterator[Block]:
    """What a fund holds and what the suggested sites take of it, phase by phase with `spending`."""
    if spending:
        yield Paragraph(text=speaker.say("report.budget"))
    fund = service.fund
    if fund is None:
        return
    years = ""
    if fund.years:
        years = (
            f"{fund.years[0]}—{fund.years[-1]}"
            if speaker.lang == "zh"
            else (f"{fund.years[0]} to {fund.years[-1]}")
        )
        years = speaker.say("report.fund_years", years=years)
    share, currency = fund.planned / fund.money, results.info.currency
    word = "report.fund" if fund.left >= 0 else "report.fund_short"
    yield Paragraph(
        text=speaker.say(
            word,
            money=speaker.money(fund.money, currency),
            years=years,
            planned=speaker.money(fund.planned, currency),
            share=share_text(share),
            left=speaker.money(abs(fund.left), currency),
        )
    )
    caption = speaker.say("report.c_fund", service=clean(service.name(speaker.lang)))
    if len(fund.spending) and spending:
        listed = in_budget_units(fund_table(results, service, speaker), results, speaker)
        table = report_table(listed, caption, speaker)
        if table is not None:
            yield replace(table, total=True)
