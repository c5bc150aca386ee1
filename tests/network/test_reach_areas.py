"""Reach areas: exact along the street, and true to the network's own costs off it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from scipy.spatial import Delaunay
from shapely import LineString, Point

from geoplan.errors import CrsMismatchError, UsageError
from geoplan.network import Network, nearest_site
from geoplan.network.isochrones.bands import closing
from geoplan.network.isochrones.cell_borders import corner_count, triangles_around
from geoplan.network.isochrones.convex_clip import CIRCLE_M, clip_half_plane
from geoplan.network.isochrones.delaunay import delaunay
from geoplan.network.isochrones.edge_cost_profile import cost_profile
from geoplan.network.isochrones.parts import Parts
from geoplan.network.isochrones.polygonize import polygonize, polygons_of_rings
from geoplan.network.isochrones.reach_areas import reach_areas
from geoplan.network.isochrones.voronoi_cells import street_cells

CRS = "EPSG:4548"


def lines_network(lines, mode="walk", **columns):
    return Network.from_lines(gpd.GeoDataFrame(columns, geometry=lines, crs=CRS), mode=mode)


def at(*points):
    return gpd.GeoSeries([Point(p) for p in points], crs=CRS)


def one(network, site, cutoff_m, **options):
    return reach_areas(network, at(site), cutoffs_m=[cutoff_m], **options).geometry.iloc[0]


def reached_along(area, line, step=0.01):
    """Where along a line the area begins and ends."""
    inside = line.intersection(area)
    return inside.bounds


def test_one_street_by_hand():
    """From (500, 0) 200 m: a rhombus, as every metre off the street costs one along it."""
    area = one(lines_network([LineString([(0, 0), (1000, 0)])]), (500, 0), 200)
    rhombus = shapely.Polygon([(300, 0), (500, -200), (700, 0), (500, 200)])
    assert area.symmetric_difference(rhombus).area < 1
    # the site's own 30 m to the street come off everywhere
    away = one(lines_network([LineString([(0, 0), (1000, 0)])]), (500, 30), 200)
    assert away.bounds == pytest.approx((330, -170, 670, 170), abs=0.01)


def test_dead_end_and_width():
    """Beyond a dead end the ground is round; a width keeps to the street."""
    street = lines_network([LineString([(0, 0), (1000, 0)])])
    area = one(street, (950, 0), 100)
    # 50 m are left at the end (1000, 0): half a circle
    right = area.intersection(shapely.box(1000, -200, 1200, 200))
    assert right.area == pytest.approx(np.pi * 50**2 / 2, rel=2e-3)
    narrow = one(street, (950, 0), 100, width_m=10)
    assert narrow.bounds == pytest.approx((850, -10, 1010, 10), abs=0.1)
    # full width until 10 m are left, then narrowing to the tip
    assert narrow.intersects(Point(859, 9))
    assert not narrow.intersects(Point(851, 2))


def test_several_cutoffs_exact_to_the_metre_along_a_bent_street():
    """A street with corners: the cut lies at the metre, whatever the shape."""
    bends = LineString([(0, 0), (300, 0), (300, 200), (500, 200), (500, -400)])
    network = lines_network([bends])
    areas = reach_areas(network, at((0, 0)), cutoffs_m=[250, 100.5, 777.7], width_m=30)
    assert areas["cutoff_m"].tolist() == [100.5, 250, 777.7]
    for cutoff, area in zip(areas["cutoff_m"], areas.geometry, strict=True):
        assert area.contains(bends.interpolate(cutoff - 0.02))
        assert not area.intersects(bends.interpolate(cutoff + 0.02))


def test_partial_edges_from_both_ends():
    """A ring of 400 m entered at one corner: 150 m reach both ways, 100 m stay out."""
    ring = lines_network([LineString([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])])
    area = one(ring, (0, 0), 150, width_m=5)
    assert area.contains(Point(100, 49.9))
    assert area.contains(Point(49.9, 100))
    assert not area.intersects(Point(100, 51))
    assert not area.intersects(Point(51, 100))
    hole = one(ring, (0, 0), 250, width_m=5)
    assert len(hole.interiors) == 1  # the block's inside is farther than the width


def test_a_street_close_by_but_far_on_foot_is_left_out():
    """Two parallel streets 40 m apart, joined 600 m away: the border is their middle."""
    network = lines_network(
        [
            LineString([(0, 0), (600, 0)]),
            LineString([(0, 40), (600, 40)]),
            LineString([(600, 0), (600, 40)]),
        ]
    )
    area = one(network, (100, 0), 300)
    assert area.contains(Point(100, 19.5))
    assert not area.intersects(Point(100, 20.5))
    assert area.contains(Point(100, -199))


def test_one_way_streets_and_direction():
    network = lines_network([LineString([(0, 0), (1000, 0)])], mode="drive", oneway=["yes"])
    to = one(network, (500, 0), 200, width_m=20)
    away = one(network, (500, 0), 200, width_m=20, direction="from_sites")
    assert to.bounds == pytest.approx((300, -20, 500, 20), abs=0.01)
    assert away.bounds == pytest.approx((500, -20, 700, 20), abs=0.01)
    minutes = reach_areas(network, at((500, 0)), cutoffs_min=[0.4], width_m=20)
    # 25 km/h where no class is known, off the street 30 km/h: 0.4 min are 166.7 m
    assert minutes.columns.tolist() == ["site", "cutoff_min", "geometry"]
    assert minutes.geometry.iloc[0].bounds[0] == pytest.approx(500 - 25 / 3.6 * 24, abs=0.01)


def test_rings_and_dissolved():
    network = lines_network([LineString([(0, 0), (2000, 0)]), LineString([(0, 0), (0, 900)])])
    sites = at((200, 0), (700, 0), (5000, 5000))
    sites.index = ["A", "B", "far"]
    areas = reach_areas(network, sites, cutoffs_m=[100, 300])
    assert areas["site"].tolist() == ["A", "A", "B", "B", "far", "far"]
    assert areas.geometry.iloc[4:].is_empty.all()
    merged = reach_areas(network, sites, cutoffs_m=[100, 300], dissolve=True)
    assert merged["site"].isna().all()
    for cutoff in (100, 300):
        ours = merged.loc[merged["cutoff_m"] == cutoff, "geometry"].iloc[0]
        each = shapely.union_all(areas.loc[areas["cutoff_m"] == cutoff, "geometry"].to_numpy())
        assert ours.symmetric_difference(each).area < 0.01 * each.area
    rings = reach_areas(network, sites, cutoffs_m=[300, 100], disjoint=True)
    small, large = rings.geometry.iloc[0], rings.geometry.iloc[1]
    assert small.intersection(large).area < 0.01
    assert small.area + large.area == pytest.approx(areas.geometry.iloc[1].area, rel=1e-4)


def test_same_answer_for_any_threads():
    rng = np.random.default_rng(3)
    network, _ = lattice(rng, 6)
    sites = at(*rng.uniform(0, 500, (5, 2)))
    one_thread = reach_areas(network, sites, cutoffs_m=[150, 400], threads=1)
    three = reach_areas(network, sites, cutoffs_m=[150, 400], threads=3)
    assert (shapely.to_wkb(one_thread.geometry) == shapely.to_wkb(three.geometry)).all()


def test_faults_are_told_at_once():
    network = lines_network([LineString([(0, 0), (1000, 0)])])
    with pytest.raises(UsageError, match=r"only one of them.*width_m must lie between 0"):
        reach_areas(network, at((0, 0)), width_m=900)
    with pytest.raises(UsageError, match=r"positive number, not \[100, -1\]"):
        reach_areas(network, at((0, 0)), cutoffs_m=[100, -1])
    with pytest.raises(CrsMismatchError):
        reach_areas(network, at((0, 0)).set_crs("EPSG:4527", allow_override=True), cutoffs_m=[5])


def lattice(rng, size):
    """A street lattice with lost links, one-way streets, diagonals and a bridge."""
    pitch = 100.0
    xy = {
        (i, j): (i * pitch + rng.uniform(-15, 15), j * pitch + rng.uniform(-15, 15))
        for i in range(size)
        for j in range(size)
    }
    u, v = [], []
    for i, j in xy:
        for di, dj in ((1, 0), (0, 1), (1, 1)):
            other = (i + di, j + dj)
            if other in xy and rng.random() < (0.75 if di + dj == 1 else 0.1):
                u.append((i, j))
                v.append(other)
    if not u:
        u, v = [(0, 0)], [(0, 1)]
    names = {key: k for k, key in enumerate(xy)}
    nodes = gpd.GeoDataFrame(
        geometry=[Point(p) for p in xy.values()], index=list(names.values()), crs=CRS
    )
    edges = pd.DataFrame(
        {
            "u": [names[a] for a in u],
            "v": [names[b] for b in v],
            "oneway": rng.random(len(u)) < 0.3,
            "geometry": [LineString([xy[a], xy[b]]) for a, b in zip(u, v, strict=True)],
        }
    )
    return Network.from_edges(nodes, edges, mode="drive"), xy


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    size=st.integers(2, 6),
    direction=st.sampled_from(["to_sites", "from_sites"]),
    width=st.sampled_from([None, 25.0]),
)
def test_inside_is_within_the_cutoff(seed, size, direction, width):
    """The polygon against `nearest_site`: every place but those at a border's very line."""
    rng = np.random.default_rng(seed)
    network, _ = lattice(rng, size)
    site = at(rng.uniform(-50, size * 100, 2))
    cutoff = float(rng.uniform(20, 500))
    area = reach_areas(
        network, site, cutoffs_m=[cutoff], direction=direction, width_m=width
    ).geometry.iloc[0]
    assert area.is_valid
    places = gpd.GeoSeries(
        gpd.points_from_xy(*rng.uniform(-300, size * 100 + 300, (2, 1500))), crs=CRS
    )
    found = nearest_site(network, places, site, direction=direction)
    streets = shapely.union_all(network.edge_lines())
    reached = (found["cost_m"] <= cutoff).to_numpy()
    reached = reached & (shapely.distance(streets, places.to_numpy()) <= (width or 500.0))
    inside = shapely.intersects(area, places.to_numpy())
    wrong = places[inside != reached].to_numpy()
    # between streets the border is true to about a metre
    assert len(wrong) <= 0.002 * len(places)
    if len(wrong):
        assert shapely.distance(shapely.boundary(area), wrong).max() < 3


