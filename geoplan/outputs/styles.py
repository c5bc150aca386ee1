"""QGIS styles (QML) for the layers of a run, and the table that QGIS reads them from.

The styles are made with an XML writer, so that no name in them can break out. Format: QGIS 3
style files; the table ``layer_styles`` is QGIS's own convention for styles in a GeoPackage.
"""

from __future__ import annotations

import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from geoplan.outputs.palette import (
    CAUSES,
    COVERED,
    FACILITY,
    INK,
    REACH,
    ROADS,
    SHARES,
    STATE_COLOURS,
    SUGGESTED,
    UNCOVERED,
    WATER,
)
from geoplan.outputs.telling import clean

#: a fixed moment, so that the same results give the same file
FIXED_TIME = "2000-01-01T00:00:00.000Z"


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


# ---------------------------------------------------------------- the styles of a run


#: layers with more points than this are drawn smaller
MANY = 500


def demand_style(labels: dict[str, str], *, count: int = 0) -> str:
    """Demand by the state in which most of its people are; `labels` by state."""
    size = 1.6 if count <= MANY else 1.1
    return categorized(
        "state",
        [
            Category(
                value=state,
                label=labels[state],
                symbol=Symbol(
                    kind="marker",
                    colour=colour,
                    size_mm=size if state == "served" else size * 1.2,
                    outline_mm=0.1 if count <= MANY else 0.0,
                ),
            )
            for state, colour in STATE_COLOURS.items()
            if state in labels
        ],
    )


def facility_style(tiers: dict[str, str], label: str, *, counts: dict[str, int]) -> str:
    """Existing sites by tier (`tiers`: label by key; the highest tier is drawn largest).

    `counts` by tier key, ``""`` without a tier: what is many is drawn small.
    """
    if not tiers:
        return single(_site(2.6 if counts.get("", 0) <= MANY else 1.4, "square"))
    sizes = {
        key: max(3.8 - 0.7 * k, 2.0) * (1.0 if counts.get(key, 0) <= MANY else 0.7)
        for k, key in enumerate(tiers)
    }
    shapes = ("square", "triangle", "diamond", "circle")
    rows = [
        Category(
            value=key,
            label=name,
            symbol=_site(sizes[key], shapes[min(k, 3)]),
        )
        for k, (key, name) in enumerate(tiers.items())
    ]
    return categorized("tier", [*rows, Category(value="", label=label, symbol=_site(2.2))])


def _site(size: float, shape: str = "circle") -> Symbol:
    return Symbol(kind="marker", colour=FACILITY, size_mm=size, shape=shape, outline_mm=0.3)


def site_style(*, count: int = 0) -> str:
    """Suggested sites, numbered; markers by the hundred are small and without a number."""
    many = count > MANY // 5
    dot = Symbol(
        kind="marker",
        colour=SUGGESTED,
        size_mm=1.3 if many else 4.6,
        outline=INK,
        outline_mm=0.1 if many else 0.3,
    )
    return single(dot, label_field="" if many else "rank")


def gap_style(labels: dict[str, str], *, lines: bool = False) -> str:
    """Gap areas by cause, hatched; gap stretches as thick lines."""
    rows = []
    for cause, colour in CAUSES.items():
        if cause not in labels:
            continue
        symbol = Symbol(kind="fill", colour=colour, outline=colour, outline_mm=0.4, pattern="hatch")
        if lines:
            symbol = Symbol(kind="line", colour=colour, size_mm=1.1)
        rows.append(Category(value=cause, label=labels[cause], symbol=symbol))
    return categorized("cause", rows)


def reach_style() -> str:
    """Reach areas, light."""
    return single(Symbol(kind="fill", colour=REACH, outline=COVERED, outline_mm=0.2, alpha=0.25))


def stretch_style(labels: dict[str, str]) -> str:
    """Stretches of lines, covered or not."""
    return categorized(
        "status",
        [
            Category(
                value="covered",
                label=labels["covered"],
                symbol=Symbol(kind="line", colour=COVERED, size_mm=0.7),
            ),
            Category(
                value="gap",
                label=labels["gap"],
                symbol=Symbol(kind="line", colour=UNCOVERED, size_mm=1.1, dash=True),
            ),
        ],
    )


