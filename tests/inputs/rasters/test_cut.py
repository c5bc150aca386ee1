"""What lies outside the study is not counted, and told; inside nobody is lost."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from shapely.geometry import LineString, box

from geoplan.inputs import Streets
from geoplan.inputs.layers import AreaLayer
from tests.inputs.rasters.raster_files import (
    CRS,
    LEFT,
    TOP,
    codes,
    found,
    layer,
    read,
    square,
    write,
)

# rasterio multiplies transforms in a way that affine will give up
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

RNG = np.random.default_rng(5)
#: 40 x 40 cells of 100 m; the study's two districts cover rows and columns 10 to 29
PEOPLE = RNG.gamma(0.5, 20.0, (40, 40)) * (RNG.random((40, 40)) < 0.8)
TWO = {"1": square(1000, 1000, 2000, 3000), "2": square(2000, 1000, 3000, 3000)}


def padded(values, cells):
    """`values` with people on `cells` further cells on every side."""
    around = np.full(np.array(values.shape) + 2 * cells, 7.0)
    around[cells:-cells, cells:-cells] = values
    return around


def by_area(one, level="district"):
    return one.layer.frame.groupby(level)["people"].sum().to_dict()


@pytest.mark.parametrize("cells", [0, 10, 300])
def test_people_outside_are_told_and_not_counted(tmp_path, cells):
    inside = PEOPLE[10:30, 10:30]
    corner = (LEFT + 1000 - 100 * cells, TOP - 1000 + 100 * cells)
    values = padded(inside, cells) if cells else inside
    path = write(tmp_path / "p.tif", values, corner=corner)
    one = read(path, areas={"district": layer("district", TWO)})
    west, east = inside[:, :10].sum(), inside[:, 10:].sum()
    assert one.layer.total == round(inside.sum())
    assert by_area(one) == {"1": pytest.approx(west, abs=1), "2": pytest.approx(east, abs=1)}
    assert one.record.rows == one.record.accepted + one.record.set_aside
    assert one.record.accepted == (inside > 0).sum()
    if not cells:
        assert codes(one) == []
        return
    told = found(one, "raster_outside")
    outside = 7 * ((20 + 2 * cells) ** 2 - 400)
    assert f"{outside:,} people" in told.problem
    assert told.assumption.count == (20 + 2 * cells) ** 2 - 400
    assert told.assumption.effect


def test_a_padded_raster_gives_the_points_of_the_cut_one(tmp_path, monkeypatch):
    monkeypatch.setattr("geoplan.inputs.rasters.points.MAX_POINTS", 60)
    monkeypatch.setattr(
        "geoplan.inputs.rasters.points.demand_points.__kwdefaults__", {"anchor": (0, 0), "most": 60}
    )
    inside = np.maximum(PEOPLE[10:30, 10:30], 0.01)
    areas = {"district": layer("district", TWO)}
    cut = read(write(tmp_path / "c.tif", inside, corner=(LEFT + 1000, TOP - 1000)), areas=areas)
    for cells in (7, 100):  # blocks begin at the study's corner, not at the file's
        corner = (LEFT + 1000 - 100 * cells, TOP - 1000 + 100 * cells)
        wide = read(write(tmp_path / "w.tif", padded(inside, cells), corner=corner), areas=areas)
        assert "raster_blocks" in codes(cut)
        assert found(wide, "raster_blocks").problem == found(cut, "raster_blocks").problem
        assert wide.layer.frame["people"].tolist() == cut.layer.frame["people"].tolist()
        assert wide.layer.frame.geometry.geom_equals_exact(cut.layer.frame.geometry, 1e-6).all()


def test_a_cell_counts_whole_where_its_centre_lies_inside(tmp_path):
    path = write(tmp_path / "p.tif", np.full((4, 4), 8.0))
    shapes = {"1": square(0, 0, 170, 400)}  # the second column's centres, at 150 m, lie inside
    one = read(path, areas={"district": layer("district", shapes)})
    assert one.layer.total == 64
    assert "64 people" in found(one, "raster_outside").problem
    narrow = {"1": square(0, 0, 140, 400)}
    assert read(path, areas={"district": layer("district", narrow)}).layer.total == 32


def test_a_cell_on_an_inner_border_is_shared_by_its_ground(tmp_path):
    path = write(tmp_path / "p.tif", np.full((4, 4), 100.0))
    shapes = {"1": square(0, 0, 125, 400), "2": square(125, 0, 400, 400)}
    one = read(path, areas={"district": layer("district", shapes)})
    # a quarter of the second column belongs to the first district
    assert by_area(one) == {"1": 4 * 125, "2": 4 * 275}
    frame = one.layer.frame
    homes = gpd.GeoSeries(shapes, crs=CRS).loc[frame["district"]]
    assert shapely.intersects(homes.to_numpy(), frame.geometry.to_numpy()).all()


def test_two_levels_and_ground_that_no_village_covers(tmp_path):
    path = write(tmp_path / "p.tif", np.full((4, 4), 10.0))
    village = layer("village", {"11": square(0, 0, 150, 400)}, {"11": "1"}, parent="district")
    areas = {"district": layer("district", {"1": square(0, 0, 400, 400)}), "village": village}
    one = read(path, areas=areas)
    assert by_area(one) == {"1": 160}
    assert by_area(one, "village") == {"11": 60}


def test_areas_that_overlap_share_and_count_nobody_twice(tmp_path):
    path = write(tmp_path / "p.tif", np.full((4, 4), 10.0))
    shapes = {"1": square(0, 0, 300, 400), "2": square(100, 0, 400, 400)}
    one = read(path, areas={"district": layer("district", shapes)})
    assert by_area(one) == {"1": 80, "2": 80}


def test_without_areas_the_reach_of_the_streets_cuts(tmp_path):
    path = write(tmp_path / "p.tif", np.full((40, 40), 2.0))
    lines = gpd.GeoSeries(
        [LineString([(LEFT + 1000, TOP - 1000), (LEFT + 2000, TOP - 2000)])], crs=CRS
    )
    reach = box(LEFT + 500, TOP - 2500, LEFT + 2500, TOP - 500)
    one = read(path, streets=Streets(lines, reach=reach))
    assert one.layer.total == 2 * 400
    assert "2,400 people" in found(one, "raster_beyond_streets").problem


def test_nothing_to_cut_by_keeps_everybody(tmp_path):
    one = read(write(tmp_path / "p.tif", PEOPLE))
    assert one.layer.total == round(PEOPLE.sum())
    assert found(one, "raster_uncut").assumption
    assert codes(one) == []


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "ESRI:54009", "EPSG:32650"])
def test_rasters_in_another_crs(tmp_path, crs):
    areas = gpd.GeoSeries([square(1000, 1000, 3000, 3000)], crs=CRS)
    west, _, east, north = areas.to_crs(crs).total_bounds
    cell = (east - west) / 20
    for cells in (2, 60):  # so many more cells on every side
        n = 22 + 2 * cells
        corner = (west - cell * (cells + 1), north + cell * (cells + 1))
        values = np.random.default_rng(1).random((n, n)) * 9
        path = write(tmp_path / f"{cells}.tif", values, corner=corner, cell=cell, crs=crs)
        one = read(path, areas={"district": layer("district", {"1": areas[0]})})
        column, row = np.meshgrid(np.arange(n), np.arange(n))
        centres = gpd.GeoSeries.from_xy(
            corner[0] + cell * (column.ravel() + 0.5),
            corner[1] - cell * (row.ravel() + 0.5),
            crs=crs,
        ).to_crs(CRS)
        inside = centres.within(areas[0]).to_numpy().reshape(n, n)
        stored = values.astype("float32").astype(float)
        assert one.layer.total == pytest.approx(stored[inside].sum(), abs=0.51)
        assert f"{stored[~inside].sum():,.0f} people" in found(one, "raster_outside").problem


def test_a_raster_that_misses_a_part_is_told(tmp_path):
    path = write(tmp_path / "p.tif", np.ones((40, 15)), nodata=-1)  # ends inside the first district
    one = read(path, areas={"district": layer("district", TWO)})
    told = found(one, "raster_partly")
    assert "72.5%" in told.problem  # of 2,000 m, 500 m and half a cell are covered
    assert "1 area" in told.problem
    assert "district 2" in told.advice
    assert "district 2" not in told.assumption.what


def test_an_area_whose_cells_have_no_data_is_told(tmp_path):
    values = np.where(np.arange(40) < 20, 3.0, -99999.0) * np.ones((40, 1))
    one = read(
        write(tmp_path / "p.tif", values, nodata=-99999), areas={"district": layer("district", TWO)}
    )
    assert "district 2" in found(one, "raster_partly").advice
    assert "50%" in found(one, "raster_no_data").problem
    assert one.layer.total == 600


def test_a_study_beside_the_raster_is_refused(tmp_path):
    far = {"1": square(90_000, 0, 91_000, 1000)}
    one = read(write(tmp_path / "p.tif", PEOPLE), areas={"district": layer("district", far)})
    assert one.layer is None
    assert "nobody inside the study" in one.findings[-1].problem


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), strips=st.integers(1, 5), tilt=st.floats(-0.3, 0.3))
def test_areas_sum_to_the_study_and_points_lie_at_home(tmp_path_factory, seed, strips, tilt):
    rng = np.random.default_rng(seed)
    values = rng.gamma(0.3, 5.0, (20, 20))
    path = write(tmp_path_factory.mktemp("r") / "p.tif", values)
    edges = np.linspace(153, 1837, strips + 1)
    shapes = {
        str(k): shapely.affinity.rotate(
            square(a, 172, b, 1853), tilt, origin=(LEFT + 1000, TOP - 1000), use_radians=True
        )
        for k, (a, b) in enumerate(itertools.pairwise(edges))
    }
    one = read(path, areas={"district": layer("district", shapes)})
    ground = shapely.union_all(list(shapes.values()))
    y, x = np.mgrid[0:20, 0:20]
    inside = shapely.intersects_xy(ground, LEFT + 100 * (x + 0.5), TOP - 100 * (y + 0.5))
    frame = one.layer.frame
    stored = values.astype("float32").astype(float)
    assert one.layer.total == pytest.approx(stored[inside].sum(), abs=0.51)
    assert frame["district"].notna().all()
    assert (frame["people"] == frame["people"].round()).all()
    homes = gpd.GeoSeries(shapes, crs=CRS).loc[frame["district"]]
    assert (shapely.distance(homes.to_numpy(), frame.geometry.to_numpy()) < 1e-6).all()


def test_a_study_across_180_degrees(tmp_path):
    """Fiji's grid: a raster from -180 to 180 degrees has its two sides at its two ends."""
    island = gpd.GeoSeries([box(2_080_000, 3_960_000, 2_190_000, 3_990_000)])
    island = island.set_crs("EPSG:3460")
    west, south, east, north = island.to_crs("EPSG:4326").total_bounds
    assert east - west > 180
    cell = 0.02
    values = np.ones((100, 18_000))
    path = write(tmp_path / "p.tif", values, corner=(-180.0, north + 1), cell=cell, crs="EPSG:4326")
    frame = gpd.GeoDataFrame(
        {"name": ["i"], "parent": [None]}, geometry=list(island), index=["1"], crs="EPSG:3460"
    )
    areas = {"district": AreaLayer(level="district", frame=frame)}
    one = read(path, areas=areas, crs="EPSG:3460")
    column, row = np.meshgrid(np.arange(18_000), np.arange(100))
    x, y = -180 + cell * (column.ravel() + 0.5), north + 1 - cell * (row.ravel() + 0.5)
    near = (np.abs(x) > 170) & (y > south - 0.1) & (y < north + 0.1)
    centres = gpd.GeoSeries.from_xy(x[near], y[near], crs="EPSG:4326").to_crs("EPSG:3460")
    inside = centres.within(island[0]).sum()
    assert inside > 500
    assert one.layer.total == pytest.approx(inside, rel=0.01)
    assert one.layer.frame.geometry.distance(island[0]).max() < 100
