"""Strips on a grid against circles around every point, united."""

from __future__ import annotations

import contourpy
import numpy as np
import pytest
import shapely

from geoplan.network.isochrones.outlines import strips as drawing
from geoplan.network.isochrones.outlines.contour import outlines
from geoplan.network.isochrones.outlines.point_runs import PointRuns
from geoplan.network.isochrones.outlines.strips import strips


def runs_of(xy, group):
    """Every point a run of its own, by two parts."""
    at = np.arange(len(xy))
    half = len(xy) // 2
    return [PointRuns(xy, at[s], at[s] + 1, group[s]) for s in (slice(half), slice(half, None))]


@pytest.mark.parametrize("cell", [10.0, 25.0, 60.0])
def test_strips_are_circles_united_for_each_group(cell):
    rng = np.random.default_rng(int(cell))
    steps = rng.normal(0, 20, (6, 80, 2)).cumsum(axis=1)
    walks = steps + rng.uniform(-1e5, 1e5, (6, 1, 2))
    group = np.repeat([0, 1, 3, 4, 5, 7], 80)
    mixed = rng.permutation(len(group))
    xy = walks.reshape(-1, 2)[mixed]
    found = strips(runs_of(xy, group[mixed]), n_groups=8, width_m=60.0, cell_m=cell)
    assert [k for k, shape in enumerate(found) if shape is None] == [2, 6]
    for k, points in zip([0, 1, 3, 4, 5, 7], walks, strict=True):
        true = shapely.union_all(shapely.buffer(shapely.points(points), 60.0))
        assert found[k].is_valid
        assert found[k].buffer(cell).covers(true)
        assert true.buffer(cell).covers(found[k])
        assert abs(found[k].area / true.area - 1) < 0.3 * cell / 60


def test_a_group_of_two_places_has_two_parts():
    xy = np.array([[0.0, 0.0], [900.0, 0.0], [5.0, 0.0]])
    (shape,) = strips(runs_of(xy, np.zeros(3, int)), n_groups=1, width_m=100.0, cell_m=25.0)
    assert sorted(round(part.centroid.x / 50) for part in shape.geoms) == [0, 18]
    assert strips(
        runs_of(xy[:0], np.zeros(0, int)), n_groups=2, width_m=9.0, cell_m=1.0
    ).tolist() == [
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

    monkeypatch.setattr("geoplan.network.isochrones.outlines.strips._squares", counted)
    together = strips(runs_of(xy, group), n_groups=6, width_m=60.0, cell_m=10.0)
    assert len(sizes) == 1
    monkeypatch.setattr("geoplan.network.isochrones.outlines.strips._MOST_CELLS", 200_000)
    apart = strips(runs_of(xy, group), n_groups=6, width_m=60.0, cell_m=10.0)
    assert max(sizes[1:]) <= 200_000 < sizes[0]
    assert together[3] is apart[3] is None
    for k in (0, 1, 2, 4, 5):
        # lines are simplified: what is equal but for rounding may lose another corner
        assert together[k].symmetric_difference(apart[k]).area < 1e-4 * apart[k].area


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("seed", range(60))
def test_the_lines_are_those_of_contourpy(seed, kind):
    """Also where cells touch at a corner, holes lie in holes, and nothing is near."""
    rng = np.random.default_rng(seed)
    near = rng.random(rng.integers(5, 40, 2)) < rng.random()
    squares = np.where(near, rng.integers(0, 5, near.shape), rng.integers(5, 9, near.shape))
    squares[[0, -1]] = squares[:, [0, -1]] = 9
    found = outlines(squares.astype(kind), 2.05)
    drawing = contourpy.contour_generator(
        z=np.sqrt(squares.astype(float)), fill_type="ChunkCombinedOffsetOffset"
    )
    wanted = [one for (one,) in drawing.filled(-1.0, 2.05)]
    if wanted[0] is None:
        wanted = [np.empty((0, 2)), [0], [0]]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


def test_lines_that_cross_once_they_are_simpler_are_mended(monkeypatch):
    """None was ever seen to: here one crosses itself, and two parts of a group overlap."""
    xy = np.array([[0.0, 0.0], [900.0, 0.0], [5000.0, 0.0]])
    reached = runs_of(xy, np.array([0, 0, 1]))
    options = {"n_groups": 2, "width_m": 100.0, "cell_m": 25.0}
    plain = strips(reached, **options)
    crossed = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    overlapping = shapely.box(-3, 0, 1, 2)

    def simplified(*given):
        return np.array([crossed, overlapping, *true(*given)[2:]])

    true = drawing._simplified
    monkeypatch.setattr(drawing, "_simplified", simplified)
    mended, untouched = strips(reached, **options)
    assert mended.is_valid
    assert mended.area == 8 + 1
    assert untouched.equals_exact(plain[1])


def test_simpler_lines_are_those_of_simpler_polygons():
    rng = np.random.default_rng(5)
    squares = rng.choice([1, 5], (60, 60), p=[0.7, 0.3]).astype(np.uint8)
    squares[[0, -1]] = squares[:, [0, -1]] = 9
    points, rings, parts = outlines(squares, 2.0)
    plain = shapely.from_ragged_array(shapely.GeometryType.POLYGON, points, (rings, parts))
    plain = shapely.simplify(plain, 0.25, preserve_topology=False)
    found = drawing._simplified(points, rings, parts, 0.25)
    holes = len(rings) - len(parts)
    assert 20 < shapely.get_num_interior_rings(plain).sum() < holes  # small ones are gone
    assert shapely.equals_exact(found, plain, 0).all()
