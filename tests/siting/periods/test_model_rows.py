"""The rows of a plan's model that say when a site is open, against one row after the other."""

from __future__ import annotations

import numpy as np
import pytest

from geoplan.siting import Budget, ProgrammeAction, ProgrammeProblem, SitingProblem
from geoplan.siting.periods.core import reduce_programme
from geoplan.siting.periods.milp.model import ProgrammeModel, _states, build_model
from geoplan.siting.periods.plain import Programme
from geoplan.siting.solver.milp import Model
from tests.siting.periods.random_problems import YEARS, mixed_problem, opening_problem


def under_construction(seed):
    """Some sites stand, some open later, some may be opened, closed, or either."""
    rng = np.random.default_rng(seed)
    standing = range(6, 12)
    base = SitingProblem.from_cover(
        rng.random((30, 12)) < 0.3, rng.integers(1, 20, 30), closable=list(standing)
    )
    actions = [
        ProgrammeAction(id=("open", j), kind="open", site=j, cost=2.0, earliest=YEARS[j % 3])
        for j in range(2, 6)
    ]
    actions += [
        ProgrammeAction(id=("again", j), kind="open", site=j, cost=1.0, earliest=YEARS[1])
        for j in (7, 8)
    ]
    actions += [
        ProgrammeAction(id=("close", j), kind="close", site=j, cost=1.0) for j in (7, 8, 10)
    ]
    return ProgrammeProblem.of(
        base,
        years=YEARS,
        actions=actions,
        opening={0: YEARS[0], 1: YEARS[2]},
        budgets=Budget(amounts=[5, 5, 5], carry_over=True),
    )


def one_by_one(built: ProgrammeModel) -> list[tuple[dict[int, float], float, float]]:
    """Open now - open before - opened + closed = nothing, or what is known at the start."""
    problem, table, at = built.of.problem, built.of.table, built.small.at
    rows = []
    for k, site in enumerate(built.small.core.sites):
        coming = [a for a in range(len(table.opens)) if at.get(int(table.opens[a])) == k]
        going = [a for a in range(len(table.opens)) if site in table.closes[a]]
        both = any(built.times[coming].ravel() >= 0) and any(built.times[going].ravel() >= 0)
        for t in range(problem.n_years):
            before = {int(built.is_open[k, t - 1]): -1.0} if t else {}
            plus = [int(c) for c in built.times[coming, t] if c >= 0]
            minus = [int(c) for c in built.times[going, t] if c >= 0]
            row = {int(built.is_open[k, t]): 1.0} | dict.fromkeys(plus, -1.0)
            row |= dict.fromkeys(minus, 1.0) | before
            known = float(problem.opening.get(int(site)) == t)
            start = float(problem.open_at_start[site])
            rows.append((row, known + (0.0 if t else start), known + (0.0 if t else start)))
            start = 0.0 if t else start
            if both and plus:
                rows.append((dict.fromkeys([*plus, *before], 1.0), -np.inf, 1.0 - start))
            if both and minus:
                rows.append((dict.fromkeys(minus, 1.0) | before, -np.inf, start))
    return rows


@pytest.mark.parametrize("make", [under_construction, opening_problem, mixed_problem])
@pytest.mark.parametrize("seed", range(6))
def test_rows_of_states_made_together_are_those_made_one_by_one(make, seed):
    of = Programme(problem=make(seed))
    built = build_model(of, reduce_programme(of))
    columns = built.model.columns
    wanted = one_by_one(built)
    only = ProgrammeModel(
        model=Model(columns=columns),
        of=of,
        small=built.small,
        times=built.times,
        is_open=built.is_open,
        served=built.served,
    )
    _states(only)
    lower, upper, starts, index, value = only.model.row_arrays()
    ends = [*starts[1:], len(index)]
    found = [
        (list(zip(index[a:b].tolist(), value[a:b].tolist(), strict=True)), low, high)
        for a, b, low, high in zip(starts, ends, lower, upper, strict=True)
    ]
    assert found == [(list(row.items()), low, high) for row, low, high in wanted]
