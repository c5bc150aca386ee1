"""A wrong datum is noticed by the areas that the rows themselves name."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from geoplan.crs import from_wgs84
from geoplan.inputs import LayerSource, read_facilities
from geoplan.inputs.layers import AreaLayer

CRS = "EPSG:4548"
X, Y, SIDE = 495_000.0, 4_050_000.0, 2_000.0


@pytest.fixture(scope="module")
def areas():
    """Five by five streets of 2 km."""
    cells = [(i, j) for i in range(5) for j in range(5)]
    frame = gpd.GeoDataFrame(
        {"name": [f"第{i}{j}街道" for i, j in cells], "parent": pd.NA},
        geometry=[
            box(X + i * SIDE, Y + j * SIDE, X + (i + 1) * SIDE, Y + (j + 1) * SIDE)
            for i, j in cells
        ],
        index=[f"3701020{i}{j}" for i, j in cells],
        crs=CRS,
    )
    return {"street": AreaLayer(level="street", frame=frame)}


def write(path, datum, rows=300, seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 5 * SIDE, (2, rows))
    points = gpd.GeoSeries(gpd.points_from_xy(X + x, Y + y), crs=CRS).to_crs(4326)
    lon, lat = from_wgs84((points.x.to_numpy(), points.y.to_numpy()), datum)
    street = [f"第{int(a // SIDE)}{int(b // SIDE)}街道" for a, b in zip(x, y, strict=True)]
    pd.DataFrame({"名称": "站", "街道": street, "经度": lon, "纬度": lat}).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("true", ["wgs84", "gcj02", "bd09"])
@pytest.mark.parametrize("said", ["wgs84", "gcj02", "bd09"])
def test_only_a_wrong_datum_is_doubted(areas, tmp_path, true, said):
    path = write(tmp_path / "s.csv", true)
    one = read_facilities(LayerSource(path=path, datum=said), key="x", crs=CRS, areas=areas)
    doubts = [f for f in one.findings if f.code == "datum_doubt"]
    if true == said:
        assert not doubts
    else:
        (doubt,) = doubts
        assert f'datum = "{true}"' in doubt.advice


@pytest.mark.parametrize("true", ["wgs84", "gcj02", "bd09"])
def test_an_undeclared_datum_is_asked_for_with_evidence(areas, tmp_path, true):
    path = write(tmp_path / "s.csv", true)
    one = read_facilities(LayerSource(path=path), key="x", crs=CRS, areas=areas, lang="en")
    assert one.layer is None
    (finding,) = one.findings
    assert f'surely datum = "{true}"' in finding.problem
    assert "300 rows that name their street" in finding.problem


def test_a_few_rows_prove_nothing(areas, tmp_path):
    path = write(tmp_path / "s.csv", "gcj02", rows=6)
    one = read_facilities(LayerSource(path=path, datum="bd09"), key="x", crs=CRS, areas=areas)
    assert "datum_doubt" not in {f.code for f in one.findings}
