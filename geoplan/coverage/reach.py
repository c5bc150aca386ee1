"""Reach: who has a site within the standard's threshold on the network, and why others have none.

Travel costs come from `geoplan.network`. Everyone is in one state:

- ``served``: a site within the threshold (with free capacity, where capacity limits);
- ``full``: a site within the threshold, but its capacity is used up;
- ``beyond``: the nearest site is farther than the threshold;
- ``cut_off``: on the network, but no path leads to any site;
- ``off_network``: farther from every road than the snapping limit;
- ``unlocated``: no usable location.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geoplan.coverage.cost_queries import nearest_from_costs, reach_limit, stack_costs
from geoplan.coverage.ledger import STATES, Coverage
from geoplan.coverage.transportation import assign_people
from geoplan.errors import UsageError
from geoplan.inputs.layers import AreaLayer, Demand
from geoplan.network.graph.travel_costs import REASONS, TravelCosts
from geoplan.services.standard import ServiceStandard
from geoplan.tolerances import SERVED_SHARE
from geoplan.validate import raise_faults
from geoplan.words.message import Message, named


def assess_reach(
    demand: Demand,
    standard: ServiceStandard,
    *,
    near: pd.DataFrame,
    costs: TravelCosts | None = None,
    capacities: pd.Series | None = None,
    areas: Mapping[str, AreaLayer] | None = None,
    sites_exist: bool = True,
) -> Coverage:
    """Who is served by one service, as a ledger per demand row.

    Parameters
    ----------
    demand : the people.
    standard : mode, threshold and whether capacity limits.
    near : nearest site of every demand label, as `geoplan.network.nearest_site` gives it without a
        cutoff: columns ``site``, ``cost_m`` or ``cost_min`` (in the standard's unit; ``cost`` is
        taken as such), ``reason``. Demand without geometry may be missing.
    costs : needed with `capacities`: all pairs within the threshold.
    capacities : people that each site can serve, by site label; inf = no limit, NaN = not known:
        it is proved to serve nobody. Used only when ``standard.capacity_limits``.
    areas : area layers by level, for the names in tables.
    sites_exist : False when there is no site at all: then nobody is cut off from one, and whoever
        is on the network counts as beyond the threshold.

    Returns
    -------
    Coverage, whose six numbers sum to `demand.total`.

    Raises
    ------
    UsageError
        A standard that is not for reach, labels that are missing, another unit, capacities without
        costs: all faults at once.

    Notes
    -----
    A cost equal to the threshold is within it. With capacities the people are assigned by
    `assign_people`; ``site`` and ``cost`` then name the site that serves most of the row.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from geoplan.services import standard_for
    >>> people = gpd.GeoDataFrame(
    ...     {"name": ["a", "b", "c"], "people": [30, 60, 10]}, index=["a", "b", "c"],
    ...     geometry=[*gpd.points_from_xy([0, 900], [0, 0]), None], crs="EPSG:4548")
    >>> near = pd.DataFrame(
    ...     {"site": ["s", "s"], "cost_m": [250.0, 1150.0], "reason": ""}, index=["a", "b"])
    >>> found = assess_reach(
    ...     Demand(key="all", frame=people), standard_for("meal_station"), near=near)
    >>> found.ledger
    Ledger(served=30.0, full=0.0, beyond=60.0, cut_off=0.0, off_network=0.0, unlocated=10.0)
    """
    near = _checked_near(demand, standard, near)
    limited = bool(standard.capacity_limits and capacities is not None)
    if limited and costs is None:
        raise UsageError.of("call_faults.needs_costs", service=standard.service)
    if costs is not None:
        _check_costs(demand, standard, costs)
    threshold = _threshold(standard)
    people = demand.frame["people"].to_numpy(float)
    state = _states(demand, near, threshold, sites_exist)

    table = {name: np.where(state == name, people, 0.0) for name in STATES}
    site = near["site"].to_numpy(object).copy()
    cost = near["cost"].to_numpy(float).copy()
    assignment = None
    if limited and costs is not None and capacities is not None:
        inside = demand.frame["people"].where(state == "served", 0.0)
        assignment = assign_people(costs, inside, capacities, threshold=threshold)
        served = assignment.groupby("demand")["people"].sum().reindex(demand.frame.index)
        placed = np.minimum(served.fillna(0.0).to_numpy(float), people)
        # a row short of no more than the rounding of its sum is served in full
        table["served"] = np.where(people - placed <= SERVED_SHARE * people, people, placed)
        table["full"] = np.where(state == "served", people - table["served"], 0.0)
        main = assignment.sort_values("people", ascending=False, kind="stable")
        main = main.drop_duplicates("demand").set_index("demand")
        rows = demand.frame.index.get_indexer(main.index)
        site[rows], cost[rows] = main["site"].to_numpy(object), main["cost"].to_numpy(float)
    return _coverage(demand, standard, table, site, cost, areas or {}, assignment, state)


def coverage_from_costs(
    demand: Demand,
    standard: ServiceStandard,
    costs: TravelCosts,
    *,
    capacities: pd.Series | None = None,
    areas: Mapping[str, AreaLayer] | None = None,
) -> Coverage:
    """The ledger from bounded costs alone.

    Bounded costs do not know whether a longer path exists: whoever reaches no site within the
    cutoff counts as ``beyond``, never as ``cut_off``. `assess_reach` with `nearest_site`
    distinguishes the two.

    Parameters
    ----------
    demand : the people.
    standard : a standard of reach; its threshold is no longer than the costs' cutoff.
    costs : demand x sites in the standard's unit; every located demand label has a row.
    capacities : people that each site can serve, by site label (inf = no limit, NaN = not known:
        it is proved to serve nobody); used only where ``standard.capacity_limits``.
    areas : area layers by level, for the names in tables.

    Returns
    -------
    Coverage
        Its six numbers sum to `demand.total`.

    Raises
    ------
    UsageError
        Labels that are missing, another unit, or costs that end before the threshold.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from scipy import sparse
    >>> from geoplan.services import standard_for
    >>> people = gpd.GeoDataFrame(
    ...     {"name": ["a", "b"], "people": [30, 70]}, index=["a", "b"],
    ...     geometry=gpd.points_from_xy([0, 900], [0, 0]), crs="EPSG:4548")
    >>> costs = TravelCosts(
    ...     matrix=sparse.csr_matrix([[250.0], [0.0]]), demand_index=people.index,
    ...     site_index=pd.Index(["s"]), unit="m", method="by hand", cutoff=1000.0)
    >>> costs.matrix.eliminate_zeros()
    >>> coverage_from_costs(Demand(key="all", frame=people), standard_for("meal_station"), costs)
    Coverage('meal_station': 30 of 100 people served, 30.0%)
    """
    return assess_reach(
        demand,
        standard,
        near=nearest_from_costs(costs),
        costs=costs,
        capacities=capacities,
        areas=areas,
    )


def coverage_with_sites(
    before: Coverage,
    demand: Demand,
    *,
    near_new: pd.DataFrame,
    costs: TravelCosts | None = None,
    costs_new: TravelCosts | None = None,
    capacities: pd.Series | None = None,
) -> Coverage:
    """The ledger with new sites added to the existing ones.

    Parameters
    ----------
    demand : the people that `before` was made from.
    before : coverage by the existing sites, made from the same `demand`.
    near_new : nearest *new* site of every demand label: `nearest_from_costs` on the chosen
        candidates, or `nearest_site` on the new sites alone.
    costs, costs_new, capacities : only where capacity limits: pairs to existing and new sites, and
        the capacities of both by site label.

    Returns
    -------
    Coverage of the same people by existing and new sites together. ``site`` names the nearer of
    the two (an existing site where they are equally near).

    Raises
    ------
    UsageError
        Labels that are missing, another unit, or capacities without costs.

    Examples
    --------
    A second station at the corner 2,000 m east of the first serves C's 80 people, 500 m away:

    >>> from geoplan.study import example_study
    >>> plan = example_study().run()
    >>> before, demand = plan.coverage["meal_station"], plan.inputs.demand["elderly_60"]
    >>> near_new = pd.DataFrame(
    ...     {"site": ["N", "N", "N"], "cost": [2000.0, 1300.0, 500.0], "reason": ""},
    ...     index=["A", "B", "C"]).reindex(demand.frame.index)
    >>> after = coverage_with_sites(before, demand, near_new=near_new)
    >>> after
    Coverage('meal_station': 230 of 290 people served, 79.3%)
    >>> after.frame["site"].head(3).tolist()
    ['M1', 'M1', 'N']
    """
    standard = before.standard
    new = _checked_near(demand, standard, near_new)
    old = before.frame[["site", "cost"]].reindex(demand.frame.index)
    old = old.assign(reason=_old_reason(before, demand))
    both = _nearer(old, new)
    stacked = None
    if standard.capacity_limits and capacities is not None:
        parts = [c for c in (costs, costs_new) if c is not None]
        if not parts:
            raise UsageError.of("call_faults.needs_both_costs", service=standard.service)
        stacked = stack_costs(*parts)
        both = _nearer(both, nearest_from_costs(stacked).reindex(both.index))
    return assess_reach(
        demand, standard, near=both, costs=stacked, capacities=capacities, areas=before.areas
    )


def _threshold(standard: ServiceStandard) -> float:
    if standard.measure != "reach" or standard.threshold is None:
        raise UsageError.of(
            "call_faults.not_reach", service=standard.service, measure=standard.measure
        )
    return float(standard.threshold)


def _checked_near(demand: Demand, standard: ServiceStandard, near: pd.DataFrame) -> pd.DataFrame:
    """`near` on the demand's index with the columns site, cost (standard's unit), reason."""
    _threshold(standard)
    faults = []
    column = next((c for c in (f"cost_{standard.unit}", "cost") if c in near.columns), None)
    missing = [c for c in ("site", "reason") if c not in near.columns]
    if column is None:
        there = named(c for c in near.columns if str(c).startswith("cost"))
        faults.append(Message("coverage_faults.near_cost_column", unit=standard.unit, there=there))
    if missing:
        faults.append(Message("coverage_faults.near_columns", known=", ".join(missing)))
    lost = demand.located.index.difference(near.index)
    if len(lost):
        faults.append(
            Message("coverage_faults.near_labels", count=len(lost), some=lost[:3].tolist())
        )
    if not near.index.is_unique:
        faults.append(Message("coverage_faults.near_labels_twice"))
    if "reason" in near.columns:
        odd = sorted({str(r) for r in near["reason"].dropna().unique()} - set(REASONS))
        if odd:
            faults.append(Message("coverage_faults.near_reasons", known=", ".join(odd)))
    raise_faults(Message("coverage_faults.coverage_of", service=standard.service), faults)
    found = near.reindex(demand.frame.index)
    return pd.DataFrame(
        {
            "site": found["site"].astype(object).where(found["site"].notna(), pd.NA),
            "cost": found[str(column)].astype(float),
            "reason": found["reason"].astype(object).where(found["reason"].notna(), ""),
        },
        index=demand.frame.index,
    )


def _check_costs(demand: Demand, standard: ServiceStandard, costs: TravelCosts) -> None:
    faults = []
    if costs.unit != standard.unit:
        faults.append(Message("coverage_faults.costs_unit", unit=costs.unit, unit2=standard.unit))
    if costs.cutoff is not None and costs.cutoff < float(standard.threshold or 0):
        faults.append(
            Message(
                "coverage_faults.costs_end",
                cutoff=costs.cutoff,
                unit=costs.unit,
                threshold=standard.threshold,
            )
        )
    lost = demand.located.index.difference(costs.demand_index)
    if len(lost):
        faults.append(
            Message("coverage_faults.costs_labels", count=len(lost), some=lost[:3].tolist())
        )
    raise_faults(Message("coverage_faults.coverage_of", service=standard.service), faults)


def _states(demand: Demand, near: pd.DataFrame, threshold: float, exist: bool) -> np.ndarray:
    cost = near["cost"].to_numpy(float)
    reason = near["reason"].to_numpy(object)
    state = np.where(
        np.isnan(cost), "cut_off", np.where(cost <= reach_limit(threshold), "served", "beyond")
    )
    state = state.astype(object)
    known = (state != "served") & (reason != "")
    state[known] = reason[known]
    if not exist:
        state[state == "cut_off"] = "beyond"
    state[demand.frame.geometry.isna().to_numpy()] = "unlocated"
    return state


def _coverage(
    demand: Demand,
    standard: ServiceStandard,
    table: Mapping[str, np.ndarray],
    site: np.ndarray,
    cost: np.ndarray,
    areas: Mapping[str, AreaLayer],
    assignment: pd.DataFrame | None,
    state: np.ndarray,
) -> Coverage:
    frame = demand.frame.copy()
    for name in STATES:
        frame[name] = table[name]
    frame["site"] = site
    frame["cost"] = cost
    unserved = np.column_stack([table[name] for name in STATES[1:]])
    worst = np.array(STATES[1:], dtype=object)[unserved.argmax(axis=1)]
    short = unserved.sum(axis=1) > 0
    # a row without people has a state all the same
    empty = (demand.frame["people"].to_numpy(float) == 0) & (state != "served")
    frame["reason"] = np.where(short, worst, np.where(empty, state, ""))
    return Coverage(
        service=standard.service,
        standard=standard,
        frame=frame,
        areas=dict(areas),
        assignment=assignment,
    )


def _old_reason(before: Coverage, demand: Demand) -> np.ndarray:
    """Why rows have no nearest existing site; "" where they have one."""
    reason = before.frame["reason"].reindex(demand.frame.index).to_numpy(object)
    cost = before.frame["cost"].reindex(demand.frame.index).to_numpy(float)
    none = np.isnan(cost) | (reason == "cut_off")  # on foot there may be a way, without service
    return np.where(none, np.where(reason == "full", "", reason), "")


def _nearer(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Row by row the cheaper of the two; the first where they are equal or both have none."""
    a, b = first["cost"].to_numpy(float), second["cost"].to_numpy(float)
    take = ~np.isnan(b) & (np.isnan(a) | (b < a))
    # without a cost on either side, ``beyond`` (a site exists) is more specific than no path
    farther = np.isnan(a) & np.isnan(b) & (second["reason"] == "beyond").to_numpy()
    farther &= (first["reason"] == "").to_numpy() | first["reason"].isna().to_numpy()
    take |= farther
    columns = {
        name: np.where(take, second[name].to_numpy(object), first[name].to_numpy(object))
        for name in ("site", "reason")
    }
    cost = np.where(take, b, a)
    # who walks to the nearer of the two without service may have service to the other
    for part in (first, second):
        joined = part["cost"].notna() & (part["reason"] == "")
        columns["reason"][joined.to_numpy() & ~np.isnan(cost)] = ""
    return pd.DataFrame({**columns, "cost": cost}, index=first.index)
