"""From rows to points in the study's CRS: datums, axes, zones, and every doubt about a place."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geoplan.crs.datum import to_wgs84
from geoplan.crs.transformer import cached_transformer
from geoplan.errors import FileError
from geoplan.inputs.columns.parse_numbers import is_empty, read_numbers
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.files.table import give_back
from geoplan.inputs.findings.collector import Notes
from geoplan.inputs.location.datum_evidence import datum_evidence, doubt_datum, street_words
from geoplan.inputs.location.datum_evidence_streets import Shift, street_evidence
from geoplan.inputs.location.extent import StudyArea
from geoplan.inputs.location.geometry_columns import in_china, place_drawn, place_wkt
from geoplan.inputs.location.projected_columns import place_metres
from geoplan.inputs.location.streets import Streets
from geoplan.inputs.rows import Rows
from geoplan.words.message import Message

#: farther than this outside the study area a place is doubted
OUTSIDE_M = 2_000.0
_PIECE = 100_000
#: rows by which the kind of coordinates is told
_LOOK = 5_000
#: no angle is larger
_MOST_DEGREES = 360


def place_rows(
    rows: Rows,
    source: LayerSource,
    notes: Notes,
    *,
    crs: str,
    area: StudyArea | None = None,
    streets: Streets | None = None,
    points: bool = True,
) -> gpd.GeoSeries:
    """Geometry of every row in `crs`, missing where the place is unusable (with a finding).

    Parameters
    ----------
    rows, source, notes : of one file.
    crs : the study's CRS.
    area : where places are expected.
    streets : that places are compared with.
    points : polygons and lines become a point inside; False keeps them.

    Raises
    ------
    InputError
        The file as a whole cannot be placed: no coordinates, no datum, no CRS.
    """
    rows = _by_content(rows, source, notes)
    if rows.geometry is not None:
        geometry = place_drawn(rows.geometry, source, notes, crs=crs, area=area, points=points)
    elif _has(rows, "x", "y"):
        geometry = place_metres(rows, source, notes, crs=crs, area=area)
    elif _has(rows, "lon", "lat"):
        geometry = _degrees(rows, source, notes, crs, area, streets, points=points)
    elif rows.column("wkt") is not None:
        geometry = place_wkt(rows, source, notes, crs=crs, area=area, points=points)
    else:
        raise FileError.of("file_faults.no_places", headings=", ".join(map(str, rows.text.columns)))
    degrees = _datum_in_use(rows, source)
    if degrees is None and rows.geometry is None and source.datum in ("gcj02", "bd09"):
        notes.about_file("datum_unused", "note", value=source.datum)
    if area is not None:
        _outside(geometry, notes, area)
    if area is not None or streets is not None:
        areas = {} if area is None else area.areas
        doubt_datum(rows, geometry, degrees, notes, areas, streets, crs=crs)
    return geometry


def _datum_in_use(rows: Rows, source: LayerSource) -> str | None:
    """The datum that degrees were taken for; None for coordinates in metres."""
    own = None if rows.geometry is None else rows.geometry.crs
    if own is None and source.crs is not None and not _has(rows, "lon", "lat"):
        own = pyproj.CRS.from_user_input(source.crs)
    if own is not None and own.is_projected:
        return None
    return source.datum or "wgs84"


def has_coordinates(rows: Rows) -> bool:
    """Whether the file says where its rows are."""
    return (
        rows.geometry is not None
        or rows.column("wkt") is not None
        or any(_has(rows, a, b) for a in ("lon", "x") for b in ("lat", "y"))
    )


def _has(rows: Rows, one: str, other: str) -> bool:
    return rows.heading(one) != "" and rows.heading(other) != ""


def _by_content(rows: Rows, source: LayerSource, notes: Notes) -> Rows:
    """`rows` with the one pair of coordinate columns that is used, named by what it holds.

    Headings and the study's ``columns`` say which cells are coordinates, not of which kind: metres
    stand under 经度 and degrees under X坐标 often enough. The cells decide.

    Raises
    ------
    FileError
        All cells are metres and nobody says their CRS; or degrees and the CRS is one of metres.
    """
    rows = _completed(rows)
    pairs = [p for p in (("lon", "lat"), ("x", "y")) if _has(rows, *p)]
    if rows.geometry is not None or not pairs:
        return rows
    cells = {pair: _looked_at(rows, *pair) for pair in pairs}
    metres = {pair: _share_of_metres(*cells[pair]) for pair in pairs}
    projected = source.crs is not None and pyproj.CRS.from_user_input(source.crs).is_projected
    # where both pairs are there, metres are taken only when the study names their CRS
    pair = next((p for p in pairs if (metres[p] > 0.5) == projected), pairs[0])
    columns = ", ".join(rows.heading(role) for role in pair)
    to = ("x", "y") if metres[pair] > 0.5 else ("lon", "lat")
    if to == ("x", "y") and not projected:
        if min(map(_smallest, cells[pair])) > _MOST_DEGREES:  # in every row both
            raise FileError.of("file_faults.no_metres_crs", columns=columns)
        to = pair
    if to == ("lon", "lat") and projected and source.datum is None and len(cells[pair][0]):
        raise FileError.of("file_faults.degrees_in_xy", columns=columns, crs=source.crs)
    if to == ("lon", "lat") and pair == ("x", "y") and _northing_first(*cells[pair]):
        to = ("lat", "lon")
        notes.about_file("axes_chinese", "note")
    names = dict(zip(pair, to, strict=True))
    others = {role for p in pairs for role in p} - set(pair)
    roles = {h: names.get(r, r) for h, r in rows.roles.items() if r not in others}
    return replace(rows, roles=roles)


def _completed(rows: Rows) -> Rows:
    """`rows` with a pair where the study names one column only: lon = "X坐标" beside Y坐标."""
    if _has(rows, "lon", "lat") or _has(rows, "x", "y"):
        return rows
    for one, other, instead in (
        ("lon", "y", "lat"),
        ("x", "lat", "y"),
        ("lat", "x", "lon"),
        ("y", "lon", "x"),
    ):
        if _has(rows, one, other):
            roles = {h: instead if r == other else r for h, r in rows.roles.items()}
            return replace(rows, roles=roles)
    return rows


def _looked_at(rows: Rows, one: str, other: str) -> tuple[np.ndarray, np.ndarray]:
    """Sizes of the coordinates of some rows, spread over the table, that have them."""
    every = max(len(rows) // _LOOK, 1)
    first, second = rows.column(one), rows.column(other)
    assert first is not None
    assert second is not None
    a, b = (np.abs(read_numbers(c.iloc[::every], decimal_comma=True)[0]) for c in (first, second))
    known = np.isfinite(a) & np.isfinite(b) & ((a > 0) | (b > 0))
    return a[known], b[known]


def _share_of_metres(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a > _MOST_DEGREES) | (b > _MOST_DEGREES)).mean()) if len(a) else 0.0


def _smallest(sizes: np.ndarray) -> float:
    return float(sizes.min()) if len(sizes) else 0.0


def _northing_first(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether X is the latitude, as surveyors have it: certain where Y exceeds 90 everywhere."""
    return bool(len(a) and ((a <= 90) & (b > 90)).all())


