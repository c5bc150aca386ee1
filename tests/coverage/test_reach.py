"""Reach: the ledger closes, each state is what it says, and limited places are filled exactly."""

from __future__ import annotations

import pickle
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from shapely.geometry import Point

from geoplan.coverage import (
    STATES,
    assess_reach,
    coverage_from_costs,
    coverage_with_sites,
    nearest_from_costs,
    stack_costs,
)
from geoplan.errors import UsageError
from geoplan.inputs.layers import Demand
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.services import standard_for

STANDARD = standard_for("meal_station")
LIMITED = standard_for("meal_station", {"capacity_limits": True})


def demand_of(people, unlocated=(), **columns) -> Demand:
    index = pd.Index([f"d{i}" for i in range(len(people))], name="id")
    places = [None if i in unlocated else Point(i * 100.0, 0) for i in range(len(people))]
    frame = gpd.GeoDataFrame(
        {"name": index, "people": np.asarray(people, float), **columns},
        geometry=places,
        index=index,
        crs="EPSG:4548",
    )
    return Demand(key="elderly_60", frame=frame)


def costs_of(dense, unit="m", cutoff=1000.0, prefix="s") -> TravelCosts:
    dense = np.asarray(dense, float)
    row, col = np.nonzero(np.isfinite(dense))
    matrix = sparse.csr_matrix((dense[row, col], (row, col)), shape=dense.shape)
    return TravelCosts(
        matrix=matrix,
        demand_index=pd.Index([f"d{i}" for i in range(dense.shape[0])]),
        site_index=pd.Index([f"{prefix}{j}" for j in range(dense.shape[1])]),
        unit=unit,
        method="table",
        cutoff=cutoff,
    )


def near_of(cost, reason=None, unit="m"):
    site = ["s0" if np.isfinite(c) else pd.NA for c in cost]
    return pd.DataFrame(
        {"site": site, f"cost_{unit}": cost, "reason": reason or [""] * len(cost)},
        index=[f"d{i}" for i in range(len(cost))],
    )


NAN = float("nan")


def test_everyone_is_in_exactly_one_of_six_states():
    """Six rows of 10, 20, ... people, one per place but `full`; 1,000 m counts as within 1,000 m.

    d0 at 0 m and d1 at 1,000 m are served (30); d2 at 1,000.1 m is beyond (30); d3 has no path
    (40); d4 is too far from any road (50); d5 has no location although a cost was found (60).
    """
    demand = demand_of([10, 20, 30, 40, 50, 60], unlocated={5})
    near = near_of([0.0, 1000.0, 1000.1, NAN, NAN, 5.0], ["", "", "", "cut_off", "off_network", ""])
    coverage = assess_reach(demand, STANDARD, near=near)
    assert coverage.ledger.to_dict() == {
        "total": 210,
        "served": 30,
        "full": 0,
        "beyond": 30,
        "cut_off": 40,
        "off_network": 50,
        "unlocated": 60,
    }
    assert coverage.frame["reason"].tolist() == [
        "",
        "",
        "beyond",
        "cut_off",
        "off_network",
        "unlocated",
    ]
    assert coverage.people_by_site().to_dict() == {"s0": 30}


def test_without_any_site_everyone_on_the_network_is_beyond():
    demand = demand_of([10, 20, 30], unlocated={2})
    near = near_of([NAN, NAN, NAN], ["cut_off", "off_network", ""])
    ledger = assess_reach(demand, STANDARD, near=near, sites_exist=False).ledger
    assert (ledger.beyond, ledger.cut_off, ledger.off_network, ledger.unlocated) == (10, 0, 20, 30)


def test_thresholds_in_minutes_are_compared_with_minutes():
    standard = standard_for("child_protection_station")
    demand = demand_of([5, 7])
    coverage = assess_reach(demand, standard, near=near_of([29.9, 30.1], unit="min"))
    assert (coverage.ledger.served, coverage.ledger.beyond) == (5, 7)
    with pytest.raises(UsageError, match="cost_min"):
        assess_reach(demand, standard, near=near_of([29.9, 30.1], unit="m"))


def test_capacity_serves_most_people_then_least_distance():
    """Two stations of 10 places, three communities.

    d0 (8 people) reaches only s0 at 100 m; d1 (6) reaches s0 at 50 m and s1 at 900 m; d2 (10) only
    s1 at 200 m: 24 people, 20 places. All 20 can be filled. The cheapest way: s1 takes the 10 of d2
    at 200 m (not d1 at 900 m), s0 takes the 6 of d1 at 50 m first and 4 of d0 at 100 m.
    4 of d0 are in reach and find no place. Total 10 x 200 + 6 x 50 + 4 x 100 = 2,700 m.
    """
    demand = demand_of([8, 6, 10])
    costs = costs_of([[100, NAN], [50, 900], [NAN, 200]])
    places = pd.Series({"s0": 10.0, "s1": 10.0})
    coverage = coverage_from_costs(demand, LIMITED, costs, capacities=places)
    assert coverage.frame["served"].tolist() == [4, 6, 10]
    assert coverage.frame["full"].tolist() == [4, 0, 0]
    assert coverage.frame["reason"].tolist() == ["full", "", ""]
    assert (coverage.assignment["people"] * coverage.assignment["cost"]).sum() == 2700
    assert coverage.people_by_site().to_dict() == {"s0": 10, "s1": 10}


