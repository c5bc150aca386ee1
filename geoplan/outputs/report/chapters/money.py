"""What plans take and when: money in ten thousands or millions, years with their sites."""

from __future__ import annotations

from dataclasses import replace

from geoplan.outputs.tables.table import Column, Table
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import count_text, is_missing

#: how columns of money begin
_MONEY = ("money", "cost", "running_cost")


def plan_money(results: RunResults, service: ServiceResult, speaker: Speaker) -> str:
    """What the suggested sites of a service take; "" where they have no price."""
    money = money_of(service)
    return "" if money is None else speaker.money(money, results.info.currency)


def money_of(service: ServiceResult) -> float | None:
    """Money that all suggested sites take; None where they have no price."""
    siting = service.siting
    if siting is None or "money" not in siting.sites.columns or not len(siting.sites):
        return None
    money = siting.sites["money"].sum(min_count=1)
    return None if is_missing(money) else float(money)


def plan_years(service: ServiceResult, speaker: Speaker) -> str:
    """How many sites which year builds; "" where none are planned, or a programme plans them."""
    siting = service.siting
    if siting is None or "year" not in siting.sites.columns or in_programme(service):
        return ""
    years = siting.sites["year"].dropna().astype(int).value_counts().sort_index()
    parts = [
        speaker.say("report.year_sites", year=year, sites=count_text(sites))
        for year, sites in years.items()
    ]
    return speaker.say("report.name_comma").join(parts)


def in_programme(service: ServiceResult) -> bool:
    """Whether a plan in time says what the service does in which year."""
    return service.programme is not None and len(service.programme.by_year) > 0


def money_column(results: RunResults, speaker: Speaker) -> tuple[Column, float]:
    """The column of money in the unit that budgets are written in, and that unit's size."""
    currency = speaker.currency(results.info.currency)
    size = 1e4 if speaker.lang == "zh" else 1e6
    unit = speaker.say("report.money_unit", currency=currency)
    return Column(name="money", kind="number", unit=unit), size


def in_budget_units(table: Table, results: RunResults, speaker: Speaker) -> Table:
    """A table whose sums of money stand in the unit of budgets, where they are large enough."""
    column, size = money_column(results, speaker)
    names = [c.name for c in table.columns if c.name.startswith(_MONEY)]
    if not names or not table.frame[names].max().max() >= size:
        return table
    frame = table.frame.assign(**{name: table.frame[name] / size for name in names})
    columns = tuple(
        replace(c, kind=column.kind, unit=column.unit) if c.name in names else c
        for c in table.columns
    )
    return replace(table, frame=frame, columns=columns)
