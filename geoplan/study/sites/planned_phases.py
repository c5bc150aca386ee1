"""Which phase of a study builds which suggested site: a plan in time over these sites alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting import (
    Budget,
    ProgrammeProblem,
    SitingProblem,
    SitingResult,
    SolveRequest,
    programme,
)
from geoplan.siting.model.counting import covered_people
from geoplan.study.config.schema import SitingSection
from geoplan.study.sites.budget import phase_numbers

#: seconds for the plan, and what share of the time that the study allows its siting at most
_SECONDS, _SHARE = 20.0, 0.3


def planned_phases(
    siting: SitingSection,
    problem: SitingProblem,
    result: SitingResult,
    explained: pd.DataFrame,
    prices: pd.Series | None,
    *,
    seed: int,
) -> Mapping[Any, int] | None:
    """The phase of every suggested site, so that most people are served over all phases.

    The sites are those of the plan; only their order is open. None where the order in which each
    next site adds most is as good, where the study has no phases, and where capacity limits.

    Parameters
    ----------
    explained : the sites in the order in which each adds most people, as `explain_sites` has them.
    prices : money per site, where known.
    """
    if problem.capacities is not None or len(explained) < 2:
        return None
    spent = None if prices is None else prices.loc[explained.index].to_numpy(float)
    greedy = phase_numbers(siting, spent, len(explained))
    if greedy is None:
        return None
    new = list(explained.index)
    part = _sites_alone(problem, new, spent)
    count = len(siting.phases) or len(siting.years)
    years = siting.years or list(range(1, count + 1))
    rules: dict[str, Any] = {"max_works": None}
    if siting.phases:
        rules = {"max_works": np.diff(siting.phases, prepend=0).tolist(), "works_carry_over": True}
    elif siting.budget is not None:
        rules = {"budgets": Budget(amounts=[siting.budget / count] * count, carry_over=True)}
    of = ProgrammeProblem.of(part, years=years, **rules)
    seconds = min(_SECONDS, _SHARE * siting.time_limit_s)
    found = programme(
        of, compare_alone=False, request=SolveRequest(time_limit_s=seconds, seed=seed)
    )
    if found.status not in ("optimal", "feasible"):
        return None
    at = {year: k for k, year in enumerate(years, start=1)}
    phase = {action.action.site: at[action.year] for action in found.actions}
    last = max(count, int(greedy.max()))  # sites beyond the last phase that is named come after it
    planned = {site: phase.get(site, last) for site in new}
    before = dict(zip(new, greedy.tolist(), strict=True))
    lengths = dict(enumerate(of.lengths, start=1))
    better = _person_years(part, planned, lengths) > _person_years(part, before, lengths)
    return planned if better else None


def _sites_alone(problem: SitingProblem, new: list[Any], spent: np.ndarray | None) -> SitingProblem:
    """The same people with the sites that stand and those of the plan."""
    chosen = np.concatenate([problem.fixed, problem.positions(new)])
    price = np.zeros(len(chosen)) if spent is None else spent
    return SitingProblem.from_cover(
        problem.cover[:, chosen],
        problem.weights,
        site_index=problem.site_index[chosen],
        fixed=list(problem.site_index[problem.fixed]),
        site_costs=np.concatenate([np.zeros(len(problem.fixed)), price[: len(new)]]),
    )


def _person_years(
    problem: SitingProblem, phase: Mapping[Any, int], lengths: Mapping[int, float]
) -> float:
    """People served, summed over the phases, each as long as its years."""
    total = 0.0
    for number, length in lengths.items():
        built = problem.positions([site for site, k in phase.items() if k <= number])
        total += length * covered_people(problem, np.union1d(problem.fixed, built))
    return total
