"""Editions: what leaves the bureau, and what stays inside.

The public edition holds no row finer than a community, no small number (nor one that
subtraction gives back), no column that the office carried along in its own tables, and of
shelters' and child-protection services only figures by subdistrict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.coverage.ledger import STATES, Coverage
from geoplan.coverage.reachable_supply import SupplyInReach
from geoplan.disclosure.area_gaps import gaps_by_area
from geoplan.disclosure.city_numbers import (
    public_capacity,
    public_equity,
    public_figures,
    public_rates,
    withheld_areas,
)
from geoplan.disclosure.coverage import PublicCoverage, public_coverages
from geoplan.disclosure.held import held_sites
from geoplan.disclosure.personal import without_personal_data
from geoplan.disclosure.programme import held_years, public_programme
from geoplan.disclosure.record import public_record
from geoplan.disclosure.rounding import public_gaps, public_siting, rounded
from geoplan.disclosure.suppression import suppressed_cells
from geoplan.errors import UsageError
from geoplan.inputs.files.shown_names import file_name
from geoplan.inputs.layers import AreaLayer, FacilityLayer
from geoplan.results import RunResults, ServiceResult, SitingOutcome
from geoplan.words.speaker import Speaker

#: services whose users must not be found: no locations finer than a subdistrict (level ``street``)
SENSITIVE = ("shelter", "child_protection_station")
_PUBLIC_COLUMNS = (
    *("name", "capacity", "capacity_assumed", "nursing_capacity", "tier", "status", "serving"),
)


def edition(results: RunResults, *, audience: str) -> RunResults:
    """The results as `audience` may see them.

    Parameters
    ----------
    results : of a run, internal; a public edition is returned as it is.
    audience : ``"internal"`` (as they are) or ``"public"``.

    Returns
    -------
    RunResults
        The public edition holds no row finer than a community, no small number (nor one that
        subtraction gives back), no findings and no column that the office carried along; of
        shelters and child-protection services it has figures by subdistrict only.

    Raises
    ------
    UsageError
        Another audience.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> public = edition(example_study().run().results, audience="public")
    >>> public.info.audience, len(public.findings)
    ('public', 0)
    >>> edition(public, audience="public") is public
    True
    """
    if audience not in ("internal", "public"):
        raise UsageError.of("call_faults.no_audience", value=audience)
    if audience == "internal":
        return results
    if is_public(results):
        return results
    below = float(results.info.suppress_below)
    coverages = _coverages(results, below)
    withheld = withheld_areas(c for found in coverages.values() for c in found.values())
    closed = {
        key
        for key, found in coverages.items()
        if any(np.isnan(c.city.served) for name, c in found.items() if name in ("now", "after"))
        or any(held_years(results.services[key], found["now"]).values())
    }
    public = replace(
        results,
        info=replace(results.info, audience="public"),
        inputs=tuple(replace(r, path=file_name(r.path), columns={}) for r in results.inputs),
        services={
            key: _service(service, results, coverages.get(key, {}), withheld, closed)
            for key, service in results.services.items()
        },
        figures=public_figures(
            results.figures, {key: found["now"] for key, found in coverages.items()}
        ),
        findings=results.findings.iloc[:0],
        assumed=tuple(replace(one, where=file_name(one.where)) for one in results.assumed),
        set_aside={},
        run=public_record(results.run),
    )
    return without_personal_data(public)


def refuse_internal(results: RunResults, audience: str | None) -> None:
    """Refuse to write internal results for a public audience; every writer calls it first.

    Raises
    ------
    UsageError
        `audience` is ``"public"`` and `results` are not a public edition.
    """
    if audience == "public" and results.info.audience != "public":
        raise UsageError.of("call_faults.internal_edition")


def is_public(results: RunResults) -> bool:
    """Whether `results` are a public edition already."""
    return results.info.audience == "public" and any(
        isinstance(service.coverage, PublicCoverage) for service in results.services.values()
    )


def gaps_are_areas(service: ServiceResult) -> bool:
    """Whether the service's gaps are published by area only: none says of how many rows it is."""
    gaps = service.gaps
    return gaps is not None and "members" in gaps and bool(gaps["members"].isna().all())


