"""A checked query of travel costs: points on a network, unit, cutoff and direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypedDict

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geoplan.errors import Faults, InputError, UsageError
from geoplan.network.graph.arcs import Graph
from geoplan.network.graph.network import UNITS, NetworkData, check_network
from geoplan.network.graph.timed import streets_of
from geoplan.network.search.connectors import Connectors, EdgeCosts, connect
from geoplan.network.search.snapped_points import (
    ON,
    SnappedPoints,
    location_on_network,
)
from geoplan.network.search.snapping import snap
from geoplan.tolerances import SAME_LOCATION_M
from geoplan.validate import check_keywords, number
from geoplan.words.message import Message, called

_LARGEST = float(np.finfo(np.float64).max)
#: how many points are compared to recognise another network
_LOOKED_AT = 64
DIRECTIONS = ("to_sites", "from_sites")
Points: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries | SnappedPoints


class PointOptions(TypedDict, total=False):
    """Keywords of every query of travel costs; `travel_costs` describes them."""

    max_snap_m: float | None
    direction: str
    barriers: gpd.GeoDataFrame | gpd.GeoSeries | None
    threads: int | None


class TransitKeywords(TypedDict, total=False):
    """Keywords of queries by public transport; see `geoplan.network.transit.ask`."""

    depart: str | Sequence[str] | None
    arrive: str | Sequence[str] | None
    percentile: float
    max_walk_m: float
    max_transfers: int
    board_slack_s: float


class AreaOptions(PointOptions, TransitKeywords, total=False):
    """Keywords of `reach_areas`, which describes them."""


class TravelOptions(PointOptions, TransitKeywords, total=False):
    """Keywords of `travel_costs`, which describes them, `nearest_site` and `k_nearest`."""

    cutoff_m: float | None
    cutoff_min: float | None
    unit: str | None


POINT_DEFAULTS: PointOptions = {
    "max_snap_m": 500.0,
    "direction": "to_sites",
    "barriers": None,
    "threads": None,
}
_TRAVEL_DEFAULTS: TravelOptions = {
    "cutoff_m": None,
    "cutoff_min": None,
    "unit": None,
    **POINT_DEFAULTS,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cutoff:
    """The largest cost that counts (inf = none), and its unit.

    Costs are handed out in whole steps of a micrometre (or 1e-8 minutes), so that a sum of
    floats that should be the cutoff, or any other threshold a reader compares with, equals it
    without a tolerance.
    """

    unit: str
    value: float

    @property
    def steps(self) -> float:
        """Steps in one unit of cost."""
        return 1e6 if self.unit == "m" else 1e8

    @property
    def limit(self) -> float:
        """Largest sum of floats that still counts; finite, so that inf (forbidden) never does."""
        return min((np.rint(self.value * self.steps) + 0.5) / self.steps, _LARGEST)

    def rounded(self, cost: NDArray[np.float64]) -> NDArray[np.float64]:
        """Costs within the limit as they are handed out."""
        return np.minimum(np.rint(cost * self.steps) / self.steps, self.value)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TravelQuery:
    """Costs to compute between demand and sites on a network."""

    network: NetworkData
    demand: SnappedPoints
    sites: SnappedPoints
    cutoff: Cutoff
    to_sites: bool
    threads: int | None

    def demand_connectors(self) -> Connectors:
        """Links between demand and the nodes, in the direction of travel."""
        return connect(self.network, self.demand, unit=self.cutoff.unit, leaving=self.to_sites)

    def site_connectors(self) -> Connectors:
        """Links between the sites and the nodes, in the direction of travel."""
        return connect(self.network, self.sites, unit=self.cutoff.unit, leaving=not self.to_sites)

    def graph(self) -> Graph:
        """Arcs for a search from the sites."""
        return self.network.graph(self.cutoff.unit, reverse=self.to_sites)

    def edge_costs(self) -> EdgeCosts:
        """Cost of each edge both ways."""
        return EdgeCosts(*self.network.edge_costs(self.cutoff.unit), self.to_sites)


def travel_query(
    function: str, network: NetworkData, demand: Points, sites: Points, options: TravelOptions
) -> TravelQuery:
    """The points on the network and the options of a call of `function`, checked."""
    check_keywords(function, options, TravelOptions)
    if timed := [key for key in options if key in TransitKeywords.__annotations__]:
        raise UsageError.of("transit.streets_only", names=", ".join(timed), function=function)
    given = _TRAVEL_DEFAULTS | options
    cutoff = parse_cutoff(given["cutoff_m"], given["cutoff_min"], given["unit"])
    to_sites = check_direction(given["direction"])
    snapping: dict[str, Any] = {key: given[key] for key in ("max_snap_m", "barriers", "threads")}
    return TravelQuery(
        network=network,
        demand=snapped(network, demand, "the demand points", **snapping),
        sites=check_labels(snapped(network, sites, "the sites", **snapping), "the sites"),
        cutoff=cutoff,
        to_sites=to_sites,
        threads=given["threads"],
    )


def parse_cutoff(
    cutoff_m: float | None, cutoff_min: float | None, unit: str | None = None
) -> Cutoff:
    """Unit and cutoff from a caller's options; all faults at once."""
    faults = Faults(UsageError, "call_faults.all_of_them")
    if cutoff_m is not None and cutoff_min is not None:
        faults.add(Message("call_faults.not_both_cutoffs"))
    asked = "min" if cutoff_min is not None else "m" if cutoff_m is not None else unit or "m"
    if unit is not None and unit not in UNITS:
        known = ", ".join(UNITS)
        faults.add(Message("call_faults.part_unit", known=known, value=unit))
    elif unit is not None and unit != asked:
        faults.add(Message("call_faults.other_unit", unit=unit, asked=asked))
    cutoff = cutoff_min if cutoff_min is not None else cutoff_m
    if cutoff is not None and not number(cutoff) >= 0:
        faults.add(Message("call_faults.no_cutoff", value=cutoff))
    faults.raise_all()
    return Cutoff(unit=asked, value=np.inf if cutoff is None else float(cutoff))


