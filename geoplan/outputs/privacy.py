"""Editions: what leaves the bureau, and what stays inside.

The public edition holds no row finer than a community, no small number (nor one that
subtraction gives back), no column that the office carried along in its own tables, and of
shelters' and child-protection services only figures by street.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.coverage.ledger import STATES, Coverage, Ledger
from geoplan.coverage.places import PlacesInReach
from geoplan.errors import UsageError
from geoplan.inputs.layers import AreaLayer, FacilityLayer
from geoplan.outputs.suppression import blanks
from geoplan.results import Robustness, RunResults, ServiceResult, SitingOutcome

#: services whose users must not be found: no places finer than a street
SENSITIVE = ("shelter", "child_protection_station")
_CELLS = ("total", *STATES)
_PUBLIC_COLUMNS = ("name", "capacity", "nursing_capacity", "tier", "status")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PublicCoverage(Coverage):
    """Coverage whose small numbers are NaN.

    city : the six numbers of the whole city, NaN where blanked. tables : ledger by area, blanked.
    """

    city: Ledger = field(default_factory=Ledger)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """A ledger with blanks cannot be added up."""

    @property
    def ledger(self) -> Ledger:
        """The city's six numbers."""
        return self.city

    def people_by_site(self) -> pd.Series:
        """Not told in public: a site's users are few."""
        return pd.Series(dtype=float, name="people")

    def by_area(self, level: str) -> pd.DataFrame:
        """The ledger per area, NaN where blanked; see `Coverage.by_area`."""
        if level not in self.tables:
            known = ", ".join(self.tables) or "none"
            raise UsageError(f"no area level {level!r} in this edition; known levels: {known}.")
        return self.tables[level].copy()


def edition(results: RunResults, *, audience: str) -> RunResults:
    """The results as `audience` may see them.

    Parameters
    ----------
    results : of a run, internal.
    audience : ``"internal"`` (as they are) or ``"public"``.

    Raises
    ------
    UsageError
        Another audience.
    """
    if audience not in ("internal", "public"):
        raise UsageError(f"audience must be 'internal' or 'public', not {audience!r}.")
    if audience == "internal":
        return results
    below = float(results.info.suppress_below)
    return replace(
        results,
        info=replace(results.info, audience="public"),
        services={
            key: _service(service, results.areas, below)
            for key, service in results.services.items()
        },
        findings=results.findings.iloc[:0],
        set_aside={},
    )


def _service(service: ServiceResult, areas: Mapping[str, AreaLayer], below: float) -> ServiceResult:
    told = replace(
        service,
        facilities=None if service.facilities is None else _facilities(service.facilities, areas),
        gaps=_rounded(service.gaps, ("people", "people_after"), below),
        rates=_rates(service.rates, below),
        all_rates={key: _told_rates(t, below) for key, t in service.all_rates.items()},
        referral=None,
    )
    if service.coverage is None:
        return told
    finest = _public_level(service, areas)
    after = None if service.siting is None else service.siting.coverage_after
    whole = {"now": service.coverage, **{f"tier {k}": c for k, c in service.tiers.items()}}
    if after is not None:
        whole["after"] = after
    public = _coverages(whole, areas, finest, below)
    capacity, places = _capacity(service, public["now"])
    return replace(
        told,
        by_group=_all_or_nothing(service.by_group, below),
        by_kind=_all_or_nothing(service.by_kind, below),
        capacity_areas=capacity,
        places=places,
        coverage=public["now"],
        tiers={k: public[f"tier {k}"] for k in service.tiers},
        siting=_siting(service.siting, public.get("after"), below),
    )


def _public_level(service: ServiceResult, areas: Mapping[str, AreaLayer]) -> str | None:
    """The finest level whose figures may be told; None: the whole city only."""
    assert service.coverage is not None
    levels = [level for level in areas if level in service.coverage.frame.columns]
    if service.key in SENSITIVE and len(levels) > 1:
        levels = levels[:-1]
    return levels[-1] if levels else None


def _facilities(layer: FacilityLayer, areas: Mapping[str, AreaLayer]) -> FacilityLayer:
    """Names, places, tiers and capacities; nothing that the office carried along."""
    keep = [c for c in layer.frame.columns if c in (*_PUBLIC_COLUMNS, *areas, "geometry")]
    return FacilityLayer(key=layer.key, frame=layer.frame[keep])


