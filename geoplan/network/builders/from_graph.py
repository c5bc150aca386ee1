"""Networks from OSMnx graphs and GraphML files, and from networkx graphs of that form."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geoplan.crs.antimeridian import median_lonlat
from geoplan.crs.projected import projected_crs_for, unfit_reason
from geoplan.crs.transformer import cached_transformer
from geoplan.errors import Faults, MissingCrsError, NetworkError, UsageError
from geoplan.network.builders.build_notes import measuring_crs
from geoplan.network.builders.osm_tags import (
    KEPT_TAGS,
    driving_minutes,
    is_of_another_mode,
    left_out_by,
    odd_access,
    reason_merged,
    speed_kmh,
)
from geoplan.network.builders.tagging.odd_tags import OddTags
from geoplan.network.builders.tagging.values import tag_values
from geoplan.network.graph.network import NetworkData, check_mode
from geoplan.network.graph.tables import network_from_tables
from geoplan.tolerances import SAME_STREET_M
from geoplan.validate import checked_speeds
from geoplan.words.message import Message, first_few

if TYPE_CHECKING:
    import networkx as nx

_log = logging.getLogger(__name__)


def network_from_graphml(
    path: str | PathLike[str],
    *,
    mode: str,
    crs: Any = None,
    speed_m_s: float | None = None,
    speeds_kmh: Mapping[str, float] | None = None,
    all_classes: bool = False,
) -> NetworkData:
    """The network of a GraphML file of OSMnx; see `geoplan.network.Network.from_graphml`."""
    path = Path(path)
    if not path.is_file():
        raise NetworkError.of("network_faults.no_file", name=path.name)
    import osmnx  # here, as it takes a second to import and only this needs it

    try:
        graph = osmnx.load_graphml(path)
    except Exception as error:
        why = _why_no_graph(error)
        raise NetworkError.of("network_faults.graphml", name=path.name, why=why) from error
    _own_crs(graph, file=path.name)
    return network_from_graph(
        graph,
        mode=mode,
        crs=crs,
        speed_m_s=speed_m_s,
        speeds_kmh=speeds_kmh,
        all_classes=all_classes,
        source=path.name,
    )


def network_from_graph(
    graph: nx.Graph,
    *,
    mode: str,
    crs: Any = None,
    speed_m_s: float | None = None,
    speeds_kmh: Mapping[str, float] | None = None,
    all_classes: bool = False,
    source: str = "graph",
) -> NetworkData:
    """The network of a networkx graph in OSMnx's form; see `geoplan.network.Network.from_graph`."""
    check_mode(mode)
    speeds_kmh = checked_speeds(speeds_kmh)
    own = _own_crs(graph)
    faults = Faults(NetworkError, "network_faults.graph")
    locations = _node_locations(graph, own, faults)
    edges, lengths, given = _edges(graph, faults)
    faults.raise_all()
    plane = _projected_crs(own, locations, crs)
    notes: dict[str, Any] = {"own_crs": own.to_string()}
    if crs is None and plane != own:
        notes["crs_chosen"] = plane.to_string()
        _log.info("%s: measured in %s, as no CRS was named", source, plane.to_string())

    data = edges.pop("data")
    whys = [("" if all_classes else reason_merged(mode, tags.get)) for tags in data]
    used = np.array([why == "" for why in whys])
    left_out = dict(Counter(why for why in whys if why))
    if not used.any():
        reasons = left_out_by(left_out)
        raise NetworkError.of(
            "network_faults.graph_no_street", mode=mode, count=len(used), whys=reasons
        )
    notes["rows"] = {"file": len(used), "used": int(used.sum())}
    if left_out:
        notes["left_out"] = left_out
        notes["left_out_m"] = _metres(edges, lengths, whys)
        notes["of_other_modes"] = sum(
            why == "class"
            and any(is_of_another_mode(mode, c) for c in tag_values(d.get("highway")))
            for why, d in zip(whys, data, strict=True)
        )
    odd = OddTags(mode)
    for tags, why in zip(data, whys, strict=True):
        if not why:
            odd.add(tags.get("highway"), _limit(tags))
            odd.add_access(odd_access(mode, tags.get))
    notes |= odd.notes()
    frame = pd.DataFrame({**edges, "data": data})[used].reset_index(drop=True)
    lengths, given = lengths[used], given[used]
    to_plane = cached_transformer(own, plane)
    nodes = _nodes(locations, to_plane, plane)
    shapes = _shapes(frame, given, nodes, to_plane, same=plane == own)
    frame["geometry"] = shapes
    frame["length_m"] = np.where(np.isfinite(lengths), lengths, shapely.length(shapes))
    keep, oneway = _merge_opposite(frame, directed=graph.is_directed())
    frame = frame[keep].reset_index(drop=True)
    frame["oneway"] = oneway[keep]
    properties = _properties(frame["data"], mode, speeds_kmh)
    if mode == "drive":
        frame["minutes"] = driving_minutes(frame["length_m"], properties["speed_kmh"])
    return network_from_tables(
        nodes.loc[nodes.index.isin(frame["u"]) | nodes.index.isin(frame["v"])],
        pd.concat([frame.drop(columns="data"), properties], axis=1),
        mode=mode,
        speed_m_s=speed_m_s,
        keep=list(properties.columns),
        source=source,
        notes=notes,
    )