# -- tables in degrees ----------------------------------------------------------------------


def _degrees(
    rows: Rows,
    source: LayerSource,
    notes: Notes,
    crs: str,
    area: StudyArea | None,
    streets: Streets | None,
    *,
    points: bool,
) -> gpd.GeoSeries:
    lon_text, lat_text = rows.column("lon"), rows.column("lat")
    assert lon_text is not None
    assert lat_text is not None
    lon, lon_mended = read_numbers(lon_text, decimal_comma=True)
    lat, lat_mended = read_numbers(lat_text, decimal_comma=True)
    usable = _usable_degrees(rows, notes, lon, lat, lon_text, lat_text, area)
    for position in np.flatnonzero((lon_mended | lat_mended) & usable):
        value = f"{lon_text.iloc[position]}, {lat_text.iloc[position]}"
        notes.about_row(
            int(position), "read_as_number", "warning", value=value, column=rows.heading("lon")
        )
    datum = source.datum or _datum_of_crs(source, lon[usable], lat[usable], notes)
    if datum is None:
        raise _no_datum(rows, lon, lat, usable, area, streets, crs=crs)
    # the points need several times the room of their cells, which nobody asks for any more
    headings = [rows.heading("lon"), rows.heading("lat")]
    del lon_text, lat_text
    if points:  # areas and lines set rows aside later, which must stay whole
        notes.drop_columns(headings)
        give_back()
    places = np.full(len(rows), None, object)
    to_study = cached_transformer("EPSG:4326", crs)
    there = np.flatnonzero(usable)
    for k in range(0, len(there), _PIECE):
        some = there[k : k + _PIECE]
        x, y = to_wgs84((lon[some], lat[some]), datum)
        places[some] = shapely.points(*to_study.transform(x, y))
    return gpd.GeoSeries(places, index=rows.text.index, crs=crs)


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
        metres = (np.abs(lon) > _MOST_DEGREES) | (np.abs(lat) > _MOST_DEGREES)
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
            shown = (
                address.iloc[position]
                if name == "address_only" and address is not None
                else (", ".join(map(str, filter(None, given))))
            )
            notes.about_row(
                int(position),
                name,
                severity,  # type: ignore[arg-type]
                column=rows.heading("lon"),
                value=shown,
                aside=True,
            )
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
    if len(lon) and not in_china(lon, lat).any():
        notes.about_file("assumed_wgs84", "note")
        return "wgs84"
    return "wgs84" if len(lon) == 0 else None


