"""Supply in reach: capacity per 1,000 people within a catchment, by area and in all.

Beds per 1,000 people of a district do not say where in it they are. A floating catchment area
(see `catchment_areas` for formulas) shares each site's capacity among all who reach it and sums,
at every demand row, what is reached. Results call capacity ``places``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage.catchment_areas import Method, floating_catchment
from geoplan.coverage.equity import worst_tenth
from geoplan.inputs.layers import AreaLayer
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.validate import raise_faults
from geoplan.words.message import Message

SUPPLY_COLUMNS = ("name", "people", "places_per_1000", "none_share")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SupplyInReach:
    """Capacity per 1,000 people within a catchment.

    Parameters
    ----------
    method : of `floating_catchment`.
    mode, cutoff, unit : the catchment, in metres or minutes.
    facts : ``places`` (capacity, where known), ``places_reached`` (that somebody reaches), ``mean``
        (per 1,000 people: what is reached over all people), ``median`` and ``worst_tenth`` (of the
        people), ``none_share`` (share of people who reach no capacity at all).
    areas : per level: index = area code (``""`` = not known), columns of `SUPPLY_COLUMNS`;
        ``places_per_1000`` is the people's mean.
    rows : per demand row; None where rows may not be published.

    Examples
    --------
    See `supply_in_reach`, which makes it:

    >>> found = SupplyInReach(
    ...     method="e2sfca", mode="walk", cutoff=1000.0, unit="m", facts={"mean": 30.0})
    >>> found.facts["mean"], found.rows is None
    (30.0, True)
    """

    method: str
    mode: str
    cutoff: float
    unit: str
    facts: Mapping[str, float]
    areas: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    rows: pd.Series | None = None


def supply_in_reach(
    demand: gpd.GeoDataFrame,
    costs: TravelCosts,
    capacity: pd.Series,
    *,
    mode: str,
    method: Method = "e2sfca",
    areas: Mapping[str, AreaLayer] | None = None,
    levels: Sequence[str] = (),
) -> SupplyInReach:
    """Capacity per 1,000 people in reach of every demand row, by area and in all.

    Parameters
    ----------
    demand : all demand rows: ``people`` and one column per area level. Rows that are not in
        `costs` (no location, off the network) reach nothing: their people count.
    costs : demand x sites within the catchment, with its cutoff.
    capacity : per site label; NaN (not known) counts as 0: what is reached is at least so much.
    mode : of the costs; goes into the result.
    method : see `floating_catchment`.
    areas, levels : area layers for names, and the levels to sum by.

    Returns
    -------
    SupplyInReach
        Its rows have the demand's labels and hold capacity per 1,000 people.

    Raises
    ------
    UsageError
        Costs without a cutoff, sites without a row in `capacity`, an unknown level.

    Notes
    -----
    2SFCA, E2SFCA and 3SFCA share out all capacity that somebody reaches exactly once:
    ``mean`` x people / 1,000 = ``places_reached``. The balanced method shares out
    levels of service.

    Examples
    --------
    A home of 10 beds that two villages reach, and a third village that reaches none:

    >>> from scipy import sparse
    >>> villages = gpd.GeoDataFrame(
    ...     {"people": [100, 100, 200]}, index=["a", "b", "c"], geometry=[None] * 3,
    ...     crs="EPSG:4548")
    >>> costs = TravelCosts(
    ...     matrix=sparse.csr_matrix(([0.0, 500.0], ([0, 1], [0, 0])), shape=(3, 1)),
    ...     demand_index=villages.index, site_index=pd.Index(["home"]),
    ...     unit="m", method="by hand", cutoff=1000.0)
    >>> found = supply_in_reach(
    ...     villages, costs, pd.Series({"home": 10.0}), mode="walk", method="2sfca")
    >>> found.rows.to_dict()
    {'a': 50.0, 'b': 50.0, 'c': 0.0}
    >>> found.facts["mean"], found.facts["none_share"]
    (25.0, 0.5)
    """
    faults = []
    if costs.cutoff is None:
        faults.append(Message("coverage_faults.costs_cutoff"))
    lost = costs.site_index.difference(capacity.index)
    if len(lost):
        faults.append(Message("coverage_faults.no_capacity", some=lost[:5].tolist()))
    odd = [level for level in levels if level not in demand.columns]
    if odd:
        faults.append(Message("coverage_faults.demand_without_levels", odd=odd))
    raise_faults("the places in reach", faults)
    supply = capacity.reindex(costs.site_index).astype(float).fillna(0.0)
    people = demand["people"].astype(float)
    found = floating_catchment(
        costs, people.reindex(costs.demand_index), supply, method=method, per=1000.0
    )
    rows = found.reindex(demand.index).fillna(0.0).rename("places_per_1000")
    peopled = people.reindex(costs.demand_index).to_numpy(float) > 0
    reached = np.asarray(costs.matrix[peopled].getnnz(axis=0)).ravel() > 0
    total = float(people.sum())
    facts = {
        "places": float(capacity.fillna(0.0).sum()),
        "places_reached": float(supply.to_numpy()[reached].sum()),
        "mean": _mean(rows, people),
        "median": _median(rows.to_numpy(float), people.to_numpy(float)),
        "worst_tenth": worst_tenth(rows, people),
        "none_share": float(people[rows <= 0].sum()) / total if total > 0 else float("nan"),
    }
    layers = areas or {}
    return SupplyInReach(
        method=method,
        mode=mode,
        cutoff=float(costs.cutoff or 0.0),
        unit=costs.unit,
        facts=facts,
        areas={level: _by_area(demand, rows, level, layers.get(level)) for level in levels},
        rows=rows,
    )


def _mean(rows: pd.Series, people: pd.Series) -> float:
    total = float(people.sum())
    return float((rows * people).sum()) / total if total > 0 else float("nan")


def _median(values: np.ndarray, people: np.ndarray) -> float:
    """The value that half of the people do not exceed."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(people[order])
    if len(share) == 0 or not share[-1] > 0:
        return float("nan")
    return float(values[order][np.searchsorted(share, share[-1] / 2)])


def _by_area(
    demand: gpd.GeoDataFrame, rows: pd.Series, level: str, layer: AreaLayer | None
) -> pd.DataFrame:
    names = {} if layer is None else layer.names.to_dict()
    codes = demand[level].astype("string").fillna("").to_numpy(object)
    people = demand["people"].astype(float)
    sums = (
        pd.DataFrame(
            {
                "people": people,
                "places": rows * people / 1000.0,
                "none": people.where(rows <= 0, 0.0),
            }
        )
        .groupby(codes)
        .sum()
    )
    order = [*names, *[c for c in sums.index if c not in names and c != ""]]
    sums = sums.reindex([*order, *([""] if "" in sums.index else [])], fill_value=0.0)
    lived = sums["people"].where(sums["people"] > 0)
    return pd.DataFrame(
        {
            "name": [names.get(code, "") for code in sums.index],
            "people": sums["people"],
            "places_per_1000": sums["places"] * 1000.0 / lived,
            "none_share": sums["none"] / lived,
        },
        index=pd.Index(sums.index, name=level),
    )
