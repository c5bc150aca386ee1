"""Travel costs and nearest sites by public transport, door to door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from geoplan.errors import UsageError
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.network.search.queries import BEYOND, CUT_OFF, NO_SITE, labels_or_missing, nearest_site
from geoplan.network.search.snapped_points import ON, SnappedPoints, text_of_codes
from geoplan.network.search.travel_query import (
    POINT_DEFAULTS,
    Cutoff,
    TravelOptions,
    check_direction,
    check_labels,
    parse_cutoff,
    snapped,
)
from geoplan.network.transit.ask import TransitOptions, cutoff_ms
from geoplan.network.transit.clock import MINUTE_MS, clock_text
from geoplan.network.transit.search.searches import Plan, Trips, plan_search, search_in_parts
from geoplan.network.transit.search.walking import Legs, street_legs, through_doors
from geoplan.tolerances import LONGEST_RIDE_MIN
from geoplan.validate import check_keywords

if TYPE_CHECKING:
    from geoplan.network.transit.transit_network import TransitNetwork


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TransitQuery:
    """A checked query: points on the streets, options, cutoff, direction."""

    network: TransitNetwork
    demand: SnappedPoints
    sites: SnappedPoints
    options: TransitOptions
    cutoff: Cutoff
    to_sites: bool
    threads: int | None

    @property
    def origins(self) -> SnappedPoints:
        """Where people set out."""
        return self.demand if self.to_sites else self.sites

    @property
    def targets(self) -> SnappedPoints:
        """Where they want to be."""
        return self.sites if self.to_sites else self.demand


def transit_query(
    function: str, network: TransitNetwork, demand: Any, sites: Any, given: Mapping[str, Any]
) -> TransitQuery:
    """The points on the streets and the options of a call of `function`, checked.

    Raises
    ------
    UsageError, InputError, MissingCrsError, CrsMismatchError
    """
    check_keywords(function, given, TravelOptions)
    if given.get("cutoff_m") is not None or given.get("unit") == "m":
        raise UsageError.of("transit.no_metres", function=function)
    points = {key: given.get(key, POINT_DEFAULTS[key]) for key in POINT_DEFAULTS}  # type: ignore[literal-required]
    snapping = {key: points[key] for key in ("max_snap_m", "barriers", "threads")}
    walk = network.walk
    return TransitQuery(
        network=network,
        demand=check_labels(
            snapped(walk, demand, "the demand points", **snapping), "the demand points"
        ),
        sites=check_labels(snapped(walk, sites, "the sites", **snapping), "the sites"),
        options=network.options.changed(given),
        cutoff=parse_cutoff(None, given.get("cutoff_min"), "min"),
        to_sites=check_direction(points["direction"]),
        threads=points["threads"],
    )


def transit_costs(query: TransitQuery) -> TravelCosts:
    """All pairs within the cutoff, minutes, demand x sites."""
    direct = street_legs(
        query.network.walk,
        query.origins,
        query.targets,
        cutoff_min=None if np.isinf(query.cutoff.value) else query.cutoff.value,
        threads=query.threads,
    )
    trips = walks_of(query, direct)
    plan = _plan(query, trips, cutoff_ms(query.cutoff.value))
    parts = search_in_parts(
        plan,
        query.options.max_transfers + 1,
        lambda sources, ptr, targets, ms: (np.diff(ptr), targets, ms),
        threads=query.threads,
    )
    parts.append((np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32)))
    counts, targets, ms = (np.concatenate(column) for column in zip(*parts, strict=True))
    ptr = np.zeros(plan.n_sources + 1, np.int64)
    np.cumsum(counts, out=ptr[1:])
    found = sparse.csr_matrix(
        (query.cutoff.rounded(ms / MINUTE_MS), targets, ptr), shape=(plan.n_sources, plan.n_targets)
    )
    if plan.mirrored == query.to_sites:  # the rows are those of the sites
        found = found.T.tocsr()
    found.sort_indices()
    return TravelCosts(
        matrix=found,
        demand_index=query.demand.index,
        site_index=query.sites.index,
        unit="min",
        method="network:transit",
        cutoff=None if np.isinf(query.cutoff.value) else query.cutoff.value,
        demand_state=query.demand.states,
        site_state=query.sites.states,
    )


def walks_of(query: TransitQuery, direct: Legs) -> Trips:
    """The walks of a query to and from the stops; `direct` are those all the way."""
    network, options = query.network, query.options
    walk = network.walk
    limit = {"cutoff_min": options.max_walk_m / walk.speed_m_s / 60, "threads": query.threads}
    placed, doors, count = network.placed_doors, network.schedule.doors, network.schedule.n_stops
    enter = street_legs(walk, query.origins, placed, **limit)  # type: ignore[arg-type]
    leave = street_legs(walk, placed, query.targets, **limit)  # type: ignore[arg-type]
    return Trips(
        enter=through_doors(enter, doors, count, enter=True),
        leave=through_doors(leave, doors, count, enter=False),
        direct=direct,
    )


def _plan(query: TransitQuery, trips: Trips, cutoff: int) -> Plan:
    """How to search a query as far as `cutoff` milliseconds."""
    return plan_search(
        trips,
        query.options,
        partial(query.network.service, query.options, cutoff),
        cutoff=cutoff,
        headways=query.network.has_headways,
        steady=query.network.only_headways,
    )


def transit_nearest(query: TransitQuery) -> pd.DataFrame:
    """The nearest site of each demand point, or why there is none; see `nearest_site`.

    Without a cutoff journeys of up to `LONGEST_RIDE_MIN` minutes are looked at.
    """
    direction = "to_sites" if query.to_sites else "from_sites"
    on_foot = nearest_site(
        query.network.walk, query.demand, query.sites, unit="min", direction=direction
    )
    where = query.sites.index.get_indexer(pd.Index(on_foot["site"].to_numpy(object)))
    site = np.where(on_foot["site"].notna(), where, -1)
    cost = on_foot["cost_min"].to_numpy(float)
    cost = np.where(np.isnan(cost), np.inf, np.rint(cost * MINUTE_MS))
    ride, ride_site = _nearest_by_vehicle(query)
    quicker = (ride < cost) | ((ride == cost) & (ride_site < site))
    site, cost = np.where(quicker, ride_site, site), np.where(quicker, ride, cost) / MINUTE_MS
    near = (site >= 0) & (cost <= query.cutoff.limit)
    none = (query.demand.state == ON) & ~near
    reason = np.where(none, BEYOND, query.demand.state)
    if (query.sites.state == ON).any() and none.any():
        reason[none & ~with_service(query)] = CUT_OFF
    return pd.DataFrame(
        {
            "site": labels_or_missing(query.sites.index, np.where(near, site, -1)),
            "cost_min": np.where(near, query.cutoff.rounded(np.where(near, cost, 0.0)), np.nan),
            "reason": text_of_codes(NO_SITE, reason),
        },
        index=query.demand.index,
    )


def _nearest_by_vehicle(query: TransitQuery) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Milliseconds to the nearest site by vehicle, and which it is; inf and -1 = none."""
    limit = cutoff_ms(min(query.cutoff.value, LONGEST_RIDE_MIN))
    trips = walks_of(query, _no_legs(query))
    plan = _plan(query, trips, limit)
    by_site = plan.mirrored == query.to_sites
    least = np.full(len(query.demand), np.inf)
    which = np.full(len(query.demand), len(query.sites), np.int64)
    lock = Lock()

    def take(sources: NDArray, ptr: NDArray, targets: NDArray, ms: NDArray) -> None:
        owner = np.repeat(sources, np.diff(ptr))
        rows, sites = (targets, owner) if by_site else (owner, targets)
        order = np.lexsort((sites, ms, rows))
        first = np.ones(len(order), bool)
        first[1:] = np.diff(rows[order]) > 0
        best = order[first]
        rows, sites, ms = rows[best], sites[best], ms[best]
        with lock:
            better = (ms < least[rows]) | ((ms == least[rows]) & (sites < which[rows]))
            least[rows[better]], which[rows[better]] = ms[better], sites[better]

    search_in_parts(plan, query.options.max_transfers + 1, take, threads=query.threads)
    return least, np.where(which < len(query.sites), which, -1)


