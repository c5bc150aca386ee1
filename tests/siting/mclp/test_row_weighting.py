"""Set covers by row weighting: against scipy's milp, and covers whose smallest size is known."""

import itertools
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from geoplan.siting import SitingProblem, SolveRequest, min_cost, min_sites
from geoplan.siting.mclp import milp_models
from geoplan.siting.mclp.local_search import greedy
from geoplan.siting.mclp.row_weighting import cheaper_cover
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model, Outcome


def random_cover(seed: int) -> sparse.csr_matrix:
    """60 rows x 40 sites, every row within reach of at least one."""
    rng = np.random.default_rng(seed)
    cover = rng.random((60, 40)) < 0.08
    cover[np.arange(60), rng.integers(0, 40, 60)] = True
    return sparse.csr_matrix(cover)


def least_money(cover: sparse.csr_matrix, money: np.ndarray) -> float:
    rows = LinearConstraint(cover.astype(float), 1.0, np.inf)
    return milp(money, constraints=rows, bounds=Bounds(0, 1), integrality=np.ones(len(money))).fun


def two_colourings(points: int) -> sparse.csr_matrix:
    """Splits of `points` in two against groups of four that lie on one side: Beasley's CLR."""
    groups = [sum(1 << i for i in g) for g in itertools.combinations(range(points), 4)]
    split = np.arange(1, 2 ** (points - 1))[:, None] & np.array(groups)[None, :]
    return sparse.csr_matrix((split == 0) | (split == groups))


def searched(problem: SitingProblem, money: np.ndarray | None = None, seed: int = 0) -> float:
    """Money, or number, of the sites that the search alone finds from the greedy ones."""
    core = reduce_problem(problem)
    if money is not None:
        core.cost[:] = money[core.sites]
    start = greedy(core, n_new=core.m)
    control = SolveControl.start(SolveRequest(time_limit_s=1000, seed=seed))
    found = cheaper_cover(core, start, control=control)
    assert core.is_covered(found).all()
    assert core.cost[found].sum() <= core.cost[start].sum()
    return float(core.cost[found].sum())


@pytest.mark.parametrize("seed", range(12))
def test_fewest_sites_of_a_random_cover(seed: int) -> None:
    cover = random_cover(seed)
    found = searched(SitingProblem.from_cover(cover, np.ones(60)), seed=seed)
    assert found == pytest.approx(least_money(cover, np.ones(40)))


@pytest.mark.parametrize("seed", range(12))
def test_least_money_is_never_undercut_and_seldom_missed(seed: int) -> None:
    cover = random_cover(seed)
    money = np.random.default_rng(seed).integers(1, 100, 40).astype(float)
    problem = SitingProblem.from_cover(cover, np.ones(60), site_costs=money)
    least = least_money(cover, money)
    core_money = searched(SitingProblem.from_cover(cover, np.ones(60)), money, seed)
    assert least - 1e-6 <= core_money <= 1.05 * least
    asked = min_cost(problem, time_limit_s=60)
    assert asked.status == "optimal"
    assert asked.value == pytest.approx(least)


def test_groups_of_four_that_no_two_colouring_escapes() -> None:
    # fewest groups of four without property B: 23 on 11 points (Oestergard 2014); 25 on 10
    for points, fewest in ((10, 25), (11, 23)):
        cover = two_colourings(points)
        assert searched(SitingProblem.from_cover(cover, np.ones(cover.shape[0]))) == fewest


def test_min_sites_hands_the_better_cover_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The solver has no time to better the greedy cover of 30; the search has all that it asks."""
    solve = milp_models.solve_in_time

    def hardly(model: Model, control: SolveControl, **options: Any) -> Outcome:
        return solve(model, control, **options | {"seconds": 0.3})

    monkeypatch.setattr(milp_models, "solve_in_time", hardly)
    problem = SitingProblem.from_cover(two_colourings(11), np.ones(1023))
    assert len(greedy(reduce_problem(problem), n_new=330)) == 30
    found = min_sites(problem, time_limit_s=600)
    assert found.value == 23
    assert found.bound <= 23


def test_sites_without_cost_are_left_to_the_solver() -> None:
    cover = random_cover(3)
    money = np.where(np.arange(40) % 5 == 0, 0.0, 3.0)
    problem = SitingProblem.from_cover(cover, np.ones(60), site_costs=money)
    assert min_cost(problem).value == pytest.approx(least_money(cover, money))
