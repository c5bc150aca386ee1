"""How layers are drawn, whoever draws them: symbols, classes and labels, told apart from formats.

`qml` and `sld` write them for QGIS and for other programs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """Texts beside the features: a column, and how they are set.

    place : ``"over"`` the middle of a symbol, and always there; ``"beside"`` it or ``"within"`` an
        area, where there is room.
    from_scale : shown from this scale on (25000 = at 1:25 000 and closer); 0 = always.
    """

    field: str
    place: str = "beside"
    size_pt: float = 8.0
    bold: bool = False
    from_scale: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """How a layer is drawn.

    kind : ``"single"``, ``"categorized"`` or ``"graduated"``, by the values of `field`.
    classes : one symbol each; of ``"single"`` the only one.
    """

    kind: str
    classes: tuple[Category | Range, ...]
    field: str = ""
    label: Label | None = None


def single(symbol: Symbol, *, label: Label | None = None) -> Style:
    """Every feature alike."""
    return Style(kind="single", classes=(Category(value="", label="", symbol=symbol),), label=label)


def categorized(field: str, categories: Sequence[Category], *, label: Label | None = None) -> Style:
    """A symbol per value of `field`."""
    return Style(kind="categorized", classes=tuple(categories), field=field, label=label)


def graduated(field: str, ranges: Sequence[Range], *, label: Label | None = None) -> Style:
    """A symbol per class of the number `field`."""
    return Style(kind="graduated", classes=tuple(ranges), field=field, label=label)
