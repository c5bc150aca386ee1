"""Points along many lines at once: where GEOS sets them, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geoplan.network.graph.polylines import densified, lines_at


@pytest.mark.parametrize("step_m", [3.3, 5.0, 12.5, 1000.0])
def test_where_geos_sets_them(step_m: float) -> None:
    rng = np.random.default_rng(0)
    count = rng.integers(2, 9, 500)
    line = np.repeat(np.arange(500), count)
    # on a coarse lattice, so that corners are repeated, and between its points
    corners = rng.integers(0, 6, (len(line), 2)) * np.array([10.0, 7.0]) + 4e5
    corners[line % 3 == 0] += rng.random((int((line % 3 == 0).sum()), 2))
    of_none = np.flatnonzero(line % 25 == 0)  # lines without length keep all their vertices
    corners[of_none] = corners[np.searchsorted(line, line[of_none])]
    offsets = np.append(0, np.cumsum(count))
    for which in (None, np.flatnonzero(rng.random(500) < 0.5), np.array([0, 25, 499])):
        shapes = shapely.linestrings(corners, indices=line)
        shapes = shapes if which is None else shapes[which]
        long = shapely.length(shapes) > 0
        shapes[long] = shapely.segmentize(shapes[long], step_m)
        xy, of = shapely.get_coordinates(shapes, return_index=True)
        found, owner = densified(*lines_at(corners, offsets, which), step_m)
        assert np.array_equal(found, xy)
        assert np.array_equal(owner, of)


def test_no_lines() -> None:
    found, owner = densified(*lines_at(np.empty((0, 2)), np.array([0]), None), 5.0)
    assert (found.shape, owner.shape) == ((0, 2), (0,))
