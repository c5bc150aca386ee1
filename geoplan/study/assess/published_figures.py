"""Published figures beside computed ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from geoplan.coverage import compare_figures, quota_counts
from geoplan.inputs.columns.yes_no import says_yes
from geoplan.results import ServiceResult
from geoplan.services.catalogue import figure_names
from geoplan.study.assess.assess_service import in_service
from geoplan.study.assess.breakdown import kind_of_rows
from geoplan.study.read.context import Context


def figures_table(context: Context, services: Mapping[str, ServiceResult]) -> pd.DataFrame:
    """One row per published figure of the study; see `geoplan.coverage.published_figures`.

    What the study names under ``[[figures]]`` counts; the catalogue names what the study does not.
    """
    of_demand = {f"demand.{key}" for key in context.inputs.demand}
    # a run of some services has their figures only
    everything = set(services) == set(context.config.services)
    wanted = [
        f
        for f in context.config.figures
        if everything or f.key in of_demand or f.key.split(".")[0] in services
    ]
    computed = dict(_computed(context, services))
    known = figure_names()
    rows = {}
    for figure in wanted:
        names = {} if figure.label or figure.label_en else known.get(figure.key, {})
        rows[figure.key] = {
            "published": figure.published,
            "definition": figure.definition,
            "label_zh": figure.label or names.get("zh", ""),
            "label_en": figure.label_en or names.get("en", ""),
            "source": figure.source,
            "source_en": figure.source_en,
            "note_zh": figure.note,
            "note_en": figure.note_en,
        }
    columns = ["published"] if not rows else None
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return compare_figures(table, computed, lang=context.lang)


def _computed(
    context: Context, services: Mapping[str, ServiceResult]
) -> Iterator[tuple[str, float]]:
    """Every number that a published figure may stand beside."""
    for key, demand in context.inputs.demand.items():
        yield f"demand.{key}", demand.total
    for key, table in context.inputs.rates.items():
        for column in table.select_dtypes("number").columns:
            yield f"{key}.{column}", float(table[column].sum())
    for key, layer in context.inputs.required.items():
        yield f"{key}.place_names", float(len(layer))
    for key, service in services.items():
        yield from _of_service(key, service)


def _of_service(key: str, service: ServiceResult) -> Iterator[tuple[str, float]]:
    if service.facilities is not None:
        frame = service.facilities.frame
        yield f"{key}.facilities", float(len(frame))
        for flag in ("up_to_standard", "extended"):
            if flag in frame.columns:
                yes = says_yes(frame[flag])
                yield f"{key}.facilities.{flag}", float(yes.sum())
        open_now = in_service(service.facilities).frame
        tiers = open_now["tier"].map(service.standard.tier_key, na_action="ignore")
        for tier, count in tiers.value_counts().items():
            yield f"{key}.facilities.{tier}", float(count)
    if service.coverage is not None:
        yield f"{key}.covered_share", service.coverage.covered_share
    if service.fund is not None:
        yield f"{key}.money_yuan", service.fund.money
    for fact, value in service.capacity.items():
        yield f"{key}.capacity.{fact}", float(value)
    for level, table in service.quota.items():
        counts = quota_counts(table)
        total, with_site = counts["total"], counts["with_site"]
        if total and with_site is not None:
            yield f"{key}.areas.{level}.with_site", float(with_site)
            yield f"{key}.areas.{level}.with_site_share", with_site / total
        yield from _by_kind(key, level, table, service)


def _by_kind(
    key: str, level: str, table: pd.DataFrame, service: ServiceResult
) -> Iterator[tuple[str, float]]:
    """Shares of town and of country areas with a site; an area is what its first row says."""
    if service.coverage is None or level not in service.coverage.frame.columns:
        return
    frame = service.coverage.frame
    kinds = kind_of_rows(frame)
    if kinds is None:
        return
    codes = frame[level].astype("string").fillna("").to_numpy(object)
    of_area = kinds.groupby(codes).first().reindex(table.index)
    for kind in ("urban", "rural"):
        here = table[(of_area == kind).to_numpy() & (table.index != "")]
        if len(here):
            share = float((here["sites"] > 0).mean())
            yield f"{key}.areas.{level}.{kind}_with_site_share", share
