"""QGIS styles (QML): symbols, categories, classes and labels as the XML of a QGIS 3 style file.

Made with an XML writer, so that no name in them can break out.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Collection, Mapping

from geoplan.outputs.gis.styling.symbols import Category, Label, Range, Style, Symbol
from geoplan.outputs.palette import INK
from geoplan.words.text_format import clean

#: the oldest version of QGIS that is meant: newer ones read its files without a warning
QGIS_VERSION = "3.22.0"
_KINDS = {
    "single": "singleSymbol",
    "categorized": "categorizedSymbol",
    "graduated": "graduatedSymbol",
}


def qml(style: Style, aliases: Mapping[str, str] | None = None) -> str:
    """A style as the text of a QML file.

    Parameters
    ----------
    style : how the layer is drawn.
    aliases : what its columns are called for readers, by column.

    Examples
    --------
    >>> from geoplan.outputs.gis.styling.symbols import single
    >>> "人数" in qml(single(Symbol(kind="marker", colour="#000000")), {"people": "人数"})
    True
    """
    parts = "Symbology|Labeling|Fields" if aliases else "Symbology|Labeling"
    root = ET.Element("qgis", version=QGIS_VERSION, styleCategories=parts)
    add_style(root, style, aliases or {})
    ET.indent(root, " ")
    body = ET.tostring(root, encoding="unicode")
    kind = "http://mrcc.com/qgis.dtd"
    return f"<!DOCTYPE qgis PUBLIC '{kind}' 'SYSTEM'>\n{body}\n"


def add_style(
    parent: ET.Element,
    style: Style,
    aliases: Mapping[str, str],
    *,
    hidden: Collection[str] = (),
) -> None:
    """Put a style into `parent`: the root of a QML file, or a layer of a project.

    hidden : columns that the attribute table does not show.
    """
    renderer = ET.SubElement(
        parent,
        "renderer-v2",
        type=_KINDS[style.kind],
        enableorderby="0",
        forceraster="0",
        symbollevels="0",
    )
    symbols = ET.Element("symbols")
    rows = _rows(renderer, style)
    for k, one in enumerate(style.classes):
        if rows is not None:
            ET.SubElement(rows, *_row(one, str(k)))
        _symbol(symbols, one.symbol, str(k))
    renderer.append(symbols)
    parent.set("labelsEnabled", "0" if style.label is None else "1")
    if style.label is not None:
        _label(parent, style.label)
    if aliases:
        table = ET.SubElement(parent, "aliases")
        for k, (field, name) in enumerate(aliases.items()):
            ET.SubElement(table, "alias", index=str(k), field=field, name=clean(name))
    if hidden:
        config = ET.SubElement(parent, "attributetableconfig", sortOrder="0", sortExpression="")
        columns = ET.SubElement(config, "columns")
        for field in hidden:
            ET.SubElement(columns, "column", type="field", name=field, hidden="1", width="-1")


def _rows(renderer: ET.Element, style: Style) -> ET.Element | None:
    """The list of classes, where there are several."""
    if style.kind == "single":
        return None
    renderer.set("attr", style.field)
    if style.kind == "graduated":
        renderer.set("graduatedMethod", "GraduatedColor")
        return ET.SubElement(renderer, "ranges")
    return ET.SubElement(renderer, "categories")


def _row(one: Category | Range, symbol: str) -> tuple[str, dict[str, str]]:
    common = {"symbol": symbol, "label": clean(one.label), "render": "true"}
    if isinstance(one, Range):
        return "range", {**common, "lower": f"{one.lower:.15g}", "upper": f"{one.upper:.15g}"}
    return "category", {**common, "value": clean(one.value), "type": "string"}


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


def _label(parent: ET.Element, label: Label) -> None:
    labels = ET.SubElement(parent, "labeling", type="simple")
    settings = ET.SubElement(labels, "settings", calloutType="simple")
    text = ET.SubElement(
        settings,
        "text-style",
        fieldName=label.field,
        isExpression="0",
        fontSize=f"{label.size_pt:g}",
        fontSizeUnit="Point",
        fontWeight="75" if label.bold else "50",
        textColor=_rgba(INK),
    )
    ET.SubElement(
        text, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferColor=_rgba("#ffffff")
    )
    # over the point, around it, or level within the area
    code = {"over": "1", "beside": "0", "within": "4"}[label.place]
    ET.SubElement(settings, "placement", placement=code, quadOffset="4", dist="1", distUnits="MM")
    ET.SubElement(
        settings,
        "rendering",
        scaleVisibility="1" if label.from_scale else "0",
        scaleMin=f"{label.from_scale}",
        scaleMax="0",
        obstacle="1",
        displayAll="1" if label.place == "over" else "0",
    )