def test_an_unknown_capacity_proves_nobody_served_and_half_a_seat_serves_nobody():
    demand = demand_of([30, 30])
    costs = costs_of([[10, NAN], [NAN, 10]])
    coverage = coverage_from_costs(
        demand, LIMITED, costs, capacities=pd.Series({"s0": NAN, "s1": 20.5})
    )
    assert coverage.frame["served"].tolist() == [0, 20]
    coverage = coverage_from_costs(
        demand, LIMITED, costs, capacities=pd.Series({"s0": np.inf, "s1": 20.5})
    )
    assert coverage.frame["served"].tolist() == [30, 20]


def test_parts_of_people_and_no_capacity_at_all_serve_nobody():
    coverage = coverage_from_costs(
        demand_of([30.5]), LIMITED, costs_of([[10]]), capacities=pd.Series({"s0": NAN})
    )
    assert coverage.frame[["served", "full"]].to_numpy().tolist() == [[0, 30.5]]


def test_capacity_is_left_alone_unless_the_standard_limits_by_it():
    coverage = coverage_from_costs(
        demand_of([30]), STANDARD, costs_of([[10]]), capacities=pd.Series({"s0": 1.0})
    )
    assert coverage.ledger.served == 30


def oracle(dense, people, limits, threshold):
    """Most served, then least cost, as whole-number programmes on the dense table."""
    rows, cols = dense.shape
    open_pair = np.isfinite(dense) & (dense <= threshold)
    top = np.where(open_pair, np.repeat(people[:, None], cols, 1), 0.0).ravel()
    A = np.vstack([np.kron(np.eye(rows), np.ones(cols)), np.kron(np.ones(rows), np.eye(cols))])
    limit = LinearConstraint(A, ub=np.concatenate([people, limits]))
    kind = np.ones(rows * cols)
    most = milp(-np.ones(rows * cols), constraints=limit, bounds=Bounds(0, top), integrality=kind)
    served = round(-most.fun)
    exactly = LinearConstraint(np.ones((1, rows * cols)), lb=served, ub=served)
    cost = np.where(open_pair, dense, 0.0).ravel()
    best = milp(cost, constraints=[limit, exactly], bounds=Bounds(0, top), integrality=kind)
    return served, best.fun


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 7), st.integers(1, 5))
def test_assignment_agrees_with_whole_number_programmes(seed, rows, cols):
    rng = np.random.default_rng(seed)
    dense = rng.integers(0, 1500, (rows, cols)).astype(float)
    dense[rng.random((rows, cols)) < 0.3] = NAN
    people = rng.integers(0, 20, rows).astype(float)
    limits = rng.integers(0, 25, cols).astype(float)
    costs = costs_of(dense, cutoff=1500.0)
    coverage = coverage_from_costs(
        demand_of(people), LIMITED, costs, capacities=pd.Series(limits, index=costs.site_index)
    )
    served, total = oracle(dense, people, limits, 1000)
    assignment = coverage.assignment
    assert coverage.ledger.served == served
    assert (assignment["people"] * assignment["cost"]).sum() == pytest.approx(total, abs=1e-6)
    assert (assignment["people"] == assignment["people"].round()).all()
    assert (
        coverage.people_by_site()
        <= pd.Series(limits, index=costs.site_index)[coverage.people_by_site().index]
    ).all()
    assert coverage.ledger.total == people.sum()
    inside = (np.nan_to_num(dense, nan=9e9) <= 1000).any(axis=1)
    assert coverage.frame["full"].sum() == people[inside].sum() - served


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_fractions_of_people_close_the_ledger_too(seed):
    rng = np.random.default_rng(seed)
    dense = rng.integers(0, 1500, (6, 3)).astype(float)
    people = rng.random(6) * 10
    costs = costs_of(dense, cutoff=1500.0)
    limits = pd.Series(rng.random(3) * 15, index=costs.site_index)
    coverage = coverage_from_costs(demand_of(people), LIMITED, costs, capacities=limits)
    assert coverage.ledger.total == pytest.approx(people.sum())
    assert (coverage.frame[list(STATES)] >= -1e-9).all().all()
    load = coverage.people_by_site()
    assert (load <= limits[load.index] + 1e-6).all()


