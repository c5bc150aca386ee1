"""The curve of every number of sites where places end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from geoplan.siting.constrained.capacity_part import lacking_part, people_served
from geoplan.siting.constrained.capacity_solve import most_people_placed
from geoplan.siting.model.constraints import Rules
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.control import SolveControl


def curve_with_places(
    problem: SitingProblem,
    counts: Sequence[int],
    *,
    control: SolveControl,
) -> dict[int, tuple[float, float, np.ndarray]]:
    """Per number of sites in all: people with a place, the bound, positions of the sites.

    counts : ascending, none below the number of fixed sites.
    """
    free = replace(problem, conflicts=np.empty((0, 2), np.int64))
    part = lacking_part(free)
    gains = np.full(problem.n_sites, np.nan)  # the same for every number
    found: dict[int, tuple[float, float, np.ndarray]] = {}
    chosen, value = problem.fixed, people_served(part.problem, problem.fixed)
    for k, count in enumerate(counts):
        control.report(f"{count}")
        # what the easy numbers leave over goes to the hard ones
        share = control.part(max(0.05, 2.5 * control.left / (len(counts) - k)))
        rules = Rules(sites=count)
        one = most_people_placed(part.problem, rules, control=share, gains=gains)
        if one.value > value:  # more sites never serve fewer people
            chosen, value = problem.site_index.get_indexer(one.sites), one.value
        bound = part.problem.total if one.bound is None else one.bound
        found[count] = (value, max(bound, value), chosen)
    for few, many in pairwise(reversed(counts)):
        value, bound, chosen = found[many]
        found[many] = (value, max(value, min(bound, found[few][1])), chosen)
    return {
        count: (part.settled + value, part.settled + bound, chosen)
        for count, (value, bound, chosen) in found.items()
    }
