"""Why a service has no plan: its own numbers, the reader's language, advice that can be kept."""

from __future__ import annotations

import re

import numpy as np
import pytest

import geoplan as gp
from geoplan.siting.conditional.problem import ConditionalProblem
from geoplan.siting.conditional.solve import Solver
from geoplan.siting.solver.request import SolveRequest
from geoplan.words.speaker import Speaker

#: three candidates reach 30, 20 and nobody of the 50 people who are not served; 50 are served today
NEAR = np.array([[1, 0, 0], [0, 1, 0]], bool)
PEOPLE = [30, 20]


def solved(lang="en", near=NEAR, **asked):
    constraints = ("conflicts", "capacities", "site_areas", "site_costs")
    options = {name: asked.pop(name) for name in constraints if name in asked}
    problem = ConditionalProblem(
        problem=gp.SitingProblem.from_cover(near, PEOPLE, **options),
        served=50.0,
        turned_away=0.0,
        total=100.0,
        n_offered=3,
        **asked,
    )
    return Solver(request=SolveRequest(), speaker=Speaker(lang)).solve(problem).result


CASES = {
    "two sites too near each other": {"share": 1.0, "conflicts": [(0, 1)]},
    "no room for all": {"share": 1.0, "capacities": 15.0, "capacity": 15.0},
    "nobody reaches some": {"share": 1.0, "near": NEAR & [[True], [False]]},
    "areas need more": {
        "objective": "max_coverage",
        "sites": 1,
        "site_areas": ["w", "e", "w"],
        "min_sites_per_area": {"w": 1, "e": 1},
    },
    "areas need more money": {
        "objective": "max_coverage",
        "budget": 7.0,
        "site_costs": [5.0, 5.0, 5.0],
        "site_areas": ["w", "e", "w"],
        "min_sites_per_area": {"w": 1, "e": 1},
        "conflicts": [(0, 2)],
    },
    "an area has too few candidates": {
        "objective": "max_coverage",
        "sites": 3,
        "site_areas": ["w", "e", "w"],
        "min_sites_per_area": {"e": 2},
    },
}


@pytest.mark.parametrize("name", CASES)
def test_a_chinese_study_says_in_chinese_why_there_is_no_plan(name) -> None:
    told = solved("zh", **({"objective": "min_sites"} | CASES[name]))
    assert told.status == "infeasible"
    [text] = told.blocking
    words = set(re.findall(r"[A-Za-z_]{2,}", text))
    assert words <= {"min_distance_m"}, text
    [english] = solved("en", **({"objective": "min_sites"} | CASES[name])).blocking
    assert english.isascii()


def test_the_share_that_is_advised_is_one_of_all_people_and_can_be_asked_for() -> None:
    for case, most in (
        ({"conflicts": [(0, 1)]}, "80.00%"),
        ({"near": NEAR & [[True], [False]]}, "80.00%"),
    ):
        told = solved(objective="min_sites", share=1.0, **case)
        assert most in told.blocking[0]
        assert told.detail["largest_share"] == pytest.approx(0.8)
        again = solved(objective="min_sites", share=0.8, **case)
        assert (again.status, again.value) == ("optimal", 1.0)


def test_the_number_of_sites_that_is_advised_is_enough() -> None:
    case = dict(CASES["areas need more"])
    told = solved(**case)
    assert told.detail["smallest_sites"] == 2
    assert "2 new sites" in told.blocking[0]
    assert solved(**(case | {"sites": 2})).status == "optimal"