def test_the_nearest_entry_counts_explicit_zeros_and_names_the_first_of_equals():
    costs = costs_of([[0.0, 5.0], [7.0, 7.0], [NAN, NAN]])
    near = nearest_from_costs(costs)
    assert near["site"].tolist()[:2] == ["s0", "s0"]
    assert near["cost"].tolist()[:2] == [0.0, 7.0]
    assert near["reason"].tolist() == ["", "", "beyond"]
    assert nearest_from_costs(costs, ["s1"])["site"].tolist()[:2] == ["s1", "s1"]
    with pytest.raises(UsageError, match="'x'"):
        nearest_from_costs(costs, ["x"])


def test_new_sites_serve_those_who_were_beyond_and_leave_the_rest_where_it_was():
    """d1 was beyond at 1,500 m and now has a new site at 400 m; d2 was cut off and stays so."""
    demand = demand_of([10, 20, 30, 40], unlocated={3})
    near = near_of([100.0, 1500.0, NAN, NAN], ["", "", "cut_off", ""])
    before = assess_reach(demand, STANDARD, near=near)
    new = costs_of([[50.0], [400.0], [NAN], [NAN]], prefix="n")
    after = coverage_with_sites(before, demand, near_new=nearest_from_costs(new))
    assert after.ledger.to_dict() == {
        "total": 100,
        "served": 30,
        "full": 0,
        "beyond": 0,
        "cut_off": 30,
        "off_network": 0,
        "unlocated": 40,
    }
    assert after.frame["site"].tolist()[:2] == ["n0", "n0"]


def test_new_sites_relieve_full_ones():
    demand = demand_of([30, 10])
    old = costs_of([[100.0], [100.0]])
    places = pd.Series({"s0": 25.0, "n0": 12.0})
    before = coverage_from_costs(demand, LIMITED, old, capacities=places)
    assert (before.ledger.served, before.ledger.full) == (25, 15)
    new = costs_of([[NAN], [500.0]], prefix="n")
    after = coverage_with_sites(
        before,
        demand,
        near_new=nearest_from_costs(new),
        costs=old,
        costs_new=new,
        capacities=places,
    )
    # n0 takes all 10 of d1, so that s0 serves 25 of d0 and 5 stay without a place
    assert after.frame["served"].tolist() == [25, 10]
    assert after.ledger.full == 5


def test_all_faults_are_raised_at_once():
    demand = demand_of([1, 2])
    near = near_of([1.0], ["nonsense"]).drop(columns="cost_m")
    with pytest.raises(UsageError, match=r"cost_m.*lacks 1 demand labels.*nonsense"):
        assess_reach(demand, STANDARD, near=near)
    with pytest.raises(UsageError, match=r"costs are in min.*end at 5 min"):
        assess_reach(
            demand,
            STANDARD,
            near=near_of([1.0, 1.0]),
            costs=costs_of([[1], [1]], unit="min", cutoff=5.0),
        )
    with pytest.raises(UsageError, match=r"pass costs="):
        assess_reach(demand, LIMITED, near=near_of([1.0, 1.0]), capacities=pd.Series({"s0": 1.0}))
    with pytest.raises(UsageError, match="spacing"):
        assess_reach(demand, standard_for("boundary_marker"), near=near_of([1.0, 1.0]))
    with pytest.raises(UsageError, match="twice"):
        stack_costs(costs_of([[1]]), costs_of([[1]]))


def test_tables_by_area_are_kept_and_are_the_caller_s_own():
    people = demand_of([30, 60, 10], district=["1", "2", None])
    near = pd.DataFrame(
        {"site": "s", "cost_m": [250.0, 1150.0, 20.0], "reason": ""}, index=people.frame.index
    )
    found = assess_reach(people, STANDARD, near=near)
    first = found.by_area("district")
    plain = first.copy()
    first["served"] = -1.0
    pd.testing.assert_frame_equal(found.by_area("district"), plain)
    more = replace(found, frame=found.frame.assign(people=1.0, served=1.0, beyond=0.0))
    assert more.by_area("district")["total"].tolist() == [1.0, 1.0, 1.0]
    pd.testing.assert_frame_equal(found.by_area("district"), plain)
    again = pickle.loads(pickle.dumps(found))
    pd.testing.assert_frame_equal(again.by_area("district"), plain)


@pytest.mark.parametrize(("state", "people"), [("served", 29.0), ("served", NAN), ("full", 0.5)])
def test_a_ledger_that_does_not_close_names_the_row(state, people):
    demand = demand_of([60, 30, 10])
    near = pd.DataFrame({"site": "s", "cost_m": 250.0, "reason": ""}, index=demand.frame.index)
    found = assess_reach(demand, STANDARD, near=near)
    frame = found.frame.copy()
    frame.loc["d1", state] = people
    with pytest.raises(UsageError, match="does not close at 'd1'"):
        replace(found, frame=frame)
    assert replace(found, frame=frame.iloc[[0, 2]]).ledger.served == 70