def test_cells_cover_the_ground_once():
    """Every place lies in the cell of its nearest edge; cells neither overlap nor gape."""
    rng = np.random.default_rng(5)
    network, _ = lattice(rng, 6)
    cells = street_cells(network, np.arange(network.n_edges), margin_m=200)
    polygons = cells.polygons(np.arange(len(cells.fraction)))
    assert shapely.is_valid(polygons).all()
    union = shapely.coverage_union_all(polygons)
    assert shapely.area(polygons).sum() == pytest.approx(union.area)
    places = shapely.points(rng.uniform(0, 500, (4000, 2)))
    which, cell = shapely.STRtree(polygons).query(places, predicate="within")
    edge = np.repeat(np.arange(network.n_edges), np.diff(cells.first))[cell]
    lines = network.edge_lines()
    own = shapely.distance(lines[edge], places[which])
    best = shapely.STRtree(lines).query_nearest(places, return_distance=True, all_matches=False)
    excess = own - best[1][which]
    assert len(np.unique(which)) == 4000
    assert np.quantile(excess, 0.99) < 0.5
    assert excess.max() < 1


def test_stretches_follow_their_edges():
    network = lines_network([LineString([(0, 0), (30, 0), (30, 7)]), LineString([(0, 0), (0, 1)])])
    cells = street_cells(network, np.arange(2), margin_m=50)
    lines = network.edge_lines()
    edge = np.repeat(np.arange(2), np.diff(cells.first))
    for side, columns in ((0, [0, 1]), (1, [2, 3])):
        on_line = shapely.line_interpolate_point(
            lines[edge], cells.fraction[:, side], normalized=True
        )
        assert np.allclose(shapely.get_coordinates(on_line), cells.ends[:, columns], atol=1e-6)


