"""What is proposed: sites, money and years in one table, how the other gaps are closed, quotas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from geoplan.outputs.report.blocks import Block, Heading, Listing, Paragraph
from geoplan.outputs.report.chapters.chapter_sections import fund_blocks, lacking_lines
from geoplan.outputs.report.chapters.gap_lists import people_by_remedy
from geoplan.outputs.report.chapters.money import money_column, money_of, plan_years
from geoplan.outputs.report.chapters.programme import plan_in_time
from geoplan.outputs.report.numbering import references
from geoplan.outputs.report.table_blocks import report_table
from geoplan.outputs.tables.table import Column, Table
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text

_LAST = ("money", "years")
#: areas that a line names
_NAMES = 2
_REMEDIES = ("add_site", "add_capacity", "mend_link", "mend_data")


def proposal_blocks(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    """Sites with money and years, the fund, other remedies, areas that lack."""
    sites = list(_sites(results, speaker))
    if sites:
        priced = any(money_of(service) is not None for service in results.services.values())
        word = "report.h_plan_sites" if priced else "report.h_plan_sites_only"
        yield Heading(level=2, text=speaker.say(word))
        yield from sites
    for service in results.services.values():
        if service.fund is not None:
            yield from fund_blocks(results, service, speaker, spending=False)
    lines = [line for one in results.services.values() for line in _lacking(results, one, speaker)]
    if lines:
        yield Heading(level=2, text=speaker.say("report.h_lacking"))
        yield Listing(items=tuple(lines))


def _sites(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    column, size = money_column(results, speaker)
    rows = [
        _row(service, size, speaker)
        for service in results.services.values()
        if service.siting is not None and len(service.siting.sites)
    ]
    if not rows:
        return
    frame = pd.DataFrame(rows, columns=["service", "sites", "added", *_LAST])
    prices = frame["money"].dropna()
    markers = frame["added"].isna()  # points along lines serve nobody in particular
    text = speaker.say(
        "report.plan_sites",
        services=len(rows),
        sites=count_text(frame["sites"].where(~markers, 0).sum()),
        markers=_markers(frame["sites"].where(markers, 0).sum(), speaker),
        refs=references("plan"),
    )
    if len(prices):
        money = speaker.money(prices.sum() * size, results.info.currency)
        text += speaker.say("report.plan_money", money=money)
    if 0 < len(prices) < len(rows):
        text += speaker.say("report.plan_unpriced", count=len(rows) - len(prices))
    yield Paragraph(text=text)
    if len(prices):
        total = {"service": speaker.say("outputs.all_sites"), "money": prices.sum()}
        frame = pd.concat([frame, pd.DataFrame([total])], ignore_index=True)
    columns = (
        Column(name="service"),
        Column(name="sites", kind="count", word="plan_sites"),
        Column(name="added", kind="count", word="plan_added"),
        column,
        Column(name="years", word="plan_years"),
    )
    table = Table(name="plan", service="", sheet="plan", frame=frame, columns=columns)
    caption = speaker.say("report.c_plan" if len(prices) else "report.c_plan_only")
    block = report_table(table, caption, speaker)
    if block is not None:
        yield replace(block, key="plan", total=len(prices) > 0)
    if apart := plan_in_time(results, speaker, word="plan_sites_programme"):
        yield Paragraph(text=apart)


def _markers(count: float, speaker: Speaker) -> str:
    return speaker.say("report.plan_markers", count=count_text(count)) if count else ""


def _row(service: ServiceResult, size: float, speaker: Speaker) -> dict[str, object]:
    assert service.siting is not None
    money = money_of(service)
    row: dict[str, object] = {
        "service": clean(service.name(speaker.lang)),
        "sites": len(service.siting.sites),
        "money": None if money is None else money / size,
        "years": plan_years(service, speaker),
    }
    if service.coverage is not None:
        before, after = service.coverage.ledger, service.siting.people_after
        row["added"] = after.served - before.served
    return row


def remedy_blocks(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    """People in gaps by what would close them, service by service."""
    rows = []
    for service in results.services.values():
        gaps = service.gaps
        if gaps is None or "people" not in gaps.columns or not len(gaps):
            continue
        people = people_by_remedy(gaps)
        rows.append({"service": clean(service.name(speaker.lang)), **people.to_dict()})
    if not rows:
        return
    frame = pd.DataFrame(rows).reindex(columns=["service", *_REMEDIES])
    columns = (
        Column(name="service"),
        *(Column(name=name, kind="count", word=f"remedy_{name}") for name in _REMEDIES),
    )
    table = Table(name="remedies", service="", sheet="remedies", frame=frame, columns=columns)
    block = report_table(table, speaker.say("report.c_remedies"), speaker)
    if block is not None:
        yield Paragraph(text=speaker.say("report.remedies", refs=references("remedies")))
        yield replace(block, key="remedies")


def _lacking(results: RunResults, service: ServiceResult, speaker: Speaker) -> Iterator[str]:
    """Areas below the quota, and places below the standard."""
    name = clean(service.name(speaker.lang))
    for line in lacking_lines(results, service, speaker, names=_NAMES):
        yield speaker.say("report.lacking", service=name, text=line)
    lacking = service.capacity.get("places_lacking", 0)
    if lacking > 0 and service.capacity.get("places", 0) > 0:
        yield speaker.say(
            "report.lacking_places",
            service=name,
            required=count_text(service.capacity["required_places"]),
            places=count_text(service.capacity["places"]),
            lacking=count_text(lacking),
        )