def required_style(labels: dict[str, str]) -> str:
    """Required points, marked or not; `labels` by ``"1"`` and ``"0"``."""
    return categorized(
        "marked",
        [
            Category(
                value="1",
                label=labels["1"],
                symbol=Symbol(kind="marker", colour=COVERED, size_mm=2.2, shape="square"),
            ),
            Category(
                value="0",
                label=labels["0"],
                symbol=Symbol(
                    kind="marker",
                    colour="#ffffff",
                    outline=UNCOVERED,
                    outline_mm=0.6,
                    size_mm=2.4,
                    shape="square",
                ),
            ),
        ],
    )


def area_style(field: str, bounds: Sequence[float], labels: Sequence[str], *, points: bool) -> str:
    """Areas by a covered share, in the five classes that maps and figures use.

    A little of the ground shines through, so that roads and water under it are still seen.
    """
    ranges = []
    for k, label in enumerate(labels):
        colour = SHARES[k]
        symbol = Symbol(kind="fill", colour=colour, outline="#ffffff", outline_mm=0.15, alpha=0.8)
        if points:
            symbol = Symbol(kind="marker", colour=colour, outline=INK, size_mm=2.4)
        ranges.append(Range(lower=bounds[k], upper=bounds[k + 1], label=label, symbol=symbol))
    return graduated(field, ranges)


def plain_area_style(*, points: bool) -> str:
    """Areas without a number: outlines only."""
    if points:
        return single(Symbol(kind="marker", colour="#9aa5a9", size_mm=1.6))
    return single(
        Symbol(kind="fill", colour="#ffffff", alpha=0.0, outline="#7d8a8f", outline_mm=0.25)
    )


def background_style(name: str, geometry: str) -> str:
    """Water, green and roads under everything else."""
    if name == "roads":
        return categorized(
            "class",
            [
                Category(
                    value=str(k),
                    label=str(k),
                    symbol=Symbol(kind="line", colour=colour, size_mm=width),
                )
                for k, (colour, width) in ROADS.items()
            ],
        )
    colour = WATER if name == "water" else "#dfe8d8"
    if "Line" in geometry:
        return single(Symbol(kind="line", colour=colour, size_mm=0.5))
    return single(Symbol(kind="fill", colour=colour, outline=colour, outline_mm=0.0))


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
    told = ET.tostring(table, encoding="unicode")
    head, end, tail = qml.rpartition("</qgis>")
    return f"{head} {told}\n{end}{tail}".replace(
        'styleCategories="Symbology|Labeling"', 'styleCategories="Symbology|Labeling|Fields"', 1
    )


# ---------------------------------------------------------------- the table

_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
"""


def write_styles(
    path: str | Path,
    styles: dict[str, str],
    *,
    others: Sequence[tuple[str, str, str]] = (),
    geometry: str = "geom",
) -> None:
    """Put `styles` (QML by layer name) into the GeoPackage at `path` as the default styles.

    others : layer, name of the style and QML of styles to choose from beside the default.
    """
    rows = [(layer, geometry, layer[:30], qml, 1, FIXED_TIME) for layer, qml in styles.items()]
    rows += [(layer, geometry, name[:30], qml, 0, FIXED_TIME) for layer, name, qml in others]
    connection = sqlite3.connect(path)
    try:
        with connection:
            connection.execute("DROP TABLE IF EXISTS layer_styles")
            connection.execute(_TABLE)
            connection.execute(
                "INSERT OR REPLACE INTO gpkg_contents "
                "(table_name, data_type, identifier, description, last_change) "
                "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
                (FIXED_TIME,),
            )
            connection.executemany(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
                "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, "
                "owner, ui, update_time) VALUES ('', '', ?, ?, ?, ?, '', ?, '', '', NULL, ?)",
                rows,
            )
    finally:
        connection.close()
