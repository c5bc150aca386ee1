"""A made-up town: streets in both directions at random distances, a third of each missing."""

from __future__ import annotations

import numpy as np
from shapely.geometry import LineString

CRS = "EPSG:4548"
#: south-western corner and side of the town, metres
X, Y, SIDE = 492_000.0, 4_046_000.0, 14_000.0


def street_lines(*, bend: float = 0.0) -> list[LineString]:
    """Stretches of 700 m, 120 to 420 m apart; their ends up to `bend` metres off the straight."""
    rng = np.random.default_rng(5)
    lines = []
    for upright in (False, True):
        for at in np.cumsum(rng.uniform(120, 420, 60)):
            if at > SIDE:
                break
            cuts = np.arange(0, SIDE, 700)
            for start in cuts[rng.random(len(cuts)) > 0.33]:
                end = at + (rng.uniform(-bend, bend) if bend else 0.0)
                ends = [(start, at), (start + 700, end)]
                ends = [(b, a) if upright else (a, b) for a, b in ends]
                lines.append(LineString([(X + a, Y + b) for a, b in ends]))
    return lines
