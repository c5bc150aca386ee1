"""Geometry in cells: well-known text and binary, GeoJSON, Esri JSON, with their SRID."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geoplan.inputs.columns.places.nesting import DEEPEST, HEAD, nested_wkb

_SRID = re.compile(r"\s*SRID\s*=\s*(\d+)\s*[;,]?\s*(.*)", re.IGNORECASE | re.DOTALL)
_WKT = re.compile(
    r"\s*[\"']?\s*(SRID\s*=\s*\d+\s*[;,]|"
    r"((MULTI)?(POINT|LINESTRING|POLYGON|CURVE|SURFACE)|GEOMETRYCOLLECTION)\s*(Z|M|ZM)?\s*([(（]|EMPTY))",
    re.IGNORECASE,
)
#: well-known text without anything to be put right first
_SIMPLE = r"\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\s*Z?M?\s*\([-+\d.eE,\s()]*\)\s*"
#: binary in hexadecimal digits, and the beginning of a collection in it
_PLAIN_HEX = r"0[01][0-9A-Fa-f]{16,}"
_COLLECTION_HEX = "0107000000|0107000020|0000000007|0020000007"
_HEX = re.compile(r"\s*(\\x|0x|x')?([0-9A-Fa-f]{2})+'?\s*")
#: hex digits of the smallest well-known binary that says anything
_LEAST_HEX = 18
_JSON = re.compile(r"\s*\{.*[\"'](type|x|rings|paths|points)[\"']\s*:", re.DOTALL)
_EPSG = re.compile(r"EPSG:(?:[\d.]*:)?(\d+)")
#: bytes of the envelope in a GeoPackage blob, by its kind
_ENVELOPES = (0, 32, 48, 48, 64)
#: what is raised by text that is nearly a geometry
_FAULTS = (
    ShapelyError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    SyntaxError,
    RecursionError,
)
#: old numbers of Web Mercator
_SAME_SRID = {900913: 3857, 102100: 3857, 102113: 3857, 3785: 3857}
#: collections in one cell; deeper nesting would exhaust the reader's stack
_MOST_COLLECTIONS = 100
#: cells that decide what a column holds
_SAMPLE = 50


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Shapes:
    """A column of geometry.

    shapes : missing where there is none. srid : 0 where the cell says none.
    unread : bool per cell: filled, and no geometry.
    """

    shapes: np.ndarray
    srid: np.ndarray
    unread: np.ndarray


def looks_like_shape(cell: str) -> bool:
    """Whether a cell seems to hold a geometry.

    Examples
    --------
    >>> [looks_like_shape(c) for c in ("POINT (117 36)", "SRID=4326;POINT(1", "Point Road 3", "12")]
    [True, True, False, False]
    """
    return bool(_WKT.match(cell) or _JSON.match(cell)) or _is_hex(cell)


def _is_hex(cell: str) -> bool:
    text = cell.strip()
    if len(text) < _LEAST_HEX or not _HEX.fullmatch(text):
        return False
    body = _hex_body(text)
    return (
        len(body) >= _LEAST_HEX
        and len(body) % 2 == 0
        and (body[:2] in ("00", "01") or body[:4].upper() == "4750" or body[8:10] in ("00", "01"))
    )


def _hex_body(text: str) -> str:
    text = text.strip()
    for mark in ("\\x", "0x", "0X", "x'", "X'"):
        text = text.removeprefix(mark)
    return text.removesuffix("'")


def shape_share(cells: pd.Series) -> float:
    """Share of the filled cells that seem to hold a geometry (of a sample)."""
    filled = cells[cells != ""]
    sample = filled.iloc[:: max(len(filled) // _SAMPLE, 1)]
    return float(np.mean([looks_like_shape(str(c)) for c in sample])) if len(sample) else 0.0


def read_shapes(cells: pd.Series) -> Shapes:
    """The geometry of every cell, and the SRID that it carries.

    Examples
    --------
    >>> found = read_shapes(pd.Series(["SRID=4326;POINT (117 36)", "", "POINT (117"]))
    >>> found.srid.tolist(), found.unread.tolist(), found.shapes[0].wkt
    ([4326, 0, 0], [False, False, True], 'POINT (117 36)')
    """
    count = len(cells)
    shapes, srid = np.full(count, None, object), np.zeros(count, np.int64)
    unread = np.zeros(count, bool)
    simple = cells.astype(str).str.fullmatch(_SIMPLE).to_numpy(bool)
    plain = shapely.from_wkt(cells[simple].to_numpy(object), on_invalid="ignore")
    shapes[simple] = shapely.force_2d(plain)
    _read_plain_binary(cells, shapes, srid)
    for position in np.flatnonzero(shapely.is_missing(shapes)):
        text = str(cells.iloc[position]).strip()
        if text in ("", "-", "NULL", "null", "None", "nan", "NaN", "无"):
            continue
        found = parse_shape(text)
        if found is None:
            unread[position] = True
        else:
            shapes[position], srid[position] = found
    return Shapes(shapes=shapes, srid=srid, unread=unread)


def _read_plain_binary(cells: pd.Series, shapes: np.ndarray, srid: np.ndarray) -> None:
    """Puts the geometry of cells that are binary and nothing else, and no collection, in place."""
    texts = cells.astype(str)
    plain = texts.str.fullmatch(_PLAIN_HEX).to_numpy(bool)
    at = np.flatnonzero(plain)
    at = at[~texts.iloc[at].str.contains(_COLLECTION_HEX, case=False).to_numpy(bool)]
    long = texts.iloc[at].str.len().to_numpy() > 2 * DEEPEST * HEAD
    deep = [k for k in np.flatnonzero(long) if _deep_hex(texts.iloc[at[k]])]
    at = np.delete(at, deep)
    if len(at):
        found = shapely.from_wkb(texts.iloc[at].to_numpy(object), on_invalid="ignore")
        there = ~shapely.is_missing(found)
        at, found = at[there], found[there]
        codes = shapely.get_srid(found)
        srid[at] = [_SAME_SRID.get(int(code), int(code)) for code in codes]
        shapes[at] = shapely.force_2d(found)


def _deep_hex(text: str) -> bool:
    return nested_wkb(bytes.fromhex(text[: len(text) // 2 * 2]))


@lru_cache(maxsize=1024)
def parse_shape(text: str) -> tuple[BaseGeometry, int] | None:
    """A geometry and its SRID (0 = not said), None where the text says none."""
    named = _SRID.match(text)
    body = named.group(2) if named else text
    try:
        if body.lstrip().startswith("{"):
            found = _json_shape(body)
        elif _is_hex(body):
            found = _binary_shape(bytes.fromhex(_hex_body(body)))
        else:
            body = body.translate(str.maketrans("（），", "(),"))
            _refuse_nested(body.upper().count("GEOMETRYCOLLECTION"))
            found = shapely.from_wkt(body.strip().strip("\"'").rstrip(";")), 0
    except _FAULTS:
        return None
    if found is None or found[0] is None:
        return None
    geometry, srid = found
    srid = int(named.group(1)) if named else srid
    return shapely.force_2d(geometry), _SAME_SRID.get(srid, srid)


def _refuse_nested(collections: int) -> None:
    if collections > _MOST_COLLECTIONS:
        raise ValueError("too many nested collections")


def _binary_shape(raw: bytes) -> tuple[BaseGeometry, int]:
    """Well-known binary, also EWKB, GeoPackage's and MySQL's with the SRID in front."""
    if any(nested_wkb(raw[start:]) for start in (0, 4, *(8 + n for n in _ENVELOPES))):
        raise ValueError("nested too deep")
    if raw[:2] == b"GP":
        order: Literal["little", "big"] = "little" if raw[3] & 1 else "big"
        start = 8 + _ENVELOPES[(raw[3] >> 1) & 7]
        return shapely.from_wkb(raw[start:]), int.from_bytes(raw[4:8], order, signed=True)
    try:
        geometry = shapely.from_wkb(raw)
    except ShapelyError:
        if raw[4:5] not in (b"\x00", b"\x01"):
            raise
        return shapely.from_wkb(raw[4:]), int.from_bytes(raw[:4], "little")
    return geometry, int(shapely.get_srid(geometry))


def _json_shape(text: str) -> tuple[BaseGeometry, int]:
    """GeoJSON (a geometry or a feature) or Esri JSON, also as Python prints it."""
    try:
        found = json.loads(text)
    except ValueError:
        found = ast.literal_eval(text)
    srid = 0
    named = _EPSG.search(json.dumps(found.get("crs") or ""))
    if named:
        srid = int(named.group(1))
    if found.get("type") == "FeatureCollection":
        parts = [shape(one["geometry"]) for one in found["features"] if one.get("geometry")]
        return (parts[0] if len(parts) == 1 else shapely.GeometryCollection(parts)), srid
    if found.get("type") == "Feature":
        found = found["geometry"]
    if "type" in found:
        return shape(found), srid
    reference = found.get("spatialReference") or {}
    return _esri_shape(found), int(reference.get("latestWkid") or reference.get("wkid") or 0)


def _esri_shape(found: dict[str, Any]) -> BaseGeometry:
    if "x" in found:
        return shapely.Point(found["x"], found["y"])
    if "points" in found:
        return shapely.MultiPoint(found["points"])
    if "paths" in found:
        return shapely.MultiLineString(found["paths"])
    # outer rings run clockwise, holes the other way: what is inside of an odd number of rings
    rings = [shapely.Polygon(ring) for ring in found["rings"]]
    area = shapely.Polygon()
    for ring in rings:
        area = area.symmetric_difference(ring)
    return area