def _all_or_nothing(table: pd.DataFrame | None, below: float) -> pd.DataFrame | None:
    """Few rows that sum to the city: one small number, or one small rest, withholds them all."""
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
) -> tuple[dict[str, pd.DataFrame], PlacesInReach | None]:
    """Places by the coarsest areas only, and only where the people of all of them are told."""
    levels = [v for v in public.tables if v in service.capacity_areas][:1]
    told = {v: service.capacity_areas[v] for v in levels if public.tables[v]["total"].notna().all()}
    found = service.places
    if found is not None:
        kept = {v: table for v, table in found.areas.items() if v in told}
        found = replace(found, rows=None, areas=kept)
    return told, found


def _siting(
    siting: SitingOutcome | None, after: PublicCoverage | None, below: float
) -> SitingOutcome | None:
    if siting is None or after is None:
        return siting
    sites = _rounded(siting.sites, ("added_people", "next_best_loss"), below)
    assert sites is not None
    return replace(
        siting,
        sites=sites,
        phases=None
        if siting.phases is None
        else _in_steps(siting.phases, ("served", "best", "lost"), max(below, 1.0)),
        coverage_after=after,
        people_after=after.ledger,
        robustness=_robustness(siting.robustness, below),
    )


def _robustness(found: Robustness | None, below: float) -> Robustness | None:
    """Regret and closures in whole steps too: one closure may concern a single community."""
    if found is None or below <= 1:
        return found
    counts = ("people", "best", "bound", "plan", "regret", "worst_regret", "mean_regret")
    tables = {
        name: _in_steps(getattr(found, name), counts, below)
        for name in ("draws", "plans", "critical", "critical_after")
    }
    return replace(found, **tables)


def _rounded(
    frame: gpd.GeoDataFrame | None, columns: tuple[str, ...], below: float
) -> gpd.GeoDataFrame | None:
    """People in whole steps of `below`: a gap or a site may hold a single community."""
    if frame is None or below <= 1:
        return frame
    return _in_steps(frame, columns, below)


def _in_steps(frame: pd.DataFrame, columns: tuple[str, ...], below: float) -> Any:
    told = frame.copy()
    for column in columns:
        if column in told.columns:
            told[column] = (told[column].astype(float) / below).round() * below
    return told


def _told_rates(table: pd.DataFrame, below: float) -> pd.DataFrame:
    told = _rates(table, below)
    assert told is not None
    return told


def _rates(table: pd.DataFrame | None, below: float) -> pd.DataFrame | None:
    if table is None or below <= 1:
        return table
    told = table.copy()
    counts = told["count"].to_numpy(float)
    system = np.append(np.ones(len(counts)), -1.0)[None, :]
    cells = [np.append(np.nan_to_num(counts), np.nansum(counts))]
    small = blanks(cells, sparse.csr_matrix(system), below=below)[:-1]
    numbers = [c for c in ("count", "rate", "low", "high", "smoothed") if c in told]
    told.loc[small, numbers] = np.nan
    return told


# -- coverage -------------------------------------------------------------------------------


def _coverages(
    whole: Mapping[str, Coverage], areas: Mapping[str, AreaLayer], finest: str | None, below: float
) -> dict[str, PublicCoverage]:
    """All coverages of one service with the same cells blanked."""
    levels = list(areas)[: list(areas).index(finest) + 1] if finest is not None else []
    tables = {key: {level: c.by_area(level) for level in levels} for key, c in whole.items()}
    cities = {key: pd.Series(c.ledger.to_dict())[list(_CELLS)] for key, c in whole.items()}
    first = next(iter(whole))
    starts, sums = _system(tables[first], areas, levels)
    cells = [
        np.concatenate(
            [cities[key].to_numpy(float)]
            + [tables[key][level][list(_CELLS)].to_numpy(float).ravel() for level in levels]
        )
        for key in whole
    ]
    mask = blanks(cells, sums, below=below)
    public = {}
    for key, coverage in whole.items():
        blanked = {
            level: _blank(tables[key][level], mask[starts[level] : starts[level + "/end"]])
            for level in levels
        }
        city = cities[key].where(~mask[: len(_CELLS)])
        public[key] = PublicCoverage(
            service=coverage.service,
            standard=coverage.standard,
            frame=_points(coverage, blanked.get(finest or ""), finest),
            areas={level: areas[level] for level in levels},
            city=Ledger(**{state: float(city[state]) for state in STATES}),
            tables=blanked,
        )
    return public


