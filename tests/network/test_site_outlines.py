"""The outline of each site against the exact reach areas, which are drawn in another way."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan.errors import UsageError
from geoplan.network import Network, reach_areas
from geoplan.network.isochrones.outline import reach_outline
from geoplan.network.isochrones.site_outlines import site_outlines


@pytest.fixture(scope="module")
def grid():
    """A town of 12 by 12 corners 150 m apart, one street in five missing."""
    side, step = 12, 150.0
    xy = [(c * step, r * step) for r in range(side) for c in range(side)]
    nodes = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*zip(*xy, strict=True)), crs="EPSG:4548")
    pairs = [(k, k + 1) for k in range(side * side) if k % side < side - 1]
    pairs += [(k, k + side) for k in range(side * (side - 1))]
    kept = [p for n, p in enumerate(pairs) if n % 5]
    edges = pd.DataFrame(kept, columns=["u", "v"]).assign(length_m=step)
    return Network.from_edges(nodes, edges, mode="walk")


def test_each_outline_is_its_site_s_reach_area(grid):
    sites = gpd.GeoSeries(
        gpd.points_from_xy([310, 820, 1500], [290, 900, 40]),
        index=["a", "b", "c"],
        crs="EPSG:4548",
    )
    drawn = site_outlines(grid, sites, cutoff_m=450, width_m=60)
    assert list(drawn.index) == ["a", "b", "c"]
    assert set(drawn["cutoff"]) == {450}
    exact = reach_areas(grid, sites, cutoffs_m=[450], width_m=60).set_index("site")
    for name in drawn.index:
        shape, true = drawn.geometry[name], exact.geometry[name]
        cell = drawn["cell_m"][name]
        # the strip does not narrow towards its end as the reach area does
        assert shape.buffer(2 * cell).covers(true)
        assert true.buffer(60 + 2 * cell).covers(shape)
    together = reach_outline(grid, sites, cutoff_m=450, width_m=60).geometry.iloc[0]
    union = shapely.union_all(drawn.geometry.to_numpy())
    assert union.symmetric_difference(together).area < 0.06 * together.area


def test_a_site_off_the_streets_has_no_row(grid):
    sites = gpd.GeoSeries(gpd.points_from_xy([300, 9000], [300, 9000]), crs="EPSG:4548")
    drawn = site_outlines(grid, sites, cutoff_min=5)
    assert list(drawn.index) == [0]
    assert np.isfinite(drawn.area).all()
    with pytest.raises(UsageError, match="only one"):
        site_outlines(grid, sites, cutoff_m=1, cutoff_min=1)
