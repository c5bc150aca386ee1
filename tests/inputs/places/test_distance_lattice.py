"""The lattice of distances is that of every street drawn by itself."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from rasterio import Affine
from rasterio.features import rasterize
from scipy.ndimage import distance_transform_edt

from geoplan.inputs.location.streets import _MARGIN_M, Streets, hull_of
from tests.inputs.places.town import CRS, SIDE, X, Y, street_lines


@pytest.mark.parametrize("kind", ["town", "bent", "round", "multi"])
def test_lattices_are_those_of_single_streets(kind: str) -> None:
    rng = np.random.default_rng(len(kind))
    lines = np.array(street_lines(bend=60.0), object)
    if kind == "bent":
        more = [
            shapely.LineString(rng.uniform(0, SIDE, (5, 2)) + np.array([X, Y])) for _ in range(40)
        ]
        lines = np.concatenate([lines, more])
    if kind == "round":  # on the bounds of cells
        lines = shapely.set_precision(lines, 2.5)
    if kind == "multi":
        lines = np.append(lines, shapely.MultiLineString(lines[:3].tolist()))
    streets = Streets(gpd.GeoSeries(lines, crs=CRS))
    x, y = rng.uniform(0, SIDE, (2, 60)).round(1 if kind == "round" else 6) + np.array([[X], [Y]])
    near = streets.distances(x, y) < 160.0
    x, y = x[near], y[near]
    assert len(x) > 10
    found = streets.distance_lattice(x, y, reach_m=160.0, step_m=5.0)
    n = round(160 / 5) + round(_MARGIN_M / 5)
    half = (n + 0.5) * 5.0
    for k, (east, north) in enumerate(zip(x, y, strict=True)):
        box = shapely.box(east - half, north - half, east + half, north + half)
        some = lines[shapely.intersects(shapely.envelope(lines), box)]
        corner = Affine(5.0, 0.0, east - half, 0.0, -5.0, north + half)
        drawn = rasterize(some, out_shape=(2 * n + 1, 2 * n + 1), transform=corner)
        metres = distance_transform_edt(drawn == 0) * 5.0
        cut = slice(round(_MARGIN_M / 5), -round(_MARGIN_M / 5))
        assert np.array_equal(found[k], metres[cut, cut])


@pytest.mark.parametrize("at_once", [3, 4, 100_000])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7, 8, 60])
def test_the_hull_is_that_of_all_points(
    monkeypatch: pytest.MonkeyPatch, at_once: int, count: int
) -> None:
    monkeypatch.setattr("geoplan.inputs.location.streets._HULL_POINTS", at_once)
    rng = np.random.default_rng(count)
    for xy in (rng.random((count, 2)), rng.integers(0, 4, (count, 2)).astype(float)):
        expected = shapely.convex_hull(shapely.multipoints(xy))
        assert shapely.equals(hull_of(xy), expected) or (shapely.is_empty(expected) and not count)
