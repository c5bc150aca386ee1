"""Walking on slopes: Tobler's function on planes whose answer is known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from shapely import LineString

from geoplan.errors import InputError, MissingCrsError, UsageError
from geoplan.network import Network
from geoplan.network.builders.build_notes import build_findings
from geoplan.network.builders.elevation import heights_at, tobler_speed, with_slope
from geoplan.network.search.queries import travel_costs

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_058_000.0


def raster(path, height, *, crs=CRS, cell=10.0, size=120, nodata=None):
    """Heights ``height(x, y)`` at cell centres, x and y counted from the south-west corner."""
    centre = (np.arange(size) + 0.5) * cell
    values = height(*np.meshgrid(centre, centre[::-1])).astype(np.float32)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=size,
        height=size,
        count=1,
        dtype="float32",
        crs=crs,
        transform=Affine(cell, 0, X, 0, -cell, Y + size * cell),
        nodata=nodata,
    ) as out:
        out.write(values, 1)
    return path


def street(*points, mode="walk", speed_m_s=None, **columns):
    line = LineString([(X + x, Y + y) for x, y in points])
    frame = gpd.GeoDataFrame({k: [v] for k, v in columns.items()}, geometry=[line], crs=CRS)
    return Network.from_lines(frame, mode=mode, speed_m_s=speed_m_s)


def test_toblers_own_figures():
    """The function as published: 5.04 km/h on the flat, 6 km/h at -5 %, the same about it."""
    flat = 6 * np.exp(-3.5 * 0.05)
    assert flat == pytest.approx(5.037, abs=1e-3)
    for slope in (-0.3, -0.05, 0.0, 0.12, 0.4):
        published = 6 * np.exp(-3.5 * abs(slope + 0.05))
        assert tobler_speed(slope, speed_m_s=flat / 3.6) * 3.6 == pytest.approx(published)


def test_an_even_slope_by_hand(tmp_path):
    """10 % up to the east: 600 m take 10 min on the flat at 1 m/s."""
    plane = raster(tmp_path / "plane.tif", lambda x, y: 0.1 * x)
    network = with_slope(street((200, 500), (800, 500)), plane)
    up = 10 / np.exp(-3.5 * 0.10)
    down = 10 / np.exp(-3.5 * 0.00)
    assert network.minutes[0] == pytest.approx(up, rel=1e-4)
    assert network.minutes_back[0] == pytest.approx(down, rel=1e-4)
    assert network.length_m[0] == 600
    # a slope along the contour changes nothing
    level = with_slope(street((500, 200), (500, 800)), plane)
    assert level.minutes[0] == level.minutes_back[0] == pytest.approx(10)
    # the slow stay slow in proportion
    slow = with_slope(street((200, 500), (800, 500), speed_m_s=0.8), plane)
    assert slow.minutes[0] == pytest.approx(up / 0.8, rel=1e-4)
    assert network.notes["slope"]["share_without_height"] == 0


def test_up_and_down_is_not_level(tmp_path):
    """A roof of 20 % each way: the ends are level, the walk is not."""
    roof = raster(tmp_path / "roof.tif", lambda x, y: -0.2 * np.abs(x - 500))
    network = with_slope(street((200, 500), (800, 500)), roof)
    up, down = 5 / np.exp(-3.5 * 0.20), 5 / np.exp(-3.5 * 0.10)
    assert network.minutes[0] == pytest.approx(up + down, rel=0.02)
    bridge = with_slope(street((200, 500), (800, 500), bridge="yes"), roof)
    assert bridge.minutes[0] == pytest.approx(10)


def test_costs_differ_uphill_and_down(tmp_path):
    plane = raster(tmp_path / "plane.tif", lambda x, y: 0.1 * x)
    network = with_slope(street((200, 500), (800, 500)), plane)
    low = gpd.GeoSeries.from_xy([X + 200], [Y + 500], index=["low"], crs=CRS)
    high = gpd.GeoSeries.from_xy([X + 800], [Y + 500], index=["high"], crs=CRS)
    climb = travel_costs(network, low, high, unit="min").matrix[0, 0]
    descent = travel_costs(network, high, low, unit="min").matrix[0, 0]
    assert climb == pytest.approx(10 / np.exp(-0.35), rel=1e-4)
    assert descent == pytest.approx(10, rel=1e-4)


def test_missing_heights_count_as_flat(tmp_path):
    """East of 600 m there are heights: the street's west half counts as flat."""
    path = raster(
        tmp_path / "half.tif", lambda x, y: np.where(x < 600, -9999, 0.1 * x), nodata=-9999
    )
    network = with_slope(street((300, 500), (900, 500)), path)
    assert network.minutes[0] == pytest.approx(5 + 5 / np.exp(-0.35), rel=0.03)
    assert network.notes["slope"]["share_without_height"] == pytest.approx(0.5, abs=0.06)
    (told,) = build_findings(network, "en")
    assert (told.code, told.severity, told.count) == ("no_height", "warning", 1)
    assert "half.tif" in told.problem
    assert told.effect
    known = with_slope(street((650, 500), (900, 500)), path)
    assert not build_findings(known, "en")
    cliff = raster(tmp_path / "cliff.tif", lambda x, y: np.where(x < 500, 0, 300))
    assert with_slope(street((200, 500), (800, 500)), cliff).notes["slope"]["share_cut"] > 0


def test_heights_in_another_crs(tmp_path):
    path = tmp_path / "degrees.tif"
    lon, lat = np.meshgrid(
        116.9 + (np.arange(200) + 0.5) * 0.001, 36.8 - (np.arange(200) + 0.5) * 0.001
    )
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=200,
        height=200,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=Affine(0.001, 0, 116.9, 0, -0.001, 36.8),
    ) as out:
        out.write((1000 * lon + 100 * lat - 100_000).astype(np.float32), 1)
    network = street((0, 0), (100, 0))
    place = gpd.GeoSeries.from_xy([117.01234], [36.65432], crs="EPSG:4326").to_crs(CRS)
    xy = np.array([[place.iloc[0].x, place.iloc[0].y]])
    found = heights_at(xy, network.crs, path)[0]
    assert found == pytest.approx(1000 * 117.01234 + 100 * 36.65432 - 100_000, abs=0.02)


def test_faults_are_reported(tmp_path):
    plane = raster(tmp_path / "plane.tif", lambda x, y: 0.1 * x)
    with pytest.raises(UsageError, match=r"mode 'drive'.*step_m"):
        with_slope(street((0, 0), (9, 9), mode="drive"), plane, step_m=0)
    elsewhere = street((500_000, 0), (500_100, 0))
    with pytest.raises(InputError, match="no height anywhere"):
        with_slope(elsewhere, plane)
    with pytest.raises(InputError, match="cannot be read"):
        with_slope(street((0, 0), (9, 9)), tmp_path / "absent.tif")
    with pytest.raises(MissingCrsError):
        with_slope(street((0, 0), (9, 9)), raster(tmp_path / "bare.tif", lambda x, y: x, crs=None))


def test_porto_alegre(shared_data):

    folder = shared_data / "r5r_poa_spo"
    flat = Network.from_osm(folder / "poa_osm.pbf", mode="walk")
    network = with_slope(flat, folder / "poa_elevation.tif")
    notes = network.notes["slope"]
    assert 1.0 < notes["time_over_flat"] < 1.2
    assert notes["share_without_height"] < 0.05
    assert (network.minutes != network.minutes_back).mean() > 0.5
    assert "slope" not in flat.notes
