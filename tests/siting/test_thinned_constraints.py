"""What can be said of all candidates where only some were weighed, and constraints matter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

import geoplan as gp
from geoplan.siting.candidates import Thinned
from geoplan.siting.conditional.problem import ConditionalProblem
from geoplan.siting.conditional.solve import Solver
from geoplan.siting.conditional.thinning import Kept, thin_by_cost
from geoplan.siting.solver.request import SolveRequest
from geoplan.words.speaker import Speaker

#: candidates 0 and 1 reach the two communities; 2, which was left out, reaches the first as well
NEAR = np.array([[1, 0, 1], [0, 1, 0]], bool)
PEOPLE = [30, 20]


def solved(*, kept=(0, 1), near=NEAR, lang="en", **asked):
    """The answer over the candidates `kept`, of which the first two stand too near each other."""
    left = near[:, list(kept)]
    options = {"site_areas": asked.pop("site_areas")} if "site_areas" in asked else {}
    small = gp.SitingProblem.from_cover(left, PEOPLE, conflicts=[(0, 1)], **options)
    thinned = Thinned(
        kept=np.array(kept),
        loss=np.zeros(near.shape[1] - len(kept)),
        worth=np.arange(near.shape[1]),
    )
    problem = ConditionalProblem(
        problem=small,
        served=0.0,
        turned_away=0.0,
        total=50.0,
        n_offered=near.shape[1],
        thinned=thinned,
        unconstrained=gp.SitingProblem.from_cover(near, PEOPLE),
        **asked,
    )
    solver = Solver(request=SolveRequest(), speaker=Speaker(lang))
    return solver.solve(problem).result


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_the_candidates_left_cannot_do_is_not_called_impossible(lang) -> None:
    truth = gp.SitingProblem.from_cover(NEAR, PEOPLE, conflicts=[(0, 1)])
    assert gp.min_sites(truth).value == 2  # sites 1 and 2
    told = solved(objective="min_sites", share=1.0, lang=lang)
    assert told.status == "unknown"
    assert "max_candidates" in told.blocking[0]


def test_people_out_of_reach_of_every_candidate_make_it_impossible() -> None:
    told = solved(objective="min_sites", share=1.0, near=NEAR & [[True], [False]])
    assert told.status == "infeasible"


def test_fewer_sites_than_the_areas_must_have_are_impossible() -> None:
    areas = {"site_areas": ["w", "e"], "min_sites_per_area": {"w": 1, "e": 1}}
    assert solved(objective="max_coverage", sites=1, **areas).status == "infeasible"
    assert solved(objective="max_coverage", sites=2, **areas).status == "unknown"


@pytest.mark.parametrize("objective", ["min_sites", "min_cost"])
@pytest.mark.parametrize("seed", range(12))
def test_bounds_over_few_candidates_hold_for_all_of_them(objective, seed) -> None:
    rng = np.random.default_rng(seed)
    near = rng.random((14, 10)) < 0.3
    people = rng.integers(1, 30, 14)
    money = rng.choice([3.0, 5.0], 10)
    share = float(rng.choice([0.5, 0.7, 0.85])) * people[near.any(axis=1)].sum() / people.sum()
    every = gp.SitingProblem.from_cover(near, people, site_costs=money)
    best = getattr(gp, objective)(every, share=share)
    thinned = thin_by_cost(
        sparse.csr_matrix(near),
        people.astype(float),
        money if objective == "min_cost" else None,
        limit=3,
        alike=True,
        kept=Kept([], None),
    )
    kept = thinned.kept
    problem = ConditionalProblem(
        objective=objective,
        problem=gp.SitingProblem.from_cover(near[:, kept], people, site_costs=money[kept]),
        served=0.0,
        turned_away=0.0,
        total=float(people.sum()),
        share=share,
        n_offered=10,
        thinned=thinned,
        unthinned=every if len(thinned.loss) else None,
    )
    told = Solver(request=SolveRequest(), speaker=Speaker("en")).solve(problem).result
    assert told.bound <= best.value <= told.value
    assert told.status == "feasible" or told.value == best.value