def thin(shape, width_m=0.09):
    """Cracks and needles of a shape that are narrower than the width, and longer than a metre."""
    style = {"join_style": "mitre", "mitre_limit": 10.0}
    cracks = shape.buffer(width_m / 2, **style).buffer(-width_m / 1.9, **style).difference(shape)
    needles = shape.difference(shape.buffer(-width_m / 2, **style).buffer(width_m / 1.9, **style))
    return [p for p in shapely.get_parts([cracks, needles]) if p.length > 2]


def test_no_cracks_and_no_needles_by_rounding():
    rng = np.random.default_rng(11)
    network, _ = lattice(rng, 7)
    sites = at(*rng.uniform(0, 600, (6, 2)))
    for options in ({}, {"width_m": 25.0}, {"disjoint": True}, {"dissolve": True}):
        areas = reach_areas(network, sites, cutoffs_m=[150, 333, 700], **options)
        assert areas.is_valid.all()
        assert sum(len(thin(area)) for area in areas.geometry) == 0
        # mending moves no border: corners stay, and what is filled is a hair
    comb = shapely.union_all([shapely.box(k, 0, k + 0.99, 50) for k in range(5)])
    filled = closing(comb, 0.1)
    assert filled.symmetric_difference(shapely.box(0, 0, 4.99, 50)).area < 1e-6
    apart = shapely.union_all([shapely.box(0, 0, 1, 50), shapely.box(1.2, 0, 2, 50)])
    assert closing(apart, 0.1).symmetric_difference(apart).area < 1e-6