def _blank(table: pd.DataFrame, mask: np.ndarray) -> pd.DataFrame:
    told = table.copy()
    columns = list(_CELLS)
    told[columns] = told[columns].astype(float).mask(mask.reshape(len(table), len(columns)))
    told["covered_share"] = told["served"] / told["total"].where(told["total"] > 0)
    return told


def _system(
    tables: Mapping[str, pd.DataFrame], areas: Mapping[str, AreaLayer], levels: list[str]
) -> tuple[dict[str, int], sparse.csr_matrix]:
    """Where each level's cells begin, and every sum among them and the city's."""
    width = len(_CELLS)
    starts: dict[str, int] = {}
    at = width
    for level in levels:
        starts[level] = at
        at += width * len(tables[level])
        starts[level + "/end"] = at
    rows, columns, signs = [], [], []
    count = 0

    def add(whole: int, parts: np.ndarray) -> None:
        nonlocal count
        rows.extend([count] * (len(parts) + 1))
        columns.extend([whole, *parts.tolist()])
        signs.extend([-1.0] + [1.0] * len(parts))
        count += 1

    heads = [0]
    for level in levels:
        heads += list(range(starts[level], starts[level + "/end"], width))
    for start in heads:  # the states of an area sum to its total
        add(start, np.arange(start + 1, start + width))
    for depth, level in enumerate(levels):
        table = tables[level]
        own = starts[level] + width * np.arange(len(table))
        if depth == 0 or areas[level].parent != levels[depth - 1]:
            groups = {0: own}
        else:
            above = tables[levels[depth - 1]]
            place = {
                code: starts[levels[depth - 1]] + width * k for k, code in enumerate(above.index)
            }
            parent = areas[level].frame["parent"]
            head = np.array(
                [place.get(parent.get(code), place.get("", -1)) for code in table.index]
            )
            groups = {int(h): own[head == h] for h in np.unique(head) if h >= 0}
        for whole, parts in groups.items():
            for cell in range(width):
                add(whole + cell, parts + cell)
    shape = (count, at)
    return starts, sparse.csr_matrix((signs, (rows, columns)), shape=shape)


def _points(coverage: Coverage, table: pd.DataFrame | None, level: str | None) -> gpd.GeoDataFrame:
    """One row per area of `level` in place of the demand rows; a blanked one has no place."""
    source = coverage.frame
    if table is None or level is None:
        return source.iloc[:0].copy()
    located = source[source.geometry.notna()]
    codes = located[level].astype("string").fillna("")
    weight = located["people"].to_numpy(float) + 1e-9
    parts = pd.DataFrame(
        {
            "x": located.geometry.x.to_numpy() * weight,
            "y": located.geometry.y.to_numpy() * weight,
            "weight": weight,
        }
    )
    middle = parts.groupby(codes.to_numpy()).sum()
    x = (middle["x"] / middle["weight"]).reindex(table.index)
    y = (middle["y"] / middle["weight"]).reindex(table.index)
    told = table["total"].notna() & x.notna() & (table.index != "") & (table["total"] > 0)
    points = gpd.GeoSeries(gpd.points_from_xy(x, y), index=table.index, crs=source.crs)
    frame = gpd.GeoDataFrame(
        {
            "name": table["name"].astype(str),
            "people": table["total"],
            **{state: table[state] for state in STATES},
            "site": pd.NA,
            "cost": np.nan,
            "reason": _reason(table),
            level: table.index,
        },
        geometry=points.where(told),
        crs=source.crs,
    )
    step, child = level, pd.Series(table.index, index=table.index, dtype=object)
    layers = coverage.areas
    while step in layers and layers[step].parent in layers:
        child = child.map(layers[step].frame["parent"])
        step = str(layers[step].parent)
        frame[step] = child
    return frame


def _reason(table: pd.DataFrame) -> pd.Series:
    """The state with most people among those not served; "" where all are served."""
    missed = table[list(STATES[1:])].fillna(0.0)
    return missed.idxmax(axis=1).where(missed.max(axis=1) > 0, "")
