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
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geoplan.errors import (
    CrsMismatchError,
    InputError,
    MissingCrsError,
    NetworkError,
    UsageError,
)
from geoplan.inputs.plane import checked_crs, projected_crs_for, unfit_layer
from geoplan.network.from_graph import network_from_graphml
from geoplan.network.from_lines import network_from_lines
from geoplan.network.from_osm import network_from_osm
from geoplan.network.network import Network, check_mode
from geoplan.network.osm_file import SUFFIXES

LINE_SUFFIXES = (".gpkg", ".shp", ".geojson", ".json", ".fgb", ".parquet", ".kml", ".gml", ".zip")
TABLE_SUFFIXES = (".csv", ".tsv", ".txt")
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
    datum : datum of a line layer in degrees: ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``.
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
        raise NetworkError(f"{path.name}: no such file.")
    name = path.name.lower()
    if name.endswith((*SUFFIXES, ".graphml")) and datum not in (None, "wgs84"):
        raise UsageError(
            f"{path.name}: OpenStreetMap data is in WGS 84; datum={datum!r} goes with line layers "
            "only."
        )
    if name.endswith(SUFFIXES):
        return network_from_osm(
            path, mode=mode, crs=crs, speed_m_s=speed_m_s, speeds_kmh=speeds_kmh, bounds=bounds
        )
    if name.endswith(".graphml"):
        return network_from_graphml(
            path,
            mode=mode,
            crs=crs,
            speed_m_s=speed_m_s,
            speeds_kmh=speeds_kmh,
            all_classes=all_classes,
        )
    if _is_saved(path):
        return _saved(path, mode=mode, crs=crs, speed_m_s=speed_m_s)
    if name.endswith(TABLE_SUFFIXES):
        frame = _read_table(path, encoding, (columns or {}).get("wkt"))
    elif name.endswith(LINE_SUFFIXES):
        frame = _read_layer(path, layer, encoding)
    else:
        raise NetworkError(
            f"{path.name}: this kind of file is not known. Readable are networks saved by geoplan, "
            f"{', '.join(SUFFIXES)}, .graphml, {', '.join(LINE_SUFFIXES)}, and "
            f"{', '.join(TABLE_SUFFIXES)} with a column of WKT lines."
        )
    return network_from_lines(
        in_plane(frame, path.name, crs=crs, source_crs=source_crs, datum=datum),
        mode=mode,
        speed_m_s=speed_m_s,
        speeds_kmh=speeds_kmh,
        columns={k: v for k, v in (columns or {}).items() if k != "wkt"},
        split_crossings=split_crossings,
        directed=directed,
        all_classes=all_classes,
        source=path.name,
    )


def in_plane(
    frame: gpd.GeoDataFrame, name: str, *, crs: Any, source_crs: Any, datum: str | None
) -> gpd.GeoDataFrame:
    """A layer in a projected CRS: its own CRS checked, its datum mended, then projected."""
    if frame.crs is None:
        if source_crs is None:
            raise MissingCrsError(
                f"{name} says no CRS: name it with source_crs=, for example 'EPSG:4326' for "
                "degrees, 'EPSG:4548' for Jinan's metres."
            )
        frame = frame.set_crs(_named_crs(source_crs))
    if frame.crs.is_projected and (crs is not None or not unfit_layer(frame.geometry)[0]):
        return frame if crs is None else frame.to_crs(checked_crs(crs))
    if datum not in (None, "wgs84") and not frame.crs.is_projected:
        from geoplan.inputs.datum import to_wgs84

        frame = frame.set_geometry(to_wgs84(frame.geometry, datum=datum))
    if crs is None:
        middle = shapely.get_coordinates(frame.geometry.array)
        if len(middle) == 0:
            raise NetworkError(f"{name} holds no line.")
        lonlat = Transformer.from_crs(frame.crs, "EPSG:4326", always_xy=True)
        x, y = pd.DataFrame(middle).median()
        return frame.to_crs(projected_crs_for(*lonlat.transform(x, y)))
    return frame.to_crs(checked_crs(crs))


def _named_crs(source_crs: Any) -> CRS:
    try:
        return CRS.from_user_input(source_crs)
    except CRSError as error:
        raise UsageError(
            f"source_crs={source_crs!r} is no coordinate reference system; write for example "
            "'EPSG:4326'."
        ) from error


def _is_saved(path: Path) -> bool:
    """A network file of ours, whatever it is called."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return {"meta.json", "offsets.npy"} <= set(archive.namelist())


def _saved(path: Path, *, mode: str, crs: Any, speed_m_s: float | None) -> Network:
    network = Network.load(path)
    if network.mode != mode:
        raise NetworkError(
            f"{path.name} is a network for mode {network.mode!r}, not {mode!r}: build one from the "
            "streets with `geoplan network build`."
        )
    if crs is not None and network.crs != checked_crs(crs):
        raise CrsMismatchError(
            f"{path.name} is measured in {network.crs.to_string()}, the study in "
            f"{checked_crs(crs).to_string()}: build the network again in the study's CRS."
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
    if column is None and not hits:
        there = ", ".join(str(name) for name in table.columns[:12])
        raise NetworkError(
            f"{path.name} has no column of WKT lines (it has {there}): name it with "
            "columns={'wkt': ...}."
        )
    name = column if column is not None else hits[0]
    if name not in table.columns:
        raise UsageError(f"{path.name} has no column {name!r}.")
    texts = table[name].to_numpy(object)
    shapes = shapely.from_wkt(
        [t if isinstance(t, str) else None for t in texts], on_invalid="ignore"
    )
    wrong = [i for i, (t, s) in enumerate(zip(texts, shapes, strict=True)) if s is None]
    if len(wrong) == len(table):
        raise NetworkError(f"{path.name}: column {name!r} holds no WKT.")
    return gpd.GeoDataFrame(table.drop(columns=name), geometry=shapes)


def _first_that_works(codes: list[str], read: Callable[[str], Any], path: Path) -> pd.DataFrame:
    for code in codes:
        try:
            return read(code)
        except UnicodeDecodeError:
            continue
        except (ValueError, LookupError) as error:
            raise NetworkError(f"{path.name} cannot be read as a table: {error}") from error
    raise NetworkError(f"{path.name} is in no encoding of {', '.join(codes)}: name it.")


def _read_layer(path: Path, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame:
    if path.suffix.lower() == ".parquet":
        try:
            return gpd.read_parquet(path)
        except (ValueError, OSError) as error:
            raise NetworkError(f"{path.name} is no GeoParquet file: {error}") from error
    try:
        layers = {str(name): str(kind) for name, kind in pyogrio.list_layers(path)}
        chosen = _layer(path.name, layers, layer)
        options = {"encoding": encoding} if encoding else {}
        return pyogrio.read_dataframe(path, layer=chosen, **options)
    except pyogrio.errors.DataSourceError as error:
        raise NetworkError(f"{path.name} cannot be read: {error}") from error


def _layer(name: str, layers: Mapping[str, str], asked: str | None) -> str:
    """The asked layer, or the only one that holds lines."""
    listed = ", ".join(f"{layer} ({kind})" for layer, kind in layers.items())
    if asked is not None:
        if asked not in layers:
            raise InputError(f"{name} has no layer {asked!r}; it has {listed}.")
        return asked
    lines = [layer for layer, kind in layers.items() if "LineString" in kind] or list(layers)
    if len(lines) != 1:
        raise InputError(f"{name} holds several layers: name one with layer=. It has {listed}.")
    return lines[0]