def test_triangles_are_those_of_qhull():
    """Independent oracle: scipy's Delaunay of the same points and frame."""
    rng = np.random.default_rng(7)
    along = rng.uniform(0, 1000, (3000, 1)) * [1, 0] + rng.normal(0, 1e-5, (3000, 2))
    points = np.concatenate([rng.uniform(0, 1000, (4000, 2)), along])
    corners, across, framed = delaunay(points, 300.0)
    theirs = Delaunay(framed).simplices
    ours = {tuple(t) for t in np.sort(corners, axis=1)}
    # needles along a line are told apart by a hair: nearly all must be the same
    assert len(ours & {tuple(t) for t in np.sort(theirs, axis=1)}) > 0.99 * len(theirs)
    a, b, c = framed[corners].transpose(1, 0, 2)
    twice = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert (twice > -1e-6).all()
    assert twice.sum() / 2 == pytest.approx(np.prod(np.ptp(framed, axis=0)))
    for k in range(3):  # neighbours know each other and share two corners
        other = across[:, k]
        inner = other >= 0
        assert (across[other[inner]] == np.flatnonzero(inner)[:, None]).any(axis=1).all()
        shared = [
            len(set(p) & set(q))
            for p, q in zip(corners[inner].tolist(), corners[other[inner]].tolist(), strict=True)
        ]
        assert set(shared) == {2}


def test_of_points_in_one_place_the_first_holds_the_ground():
    xy = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 0.0], [0.0, 1e-5]])
    corners, _, _ = delaunay(xy, 50.0)
    assert set(corners[corners < 5].tolist()) == {0, 1, 2}


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    size=st.integers(3, 9),
    direction=st.sampled_from(["to_sites", "from_sites"]),
    width=st.sampled_from([None, 30.0]),
)
def test_many_sites_together_and_in_bands(seed, size, direction, width):
    """Dissolved ground against `nearest_site`, several sites on one street; bands add up."""
    rng = np.random.default_rng(seed)
    network, _ = lattice(rng, size)
    spots = rng.uniform(0, size * 100, (4, 2))
    sites = at(*spots, spots[0] + 7, spots[0] + [20, 1])
    cutoffs = np.sort(rng.uniform(30, 600, 3)).tolist()
    options = {"cutoffs_m": cutoffs, "direction": direction, "width_m": width, "dissolve": True}
    areas = reach_areas(network, sites, **options)
    bands = reach_areas(network, sites, disjoint=True, **options)
    assert areas.is_valid.all()
    assert bands.is_valid.all()
    places = gpd.GeoSeries(
        gpd.points_from_xy(*rng.uniform(-300, size * 100 + 300, (2, 2000))), crs=CRS
    )
    cost = nearest_site(network, places, sites, direction=direction)["cost_m"].to_numpy()
    off = shapely.distance(shapely.union_all(network.edge_lines()), places.to_numpy())
    for cutoff, area in zip(cutoffs, areas.geometry, strict=True):
        reached = (cost <= cutoff) & (off <= (width or 500.0))
        wrong = places[shapely.intersects(area, places.to_numpy()) != reached].to_numpy()
        assert len(wrong) <= 0.002 * len(places)
        if len(wrong):
            assert shapely.distance(shapely.boundary(area), wrong).max() < 3
    whole = shapely.union_all(bands.geometry.to_numpy(), grid_size=0.001)
    assert whole.symmetric_difference(areas.geometry.iloc[2]).area < 1 + 1e-4 * whole.area
    assert bands.area.sum() == pytest.approx(whole.area, rel=1e-4)


