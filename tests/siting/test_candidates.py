"""Candidates: nobody loses reach, and the stated loss is a true bound."""

from __future__ import annotations

import tracemalloc
from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from scipy import sparse
from scipy.cluster.vq import kmeans2
from shapely.geometry import Point, box

from geoplan.errors import UsageError
from geoplan.siting.candidates import (
    cluster_points,
    junction_points,
    kept_of,
    outside,
    thin,
    too_close,
)


def _best(cover: np.ndarray, weights: np.ndarray, sites: int) -> float:
    """Brute force over all plans."""
    columns = range(cover.shape[1])
    return max(
        (
            float(weights[cover[:, list(plan)].any(axis=1)].sum())
            for plan in combinations(columns, min(sites, cover.shape[1]))
        ),
        default=0.0,
    )


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), limit=st.integers(1, 8), sites=st.integers(1, 3))
def test_thinning_keeps_reach_and_its_loss_is_a_bound(seed: int, limit: int, sites: int) -> None:
    rng = np.random.default_rng(seed)
    cover = rng.random((12, 9)) < rng.uniform(0.1, 0.5)
    weights = rng.integers(0, 20, 12).astype(float)
    thinned = thin(sparse.csr_matrix(cover), weights, limit=limit)
    left = cover[:, thinned.kept]
    assert (left.any(axis=1) == cover.any(axis=1)).all()
    full, after = _best(cover, weights, sites), _best(left, weights, sites)
    assert after <= full <= after + thinned.bound_loss(sites) + 1e-9
    always = rng.choice(9, sites, replace=False).tolist()
    alone = kept_of(sparse.csr_matrix(cover), weights, limit=limit, always=always)
    with_losses = thin(sparse.csr_matrix(cover), weights, limit=limit, always=always)
    assert alone.tolist() == with_losses.kept.tolist()
    if len(thinned.loss) == 0:
        assert after == full


def test_dominated_and_equal_candidates_go_for_free() -> None:
    # b reaches all that a reaches and more; c equals b; d reaches nobody
    cover = np.array([[1, 1, 1, 0], [0, 1, 1, 0]], bool)
    thinned = thin(sparse.csr_matrix(cover), np.array([3.0, 4.0]), limit=5)
    assert thinned.kept.tolist() == [1]
    assert thinned.bound_loss(3) == 0


def _band(sites: int, rows: int, reach: int) -> sparse.csc_matrix:
    """Sites along a line, each of which reaches `reach` rows."""
    first = np.arange(sites) * (rows - reach) // sites
    at = (first[:, None] + np.arange(reach)).ravel(), np.repeat(np.arange(sites), reach)
    return sparse.csc_matrix((np.ones(len(at[0]), bool), at), shape=(rows, sites))


