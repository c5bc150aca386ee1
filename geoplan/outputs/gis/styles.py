"""How each layer of a run looks in QGIS: the same colours, classes and words as maps and report."""

from __future__ import annotations

from collections.abc import Sequence

from geoplan.outputs.gis.qml import Category, Range, Symbol, categorized, graduated, single
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


def site_style(*, count: int = 0, label: str = "rank") -> str:
    """Suggested sites, numbered by the field `label`.

    Markers by the hundred are small and without a number.
    """
    many = count > MANY // 5
    dot = Symbol(
        kind="marker",
        colour=SUGGESTED,
        size_mm=1.3 if many else 4.6,
        outline=INK,
        outline_mm=0.1 if many else 0.3,
    )
    return single(dot, label_field="" if many else label)


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
