"""Floating catchments: a case by hand, plain loops as oracle, and published results."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from scipy import sparse

from geoplan.coverage.catchment_areas import floating_catchment
from geoplan.coverage.equity import weighted_gini
from geoplan.errors import UsageError
from geoplan.network.graph.travel_costs import TravelCosts

NAN = float("nan")


def test_two_steps_by_hand():
    """Site a (20 beds) is reached by towns 1 (100 people, at the door) and 2 (300); site b (10
    beds) by towns 2 and 3 (200). Beds per head: a 20 / 400 = 0.05, b 10 / 500 = 0.02. Town 2 has
    both: 0.07. All 30 beds are used: 100 x 0.05 + 300 x 0.07 + 200 x 0.02 = 30."""
    costs = pd.DataFrame(
        [[0.0, NAN], [800.0, 900.0], [NAN, 100.0]], index=[1, 2, 3], columns=["a", "b"]
    )
    people = pd.Series({3: 200, 1: 100, 2: 300})
    beds = pd.Series({"b": 10, "a": 20})
    found = floating_catchment(costs, people, beds, catchment=1000)
    assert found.to_dict() == pytest.approx({1: 0.05, 2: 0.07, 3: 0.02})
    assert (found * people).sum() == pytest.approx(30)
    assert floating_catchment(costs, people, beds, per=1000)[2] == pytest.approx(70)


def test_balanced_counts_nobody_twice():
    """Town 2 can go to both sites and is split between them, 150 each (weights are equal): a serves
    100 + 150 people with 20 beds (0.08), b 150 + 200 with 10. Site a's level is shared out over its
    two towns, half each; so the sum over towns is the sum of the levels."""
    costs = pd.DataFrame([[0.0, NAN], [1.0, 1.0], [NAN, 1.0]])
    found = floating_catchment(costs, [100, 300, 200], [20, 10], method="balanced", decay="none")
    a, b = 20 / 250, 10 / 350
    assert found.tolist() == pytest.approx([a / 2, a / 2 + b / 2, b / 2])
    assert found.sum() == pytest.approx(a + b)


def by_loops(dense, people, supply, method, radius):
    rows, cols = dense.shape
    sigma = radius / 3

    def w(i, j):
        if not dense[i][j] <= radius:
            return 0.0
        return 1.0 if method == "2sfca" else math.exp(-0.5 * (dense[i][j] / sigma) ** 2)

    def share(i, j):
        total = sum(w(i, k) for k in range(cols))
        return w(i, j) / total if total else 0.0

    def part(i, j):
        total = sum(w(h, j) for h in range(rows))
        return w(i, j) / total if total else 0.0

    def level(j):
        if method == "3sfca":
            load = sum(share(i, j) * people[i] * w(i, j) for i in range(rows))
        elif method == "balanced":
            load = sum(share(i, j) * people[i] for i in range(rows))
        else:
            load = sum(people[i] * w(i, j) for i in range(rows))
        return supply[j] / load if load else 0.0

    def weight(i, j):
        if method == "3sfca":
            return share(i, j) * w(i, j)
        return part(i, j) if method == "balanced" else w(i, j)

    return [sum(level(j) * weight(i, j) for j in range(cols)) for i in range(rows)]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["2sfca", "e2sfca", "3sfca", "balanced"]))
def test_plain_loops_agree_and_supply_is_conserved(seed, method):
    rng = np.random.default_rng(seed)
    rows, cols = rng.integers(1, 7, 2)
    dense = rng.integers(0, 1500, (rows, cols)).astype(float)
    dense[rng.random((rows, cols)) < 0.3] = NAN
    people = rng.integers(0, 50, rows).astype(float)
    supply = rng.integers(0, 9, cols).astype(float)
    row, col = np.nonzero(np.isfinite(dense))
    costs = TravelCosts(
        matrix=sparse.csr_matrix((dense[row, col], (row, col)), shape=dense.shape),
        demand_index=pd.RangeIndex(rows),
        site_index=pd.RangeIndex(cols),
        unit="m",
        method="table",
        cutoff=1000.0,
    )
    found = floating_catchment(costs, people, supply, method=method)
    assert found.tolist() == pytest.approx(by_loops(dense, people, supply, method, 1000.0))
    if method != "balanced":
        reached = ((np.nan_to_num(dense, nan=9e9) <= 1000) & (people[:, None] > 0)).any(axis=0)
        assert (found * people).sum() == pytest.approx(supply[reached].sum())


def test_luo_and_qi_weights_go_by_thirds():
    """Costs 10, 20, 30 of 30 minutes weigh 1, 0.68 and 0.22: 100 people each, one doctor."""
    found = floating_catchment(
        [[10.0], [20.0], [30.0]], [100] * 3, [1], method="e2sfca", catchment=30, decay="luo_qi"
    )
    level = 1 / (100 * (1 + 0.68 + 0.22))
    assert found.tolist() == pytest.approx([level, 0.68 * level, 0.22 * level])
    steps = floating_catchment(
        [[10.0], [20.0], [30.0]],
        [100] * 3,
        [1],
        method="e2sfca",
        decay=[(10, 1.0), (20, 0.68), (30, 0.22)],
    )
    assert steps.tolist() == pytest.approx(found.tolist())


def test_all_faults_are_raised_at_once():
    with pytest.raises(UsageError) as caught:
        floating_catchment(
            pd.DataFrame([[1.0]], index=["a"], columns=["s"]),
            pd.Series({"b": 1}),
            [-1, 2],
            method="4sfca",
            catchment=-1,
        )
    for part in ("lacks 1 labels", "2 values for 1", "2sfca, e2sfca", "catchment must be above 0"):
        assert part in str(caught.value)
    with pytest.raises(UsageError, match="needs sigma="):
        floating_catchment([[1.0]], [1], [1], method="e2sfca")
    with pytest.raises(UsageError, match="negative"):
        floating_catchment([[-1.0]], [1], [1])


@pytest.mark.parametrize(
    ("radius", "table", "metrics"),
    [
        (30_000, "e2sfca_results.csv", "equity_metrics.csv"),
        (20_000, "e2sfca_r20.csv", "equity_metrics_r20.csv"),
    ],
)
def test_almeria_is_reproduced(shared_data, radius, table, metrics):
    """8,705 cells and 29 facilities of Almeria, as published: straight distances in EPSG:3035,
    Gaussian with sigma = R / 3, supply 1 each; the authors' catchment is a buffer of 64 sides."""
    folder = shared_data / "e2sfca_almeria"
    cells = pd.read_csv(folder / "grid_preview.csv")
    published = pd.read_csv(folder / table)
    sites = pd.read_csv(folder / "facilities.csv", encoding="mac_roman")

    def points(frame):
        places = gpd.points_from_xy(frame["lon"], frame["lat"], crs=4326)
        return gpd.GeoSeries(places).to_crs(3035).to_numpy()

    homes, goals = points(cells), points(sites)
    catchments = shapely.buffer(goals, radius, quad_segs=16)
    site, home = shapely.STRtree(homes).query(catchments, predicate="intersects")
    distance = shapely.distance(homes[home], goals[site])
    costs = TravelCosts(
        matrix=sparse.csr_matrix((distance, (home, site)), shape=(len(homes), len(goals))),
        demand_index=pd.Index(cells["cell_id"]),
        site_index=pd.RangeIndex(len(goals)),
        unit="m",
        method="straight",
        cutoff=float(radius),
    )
    people = pd.Series(published["pop"].to_numpy(float), index=cells["cell_id"])
    found = floating_catchment(costs, people, np.ones(len(goals)), method="e2sfca")
    assert np.abs(found.to_numpy() - published["A_E2SFCA"].to_numpy()).max() < 1e-9
    facts = pd.read_csv(folder / metrics).iloc[0]
    assert weighted_gini(found, people) == pytest.approx(facts["Gini"], abs=1e-6)
