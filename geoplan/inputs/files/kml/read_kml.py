"""KML: placemarks of all folders with their attributes under the names that the file gives them.

GDAL's driver rewrites attribute names (床位数 becomes ``___``) and splits what stands in two kinds
of elements into two, so the file is read here. Nothing that it points to is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from geoplan.errors import FileError
from geoplan.inputs.files.kml.description import plain_text, read_description
from geoplan.inputs.files.kml.documents import child, parsed, tag_of, text_of
from geoplan.inputs.files.kml.shapes import geometry_of

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
        root = parsed(raw)
        fields = _field_names(root)
        top = (name,) if len(documents) > 1 else ()
        every += list(_placemarks(root, top, fields))
        links += sum(1 for e in root.iter() if tag_of(e) == "NetworkLink")
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


def _field_names(root: ElementTree.Element) -> dict[str, str]:
    """Name of a schema's field -> what it is called where the name says nothing."""
    names = {}
    for one in root.iter():
        if tag_of(one) == "SimpleField":
            names[one.get("name", "")] = plain_text(text_of(child(one, "displayName")))
    return names


def _placemarks(
    element: ElementTree.Element, folders: tuple[str, ...], fields: dict[str, str]
) -> Iterator[_Placemark]:
    for one in element:
        kind = tag_of(one)
        if kind == "Placemark":
            yield _placemark(one, folders, fields)
        elif kind == "Folder":
            name = text_of(child(one, "name")) or f"Folder {len(folders) + 1}"
            yield from _placemarks(one, (*folders, name), fields)
        elif kind in _CONTAINERS:
            yield from _placemarks(one, folders, fields)


def _placemark(
    element: ElementTree.Element, folders: tuple[str, ...], fields: dict[str, str]
) -> _Placemark:
    attributes: dict[str, str] = {}
    for data in element.iter():
        kind = tag_of(data)
        if kind not in ("Data", "SimpleData"):
            continue
        name = (data.get("name") or "").strip()
        if _NAMELESS.match(name) or not name:
            shown = plain_text(text_of(child(data, "displayName"))) or fields.get(name, "")
            name = shown or name
        value = text_of(child(data, "value")) if kind == "Data" else text_of(data)
        if name and not attributes.get(name):
            attributes[name] = value
    name = text_of(child(element, "name"))
    geometry, broken = geometry_of(element)
    return _Placemark(
        folders=folders,
        geometry=geometry,
        broken=broken,
        attributes={"Name": name, **attributes},
        description=text_of(child(element, "description")),
    )


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