def _households(service: ServiceResult, below: float) -> bool:
    """Whether demand rows are finer than communities: most hold too few people to publish."""
    assert service.coverage is not None
    people = service.coverage.frame["people"]
    return bool(people[people > 0].median() < below)


def _without_households(
    siting: SitingOutcome | None, results: RunResults, below: float
) -> SitingOutcome | None:
    """Shared buildings without names where one of their services counts households."""
    if siting is None or siting.joint is None:
        return siting
    sharing = [results.services[key] for key in siting.joint.services if key in results.services]
    if not any(one.coverage is not None and _households(one, below) for one in sharing):
        return siting
    return replace(siting, joint=replace(siting.joint, shared=siting.joint.shared.assign(name="")))


def _without_sums_of_others(
    told: SitingOutcome, inside: SitingOutcome, results: RunResults, closed: set[str]
) -> SitingOutcome:
    """Without people of shared buildings where one of the services is in `closed`; and told so.

    closed : services of which it is withheld how many people they serve.
    """
    say = Speaker(results.info.lang).say
    if told.joint is not None and not closed.isdisjoint(told.joint.services):
        hidden = replace(told.joint, value=np.nan, bound=None, gap=None)
        told = replace(told, joint=hidden)
    if told.result.gap is None and inside.result.gap is not None:
        told = replace(told, notes=(*told.notes, say("report.gap_withheld")))
    if told.alternatives is None and inside.alternatives is not None:
        told = replace(told, notes=(*told.notes, say("report.others_withheld")))
    return told


def _coverages(results: RunResults, below: float) -> dict[str, dict[str, PublicCoverage]]:
    """By service: "now", "after" and "tier KEY", all services of one demand suppressed together."""
    groups: dict[Any, dict[tuple[str, str], Coverage]] = {}
    finest: dict[tuple[str, str], str | None] = {}
    for key, service in results.services.items():
        if service.coverage is None:
            continue
        whole = {"now": service.coverage, **{f"tier {k}": c for k, c in service.tiers.items()}}
        if service.siting is not None and service.siting.coverage_after is not None:
            whole["after"] = service.siting.coverage_after
            if service.siting.coverage_after_most is not None:
                whole["after most"] = service.siting.coverage_after_most
        if service.coverage_most is not None:
            whole["most"] = service.coverage_most
        frame = service.coverage.frame
        levels = tuple(level for level in results.areas if level in frame.columns)
        people = pd.util.hash_pandas_object(frame["people"]).to_numpy().tobytes()
        for name, coverage in whole.items():
            groups.setdefault((levels, people), {})[key, name] = coverage
            finest[key, name] = _public_level(service, results.areas)
    found: dict[str, dict[str, PublicCoverage]] = {}
    for group in groups.values():
        public = public_coverages(
            group, results.areas, {name: finest[name] for name in group}, below=below
        )
        for (key, name), coverage in public.items():
            found.setdefault(key, {})[name] = coverage
    return found


