"""One call for any street file: which reader takes it follows from its name."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from geoplan.crs.projected import checked_crs, layer_centre, projected_crs_for, unfit_layer_reason
from geoplan.crs.transformer import cached_transformer
from geoplan.errors import (
    CrsMismatchError,
    InputError,
    MissingCrsError,
    NetworkError,
    UsageError,
)
from geoplan.network.builders.build_notes import measured_in, note_unused
from geoplan.network.builders.from_graph import network_from_graphml
from geoplan.network.builders.from_lines import network_from_lines
from geoplan.network.builders.from_osm import network_from_osm
from geoplan.network.builders.osm_file import SUFFIXES
from geoplan.network.graph.network import Network, check_mode

LINE_SUFFIXES = (".gpkg", ".shp", ".geojson", ".json", ".fgb", ".parquet", ".kml", ".gml", ".zip")
TABLE_SUFFIXES = (".csv", ".tsv", ".txt")
#: of every OpenStreetMap file
OSM_CRS = CRS.from_epsg(4326)
#: usual names of a column of geometries as text, lower case
WKT_COLUMNS = ("wkt", "geometry", "geom", "the_geom", "wkt_geom", "几何")


def read_network(
    path: str | PathLike[str],
    *,
    mode: str,
    crs: Any = None,
    layer: str | None = None,
    source_crs: Any = None,
    datum: str | None = None,
    columns: Mapping[str, str] | None = None,
    speed_m_s: float | None = None,
    speeds_kmh: Mapping[str, float] | None = None,
    encoding: str | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    split_crossings: bool = False,
    directed: bool | None = None,
    all_classes: bool = False,
) -> Network:
    """The street network in a file: one saved by `Network.save`, OSM, GraphML, or a line layer.

    Parameters
    ----------
    path : a saved network; ``.osm.pbf``, ``.osm`` and the like; ``.graphml``; a line layer
        (``.gpkg``, ``.shp``, ``.geojson``, ``.fgb``, ``.parquet``, ``.kml``, a zipped Shapefile);
        a CSV table with a column of WKT lines.
    mode : ``"walk"`` or ``"drive"``.
    crs : projected CRS to measure in; None = chosen by place (a line layer in metres keeps its
        own, but for Web Mercator, whose metres are none). A saved network must be in it already.
    layer : which layer of a file that holds several.
    source_crs : CRS of a line layer that does not say its own.
    datum : datum of a line layer in degrees: ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``. Where
        the file's own CRS leaves one of these two without use, ``notes["unused"]`` and a log say
        so (OSM and GraphML files in another datum are refused).
    columns : roles of a line layer's columns (see `network_from_lines`), and ``wkt``.
    speed_m_s, speeds_kmh : speeds; for a saved network None keeps its own.
    encoding : of a CSV table or a Shapefile; found out for CSV when None.
    bounds : for OSM, west, south, east, north in degrees to cut off beyond.
    split_crossings, directed, all_classes : see `network_from_lines`.

    Returns
    -------
    Network
        In a projected CRS, edges in metres (and minutes where speeds are known).

    Raises
    ------
    NetworkError
        The file is absent, of no known kind, of another mode, or holds no streets of this mode.
    MissingCrsError, CrsMismatchError, GeographicCrsError, UsageError

    Examples
    --------
    >>> read_network("roads.dwg", mode="walk")
    Traceback (most recent call last):
    geoplan.errors.NetworkError: roads.dwg: no such file.

    >>> from geoplan.study import example_study
    >>> read_network(example_study().folder / "streets.gpkg", mode="walk")
    Network(walk, 9 nodes, 7 edges, 3.4 km, EPSG:4548)
    """
    check_mode(mode)
    path = Path(path)
    if not path.exists():
        raise NetworkError.of("network_faults.no_file", name=path.name)
    name = path.name.lower()
    if name.endswith((*SUFFIXES, ".graphml")) and datum not in (None, "wgs84"):
        raise UsageError.of("network_faults.osm_datum", name=path.name, datum=datum)
    given = named_crs(source_crs)
    if name.endswith(SUFFIXES):
        network = network_from_osm(
            path, mode=mode, crs=crs, speed_m_s=speed_m_s, speeds_kmh=speeds_kmh, bounds=bounds
        )
        own: CRS | None = OSM_CRS
    elif name.endswith(".graphml"):
        network = network_from_graphml(
            path,
            mode=mode,
            crs=crs,
            speed_m_s=speed_m_s,
            speeds_kmh=speeds_kmh,
            all_classes=all_classes,
        )
        own = CRS.from_user_input(network.notes["own_crs"])
    elif _is_saved(path):
        network = _saved(path, mode=mode, crs=crs, speed_m_s=speed_m_s)
        own = network.crs
    else:
        frame = _read_frame(path, layer, encoding, (columns or {}).get("wkt"))
        network = network_from_lines(
            in_plane(frame, path.name, crs=crs, source_crs=given, datum=datum),
            mode=mode,
            speed_m_s=speed_m_s,
            speeds_kmh=speeds_kmh,
            columns={k: v for k, v in (columns or {}).items() if k != "wkt"},
            split_crossings=split_crossings,
            directed=directed,
            all_classes=all_classes,
            source=path.name,
        )
        own = frame.crs
    note_unused(network, own, source_crs=given, datum=datum)
    return network


def in_plane(
    frame: gpd.GeoDataFrame, name: str, *, crs: Any, source_crs: CRS | None, datum: str | None
) -> gpd.GeoDataFrame:
    """A layer in a projected CRS: its own CRS checked, its datum mended, then projected."""
    if frame.crs is None:
        if source_crs is None:
            raise MissingCrsError.of("network_faults.no_crs", name=name)
        frame = frame.set_crs(source_crs)
    if frame.crs.is_projected and (crs is not None or not unfit_layer_reason(frame.geometry)[0]):
        if crs is None:
            return frame
        return frame.to_crs(measured_in(crs, layer_centre(frame.geometry)))
    if datum not in (None, "wgs84") and not frame.crs.is_projected:
        from geoplan.crs.datum import to_wgs84

        frame = frame.set_geometry(to_wgs84(frame.geometry, datum=datum))
    if crs is None:
        middle = shapely.get_coordinates(frame.geometry.array)
        if len(middle) == 0:
            raise NetworkError.of("network_faults.empty", name=name)
        x, y = pd.DataFrame(middle).median()
        lonlat = cached_transformer(frame.crs, "EPSG:4326").transform(x, y)
        return frame.to_crs(projected_crs_for(*lonlat))
    return frame.to_crs(measured_in(crs, layer_centre(frame.geometry)))


def named_crs(source_crs: Any) -> CRS | None:
    """The CRS that a user named, None for none."""
    if source_crs is None:
        return None
    try:
        return CRS.from_user_input(source_crs)
    except CRSError as error:
        raise UsageError.of("network_faults.bad_crs", crs=source_crs) from error


def _is_saved(path: Path) -> bool:
    """A network file of ours, whatever it is called."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return {"meta.json", "offsets.npy"} <= set(archive.namelist())


