"""Numbers that are no people are never summed in silence; honest rasters raise no doubt."""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.enums import ColorInterp

from geoplan.inputs import LayerSource, SumTo
from geoplan.inputs.columns.numbers.stand_ins import stand_ins
from tests.inputs.rasters.raster_files import codes, found, layer, read, square, write

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

RNG = np.random.default_rng(9)
#: people per hectare of a town: most cells few, some many
TOWN = np.floor(RNG.gamma(0.6, 25.0, (30, 30)))
FLOAT_MAX = float(np.finfo("float32").max)


@pytest.mark.parametrize(
    ("value", "dtype", "cells", "code"),
    [
        (-9999, "float32", 40, "raster_negative"),
        (-99999, "float32", 1, "raster_negative"),
        (-1, "int16", 300, "raster_negative"),
        (-200, "float64", 5, "raster_negative"),
        (-32768, "int16", 8, "raster_negative"),
        (-FLOAT_MAX, "float32", 12, "raster_negative"),
        (255, "uint8", 40, "raster_stand_in"),
        (65535, "uint16", 1, "raster_stand_in"),
        (32767, "int16", 9, "raster_stand_in"),
        (2147483647, "int32", 2, "raster_stand_in"),
        (4294967295, "uint32", 2, "raster_stand_in"),
        (9999, "float32", 30, "raster_stand_in"),
        (9999, "int16", 3, "raster_stand_in"),
        (65535, "float32", 200, "raster_stand_in"),
        (999999, "int32", 2, "raster_stand_in"),
        (1e20, "float32", 7, "raster_stand_in"),
        (FLOAT_MAX, "float32", 7, "raster_impossible"),
        (1.7e308, "float64", 7, "raster_impossible"),
        (np.inf, "float32", 3, "raster_stand_in"),
        (8_000_000, "float32", 1, "raster_impossible"),
    ],
)
def test_untagged_stand_ins_for_no_data_are_left_out(tmp_path, value, dtype, cells, code):
    values = np.minimum(TOWN, 200).astype(float)
    at = np.random.default_rng(3).choice(values.size, cells, replace=False)
    values.flat[at] = value
    one = read(write(tmp_path / "p.tif", values, dtype=dtype))
    honest = np.delete(np.minimum(TOWN, 200).ravel(), at).sum()
    assert one.layer.total == honest
    told = found(one, code)
    assert told.severity == "warning"
    assert told.assumption.count == cells
    assert one.record.set_aside == cells


@pytest.mark.parametrize("nodata", [None, -9999.0])
def test_nan_and_declared_no_data_are_nobody(tmp_path, nodata):
    values = TOWN.copy()
    values[:3] = np.nan if nodata is None else nodata
    one = read(write(tmp_path / "p.tif", values, nodata=nodata))
    assert one.layer.total == TOWN[3:].sum()
    assert codes(one) == []


def test_numbers_outside_that_are_no_people_are_not_told_as_people(tmp_path):
    values = np.full((30, 30), 9e9)
    values[10:20, 10:20] = 4
    areas = {"district": layer("district", {"1": square(1000, 1000, 2000, 2000)})}
    one = read(write(tmp_path / "p.tif", values), areas=areas)
    assert one.layer.total == 400
    assert "raster_outside" not in codes(one)


def test_a_few_cells_denser_than_any_city_count_and_are_told(tmp_path):
    values = TOWN.copy()
    values[4, 4] = 4_000  # 400,000 people per square kilometre
    one = read(write(tmp_path / "p.tif", values))
    assert one.layer.total == values.sum()
    assert "400,0" in found(one, "raster_dense").problem.replace("400,1", "400,0")


def test_one_number_nearly_everywhere_is_doubted(tmp_path):
    values = TOWN + RNG.random(TOWN.shape)
    values[:15] = 37.5
    told = found(read(write(tmp_path / "p.tif", values)), "raster_fill")
    assert "37.5" in told.problem
    assert told.assumption.count == 450


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("chn_pd_2020_1km_UNadj.tif", {}),
        ("gpw_v4_population_density_rev11.tif", {}),
        ("人口密度.tif", {}),
        ("densité_2020.tif", {}),
        ("pop.tif", {"units": ["people/km2"]}),
        ("pop.tif", {"units": ["persons per sq. km"]}),
        ("pop.tif", {"units": ["人/平方公里"]}),
        ("pop.tif", {"units": ["inhabitants km-2"]}),
        ("pop.tif", {"units": ["hab/ha"]}),
        ("pop.tif", {"tags": {"description": "Population density, 2020"}}),
        ("asia_pph_2010.tif", {}),
    ],
)
def test_a_density_is_refused_until_the_study_says_its_unit(tmp_path, name, profile):
    path = write(tmp_path / name, TOWN, **profile)
    one = read(path)
    assert one.layer is None
    assert "density" in one.findings[-1].problem
    assert 'unit = "per_km2"' in one.findings[-1].problem
    assert read(path, unit="people").layer.total == TOWN.sum()


