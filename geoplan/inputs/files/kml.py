"""KML: placemarks of all folders with their attributes under the names that the file gives them.

GDAL's driver rewrites attribute names (床位数 becomes ``___``) and splits what stands in two kinds
of elements into two, so the file is read here. Nothing that it points to is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geoplan.errors import FileError
from geoplan.inputs.files.gate.archive import checked_archive
from geoplan.inputs.files.gate.limits import megabytes, refuse_beyond
from geoplan.inputs.files.gate.pointers import refuse_entities
from geoplan.inputs.files.kml_description import plain_text, read_description
from geoplan.words.message import Message

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*encoding=["']([\w.-]+)["'][^>]*\?>""")
_PREFIX = re.compile(r"(</?|\s)(?!xml)[A-Za-z_][\w.-]*:(?=[A-Za-z_])")
#: names that say nothing: the field's display name counts then
_NAMELESS = re.compile(r"^(field|col|column|attr|f|字段|列)[ _-]?\d+$", re.IGNORECASE)
_CONTAINERS = ("Document", "Folder")


@dataclass(kw_only=True, slots=True)
class _Placemark:
    """One placemark: its folders from the outside in, geometry, attributes, description."""

    folders: tuple[str, ...]
    geometry: BaseGeometry | None
    broken: bool
    attributes: dict[str, str]
    description: str


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Kml:
    """The placemarks of a file.

    frame : WGS 84, one row per placemark. folders : placemarks by the name of their folder.
    broken : bool per row: its coordinates cannot be read. links : network links, not followed.
    """

    frame: gpd.GeoDataFrame
    folders: dict[str, int] = field(default_factory=dict)
    broken: np.ndarray = field(default_factory=lambda: np.empty(0, bool))
    links: int = 0


def kml_documents(path: Path) -> dict[str, bytes]:
    """The KML of a file, or those of an archive: the one that programs open, else all.

    Raises
    ------
    FileError
        No archive, an encrypted one, or one without KML.
    """
    if path.suffix.lower() != ".kmz":
        refuse_beyond("document_mb", megabytes(path.stat().st_size))
        return {path.name: path.read_bytes()}
    with checked_archive(path) as archive:
        inside = [n for n in archive.namelist() if n.lower().endswith(".kml")]
        main = [n for n in inside if n.lower() == "doc.kml"] or inside
        if not inside:
            raise FileError.of("file_faults.kmz_without_kml")
        size = sum(archive.getinfo(name).file_size for name in main)
        refuse_beyond("document_mb", megabytes(size))
        return {Path(name).stem: archive.read(name) for name in main}


def kml_left_out(path: Path) -> list[str]:
    """Names of the KML files in an archive that programs do not open: those beside doc.kml."""
    if path.suffix.lower() != ".kmz":
        return []
    with checked_archive(path) as archive:
        inside = [n for n in archive.namelist() if n.lower().endswith(".kml")]
    beside = [n for n in inside if n.lower() != "doc.kml"]
    return beside if len(beside) < len(inside) else []


def read_kml(documents: dict[str, bytes], layer: str | None) -> Kml:
    """The placemarks of one file's documents (a KMZ may hold several).

    Parameters
    ----------
    documents : content by name.
    layer : a folder's name, or its path ``outer/inner``; None takes all folders together where
        they hold one kind of geometry.

    Raises
    ------
    FileError
        No XML, no such folder, or folders of several kinds and none named.
    """
    every: list[_Placemark] = []
    links = 0
    for name, raw in documents.items():
        root = _parsed(raw)
        fields = _field_names(root)
        top = (name,) if len(documents) > 1 else ()
        every += list(_placemarks(root, top, fields))
        links += sum(1 for e in root.iter() if _tag(e) == "NetworkLink")
    if not every and not links:
        raise FileError.of("file_faults.no_layer")
    chosen = every if layer is None else [p for p in every if _is_in(p.folders, layer)]
    folders = _counts(chosen)
    if layer is not None and not chosen:
        there = ", ".join(_counts(every)) or "-"
        raise FileError.of("file_faults.no_layer_named", layer=layer, layers=there)
    if layer is None and len(folders) > 1 and len(_kinds(chosen)) > 1:
        raise FileError.of("file_faults.several_layers", layers=", ".join(folders))
    frame = _frame(chosen, several=len(folders) > 1)
    broken = np.array([p.broken for p in chosen], bool)
    return Kml(frame=frame, folders=folders, broken=broken, links=links)


def _parsed(raw: bytes) -> ElementTree.Element:
    """The root element; other encodings and forgotten namespaces are put right first."""
    refuse_entities(raw)
    declared = _DECLARED.match(raw[:200])
    encoding = declared.group(1).decode().lower() if declared else "utf-8"
    if encoding not in ("utf-8", "utf-16"):
        try:
            raw = raw[declared.end() :].decode(_wider(encoding)).encode() if declared else raw
        except (UnicodeDecodeError, LookupError) as error:
            raise _broken(error) from error
    try:
        return ElementTree.fromstring(raw)
    except (ElementTree.ParseError, ValueError) as error:
        if "unbound prefix" not in str(error):
            raise _broken(error) from error
    try:
        return ElementTree.fromstring(_PREFIX.sub(r"\1", raw.decode("utf-8-sig")))
    except (ElementTree.ParseError, ValueError) as error:
        raise _broken(error) from error


def _wider(encoding: str) -> str:
    return "gb18030" if encoding in ("gb2312", "gbk") else encoding


def _broken(error: Exception) -> FileError:
    return FileError.of(
        "file_faults.layer_broken", error=error, hint=Message("file_faults.hint_kml")
    )


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _child(element: ElementTree.Element, name: str) -> ElementTree.Element | None:
    return next((e for e in element if _tag(e) == name), None)


