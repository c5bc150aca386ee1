"""Positions across 180 degrees: neighbours stay neighbours, files in degrees are cut there."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, strategies as st
from pyproj import Geod
from shapely.geometry import LineString, Point, Polygon, box

from geoplan.crs.antimeridian import cut_at_180, median_lonlat, one_side
from geoplan.crs.projected import layer_centre

GEOD = Geod(ellps="WGS84")
degrees = st.floats(-180, 180)


@given(degrees, degrees)
def test_one_side_is_the_same_place_within_half_a_turn(lon, around):
    moved = float(one_side(lon, around=around))
    assert abs(moved - around) <= 180 + 1e-9
    assert abs(np.exp(1j * np.radians(moved)) - np.exp(1j * np.radians(lon))) < 1e-9


@given(degrees, st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=30))
def test_the_middle_of_a_city_lies_in_it(west, steps):
    lon = (np.array(steps) + west + 180) % 360 - 180
    found, _ = median_lonlat(np.column_stack([lon, np.zeros(len(lon))]))
    away = (found - west + 180) % 360 - 180
    assert -180 <= found <= 180
    assert min(steps) - 1e-6 <= away <= max(steps) + 1e-6


def test_rows_without_a_position_do_not_count():
    assert median_lonlat(np.array([[np.nan, 1], [10, 20], [np.inf, 3]])) == (10.0, 20.0)
    assert np.isnan(median_lonlat(np.empty((0, 2)))).all()


def test_the_centre_of_a_layer_in_degrees():
    across = gpd.GeoSeries([Point(179.9, -17), Point(-179.8, -17.2)], crs=4326)
    assert layer_centre(across) == pytest.approx((-179.95, -17.1))
    assert layer_centre(gpd.GeoSeries([Point(-0.1, 51), Point(0.3, 51)], crs=4326)) == (0.1, 51.0)


def test_lines_and_areas_are_cut_and_lose_nothing():
    ring = Polygon(
        [(179.9, -17), (-179.9, -17), (-179.9, -16.8), (179.9, -16.8)],
        [[(179.95, -16.95), (-179.95, -16.95), (-179.95, -16.85), (179.95, -16.85)]],
    )
    line = LineString([(179.99, -17), (-179.99, -17), (179.98, -16.9)])
    shapes = gpd.GeoSeries([ring, line, box(10, 10, 11, 11), None, Point(180, 0)], crs=4326)
    cut = cut_at_180(shapes)
    assert cut.iloc[0].geom_type == "MultiPolygon"
    assert cut.iloc[1].geom_type == "MultiLineString"
    for part in [*cut.iloc[0].geoms, *cut.iloc[1].geoms]:
        west, _, east, _ = part.bounds
        assert -180 <= west <= east <= 180
        assert east - west < 1
    # the hole stays a hole: area and length by the ellipsoid, which knows no 180 degrees
    whole = shapely.transform(ring, _east)
    assert cut.iloc[0].area == pytest.approx(whole.area)
    assert GEOD.geometry_length(cut.iloc[1]) == pytest.approx(GEOD.geometry_length(line), rel=1e-6)
    assert cut.iloc[2].equals(shapes.iloc[2])
    assert cut.iloc[3] is None
    assert cut.iloc[4].equals(shapes.iloc[4])


def test_an_area_without_ground_across_180_degrees_is_left_as_it_is():
    flat = Polygon([(179.9, -17), (-179.9, -17), (179.9, -17)])
    assert cut_at_180(gpd.GeoSeries([flat], crs=4326)).iloc[0].equals_exact(flat)


def _east(xy):
    return np.column_stack([np.where(xy[:, 0] < 0, xy[:, 0] + 360, xy[:, 0]), xy[:, 1]])


def test_a_layer_on_one_side_is_handed_back_as_it_is():
    shapes = gpd.GeoSeries([box(116, 36, 118, 37), LineString([(-1, 0), (1, 0)])], crs=4326)
    assert cut_at_180(shapes) is shapes