def _no_legs(query: TransitQuery) -> Legs:
    empty = np.empty(0, np.int64)
    return Legs(empty, empty, empty, (len(query.origins), len(query.targets)))


def with_service(query: TransitQuery) -> NDArray[np.bool_]:
    """Demand that is joined to some site; see `service_pairs`. One search from all sites."""
    together = np.zeros(len(query.sites), np.int64)
    found: NDArray[np.bool_] = _joined(query, together, 1).toarray()[:, 0]
    return found


def service_pairs(query: TransitQuery) -> sparse.csr_matrix:
    """Which demand (rows) public transport joins to which site, however long it takes: bool.

    Who can leave in the window, or later, and be there `LONGEST_RIDE_MIN` minutes after its end (or
    leave so long before a window of arrivals), or walks no farther than one walks to a stop.
    """
    return _joined(query, np.arange(len(query.sites)), len(query.sites))


def _joined(query: TransitQuery, group: NDArray[np.int64], n_groups: int) -> sparse.csr_matrix:
    """Demand x groups of sites; `group` is that of every site."""
    options, span = query.options, cutoff_ms(LONGEST_RIDE_MIN)
    first, last = int(options.minutes[0]), int(options.minutes[-1])
    first = max(first - span, 0) if options.by_arrival else first
    last = last if options.by_arrival else last + span
    near = {"cutoff_min": options.max_walk_m / query.network.walk.speed_m_s / 60}
    walk = street_legs(
        query.network.walk, query.origins, query.targets, threads=query.threads, **near
    )
    trips = walks_of(query, walk)
    enter, leave, direct = trips.enter, trips.leave, trips.direct
    if query.to_sites:
        leave = Legs(leave.rows, group[leave.columns], leave.ms, (leave.shape[0], n_groups))
        direct = Legs(direct.rows, group[direct.columns], direct.ms, (direct.shape[0], n_groups))
        leave, direct = leave.least(), direct.least()
        options = replace(options, depart=None, arrive=clock_text(last), percentile=100)
    else:
        enter = Legs(group[enter.rows], enter.columns, enter.ms, (n_groups, enter.shape[1]))
        direct = Legs(group[direct.rows], direct.columns, direct.ms, (n_groups, direct.shape[1]))
        enter, direct = enter.least(), direct.least()
        options = replace(options, depart=clock_text(first), arrive=None, percentile=100)
    trips = Trips(enter=enter, leave=leave, direct=direct)
    cutoff = last - first
    service = partial(query.network.service, options, cutoff)
    plan = plan_search(trips, options, service, cutoff=cutoff, headways=True, steady=False)
    parts = search_in_parts(
        plan,
        options.max_transfers + 1,
        lambda sources, ptr, targets, ms: (np.repeat(sources, np.diff(ptr)), targets),
        threads=query.threads,
    )
    none = np.empty(0, np.int64)
    sites = np.concatenate([none, *(part[0] for part in parts)])
    rows = np.concatenate([none, *(part[1] for part in parts)])
    shape = (len(query.demand), n_groups)
    return sparse.csr_matrix((np.ones(len(rows), np.bool_), (rows, sites)), shape=shape)
