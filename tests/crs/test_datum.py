"""China's datums against published vectors; the known-wrong ones are refused."""

from __future__ import annotations

import json
import re

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, Point

from geoplan.crs import from_wgs84, to_wgs84
from geoplan.errors import UsageError

METRE = 1 / 111_000


@pytest.fixture(scope="module")
def vectors(shared_data):
    return json.loads((shared_data / "datum" / "test_vectors.json").read_text(encoding="utf-8"))


def pairs(vectors, name):
    table = np.array(vectors[name], float)
    return table[:, 0], table[:, 1]


def test_forward_vectors(vectors):
    source, target = pairs(vectors, "wgs84_to_gcj02_lonlat")
    assert np.abs(from_wgs84(source, "gcj02") - target).max() < 1e-6 * METRE * 10
    source, target = pairs(vectors, "gcj02_to_bd09_lonlat")
    through = from_wgs84(to_wgs84(source, "gcj02"), "bd09")
    assert np.abs(through - target).max() < 0.001 * METRE


def test_inverses_are_exact_where_one_pass_is_not(vectors):
    for name, datum in (
        ("bd09_to_gcj02_lonlat_onepass", "bd09"),
        ("gcj02_to_wgs84_lonlat_onepass", "gcj02"),
    ):
        source, onepass = pairs(vectors, name)
        if datum == "gcj02":
            exact = to_wgs84(source, "gcj02")
            back = from_wgs84(exact, "gcj02")
        else:
            exact = from_wgs84(to_wgs84(source, "bd09"), "gcj02")
            back = from_wgs84(to_wgs84(exact, "gcj02"), "bd09")
        assert np.abs(back - source).max() < 0.001 * METRE
        off = np.abs(exact - onepass).max()
        assert off < 5 * METRE  # the published approximation is near ...
        assert off > 0.01 * METRE  # ... but not the same


@pytest.mark.parametrize(
    ("name", "forward"),
    [
        ("WRONG_known_bad_variant_old_hutool_wgs84_to_gcj02", True),
        ("WRONG_known_bad_variant_eviltransform_bd09_to_wgs84", False),
    ],
)
def test_known_wrong_variants_are_not_reproduced(vectors, name, forward):
    source, wrong = pairs(vectors, name)
    ours = from_wgs84(source, "gcj02") if forward else to_wgs84(source, "bd09")
    assert (np.abs(ours - wrong).max(axis=1) > 5 * METRE).all()


def test_664_cities(shared_data):
    cities = json.loads((shared_data / "datum" / "gcoord_china-cities.json").read_text("utf-8"))
    wgs, gcj, bd = (
        np.array([c["coords"][k] for c in cities], float) for k in ("WGS84", "GCJ02", "BD09")
    )
    assert np.abs(from_wgs84(to_wgs84(gcj, "gcj02"), "bd09") - bd).max() < 0.02 * METRE
    # the list's WGS 84 was inverted with one pass: up to 0.73 m off
    assert np.abs(to_wgs84(gcj, "gcj02") - wgs).max() < 0.9 * METRE


def test_round_trips_are_exact_to_a_millimetre_all_over_china():
    rng = np.random.default_rng(0)
    points = np.column_stack([rng.uniform(74, 134, 20_000), rng.uniform(18, 53, 20_000)])
    for datum in ("gcj02", "bd09", "cgcs2000", "wgs84"):
        there = from_wgs84(points, datum)
        assert np.abs(to_wgs84(there, datum) - points).max() < 0.001 * METRE
        assert np.abs(from_wgs84(to_wgs84(points, datum), datum) - points).max() < 0.001 * METRE


def test_outside_china_nothing_moves_and_nan_stays():
    points = np.array([[-51.2, -30.0], [np.nan, 30.0]])
    moved = to_wgs84(points, "gcj02")
    assert moved[0].tolist() == [-51.2, -30.0]
    assert np.isnan(moved[1]).any()


def test_layers_keep_their_index_and_all_vertices_move():
    line = gpd.GeoSeries([LineString([(117.0, 36.6), (117.1, 36.7)])], index=["a"], crs=4326)
    moved = to_wgs84(line, "gcj02")
    assert moved.index.tolist() == ["a"]
    assert moved.crs.to_epsg() == 4326
    xy = np.array(moved.iloc[0].coords)
    assert (np.abs(xy - np.array(line.iloc[0].coords)).max(axis=1) > 100 * METRE).all()


def test_what_is_no_degrees_is_refused():
    with pytest.raises(UsageError, match="degrees"):
        to_wgs84((500_000.0, 4_055_000.0), "gcj02")
    with pytest.raises(UsageError, match="gcj02"):
        to_wgs84((117.0, 36.6), "gcj-02")
    with pytest.raises(UsageError, match="metres"):
        to_wgs84(gpd.GeoSeries([LineString([(0, 0), (1, 1)])], crs=4548), "gcj02")


@pytest.mark.parametrize("given", [Point(117, 36), [117, "x", None], ("east", 36), {"lon": 117}])
def test_what_are_no_numbers_are_told_without_words_of_python(given):
    with pytest.raises(UsageError) as caught:
        to_wgs84(given, "gcj02")
    assert "float" not in str(caught.value)
    assert not re.search("[a-z]{3,} [a-z]{3,}", caught.value.message("zh"))
