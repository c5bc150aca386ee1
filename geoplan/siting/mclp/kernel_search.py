"""MCLP by kernel search on a reduced core: the sites that cover most people, and a proved bound.

Greedy and interchange give a solution. A Lagrangian relaxation gives a bound, and its relaxed
shares, rounded and interchanged, give much better solutions. Then restricted problems: reduced
costs say what it costs at least to leave the few doubtful sites, so HiGHS solves the problem over
those exactly, and its bound or that cost bounds everything; the restricted problem grows until
value and bound meet (kernel search, Angelelli, Mansini and Speranza 2010,
doi:10.1016/j.cor.2010.02.002). Work is counted, not timed, unless the time limit comes
first.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from geoplan.parallel import run
from geoplan.siting.mclp.annealing import anneal, moves_in
from geoplan.siting.mclp.decomposition import LARGE_PAIRS, RegionBound, region_bound
from geoplan.siting.mclp.lagrangian import MclpDual, mclp_reduced_cost_fixing, solve_dual
from geoplan.siting.mclp.local_search import greedy, interchange
from geoplan.siting.mclp.milp_models import solve_mclp_milp
from geoplan.siting.mclp.perturbation import perturb
from geoplan.siting.model.build_result import rounded_up
from geoplan.siting.model.core import Core
from geoplan.siting.model.counting import is_whole
from geoplan.siting.model.reduction import restrict, without_dominated
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.rng import random_state
from geoplan.tolerances import BELOW_NEED, PROVED_GAP, SAME_VALUE

#: covering pairs of the first restricted problem; HiGHS proves such ones in a second or so
RESTRICTED_PAIRS = 20_000
#: covering pairs of the doubtful sites beyond which regions bound better than HiGHS does
_REGION_PAIRS = 2 * LARGE_PAIRS
#: with so many in doubt: shares of the time left that the dual and the bound by regions may take
_DUAL_TIME, _REGION_TIME = 0.5, 0.8
#: making regions takes seconds already
_REGION_SECONDS = 5.0
#: with so many in doubt: runs of annealing, moves of each, and their temperature (measured: one run
#: in four or so finds what no longer one at another temperature does)
_ANNEALINGS, _MOVES, _TEMPERATURE = 4, 1_000_000, 0.1
#: share of the time limit that one of them may take, by estimate
_ANNEAL_TIME_SHARE = 0.12


@dataclass(kw_only=True, slots=True, eq=False)
class Incumbent:
    """The best solution so far (positions in the core), and what is proved."""

    chosen: np.ndarray
    value: float
    bound: float
    greedy: float
    dual: MclpDual | None = None
    steps: list[str] = field(default_factory=list)

    def take_better(self, core: Core, chosen: np.ndarray) -> bool:
        """Keep `chosen` if it covers more people."""
        value = core.covered(chosen)
        if value > self.value:
            self.chosen, self.value = chosen, value
            return True
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """How many sites, how good a solution, and what is known of the weights.

    need : where only this matters: can so many people be covered, or can they not?
    """

    n_new: int
    gap: float
    whole: bool
    need: float | None = None

    @property
    def unit(self) -> float:
        """A better solution is better by at least this."""
        return 1.0 if self.whole else 0.0

    def reached(self, incumbent: Incumbent) -> bool:
        """Whether the bound is near enough to the incumbent."""
        bound = rounded_up(incumbent.bound, incumbent.value, whole=self.whole)
        if self.need is not None and not incumbent.value < self.need <= bound:
            return True
        return bound - incumbent.value <= self.gap * abs(incumbent.value) + PROVED_GAP

    def target(self, incumbent: Incumbent) -> float:
        """A bound that reaches the goal."""
        if self.need is not None and incumbent.value < self.need:
            return self.need - (BELOW_NEED if self.whole else SAME_VALUE * self.need)
        return incumbent.value * (1 + self.gap) + 0.999 * self.unit


def solve_mclp(
    core: Core,
    *,
    n_new: int,
    control: SolveControl,
    start: np.ndarray | None = None,
    dual: MclpDual | None = None,
    need: float | None = None,
) -> Incumbent:
    """At most `n_new` sites of the core that cover most people of its classes.

    `start` (positions) and `dual` come from a neighbouring problem, where there is one. With
    `need` the search ends as soon as so many people are covered, or cannot be.
    """
    total = float(core.weight.sum())
    greedy_sites = greedy(core, n_new=n_new)
    value = core.covered(greedy_sites)
    incumbent = Incumbent(chosen=greedy_sites, value=value, bound=total, greedy=value)
    goal = Goal(n_new=n_new, gap=control.gap, whole=is_whole(core.weight), need=need)
    try:
        _search(core, incumbent, goal, control, start, dual)
    except KeyboardInterrupt:
        control.stop()
    incumbent.bound = rounded_up(min(incumbent.bound, total), incumbent.value, whole=goal.whole)
    return incumbent


def _search(
    core: Core,
    incumbent: Incumbent,
    goal: Goal,
    control: SolveControl,
    start: np.ndarray | None,
    dual: MclpDual | None,
) -> None:
    if goal.reached(incumbent):
        return
    control.report("swap")
    incumbent.take_better(core, interchange(core, incumbent.chosen))
    if start is not None and len(start):
        grown = greedy(core, n_new=goal.n_new, start=start[: goal.n_new])
        incumbent.take_better(core, interchange(core, grown))
    if goal.reached(incumbent):
        return
    control.report("bound")

    def visit(shares: np.ndarray) -> float:
        order = np.argsort(-shares, kind="stable")[: goal.n_new]
        incumbent.take_better(core, interchange(core, order))
        return goal.target(incumbent)

    large = goal.need is None and core.pairs > _REGION_PAIRS
    found = solve_dual(
        core,
        n_new=goal.n_new,
        target=goal.target(incumbent),
        control=control.part(_DUAL_TIME * control.left) if large else control,
        start=None if dual is None else dual.multipliers,
        visit=visit,
    )
    incumbent.dual = found
    incumbent.bound = min(incumbent.bound, found.bound(goal.n_new))
    if not goal.reached(incumbent):
        _solve_restricted_problems(core, incumbent, goal, control, found)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RestrictedProblem:
    """What is left to decide when some sites are ruled out and others always open.

    core : the reduced rest. at : position in the full core of each of its sites. always :
    positions in the full core of the sites that are open. may : bool per site of the full core:
    not ruled out.
    """

    core: Core
    at: np.ndarray
    always: np.ndarray
    may: np.ndarray


def restrict_by_reduced_cost(
    core: Core, dual: MclpDual, *, n_new: int, need: float
) -> RestrictedProblem:
    """The sites that reduced costs leave undecided for solutions of at least `need` people."""
    never, always = mclp_reduced_cost_fixing(dual, n_new=n_new, need=need)
    rows = ~core.is_covered(np.flatnonzero(always))
    keep = ~never & ~always
    small = without_dominated(restrict(replace(core, sites=np.arange(core.m)), keep, rows=rows))
    return RestrictedProblem(core=small, at=small.sites, always=np.flatnonzero(always), may=~never)


def _solve_restricted_problems(
    core: Core, incumbent: Incumbent, goal: Goal, control: SolveControl, dual: MclpDual
) -> None:
    """Solve ever larger restricted problems; max(bound inside, bound outside) is a valid bound."""
    ceiling = dual.bound(goal.n_new)
    state = random_state(control.seed)
    size = RESTRICTED_PAIRS
    perturbed = bounded = False
    while control.left > 0 and not goal.reached(incumbent):
        lowest = incumbent.value + goal.unit
        restricted, need = _restricted_of_size(core, dual, goal.n_new, ceiling, lowest, size)
        whole_rest = need <= lowest
        if not perturbed and not (whole_rest and restricted.core.pairs <= RESTRICTED_PAIRS):
            perturbed = True
            control.report("improve")
            other, helped = perturb(
                core, incumbent.chosen, allowed=restricted.may, rounds=60, state=state
            )
            if incumbent.take_better(core, other):
                incumbent.steps.append(f"perturbation: {helped} of 60 helped")
                continue
        if not bounded:
            bounded = True
            if _search_regions(core, incumbent, goal, control, dual):
                continue
        control.report("proof")
        before = incumbent.value
        bound, proved = _solve_restricted(
            core, incumbent, restricted, goal, control, last=whole_rest
        )
        outside = incumbent.value if whole_rest else need
        incumbent.bound = min(incumbent.bound, max(incumbent.value, bound, outside))
        incumbent.steps.append(
            f"restricted problem of {restricted.core.m} sites, {restricted.core.pairs} pairs"
            f"{' (all)' if whole_rest else ''}: {incumbent.value:.0f} .. {incumbent.bound:.0f}"
            f"{'' if proved else ' (not finished)'}"
        )
        if whole_rest and (proved or incumbent.value == before):
            return
        size = size * 2 if proved or incumbent.value == before else size


def _search_regions(
    core: Core, incumbent: Incumbent, goal: Goal, control: SolveControl, dual: MclpDual
) -> bool:
    """Annealing, and the bound by regions, where too much is in doubt for HiGHS: if this is so."""
    never, _ = mclp_reduced_cost_fixing(dual, n_new=goal.n_new, need=incumbent.value + goal.unit)
    if goal.need is not None or np.diff(core.site_ptr)[~never].sum() <= _REGION_PAIRS:
        return False
    control.report("improve")
    _anneal(core, incumbent, goal, control, dual)
    if goal.reached(incumbent) or control.left < _REGION_SECONDS:
        return True
    control.report("bound")
    never, _ = mclp_reduced_cost_fixing(dual, n_new=goal.n_new, need=incumbent.value + goal.unit)

    def enough(found: RegionBound) -> bool:
        return found.bound(goal.n_new) <= goal.target(incumbent)

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
    incumbent.bound = min(incumbent.bound, max(incumbent.value, found.bound(goal.n_new)))
    incumbent.steps.append(f"regions: {incumbent.value:.0f} .. {incumbent.bound:.0f}")
    return True


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

    def annealed(number: int) -> np.ndarray:
        return anneal(
            rest,
            start,
            moves=moves,
            control=control,
            state=random_state(control.seed + number),
            start_temperature=_TEMPERATURE,
        )

    before = incumbent.value
    for found in run(annealed, list(range(_ANNEALINGS)), threads=control.threads):
        every = np.concatenate([restricted.always, restricted.at[found]])
        incumbent.take_better(core, interchange(core, every))
    incumbent.steps.append(f"annealing: {before:.0f} .. {incumbent.value:.0f}")


def _restricted_of_size(
    core: Core, dual: MclpDual, n_new: int, ceiling: float, lowest: float, pairs: int
) -> tuple[RestrictedProblem, float]:
    """The one of about `pairs` covering pairs, and what solutions outside it cannot reach."""
    whole = restrict_by_reduced_cost(core, dual, n_new=n_new, need=lowest)
    if whole.core.pairs <= pairs:
        return whole, lowest
    low, high = lowest, ceiling
    restricted, need = whole, lowest
    for _ in range(12):
        middle = (low + high) / 2
        trial = restrict_by_reduced_cost(core, dual, n_new=n_new, need=middle)
        if trial.core.pairs <= pairs:
            restricted, need, high = trial, middle, middle
        else:
            low = middle
    return restricted, need


def _solve_restricted(
    core: Core,
    incumbent: Incumbent,
    restricted: RestrictedProblem,
    goal: Goal,
    control: SolveControl,
    *,
    last: bool,
) -> tuple[float, bool]:
    """HiGHS on the restricted problem: (upper bound on its solutions, whether it finished)."""
    rest = restricted.core
    covered = core.covered(restricted.always)
    left = goal.n_new - len(restricted.always)
    if rest.m == 0 or left <= 0:
        incumbent.take_better(core, restricted.always)
        return covered, True
    start = interchange(rest, greedy(rest, n_new=left))
    inside = np.flatnonzero(np.isin(restricted.at, incumbent.chosen))
    if len(inside) <= left and rest.covered(inside) > rest.covered(start):
        start = interchange(rest, greedy(rest, n_new=left, start=inside))
    chosen, bound, proved = solve_mclp_milp(
        rest,
        n_new=left,
        start=start,
        control=control,
        seconds=None if last else control.left / 2,
        max_nodes=None if last else 1000,
    )
    every = np.concatenate([restricted.always, restricted.at[chosen]])
    incumbent.take_better(core, every)
    incumbent.take_better(core, interchange(core, every))
    return covered + bound, proved
