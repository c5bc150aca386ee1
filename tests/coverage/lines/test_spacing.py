"""Spacing: intervals by hand, shared borders once, and the fewest markers by closed form."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings, strategies as st
from shapely.geometry import LineString, MultiLineString, Point, Polygon, box

from geoplan.coverage.lines import suggest_markers as marking
from geoplan.coverage.lines.gap_stretches import gap_stretches
from geoplan.coverage.lines.spacing import spacing_coverage
from geoplan.coverage.lines.suggest_markers import suggest_markers
from geoplan.errors import CrsMismatchError, GeographicCrsError, MissingCrsError, UsageError

CRS = "EPSG:4548"


def lines(**shapes):
    return gpd.GeoSeries(shapes, crs=CRS)


def on_axis(*xs, y=0.0):
    return gpd.GeoSeries(
        [Point(x, y) for x in xs], index=[f"m{k}" for k in range(len(xs))], crs=CRS
    )


def straight(length):
    return lines(L=LineString([(0, 0), (length, 0)]))


def spans(found, status="gap"):
    rows = found.intervals[found.intervals["status"] == status]
    return [(r.line, r.from_m, r.to_m) for r in rows.itertuples()]


def both(a, b):
    return gpd.GeoSeries(pd.concat([a.geometry, b.geometry]), crs=CRS)


def test_a_stretch_longer_than_the_spacing_is_a_gap_over_its_whole_length():
    """Markers at 200, 700 and 1,300 m on 1,500 m. Stretches 200, 500, 600, 200: only the third of
    600 m is longer than 500 m. The end at 0 is 200 m from a marker, which is close enough; it has
    no marker itself, and the required points say so."""
    found = spacing_coverage(straight(1500), on_axis(200, 700, 1300))
    assert spans(found) == [("L", 700, 1300)]
    assert found.to_dict() == {
        "length_m": {"total": 1500, "covered": 900, "gap": 600},
        "required_points": {"total": 2, "marked": 0},
    }
    row = found.gaps.iloc[0]
    assert (row["start_marker"], row["end_marker"], row["stretch_m"]) == ("m1", "m2", 600)
    by_line = found.by_line()
    assert by_line.loc["L", ["total_m", "covered_m", "gap_m"]].tolist() == [1500, 900, 600]
    assert by_line["covered_share"].tolist() == [pytest.approx(0.6)]


def test_the_stretch_to_an_open_end_counts_like_any_other():
    found = spacing_coverage(straight(1200), on_axis(0, 500))
    assert spans(found) == [("L", 500, 1200)]
    assert found.required["marked"].tolist() == [True, False]


def test_a_line_without_any_marker_is_a_gap_however_short():
    found = spacing_coverage(straight(100), None)
    assert spans(found) == [("L", 0, 100)]


def test_a_marker_counts_within_the_tolerance_and_not_beyond_it():
    assert spacing_coverage(straight(900), on_axis(450, y=30.0)).gap_m == 0
    found = spacing_coverage(straight(900), on_axis(450, y=30.1))
    assert found.gap_m == 900
    assert found.off_line.tolist() == ["m0"]


def test_a_ring_runs_on_over_its_seam():
    """A square of 4 x 250 m. Markers at chainage 100 and 500: stretches of 400 m and, over the
    seam, 600 m (500 to 1,000 and 0 to 100), told in two parts that belong to one stretch."""
    ring = lines(R=LineString([(0, 0), (250, 0), (250, 250), (0, 250), (0, 0)]))
    at = gpd.GeoSeries([Point(100, 0), Point(250, 250)], index=["a", "b"], crs=CRS)
    found = spacing_coverage(ring, at)
    assert spans(found) == [("R", 0, 100), ("R", 500, 1000)]
    assert len(set(found.gaps["stretch"])) == 1
    assert found.gaps["stretch_m"].tolist() == [600, 600]
    assert found.required_total == 0


def test_polygons_that_share_borders_are_counted_once():
    """Three blocks: two squares of 1 km side by side under one of 2 x 1 km. Outlines 4 + 4 + 6 km,
    of which the squares share 1 km and each shares 1 km with the block above: 11 km of ground.
    Four places have three arms: the junctions."""
    blocks = lines(A=box(0, 0, 1000, 1000), B=box(1000, 0, 2000, 1000), C=box(0, 1000, 2000, 2000))
    found = spacing_coverage(blocks, None)
    assert found.total_m == pytest.approx(11_000)
    assert found.total_m == pytest.approx(blocks.boundary.union_all().length)
    assert (found.shared["to_m"] - found.shared["from_m"]).sum() == pytest.approx(3000)
    assert sorted(zip(found.shared["line"], found.shared["owner"], strict=True)) == [
        ("B", "A"),
        ("C", "A"),
        ("C", "B"),
    ]
    assert found.required["kind"].tolist() == ["junction"] * 4


def test_borders_drawn_slightly_apart_are_one_within_the_tolerance():
    left = Polygon([(0, 0), (1000, 0), (1000, 1000), (0, 1000)])
    right = Polygon([(1001, 0), (2000, 0), (2000, 1000), (1001, 1000)])
    pair = lines(A=left, B=right)
    assert spacing_coverage(pair, None).total_m == pytest.approx(7998)
    assert spacing_coverage(pair, None, shared_tolerance_m=2).total_m == pytest.approx(6998, abs=9)


def test_segments_that_meet_end_to_end_are_one_chain_in_either_direction():
    """Two segments of 1 km meet at x = 1,000; the second is drawn towards the first. Markers 400 m
    before and 400 m after the joint are 800 m apart, although each is only 400 m from the joint."""
    pair = lines(a=LineString([(0, 0), (1000, 0)]), b=LineString([(2000, 0), (1000, 0)]))
    found = spacing_coverage(pair, on_axis(100, 600, 1400, 1900))
    assert spans(found) == [("a", 600, 1000), ("b", 600, 1000)]
    assert found.gaps["stretch_m"].tolist() == [800, 800]
    assert found.required["kind"].tolist() == ["end", "end"]


def test_crossing_lines_are_measured_each_along_itself():
    cross = lines(a=LineString([(0, 0), (1000, 0)]), b=LineString([(500, -500), (500, 500)]))
    found = spacing_coverage(cross, on_axis(500))
    assert found.gap_m == 0
    assert found.total_m == 2000
    junction = found.required[found.required["kind"] == "junction"]
    assert junction["marked"].tolist() == [True]
    assert (found.required["kind"] == "end").sum() == 4


def test_parts_of_a_line_go_on_counting():
    parts = lines(P=MultiLineString([[(0, 0), (400, 0)], [(1000, 0), (1600, 0)]]))
    found = spacing_coverage(parts, on_axis(200))
    assert spans(found) == [("P", 400, 1000)]
    assert found.total_m == 1000


def test_required_points_are_ends_junctions_crossings_bends_and_given_ones():
    bent = lines(a=LineString([(0, 0), (1000, 0), (1000, 1000)]))
    roads = gpd.GeoSeries([LineString([(300, -50), (300, 50)])], crs=CRS)
    given = gpd.GeoSeries([Point(5000, 5000)], crs=CRS)
    found = spacing_coverage(
        bent, on_axis(310, 1020), crossings=roads, required=given, bend_deg=60
    ).required
    assert dict(zip(found["kind"], found["marked"], strict=False)) == {
        "given": False,
        "end": False,
        "crossing": True,
        "bend": True,
    }
    assert found["kind"].tolist() == ["given", "end", "end", "crossing", "bend"]


def test_layers_must_be_projected_and_agree():
    with pytest.raises(MissingCrsError):
        spacing_coverage(gpd.GeoSeries([LineString([(0, 0), (1, 0)])]), None)
    with pytest.raises(GeographicCrsError):
        spacing_coverage(gpd.GeoSeries([LineString([(0, 0), (1, 0)])], crs=4326), None)
    with pytest.raises(CrsMismatchError, match="to_crs"):
        spacing_coverage(straight(1), gpd.GeoSeries([Point(0, 0)], crs="EPSG:3857"))
    with pytest.raises(UsageError, match=r"no lines.*\['p'\].*more than once"):
        spacing_coverage(
            gpd.GeoSeries(
                [LineString([(0, 0), (1, 0)])] * 2 + [Point(0, 0)], index=["a", "a", "p"], crs=CRS
            ),
            None,
        )
    with pytest.raises(UsageError, match=r"max_spacing_m.*tolerance_m.*bend_deg"):
        spacing_coverage(straight(1), None, max_spacing_m=0, tolerance_m=-1, bend_deg=200)


# --- the fewest additional markers ---------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.floats(1, 20_000),
    st.floats(50, 3000),
    st.booleans(),
)
def test_closed_form_on_one_line(length, spacing, marked_ends):
    line = straight(length)
    ends = on_axis(0, length) if marked_ends else None
    new = suggest_markers(line, ends, max_spacing_m=spacing, tolerance_m=0.5)
    least = max(math.ceil((length - 1e-6) / spacing) - 1, 0)
    assert len(new) == (least if marked_ends else max(least, 1))
    there = new if ends is None else both(ends, new)
    assert spacing_coverage(line, there, max_spacing_m=spacing, tolerance_m=0.5).gap_m == 0


@settings(max_examples=40, deadline=None)
@given(st.floats(30, 3000), st.floats(50, 1500))
def test_closed_form_on_a_ring(side, spacing):
    ring = lines(R=box(0, 0, side, side))
    new = suggest_markers(ring, max_spacing_m=spacing, tolerance_m=0.5)
    assert len(new) == max(math.ceil((4 * side - 1e-6) / spacing), 1)
    assert spacing_coverage(ring, new, max_spacing_m=spacing, tolerance_m=0.5).gap_m == 0


def brute_force(length, existing, spacing, step):
    """Fewest further markers on a grid of `step`: shortest path, no hop above the spacing.

    The places are all grid points; walking from 0 to the end, every hop is at most `spacing`,
    existing markers and the ends are free, every other place costs one.
    """
    places = np.arange(0, length + step / 2, step)
    free = {0.0, float(length), *map(float, existing)}
    cost = np.full(len(places), np.inf)
    cost[0] = 0
    for k in range(1, len(places)):
        reach = (places[:k] >= places[k] - spacing) & (places[:k] < places[k])
        if reach.any():
            cost[k] = cost[:k][reach].min() + (0 if float(places[k]) in free else 1)
    return int(cost[-1])


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 60), st.sets(st.integers(0, 60), min_size=1, max_size=8), st.integers(1, 12))
def test_fewest_between_markers_agrees_with_brute_force(length, existing, spacing):
    existing = sorted(x for x in existing if x <= length)
    if not existing:
        return
    line, at = straight(length * 100), on_axis(*[x * 100 for x in existing])
    new = suggest_markers(line, at, max_spacing_m=spacing * 100, tolerance_m=1)
    assert len(new) == brute_force(length, existing, spacing, 1)
    done = spacing_coverage(line, both(at, new), max_spacing_m=spacing * 100, tolerance_m=1)
    assert done.gap_m == 0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_lengths_agree_with_walking_along_the_line(seed):
    """Every metre of a random polyline is judged by its neighbours among the markers' chainages."""
    rng = np.random.default_rng(seed)
    xy = np.cumsum(rng.uniform(5, 400, (8, 2)), axis=0)
    shape = LineString(xy)
    at = np.sort(rng.uniform(0, shape.length, rng.integers(1, 7)))
    points = gpd.GeoSeries([shape.interpolate(a) for a in at], crs=CRS)
    found = spacing_coverage(lines(L=shape), points, max_spacing_m=300, tolerance_m=0.01)
    edges = np.array([0.0, *at, shape.length])
    steps = np.diff(edges)
    assert found.gap_m == pytest.approx(steps[steps > 300].sum(), abs=1e-4)
    assert found.total_m == pytest.approx(shape.length)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_networks_of_blocks_end_without_gaps(seed):
    """A town of random blocks: after the suggested markers nothing is a gap, and with the required
    points every one of them is marked."""
    rng = np.random.default_rng(seed)
    x = np.cumsum([0, *rng.uniform(200, 1500, 2)])
    y = np.cumsum([0, *rng.uniform(200, 1500, 2)])
    blocks = {f"b{i}{j}": box(x[i], y[j], x[i + 1], y[j + 1]) for i in range(2) for j in range(2)}
    town = lines(**blocks)
    before = spacing_coverage(town, None)
    assert before.total_m == pytest.approx(town.boundary.union_all().length)
    new = suggest_markers(town, None)
    after = spacing_coverage(town, new)
    assert after.gap_m == 0
    assert after.total_m == pytest.approx(before.total_m)
    everything = suggest_markers(town, None, mark_required=True)
    full = spacing_coverage(town, everything)
    assert full.gap_m == 0
    assert full.required_marked == full.required_total