def _service(
    service: ServiceResult,
    results: RunResults,
    public: Mapping[str, PublicCoverage],
    withheld: set[str],
    closed: set[str],
) -> ServiceResult:
    areas, below = results.areas, float(results.info.suppress_below)
    published = replace(
        service,
        facilities=None if service.facilities is None else _facilities(service.facilities, areas),
        gaps=rounded(service.gaps, ("people", "people_after"), below),
        gap_of=None,
        rates=None if service.rates is None else _rates(service.rates, withheld, below),
        all_rates={k: _rates(table, withheld, below) for k, table in service.all_rates.items()},
        referral=None,
        programme=None,
        journeys=(),
        covers=None,  # who reaches which site gives suppressed numbers back
        in_reach=None,
    )
    if service.coverage is None:
        return published
    published = replace(published, gaps=public_gaps(service, public["now"], below))
    fine = _households(service, below)
    if (fine or service.key in SENSITIVE) and service.gaps is not None:
        gaps = gaps_by_area(public["now"], service.coverage, results, crs=service.gaps.crs)
        published = replace(published, gaps=gaps)
    siting = public_siting(
        service.siting,
        public.get("after"),
        service.coverage.ledger.total,
        below,
        held_sites(service, public),
    )
    if siting is not None:
        siting = replace(siting, coverage_after_most=public.get("after most"))
    if fine and siting is not None and "name" in siting.sites:
        # a site is called after the nearest demand row: a household
        siting = replace(siting, sites=siting.sites.assign(name=""))
    if siting is not None and service.siting is not None:
        siting = _without_sums_of_others(siting, service.siting, results, closed)
    siting = _without_households(siting, results, below)
    capacity, supply = _capacity(service, public["now"])
    by_group = (
        whole_or_withheld(service.by_group, below) if public["now"].totals_published else None
    )
    by_kind = (
        whole_or_withheld(service.by_kind, below) if public["now"].urban_rural_published else None
    )
    tables = {"by_group": (service.by_group, by_group), "by_kind": (service.by_kind, by_kind)}
    programme = None
    if service.key not in SENSITIVE:
        programme = public_programme(
            service.programme,
            below,
            totals_published=public["now"].totals_published,
            households=fine,
            states=[s for s in STATES if not np.isnan(getattr(public["now"].city, s))],
            held=held_years(service, public["now"]),
        )
    if programme is not None and not closed.isdisjoint(programme.together):
        programme = replace(programme, alone_value=None)  # of all of them together
    return replace(
        published,
        by_group=by_group,
        by_kind=by_kind,
        withheld=tuple(
            name
            for name, (inside, outside) in tables.items()
            if inside is not None and outside is None
        ),
        capacity_areas=capacity,
        capacity=public_capacity(service.capacity, people_published=public["now"].totals_published),
        equity=public_equity(service.equity, public, sensitive=service.key in SENSITIVE),
        supply=supply,
        coverage=public["now"],
        coverage_most=public.get("most"),
        tiers={k: public[f"tier {k}"] for k in service.tiers},
        siting=siting,
        programme=programme,
    )


def _public_level(service: ServiceResult, areas: Mapping[str, AreaLayer]) -> str | None:
    """The finest level whose figures may be published; None: the whole city only."""
    assert service.coverage is not None
    levels = [level for level in areas if level in service.coverage.frame.columns]
    if service.key in SENSITIVE and len(levels) > 1:
        levels = levels[:-1]
    return levels[-1] if levels else None


def _facilities(layer: FacilityLayer, areas: Mapping[str, AreaLayer]) -> FacilityLayer:
    """Names, locations, tiers and capacities; nothing that the office carried along."""
    keep = [c for c in layer.frame.columns if c in (*_PUBLIC_COLUMNS, *areas, "geometry")]
    return FacilityLayer(key=layer.key, frame=layer.frame[keep])


def whole_or_withheld(table: pd.DataFrame | None, below: float) -> pd.DataFrame | None:
    """A table of few rows that sum to the city; None where a number or a remainder is small."""
    if table is None:
        return None
    total = table["total"].to_numpy(float)
    for ending in ("", "_after"):
        if f"served{ending}" in table.columns:
            served = table[f"served{ending}"].to_numpy(float)
            for count in (total, served, total - served):
                if ((count > 0) & (count < below)).any():
                    return None
    return table


def _capacity(
    service: ServiceResult, public: PublicCoverage
) -> tuple[dict[str, pd.DataFrame], SupplyInReach | None]:
    """Capacity by the coarsest areas only, and only where the people of all are published."""
    levels = [v for v in public.tables if v in service.capacity_areas][:1]
    tables = {
        v: service.capacity_areas[v] for v in levels if public.tables[v]["total"].notna().all()
    }
    found = service.supply
    if found is not None:
        kept = {v: table for v, table in found.areas.items() if v in tables}
        found = replace(found, rows=None, areas=kept)
    return tables, found


def _rates(table: pd.DataFrame, withheld: set[str], below: float) -> pd.DataFrame:
    if below <= 1:
        return table
    rates = public_rates(table, withheld)
    counts = rates["count"].to_numpy(float)
    system = np.append(np.ones(len(counts)), -1.0)[None, :]
    cells = [np.append(np.nan_to_num(counts), np.nansum(counts))]
    small = suppressed_cells(cells, sparse.csr_matrix(system), below=below)[:-1]
    numbers = [c for c in ("count", "rate", "low", "high", "smoothed") if c in rates]
    rates.loc[small, numbers] = np.nan
    return rates