def _why_no_graph(error: Exception) -> Message:
    """What is wrong with a file that is not read as a graph: who plans reads no Python."""
    if isinstance(error, ElementTree.ParseError):
        line, column = error.position
        return Message("network_faults.graphml_xml", line=line, column=column + 1)
    if isinstance(error, ValueError | TypeError):
        return Message("network_faults.graphml_value")
    return Message("network_faults.graphml_other")


def _own_crs(graph: nx.Graph, *, file: str = "") -> CRS:
    """The CRS of a graph that was handed over, or of one from a file of that name."""
    import networkx as nx  # takes a while to load

    what = "graphml" if file else "graph"
    if not isinstance(graph, nx.Graph):
        raise UsageError.of("call_faults.no_graph", kind=type(graph).__name__)
    if graph.graph.get("crs") is None:
        raise MissingCrsError.of(f"network_faults.{what}_no_crs", name=file)
    crs = graph.graph["crs"]
    try:
        return CRS.from_user_input(crs)
    except CRSError as error:
        raise UsageError.of(f"network_faults.{what}_bad_crs", name=file, crs=crs) from error


def _node_locations(graph: nx.Graph, own: CRS, faults: Faults) -> pd.DataFrame:
    """X and y by node, and what is wrong with them."""
    frame = pd.DataFrame(
        [(data.get("x"), data.get("y")) for _, data in graph.nodes(data=True)],
        columns=["x", "y"],
        index=pd.Index(list(graph.nodes), tupleize_cols=False),
    ).apply(pd.to_numeric, errors="coerce")
    xy = frame.to_numpy(np.float64)
    known = np.isfinite(xy).all(axis=1)
    if not known.all():
        lost = {"count": int((~known).sum()), "some": first_few(frame.index[~known])}
        faults.add(Message("network_faults.graph_xy", **lost))
    if own.is_geographic:
        off = known & ((np.abs(xy[:, 0]) > 180) | (np.abs(xy[:, 1]) > 90))
        if off.any():
            lost = {"count": int(off.sum()), "some": first_few(frame.index[off]), "crs": own.name}
            faults.add(Message("network_faults.graph_degrees", **lost))
    return frame


def _edges(
    graph: nx.Graph, faults: Faults
) -> tuple[dict[str, list[Any]], NDArray[np.float64], NDArray[Any]]:
    """Ends and tags of the edges, lengths as given (NaN = not), lines as given."""
    ends = list(graph.edges(data=True))
    u, v, data = ([end[k] for end in ends] for k in range(3))
    if not ends:
        faults.add(Message("network_faults.graph_no_edges"))

    def note(bad: NDArray[np.bool_], code: str) -> None:
        if bad.any():
            at = first_few((u[i], v[i]) for i in np.flatnonzero(bad))
            faults.add(Message(f"network_faults.{code}", count=int(bad.sum()), some=at))

    given = pd.Series([tags.get("length") for tags in data], dtype=object)
    lengths = pd.to_numeric(given, errors="coerce").to_numpy(np.float64)
    wrong = ~np.isfinite(lengths) | (lengths < 0)
    note(given.notna().to_numpy() & wrong, "graph_length")
    shapes = np.array([_line(tags.get("geometry")) for tags in data], object)
    note(np.array([s is False for s in shapes], bool), "graph_geometry")
    return {"u": u, "v": v, "data": data}, lengths, shapes


def _line(geometry: Any) -> shapely.LineString | bool | None:
    """A line of an edge (text is read as WKT), None where there is none, False where it is none."""
    if isinstance(geometry, str):
        geometry = shapely.from_wkt(geometry, on_invalid="ignore") or False
    if isinstance(geometry, shapely.MultiLineString) and len(geometry.geoms) == 1:
        geometry = geometry.geoms[0]
    if geometry is None or (isinstance(geometry, float) and np.isnan(geometry)):
        return None
    if not isinstance(geometry, shapely.LineString):
        return False
    if geometry.is_empty:
        return None
    return geometry if np.isfinite(shapely.get_coordinates(geometry)).all() else False


def _projected_crs(own: CRS, locations: pd.DataFrame, crs: Any) -> CRS:
    every = cached_transformer(own, "EPSG:4326").transform(locations["x"], locations["y"])
    lon, lat = median_lonlat(np.column_stack(every))
    known = (lon, lat) if np.isfinite(lon) and np.isfinite(lat) else None
    if crs is not None:
        return measuring_crs(crs, known)
    if own.is_projected and (known is None or not unfit_reason(own, known)):
        return measuring_crs(own, known)
    return projected_crs_for(lon, lat)


def _nodes(locations: pd.DataFrame, to_plane: Transformer, plane: CRS) -> gpd.GeoDataFrame:
    x, y = to_plane.transform(locations["x"].to_numpy(), locations["y"].to_numpy())
    return gpd.GeoDataFrame(index=locations.index, geometry=gpd.points_from_xy(x, y), crs=plane)