@pytest.mark.parametrize("seed", range(4))
def test_markers_of_a_line_put_together_are_those_put_one_by_one(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    ways = rng.uniform(0, 9000, (6, 5, 2)).round(-2)
    town = lines(**{f"way{k}": LineString(way) for k, way in enumerate(ways)})
    at = gpd.GeoSeries(shapely.points(rng.uniform(0, 9000, (40, 2))), crs=town.crs)
    roads = lines(road=LineString(rng.uniform(0, 9000, (4, 2))))
    options = {"max_spacing_m": 700, "tolerance_m": 60, "crossings": roads}
    together = suggest_markers(town, at, **options)
    assert len(together) > 30
    true = marking._Marking.add

    def one_by_one(self, chain, placed):
        for one in placed:
            true(self, chain, [one])

    monkeypatch.setattr(marking._Marking, "add", one_by_one)
    assert_geodataframe_equal(suggest_markers(town, at, **options), together)


def test_one_marker_serves_short_lines_that_meet():
    """Three short lines meet in one place and have no marker: one, where they meet, serves all."""
    star = lines(
        a=LineString([(0, 0), (300, 0)]),
        b=LineString([(0, 0), (0, 300)]),
        c=LineString([(0, 0), (-200, -200)]),
    )
    new = suggest_markers(star)
    assert len(new) == 1
    assert new.geometry.iloc[0].distance(Point(0, 0)) <= 30
    assert spacing_coverage(star, new).gap_m == 0


def test_a_marker_goes_to_the_crossing_when_one_is_near_and_the_number_stays():
    """1,600 m: even places 400, 800, 1,200. A road crosses at 350: taken. Another at 870 is 520 m
    from there, more than 500, so the second marker stays near its even place."""
    line, ends = straight(1600), on_axis(0, 1600)
    roads = gpd.GeoSeries([LineString([(x, -50), (x, 50)]) for x in (350, 870)], crs=CRS)
    new = suggest_markers(line, ends, crossings=roads)
    assert len(new) == 3
    assert new["chainage_m"].tolist()[0] == 350
    assert new["at_crossing"].tolist() == [True, False, False]
    assert spacing_coverage(line, both(ends, new)).gap_m == 0


def test_gap_stretches_are_ranked_by_length_and_name_the_marker_that_closes_them():
    """Markers at 200, 1,400 and 2,100 on 2,400 m: gaps of 1,200 m (200-1400) and 700 m (1400-2100).
    Two new markers go into the first (ceil(1200/500) - 1), one into the second."""
    line, at = straight(2400), on_axis(200, 1400, 2100)
    found, new = spacing_coverage(line, at), suggest_markers(line, at)
    gaps = gap_stretches(found, names={"L": "甲乙线"}, suggested=new)
    assert gaps["rank"].tolist() == [1, 2]
    assert gaps["length_m"].tolist() == [1200, 700]
    assert gaps["area"].tolist() == ["甲乙线 K0+200至K1+400", "甲乙线 K1+400至K2+100"]
    assert gaps["closing_site"].tolist() == ["new-1", "new-3"]
    assert gaps["length_m"].sum() == found.gap_m
    assert len(gap_stretches(spacing_coverage(line, both(at, new)))) == 0


def test_real_districts_share_their_borders_to_the_metre(shared_data):
    """Jinan's 12 districts: outlines of 2,039 km stand on 1,481 km of ground, as the union says."""
    path = shared_data / "boundaries_jinan" / "datav_v3_370100_districts.geojson"
    districts = gpd.read_file(path).to_crs(CRS).set_index("name")
    found = spacing_coverage(districts, None)
    assert found.total_m == pytest.approx(districts.boundary.union_all().length, abs=1)
    assert found.total_m + (found.shared["to_m"] - found.shared["from_m"]).sum() == pytest.approx(
        districts.boundary.length.sum(), abs=1
    )
    new = suggest_markers(districts, None, max_spacing_m=2000)
    assert spacing_coverage(districts, new, max_spacing_m=2000).gap_m == 0


@pytest.mark.parametrize("labels", [["a", "b"], [0.0, float("nan")], [None, "b"], [2, 1]])
def test_every_line_counts_whatever_its_label(labels: list[object]) -> None:
    shapes = [LineString([(0, y), (1000 + y, y)]) for y in (0, 500)]
    lines = gpd.GeoSeries(shapes, index=pd.Index(labels), crs=4548)
    markers = gpd.GeoSeries([Point(0, 500), Point(400, 500), Point(0, 0), Point(1000, 0)], crs=4548)
    found = spacing_coverage(lines, markers, max_spacing_m=500)
    table = found.by_line()
    assert table["total_m"].tolist() == [1000.0, 1500.0]
    assert table["covered_m"].tolist() == [0.0, 400.0]
    assert table["gap_m"].sum() == found.gap_m


@pytest.mark.parametrize("far", [1e9, 1e30, 1e300, float("inf")])
def test_lines_farther_than_the_earth_are_told(far: float) -> None:
    lines = gpd.GeoSeries([LineString([(500000, 4055000), (500000, far)])], crs=4548)
    with pytest.raises(UsageError, match="nowhere"):
        spacing_coverage(lines, lines.iloc[:0], max_spacing_m=500)
