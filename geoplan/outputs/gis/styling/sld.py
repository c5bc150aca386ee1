"""Styles as SLD 1.1 (OGC 05-078r4, Symbology Encoding 05-077r4), which GeoServer reads.

The rules of one layer exclude each other: readers draw every rule that fits.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from geoplan.outputs.gis.styling.symbols import Category, Label, Range, Style, Symbol
from geoplan.outputs.palette import INK
from geoplan.words.text_format import clean

#: a pixel of SLD
_PIXEL_MM = 0.28
_POINT_MM = 25.4 / 72
_SPACES = {
    "xmlns": "http://www.opengis.net/sld",
    "xmlns:se": "http://www.opengis.net/se",
    "xmlns:ogc": "http://www.opengis.net/ogc",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
}


def sld(style: Style, *, layer: str, title: str) -> str:
    """A style as the text of an SLD file.

    Parameters
    ----------
    style : how the layer is drawn.
    layer, title : its name in the file, and what it is for readers.

    Examples
    --------
    >>> from geoplan.outputs.gis.styling.symbols import single
    >>> text = sld(single(Symbol(kind="line", colour="#d55e00")), layer="roads", title="Roads")
    >>> '<se:SvgParameter name="stroke">#d55e00</se:SvgParameter>' in text
    True
    """
    root = ET.Element("StyledLayerDescriptor", {**_SPACES, "version": "1.1.0"})
    named = ET.SubElement(root, "NamedLayer")
    _text(named, "se:Name", layer)
    user = ET.SubElement(named, "UserStyle")
    _text(user, "se:Name", layer)
    _text(ET.SubElement(user, "se:Description"), "se:Title", clean(title))
    features = ET.SubElement(user, "se:FeatureTypeStyle")
    for k, one in enumerate(style.classes):
        rule = ET.SubElement(features, "se:Rule")
        name = clean(one.label) or clean(title)
        _text(rule, "se:Name", name)
        _text(ET.SubElement(rule, "se:Description"), "se:Title", name)
        if style.kind != "single":
            _filter(rule, style.field, one, first=k == 0)
        _symbolizer(rule, one.symbol)
    if style.label is not None:
        _labels(features, style.label)
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = text
    return element


def _filter(rule: ET.Element, field: str, one: Category | Range, *, first: bool) -> None:
    if isinstance(one, Category) and not one.value:
        ET.SubElement(rule, "se:ElseFilter")
        return
    filter_ = ET.SubElement(rule, "ogc:Filter")
    if isinstance(one, Category):
        _compare(filter_, "EqualTo", field, clean(one.value))
        return
    both = ET.SubElement(filter_, "ogc:And")
    # a bound that two classes share belongs to the lower one, as in QGIS
    _compare(both, "GreaterThanOrEqualTo" if first else "GreaterThan", field, f"{one.lower:.15g}")
    _compare(both, "LessThanOrEqualTo", field, f"{one.upper:.15g}")


def _compare(parent: ET.Element, how: str, field: str, value: str) -> None:
    test = ET.SubElement(parent, f"ogc:PropertyIs{how}")
    _text(test, "ogc:PropertyName", field)
    _text(test, "ogc:Literal", value)


def _symbolizer(rule: ET.Element, symbol: Symbol) -> None:
    if symbol.kind == "marker":
        point = ET.SubElement(rule, "se:PointSymbolizer")
        graphic = ET.SubElement(point, "se:Graphic")
        mark = _mark(graphic, symbol.shape)
        _parameters(mark, "se:Fill", _fill(symbol))
        _parameters(mark, "se:Stroke", _stroke(symbol.outline, symbol.outline_mm))
        _text(graphic, "se:Size", f"{symbol.size_mm / _PIXEL_MM:.3g}")
    elif symbol.kind == "line":
        line = ET.SubElement(rule, "se:LineSymbolizer")
        stroke = _stroke(symbol.colour, symbol.size_mm)
        if symbol.dash:
            stroke["stroke-dasharray"] = "8 5"
        _parameters(line, "se:Stroke", stroke)
    else:
        area = ET.SubElement(rule, "se:PolygonSymbolizer")
        if symbol.pattern == "hatch":
            fill = ET.SubElement(area, "se:Fill")
            graphic = ET.SubElement(ET.SubElement(fill, "se:GraphicFill"), "se:Graphic")
            mark = _mark(graphic, "slash")
            _parameters(mark, "se:Stroke", _stroke(symbol.colour, 0.2))
            _text(graphic, "se:Size", "8")
        elif symbol.alpha > 0:
            _parameters(area, "se:Fill", _fill(symbol))
        _parameters(area, "se:Stroke", _stroke(symbol.outline, symbol.outline_mm))


def _mark(graphic: ET.Element, shape: str) -> ET.Element:
    mark = ET.SubElement(graphic, "se:Mark")
    _text(mark, "se:WellKnownName", "square" if shape == "diamond" else shape)
    return mark


def _fill(symbol: Symbol) -> dict[str, str]:
    found = {"fill": symbol.colour}
    return found if symbol.alpha >= 1 else {**found, "fill-opacity": f"{symbol.alpha:g}"}


def _stroke(colour: str, width_mm: float) -> dict[str, str]:
    return {"stroke": colour, "stroke-width": f"{width_mm / _PIXEL_MM:.3g}"} if width_mm else {}


def _parameters(parent: ET.Element, tag: str, values: dict[str, str]) -> None:
    if not values:
        return
    element = ET.SubElement(parent, tag)
    for name, value in values.items():
        element.append(_parameter(name, value))


def _parameter(name: str, value: str) -> ET.Element:
    element = ET.Element("se:SvgParameter", name=name)
    element.text = value
    return element


def _labels(features: ET.Element, label: Label) -> None:
    rule = ET.SubElement(features, "se:Rule")
    if label.from_scale:
        _text(rule, "se:MaxScaleDenominator", str(label.from_scale))
    text = ET.SubElement(rule, "se:TextSymbolizer")
    _text(ET.SubElement(text, "se:Label"), "ogc:PropertyName", label.field)
    font = ET.SubElement(text, "se:Font")
    font.extend(_font(label))
    if label.place != "within":
        point = ET.SubElement(ET.SubElement(text, "se:LabelPlacement"), "se:PointPlacement")
        anchor = ET.SubElement(point, "se:AnchorPoint")
        _text(anchor, "se:AnchorPointX", "0.5" if label.place == "over" else "0")
        _text(anchor, "se:AnchorPointY", "0.5")
    halo = ET.SubElement(text, "se:Halo")
    _text(halo, "se:Radius", "2")
    _parameters(halo, "se:Fill", {"fill": "#ffffff"})
    _parameters(text, "se:Fill", {"fill": INK})


def _font(label: Label) -> Iterator[ET.Element]:
    yield _parameter("font-size", f"{label.size_pt * _POINT_MM / _PIXEL_MM:.3g}")
    if label.bold:
        yield _parameter("font-weight", "bold")
