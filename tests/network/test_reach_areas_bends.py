"""Reach areas of one-way streets with sharp bends: the site inside, borders as true as promised."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from shapely import LineString, Point

from geoplan.network import Network, nearest_site
from geoplan.network.isochrones.reach_areas import reach_areas

CRS = "EPSG:4548"
#: metres off the streets, and how far the border may be off there (docs of `reach_areas`)
PROMISED_M = ((40.0, 1.25), (100.0, 2.0))


def lines_network(lines, oneway):
    frame = gpd.GeoDataFrame({"oneway": oneway}, geometry=lines, crs=CRS)
    return Network.from_lines(frame, mode="drive")


def at(*points):
    return gpd.GeoSeries([Point(p) for p in points], crs=CRS)


@pytest.mark.parametrize("direction", ["to_sites", "from_sites"])
@pytest.mark.parametrize("bend", [(50, 50), (50, 5), (50, 400), (99, 30)])
def test_a_site_outside_a_one_way_bend_is_in_its_own_area(direction, bend):
    network = lines_network([LineString([(0, 0), bend, (100, 0)])], ["yes"])
    site = at((bend[0], bend[1] + 10))
    area = reach_areas(network, site, cutoffs_m=[100], direction=direction).geometry.iloc[0]
    assert area.covers(site.iloc[0])
    # the whole fan beyond the bend: its foot is the bend, 90 m are left there
    for turn in np.deg2rad([60, 80, 90, 100, 120]):
        way = np.array([np.cos(turn), np.sin(turn)])
        if shapely.distance(network.edge_lines()[0], Point(bend + 60 * way)) < 59.99:
            continue  # not beyond this bend
        assert area.covers(Point(bend + 89.8 * way))
        assert not area.covers(Point(bend + 90.3 * way))


def zigzag(rng):
    places = [rng.uniform(0, 200, 2)]
    angle = rng.uniform(0, 2 * np.pi)
    for _ in range(rng.integers(3, 7)):
        angle += rng.choice([rng.uniform(2.2, 3.1), rng.uniform(-3.1, -2.2), rng.uniform(-1, 1)])
        way = np.array([np.cos(angle), np.sin(angle)])
        places.append(places[-1] + rng.uniform(8, 120) * way)
    return LineString(places)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 100_000),
    direction=st.sampled_from(["to_sites", "from_sites"]),
    where=st.sampled_from(["bend", "beside a bend", "anywhere"]),
)
def test_borders_beside_acute_corners_are_as_true_as_promised(seed, direction, where):
    """Places all along the border against `nearest_site`, which knows nothing of cells."""
    rng = np.random.default_rng(seed)
    lines = [zigzag(rng) for _ in range(rng.integers(1, 4))]
    network = lines_network(lines, rng.choice(["yes", "no"], len(lines)))
    bend = np.array(lines[0].coords[1])
    spot = {"bend": bend, "beside a bend": bend + rng.normal(0, 5, 2)}
    site = at(spot.get(where, rng.uniform(0, 200, 2)))
    cutoff = float(rng.uniform(40, 300))
    options = {"direction": direction, "max_snap_m": 200.0}
    area = reach_areas(network, site, cutoffs_m=[cutoff], **options).geometry.iloc[0]
    own = nearest_site(network, site, site, **options)["cost_m"].iloc[0]
    assert area.covers(site.iloc[0]) or own > cutoff
    if area.is_empty:
        return
    border = shapely.boundary(area)
    along = rng.uniform(0, border.length, 800)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(border, along))
    places = gpd.GeoSeries(gpd.points_from_xy(*(xy + rng.normal(0, 2, xy.shape)).T), crs=CRS)
    reached = (nearest_site(network, places, site, **options)["cost_m"] <= cutoff).to_numpy()
    points = places.to_numpy()
    wrong = points[shapely.intersects(area, points) != reached]
    beside = shapely.distance(shapely.union_all(network.edge_lines()), wrong)
    off = shapely.distance(border, wrong)
    for within, promised in PROMISED_M:
        assert off[beside <= within].max(initial=0) <= promised