def _saved(path: Path, *, mode: str, crs: Any, speed_m_s: float | None) -> Network:
    network = Network.load(path)
    network.notes.pop("unused", None)  # of the options that it was built with
    if network.mode != mode:
        raise NetworkError.of(
            "network_faults.other_mode", name=path.name, found=network.mode, mode=mode
        )
    if crs is not None and network.crs != checked_crs(crs):
        raise CrsMismatchError.of(
            "network_faults.other_crs",
            name=path.name,
            found=network.crs.to_string(),
            crs=checked_crs(crs).to_string(),
        )
    if speed_m_s is None or speed_m_s == network.speed_m_s:
        return network
    return with_speed(network, speed_m_s)


def with_speed(network: Network, speed_m_s: float) -> Network:
    """The same network with another speed (of walking, or to and from the street).

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> nodes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 60], [0, 0]), crs="EPSG:4548")
    >>> network = Network.from_edges(
    ...     nodes, pd.DataFrame({"u": [0], "v": [1], "length_m": [60.0]}), mode="walk")
    >>> with_speed(network, 0.5).edge_costs("min")[0].tolist()
    [2.0]
    """
    import dataclasses

    return dataclasses.replace(network, speed_m_s=float(speed_m_s))


def _read_frame(
    path: Path, layer: str | None, encoding: str | None, wkt: str | None
) -> gpd.GeoDataFrame:
    """The rows of a line layer or of a table of WKT, by the file's ending."""
    name = path.name.lower()
    if name.endswith(TABLE_SUFFIXES):
        return _read_table(path, encoding, wkt)
    if name.endswith(LINE_SUFFIXES):
        return _read_layer(path, layer, encoding)
    raise NetworkError.of(
        "network_faults.unknown_kind",
        name=path.name,
        osm=", ".join(SUFFIXES),
        lines=", ".join(LINE_SUFFIXES),
        tables=", ".join(TABLE_SUFFIXES),
    )


