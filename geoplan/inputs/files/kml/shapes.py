"""The geometry of a placemark: points, lines, outlines, tracks, several together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import shapely
from shapely.geometry.base import BaseGeometry

from geoplan.inputs.files.kml.documents import child, tag_of, text_of


def geometry_of(element: ElementTree.Element) -> tuple[BaseGeometry | None, bool]:
    """The geometry of a placemark, and whether it has one that cannot be read."""
    try:
        parts = [shape for one in element for shape in _shapes(one)]
    except (ValueError, TypeError, shapely.errors.ShapelyError):
        return None, True
    if not parts:
        return None, False
    return (parts[0] if len(parts) == 1 else _joined(parts)), False


def _shapes(element: ElementTree.Element) -> Iterator[BaseGeometry]:
    kind = tag_of(element)
    if kind in ("MultiGeometry", "MultiTrack"):
        for one in element:
            yield from _shapes(one)
    elif kind == "Point":
        yield shapely.Point(_coordinates(element)[0])
    elif kind in ("LineString", "LinearRing"):
        yield shapely.LineString(_coordinates(element))
    elif kind == "Polygon":
        outer = child(element, "outerBoundaryIs")
        inner = [e for e in element if tag_of(e) == "innerBoundaryIs"]
        if outer is None:
            raise ValueError("no outer boundary")
        yield shapely.Polygon(_coordinates(outer), [_coordinates(e) for e in inner])
    elif kind == "Track":
        yield shapely.LineString(
            [tuple(map(float, text_of(e).split()[:2])) for e in element if tag_of(e) == "coord"]
        )


def _coordinates(element: ElementTree.Element) -> list[tuple[float, float]]:
    text = next((text_of(e) for e in element.iter() if tag_of(e) == "coordinates"), "")
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
