"""`Network` from any street file: which reader takes it follows from its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict, Unpack

import geopandas as gpd
import numpy as np
from pyproj import CRS

from geoplan.crs.datum import in_china
from geoplan.crs.projected import checked_crs
from geoplan.errors import CrsMismatchError, FileError, NetworkError, UsageError
from geoplan.inputs.files.driver_warnings import DRIVER_SAYS
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.gate.regular_file import checked_file
from geoplan.inputs.files.vector import FEATURES_LOST
from geoplan.network.builders.build_notes import unused_options
from geoplan.network.builders.from_graph import network_from_graphml
from geoplan.network.builders.from_lines import LineOptions, network_from_layer
from geoplan.network.builders.from_osm import network_from_osm, networks_from_osm
from geoplan.network.builders.line_layer import (
    LINE_SUFFIXES,
    TABLE_SUFFIXES,
    chosen_rows,
    in_plane,
    named_crs,
    read_frame,
)
from geoplan.network.builders.osm_file import SUFFIXES
from geoplan.network.builders.saved.native_format import is_network_file, load_network
from geoplan.network.facade import Network
from geoplan.network.graph.network import NetworkData, check_mode
from geoplan.validate import check_keywords

#: of every OpenStreetMap file
OSM_CRS = CRS.from_epsg(4326)


class FileOptions(TypedDict, total=False):
    """The keywords of `read_network` that only some kinds of file take."""

    layer: str | None
    columns: Mapping[str, str] | None
    encoding: str | None
    where: str | None
    speeds_kmh: Mapping[str, float] | None
    bounds: tuple[float, float, float, float] | None
    split: str | None
    join_within_m: float | None
    split_crossings: bool
    ferries: bool
    directed: bool | None
    all_classes: bool


def read_network(
    path: str | PathLike[str],
    *,
    mode: str,
    crs: Any = None,
    source_crs: Any = None,
    datum: str | None = None,
    speed_m_s: float | None = None,
    **options: Unpack[FileOptions],
) -> Network:
    """The street network in a file: one saved by `Network.save`, OSM, GraphML, or a line layer.

    Parameters
    ----------
    path : a saved network; ``.osm.pbf``, ``.osm`` and the like; ``.graphml``; a line layer
        (``.gpkg``, ``.shp``, ``.geojson``, ``.fgb``, ``.parquet``, ``.kml``, ``.gdb``, a zipped
        Shapefile);
        a CSV table with a column of WKT lines.
    mode : ``"walk"`` or ``"drive"``.
    crs : projected CRS to measure in; None = chosen by location (a line layer in metres keeps its
        own, but for Web Mercator, whose metres are none). A saved network must be in it already.
    source_crs : CRS of a line layer whose file names none.
    datum : datum of a line layer in degrees: ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``. Where
        the file's own CRS leaves one of these two without use, ``notes["unused"]`` and the log
        name it (OSM and GraphML files in another datum are refused).
    speed_m_s : speed of walking, or to and from the street; for a saved network None keeps its own.
    options : where the kind of file takes them: ``layer`` (of a file that holds several),
        ``columns`` (roles of a line layer's columns, and ``wkt``; see `LineOptions`), ``encoding``
        (of a CSV table or a Shapefile; found out for CSV when None), ``speeds_kmh`` (by road
        class), ``where`` (of a line layer or table: a condition on its columns; only rows that meet
        it are streets), ``bounds`` (for OSM, west, south, east, north in degrees to cut off),
        ``ferries`` (of OSM: ferry lines as streets), ``split``, ``join_within_m``,
        ``split_crossings``, ``directed``, ``all_classes`` (see `LineOptions`).

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
    check_keywords("read_network", options, FileOptions)
    check_mode(mode)
    path = Path(path)
    name = path.name.lower()
    with street_file(path):
        if name.endswith((*SUFFIXES, ".graphml")) and datum not in (None, "wgs84"):
            raise UsageError.of("network_faults.osm_datum", name=path.name, datum=datum)
        given = named_crs(source_crs)
        wanted = _Wanted(mode=mode, crs=crs, source_crs=given, datum=datum, speed_m_s=speed_m_s)
        data, own = _read(path, wanted, options)
        return _noted(data, own, source_crs=given, datum=datum)


@contextmanager
def street_file(path: Path) -> Iterator[None]:
    """A file that is there and within the limits; whatever comes up in it is an error of its own.

    Raises
    ------
    NetworkError
    """
    if not path.exists():
        raise NetworkError.of("network_faults.no_file", name=path.name)
    try:
        with reading():
            checked_file(path)
            yield
    except FileError as error:
        why = error.sentence or str(error)
        raise NetworkError.of("network_faults.file", name=path.name, why=why) from error


def _refuse_where(where: str | None, path: Path) -> None:
    if where is not None:
        raise UsageError.of("network_faults.where_no_rows", name=path.name, where=where)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wanted:
    """What is asked of any street file."""

    mode: str
    crs: Any
    source_crs: CRS | None
    datum: str | None
    speed_m_s: float | None


def _read(path: Path, wanted: _Wanted, options: FileOptions) -> tuple[NetworkData, CRS | None]:
    """The network, and the CRS that the file says itself."""
    mode, crs, speed_m_s = wanted.mode, wanted.crs, wanted.speed_m_s
    name = path.name.lower()
    if not name.endswith((*LINE_SUFFIXES, *TABLE_SUFFIXES)) or is_network_file(path):
        _refuse_where(options.get("where"), path)
    speeds_kmh = options.get("speeds_kmh")
    all_classes = options.get("all_classes", False)
    if name.endswith(SUFFIXES):
        data = network_from_osm(
            path,
            mode=mode,
            crs=crs,
            speed_m_s=speed_m_s,
            speeds_kmh=speeds_kmh,
            bounds=options.get("bounds"),
            ferries=options.get("ferries", False),
        )
        return data, OSM_CRS
    if name.endswith(".graphml"):
        data = network_from_graphml(
            path,
            mode=mode,
            crs=crs,
            speed_m_s=speed_m_s,
            speeds_kmh=speeds_kmh,
            all_classes=all_classes,
        )
        return data, CRS.from_user_input(data.notes["own_crs"])
    if is_network_file(path):
        data = _saved(path, mode=mode, crs=crs, speed_m_s=speed_m_s)
        return data, data.crs
    columns = dict(options.get("columns") or {})
    wkt = columns.pop("wkt", None)
    frame = read_frame(path, options.get("layer"), options.get("encoding"), wkt)
    if (where := options.get("where")) is not None:
        frame = chosen_rows(frame, where)
    lines = LineOptions(
        speed_m_s=speed_m_s,
        speeds_kmh=speeds_kmh,
        columns=columns,
        split=options.get("split"),
        join_within_m=options.get("join_within_m"),
        split_crossings=options.get("split_crossings", False),
        directed=options.get("directed"),
        all_classes=all_classes,
        source=path.name,
    )
    plane = in_plane(frame, path.name, crs=crs, source_crs=wanted.source_crs, datum=wanted.datum)
    data = network_from_layer(plane, mode=mode, options=lines)
    if wanted.datum is None and wanted.source_crs is None and _is_doubtful(frame):
        data = replace(data, notes={**data.notes, "datum_unsaid": True})
    for note in (DRIVER_SAYS, FEATURES_LOST):
        if said := frame.attrs.get(note):
            data = replace(data, notes={**data.notes, note: said})
    return data, frame.crs


def read_osm_networks(
    path: str | PathLike[str],
    *,
    modes: Sequence[str],
    crs: Any = None,
    speeds_m_s: Mapping[str, float | None] | None = None,
    source_crs: Mapping[str, Any] | None = None,
    ferries: Sequence[str] = (),
) -> dict[str, Network]:
    """The networks of several modes from one reading of an OpenStreetMap file, by mode.

    Parameters
    ----------
    modes : for example ``["walk", "drive"]``.
    speeds_m_s, source_crs : `speed_m_s` and `source_crs` of `read_network` by mode.
    ferries : modes that take ferry lines as streets.

    Raises
    ------
    NetworkError, GeographicCrsError, UsageError
        As `read_network`.
    """
    given = source_crs or {}
    with street_file(Path(path)):
        return {
            mode: _noted(data, OSM_CRS, source_crs=named_crs(given.get(mode)))
            for mode, data in networks_from_osm(
                path, modes=modes, crs=crs, speeds_m_s=speeds_m_s, ferries=ferries
            ).items()
        }


def _noted(
    data: NetworkData, own: CRS | None, *, source_crs: CRS | None, datum: str | None = None
) -> Network:
    """The network, with a note of the options that contradict the file and were not used."""
    unused = unused_options(data.source, own, source_crs=source_crs, datum=datum)
    if unused:
        data = replace(data, notes={**data.notes, "unused": unused})
    return Network.from_data(data)


def _is_doubtful(frame: gpd.GeoDataFrame) -> bool:
    """Whether a layer calls itself WGS 84 in China, where many that do are in another datum."""
    if frame.crs is None or not frame.crs.equals(OSM_CRS, ignore_axis_order=True):
        return False
    west, south, east, north = frame.total_bounds
    return bool(in_china(np.array([(west + east) / 2]), np.array([(south + north) / 2]))[0])


def _saved(path: Path, *, mode: str, crs: Any, speed_m_s: float | None) -> NetworkData:
    network = load_network(path)
    if "unused" in network.notes:  # of the options that it was built with
        notes = {code: note for code, note in network.notes.items() if code != "unused"}
        network = replace(network, notes=notes)
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
    return replace(network, speed_m_s=float(speed_m_s))