def _read_table(path: Path, encoding: str | None, column: str | None) -> gpd.GeoDataFrame:
    """A CSV table with a column of WKT."""
    separator = "\t" if path.suffix.lower() == ".tsv" else None
    table = _first_that_works(
        [encoding] if encoding else ["utf-8-sig", "gb18030"],
        lambda code: pd.read_csv(path, encoding=code, sep=separator or ",", low_memory=False),
        path,
    )
    by_name = {str(name).strip().lower(): name for name in reversed(list(table.columns))}
    hits = [by_name[name] for name in WKT_COLUMNS if name in by_name]
    there = ", ".join(str(name) for name in table.columns[:12])
    if column is None and not hits:
        raise NetworkError.of("network_faults.no_wkt_column", name=path.name, there=there)
    name = column if column is not None else hits[0]
    if name not in table.columns:
        raise UsageError.of("network_faults.no_column", name=path.name, column=name, there=there)
    texts = table[name].to_numpy(object)
    shapes = shapely.from_wkt(
        [t if isinstance(t, str) else None for t in texts], on_invalid="ignore"
    )
    wrong = [i for i, (t, s) in enumerate(zip(texts, shapes, strict=True)) if s is None]
    if len(wrong) == len(table):
        raise NetworkError.of("network_faults.no_wkt", name=path.name, column=name)
    return gpd.GeoDataFrame(table.drop(columns=name), geometry=shapes)


def _first_that_works(codes: list[str], read: Callable[[str], Any], path: Path) -> pd.DataFrame:
    for code in codes:
        try:
            return read(code)
        except UnicodeDecodeError:
            continue
        except (ValueError, LookupError) as error:
            raise NetworkError.of("network_faults.no_table", name=path.name, why=error) from error
    raise NetworkError.of("network_faults.no_encoding", name=path.name, codes=", ".join(codes))


def _read_layer(path: Path, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame:
    if path.suffix.lower() == ".parquet":
        try:
            return gpd.read_parquet(path)
        except (ValueError, OSError) as error:
            raise NetworkError.of("network_faults.no_parquet", name=path.name, why=error) from error
    try:
        layers = {str(name): str(kind) for name, kind in pyogrio.list_layers(path)}
        chosen = _layer(path.name, layers, layer)
        options = {"encoding": encoding} if encoding else {}
        return pyogrio.read_dataframe(path, layer=chosen, **options)
    except pyogrio.errors.DataSourceError as error:
        raise NetworkError.of("network_faults.unreadable", name=path.name, why=error) from error


def _layer(name: str, layers: Mapping[str, str], asked: str | None) -> str:
    """The asked layer, or the only one that holds lines."""
    listed = ", ".join(f"{layer} ({kind})" for layer, kind in layers.items())
    if asked is not None:
        if asked not in layers:
            raise InputError.of("network_faults.no_layer", name=name, layer=asked, there=listed)
        return asked
    lines = [layer for layer, kind in layers.items() if "LineString" in kind] or list(layers)
    if len(lines) != 1:
        raise InputError.of("network_faults.several_layers", name=name, there=listed)
    return lines[0]
