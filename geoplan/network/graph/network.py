"""`Network`: streets as flat arrays, ready for exact shortest paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy import sparse
from scipy.sparse import csgraph

from geoplan.crs.projected import unfit_reason
from geoplan.errors import GeographicCrsError, NetworkError, UsageError
from geoplan.network.graph.antiparallel import twins
from geoplan.network.graph.arcs import Graph, build_graph
from geoplan.network.graph.tables import arrays_from_tables
from geoplan.validate import positive
from geoplan.words.display import completes, facts_html

if TYPE_CHECKING:
    import networkx as nx

#: speed at which lengths become minutes where the network says nothing else
DEFAULT_SPEED_M_S = {"walk": 1.0, "drive": 30 / 3.6}
MODES = tuple(DEFAULT_SPEED_M_S)
UNITS = ("m", "min")


@completes(
    "bounds",
    "components",
    "crs",
    "edges_frame",
    "length_m",
    "mode",
    "n_edges",
    "n_nodes",
    "nodes_frame",
    "notes",
    "report",
    "save",
    "source",
    "speed_m_s",
)
@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Network:
    """A street network of one mode, in a projected CRS in metres.

    Make one with `from_edges`, `from_osm`, `from_lines`, `from_graphml`, `from_graph` or `load`.

    Nodes stand in Hilbert order (neighbours on the ground are neighbours in memory), edges in
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
    >>> import geopandas as gpd, shapely
    >>> street = shapely.LineString([(500000, 4055000), (500400, 4055000)])
    >>> network = Network.from_lines(gpd.GeoDataFrame(geometry=[street], crs=4548), mode="walk")
    >>> network, network.bounds
    (Network(walk, 2 nodes, 1 edges, 0.4 km, EPSG:4548), (500000.0, 4055000.0, 500400.0, 4055000.0))
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
        positive("speed_m_s", self.speed_m_s, "metres per second")
        n, m = len(self.node_ids), len(self.u)
        sizes = {"x": n, "y": n, "v": m, "length_m": m, "oneway": m, "edge_ids": m}
        sizes |= {
            name: m
            for name in ("minutes", "minutes_back", "properties")
            if getattr(self, name) is not None
        }
        wrong = [name for name, size in sizes.items() if len(getattr(self, name)) != size]
        if len(self.offsets) != m + 1 or self.offsets[-1] != len(self.coords):
            wrong.append("offsets")
        wrong += [
            name
            for name in ("u", "v")
            if m and not 0 <= getattr(self, name).min() <= getattr(self, name).max() < n
        ]
        if wrong:
            raise NetworkError(f"the network's arrays do not fit each other: {', '.join(wrong)}.")
        with np.errstate(invalid="ignore"):
            bad = ~(np.isfinite(self.length_m) & (self.length_m >= 0))
        if bad.any():
            raise NetworkError(
                f"{int(bad.sum())} edges have a length that is negative or no number: lengths are "
                "metres, 0 or more."
            )
        if why := unfit_reason(self.crs):
            raise GeographicCrsError(
                f"the network's CRS ({self.crs.name}) {why}: build it in a projected CRS in metres "
                "(for Jinan EPSG:4548)."
            )
        for name in ("x", "y", "u", "v", "length_m", "oneway", "coords", "offsets"):
            getattr(self, name).flags.writeable = False

    # -- making ----------------------------------------------------------------------------

    @classmethod
    def from_edges(
        cls,
        nodes: gpd.GeoDataFrame,
        edges: pd.DataFrame,
        *,
        mode: str,
        speed_m_s: float | None = None,
        keep: Sequence[str] = (),
        source: str = "",
        notes: dict[str, Any] | None = None,
    ) -> Network:
        """A network from tables.

        Parameters
        ----------
        nodes : points in a projected CRS; index = node id, unique.
        edges : columns ``u``, ``v`` (node ids), ``length_m`` (without it the drawn length
            counts); optionally ``oneway`` (True = only u to v, -1 = only v to u; counts for
            ``mode="drive"``), ``minutes`` (and ``minutes_back`` where the way back takes another
            time), ``geometry`` (LineStrings; straight where missing).
        mode : ``"walk"`` or ``"drive"``.
        speed_m_s : default 1.0 walking, 30 km/h driving.
        keep : other columns of `edges` to carry along in `properties`.
        source, notes : where it came from and what was done, for reports.

        Returns
        -------
        Network
            In the CRS of `nodes`.

        Raises
        ------
        MissingCrsError, GeographicCrsError
            The nodes are not in a projected CRS in metres.
        NetworkError
            Faults in the tables, all of them at once.

        Examples
        --------
        >>> import geopandas as gpd, pandas as pd
        >>> nodes = gpd.GeoDataFrame(
        ...     geometry=gpd.points_from_xy([0, 100, 200], [0, 0, 0]),
        ...     index=["a", "b", "c"], crs="EPSG:4548",
        ... )
        >>> edges = pd.DataFrame({"u": ["a", "b"], "v": ["b", "c"], "length_m": [100.0, 100.0]})
        >>> Network.from_edges(nodes, edges, mode="walk")
        Network(walk, 3 nodes, 2 edges, 0.2 km, EPSG:4548)
        """
        check_mode(mode)
        arrays = arrays_from_tables(nodes, edges, directed=mode != "walk", keep=keep)
        return cls(
            mode=mode,
            speed_m_s=DEFAULT_SPEED_M_S[mode] if speed_m_s is None else speed_m_s,
            source=source,
            notes=dict(notes or {}),
            **arrays,
        )

    @classmethod
    def from_osm(
        cls, path: str | PathLike[str], *, mode: str, crs: Any = None, **options: Any
    ) -> Network:
        """A network from an OpenStreetMap file.

        Parameters
        ----------
        path : ``.osm.pbf``, ``.osm``, ``.osm.bz2``, ``.osm.gz`` or ``.o5m``.
        mode : ``"walk"`` or ``"drive"``; streets are chosen as OSMnx chooses them.
        crs : projected CRS in metres to measure in, for example ``"EPSG:4548"``; default the
            CGCS2000 3-degree zone in China, the UTM zone elsewhere.
        options : ``speed_m_s``, ``speeds_kmh`` (by road class), ``bounds`` (degrees); see
            `geoplan.network.builders.from_osm.network_from_osm`.

        Returns
        -------
        Network
            Lengths in metres; driving edges carry minutes.

        Raises
        ------
        NetworkError
            The file cannot be read as OSM, or holds no street of this mode.
        GeographicCrsError
            `crs` is in degrees.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> xml = '''<osm version="0.6">
        ...   <node id="1" lon="117.000" lat="36.65"/><node id="2" lon="117.001" lat="36.65"/>
        ...   <way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
        ... </osm>'''
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "street.osm"
        >>> _ = path.write_text(xml)
        >>> Network.from_osm(path, mode="walk", crs="EPSG:4548")
        Network(walk, 2 nodes, 1 edges, 0.1 km, EPSG:4548)
        """
        from geoplan.network.builders.from_osm import network_from_osm

        return network_from_osm(path, mode=mode, crs=crs, **options)

    @classmethod
    def from_lines(cls, lines: gpd.GeoDataFrame, *, mode: str, **options: Any) -> Network:
        """A network from a line layer: lines meet where they share a vertex.

        Parameters
        ----------
        lines : LineStrings or MultiLineStrings in a projected CRS in metres.
        mode : ``"walk"`` or ``"drive"``.
        options : ``speed_m_s``, ``columns``, ``snap_m``, ``split_crossings`` and others; see
            `geoplan.network.builders.from_lines.network_from_lines`.

        Returns
        -------
        Network
            In the CRS of `lines`.

        Raises
        ------
        MissingCrsError, GeographicCrsError
            The lines are not in a projected CRS in metres.
        NetworkError
            There is no usable line of this mode.

        Examples
        --------
        >>> import geopandas as gpd, shapely
        >>> streets = gpd.GeoDataFrame(
        ...     geometry=shapely.linestrings([[(0, 0), (300, 0)], [(300, 0), (300, 500)]]),
        ...     crs="EPSG:4548",
        ... )
        >>> Network.from_lines(streets, mode="walk")
        Network(walk, 3 nodes, 2 edges, 0.8 km, EPSG:4548)
        """
        from geoplan.network.builders.from_lines import network_from_lines

        return network_from_lines(lines, mode=mode, **options)

    @classmethod
    def from_graphml(
        cls, path: str | PathLike[str], *, mode: str, crs: Any = None, **options: Any
    ) -> Network:
        """A network from a GraphML file that OSMnx saved.

        Parameters
        ----------
        path : the ``.graphml`` file.
        mode : ``"walk"`` or ``"drive"``.
        crs : projected CRS in metres to measure in; None = the file's own when it is projected.
        options : as `from_graph`.

        Returns
        -------
        Network

        Raises
        ------
        NetworkError
            No such file, or one that is no street graph.

        Examples
        --------
        >>> import networkx as nx, osmnx, pathlib, tempfile
        >>> graph = nx.MultiDiGraph(crs="EPSG:4548")
        >>> graph.add_node(1, x=0.0, y=0.0); graph.add_node(2, x=100.0, y=0.0)
        >>> _ = graph.add_edge(1, 2, length=100.0, osmid=7)
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "street.graphml"
        >>> osmnx.save_graphml(graph, path)
        >>> Network.from_graphml(path, mode="walk")
        Network(walk, 2 nodes, 1 edges, 0.1 km, EPSG:4548)
        """
        from geoplan.network.builders.from_graph import network_from_graphml

        return network_from_graphml(path, mode=mode, crs=crs, **options)

    @classmethod
    def from_graph(cls, graph: nx.Graph, *, mode: str, **options: Any) -> Network:
        """A network from a networkx graph as OSMnx makes it.

        Parameters
        ----------
        graph : nodes with ``x`` and ``y``, edges with ``length`` in metres; ``graph["crs"]``.
        mode : ``"walk"`` or ``"drive"``.
        options : ``crs``, ``speed_m_s`` and others; see
            `geoplan.network.builders.from_graph.network_from_graph`.

        Returns
        -------
        Network

        Raises
        ------
        NetworkError
            The graph lacks coordinates or lengths.

        Examples
        --------
        >>> import networkx as nx
        >>> graph = nx.MultiDiGraph(crs="EPSG:4548")
        >>> graph.add_node(1, x=0.0, y=0.0); graph.add_node(2, x=100.0, y=0.0)
        >>> _ = graph.add_edge(1, 2, length=100.0)
        >>> Network.from_graph(graph, mode="walk")
        Network(walk, 2 nodes, 1 edges, 0.1 km, EPSG:4548)
        """
        from geoplan.network.builders.from_graph import network_from_graph

        return network_from_graph(graph, mode=mode, **options)

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
        """Number of the connected part each node lies in (by node id); 0 has the most nodes.

        One-way signs are left aside: two nodes in different parts are not joined at all.
        """
        return pd.Series(self._component_numbers(), index=self.node_ids, name="component")

    def _component_numbers(self) -> NDArray[np.int32]:
        if "components" not in self._cache:
            links = sparse.coo_array(
                (np.ones(self.n_edges, np.int8), (self.u, self.v)), shape=(self.n_nodes,) * 2
            )
            count, part = csgraph.connected_components(links, directed=False)
            size = np.bincount(part, minlength=count)
            rank = np.empty(count, np.int32)
            rank[np.argsort(-size, kind="stable")] = np.arange(count, dtype=np.int32)
            self._cache["components"] = rank[part]
        return self._cache["components"]

    def __repr__(self) -> str:
        name = self.crs.to_string() if self.crs.to_epsg() else self.crs.name
        return (
            f"Network({self.mode}, {self.n_nodes:,} nodes, {self.n_edges:,} edges, "
            f"{self.length_m.sum() / 1000:,.1f} km, {name})"
        )

    def _repr_html_(self) -> str:
        return facts_html(
            "Network",
            [
                ("mode", self.mode),
                ("nodes", f"{self.n_nodes:,}"),
                ("edges", f"{self.n_edges:,}"),
                ("length", f"{self.length_m.sum() / 1000:,.1f} km"),
                ("CRS", self.crs.to_string() if self.crs.to_epsg() else self.crs.name),
                ("speed", f"{self.speed_m_s:g} m/s"),
                ("source", self.source),
            ],
        )

    def edge_lines(self, which: NDArray[Any] | None = None) -> NDArray[Any]:
        """The edges as shapely LineStrings, all or those at the positions `which`."""
        if which is None:
            parts, coords = np.repeat(np.arange(self.n_edges), np.diff(self.offsets)), self.coords
        else:
            which = np.asarray(which)
            counts = np.diff(self.offsets)[which]
            parts = np.repeat(np.arange(len(which)), counts)
            start = np.repeat(self.offsets[:-1][which] - np.cumsum(counts) + counts, counts)
            coords = self.coords[start + np.arange(len(parts))]
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
        >>> Network.from_lines(street, mode="walk").nodes_frame()["component"].tolist()
        [0, 0]
        """
        return gpd.GeoDataFrame(
            {"component": self._component_numbers()},
            index=self.node_ids,
            geometry=gpd.points_from_xy(self.x, self.y),
            crs=self.crs,
        )

    def report(self, **options: Any) -> Any:
        """What is doubtful about the network: islands, near misses, one-way traps.

        Parameters
        ----------
        options : ``near_m``, ``detour_m`` and others of `geoplan.network.network_report`.

        Returns
        -------
        NetworkReport
            ``summary()`` is text.

        Examples
        --------
        >>> import geopandas as gpd, shapely
        >>> streets = gpd.GeoDataFrame(
        ...     geometry=shapely.linestrings([[(0, 0), (300, 0)], [(0, 900), (300, 900)]]),
        ...     crs="EPSG:4548",
        ... )
        >>> len(Network.from_lines(streets, mode="walk").report().islands)
        1
        """
        from geoplan.network.diagnostics import network_report

        return network_report(self, **options)

    # -- costs -----------------------------------------------------------------------------

    def edge_costs(self, unit: str = "m") -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Cost of each edge from u to v and from v to u, in `unit`; inf where not allowed.

        A two-way street that comes as two one-way edges drawn alike (`twins`) may be used both
        ways on either: the way back costs what the other edge says. (Made once and kept.)

        Parameters
        ----------
        unit : ``"m"`` or ``"min"``.
        """
        key = ("costs", unit)
        if key not in self._cache:
            forward, backward = self._arc_costs(unit)
            if self.oneway.any():
                twin = self._twins()
                backward = np.where(twin >= 0, forward[twin], backward)
            forward.flags.writeable = backward.flags.writeable = False
            self._cache[key] = forward, backward
        return self._cache[key]

    def _arc_costs(self, unit: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Costs each way by the edge's own signs."""
        if unit not in UNITS:
            raise UsageError(f"unit must be one of {', '.join(UNITS)}, not {unit!r}.")
        if unit == "m":
            forward = backward = self.length_m
        elif self.minutes is None:
            forward = backward = self.length_m / (self.speed_m_s * 60.0)
        else:
            forward = self.minutes
            backward = forward if self.minutes_back is None else self.minutes_back
        return forward, np.where(self.oneway, np.inf, backward)

    def _twins(self) -> NDArray[np.int32]:
        if "twins" not in self._cache:
            self._cache["twins"] = twins(self.u, self.v, self.oneway, self.coords, self.offsets)
        return self._cache["twins"]

    def snap_cost(self, unit: str = "m") -> float:
        """Cost of one metre between a point and its edge, in `unit`."""
        return 1.0 if unit == "m" else 1.0 / (self.speed_m_s * 60.0)

    def graph(self, unit: str = "m", *, reverse: bool = False) -> Graph:
        """The directed arcs with costs in `unit` (made once and kept)."""
        forward, backward = self._arc_costs(unit)
        if reverse and np.array_equal(forward, backward):
            reverse = False  # same costs both ways: one graph serves both directions
        key = ("graph", unit, reverse)
        if key not in self._cache:
            self._cache[key] = build_graph(
                self.u, self.v, forward, backward, self.n_nodes, reverse=reverse
            )
        return self._cache[key]

    # -- files -----------------------------------------------------------------------------

    def save(self, path: str | PathLike[str]) -> None:
        """Write the network into one file; `load` reads it back.

        Parameters
        ----------
        path : the file; an older one is replaced only when all is written.

        Raises
        ------
        NetworkError
            The folder does not exist, or labels that no table can hold.

        Examples
        --------
        >>> import geopandas as gpd, pathlib, shapely, tempfile
        >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (9, 0)])], crs=4548)
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "street.network"
        >>> Network.from_lines(street, mode="walk").save(path)
        >>> Network.load(path)
        Network(walk, 2 nodes, 1 edges, 0.0 km, EPSG:4548)
        """
        from geoplan.network.builders.native_format import save_network

        save_network(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Network:
        """Read a network that `save` or ``geoplan network build`` wrote.

        Parameters
        ----------
        path : the file.

        Returns
        -------
        Network

        Raises
        ------
        NetworkError
            No such file, or none of geoplan's.

        Examples
        --------
        See `save`.

        >>> Network.load("nowhere.network")
        Traceback (most recent call last):
        geoplan.errors.NetworkError: ...
        """
        from geoplan.network.builders.native_format import load_network

        return load_network(path)


def check_mode(mode: str) -> None:
    """Raise `UsageError` unless `mode` is known."""
    if mode not in MODES:
        raise UsageError(f"mode must be one of {', '.join(MODES)}, not {mode!r}.")