def _shapes(
    frame: pd.DataFrame,
    given: NDArray[Any],
    nodes: gpd.GeoDataFrame,
    to_plane: Transformer,
    *,
    same: bool,
) -> NDArray[Any]:
    """Lines in the plane; straight where an edge has no geometry."""
    drawn = ~shapely.is_missing(given)
    points = np.asarray(nodes.geometry.array)
    u, v = nodes.index.get_indexer(frame["u"]), nodes.index.get_indexer(frame["v"])
    xy = shapely.get_coordinates(points)
    shapes = shapely.linestrings(np.stack([xy[u], xy[v]], axis=1))
    if drawn.any():
        lines = shapely.force_2d(given[drawn])
        if not same:
            lines = shapely.transform(
                lines, lambda c: np.column_stack(to_plane.transform(c[:, 0], c[:, 1]))
            )
        shapes[drawn] = lines
    return shapes


def _merge_opposite(
    frame: pd.DataFrame, *, directed: bool
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which edges stay, and which of them are one-way: each edge with its counterpart is one."""
    count = len(frame)
    keep, oneway = np.ones(count, bool), np.zeros(count, bool)
    if not directed:
        return keep, oneway
    names = pd.Index(pd.unique(pd.concat([frame["u"], frame["v"]])), tupleize_cols=False)
    u, v = names.get_indexer(frame["u"]), names.get_indexer(frame["v"])
    lines = frame["geometry"].to_numpy()
    # on the line's own coordinates the two directions differ only by their order
    xy, line = shapely.get_coordinates(lines, return_index=True)
    shape = (
        pd.DataFrame(np.round(xy / SAME_STREET_M)).groupby(line).sum().to_numpy().astype(np.int64)
    )
    second = np.round(shapely.get_coordinates(shapely.get_point(lines, 1)) / SAME_STREET_M)
    last = np.round(shapely.get_coordinates(shapely.get_point(lines, -2)) / SAME_STREET_M)
    # a loop's direction shows in its second vertex and its last but one
    loop_turned = (second > last)[:, 0] | ((second == last)[:, 0] & (second > last)[:, 1])
    turned = np.where(u == v, loop_turned, u > v)
    key = pd.DataFrame(
        {
            "a": np.minimum(u, v),
            "b": np.maximum(u, v),
            "length": np.round(frame["length_m"].to_numpy() / SAME_STREET_M).astype(np.int64),
            "vertices": shapely.get_num_coordinates(lines),
            "sx": shape[:, 0],
            "sy": shape[:, 1],
        }
    )
    # the n-th edge one way goes with the n-th the other way
    key["turned"] = turned
    key["nth"] = key.groupby(list(key.columns)).cumcount()
    same = [name for name in key.columns if name != "turned"]
    both = key.groupby(same)["turned"].transform("nunique").to_numpy() > 1
    keep = ~(both & turned)
    oneway = ~both
    return keep, oneway


def _properties(data: pd.Series, mode: str, speeds: Mapping[str, float] | None) -> pd.DataFrame:
    """Tags that some edge has, as text (lists joined by ";"), and the driving speed."""
    columns: dict[str, Any] = {}
    for key in ("osmid", *KEPT_TAGS):
        values = [tags.get(key) for tags in data]
        if any(value is not None for value in values):
            columns["osm_id" if key == "osmid" else key] = pd.Series(
                [_text(value) for value in values], dtype="str"
            )
    if mode == "drive":
        columns["speed_kmh"] = [_speed(tags, speeds) for tags in data]
    return pd.DataFrame(columns, index=range(len(data)))


def _metres(
    edges: Mapping[str, list[Any]], lengths: NDArray[Any], whys: list[str]
) -> dict[str, float]:
    """Length left out by reason; a street that is two edges counts once."""
    frame = pd.DataFrame(
        {
            "ends": [frozenset(pair) for pair in zip(edges["u"], edges["v"], strict=True)],
            "length": np.nan_to_num(lengths),
            "why": whys,
        }
    )
    left = frame[frame["why"] != ""].drop_duplicates()
    return {str(why): round(float(m), 1) for why, m in left.groupby("why")["length"].sum().items()}


def _text(value: Any) -> str | None:
    return ";".join(tag_values(value)) or None


def _limit(tags: Mapping[str, Any]) -> Any:
    """The speed that an edge says, by OSMnx's own column or by its tag."""
    return tags.get("speed_kph") if _own_speed(tags) else tags.get("maxspeed")


def _own_speed(tags: Mapping[str, Any]) -> float | None:
    values = tag_values(tags.get("speed_kph"))
    given = pd.to_numeric(values[0], errors="coerce") if values else np.nan
    return float(given) if np.isfinite(given) and given > 0 else None


def _speed(tags: Mapping[str, Any], speeds: Mapping[str, float] | None) -> float:
    own = _own_speed(tags)
    return speed_kmh(tags.get("highway"), tags.get("maxspeed"), speeds) if own is None else own