def test_blocks_of_candidates_change_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss of each candidate that goes is what no single one that stays reaches."""
    cover, rng = _band(60, 90, 8), np.random.default_rng(1)
    weights = rng.integers(0, 20, 90) + rng.random(90)
    dense = cover.toarray()
    for meetings in (1.0, 50.0, 5e6):
        monkeypatch.setattr("geoplan.siting.candidates._MEETINGS", meetings)
        thinned = thin(cover, weights, limit=5, alike=False)
        gone = np.setdiff1d(np.arange(60), thinned.kept)
        expected = sorted(
            (min(weights[dense[:, j] & ~dense[:, k]].sum() for k in thinned.kept) for j in gone),
            reverse=True,
        )
        assert thinned.loss == pytest.approx(expected, abs=1e-9)


def test_thinning_does_not_weigh_all_pairs_at_once() -> None:
    """Two million pairs of candidates meet here: 26 MB at once; a province has billions."""
    cover = _band(4000, 400, 40)
    tracemalloc.start()
    try:
        thin(cover, np.ones(400), limit=2000, alike=False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60e6


def test_clusters_stand_where_the_people_are() -> None:
    demand = gpd.GeoDataFrame(
        {"people": [10.0, 30.0, 5.0, 0.0]},
        geometry=[Point(0, 0), Point(4, 0), Point(1000, 0), None],
        crs="EPSG:4548",
    )
    centres = cluster_points(demand, clusters=2, seed=1)
    assert sorted(round(x) for x in centres.geometry.x) == [3, 1000]
    assert centres["people"].sum() == 45


def test_clusters_come_to_rest_and_are_no_worse_than_scipys() -> None:
    rng = np.random.default_rng(3)
    towns = rng.random((5, 2)) * 20_000
    where = np.repeat(towns, 60, axis=0) + rng.normal(0, 300, (300, 2))
    people = rng.integers(1, 9, 300)
    demand = gpd.GeoDataFrame(
        {"people": people}, geometry=gpd.points_from_xy(*where.T), crs="EPSG:4548"
    )

    def spread(centres: np.ndarray) -> float:
        off = ((where[:, None] - centres[None]) ** 2).sum(-1).min(axis=1)
        return float((people * off).sum())

    found = min(
        spread(np.column_stack([c.geometry.x, c.geometry.y]))
        for c in (cluster_points(demand, clusters=5, seed=seed) for seed in range(4))
    )
    # the peer knows no weights: every person is a point of its own
    crowd = np.repeat(where, people, axis=0)
    peer = min(spread(kmeans2(crowd, 5, minit="++", seed=seed)[0]) for seed in range(4))
    assert found <= peer * (1 + 1e-9)


def test_junctions_near_people_only() -> None:
    people = gpd.GeoDataFrame(geometry=[Point(0, 0), None], crs="EPSG:4548")
    found = junction_points(
        np.array([0.0, 300.0, 301.0]), np.zeros(3), crs="EPSG:4548", near=people, within_m=300
    )
    assert found.index.tolist() == ["n0", "n1"]


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), step=st.sampled_from([1.0, 0.1, 37.3]))
def test_junctions_near_people_are_those_of_all_pairs(seed: int, step: float) -> None:
    """Far from the origin, many pairs exactly as far apart as counts."""
    rng = np.random.default_rng(seed)
    nodes = rng.integers(0, 30, (200, 2)) * step + [500_000.0, 4_055_000.0]
    homes = rng.integers(0, 30, (8, 2)) * step + [500_000.0, 4_055_000.0]
    people = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*homes.T), crs="EPSG:4548")
    pairs = shapely.distance(
        gpd.points_from_xy(*nodes.T).to_numpy()[:, None], people.geometry.to_numpy()[None]
    )
    for within_m in (5 * step, 2.5 * step):
        found = junction_points(*nodes.T, crs="EPSG:4548", near=people, within_m=within_m)
        expected = np.flatnonzero((pairs <= within_m).any(axis=1))
        assert found.index.tolist() == [f"n{i}" for i in expected]


def test_junctions_of_a_crowd_are_found_without_all_pairs() -> None:
    """Four million pairs here, 64 MB at once."""
    rng = np.random.default_rng(0)
    nodes, homes = rng.uniform(0, 100, (2000, 2)), rng.uniform(0, 100, (2000, 2))
    people = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*homes.T), crs="EPSG:4548")
    tracemalloc.start()
    try:
        found = junction_points(*nodes.T, crs="EPSG:4548", near=people, within_m=500)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found) == 2000
    assert peak < 5e6


def test_forbidden_zones_and_distances() -> None:
    points = gpd.GeoDataFrame(geometry=[Point(0, 0), Point(50, 0), Point(200, 0)], crs="EPSG:4548")
    lake = gpd.GeoDataFrame(geometry=[box(-10, -10, 10, 10)], crs="EPSG:4548")
    assert outside(points, lake).index.tolist() == [1, 2]
    assert too_close(points, min_distance_m=150).tolist() == [[0, 1]]
    assert too_close(points, min_distance_m=150.001).tolist() == [[0, 1], [1, 2]]
    with pytest.raises(UsageError, match="convert one"):
        outside(points, lake.to_crs("EPSG:4527"))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("places", [[], [None], [Point()], [None, Point()]], ids=str)
def test_no_candidates_near_nobody_and_no_warning(places):
    near = gpd.GeoDataFrame(geometry=gpd.GeoSeries(places, crs="EPSG:4548"))
    found = junction_points(
        np.array([0.0, 100.0]), np.zeros(2), crs="EPSG:4548", near=near, within_m=50
    )
    assert len(found) == 0
