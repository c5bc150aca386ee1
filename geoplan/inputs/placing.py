"""From rows to points in the study's CRS: datums, axes, zones, and every doubt about a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geoplan.errors import InputError
from geoplan.inputs.datum import to_wgs84
from geoplan.inputs.evidence import datum_evidence, doubt_datum
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.notes import Notes
from geoplan.inputs.numbers import is_empty, read_numbers
from geoplan.inputs.rows import Rows
from geoplan.inputs.source import LayerSource

#: farther than this outside the study area a place is doubted
OUTSIDE_M = 2_000.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StudyArea:
    """Where places are expected: bounds in the study's CRS and in degrees (WGS 84); the areas."""

    bounds_m: tuple[float, float, float, float]
    bounds_deg: tuple[float, float, float, float]
    areas: Mapping[str, AreaLayer] = field(default_factory=dict)

    @classmethod
    def of(cls, geometry: gpd.GeoSeries) -> StudyArea:
        """The bounds of `geometry` (study CRS)."""
        box = gpd.GeoSeries([shapely.box(*geometry.total_bounds)], crs=geometry.crs)
        degrees = box.to_crs("EPSG:4326").total_bounds
        return cls(
            bounds_m=tuple(map(float, geometry.total_bounds)),  # type: ignore[arg-type]
            bounds_deg=tuple(map(float, degrees)),  # type: ignore[arg-type]
        )

    def holds_degrees(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Bool per point: inside the bounds, a twentieth of a degree around them included."""
        west, south, east, north = self.bounds_deg
        m = 0.05
        return (lon > west - m) & (lon < east + m) & (lat > south - m) & (lat < north + m)


def place_rows(
    rows: Rows,
    source: LayerSource,
    notes: Notes,
    *,
    crs: str,
    area: StudyArea | None = None,
    points: bool = True,
) -> gpd.GeoSeries:
    """Geometry of every row in `crs`, missing where the place is unusable (with a finding).

    Parameters
    ----------
    rows, source, notes : of one file.
    crs : the study's CRS.
    area : where places are expected.
    points : polygons and lines become a point inside; False keeps them.

    Raises
    ------
    InputError
        The file as a whole cannot be placed: no coordinates, no datum, no CRS.
    """
    if rows.geometry is not None:
        geometry = _vector(rows.geometry, source, notes, crs, points=points)
    elif rows.column("lon") is not None and rows.column("lat") is not None:
        geometry = _degrees(rows, source, notes, crs, area)
    elif rows.column("x") is not None and rows.column("y") is not None:
        geometry = _metres(rows, source, notes, crs)
    elif rows.column("wkt") is not None:
        geometry = _wkt(rows, source, notes, crs, points=points)
    else:
        raise InputError(
            "no coordinates: no columns for longitude and latitude (经度, 纬度) or x and y; the "
            f"file has: {', '.join(map(str, rows.text.columns))}. Name them with columns = "
            "{ lon = ..., lat = ... }."
        )
    if area is not None:
        _outside(geometry, notes, area)
        degrees = _datum_in_use(rows, source)
        if degrees is not None:
            doubt_datum(rows, geometry, degrees, notes, area.areas, crs=crs)
    return geometry


def _datum_in_use(rows: Rows, source: LayerSource) -> str | None:
    """The datum that degrees were taken for; None for coordinates in metres."""
    if rows.geometry is not None:
        own = rows.geometry.crs
        if own is not None and own.is_projected:
            return None
        return source.datum or "wgs84"
    pair = rows.column("lon") is not None and rows.column("lat") is not None
    return (source.datum or "wgs84") if pair else None


def study_area(areas: Mapping[str, AreaLayer]) -> StudyArea | None:
    """The bounds of the coarsest level with places; None where no level has any."""
    for layer in areas.values():
        geometry = layer.frame.geometry
        if geometry.notna().any():
            return replace(StudyArea.of(geometry), areas=areas)
    return None


def has_coordinates(rows: Rows) -> bool:
    """Whether the file says where its rows are."""
    pairs = (("lon", "lat"), ("x", "y"))
    return (
        rows.geometry is not None
        or rows.column("wkt") is not None
        or any(rows.column(a) is not None and rows.column(b) is not None for a, b in pairs)
    )


# -- vector files ---------------------------------------------------------------------------


def _vector(
    geometry: gpd.GeoSeries, source: LayerSource, notes: Notes, crs: str, *, points: bool
) -> gpd.GeoSeries:
    if geometry.crs is None:
        if source.datum is None:
            raise InputError(
                'the layer carries no CRS: say crs = "EPSG:..." (for degrees also datum = ...).'
            )
        geometry = geometry.set_crs("EPSG:4326")
    if source.datum is not None and not geometry.crs.is_projected:
        there = geometry.notna() & ~geometry.is_empty
        moved = to_wgs84(gpd.GeoSeries(geometry[there]), source.datum)
        geometry = geometry.set_crs("EPSG:4326", allow_override=True)
        geometry = gpd.GeoSeries(geometry.where(~there), crs="EPSG:4326")
        geometry[there] = moved
    geometry = geometry.to_crs(crs)
    for position in np.flatnonzero((geometry.isna() | geometry.is_empty).to_numpy()):
        notes.about_row(int(position), "no_geometry", "warning", aside=True)
    broken = ~geometry.is_valid & geometry.notna()
    for position in np.flatnonzero(broken.to_numpy()):
        why = shapely.is_valid_reason(geometry.iloc[position])
        notes.about_row(int(position), "repaired", "note", why=str(why))
    if broken.any():
        geometry = geometry.copy()
        geometry[broken] = shapely.make_valid(geometry[broken].to_numpy())
    geometry = gpd.GeoSeries(geometry.where(geometry.notna() & ~geometry.is_empty), crs=crs)
    if points and not geometry.dropna().geom_type.eq("Point").all():
        geometry = geometry.representative_point()
    return geometry


def _wkt(rows: Rows, source: LayerSource, notes: Notes, crs: str, *, points: bool) -> gpd.GeoSeries:
    cells = rows.column("wkt")
    assert cells is not None
    shapes = shapely.from_wkt(cells.where(cells != "", None).to_numpy(object), on_invalid="ignore")
    given = source.crs or ("EPSG:4326" if source.datum else None)
    series = gpd.GeoSeries(shapes, index=cells.index, crs=given)
    return _vector(series, source, notes, crs, points=points)


# -- tables in degrees ----------------------------------------------------------------------


def _degrees(
    rows: Rows, source: LayerSource, notes: Notes, crs: str, area: StudyArea | None
) -> gpd.GeoSeries:
    lon_text, lat_text = rows.column("lon"), rows.column("lat")
    assert lon_text is not None
    assert lat_text is not None
    lon, lon_mended = read_numbers(lon_text)
    lat, lat_mended = read_numbers(lat_text)
    usable = _usable_degrees(rows, notes, lon, lat, lon_text, lat_text, area)
    for position in np.flatnonzero((lon_mended | lat_mended) & usable):
        value = f"{lon_text.iloc[position]}, {lat_text.iloc[position]}"
        notes.about_row(int(position), "read_as_number", "warning", value=value,
                        column=rows.heading("lon"))  # fmt: skip
    datum = source.datum or _datum_of_crs(source, lon[usable], lat[usable], notes)
    if datum is None:
        told = _datum_evidence(lon[usable], lat[usable], area)
        if area is not None:
            known = np.where(usable, lon, np.nan), np.where(usable, lat, np.nan)
            found = datum_evidence(rows, *known, area.areas, crs=crs)
            if found is not None:
                how = "surely" if found.sure else "perhaps, the difference may be chance"
                told += f' {found.text()} So it is {how} datum = "{found.best}".'
        raise InputError(told)
    points = np.full(len(rows), None, object)
    if usable.any():
        x, y = to_wgs84((lon[usable], lat[usable]), datum)
        step = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        points[usable] = shapely.points(*step.transform(x, y))
    return gpd.GeoSeries(points, index=rows.text.index, crs=crs)


def _usable_degrees(
    rows: Rows,
    notes: Notes,
    lon: np.ndarray,
    lat: np.ndarray,
    lon_text: pd.Series,
    lat_text: pd.Series,
    area: StudyArea | None,
) -> np.ndarray:
    """Bool per row: a place in degrees. Everything else becomes a finding."""
    empty = is_empty(lon_text) | is_empty(lat_text)
    unread = ~empty & (np.isnan(lon) | np.isnan(lat))
    with np.errstate(invalid="ignore"):
        zero = (lon == 0) & (lat == 0)
        metres = (np.abs(lon) > 360) | (np.abs(lat) > 360)
        swapped = ~metres & (np.abs(lat) > 90) & (np.abs(lon) <= 90)
        beyond = ~metres & ~swapped & ((np.abs(lon) > 180) | (np.abs(lat) > 90))
        likely = np.zeros(len(lon), bool)
        if area is not None:
            inside = area.holds_degrees(lon, lat)
            likely = ~inside & area.holds_degrees(lat, lon) & ~swapped
    address = rows.column("address")
    told = np.zeros(len(lon), bool)
    for code, mask, severity in (
        ("no_coordinates", empty, "warning"),
        ("not_a_number", unread, "error"),
        ("zero", zero, "error"),
        ("metres_in_degrees", metres, "error"),
        ("swapped_sure", swapped, "error"),
        ("swapped_likely", likely, "error"),
        ("no_degrees", beyond, "error"),
    ):
        for position in np.flatnonzero(mask & ~told):
            has_address = address is not None and address.iloc[position] != ""
            name = "address_only" if code == "no_coordinates" and has_address else code
            given = [lon_text.iloc[position], lat_text.iloc[position]]
            shown = address.iloc[position] if name == "address_only" and address is not None else (
                ", ".join(map(str, given)) if any(given) else ""
            )  # fmt: skip
            notes.about_row(
                int(position), name, severity,  # type: ignore[arg-type]
                column=rows.heading("lon"), value=shown, aside=True,
            )  # fmt: skip
        told |= mask
    return ~told


def _datum_of_crs(
    source: LayerSource, lon: np.ndarray, lat: np.ndarray, notes: Notes
) -> str | None:
    """The datum that a declared CRS in degrees means; outside China degrees are WGS 84."""
    if source.crs is not None:
        declared = pyproj.CRS.from_user_input(source.crs)
        if declared.is_geographic:
            return "cgcs2000" if declared.to_epsg() == 4490 else "wgs84"
    if len(lon) and not _in_china(lon, lat).any():
        notes.about_file("assumed_wgs84", "note")
        return "wgs84"
    return "wgs84" if len(lon) == 0 else None


def _in_china(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    return (lon > 73) & (lon < 136) & (lat > 3) & (lat < 54)


def _datum_evidence(lon: np.ndarray, lat: np.ndarray, area: StudyArea | None) -> str:
    """What the coordinates themselves say about their datum, and what to write."""
    shifts = []
    for datum in ("gcj02", "bd09"):
        x, y = to_wgs84((lon, lat), datum)
        east = float(np.mean((lon - x) * np.cos(np.radians(lat)))) * 111_320.0
        north = float(np.mean(lat - y)) * 110_950.0
        shifts.append(f"{datum}: {np.hypot(east, north):.0f} m ({_compass(east, north)})")
    inside = ""
    if area is not None:
        share = float(area.holds_degrees(lon, lat).mean())
        inside = f" {share:.0%} of the rows lie in the study area as they stand."
    return (
        "degrees in China without a datum: they could be WGS 84, CGCS2000, GCJ-02 (AMap, "
        f"Tencent) or BD-09 (Baidu). "
        f"Against WGS 84 these points would be off by {'; '.join(shifts)}.{inside} "
        'Say which in the study: datum = "gcj02" for coordinates from AMap or most map websites, '
        '"bd09" from Baidu, "wgs84" from GPS or OpenStreetMap, "cgcs2000" from surveying.'
    )


def _compass(east: float, north: float) -> str:
    return ("N" if north > 0 else "S") + ("E" if east > 0 else "W")


# -- tables in metres -----------------------------------------------------------------------


def _metres(rows: Rows, source: LayerSource, notes: Notes, crs: str) -> gpd.GeoSeries:
    x_text, y_text = rows.column("x"), rows.column("y")
    assert x_text is not None
    assert y_text is not None
    x, _ = read_numbers(x_text)
    y, _ = read_numbers(y_text)
    known = np.isfinite(x) & np.isfinite(y)
    if known.any() and (np.abs(x[known]) <= 180).all() and (np.abs(y[known]) <= 90).all():
        raise InputError(
            "the columns for x and y hold degrees: name them as lon and lat "
            '(columns = { lon = "...", lat = "..." }) and say the datum.'
        )
    if source.crs is None:
        raise InputError(
            'coordinates in metres without a CRS: say crs = "EPSG:..." (Jinan: EPSG:4548, with '
            "zone number in front of the easting EPSG:4527)."
        )
    declared = pyproj.CRS.from_user_input(source.crs)
    # surveyors in China call the northing X: the axis with 3 to 6 million metres is the northing
    if (known.any() and np.median(x[known]) > 2e6 and np.median(y[known]) < 1.1e6) or (
        known.any() and 2e6 < np.median(x[known]) < 6.2e6 and np.median(y[known]) > 1.2e7
    ):
        x, y = y, x
        notes.about_file("axes_chinese", "note")
    zone = np.floor(np.nanmedian(x) / 1e6) if known.any() else 0
    prefixed = 24 <= zone <= 45
    takes_prefix = declared.area_of_use is not None and _false_easting(declared) > 1e6
    if prefixed and not takes_prefix:
        x = x - zone * 1e6
        notes.about_file("zone_prefix", "note", zone=int(zone))
    for position in np.flatnonzero(~known):
        both_empty = x_text.iloc[position] == "" and y_text.iloc[position] == ""
        code, severity = ("no_coordinates", "warning") if both_empty else ("not_a_number", "error")
        value = f"{x_text.iloc[position]}, {y_text.iloc[position]}".strip(", ")
        notes.about_row(
            int(position), code, severity,  # type: ignore[arg-type]
            column=rows.heading("x"), value=value, aside=True,
        )  # fmt: skip
    points = np.full(len(rows), None, object)
    step = pyproj.Transformer.from_crs(declared, crs, always_xy=True)
    points[known] = shapely.points(*step.transform(x[known], y[known]))
    return gpd.GeoSeries(points, index=rows.text.index, crs=crs)


def _false_easting(crs: pyproj.CRS) -> float:
    for parameter in crs.coordinate_operation.params if crs.coordinate_operation else ():
        if parameter.name == "False easting":
            return float(parameter.value)
    return 0.0


def _outside(geometry: gpd.GeoSeries, notes: Notes, area: StudyArea) -> None:
    west, south, east, north = area.bounds_m
    box = shapely.box(west - OUTSIDE_M, south - OUTSIDE_M, east + OUTSIDE_M, north + OUTSIDE_M)
    there = geometry.notna()
    away = there & ~geometry.intersects(box)
    for position in np.flatnonzero(away.to_numpy()):
        km = float(geometry.iloc[position].distance(box)) / 1000
        notes.about_row(int(position), "outside", "warning", distance=f"{km:,.0f}")
