"""`Network`: a street network and every way to make one, save it and look for its faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from os import PathLike
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geoplan.network.builders.from_graph import network_from_graph, network_from_graphml
from geoplan.network.builders.from_lines import LineOptions, network_from_lines
from geoplan.network.builders.from_osm import network_from_osm
from geoplan.network.builders.saved.native_format import load_network, save_network
from geoplan.network.diagnostics import NetworkReport, network_report
from geoplan.network.graph.network import NetworkData
from geoplan.network.graph.tables import network_from_tables
from geoplan.validate import takes
from geoplan.words.display import completes

if TYPE_CHECKING:
    import networkx as nx


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
class Network(NetworkData):
    """A street network of one mode, in a projected CRS in metres.

    Make one with `from_edges`, `from_osm`, `from_lines`, `from_graphml`, `from_graph` or `load`.

    Parameters
    ----------
    crs, mode, speed_m_s, source, notes : see `geoplan.network.graph.network.NetworkData`, and so
        are all others.
    node_ids, x, y : the nodes.
    u, v, length_m, oneway, minutes, minutes_back, edge_ids, properties : the edges.
    coords, offsets : how the edges are drawn.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> street = shapely.LineString([(500000, 4055000), (500400, 4055000)])
    >>> network = Network.from_lines(gpd.GeoDataFrame(geometry=[street], crs=4548), mode="walk")
    >>> network, network.bounds
    (Network(walk, 2 nodes, 1 edges, 0.4 km, EPSG:4548), (500000.0, 4055000.0, 500400.0, 4055000.0))
    """

    __slots__ = ()

    @classmethod
    def from_data(cls, data: NetworkData) -> Network:
        """The network with the arrays of `data`, which are shared and not copied.

        Parameters
        ----------
        data : what a builder made.

        Returns
        -------
        Network

        Examples
        --------
        >>> import pandas as pd
        >>> from geoplan.network.graph.tables import network_from_tables
        >>> nodes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 9], [0, 0]), crs=4548)
        >>> data = network_from_tables(nodes, pd.DataFrame({"u": [0], "v": [1]}), mode="walk")
        >>> Network.from_data(data)
        Network(walk, 2 nodes, 1 edges, 0.0 km, EPSG:4548)
        """
        return cls(**{f.name: getattr(data, f.name) for f in fields(data) if f.init})

    @classmethod
    @takes(nodes="shapes", edges="frame", mode="text")
    def from_edges(
        cls,
        nodes: gpd.GeoDataFrame,
        edges: pd.DataFrame,
        *,
        mode: str,
        speed_m_s: float | None = None,
        keep: Sequence[str] = (),
        source: str = "",
        notes: Mapping[str, Any] | None = None,
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
        ...     index=["a", "b", "c"], crs="EPSG:4548")
        >>> edges = pd.DataFrame({"u": ["a", "b"], "v": ["b", "c"], "length_m": [100.0, 100.0]})
        >>> Network.from_edges(nodes, edges, mode="walk")
        Network(walk, 3 nodes, 2 edges, 0.2 km, EPSG:4548)
        """
        return cls.from_data(
            network_from_tables(
                nodes, edges, mode=mode, speed_m_s=speed_m_s, keep=keep, source=source, notes=notes
            )
        )

    @classmethod
    @takes(path="path", mode="text", crs="crs?")
    def from_osm(
        cls, path: str | PathLike[str], *, mode: str, crs: Any = None, **options: Any
    ) -> Network:
        """A network from an OpenStreetMap file.

        Streets are chosen as OSMnx's ``network_type`` "walk" and "drive" choose them; what is
        private or forbidden is left out, what ``foot`` or ``motor_vehicle`` allows comes in, and
        pedestrian squares are crossed. Ways are cut where they share a node; streets that only
        cross on the map (bridges, tunnels) stay apart. Each edge keeps its shape, and in
        `properties` its tags, ``osm_id`` and ``barrier`` (gates, bollards, ... on it: kept in view,
        not taken as closed).

        Parameters
        ----------
        path : ``.osm.pbf``, ``.osm``, ``.osm.bz2``, ``.osm.gz`` or ``.o5m``.
        mode : ``"walk"`` (both ways everywhere) or ``"drive"`` (one-way signs, roundabouts and
            motorways count).
        crs : projected CRS in metres to measure in, for example ``"EPSG:4548"``; default the
            CGCS2000 3-degree zone in China, the UTM zone elsewhere (in ``notes["crs_chosen"]``).
        options : keywords, all of which may be left out:
        speed_m_s : walking speed, or when driving the speed between a point and its street;
            default 1.0 (older people, the lower end of usual plans 0.8-1.4) or 30 km/h.
        speeds_kmh : for drive, speeds by road class where no ``maxspeed`` is tagged; adds to
            `geoplan.network.builders.osm_tags.SPEEDS_KMH`.
        bounds : west, south, east, north in degrees (WGS 84); streets are cut off beyond.
        ferries : take ferry lines as streets, with the time of their ``duration``.

        Returns
        -------
        Network
            Lengths are measured in the plane of `crs`, as snapping is (off by at most 0.03 % in a
            3-degree zone, 0.1 % in a UTM zone). Driving edges carry minutes.

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
        return cls.from_data(network_from_osm(path, mode=mode, crs=crs, **options))

    @classmethod
    @takes(lines="places", mode="text")
    def from_lines(cls, lines: gpd.GeoDataFrame, *, mode: str, **options: Any) -> Network:
        """A network from a line layer: lines meet where they share a vertex.

        Coordinates are equal after rounding to `snap_m`. Where the layer distinguishes heights
        (columns layer, bridge, tunnel), lines of other heights do not meet, except that a line end
        which no line of its own height continues (a bridge's ramp) joins the nearest height there.
        Lines that cross without a shared vertex are not joined unless `split_crossings`.

        Parameters
        ----------
        lines : LineStrings or MultiLineStrings in a projected CRS in metres; their index becomes
            the property ``line``.
        mode : ``"walk"`` or ``"drive"``. Where a road class column holds OSM's classes, those of
            the other mode are left out.
        options : ``speed_m_s``, ``columns``, ``snap_m``, ``split_crossings`` and others; see
            `geoplan.network.builders.from_lines.LineOptions`.

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
        UsageError
            `columns` names a column or a role that does not exist.

        Examples
        --------
        >>> import geopandas as gpd, shapely
        >>> streets = gpd.GeoDataFrame(
        ...     geometry=shapely.linestrings([[(0, 0), (300, 0)], [(300, 0), (300, 500)]]),
        ...     crs="EPSG:4548")
        >>> Network.from_lines(streets, mode="walk")
        Network(walk, 3 nodes, 2 edges, 0.8 km, EPSG:4548)

        A bridge passes over the junction at (50, 0):

        >>> roads = gpd.GeoDataFrame(
        ...     {"bridge": ["no", "no", "yes"]},
        ...     geometry=shapely.from_wkt(["LINESTRING (0 0, 50 0, 100 0)",
        ...         "LINESTRING (50 0, 50 80)", "LINESTRING (50 -40, 50 0, 90 40)"]),
        ...     crs="EPSG:4548")
        >>> network = Network.from_lines(roads, mode="walk")
        >>> network.n_edges, network.components.nunique()
        (4, 2)
        """
        return cls.from_data(network_from_lines(lines, mode=mode, options=LineOptions(**options)))

    @classmethod
    @takes(path="path", mode="text", crs="crs?")
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
        return cls.from_data(network_from_graphml(path, mode=mode, crs=crs, **options))

    @classmethod
    @takes(graph="graph", mode="text")
    def from_graph(cls, graph: nx.Graph, *, mode: str, **options: Any) -> Network:
        """A network from a networkx graph as OSMnx makes it.

        A directed graph's edges from u to v and from v to u become one two-way edge when they have
        the same length and shape; what has no counterpart is one-way (for ``mode="drive"``). An
        undirected graph is two-way throughout.

        Parameters
        ----------
        graph : nodes with ``x`` and ``y``; edges with ``length`` in metres (where missing, the
            drawn length counts) and optionally ``geometry``, ``highway``, ``maxspeed``,
            ``speed_kph``, ``name``, ``osmid``, ...; ``graph.graph["crs"]`` is the CRS of x and y.
        mode : ``"walk"`` or ``"drive"``; streets of the other mode are left out by their tags.
        options : keywords, all of which may be left out:
        crs : projected CRS to measure in; None = the graph's own when projected, else chosen as in
            `from_osm`.
        speed_m_s, speeds_kmh : as in `from_osm`. An edge's ``speed_kph`` (as
            ``osmnx.add_edge_speeds`` writes) comes before its ``maxspeed`` and its class.
        all_classes : keep edges whatever their tags.
        source : what the graph is, for reports.

        Returns
        -------
        Network

        Raises
        ------
        MissingCrsError
            ``graph.graph["crs"]`` is not set.
        NetworkError
            Nodes without x or y, no edges, or none for this mode.

        Examples
        --------
        >>> import networkx as nx
        >>> graph = nx.MultiDiGraph(crs="EPSG:4548")
        >>> graph.add_node(1, x=0.0, y=0.0); graph.add_node(2, x=100.0, y=0.0)
        >>> _ = graph.add_edge(1, 2, length=100.0); _ = graph.add_edge(2, 1, length=100.0)
        >>> Network.from_graph(graph, mode="drive")
        Network(drive, 2 nodes, 1 edges, 0.1 km, EPSG:4548)
        """
        return cls.from_data(network_from_graph(graph, mode=mode, **options))

    def report(self, **options: Any) -> NetworkReport:
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
        ...     crs="EPSG:4548")
        >>> len(Network.from_lines(streets, mode="walk").report().islands)
        1
        """
        return network_report(self, **options)

    @takes(path="path")
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
        save_network(self, path)

    @classmethod
    @takes(path="path")
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
        >>> Network.load("nowhere.network")
        Traceback (most recent call last):
        geoplan.errors.NetworkError: ...
        """
        return cls.from_data(load_network(path))
