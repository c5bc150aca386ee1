"""KML 2.2 (OGC 07-147r2): WGS 84, seven decimals, cut at 180 degrees, attributes with their titles.

GDAL's writer takes two to three times as long for a city, most of it to print numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.crs.antimeridian import cut_at_180
from geoplan.outputs.gis.run_layers import RunLayer
from geoplan.words.text_format import is_missing

#: a hundredth of a metre
_DECIMALS = 7
#: what XML cannot hold
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: names of KML's own elements: GDAL gives a field of such a name another one, or loses it
_RESERVED = frozenset(
    (
        *("id", "description", "timestamp", "begin", "end", "altitudemode", "tessellate"),
        *("extrude", "visibility", "draworder", "icon", "snippet", "styleurl"),
    )
)
#: a number near 0 as WKT has it and not every program reads it
_TINY = re.compile(r"-?[\d.]+e-\d+")
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
_POINT = "<Point><coordinates>{}</coordinates></Point>"
_LINE = "<LineString><coordinates>{}</coordinates></LineString>"
_RING = "<LinearRing><coordinates>{}</coordinates></LinearRing>"


def write_kml(layer: RunLayer, path: Path) -> None:
    """Write a layer as one document; missing values are left out, rows without a shape are kept."""
    frame = layer.frame
    degrees = cut_at_180(frame.to_crs("EPSG:4326").geometry).to_numpy()
    names = _names(frame)
    columns = [c for c in layer.attributes if c != "name"]
    cells = [_cells(frame[c], c) for c in columns]
    fields = "".join(
        f'<SimpleField name={_field(c)} type="{_kind(frame[c])}">'
        f"<displayName>{_text(layer.meaning(c) or c)}</displayName></SimpleField>"
        for c in columns
    )
    wrapped = f'<ExtendedData><SchemaData schemaUrl="#fields">{"{}"}</SchemaData></ExtendedData>'
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{_HEAD}<Document id="root_doc">\n<Schema name={quoteattr(_plain(layer.name))}')
        file.write(f' id="fields">{fields}</Schema>\n<Folder><name>{_text(layer.title)}</name>\n')
        rows = zip(*cells, strict=True) if cells else iter([()] * len(frame))
        for name, row, shape in zip(names, rows, _shapes(degrees), strict=True):
            data = wrapped.format("".join(row)) if columns else ""
            title = f"<name>{name}</name>" if name else ""
            file.write(f"<Placemark>{title}{data}{shape}</Placemark>\n")
        file.write("</Folder></Document></kml>\n")


def _names(frame: gpd.GeoDataFrame) -> list[str]:
    """What programs show at a place: its name, or rank and area; ``""`` of none."""
    if "name" in frame.columns:
        return ["" if is_missing(n) else _text(n) for n in frame["name"]]
    if "area" not in frame.columns:
        return [""] * len(frame)
    given = frame["rank"] if "rank" in frame else [pd.NA] * len(frame)
    ranks = ["" if pd.isna(r) else f"{int(r)} " for r in given]
    areas = frame["area"].fillna("")
    return [_text(f"{r}{a}".strip()) for r, a in zip(ranks, areas, strict=True)]


def _plain(value: object) -> str:
    return _NO_XML.sub("", str(value))


def _text(value: object) -> str:
    return escape(_plain(value))


def _field(name: str) -> str:
    """A column's name as an attribute; one that KML itself has begins with a line."""
    return quoteattr(f"_{name}" if name.casefold() in _RESERVED else _plain(name))


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_integer_dtype(column.dtype):
        wide = bool((column.dropna().abs() > np.iinfo(np.int32).max).any())
        return "float" if wide else "int"  # KML knows no longer whole numbers
    return "float" if pd.api.types.is_float_dtype(column.dtype) else "string"


def _cells(column: pd.Series, name: str) -> Iterator[str]:
    """A column's values as KML has them; ``""`` of a missing one."""
    start = f"<SimpleData name={_field(name)}>"
    number = pd.api.types.is_numeric_dtype(column.dtype)
    known = column.notna().to_numpy()
    if number and column.dtype.kind == "f":
        known = known & np.isfinite(column.to_numpy())
    for there, value in zip(known, column.tolist(), strict=True):
        if not there:
            yield ""
        elif number:
            yield f"{start}{value!r}</SimpleData>"
        else:
            yield f"{start}{_text(value)}</SimpleData>"


def _shapes(degrees: Any) -> Iterator[str]:
    """Shapes as KML, by way of their WKT: longitude and latitude with a comma, points with a blank.

    Examples
    --------
    >>> list(_shapes(shapely.from_wkt(["POINT (1.5 2)", "MULTILINESTRING ((0 0, 1 1))", None])))
    ['<Point><coordinates>1.5,2</coordinates></Point>', \
'<MultiGeometry><LineString><coordinates>0,0 1,1</coordinates></LineString></MultiGeometry>', '']
    """
    flat = shapely.force_2d(np.asarray(degrees, dtype=object))
    texts = shapely.to_wkt(flat, rounding_precision=_DECIMALS, trim=True)
    for text in texts:
        yield "" if text is None else _markup(text)


def _markup(wkt: str) -> str:
    """One shape's WKT as KML; an empty one has none."""
    kind, _, rest = wkt.partition(" ")
    if rest == "EMPTY":
        return ""
    if kind == "GEOMETRYCOLLECTION" or "EMPTY" in rest:
        parts = shapely.get_parts(shapely.from_wkt(wkt))
        return f"<MultiGeometry>{''.join(_shapes(parts))}</MultiGeometry>"
    if "e" in rest:
        rest = _TINY.sub(lambda found: f"{float(found[0]):.{_DECIMALS}f}", rest)
    body = rest.replace(", ", "|").replace(" ", ",").replace("|", " ")
    if kind == "POINT":
        return _POINT.format(body[1:-1])
    if kind in ("LINESTRING", "LINEARRING"):
        return _LINE.format(body[1:-1])
    if kind == "POLYGON":
        return _polygon(body[2:-2])
    if kind == "MULTIPOINT":
        parts = [_POINT.format(part) for part in re.sub("[()]", "", body).split(" ")]
    elif kind == "MULTILINESTRING":
        parts = [_LINE.format(part) for part in body[2:-2].split(") (")]
    else:
        parts = [_polygon(part) for part in body[3:-3].split(")) ((")]
    return f"<MultiGeometry>{''.join(parts)}</MultiGeometry>"


def _polygon(body: str) -> str:
    outer, *holes = (_RING.format(ring) for ring in body.split(") ("))
    inner = "".join(f"<innerBoundaryIs>{hole}</innerBoundaryIs>" for hole in holes)
    return f"<Polygon><outerBoundaryIs>{outer}</outerBoundaryIs>{inner}</Polygon>"
