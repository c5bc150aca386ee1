"""Gaps: neighbours are merged, causes are kept apart, and nobody unserved is lost."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from geoplan.coverage import after_sites, judge_reach
from geoplan.coverage.gaps import gap_areas
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
        index=index, crs="EPSG:4548",
    )  # fmt: skip
    demand = Demand(key="elderly_60", frame=frame)
    near = pd.DataFrame(
        {"site": ["s0" if np.isfinite(c) else pd.NA for c in cost], "cost_m": cost,
         "reason": reason or [""] * n},
        index=index,
    )  # fmt: skip
    return demand, judge_reach(demand, STANDARD, near=near, areas=areas)


def area_layer(level, names, shapes=None):
    frame = gpd.GeoDataFrame(
        {"name": list(names.values()), "parent": pd.NA},
        geometry=shapes or [None] * len(names), index=list(names), crs="EPSG:4548",
    )  # fmt: skip
    return AreaLayer(level=level, frame=frame)


def row_of_villages(street_of):
    """Villages as squares of 1 km in a row; the village i has its point in its middle."""
    n = len(street_of)
    villages = area_layer(
        "village", {f"v{i}": f"村{i}" for i in range(n)},
        [box(i * 1000, 0, i * 1000 + 1000, 1000) for i in range(n)],
    )  # fmt: skip
    streets = area_layer("street", {"A": "甲街道", "B": "乙街道"})
    districts = area_layer("district", {"1": "历下区"})
    points = [(i * 1000 + 500, 500) for i in range(n)]
    columns = {
        "district": ["1"] * n, "street": list(street_of), "village": [f"v{i}" for i in range(n)]
    }  # fmt: skip
    return {"district": districts, "street": streets, "village": villages}, points, columns


def test_touching_villages_of_one_street_and_one_cause_make_one_gap():
    """Seven villages in a row, streets AAAABBB; v1 is served, v6 is cut off, the rest are beyond.

    v2 and v3 touch and are both in A: one gap of 30 + 40. v0 stands alone behind v1. v4 touches v3
    but is in street B: with v5 it is a gap of its own (50 + 60). v6 touches v5, but its cause
    differs.
    """
    areas, points, columns = row_of_villages("AAAABBB")
    _, coverage = coverage_of(
        points, [10, 20, 30, 40, 50, 60, 70], [5000, 10, 5000, 5000, 5000, 5000, NAN],
        ["", "", "", "", "", "", "cut_off"], areas, **columns,
    )  # fmt: skip
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


def test_points_closer_than_the_merge_distance_are_one_gap():
    """Points at 0, 900, 1,800 and 5,000 m: the first three chain at 1,000 m, spanning 1,800 m.

    That is within twice the threshold (2,000 m), so it stays whole; at an extent of 1,000 m it is
    cut at its middle (900 m): {0, 900} and {1800}.
    """
    points = [(0, 0), (900, 0), (1800, 0), (5000, 0)]
    _, coverage = coverage_of(points, [1, 2, 3, 10], [9e3] * 4)
    assert gap_areas(coverage)["people"].tolist() == [10, 6]
    cut = gap_areas(coverage, max_extent_m=1000)
    assert sorted(cut["people"].tolist()) == [3, 3, 10]
    assert gap_areas(coverage, merge_distance_m=100)["members"].tolist() == [1, 1, 1, 1]


def test_people_without_a_location_are_told_by_area_without_a_shape():
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
    after = after_sites(before, demand, near_new=near_new)
    gaps = gap_areas(before, suggested=["n0"], after=after).set_index("people")
    assert gaps.loc[7.0, "closing_site"] == "n0"
    assert gaps.loc[7.0, "people_after"] == 3
    assert gaps.loc[5.0, "closing_site"] is pd.NA
    plan = pd.DataFrame({"rank": [1]}, index=["n0"])
    assert gap_areas(before, suggested=plan, after=after)["closing_site"].tolist()[0] == "n0"


def test_the_rest_is_collected_not_dropped():
    points = [(i * 10_000, 0) for i in range(6)]
    _, coverage = coverage_of(points, [6, 5, 4, 3, 2, 1], [9e3] * 5 + [NAN], [""] * 5 + ["cut_off"])
    gaps = gap_areas(coverage, keep=2, lang="en")
    assert gaps["people"].tolist() == [6, 5, 9, 1]
    assert gaps["area"].tolist()[2:] == ["other scattered gaps (3)", "other scattered gaps (1)"]
    assert gaps["people"].sum() == coverage.ledger.unserved


def test_no_gap_when_everyone_is_served():
    _, coverage = coverage_of([(0, 0)], [5], [10.0])
    gaps = gap_areas(coverage)
    assert len(gaps) == 0
    assert gaps.crs == coverage.frame.crs


def test_faults_are_told_together():
    _, coverage = coverage_of([(0, 0)], [5], [10.0])
    with pytest.raises(UsageError, match=r"'ward'.*merge_distance_m.*max_extent_m"):
        gap_areas(coverage, within="ward", merge_distance_m=0, max_extent_m=-1)


def test_every_cause_and_remedy_has_its_word():
    from geoplan.coverage.gaps import CAUSES

    for cause, remedy in CAUSES.values():
        assert has_word(f"coverage.cause_{cause}")
        assert has_word(f"coverage.remedy_{remedy}")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.booleans(), st.sampled_from([None, 3]))
def test_gaps_hold_everyone_unserved_and_merge_as_union_find_does(seed, n, with_areas, keep):
    rng = np.random.default_rng(seed)
    points = [tuple(p) for p in rng.integers(0, 6000, (n, 2))]
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
    if keep is None:
        whole = gap_areas(coverage, max_extent_m=1e9, within=level)
        assert len(whole) == count_by_hand(coverage, 1000.0, level)


def count_by_hand(coverage, merge, level):
    frame = coverage.frame[(coverage.frame["reason"] != "") & (coverage.frame["people"] > 0)]
    key = {
        label: (row["reason"], str(row[level]) if level else "", row.geometry is None)
        for label, row in frame.iterrows()
    }
    parent = {label: label for label in frame.index}

    def root(a):
        while parent[a] != a:
            a = parent[a]
        return a

    for a in frame.index:
        for b in frame.index:
            if key[a] == key[b] and (
                key[a][2] or frame.geometry[a].distance(frame.geometry[b]) <= merge
            ):
                parent[root(a)] = root(b)
    return len({root(a) for a in frame.index})
