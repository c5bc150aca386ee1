"""A column with both coordinates in each cell becomes two, longitude and latitude told apart."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.columns.places.angles import MAX_DEGREES, parse_angle
from geoplan.inputs.columns.places.pairs import Pair, parse_pair
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.rows import Rows
from geoplan.words import say

#: headings that say which coordinate stands first
_LON_FIRST = re.compile(r"^(x ?y|lng ?lat|lon(g)? ?lat|经纬|.*经.*纬)", re.IGNORECASE)
_LAT_FIRST = re.compile(r"^(y ?x|lat ?l(o)?ng?|纬经|.*纬.*经|lat.*lon)", re.IGNORECASE)


def split_pairs(rows: Rows, collector: FindingCollector, context: LocationContext) -> Rows:
    """`rows` with the column of pairs as two columns, in the order that the cells tell.

    Notes
    -----
    Which coordinate stands first is decided, in this order, by hemispheres and by values that no
    latitude has (cell by cell, the majority for the column), by where the study lies, by the
    heading, else longitude first; a finding says which and why.
    """
    heading = rows.heading("lonlat")
    if not heading or is_empty(rows.text[heading]).all():
        return rows
    cells = rows.text[heading]
    every = {cell: parse_pair(str(cell), any_degrees=True) for cell in cells.unique()}
    pairs = [every[cell] for cell in cells]
    first = pd.Series([_part(p, c, 0) for p, c in zip(pairs, cells, strict=True)], cells.index)
    second = pd.Series([_part(p, c, 1) for p, c in zip(pairs, cells, strict=True)], cells.index)
    lon_first, why = _order([p for p in pairs if p is not None], heading, context)
    metres = why == "metres"
    turned = np.array(
        [p is not None and not metres and _says(p) == -_sign(lon_first) for p in pairs]
    )
    first, second = first.where(~turned, second), second.where(~turned, first)
    collector.about_rows_together(turned, "pairs_turned", "note", column=heading)
    names = f"{heading} (1)", f"{heading} (2)"
    roles = ("x", "y") if metres else ("lon", "lat") if lon_first else ("lat", "lon")
    if not metres:
        collector.about_file(
            "pair_order",
            "warning" if why == "custom" else "note",
            assumed=why == "custom",
            column=heading,
            count=sum(p is not None for p in pairs),
            order=say(collector.lang, f"inputs.pair_{'lon' if lon_first else 'lat'}_first"),
            why=say(collector.lang, f"inputs.pair_by_{why}"),
        )
    text = rows.text.assign(**{names[0]: first, names[1]: second})
    return replace(rows, text=text, roles={**rows.roles, names[0]: roles[0], names[1]: roles[1]})


def _part(pair: Pair | None, cell: str, side: int) -> str:
    if pair is None:  # no number beside it: an error of the row, unless the cell is empty
        return "?" if side and cell else str(cell)
    return pair.second if side else pair.first


def _sign(lon_first: bool) -> int:
    return 1 if lon_first else -1


def _says(pair: Pair) -> int:
    """1 where a pair itself says that longitude stands first, -1 for latitude, 0 for neither."""
    if any(pair.axes):
        return _sign(pair.axes[0] == "lon" or pair.axes[1] == "lat")
    first, second = parse_angle(pair.first), parse_angle(pair.second)
    if first is None or second is None:
        return 0
    return int(abs(first.degrees) > 90) - int(abs(second.degrees) > 90)


def _order(pairs: list[Pair], heading: str, context: LocationContext) -> tuple[bool, str]:
    """Whether longitude stands first, and by what that is known."""
    angles = [(parse_angle(p.first), parse_angle(p.second)) for p in pairs]
    a = np.array([one.degrees for one, _ in angles if one is not None])
    b = np.array([other.degrees for _, other in angles if other is not None])
    if len(a) and np.median(np.abs(a)) > MAX_DEGREES:
        return True, "metres"
    named = sum(_says(p) for p in pairs if any(p.axes))
    if named:
        return named > 0, "letters"
    certain = sum(map(_says, pairs))
    if certain:
        return certain > 0, "values"
    inside, turned = context.expects(a, b).sum(), context.expects(b, a).sum()
    if inside != turned:
        return bool(inside > turned), "study"
    plain = heading.replace("_", " ").strip()
    for pattern, first in ((_LON_FIRST, True), (_LAT_FIRST, False)):
        if pattern.match(plain):
            return first, "heading"
    said = all(map(_says, pairs))  # as many cells say the one as the other: each counts by itself
    return True, "values" if pairs and said else "custom"