def test_densities_are_multiplied_by_each_cells_ground(tmp_path):
    per_km2 = read(write(tmp_path / "a.tif", TOWN * 100, units=["people/km2"]), unit="per_km2")
    # EPSG:4548 is true to 0.01 % here
    assert per_km2.layer.total == pytest.approx(TOWN.sum(), rel=1e-3)
    per_ha = read(write(tmp_path / "b.tif", TOWN), unit="per_ha")
    assert per_ha.layer.total == pytest.approx(TOWN.sum(), rel=1e-3)
    assert codes(per_ha) == ["raster_unit"]


def test_a_density_without_a_word_is_too_dense_for_people(tmp_path):
    path = write(tmp_path / "p.tif", TOWN * 100)  # people per square kilometre, on hectares
    one = read(path)
    assert one.layer is None
    assert "denser than any city" in one.findings[-1].problem
    insisted = read(path, unit="people")
    possible = TOWN[TOWN * 100 <= 10_000]  # a million people per square kilometre
    assert insisted.layer.total == possible.sum() * 100
    assert {"raster_dense", "raster_impossible"} <= set(codes(insisted))


def test_densities_on_small_cells_are_all_impossible(tmp_path):
    dense = 5_000 + 20_000 * RNG.random((30, 30))  # per square kilometre, on cells of 30 m
    one = read(write(tmp_path / "p.tif", dense, cell=30))
    assert one.layer is None
    assert "denser than any city" in one.findings[-1].problem


def test_densities_of_a_small_town_are_told_or_refused_by_their_mean(tmp_path):
    town = 200 + 600 * RNG.random((30, 30))  # people per square kilometre, on cells of 1 ha
    one = read(write(tmp_path / "p.tif", town))
    assert "50," in found(one, "raster_dense_city").problem.replace("49,", "50,")
    refused = read(write(tmp_path / "q.tif", town * 3))
    assert refused.layer is None
    assert "which no city has" in refused.findings[-1].problem
    assert "raster_dense_city" in codes(read(tmp_path / "q.tif", unit="people"))


def test_a_coarse_raster_copied_to_finer_cells_is_refused(tmp_path):
    coarse = RNG.gamma(2.0, 2_000.0, (5, 5))  # of a city, on square kilometres
    one = read(write(tmp_path / "p.tif", np.kron(coarse, np.ones((10, 10)))))
    assert one.layer is None


def test_a_density_beside_a_census_is_told(tmp_path):
    census = tmp_path / "census.csv"
    census.write_text("code,people\n1,20000\n", encoding="utf-8")
    sum_to = SumTo(source=LayerSource(path=census), level="district", weight="people")
    areas = {"district": layer("district", {"1": square(0, 0, 3000, 3000)})}
    one = read(write(tmp_path / "p.tif", TOWN * 20), areas=areas, sum_to=sum_to)
    assert one.layer.total == 20_000
    assert found(one, "raster_not_census").assumption
    fine = read(write(tmp_path / "q.tif", TOWN), areas=areas, sum_to=sum_to)
    assert codes(fine) == []


def test_scale_and_offset_are_applied_and_told(tmp_path):
    path = write(tmp_path / "p.tif", TOWN * 10, dtype="int32", scales=[0.1], offsets=[0.0])
    one = read(path)
    assert one.layer.total == TOWN.sum()
    assert "0.1" in found(one, "raster_scale").problem
    shifted = write(tmp_path / "q.tif", TOWN - 5, dtype="int16", nodata=-99, offsets=[5.0])
    assert read(shifted).layer.total == TOWN.sum()


def test_bands_are_named_or_refused(tmp_path):
    bands = np.stack([TOWN, TOWN * 2, TOWN * 3])
    path = write(
        tmp_path / "p.tif", bands, photometric="MINISBLACK", descriptions=["0-14", "15-59", "60+"]
    )
    one = read(path)
    assert one.layer is None
    assert "3 bands" in one.findings[-1].problem
    assert "60+" in one.findings[-1].problem
    assert read(path, layer="2").layer.total == 2 * TOWN.sum()
    assert read(path, layer="60+").layer.total == 3 * TOWN.sum()
    assert read(path, layer="85+").layer is None


