"""How each layer of a run looks in QGIS: the same colours, classes and words as maps and report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoplan.outputs.gis.styling.symbols import (
    Category,
    Label,
    Range,
    Style,
    Symbol,
    categorized,
    graduated,
    single,
)
from geoplan.outputs.palette import (
    CAUSES,
    COVERED,
    FACILITY,
    INK,
    RAMPS,
    REACH,
    ROADS,
    SHARE_BOUNDS,
    SHARES,
    STATE_COLOURS,
    SUGGESTED,
    UNCOVERED,
    WATER,
)
from geoplan.words.speaker import Speaker

#: layers with more points than this are drawn smaller
MANY = 500
#: names of so many areas are shown from this scale on
_AREA_SCALES = ((30, 0), (400, 400_000), (4000, 100_000))
_NAME = Label(field="name", size_pt=7.5, from_scale=25_000)


def demand_style(labels: dict[str, str], *, count: int = 0) -> Style:
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


def facility_style(tiers: dict[str, str], label: str, *, counts: dict[str, int]) -> Style:
    """Existing sites by tier (`tiers`: label by key; the highest tier is drawn largest).

    `counts` by tier key, ``""`` without a tier: what is many is drawn small.
    """
    if not tiers:
        size = 2.6 if counts.get("", 0) <= MANY else 1.4
        return single(_site(size, "square"), label=_NAME)
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
    rows.append(Category(value="", label=label, symbol=_site(2.2)))
    return categorized("tier", rows, label=_NAME)


def _site(size: float, shape: str = "circle") -> Symbol:
    return Symbol(kind="marker", colour=FACILITY, size_mm=size, shape=shape, outline_mm=0.3)


def site_style(*, count: int = 0, label: str = "rank") -> Style:
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
    number = Label(field=label, place="over", size_pt=7, bold=True)
    return single(dot, label=None if many else number)


def gap_style(labels: dict[str, str], *, lines: bool = False) -> Style:
    """Gap areas by cause, hatched; gap stretches as thick lines."""
    rows = []
    for cause, colour in CAUSES.items():
        if cause not in labels:
            continue
        symbol = Symbol(kind="fill", colour=colour, outline=colour, outline_mm=0.4, pattern="hatch")
        if lines:
            symbol = Symbol(kind="line", colour=colour, size_mm=1.1)
        rows.append(Category(value=cause, label=labels[cause], symbol=symbol))
    number = Label(field="rank", place="beside" if lines else "within", from_scale=100_000)
    return categorized("cause", rows, label=number)


def reach_style() -> Style:
    """The ground that all sites reach together, light."""
    return single(Symbol(kind="fill", colour=REACH, outline=COVERED, outline_mm=0.2, alpha=0.25))


def site_reach_style() -> Style:
    """What each site reaches: outlines, since they overlap."""
    return single(Symbol(kind="fill", colour=REACH, outline=COVERED, outline_mm=0.25, alpha=0.0))


def stretch_style(labels: dict[str, str]) -> Style:
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


def required_style(labels: dict[str, str]) -> Style:
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


def area_style(field: str, labels: Sequence[str], *, points: bool, count: int = 0) -> Style:
    """Areas by a covered share, in the five classes that maps and figures use.

    A little of the ground shines through, so that roads and water under it are still seen.
    """
    ranges = [
        Range(
            lower=SHARE_BOUNDS[k],
            upper=SHARE_BOUNDS[k + 1],
            label=label,
            symbol=_area_symbol(SHARES[k], points=points),
        )
        for k, label in enumerate(labels)
    ]
    return graduated(field, ranges, label=_area_label(count, points=points))


def rate_style(field: str, rates: np.ndarray, name: str, *, points: bool) -> Style | None:
    """Areas by a rate, in up to five classes of as many areas each; None where none is known."""
    known = rates[np.isfinite(rates)]
    if not len(known):
        return None
    bounds = np.unique(np.quantile(known, np.linspace(0, 1, 6)))
    if len(bounds) == 1:
        bounds = np.repeat(bounds, 2)
    ranges = [
        Range(
            lower=float(low),
            upper=float(high),
            label=f"{name} {low:,.4g}–{high:,.4g}",
            symbol=_area_symbol(colour, points=points),
        )
        for low, high, colour in zip(bounds[:-1], bounds[1:], RAMPS[len(bounds) - 1], strict=True)
    ]
    return graduated(field, ranges, label=_area_label(len(rates), points=points))


def _area_symbol(colour: str, *, points: bool) -> Symbol:
    if points:
        return Symbol(kind="marker", colour=colour, outline=INK, size_mm=2.4)
    return Symbol(kind="fill", colour=colour, outline="#ffffff", outline_mm=0.15, alpha=0.8)


def _area_label(count: int, *, points: bool) -> Label:
    scale = next((scale for most, scale in _AREA_SCALES if count <= most), 25_000)
    return Label(field="name", place="beside" if points else "within", from_scale=scale)


def plain_area_style(*, points: bool, count: int = 0) -> Style:
    """Areas without a number: outlines only."""
    label = _area_label(count, points=points)
    if points:
        return single(Symbol(kind="marker", colour="#9aa5a9", size_mm=1.6), label=label)
    outline = Symbol(kind="fill", colour="#ffffff", alpha=0.0, outline="#7d8a8f", outline_mm=0.25)
    return single(outline, label=label)


def background_style(name: str, geometry: str, speaker: Speaker) -> Style:
    """Water, green and roads under everything else."""
    if name == "roads":
        return categorized(
            "class",
            [
                Category(
                    value=str(k),
                    label=speaker.say(f"gis.road_{k}"),
                    symbol=Symbol(kind="line", colour=colour, size_mm=width),
                )
                for k, (colour, width) in ROADS.items()
            ],
        )
    colour = WATER if name == "water" else "#dfe8d8"
    if "Line" in geometry:
        return single(Symbol(kind="line", colour=colour, size_mm=0.5))
    return single(Symbol(kind="fill", colour=colour, outline=colour, outline_mm=0.0))
