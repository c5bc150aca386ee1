"""Gaps: neighbours are merged, causes are kept apart, and nobody unserved is lost."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from shapely.geometry import Point, box

from geoplan.coverage import assess_reach, coverage_with_sites
from geoplan.coverage.gaps import gap_areas
from geoplan.coverage.neighbours import cells, natural_neighbours, patches
from geoplan.errors import UsageError
from geoplan.inputs.layers import AreaLayer, Demand
from geoplan.services import standard_for
from geoplan.words import has_word

STANDARD = standard_for("meal_station")
NAN = float("nan")


def coverage_of(points, people, cost, reason=None, areas=None, **columns):
    n = len(points)
    index = pd.Index([f"d{i}" for i in range(n)])
    frame = gpd.GeoDataFrame(
        {"name": [f"社区{i}" for i in range(n)], "people": np.asarray(people, float), **columns},
        geometry=[None if p is None else Point(p) for p in points],
        index=index,
        crs="EPSG:4548",
    )
    demand = Demand(key="elderly_60", frame=frame)
    near = pd.DataFrame(
        {
            "site": ["s0" if np.isfinite(c) else pd.NA for c in cost],
            "cost_m": cost,
            "reason": reason or [""] * n,
        },
        index=index,
    )
    return demand, assess_reach(demand, STANDARD, near=near, areas=areas)


def area_layer(level, names, shapes=None):
    frame = gpd.GeoDataFrame(
        {"name": list(names.values()), "parent": pd.NA},
        geometry=shapes or [None] * len(names),
        index=list(names),
        crs="EPSG:4548",
    )
    return AreaLayer(level=level, frame=frame)


def row_of_villages(street_of):
    """Villages as squares of 1 km in a row; the village i has its point in its middle."""
    n = len(street_of)
    villages = area_layer(
        "village",
        {f"v{i}": f"村{i}" for i in range(n)},
        [box(i * 1000, 0, i * 1000 + 1000, 1000) for i in range(n)],
    )
    streets = area_layer("street", {"A": "甲街道", "B": "乙街道"})
    districts = area_layer("district", {"1": "历下区"})
    points = [(i * 1000 + 500, 500) for i in range(n)]
    columns = {
        "district": ["1"] * n,
        "street": list(street_of),
        "village": [f"v{i}" for i in range(n)],
    }
    return {"district": districts, "street": streets, "village": villages}, points, columns


def test_touching_villages_of_one_street_and_one_cause_make_one_gap():
    """Seven villages in a row, streets AAAABBB; v1 is served, v6 is cut off, the rest are beyond.

    v2 and v3 touch and are both in A: one gap of 30 + 40. v0 stands alone behind v1. v4 touches v3
    but is in street B: with v5 it is a gap of its own (50 + 60). v6 touches v5, but its cause
    differs.
    """
    areas, points, columns = row_of_villages("AAAABBB")
    _, coverage = coverage_of(
        points,
        [10, 20, 30, 40, 50, 60, 70],
        [5000, 10, 5000, 5000, 5000, 5000, NAN],
        ["", "", "", "", "", "", "cut_off"],
        areas,
        **columns,
    )
    gaps = gap_areas(coverage)
    assert gaps["rank"].tolist() == [1, 2, 3, 4]
    assert gaps["people"].tolist() == [110, 70, 70, 10]
    assert gaps["cause"].tolist() == ["no_site", "cut_off", "no_site", "no_site"]
    assert gaps["remedy"].tolist() == ["add_site", "mend_link", "add_site", "add_site"]
    assert gaps["area"].tolist() == [
        "历下区 乙街道 社区5等2处",
        "历下区 乙街道 社区6",
        "历下区 甲街道 社区3等2处",
        "历下区 甲街道 社区0",
    ]
    assert gaps["members"].tolist() == [2, 1, 2, 1]
    assert gaps.geometry.area.tolist() == [2e6, 1e6, 2e6, 1e6]
    assert gaps["people"].sum() == coverage.ledger.unserved


def test_neighbours_within_the_merge_distance_are_one_gap():
    """Points at 0, 900, 1,800 and 5,000 m: the first three are neighbours nearer than twice the
    threshold (2,000 m); the fourth is 3,200 m from the third.

    They span 1,800 m, less than four thresholds, so they stay whole. An extent of 1,000 m holds two
    of them: of two pairs of the same length the first is joined, {0, 900}, and {1800} stays.
    """
    points = [(0, 0), (900, 0), (1800, 0), (5000, 0)]
    _, coverage = coverage_of(points, [1, 2, 3, 10], [9e3] * 4)
    assert gap_areas(coverage)["people"].tolist() == [10, 6]
    cut = gap_areas(coverage, max_extent_m=1000)
    assert sorted(cut["people"].tolist()) == [3, 3, 10]
    assert gap_areas(coverage, merge_distance_m=100)["members"].tolist() == [1, 1, 1, 1]


def test_people_without_a_location_make_one_gap_per_area_without_geometry():
    areas, _, columns = row_of_villages("AAB")
    _, coverage = coverage_of([None, None, None], [1, 2, 4], [NAN] * 3, None, areas, **columns)
    gaps = gap_areas(coverage)
    assert gaps["people"].tolist() == [4, 3]
    assert set(gaps["cause"]) == {"no_data"}
    assert gaps.geometry.isna().all()
    assert gaps["area"].tolist()[1] == "历下区 甲街道 社区1等2处"


def test_the_site_of_the_plan_that_closes_a_gap_is_named():
    """The gap of d0 and d1 (3 + 4 people): n0 then serves d1, d0 stays beyond; so does d2."""
    demand, before = coverage_of([(0, 0), (500, 0), (9000, 0)], [3, 4, 5], [5e3, 5e3, 5e3])
    near_new = pd.DataFrame(
        {"site": ["n0", "n0", "n0"], "cost": [1200.0, 700.0, 4e3], "reason": ""},
        index=demand.frame.index,
    )
    after = coverage_with_sites(before, demand, near_new=near_new)
    gaps = gap_areas(before, suggested=["n0"], after=after).set_index("people")
    assert gaps.loc[7.0, "closing_site"] == "n0"
    assert gaps.loc[7.0, "people_after"] == 3
    assert gaps.loc[5.0, "closing_site"] is pd.NA
    plan = pd.DataFrame({"rank": [1]}, index=["n0"])
    assert gap_areas(before, suggested=plan, after=after)["closing_site"].tolist()[0] == "n0"


def test_the_rest_is_collected_not_dropped():
    """Six places 10 km apart; the last is cut off. Two are told singly, three of one cause
    together, and the one that is alone with its cause stays as it is."""
    points = [(i * 10_000, 0) for i in range(6)]
    _, coverage = coverage_of(points, [6, 5, 4, 3, 2, 1], [9e3] * 5 + [NAN], [""] * 5 + ["cut_off"])
    gaps = gap_areas(coverage, keep=2, lang="en")
    assert gaps["people"].tolist() == [9, 6, 5, 1]
    assert gaps["rank"].tolist() == [1, 2, 3, 4]
    assert gaps["area"].tolist() == [
        "other scattered gaps (3)",
        "around 社区0",
        "around 社区1",
        "around 社区5",
    ]
    assert gaps["members"].tolist() == [3, 1, 1, 1]
    assert gaps["people"].sum() == coverage.ledger.unserved


def test_small_gaps_are_collected_by_the_finest_areas_that_keep_the_list_short():
    """Ten lone places in the streets A A B B C C D D E E of the districts 1 (A, B) and 2 (C to E).

    Two are told singly (d0 and d1 with 100 each). The other eight would make four rows by street,
    more than two, but only two by district: 2 places in district 1 (both in B), 6 in district 2.
    """
    areas = {
        "district": area_layer("district", {"1": "甲区", "2": "乙区"}),
        "street": area_layer("street", {c: f"{c}街" for c in "ABCDE"}),
    }
    columns = {"district": list("1111222222"), "street": list("AABBCCDDEE")}
    points = [(i * 50_000, 0) for i in range(10)]
    people = [100, 100, 1, 2, 3, 4, 5, 6, 7, 8]
    _, coverage = coverage_of(points, people, [9e3] * 10, None, areas, **columns)
    gaps = gap_areas(coverage, keep=2, within="street")
    assert gaps["people"].tolist() == [100, 100, 33, 3]
    assert gaps["area"].tolist()[2:] == ["乙区 其余零散缺口（6处）", "甲区 B街 其余零散缺口（2处）"]
    by_street = gap_areas(coverage, keep=4, within="street")
    assert by_street["people"].tolist() == [100, 100, 11, 8, 7, 7, 3]
    assert by_street["area"].tolist()[2:4] == ["乙区 D街 其余零散缺口（2处）", "乙区 E街 社区9"]
    last = gap_areas(coverage, keep=5, within="street")["area"].tolist()[-1]
    assert last == "甲区 B街 其余零散缺口（2处）"


def test_no_gap_when_everyone_is_served():
    _, coverage = coverage_of([(0, 0)], [5], [10.0])
    gaps = gap_areas(coverage)
    assert len(gaps) == 0
    assert gaps.crs == coverage.frame.crs


def test_all_faults_are_raised_at_once():
    _, coverage = coverage_of([(0, 0)], [5], [10.0])
    with pytest.raises(UsageError, match=r"'ward'.*merge_distance_m.*max_extent_m"):
        gap_areas(coverage, within="ward", merge_distance_m=0, max_extent_m=-1)


def test_every_cause_and_remedy_has_its_word():
    from geoplan.coverage.gap_merging import REMEDIES

    for cause, remedy in REMEDIES.items():
        assert has_word(f"coverage.cause_{cause}")
        assert has_word(f"coverage.remedy_{remedy}")


def test_a_served_community_between_two_others_separates_their_gaps():
    """On a line at 0, 700 and 1,400 m the middle place is served: its neighbours do not touch."""
    points = [(0, 0), (700, 0), (1400, 0)]
    _, coverage = coverage_of(points, [1, 2, 4], [9e3, 10.0, 9e3])
    assert gap_areas(coverage)["people"].tolist() == [4, 1]
    _, empty = coverage_of(points, [1, 0, 4], [9e3, 10.0, 9e3])  # nobody lives between them
    assert gap_areas(empty)["people"].tolist() == [5]


def test_gaps_of_neighbours_touch_and_never_overlap():
    rng = np.random.default_rng(4)
    points = [tuple(p) for p in rng.uniform(0, 8000, (60, 2))]
    cost = np.where(rng.random(60) < 0.3, 10.0, 9e3)
    _, coverage = coverage_of(points, [5] * 60, cost)
    gaps = gap_areas(coverage)
    shapes = gaps.geometry.to_numpy()
    both = shapely.area(shapely.intersection(shapes[:, None], shapes[None, :]))
    assert np.abs(both - np.diag(np.diag(both))).max() < 1.0  # square metres
    served = coverage.frame[coverage.frame["served"] > 0].geometry
    assert not served.within(gaps.geometry.union_all()).any()
    assert (gaps.geometry.area > 0).all()


def empty_circle_neighbours(xy):
    """Pairs with a circle through both that holds no other point, by its definition (Delaunay).

    The centre runs along the bisector, m + t n; "no nearer to p than to a" bounds t on one side.
    """
    found = []
    for i in range(len(xy)):
        for j in range(i + 1, len(xy)):
            middle, along = (xy[i] + xy[j]) / 2, xy[j] - xy[i]
            normal, low, high = np.array([-along[1], along[0]]), -np.inf, np.inf
            for p in np.delete(xy, [i, j], axis=0):
                slope = 2 * normal @ (xy[i] - p)
                room = p @ p - xy[i] @ xy[i] + 2 * middle @ (xy[i] - p)
                if slope > 0:
                    low = max(low, -room / slope)
                elif slope < 0:
                    high = min(high, -room / slope)
            if low <= high:
                found.append((i, j))
    return found


def patches_by_hand(n, pairs, xy, extent):
    """Sets of points, joined pair by pair, the nearest first, while the box stays small."""
    sets = {i: frozenset([i]) for i in range(n)}
    for i, j in sorted(pairs, key=lambda pair: (np.hypot(*(xy[pair[0]] - xy[pair[1]])), pair)):
        both = sets[i] | sets[j]
        span = np.ptp(xy[list(both)], axis=0)
        if np.hypot(*span) <= extent:
            sets |= dict.fromkeys(both, both)
    return {*sets.values()}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 14))
def test_natural_neighbours_are_those_with_an_empty_circle(seed, n):
    xy = np.random.default_rng(seed).uniform(0, 1000, (n, 2)) + np.array([5e5, 4e6])
    # the definition is checked near the origin, where its squares lose no digits
    wanted = empty_circle_neighbours(xy - xy.mean(axis=0))
    assert natural_neighbours(xy).tolist() == [list(pair) for pair in wanted]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 9))
def test_no_point_is_left_without_a_neighbour_on_grids_lines_and_shared_spots(seed, n):
    """Small whole coordinates: many on one spot, one line or one circle. The pairs still join all
    points, as the shortest tree over them is made of natural neighbours."""
    rng = np.random.default_rng(seed)
    xy = rng.integers(0, 4, (n, 2)).astype(float)
    if seed % 3 == 0:
        xy[:, 1] = 2 * xy[:, 0]
    pairs = natural_neighbours(xy)
    assert len({tuple(p) for p in pairs.tolist()}) == len(pairs)
    assert len(set(patches(pairs, xy, extent_m=np.inf))) == 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 26), st.booleans(), st.sampled_from([None, 3]))
def test_gaps_hold_everyone_unserved_and_merge_as_union_find_does(seed, n, with_areas, keep):
    rng = np.random.default_rng(seed)
    points = [tuple(p) for p in rng.uniform(0, 9000, (n, 2))]
    points = [None if rng.random() < 0.1 else p for p in points]
    people = rng.integers(0, 9, n)
    cost = rng.integers(0, 2500, n).astype(float)
    reason = [""] * n
    for i in range(n):
        if rng.random() < 0.2:
            cost[i], reason[i] = NAN, "cut_off"
    areas, columns = None, {}
    if with_areas:
        areas = {"street": area_layer("street", {"A": "甲", "B": "乙"})}
        columns = {"street": rng.choice(np.array(["A", "B", None], dtype=object), n)}
    _, coverage = coverage_of(points, people, cost, reason, areas, **columns)
    level = "street" if with_areas else None
    gaps = gap_areas(coverage, keep=keep, within=level)
    assert gaps["people"].sum() == pytest.approx(coverage.ledger.unserved)
    assert gaps["people"].is_monotonic_decreasing
    if keep is None:
        wanted = people_of_gaps_by_hand(coverage, 2000.0, 4000.0, level)
        assert sorted(gaps["people"].tolist()) == wanted


def people_of_gaps_by_hand(coverage, merge, extent, level):
    frame = coverage.frame[coverage.frame["people"] > 0]
    key = list(zip(frame["reason"], frame[level] if level else frame["reason"], strict=True))
    key = [(reason, "" if pd.isna(area) else str(area)) for reason, area in key]
    there = [i for i, point in enumerate(frame.geometry) if point is not None]
    xy = np.array([(p.x, p.y) for p in frame.geometry.iloc[there]]).reshape(-1, 2)
    pairs = [
        (i, j)
        for i, j in empty_circle_neighbours(xy)
        if key[there[i]] == key[there[j]] and np.hypot(*(xy[i] - xy[j])) <= merge
    ]
    found = [[there[i] for i in part] for part in patches_by_hand(len(xy), pairs, xy, extent)]
    lost = [i for i in range(len(frame)) if i not in there]
    found += [[i for i in lost if key[i] == one] for one in {key[i] for i in lost}]
    unserved = frame["people"].to_numpy() - frame["served"].to_numpy()
    return sorted(unserved[part].sum() for part in found if key[part[0]][0] != "")


def test_cells_hold_the_ground_nearest_to_their_points_whatever_stands_far_away():
    chance = np.random.default_rng(5)
    xy = np.vstack([chance.uniform(0, 8000, (30, 2)), [[1e300, 5.0], [4e6, 4e6]]])
    drawn = cells(xy, np.arange(len(xy)), radius_m=800)
    for point, cell in zip(xy[:30], drawn, strict=False):
        probes = point + chance.uniform(-800, 800, (200, 2))
        distance = np.hypot(*(probes[:, None] - xy[None, :30]).T)
        nearest = xy[distance.argmin(axis=0)]
        own = (nearest == point).all(axis=1)
        inside = shapely.contains_xy(cell, probes[:, 0], probes[:, 1])
        near = np.hypot(*(probes - point).T) < 780  # discs are drawn with corners
        assert not (own & near & ~inside).any()
        assert not (inside & ~own).any()
    assert drawn[31].area > 1.9e6
