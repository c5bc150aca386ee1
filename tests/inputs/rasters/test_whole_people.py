"""Whole people out of fractions: the city, every area and every neighbourhood keep their people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import given, strategies as st
from rasterio.transform import from_origin

from geoplan.inputs import LayerSource, SumTo
from geoplan.inputs.allocation import spread_evenly, whole_in_areas
from geoplan.inputs.rasters.points import demand_points
from geoplan.inputs.rasters.share import CellGrid, share_cells
from tests.inputs.rasters.raster_files import LEFT, TOP, layer, read, square, write

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

SHARES = st.lists(st.floats(0, 50), min_size=1, max_size=60)


@given(shares=SHARES)
def test_every_run_of_neighbours_keeps_its_people(shares):
    shares = np.array(shares)
    total = round(shares.sum())
    whole = spread_evenly(shares, total)
    assert whole.sum() == total
    assert (whole >= 0).all()
    if total:
        quota = shares * total / shares.sum()
        off = np.concatenate([[0.0], np.cumsum(whole - quota)])
        assert np.ptp(off) <= 1 + 1e-6  # the most by which a run of neighbours is off


@given(shares=SHARES, seed=st.integers(0, 100))
def test_areas_of_two_levels_keep_their_people(shares, seed):
    people = np.array(shares)
    rng = np.random.default_rng(seed)
    fine = rng.integers(0, 6, len(people))
    coarse = (fine // 3).astype(object)
    coarse[coarse == 1] = pd.NA
    order = rng.permutation(len(people))
    whole = whole_in_areas(people, [coarse, fine.astype(object)], order)
    assert whole.sum() == round(people.sum())
    for codes in (fine // 3, fine):
        for code in set(codes):
            assert abs(whole[codes == code].sum() - people[codes == code].sum()) < 2


def test_villages_of_small_fractions_do_not_lose_to_a_suburb(tmp_path):
    """By the largest remainder over the cells the western half would be left with nobody."""
    values = np.hstack([np.full((40, 20), 0.2), np.full((40, 20), 0.4)])
    one = read(write(tmp_path / "p.tif", values))
    frame = one.layer.frame
    west = frame["people"][frame.geometry.x < LEFT + 2000].sum()
    assert one.layer.total == 480
    assert west == pytest.approx(160, abs=3)
    north = frame["people"][frame.geometry.y > TOP - 2000].sum()
    assert north == pytest.approx(240, abs=3)


def test_a_census_is_kept_area_by_area(tmp_path):
    path = write(tmp_path / "p.tif", np.full((4, 4), 5.0))
    village = layer(
        "village",
        {"1": square(60, 10, 90, 40), "2": square(0, 100, 400, 400)},
        {"1": "9", "2": "9"},
        parent="city",
    )
    areas = {"city": layer("city", {"9": square(0, 0, 400, 400)}), "village": village}
    (tmp_path / "census.csv").write_text("code,people\n1,7\n2,101\n", encoding="utf-8")
    census = LayerSource(path=tmp_path / "census.csv")
    one = read(path, areas=areas, sum_to=SumTo(source=census, level="village", weight="people"))
    frame = one.layer.frame
    assert frame.groupby("village")["people"].sum().to_dict() == {"1": 7, "2": 101}
    assert one.layer.total == 108
    small = frame[frame["village"] == "1"]  # holds no centre of a cell
    assert square(60, 10, 90, 40).contains(small.geometry.iloc[0])
    assert small["city"].tolist() == ["9"]


def test_blocks_lose_nobody_and_stay_at_the_people():
    rng = np.random.default_rng(1)
    values = rng.integers(0, 5, (60, 60)).astype(float)
    row, column = np.nonzero(values)
    grid = CellGrid(
        crs=pyproj.CRS("EPSG:4548"),
        transform=from_origin(LEFT, TOP, 100, 100),
        row=row,
        column=column,
        people=values[row, column],
    )
    found = demand_points(grid, share_cells(grid, []), [], crs="EPSG:4548", most=500)
    assert found.block > 1
    assert len(found.people) <= 500
    assert found.people.sum() == pytest.approx(values.sum())
    centre = (found.points.x * found.people).sum() / found.people.sum()
    weight = values[row, column]
    assert centre == pytest.approx((weight * (LEFT + 100 * (column + 0.5))).sum() / weight.sum())
