"""Strips on a grid against circles around every point, united."""

from __future__ import annotations

import contourpy
import numpy as np
import pytest
import shapely

from geoplan.network.isochrones import strips as drawing
from geoplan.network.isochrones.strips import strips


@pytest.mark.parametrize("cell", [10.0, 25.0, 60.0])
def test_strips_are_circles_united_for_each_group(cell):
    rng = np.random.default_rng(int(cell))
    steps = rng.normal(0, 20, (6, 80, 2)).cumsum(axis=1)
    walks = steps + rng.uniform(-1e5, 1e5, (6, 1, 2))
    group = np.repeat([0, 1, 3, 4, 5, 7], 80)
    mixed = rng.permutation(len(group))
    xy = walks.reshape(-1, 2)[mixed]
    found = strips(xy, group[mixed], n_groups=8, width_m=60.0, cell_m=cell)
    assert [k for k, shape in enumerate(found) if shape is None] == [2, 6]
    for k, points in zip([0, 1, 3, 4, 5, 7], walks, strict=True):
        true = shapely.union_all(shapely.buffer(shapely.points(points), 60.0))
        assert found[k].is_valid
        assert found[k].buffer(cell).covers(true)
        assert true.buffer(cell).covers(found[k])
        assert abs(found[k].area / true.area - 1) < 0.3 * cell / 60


def test_a_group_of_two_places_has_two_parts():
    xy = np.array([[0.0, 0.0], [900.0, 0.0], [5.0, 0.0]])
    (shape,) = strips(xy, np.zeros(3, int), n_groups=1, width_m=100.0, cell_m=25.0)
    assert sorted(round(part.centroid.x / 50) for part in shape.geoms) == [0, 18]
    assert strips(xy[:0], np.zeros(0, int), n_groups=2, width_m=9.0, cell_m=1.0).tolist() == [
        None,
        None,
    ]


def test_long_and_tall_windows_share_no_large_canvas(monkeypatch):
    """One street of 20 km each way: together they would want a canvas as wide and as tall."""
    along = np.arange(0.0, 20_000.0, 10.0)
    line = np.column_stack([along, np.zeros_like(along)])
    xy = np.concatenate([line, line[:, ::-1], line + 5e5, line[:, ::-1] - 5e5, line * 0.01])
    group = np.repeat([0, 1, 2, 4, 5], len(along))
    sizes = []
    true = drawing._squares

    def counted(marked, steps):
        sizes.append(marked.size)
        return true(marked, steps)

    monkeypatch.setattr("geoplan.network.isochrones.strips._squares", counted)
    together = strips(xy, group, n_groups=6, width_m=60.0, cell_m=10.0)
    assert len(sizes) == 1
    monkeypatch.setattr("geoplan.network.isochrones.strips._MOST_CELLS", 200_000)
    apart = strips(xy, group, n_groups=6, width_m=60.0, cell_m=10.0)
    assert max(sizes[1:]) <= 200_000 < sizes[0]
    assert together[3] is apart[3] is None
    for k in (0, 1, 2, 4, 5):
        # lines are simplified: what is equal but for rounding may lose another corner
        assert together[k].symmetric_difference(apart[k]).area < 1e-4 * apart[k].area


def test_the_contour_is_that_of_contourpy_left_to_itself():
    rng = np.random.default_rng(4)
    away = np.sqrt(rng.integers(0, 9, (40, 30)).astype(float))
    plain = contourpy.contour_generator(z=away, fill_type="ChunkCombinedOffsetOffset")
    wanted = plain.filled(-1.0, 2.0)
    for found, (whole,) in zip(drawing._contour(away, 2.0), wanted, strict=True):
        assert found.tolist() == whole.tolist()
