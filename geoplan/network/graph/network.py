"""`NetworkData`: a street network as flat arrays, and the costs and arcs that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy import sparse
from scipy.sparse import csgraph

from geoplan.crs.projected import unfit_reason
from geoplan.errors import Faults, GeographicCrsError, NetworkError, UsageError
from geoplan.network.graph.antiparallel import antiparallel_edges
from geoplan.network.graph.arcs import Graph, build_graph
from geoplan.network.graph.array_checks import KINDS, OPTIONAL, check_arrays, native_array
from geoplan.network.graph.polylines import lines_at
from geoplan.validate import positive_number
from geoplan.words.display import facts_html
from geoplan.words.message import Message

T = TypeVar("T")

#: speed at which lengths become minutes where the edges carry none
DEFAULT_SPEED_M_S = {"walk": 1.0, "drive": 30 / 3.6}
MODES = tuple(DEFAULT_SPEED_M_S)
UNITS = ("m", "min")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class NetworkData:
    """A street network of one mode, in a projected CRS in metres.

    What builders return and searches read; `geoplan.network.Network` adds the constructors.

    Nodes are in Hilbert order (neighbours on the ground are neighbours in memory), edges in
    the caller's order. An edge is one physical stretch of street; which ways it may be used
    follows from `oneway` and `mode`. All arrays are read-only; n nodes, m edges, k vertices.

    Parameters
    ----------
    crs : projected, metres.
    mode : ``"walk"`` (one-way signs do not count) or ``"drive"`` (they do).
    speed_m_s : speed for lengths without minutes, and for the way from a point to its edge.
    node_ids : the caller's node labels, unique (n).
    x, y : float64 (n,), metres.
    u, v : int32 (m,), end nodes of each edge as positions in `node_ids`.
    length_m : float64 (m,), >= 0; may differ from the drawn length (slopes, generalised lines).
    oneway : bool (m,), True = only from u to v. All False when walking.
    minutes, minutes_back : float64 (m,) or None, time from u to v and from v to u. Without
        `minutes` the time is ``length_m / speed_m_s / 60``; without `minutes_back` it is
        `minutes` both ways.
    coords : float64 (k, 2), vertices of all edges one after the other, each from u to v.
    offsets : int64 (m + 1,), edge e is drawn by ``coords[offsets[e]:offsets[e + 1]]``.
    edge_ids : the caller's edge labels (m).
    properties : other columns per edge (``highway``, ``bridge``, ``layer``, ``osm_id``, ...) with
        a RangeIndex, or None.
    source : where the network came from, for reports.
    notes : what was done while building (counts of what was left out, ...), for reports.

    Examples
    --------
    >>> network = NetworkData(
    ...     crs=CRS(4548), mode="walk", speed_m_s=1.0, node_ids=pd.Index(["a", "b"]),
    ...     x=np.array([0.0, 400.0]), y=np.zeros(2), u=np.array([0]), v=np.array([1]),
    ...     length_m=np.array([400.0]), oneway=np.array([False]), edge_ids=pd.RangeIndex(1),
    ...     coords=np.array([[0.0, 0.0], [400.0, 0.0]]), offsets=np.array([0, 2]),
    ... )
    >>> network, network.bounds
    (NetworkData(walk, 2 nodes, 1 edges, 0.4 km, EPSG:4548), (0.0, 0.0, 400.0, 0.0))
    """

    crs: CRS
    mode: str
    speed_m_s: float
    node_ids: pd.Index
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    u: NDArray[np.int32]
    v: NDArray[np.int32]
    length_m: NDArray[np.float64]
    oneway: NDArray[np.bool_]
    minutes: NDArray[np.float64] | None = None
    minutes_back: NDArray[np.float64] | None = None
    coords: NDArray[np.float64]
    offsets: NDArray[np.int64]
    edge_ids: pd.Index
    properties: pd.DataFrame | None = None
    source: str = ""
    notes: dict[str, Any] = field(default_factory=dict)
    _cache: dict[Any, Any] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        check_mode(self.mode)
        positive_number("speed_m_s", self.speed_m_s, "metres per second")
        self._check_arrays()
        if why := unfit_reason(self.crs):
            raise GeographicCrsError.of("call_faults.unfit_network", crs=self.crs.name, why=why)

    def _check_arrays(self) -> None:
        """Bring every array to its kind and refuse what compiled code must not see."""
        faults = Faults(NetworkError, "network_faults.arrays")
        arrays = {}
        for name in KINDS:
            given = getattr(self, name)
            if given is None and name in OPTIONAL:
                continue
            array = native_array(name, given)
            if array is None:
                faults.add(Message("network_faults.arrays_kind", name=name))
            else:
                arrays[name] = array
        faults.raise_all()
        sizes = {"edge_ids": len(self.edge_ids)}
        if self.properties is not None:
            sizes["properties"] = len(self.properties)
        check_arrays(arrays, len(self.node_ids), sizes, faults)
        faults.raise_all()
        for name, array in arrays.items():
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def __reduce__(self) -> tuple[Any, ...]:
        """What is sent and kept: all but what follows from it, which is made anew in less time."""
        return without_cache(self)

    # -- facts -----------------------------------------------------------------------------

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_ids)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.u)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """minx, miny, maxx, maxy of the drawn edges, metres."""
        low, high = self.coords.min(axis=0), self.coords.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @property
    def components(self) -> pd.Series:
        """Number of the connected component of each node (by node id); 0 has the most nodes.

        One-way signs do not count: two nodes in different components are not joined at all.
        """
        return pd.Series(self.component_numbers, index=self.node_ids, name="component")

    @property
    def component_numbers(self) -> NDArray[np.int32]:
        """`components` as an array in the order of the nodes (n)."""
        return self.derived("components", self._find_components)

    def _find_components(self) -> NDArray[np.int32]:
        edges = sparse.coo_array(
            (np.ones(self.n_edges, np.int8), (self.u, self.v)), shape=(self.n_nodes,) * 2
        )
        count, component = csgraph.connected_components(edges, directed=False)
        size = np.bincount(component, minlength=count)
        rank = np.empty(count, np.int32)
        rank[np.argsort(-size, kind="stable")] = np.arange(count, dtype=np.int32)
        return rank[component]

    def derived(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` computes from the arrays, computed once and kept under `key`.

        Parameters
        ----------
        key : names the result.
        make : called without arguments when the result is not there yet.

        Returns
        -------
        The result; whoever asks again gets the same object.

        Examples
        --------
        >>> import geopandas as gpd, shapely
        >>> from geoplan.network import Network
        >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (9, 0)])], crs=4548)
        >>> network = Network.from_lines(street, mode="walk")
        >>> network.derived("total", lambda: float(network.length_m.sum()))
        9.0
        """
        if key not in self._cache:
            self._cache[key] = make()
        return self._cache[key]

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.mode}, {self.n_nodes:,} nodes, {self.n_edges:,} edges, "
            f"{self.length_m.sum() / 1000:,.1f} km, {crs_name(self.crs)})"
        )

    def _repr_html_(self) -> str:
        return facts_html(
            type(self).__name__,
            [
                ("mode", self.mode),
                ("nodes", f"{self.n_nodes:,}"),
                ("edges", f"{self.n_edges:,}"),
                ("length", f"{self.length_m.sum() / 1000:,.1f} km"),
                ("CRS", crs_name(self.crs)),
                ("speed", f"{self.speed_m_s:g} m/s"),
                ("source", self.source),
            ],
        )

    def edge_lines(self, which: NDArray[Any] | None = None) -> NDArray[Any]:
        """The edges as shapely LineStrings, all or those at the positions `which`."""
        at = None if which is None else np.asarray(which)
        coords, parts = lines_at(self.coords, self.offsets, at)
        if len(parts) == 0:
            return np.empty(0, object)
        return shapely.linestrings(coords, indices=parts)

    def edges_frame(self) -> gpd.GeoDataFrame:
        """One row per edge, index = edge label.

        Returns
        -------
        GeoDataFrame
            In the network's CRS; columns ``u``, ``v`` (node ids), ``length_m``, ``oneway``,
            ``minutes`` (and ``minutes_back``) if any, the properties, ``geometry``.

        Examples
        --------
        >>> import geopandas as gpd, shapely
        >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (9, 0)])], crs=4548)
        >>> from geoplan.network import Network
        >>> Network.from_lines(street, mode="walk").edges_frame()["length_m"].tolist()
        [9.0]
        """
        columns: dict[str, Any] = {
            "u": self.node_ids[self.u],
            "v": self.node_ids[self.v],
            "length_m": self.length_m,
            "oneway": self.oneway,
        }
        for name in ("minutes", "minutes_back"):
            if getattr(self, name) is not None:
                columns[name] = getattr(self, name)
        frame = pd.DataFrame(columns, index=self.edge_ids)
        if self.properties is not None:
            extra = self.properties.set_axis(self.edge_ids)
            frame = frame.join(extra[[c for c in extra.columns if c not in frame.columns]])
        return gpd.GeoDataFrame(frame, geometry=self.edge_lines(), crs=self.crs)

    def nodes_frame(self) -> gpd.GeoDataFrame:
        """One point per node, index = node id.

        Returns
        -------
        GeoDataFrame
            In the network's CRS; columns ``component`` (see `components`), ``geometry``.

        Examples
        --------
        >>> import geopandas as gpd, shapely
        >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (9, 0)])], crs=4548)
        >>> from geoplan.network import Network
        >>> Network.from_lines(street, mode="walk").nodes_frame()["component"].tolist()
        [0, 0]
        """
        return gpd.GeoDataFrame(
            {"component": self.component_numbers},
            index=self.node_ids,
            geometry=gpd.points_from_xy(self.x, self.y),
            crs=self.crs,
        )

    # -- costs -----------------------------------------------------------------------------

    def edge_costs(self, unit: str = "m") -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Cost of each edge from u to v and from v to u, in `unit`; inf where not allowed.

        A two-way street that comes as two one-way edges drawn alike (`antiparallel_edges`) may be
        used both ways on either: the way back costs what the other edge costs.

        Parameters
        ----------
        unit : ``"m"`` or ``"min"``.
        """
        return self.derived(("costs", unit), lambda: self._edge_costs(unit))

    def _edge_costs(self, unit: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        forward, backward = self._arc_costs(unit)
        if self.oneway.any():
            other = self.derived(
                "antiparallel",
                lambda: antiparallel_edges(self.u, self.v, self.oneway, self.coords, self.offsets),
            )
            backward = np.where(other >= 0, forward[other], backward)
        forward.flags.writeable = backward.flags.writeable = False
        return forward, backward

    def _arc_costs(self, unit: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Costs each way by the edge's own one-way sign."""
        if unit not in UNITS:
            raise UsageError.of("call_faults.no_unit", known=", ".join(UNITS), value=unit)
        if unit == "m":
            forward = backward = self.length_m
        elif self.minutes is None:
            forward = backward = self.length_m / (self.speed_m_s * 60.0)
        else:
            forward = self.minutes
            backward = forward if self.minutes_back is None else self.minutes_back
        return forward, np.where(self.oneway, np.inf, backward)

    def snap_cost(self, unit: str = "m") -> float:
        """Cost of one metre between a point and its edge, in `unit`."""
        return 1.0 if unit == "m" else 1.0 / (self.speed_m_s * 60.0)

    def graph(self, unit: str = "m", *, reverse: bool = False) -> Graph:
        """The directed arcs with costs in `unit` (computed once and kept)."""
        # same costs both ways: one graph serves both directions
        reverse = reverse and not self.derived(
            ("alike", unit), lambda: np.array_equal(*self._arc_costs(unit))
        )

        def build() -> Graph:
            costs = self._arc_costs(unit)
            return build_graph(self.u, self.v, *costs, self.n_nodes, reverse=reverse)

        return self.derived(("graph", unit, reverse), build)