def _text(element: ElementTree.Element | None) -> str:
    return "" if element is None else "".join(element.itertext()).strip()


def _field_names(root: ElementTree.Element) -> dict[str, str]:
    """Name of a schema's field -> what it is called where the name says nothing."""
    names = {}
    for one in root.iter():
        if _tag(one) == "SimpleField":
            names[one.get("name", "")] = plain_text(_text(_child(one, "displayName")))
    return names


def _placemarks(
    element: ElementTree.Element, folders: tuple[str, ...], fields: dict[str, str]
) -> Iterator[_Placemark]:
    for one in element:
        kind = _tag(one)
        if kind == "Placemark":
            yield _placemark(one, folders, fields)
        elif kind == "Folder":
            name = _text(_child(one, "name")) or f"Folder {len(folders) + 1}"
            yield from _placemarks(one, (*folders, name), fields)
        elif kind in _CONTAINERS:
            yield from _placemarks(one, folders, fields)


def _placemark(
    element: ElementTree.Element, folders: tuple[str, ...], fields: dict[str, str]
) -> _Placemark:
    attributes: dict[str, str] = {}
    for data in element.iter():
        kind = _tag(data)
        if kind not in ("Data", "SimpleData"):
            continue
        name = (data.get("name") or "").strip()
        if _NAMELESS.match(name) or not name:
            shown = plain_text(_text(_child(data, "displayName"))) or fields.get(name, "")
            name = shown or name
        value = _text(_child(data, "value")) if kind == "Data" else _text(data)
        if name and not attributes.get(name):
            attributes[name] = value
    name = _text(_child(element, "name"))
    geometry, broken = _geometry(element)
    return _Placemark(
        folders=folders,
        geometry=geometry,
        broken=broken,
        attributes={"Name": name, **attributes},
        description=_text(_child(element, "description")),
    )


def _geometry(element: ElementTree.Element) -> tuple[BaseGeometry | None, bool]:
    """The geometry of a placemark, and whether it has one that cannot be read."""
    try:
        parts = [shape for one in element for shape in _shapes(one)]
    except (ValueError, TypeError, shapely.errors.ShapelyError):
        return None, True
    if not parts:
        return None, False
    return (parts[0] if len(parts) == 1 else _joined(parts)), False


def _shapes(element: ElementTree.Element) -> Iterator[BaseGeometry]:
    kind = _tag(element)
    if kind in ("MultiGeometry", "MultiTrack"):
        for one in element:
            yield from _shapes(one)
    elif kind == "Point":
        yield shapely.Point(_coordinates(element)[0])
    elif kind in ("LineString", "LinearRing"):
        yield shapely.LineString(_coordinates(element))
    elif kind == "Polygon":
        outer = _child(element, "outerBoundaryIs")
        inner = [e for e in element if _tag(e) == "innerBoundaryIs"]
        if outer is None:
            raise ValueError("no outer boundary")
        yield shapely.Polygon(_coordinates(outer), [_coordinates(e) for e in inner])
    elif kind == "Track":
        yield shapely.LineString(
            [tuple(map(float, _text(e).split()[:2])) for e in element if _tag(e) == "coord"]
        )


def _coordinates(element: ElementTree.Element) -> list[tuple[float, float]]:
    text = next((_text(e) for e in element.iter() if _tag(e) == "coordinates"), "")
    numbers = [word.split(",")[:2] for word in re.sub(r"\s*,\s*", ",", text).split()]
    if not numbers:
        raise ValueError("no coordinates")
    return [(float(x), float(y)) for x, y in numbers]


def _joined(parts: list[BaseGeometry]) -> BaseGeometry:
    """Several shapes as one geometry of their kind, else a collection."""
    kinds = {part.geom_type for part in parts}
    if kinds == {"Point"}:
        return shapely.MultiPoint(parts)
    if kinds == {"LineString"}:
        return shapely.MultiLineString(parts)
    if kinds == {"Polygon"}:
        return shapely.MultiPolygon(parts)
    return shapely.GeometryCollection(parts)


def _is_in(folders: tuple[str, ...], layer: str) -> bool:
    """Whether a folder of this name, or of this path, holds the placemark."""
    paths = {"/".join(folders[: k + 1]) for k in range(len(folders))}
    return layer in folders or layer in paths


def _counts(placemarks: list[_Placemark]) -> dict[str, int]:
    """Placemarks by the path of their folder."""
    counts: dict[str, int] = {}
    for one in placemarks:
        path = "/".join(one.folders)
        counts[path] = counts.get(path, 0) + 1
    return counts


def _kinds(placemarks: list[_Placemark]) -> set[str]:
    """Kinds of geometry, single and multi-part alike."""
    return {p.geometry.geom_type.removeprefix("Multi") for p in placemarks if p.geometry}


def _frame(placemarks: list[_Placemark], *, several: bool) -> gpd.GeoDataFrame:
    """One row per placemark, its attributes under their own names."""
    described = read_description([p.description for p in placemarks])
    rows = []
    for one, (found, rest) in zip(placemarks, described, strict=True):
        row = dict(one.attributes)
        for name, value in found.items():
            if not row.get(name):
                row[name] = value
        if rest:
            row.setdefault("description", rest)
        if several:
            row.setdefault("Folder", "/".join(one.folders))
        rows.append(row)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = pd.DataFrame([[row.get(c, "") for c in columns] for row in rows], columns=columns)
    shapes = np.array([p.geometry for p in placemarks] or [], object)
    name = "geometry" if "geometry" not in columns else "geometry of the placemark"
    return gpd.GeoDataFrame(table.astype(object).assign(**{name: shapes}), geometry=name, crs=4326)
