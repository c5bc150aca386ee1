"""All tables of a run in the order in which a reader wants them."""

from __future__ import annotations

from collections.abc import Iterator

from geoplan.outputs.tables.capacity_tables import capacity_table, chain_table, referral_table
from geoplan.outputs.tables.coverage_tables import (
    area_table,
    group_table,
    overview_table,
    quota_overview,
    quota_table,
    tier_table,
)
from geoplan.outputs.tables.line_tables import required_table, stretch_table
from geoplan.outputs.tables.programme_tables import action_table, programme_year_table
from geoplan.outputs.tables.rate_tables import measure_table, rate_table
from geoplan.outputs.tables.siting_tables import (
    closed_table,
    closure_table,
    fund_table,
    gap_table,
    other_plans_table,
    phase_table,
    site_table,
)
from geoplan.outputs.tables.table import Column, Table
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker


def table_list(results: RunResults, speaker: Speaker) -> list[Table]:
    """Every table of a run, in the order in which a reader wants them.

    Parameters
    ----------
    results : a run's results, or an edition of them.
    speaker : in whose language are causes, remedies and headings.
    """
    tables = tables_before(results, speaker)
    for service in results.services.values():
        tables.extend(service_tables(results, service, speaker))
    return [*tables, *tables_after(results)]


def tables_before(results: RunResults, speaker: Speaker) -> list[Table]:
    """The tables of all services together, before those of each."""
    return [overview_table(results, speaker)]


def tables_after(results: RunResults) -> list[Table]:
    """Published figures, where the study names any."""
    return [figures_table(results)] if len(results.figures) else []


def service_tables(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> Iterator[Table]:
    """The tables of one service."""
    if service.coverage is not None:
        for level in results.areas:
            if level in service.coverage.frame.columns:
                yield area_table(results, service, level, speaker)
    for tier in service.tiers:
        yield tier_table(results, service, tier, speaker)
    if service.gaps is not None:
        yield gap_table(service, speaker)
    yield from _siting_tables(results, service, speaker)
    yield from _further_tables(results, service, speaker)
    for level in service.quota:
        yield quota_table(results, service, level, speaker)
    if service.rates is not None:
        yield rate_table(results, service, speaker)
    if service.spacing is not None:
        yield stretch_table(service, speaker)
        yield required_table(service, speaker)


def _siting_tables(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> Iterator[Table]:
    """The tables of a suggestion: new sites, closures, plans that are as good."""
    siting = service.siting
    if siting is None:
        return
    yield site_table(results, service, speaker)
    if siting.robustness is not None:
        yield closure_table(service, speaker)
    if siting.closed is not None and len(siting.closed):
        yield closed_table(service, speaker)
    if siting.alternatives is not None and len(siting.alternatives.table):
        yield other_plans_table(service, speaker)


def _further_tables(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> Iterator[Table]:
    """The tables of one service that its data allow."""
    if service.by_group is not None or service.by_kind is not None:
        yield group_table(service, speaker)
    for level in service.capacity_areas:
        yield capacity_table(results, service, level, speaker)
    if service.quota:
        yield quota_overview(service, speaker)
    if service.siting is not None and service.siting.phases is not None:
        yield phase_table(results, service, speaker)
    if service.programme is not None:
        yield action_table(results, service, speaker)
        yield programme_year_table(results, service, speaker)
    if service.rates is not None:
        yield measure_table(results, service, speaker)
    if service.fund is not None:
        yield fund_table(results, service, speaker)
    if service.referral is not None and len(service.referral):
        yield chain_table(service, speaker)
        yield referral_table(service, speaker)


def figures_table(results: RunResults) -> Table:
    """Published figures beside computed ones."""
    frame = results.figures
    wanted = ("label", "published", "computed", "difference", "cause", "source", "key")
    columns = tuple(
        Column(name=n, kind="mixed" if n in wanted[1:4] else "text", word=f"figure_{n}")
        for n in wanted
        if n in frame.columns
    )
    return Table(name="figures", service="", sheet="figures", frame=frame, columns=columns)
