"""MCLP with too many sites in doubt for HiGHS: annealing, perturbation and the bound by regions."""

from __future__ import annotations

import numpy as np

from geoplan.parallel import run
from geoplan.siting.mclp.annealing import anneal, moves_in
from geoplan.siting.mclp.decomposition import LARGE_PAIRS, RegionBound, region_bound
from geoplan.siting.mclp.incumbent import Goal, Incumbent, pairs_of, restrict_by_reduced_cost
from geoplan.siting.mclp.lagrangian import MclpDual, mclp_reduced_cost_fixing
from geoplan.siting.mclp.local_search import greedy, interchange
from geoplan.siting.mclp.perturbation import perturb
from geoplan.siting.model.core import Core
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.rng import random_state

#: covering pairs of the doubtful sites beyond which regions bound better than HiGHS does
REGION_PAIRS = 2 * LARGE_PAIRS
#: share of the time left that the bound by regions may take
_REGION_TIME = 0.9
#: regions first prove that no solution gets so far from the best one to the dual's bound: reduced
#: costs rule more sites out then, and the fewer are left, the sooner a region is proved
_REGION_NEEDS = (0.5, 0.25, 0.0)
#: making regions takes seconds already
_REGION_SECONDS = 5.0
#: runs of annealing, moves of each, and their temperature (measured: one run in four or so finds
#: what no longer one at another temperature does)
_ANNEALINGS, _MOVES, _TEMPERATURE = 4, 1_000_000, 0.1
#: share of the time limit that one of them may take, by estimate; of the time left, all of them
_ANNEAL_TIME_SHARE, _ANNEAL_TIME = 0.12, 0.4
#: perturbations of the best solution
_PERTURBATIONS = 60


def search_regions(
    core: Core, incumbent: Incumbent, goal: Goal, control: SolveControl, dual: MclpDual
) -> bool:
    """Annealing, perturbation and the bound by regions, where too much is in doubt for HiGHS.

    Returns whether this is so.
    """
    never, _ = mclp_reduced_cost_fixing(dual, n_new=goal.n_new, need=incumbent.value + goal.unit)
    if goal.need is not None or pairs_of(core, ~never) <= REGION_PAIRS:
        return False
    control.report("improve")
    _anneal(core, incumbent, goal, control, dual)
    if control.has(_REGION_SECONDS):
        improve_by_perturbation(core, incumbent, ~never, control, random_state(control.seed))
    control.report("bound")
    for share in _REGION_NEEDS:
        if goal.reached(incumbent) or not control.has(_REGION_SECONDS):
            break
        if not _bound_by_regions(core, incumbent, goal, control, dual, share):
            break
    return True


def improve_by_perturbation(
    core: Core, incumbent: Incumbent, may: np.ndarray, control: SolveControl, state: np.ndarray
) -> bool:
    """Perturbations over the sites that `may` open (bool); whether they found a better solution."""
    control.report("improve")
    other, helped = perturb(core, incumbent.chosen, allowed=may, rounds=_PERTURBATIONS, state=state)
    better = incumbent.take_better(core, other)
    if better:
        incumbent.steps.append(f"perturbation: {helped} of {_PERTURBATIONS} helped")
    return better


def _bound_by_regions(
    core: Core,
    incumbent: Incumbent,
    goal: Goal,
    control: SolveControl,
    dual: MclpDual,
    share: float,
) -> bool:
    """The bound by regions among the sites that solutions of some `need` may open.

    share : how far the need is from the incumbent's value to the dual's bound. Solutions with any
    other site stay below the need. Returns whether regions prove that all do.
    """
    lowest, ceiling = incumbent.value + goal.unit, dual.bound(goal.n_new)
    need = lowest + share * max(ceiling - lowest, 0.0)
    never, _ = mclp_reduced_cost_fixing(dual, n_new=goal.n_new, need=need)
    outside = need if share else incumbent.value
    target = max(outside, goal.target(incumbent))

    def enough(found: RegionBound) -> bool:
        return found.bound(goal.n_new) <= target

    found = region_bound(
        core,
        dual,
        n_new=goal.n_new,
        chosen=incumbent.chosen,
        allowed=~never,
        control=control.part(_REGION_TIME * control.left),
        enough=enough,
        first_pairs=LARGE_PAIRS,
    )
    joined = without_least(core, found.sites, goal.n_new)
    incumbent.take_better(core, interchange(core, greedy(core, n_new=goal.n_new, start=joined)))
    bound = max(outside, found.bound(goal.n_new))
    incumbent.bound = min(incumbent.bound, max(incumbent.value, bound))
    incumbent.steps.append(f"regions: {incumbent.value:.0f} .. {incumbent.bound:.0f}")
    return enough(found)


def without_least(core: Core, sites: np.ndarray, most: int) -> np.ndarray:
    """`sites` without those that cover least beyond the others, one after another."""
    left = np.array(sites, np.int64)
    covering = np.zeros(core.n, np.int64)
    runs = [core.classes_of(int(j)) for j in left]
    for run_ in runs:
        covering[run_] += 1
    while len(left) > most:
        alone = [float(core.weight[run_][covering[run_] == 1].sum()) for run_ in runs]
        least = int(np.argmin(alone))
        covering[runs.pop(least)] -= 1
        left = np.delete(left, least)
    return left


def _anneal(
    core: Core, incumbent: Incumbent, goal: Goal, control: SolveControl, dual: MclpDual
) -> None:
    """Several annealings from the incumbent over the sites that are in doubt, side by side."""
    lowest = incumbent.value + goal.unit
    restricted = restrict_by_reduced_cost(core, dual, n_new=goal.n_new, need=lowest)
    rest, left = restricted.core, goal.n_new - len(restricted.always)
    inside = np.flatnonzero(np.isin(restricted.at, incumbent.chosen))[:left]
    start = greedy(rest, n_new=left, start=inside)
    moves = min(_MOVES, moves_in(rest, _ANNEAL_TIME_SHARE * control.time_limit_s))
    part = control.part(_ANNEAL_TIME * control.left)

    def annealed(number: int) -> np.ndarray:
        return anneal(
            rest,
            start,
            moves=moves,
            control=part,
            state=random_state(control.seed + number),
            start_temperature=_TEMPERATURE,
        )

    before = incumbent.value
    for found in run(annealed, list(range(_ANNEALINGS)), threads=control.threads):
        every = np.concatenate([restricted.always, restricted.at[found]])
        incumbent.take_better(core, interchange(core, every))
    incumbent.steps.append(f"annealing: {before:.0f} .. {incumbent.value:.0f}")