def _no_datum(
    rows: Rows,
    lon: np.ndarray,
    lat: np.ndarray,
    usable: np.ndarray,
    area: StudyArea | None,
    streets: Streets | None,
    *,
    crs: str,
) -> FileError:
    """What the coordinates themselves say about their datum, and what to write."""
    shifts = {}
    known_lon, known_lat = lon[usable], lat[usable]
    for datum in ("gcj02", "bd09"):
        x, y = to_wgs84((known_lon, known_lat), datum)
        east = float(np.mean((known_lon - x) * np.cos(np.radians(known_lat)))) * 111_320.0
        north = float(np.mean(known_lat - y)) * 110_950.0
        off = Shift(east_m=east, north_m=north)
        shifts[datum] = Message(
            "file_faults.off_by",
            shift=f"{off.metres:,.0f}",
            direction=Message(f"file_faults.towards_{off.direction}"),
        )
    inside: Message | str = ""
    named: Message | str = ""
    beside: Message | str = ""
    found = None
    places = np.where(usable, lon, np.nan), np.where(usable, lat, np.nan)
    if area is not None:
        share = float(area.holds_degrees(known_lon, known_lat).mean())
        inside = Message("file_faults.share_inside", share=f"{share:.0%}")
        found = datum_evidence(rows, *places, area.areas, crs=crs)
        named = "" if found is None else found.as_words()
    clash: Message | str = ""
    if streets is not None:
        by_streets = street_evidence(*places, streets)
        beside = street_words(by_streets)
        if found is not None and by_streets is not None and by_streets.contradicts(found.best):
            clash = Message(
                "file_faults.witnesses_disagree", streets=by_streets.best, areas=found.best
            )
    witnesses = {"inside": inside, "named": named, "beside": beside, "clash": clash}
    return FileError.of("file_faults.no_datum", **shifts, **witnesses)


def _outside(geometry: gpd.GeoSeries, notes: Notes, area: StudyArea) -> None:
    west, south, east, north = area.bounds_m
    box = shapely.box(west - OUTSIDE_M, south - OUTSIDE_M, east + OUTSIDE_M, north + OUTSIDE_M)
    there = geometry.notna()
    away = there & ~geometry.intersects(box)
    for position in np.flatnonzero(away.to_numpy()):
        km = float(geometry.iloc[position].distance(box)) / 1000
        notes.about_row(int(position), "outside", "warning", distance=f"{km:,.0f}")
