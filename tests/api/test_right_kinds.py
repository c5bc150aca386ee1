"""Arguments that were always right pass the gate: iterators whole, dicts by label, arrays, None."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

import geoplan as gp
from geoplan.errors import GeoplanError
from geoplan.siting import Budget, ProgrammeAction, ProgrammeProblem, SitingProblem, max_coverage

COVER, PEOPLE = np.eye(4, dtype=bool), [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    "conflicts",
    [
        zip([0, 2], [1, 3], strict=True),
        (pair for pair in [(0, 1), (2, 3)]),
        [(1, 0), (3, 2)],
        np.array([[0, 1], [2, 3]]),
    ],
)
def test_pairs_arrive_whole_from_whatever_holds_them(conflicts):
    problem = SitingProblem.from_cover(COVER, PEOPLE, conflicts=conflicts)
    assert problem.conflicts.tolist() == [[0, 1], [2, 3]]


def test_no_pairs_may_be_an_empty_array():
    assert not len(SitingProblem.from_cover(COVER, PEOPLE, conflicts=np.empty((0, 2))).conflicts)


def test_iterators_of_a_plan_in_time_arrive_whole():
    problem = SitingProblem.from_cover(COVER, PEOPLE)
    plan = ProgrammeProblem.of(
        problem,
        years=(year for year in [2025, 2026]),
        budgets=(budget for budget in [Budget(amounts=[1.0, 1.0])]),
        actions=(ProgrammeAction(id=name, kind="open", site=name, cost=9.0) for name in [0, 1]),
    )
    assert (len(plan.years), len(plan.budgets), len(plan.actions)) == (2, 1, 2)


def test_labels_weights_and_areas_by_label_or_not_at_all():
    """A dict by label in any order, one label in place of a list, None for no sites."""
    areas = {2: "b", 3: "b", 0: "a", 1: "a"}
    problem = SitingProblem.from_cover(
        COVER,
        {3: 4.0, 0: 1.0, 1: 2.0, 2: 3.0},
        demand_index=iter(range(4)),
        areas=areas,
        site_areas=areas,
        fixed=None,
        closable=(),
    )
    assert problem.weights.tolist() == PEOPLE
    assert not problem.is_fixed.any()
    named = SitingProblem.from_cover(COVER, PEOPLE, site_index=list("abcd"), fixed="a")
    assert named.is_fixed.tolist() == [True, False, False, False]


def test_seeds_are_whole_numbers_of_any_class():
    problem = SitingProblem.from_cover(COVER, PEOPLE)
    for seed in (2, 2.0, np.int64(2), np.float32(2)):
        assert max_coverage(problem, sites=2, seed=seed).seed == 2
    for seed in (1e30, 10**400, -(10**5000), 1.5, -1, "2"):
        with pytest.raises(GeoplanError, match="seed must be a whole number"):
            max_coverage(problem, sites=2, seed=seed)


def test_a_frame_without_geometry_is_called_so():
    with pytest.raises(GeoplanError, match="not a GeoDataFrame with no geometry"):
        gp.Network.from_edges(gpd.GeoDataFrame({"a": [1]}), None, mode="walk")
