"""Population rasters: people conserved whatever the cells."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from geoplan.errors import InputError
from geoplan.inputs import LayerSource, read_demand
from geoplan.inputs.raster import read_population

CRS = "EPSG:4548"

# rasterio multiplies transforms in a way that affine will give up
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")


def write(path, values, *, nodata=-99.0, cell=100.0, x=500_000.0):
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1,
        dtype="float32", crs=CRS, transform=from_origin(x, 4_060_000.0, cell, cell), nodata=nodata,
    ) as target:  # fmt: skip
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


def test_negative_cells_are_told(tmp_path):
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
