"""QGIS styles (QML): symbols, categories, classes and labels as the XML of a QGIS 3 style file.

Made with an XML writer, so that no name in them can break out.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass

from geoplan.outputs.palette import INK
from geoplan.words.text_format import clean


@dataclass(frozen=True, kw_only=True, slots=True)
class Symbol:
    """How one class of features is drawn.

    kind : ``"marker"``, ``"line"`` or ``"fill"``; sizes and widths in millimetres.
    pattern : hatching of a fill: ``""`` or ``"hatch"``.
    """

    kind: str
    colour: str
    outline: str = "#ffffff"
    outline_mm: float = 0.2
    size_mm: float = 2.0
    shape: str = "circle"
    alpha: float = 1.0
    pattern: str = ""
    dash: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """One class of a style: a value, its label and its symbol."""

    value: str
    label: str
    symbol: Symbol


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """One class of numbers: lower <= value <= upper."""

    lower: float
    upper: float
    label: str
    symbol: Symbol


def single(symbol: Symbol, *, label_field: str = "") -> str:
    """QML that draws every feature alike."""
    root, renderer = _root("singleSymbol")
    symbols = ET.SubElement(renderer, "symbols")
    _symbol(symbols, symbol, "0")
    return _finish(root, label_field)


def categorized(field: str, categories: Sequence[Category], *, label_field: str = "") -> str:
    """QML with a symbol per value of `field`."""
    root, renderer = _root("categorizedSymbol")
    renderer.set("attr", field)
    rows = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for k, category in enumerate(categories):
        ET.SubElement(
            rows,
            "category",
            symbol=str(k),
            value=clean(category.value),
            label=clean(category.label),
            render="true",
            type="string",
        )
        _symbol(symbols, category.symbol, str(k))
    return _finish(root, label_field)


def graduated(field: str, ranges: Sequence[Range], *, label_field: str = "") -> str:
    """QML with a symbol per class of the number `field`."""
    root, renderer = _root("graduatedSymbol")
    renderer.set("attr", field)
    renderer.set("graduatedMethod", "GraduatedColor")
    rows = ET.SubElement(renderer, "ranges")
    symbols = ET.SubElement(renderer, "symbols")
    for k, part in enumerate(ranges):
        ET.SubElement(
            rows,
            "range",
            symbol=str(k),
            lower=f"{part.lower:.15g}",
            upper=f"{part.upper:.15g}",
            label=clean(part.label),
            render="true",
        )
        _symbol(symbols, part.symbol, str(k))
    return _finish(root, label_field)


def _root(kind: str) -> tuple[ET.Element, ET.Element]:
    root = ET.Element("qgis", version="3.28.0", styleCategories="Symbology|Labeling")
    renderer = ET.SubElement(
        root, "renderer-v2", type=kind, enableorderby="0", forceraster="0", symbollevels="0"
    )
    return root, renderer


def _rgba(colour: str, alpha: float = 1.0) -> str:
    parts = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    return ",".join(map(str, [*parts, round(alpha * 255)]))


def _symbol(parent: ET.Element, symbol: Symbol, name: str) -> None:
    element = ET.SubElement(
        parent,
        "symbol",
        type=symbol.kind,
        name=name,
        alpha="1",
        clip_to_extent="1",
        force_rhr="0",
    )
    if symbol.kind == "marker":
        _layer(element, "SimpleMarker", _marker(symbol))
    elif symbol.kind == "line":
        _layer(element, "SimpleLine", _line(symbol))
    else:
        _layer(element, "SimpleFill", _fill(symbol))


def _marker(symbol: Symbol) -> dict[str, str]:
    return {
        "color": _rgba(symbol.colour, symbol.alpha),
        "name": symbol.shape,
        "outline_color": _rgba(symbol.outline),
        "outline_style": "solid",
        "outline_width": f"{symbol.outline_mm:g}",
        "outline_width_unit": "MM",
        "size": f"{symbol.size_mm:g}",
        "size_unit": "MM",
    }


def _line(symbol: Symbol) -> dict[str, str]:
    return {
        "capstyle": "round",
        "joinstyle": "round",
        "line_color": _rgba(symbol.colour, symbol.alpha),
        "line_style": "dash" if symbol.dash else "solid",
        "line_width": f"{symbol.size_mm:g}",
        "line_width_unit": "MM",
    }


def _fill(symbol: Symbol) -> dict[str, str]:
    return {
        "color": _rgba(symbol.colour, symbol.alpha),
        "style": "b_diagonal" if symbol.pattern == "hatch" else "solid",
        "outline_color": _rgba(symbol.outline),
        "outline_style": "solid" if symbol.outline_mm > 0 else "no",
        "outline_width": f"{symbol.outline_mm:g}",
        "outline_width_unit": "MM",
        "joinstyle": "round",
    }


def _layer(parent: ET.Element, kind: str, options: dict[str, str]) -> None:
    layer = ET.SubElement(
        parent, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"}
    )
    table = ET.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        ET.SubElement(table, "Option", type="QString", name=name, value=value)


def _finish(root: ET.Element, label_field: str) -> str:
    root.set("labelsEnabled", "1" if label_field else "0")
    if label_field:
        labels = ET.SubElement(root, "labeling", type="simple")
        settings = ET.SubElement(labels, "settings", calloutType="simple")
        text = ET.SubElement(
            settings,
            "text-style",
            fieldName=label_field,
            isExpression="0",
            fontSize="7",
            fontWeight="75",
            textColor=_rgba(INK),
        )
        ET.SubElement(
            text,
            "text-buffer",
            bufferDraw="1",
            bufferSize="0.8",
            bufferColor=_rgba("#ffffff"),
        )
        # in the middle of the symbol, and always there
        ET.SubElement(settings, "placement", placement="1", quadOffset="4")
        ET.SubElement(settings, "rendering", scaleVisibility="0", obstacle="1", displayAll="1")
    ET.indent(root, " ")
    body = ET.tostring(root, encoding="unicode")
    kind = "http://mrcc.com/qgis.dtd"
    return f"<!DOCTYPE qgis PUBLIC '{kind}' 'SYSTEM'>\n{body}\n"


def with_aliases(qml: str, aliases: dict[str, str]) -> str:
    """The same style with names for readers (`aliases`, by field) in QGIS's attribute table.

    Examples
    --------
    >>> "人数" in with_aliases(single(Symbol(kind="marker", colour="#000000")), {"people": "人数"})
    True
    """
    table = ET.Element("aliases")
    for k, (field, name) in enumerate(aliases.items()):
        ET.SubElement(table, "alias", index=str(k), field=field, name=clean(name))
    aliases_xml = ET.tostring(table, encoding="unicode")
    head, end, tail = qml.rpartition("</qgis>")
    return f"{head} {aliases_xml}\n{end}{tail}".replace(
        'styleCategories="Symbology|Labeling"', 'styleCategories="Symbology|Labeling|Fields"', 1
    )