#: a function that changes a network returns the class that it was given
AnyNetwork = TypeVar("AnyNetwork", bound=NetworkData)


def without_cache(network: Any) -> tuple[Any, ...]:
    """How pickle makes a network again: its fields without the cache.

    Not by `__getstate__`: Python before 3.11.3 puts one of its own into frozen classes with slots.
    """
    kept = {one.name: getattr(network, one.name) for one in fields(network)}
    del kept["_cache"]
    return _made_again, (type(network), kept)


def _made_again(kind: type, kept: dict[str, Any]) -> Any:
    network: Any = object.__new__(kind)
    for name, value in {**kept, "_cache": {}}.items():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
        object.__setattr__(network, name, value)
    return network


def crs_name(crs: CRS) -> str:
    """The code of a CRS where it has one (``"EPSG:4548"``), else its name."""
    return crs.to_string() if crs.to_epsg() else crs.name


def check_mode(mode: str) -> None:
    """Raise `UsageError` unless `mode` is known."""
    if mode not in MODES:
        raise UsageError.of("call_faults.no_mode", known=", ".join(MODES), value=mode)


def check_network(network: object) -> None:
    """Raise `UsageError` unless `network` is a network."""
    if not isinstance(network, NetworkData):
        raise UsageError.of("call_faults.no_network", kind=type(network).__name__)
