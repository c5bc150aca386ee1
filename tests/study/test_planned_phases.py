"""Phases of a study are a plan in time over its sites: against every order, and never worse.

"Before" is the order in which each next site adds most people.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from geoplan.siting import SitingProblem, explain_sites, max_coverage
from geoplan.study.config.schema import SitingSection
from geoplan.study.sites.budget import phase_numbers
from geoplan.study.sites.planned_phases import planned_phases


def served(problem: SitingProblem, order, numbers, lengths) -> float:
    """People over all phases, by the plain definition."""
    cover, total = problem.cover.toarray(), 0.0
    for number, length in enumerate(lengths, start=1):
        built = [j for j, k in zip(order, numbers, strict=True) if k <= number]
        sites = [*problem.fixed.tolist(), *problem.positions(built)]
        total += length * problem.weights[cover[:, sites].any(axis=1)].sum()
    return total


def in_phases(siting: SitingSection, problem: SitingProblem, prices: pd.Series | None = None):
    result = max_coverage(problem, sites=siting.sites or problem.n_sites)
    first = explain_sites(problem, result)
    phase = planned_phases(siting, problem, result, first, prices, seed=0)
    table = first if phase is None else explain_sites(problem, result, phase=phase)
    return first, table


def test_two_sites_that_do_not_overlap_come_first() -> None:
    """A serves rows 1 and 2 (20), B rows 1 and 3, C rows 2 and 4 (19 each); two are built first.

    Site after site: A, then B adds 9: 29, and 38 in the second phase. B and C together serve all
    38 at once. Rank, people and share follow.
    """
    cover = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 0], [0, 0, 1]], bool)
    problem = SitingProblem.from_cover(cover, [10, 10, 9, 9], site_index=["A", "B", "C"])
    siting = SitingSection(sites=3, phases=[2, 3])
    first, table = in_phases(siting, problem)
    assert next(iter(first.index)) == "A"
    assert list(table.index) == ["B", "C", "A"]
    assert table["added_people"].tolist() == [19, 19, 0]
    assert table["rank"].tolist() == [1, 2, 3]


def test_sites_beyond_the_last_phase_take_nobody_s_place_in_it() -> None:
    """The same three sites with one phase of two: B and C are built in it, and A later."""
    cover = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 0], [0, 0, 1]], bool)
    problem = SitingProblem.from_cover(cover, [10, 10, 9, 9], site_index=["A", "B", "C"])
    _, table = in_phases(SitingSection(sites=3, phases=[2]), problem)
    assert list(table.index) == ["B", "C", "A"]


def test_money_of_each_year() -> None:
    """10 a year, carried over. The site of 30 people costs 20 and is paid in the second year.

    The two of 20 people for 10 each serve 20, 40 and 40, and then all 70; it first would serve 0,
    30, 50 and 70.
    """
    problem = SitingProblem.from_cover(np.eye(3, dtype=bool), [30, 20, 20])
    siting = SitingSection(budget=40, years=[2025, 2026, 2027, 2028], site_cost=10)
    prices = pd.Series([20.0, 10.0, 10.0])
    _, table = in_phases(siting, problem, prices)
    assert list(table.index) == [1, 2, 0]
    spent = prices.loc[table.index].to_numpy()
    assert phase_numbers(siting, spent, 3).tolist() == [1, 2, 4]


def test_a_long_phase_counts_for_its_years() -> None:
    """Years 2025, 2026 and 2030: what stands in 2026 counts for four years."""
    cover = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 0], [0, 0, 1]], bool)
    problem = SitingProblem.from_cover(cover, [10, 10, 9, 9])
    siting = SitingSection(sites=3, phases=[1, 2, 3], years=[2025, 2026, 2030])
    _, table = in_phases(siting, problem)
    numbers = phase_numbers(siting, None, 3)
    assert served(problem, table.index, numbers, [1, 4, 1]) == 19 + 4 * 38 + 38


@pytest.mark.parametrize("seed", range(12))
def test_every_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cover, people = rng.random((14, 6)) < 0.35, rng.integers(1, 40, 14).astype(float)
    price = pd.Series(rng.integers(2, 9, 6).astype(float))
    fixed = [0] if seed % 2 else []
    problem = SitingProblem.from_cover(cover, people, fixed=fixed)
    if seed % 3:
        siting = SitingSection(sites=6, phases=[2, 3, 6 - len(fixed)], years=[2025, 2026, 2028])
        prices = None
    else:
        siting = SitingSection(budget=float(price.sum()), years=[2025, 2026, 2028], site_cost=5)
        prices = price
    first, table = in_phases(siting, problem, prices)
    lengths = [1, 2, 1]

    def worth(order) -> float:
        spent = None if prices is None else prices.loc[list(order)].to_numpy()
        return served(problem, order, phase_numbers(siting, spent, len(order)), lengths)

    best = max(worth(order) for order in permutations(first.index))
    assert worth(table.index) == best
    assert worth(table.index) >= worth(first.index)
    assert set(table.index) == set(first.index)
    assert table["added_people"].sum() == first["added_people"].sum()