@pytest.mark.parametrize("angle", np.arange(0.1, 6.2, 0.4).tolist())
def test_a_site_beyond_a_bend_keeps_the_ground_about_it(angle):
    """Its foot is the bend itself, where a stretch begins but for the last digit."""
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    network = lines_network([LineString(np.array([[0, 0], [97.3, 0], [97.3, 61.7]]) @ turn)])
    bend = np.array([97.3, 0.0])
    area = one(network, np.array([117.3, -20.0]) @ turn, 200)
    for way in ([1, -0.2], [1, -1], [0.2, -1]):
        out = np.array(way) / np.hypot(*way) * (200 - np.hypot(20, 20))
        assert area.contains(Point((bend + 0.998 * out) @ turn))
        assert not area.contains(Point((bend + 1.002 * out) @ turn))


def test_rings_by_hand():
    """Four squares round a hole, and one that touches them in a corner: sides fall away."""
    boxes = [(0, 0, 3, 1), (2, 1, 3, 3), (0, 1, 1, 3), (1, 2, 2, 3), (3, 3, 4, 4)]
    rings = [[(a, b), (c, b), (c, d), (a, d)] for a, b, c, d in boxes]
    xy = 10.0 * np.array(rings, float).reshape(-1, 2)
    first = np.arange(20)
    after = first.reshape(-1, 4)[:, [1, 2, 3, 0]].ravel()
    upright = xy[first, 0] == xy[after, 0]
    fixed = np.where(upright, xy[first, 0], xy[first, 1]).astype(np.int64)
    line = 1000 * upright + fixed
    along = np.where(
        upright[:, None],
        np.stack([xy[first, 1], xy[after, 1]], 1),
        np.stack([xy[first, 0], xy[after, 0]], 1),
    )
    sides = np.stack([first, after, first // 4], axis=1)
    shape = polygonize(Parts(xy, np.empty((0, 2), np.int64), sides, line, along, np.arange(5)))
    want = shapely.union_all([shapely.box(*np.array(b) * 10) for b in boxes])
    assert shape.is_valid
    assert len(shapely.get_parts(shape)) == 2
    assert sum(len(p.interiors) for p in shapely.get_parts(shape)) == 1
    assert shape.symmetric_difference(want).area == 0


def test_costs_along_an_edge_are_straight_lines():
    """`cost_profile` against the least of all ways, by hand, at places along the edge."""
    rng = np.random.default_rng(8)
    out = np.empty((12, 4))
    for _ in range(200):
        u, v, to_u, to_v = rng.uniform(0, 100, 4)
        u, v, to_u, to_v = (np.inf if rng.random() < 0.25 else c for c in (u, v, to_u, to_v))
        where, cost = np.sort(rng.random(3)), rng.uniform(0, 100, 3)
        rows = out[: cost_profile(u, v, to_u, to_v, where, cost, out)]
        for f in rng.random(40):
            ways = [u + f * to_u, v + (1 - f) * to_v]
            ways += [
                c + (f - s) * to_u if f > s else c + (s - f) * to_v
                for s, c in zip(where, cost, strict=True)
            ]
            found = [
                a + (f - low) / (high - low) * (b - a)
                for low, high, a, b in rows
                if low <= f <= high
            ]
            assert min(found, default=np.inf) == pytest.approx(min(ways))


def test_porto_alegre(shared_data):
    """Real streets: 20,000 places about a clinic against the network's own costs."""

    network = Network.from_osm(shared_data / "r5r_poa_spo" / "poa_osm.pbf", mode="walk")
    site = gpd.GeoSeries.from_xy([-51.2287], [-30.0324], crs="EPSG:4326").to_crs(network.crs)
    areas = reach_areas(network, site, cutoffs_m=[300, 500, 1000])
    rng = np.random.default_rng(0)
    x, y = site.iloc[0].x, site.iloc[0].y
    places = gpd.GeoSeries(
        gpd.points_from_xy(
            x + rng.uniform(-1100, 1100, 20_000), y + rng.uniform(-1100, 1100, 20_000)
        ),
        crs=network.crs,
    )
    cost = nearest_site(network, places, site)["cost_m"].to_numpy()
    for cutoff, area in zip(areas["cutoff_m"], areas.geometry, strict=True):
        wrong = shapely.intersects(area, places.to_numpy()) != (cost <= cutoff)
        assert wrong.mean() < 0.0003


@pytest.mark.parametrize("cutoff", [2000, 43_000, 60_000, 100_000])
def test_a_wide_circle_has_no_more_sides_than_there_is_room_for(cutoff):
    """Half a circle beyond each end and a trapezium on each side, by hand; never too wide."""
    street = lines_network([LineString([(0, 0), (1000, 0)])])
    area = one(street, (500, 0), cutoff, max_snap_m=1e5)
    end = cutoff - 500
    exact = np.pi * end**2 + 1000 * (end + cutoff)
    assert area.area == pytest.approx(exact, rel=1e-4)
    out = [Point(1000, 0), Point(0, 0)]
    corners = shapely.points(shapely.get_coordinates(area))
    past = [corners[shapely.get_x(corners) >= 1000], corners[shapely.get_x(corners) <= 0]]
    for point, round_ in zip(out, past, strict=True):
        assert shapely.distance(point, round_).max() < end + CIRCLE_M


def test_no_part_is_written_past_the_end_of_its_room():
    square = np.array([[0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    work, label = np.zeros((4, 4)), np.zeros((2, 4), np.int64)
    work[:2] = square
    with pytest.raises(RuntimeError, match="more corners than there is room for"):
        clip_half_plane(work, label, 4, (1.0, 1.0, 1.5), -1)
    work, label = np.zeros((4, 6)), np.zeros((2, 6), np.int64)
    work[:2, :4] = square
    assert clip_half_plane(work, label, 4, (1.0, 1.0, 1.5), -1) == 5


def test_a_cell_with_a_thousand_corners_keeps_its_ground():
    """A short lane in the middle of a ring road: all ground within 400 m of it, by its buffer."""
    turn = np.linspace(0, np.pi, 501)
    halves = [LineString(1500 * np.stack([np.cos(t), np.sin(t)], 1)) for t in (turn, turn + np.pi)]
    lane = LineString([(-0.4, 0), (0.4, 0)])
    area = one(lines_network([*halves, lane]), (0, 0), 400)
    # the lane's own 0.4 m to each end come off the circles
    exact = np.pi * 399.6**2 + 0.8 * 2 * 399.8
    assert area.area == pytest.approx(exact, rel=1e-3)


def test_triangles_that_do_not_close_are_told():
    """A walk about a place that never comes back ends, with a word."""
    tri = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1]], np.int32)
    across = np.array([[-1, 1, 2], [-1, 2, 0], [-1, 0, 1]], np.int32)
    first = np.zeros(1, np.int32)
    assert triangles_around(tri, across, first, np.array([0]))[0].tolist() == [3]
    assert corner_count(0, first, tri, across) == 3
    across[2, 1] = across[1, 1] = 1  # about the second triangle for ever
    with pytest.raises(RuntimeError, match="do not close"):
        triangles_around(tri, across, first, np.array([0]))
    with pytest.raises(RuntimeError, match="do not close"):
        corner_count(0, first, tri, across)


def inside_as_told(network, site, cutoff, box, rng, count=3000):
    """How many random places the polygon and `nearest_site` tell apart; the farthest, metres."""
    area = one(network, site, cutoff)
    assert area.is_valid
    (x0, y0), (x1, y1) = box
    xy = rng.uniform([x0, y0], [x1, y1], (count, 2))
    places = gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=CRS)
    cost = nearest_site(network, places, at(site))["cost_m"].to_numpy()
    assert (cost <= cutoff).sum() > 100
    wrong = places[shapely.intersects(area, places.to_numpy()) != (cost <= cutoff)].to_numpy()
    return len(wrong), float(shapely.distance(shapely.boundary(area), wrong).max(initial=0.0))


@pytest.mark.parametrize("step", [0.05, 0.16, 0.4, 0.49])
def test_a_straight_street_of_short_pieces_is_as_one_line(step):
    """GPS traces and drawings have a vertex every few centimetres; their ground is the same."""
    plain = LineString([(0, 0), (1000, 0)])
    dense = lines_network([shapely.segmentize(plain, step)])
    area = one(dense, (500, 0), 200)
    want = shapely.Polygon([(300, 0), (500, -200), (700, 0), (500, 200)])
    assert area.symmetric_difference(want).area < 10
    box = ((250, -250), (750, 250))
    wrong, far = inside_as_told(dense, (500, 0), 200, box, np.random.default_rng(1))
    assert wrong <= 3
    assert far < 0.1


def test_a_dense_arc_with_a_side_street():
    """A quarter of a circle with a vertex every 0.16 m, a straight street out of its middle."""
    turn = np.linspace(0, np.pi / 2, 1963)
    arc = 200 * np.stack([np.cos(turn), np.sin(turn)], 1)
    side = LineString([arc[981], 1.9 * arc[981]])
    network = lines_network([LineString(arc[:982]), LineString(arc[981:]), side])
    box = ((-50, -50), (400, 400))
    for site, cutoff in ((arc[600], 120.0), (arc[1500] * 1.02, 200.0), ((250, 250), 260.0)):
        wrong, far = inside_as_told(network, site, cutoff, box, np.random.default_rng(2))
        assert wrong <= 9
        assert far < 1.0


def test_short_pieces_keep_their_fractions_and_long_ones_their_place():
    """Stretches of mixed pieces lie on their street within a step, at the metre they say."""
    rng = np.random.default_rng(5)
    steps = rng.choice([0.07, 0.2, 0.3, 0.7, 12.0], 400)
    heading = np.cumsum(rng.normal(0, 0.02, 400))
    xy = np.cumsum(steps[:, None] * np.stack([np.cos(heading), np.sin(heading)], 1), axis=0)
    network = lines_network([LineString(xy)])
    cells = street_cells(network, np.array([0]), margin_m=100)
    line = network.edge_lines()[0]
    for side, columns in ((0, [0, 1]), (1, [2, 3])):
        on_line = shapely.line_interpolate_point(line, cells.fraction[:, side], normalized=True)
        apart = np.hypot(*(shapely.get_coordinates(on_line) - cells.ends[:, columns]).T)
        assert apart.max() < 0.05
    # what is left out is shorter than a step each time, and the first and last rest at most
    gaps = (cells.fraction[1:, 0] - cells.fraction[:-1, 1]) * line.length
    assert gaps.min() > -1e-6
    assert gaps.max() < 0.5 + 1e-6
    long = np.flatnonzero(steps[1:] == 12.0)
    at_start = np.hypot(*(cells.ends[:, None, :2] - xy[long]).transpose(2, 0, 1)).min(axis=0)
    assert at_start.max() < 1e-6


def test_a_street_shorter_than_two_steps_has_ground():
    """0.3 m alone: a circle of what the cutoff leaves."""
    area = one(lines_network([LineString([(0, 0), (0.1, 0), (0.3, 0)])]), (0.15, 0), 50)
    assert area.area == pytest.approx(np.pi * 50**2, rel=0.01)


def test_rings_that_collapse_leave_polygons_only():
    """Rings that cross each other: a line left of their repair is no ground (found by chance)."""
    xy = [
        (4, 2),
        (3, 4),
        (1, 1),
        (3, 3),
        (0, 2),
        (1, 2),
        (0, 3),
        (4, 0),
        (0, 2),
        (3, 2),
        (4, 2),
        (0, 0),
        (2, 3),
        (0, 2),
        (0, 3),
        (1, 3),
        (1, 3),
        (1, 4),
        (2, 4),
        (0, 1),
    ]
    for group in ([0, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]):
        shape = polygons_of_rings(
            2.0 * np.array(xy, float), np.array([0, 7, 13, 20]), np.array(group)
        )
        assert shape.is_valid
        assert set(shapely.get_type_id(shapely.get_parts(shape)).tolist()) <= {3}
