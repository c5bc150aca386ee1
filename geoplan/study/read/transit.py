"""Public transport of a study: its feeds, or its lines and stops, over the walking network."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.crs.datum import to_wgs84
from geoplan.crs.projected import project_lonlat
from geoplan.errors import FileError, GeoplanError, NetworkError
from geoplan.inputs.columns.personal.free_text import hide_in_text
from geoplan.inputs.files.readers import read_source
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.findings.finding import Finding
from geoplan.network import Network, TransitNetwork
from geoplan.network.transit.notes import transit_findings
from geoplan.study.config.schema import StudyFile, TransitSection
from geoplan.study.read.file_records import side_record
from geoplan.study.read.study_network import StudyNetwork

_LON = ("lon", "lng", "longitude", "x", "经度")
_LAT = ("lat", "latitude", "y", "纬度")


def read_transit(config: StudyFile, base: Path, walk: StudyNetwork) -> StudyNetwork:
    """The public transport of a study.

    Raises
    ------
    NetworkError
        Files that cannot be read, or a day on which nothing runs.
    """
    section = config.transit
    if section is None:
        raise NetworkError.of("transit.feed_or_lines")
    try:
        network = _network(section, base, walk.network)
        if section.withdrawn or section.headway_factor:
            network = network.with_lines(
                withdrawn=section.withdrawn, headway_factor=section.headway_factor
            )
    except GeoplanError as error:
        if error.sentence is None:
            raise
        # lines, stops and files are named as in their tables, with whatever else stands there
        said = hide_in_text(error.message(config.lang))
        raise NetworkError(f"[network.transit] {said}") from error
    records = [
        side_record(base / name, name=name, role="network.transit") for name in section.files
    ]
    findings = tuple(
        Finding(
            file=found.file or section.files[0],
            problem=found.said.problem,
            advice=found.said.advice.strip(),
            severity=found.said.severity,
            code=f"network_{found.said.code}",
            effect=found.said.effect,
            count=found.said.count,
        )
        for found in transit_findings(network, config.lang)
    )
    return StudyNetwork(
        network=cast("Network", network),
        max_snap_m=walk.max_snap_m,
        record=records[0],
        findings=findings,
        barriers=walk.barriers,
        beside=tuple(records[1:]),
    )


def _network(section: TransitSection, base: Path, walk: Network) -> TransitNetwork:
    options = section.options()
    datum = section.datum or "wgs84"
    if section.path is not None:
        paths = [
            base / name for name in section.files if name not in (section.lines, section.stops)
        ]
        return TransitNetwork.from_gtfs(paths, walk=walk, date=section.date, datum=datum, **options)
    lines = _table(base, str(section.lines))
    if isinstance(lines, gpd.GeoDataFrame):
        lines = _moved(lines, datum).to_crs(walk.crs)
    stops = _points(_table(base, str(section.stops)), datum, walk.crs, str(section.stops))
    return TransitNetwork.from_lines(lines, stops, walk=walk, columns=section.columns, **options)


def _table(base: Path, name: str) -> pd.DataFrame:
    """The rows of a file, with geometry where it has one."""
    try:
        tables, geometry = read_source(LayerSource(path=base / name, name=name))
    except FileError as error:
        raise NetworkError.of(
            "transit.unreadable_table", file=name, why=error.sentence or str(error)
        ) from error
    frame = pd.concat([table.frame for table in tables], ignore_index=True)
    if geometry is None:
        return frame
    return gpd.GeoDataFrame(frame, geometry=geometry.to_numpy(), crs=geometry.crs)


def _moved(frame: gpd.GeoDataFrame, datum: str) -> gpd.GeoDataFrame:
    """Geometry in degrees of another datum brought to WGS 84."""
    if datum in ("wgs84", "cgcs2000") or frame.crs is None or not frame.crs.is_geographic:
        return frame if frame.crs is not None else frame.set_crs(4326)
    return frame.set_geometry(gpd.GeoSeries(to_wgs84(frame.geometry, datum=datum)))


def _points(frame: pd.DataFrame, datum: str, crs: Any, name: str) -> gpd.GeoDataFrame:
    """The stops as points in the study's CRS."""
    if isinstance(frame, gpd.GeoDataFrame):
        return _moved(frame, datum).to_crs(crs)
    plain = {str(c).strip().lower(): c for c in frame.columns}
    lon = next((plain[c] for c in _LON if c in plain), None)
    lat = next((plain[c] for c in _LAT if c in plain), None)
    if lon is None or lat is None:
        raise NetworkError.of("transit.stops_without_place", file=name)
    degrees = [pd.to_numeric(frame[c], errors="coerce").to_numpy(float) for c in (lon, lat)]
    known = (np.abs(degrees[0]) <= 180) & (np.abs(degrees[1]) <= 90)
    xy = np.full((len(frame), 2), np.nan)
    lonlat = np.column_stack(degrees)[known]
    if datum not in ("wgs84", "cgcs2000"):
        lonlat = np.asarray(to_wgs84(lonlat, datum=datum))
    xy[known] = project_lonlat(lonlat[:, 0], lonlat[:, 1], crs)
    points = gpd.GeoSeries(gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=crs)
    points[~known] = None
    return gpd.GeoDataFrame(frame, geometry=points.to_numpy(), crs=crs)