def test_pictures_are_refused(tmp_path):
    rgb = np.stack([np.minimum(TOWN, 255)] * 3)
    one = read(write(tmp_path / "rgb.tif", rgb, dtype="uint8", photometric="RGB"))
    assert "picture" in one.findings[-1].problem
    path = write(tmp_path / "palette.tif", np.minimum(TOWN, 255), dtype="uint8")
    import rasterio

    with rasterio.open(path, "r+") as target:
        target.write_colormap(1, {k: (k, 0, 0, 255) for k in range(256)})
    assert "picture" in read(path).findings[-1].problem


def test_an_alpha_band_is_no_second_band(tmp_path):
    bands = np.stack([np.minimum(TOWN, 200), np.full(TOWN.shape, 255)])
    path = write(tmp_path / "p.tif", bands, dtype="uint8", photometric="MINISBLACK", alpha="YES")
    assert read(path).layer.total == np.minimum(TOWN, 200).sum()
    assert ColorInterp.alpha  # the band is known by its role


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_shifted_raster_is_refused(tmp_path, datum):
    one = read(write(tmp_path / "p.tif", TOWN), datum=datum)
    assert one.layer is None
    assert datum in one.findings[-1].problem
    assert read(write(tmp_path / "p.tif", TOWN), datum="wgs84").layer.total == TOWN.sum()


def test_a_rotated_raster_is_refused(tmp_path):
    import rasterio
    from rasterio import Affine

    path = write(tmp_path / "p.tif", TOWN)
    with rasterio.open(path, "r+") as target:
        target.transform = Affine(100, 10, 500_000, 10, -100, 4_060_000)
    assert "rotated" in read(path).findings[-1].problem


# -- rasters as they are published ------------------------------------------------------------

#: a city on degrees: many empty cells, a dense middle
DEGREES = {"corner": (116.9, 36.8), "crs": "EPSG:4326"}


def city(shape, people, *, empty=0.6, seed=1):
    """People in cells, most of them around the middle."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    values = rng.gamma(0.8, 1.0, shape) * np.exp(-2 * (x**2 + y**2))
    values[rng.random(shape) < empty] = 0.0
    return values * people / values.sum()


def published(tmp_path):
    worldpop = city((120, 120), 250_000, empty=0.0)
    worldpop[:, :15] = -99999.0
    constrained = city((120, 120), 250_000)
    constrained[constrained == 0] = -99999.0
    landscan = np.round(city((40, 40), 250_000, empty=0.2))
    landscan[:4] = -2147483647
    hrsl = city((300, 300), 60_000, empty=0.9)
    hrsl[hrsl == 0] = np.nan
    gpw = city((40, 40), 250_000, empty=0.0)
    gpw[:3] = -3.4028230607370965e38
    ghsl = city((100, 100), 250_000)
    ghsl[:5] = -200.0
    second = 1 / 3600
    yield "worldpop", worldpop, {"nodata": -99999.0, "cell": 3 * second, **DEGREES}
    yield "worldpop_ppp", constrained, {"nodata": -99999.0, "cell": 3 * second, **DEGREES}
    yield (
        "landscan",
        landscan,
        {"nodata": -2147483647, "dtype": "int32", "cell": 30 * second, **DEGREES},
    )
    yield "hrsl", hrsl, {"nodata": np.nan, "dtype": "float64", "cell": second, **DEGREES}
    yield (
        "gpw_v4_population_count",
        gpw,
        {"nodata": -3.4028230607370965e38, "cell": 30 * second, **DEGREES},
    )
    yield (
        "GHS_POP_E2020",
        ghsl,
        {
            "nodata": -200.0,
            "dtype": "float64",
            "crs": "ESRI:54009",
            "corner": (10_330_000.0, 4_250_000.0),
        },
    )


def test_published_rasters_raise_no_doubt(tmp_path):
    for name, values, profile in published(tmp_path):
        one = read(write(tmp_path / f"{name}.tif", values, **profile))
        nodata = profile["nodata"]
        people = values[np.isfinite(values) & (values != nodata)].sum()
        assert one.layer.total == pytest.approx(people, abs=1), name
        assert codes(one) == [], name


def test_numbers_up_to_the_largest_of_a_type_are_people():
    # bytes that go up to 255 evenly; a stand-in is in more cells than all numbers of its size
    even = np.arange(1, 256, dtype=float).repeat(6)
    assert list(stand_ins(even, np.dtype("uint8"))) == []
    few = np.r_[np.arange(1, 41).repeat(20), np.full(30, 255)].astype(float)
    assert list(stand_ins(few, np.dtype("uint8"))) == [255.0]