def check_direction(direction: str) -> bool:
    """Whether travel goes towards the sites."""
    if direction not in DIRECTIONS:
        raise UsageError.of(
            "call_faults.no_direction", known=", ".join(DIRECTIONS), value=direction
        )
    return direction == "to_sites"


def snapped(network: NetworkData, points: Points, what: str, **options: Any) -> SnappedPoints:
    """The points on the network; points that were snapped before are taken as they are."""
    network = streets_of(network)
    check_network(network)
    if not isinstance(points, SnappedPoints):
        return snap(network, points, what=what, **options)
    if not _belong(network, points):
        raise UsageError.of("call_faults.other_network", what=called(what))
    return points


def check_labels(points: SnappedPoints, what: str) -> SnappedPoints:
    """The points, whose labels must be unique: an answer about one of two is of no use.

    Raises
    ------
    InputError
        A label stands more than once.
    """
    index = points.index
    if not index.is_unique:
        twice = index[index.duplicated()].unique()[:5].tolist()
        raise InputError.of("call_faults.labels_twice", what=called(what), labels=twice)
    return points


def _belong(network: NetworkData, points: SnappedPoints) -> bool:
    """Whether the points stand where this network says (a few dozen are looked at)."""
    if points.edge.max(initial=-1) >= network.n_edges:
        return False
    if points.node.max(initial=-1) >= network.n_nodes:
        return False
    some = np.arange(0, len(points), max(1, len(points) // _LOOKED_AT))
    some = some[points.state[some] == ON]
    if not len(some):  # few are on the network
        on = np.flatnonzero(points.state == ON)
        some = on[:: max(1, len(on) // _LOOKED_AT)]
    there = location_on_network(network, points, some)
    return np.allclose(points.xy[some], there, rtol=0, atol=SAME_LOCATION_M)
