"""Population rasters: people conserved whatever the cells."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import box

from geoplan.errors import InputError
from geoplan.inputs import LayerSource, SumTo, read_demand
from geoplan.inputs.files.raster import people_by_area, read_population
from geoplan.inputs.layers import AreaLayer

CRS = "EPSG:4548"

# rasterio multiplies transforms in a way that affine will give up
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")


def write(path, values, *, nodata=-99.0, cell=100.0, x=500_000.0):
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=values.shape[1],
        height=values.shape[0],
        count=1,
        dtype="float32",
        crs=CRS,
        transform=from_origin(x, 4_060_000.0, cell, cell),
        nodata=nodata,
    ) as target:
        target.write(values.astype("float32"), 1)
    return path


def test_age_groups_are_summed_and_no_data_is_nobody(tmp_path):
    young = np.array([[1.0, 0.0], [-99.0, 4.0]])
    old = np.array([[2.0, 0.0], [5.0, -99.0]])
    sources = [
        LayerSource(path=write(tmp_path / "young.tif", young)),
        LayerSource(path=write(tmp_path / "old.tif", old)),
    ]
    one = read_demand(sources, key="pop", crs=CRS, lang="en")
    assert one.layer.total == 12.0
    xy = one.layer.frame.geometry.get_coordinates().to_numpy()
    assert xy.tolist() == [[500050, 4059950], [500050, 4059850], [500150, 4059850]]
    assert one.layer.frame["people"].tolist() == [3.0, 5.0, 4.0]


def test_blocks_lose_nobody_and_stay_at_the_people(tmp_path):
    rng = np.random.default_rng(1)
    values = rng.integers(0, 5, (60, 60)).astype(float)
    cells = read_population([write(tmp_path / "p.tif", values)], most=500)
    assert cells.block > 1
    assert len(cells.people) <= 500
    assert cells.people.sum() == pytest.approx(values.sum())
    row, column = np.nonzero(values)
    weight = values[row, column]
    centre = (cells.x * cells.people).sum() / cells.people.sum()
    assert centre == pytest.approx((weight * (500_000 + 100 * (column + 0.5))).sum() / weight.sum())


def test_negative_cells_are_reported(tmp_path):
    values = np.array([[3.0, -2.0]])
    one = read_demand(LayerSource(path=write(tmp_path / "p.tif", values)), key="p", crs=CRS)
    assert one.layer.total == 3.0
    assert [f.code for f in one.findings] == ["raster_negative"]


def test_grids_that_differ_are_refused(tmp_path):
    a = write(tmp_path / "a.tif", np.ones((2, 2)))
    b = write(tmp_path / "b.tif", np.ones((2, 2)), x=500_050.0)
    with pytest.raises(InputError, match="grid"):
        read_population([a, b])
    one = read_demand(
        [LayerSource(path=a), LayerSource(path=tmp_path / "no.tif")], key="p", crs=CRS, lang="en"
    )
    assert one.layer is None
    assert "not there" in one.findings[0].problem


def test_sums_by_area_are_those_of_a_fine_grid(tmp_path):
    rng = np.random.default_rng(3)
    values = rng.integers(0, 9, (12, 12)).astype(float)
    values[0, 0], values[5, 5] = -99.0, -4.0  # no data; a negative cell is nobody
    path = write(tmp_path / "p.tif", values)
    left, top = 500_000.0, 4_060_000.0
    # edges on tenths of a cell: cutting every cell into a hundred is exact
    boxes = [(13, 27, 64, 90), (0, 0, 120, 120), (111, 3, 119, 9), (-50, -50, -20, -20)]
    shapes = gpd.GeoSeries(
        [box(left + a * 10, top - d * 10, left + c * 10, top - b * 10) for a, b, c, d in boxes],
        index=list("wxyz"),
        crs=CRS,
    )
    fine = np.kron(np.maximum(values, 0), np.full((10, 10), 0.01))
    expected = [fine[max(b, 0) : max(d, 0), max(a, 0) : max(c, 0)].sum() for a, b, c, d in boxes]
    sums = people_by_area([path, path], shapes)
    assert sums.index.tolist() == list("wxyz")
    assert sums.to_numpy() == pytest.approx(2 * np.array(expected))


def test_an_area_between_the_centres_keeps_its_census(tmp_path):
    path = write(tmp_path / "p.tif", np.full((4, 4), 5.0))
    left, top = 500_000.0, 4_060_000.0
    small = box(left + 60, top - 40, left + 90, top - 10)  # holds no centre of a cell
    large = box(left, top - 400, left + 400, top - 100)
    frame = gpd.GeoDataFrame(
        {"name": ["small", "large"], "parent": ["9", "9"]},
        geometry=[small, large],
        index=["1", "2"],
        crs=CRS,
    )
    city = gpd.GeoDataFrame(
        {"name": ["city"], "parent": [None]},
        geometry=[box(left, top - 400, left + 400, top)],
        index=["9"],
        crs=CRS,
    )
    areas = {
        "city": AreaLayer(level="city", frame=city),
        "village": AreaLayer(level="village", frame=frame, parent="city"),
    }
    (tmp_path / "census.csv").write_text("code,people\n1,7\n2,101\n", encoding="utf-8")
    one = read_demand(
        LayerSource(path=path),
        key="p",
        crs=CRS,
        areas=areas,
        sum_to=SumTo(
            source=LayerSource(path=tmp_path / "census.csv"), level="village", weight="people"
        ),
    )
    people = one.layer.frame.groupby("village")["people"].sum()
    assert people.to_dict() == {"1": 7, "2": 101}
    row = one.layer.frame.loc["p-area-1"]
    assert small.contains(row.geometry)
    assert row["city"] == "9"
    assert one.layer.total == 108
    assert one.record.rows == 16
