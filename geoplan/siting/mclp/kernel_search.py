"""Most people with so many sites, on a reduced core: answer, bound, proof.

Greedy and swaps give an answer. Prices give a bound, and the relaxed shares that come with them,
rounded and swapped, give much better answers. Then kernels: the prices say what it costs at least
to leave the few doubtful sites, so HiGHS solves those exactly, and its bound or that cost bounds
everything; the kernel grows until answer and bound meet. Work is counted, not timed, wherever
the time limit is not in the way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from geoplan.siting.mclp.annealing import anneal, moves_in
from geoplan.siting.mclp.lagrangian import Prices, price_out, settle
from geoplan.siting.mclp.local_search import greedy, swap
from geoplan.siting.mclp.milp_models import best_coverage
from geoplan.siting.mclp.perturbation import shake
from geoplan.siting.model.build_result import is_whole, rounded_up
from geoplan.siting.model.reduction import Core, dominated_sites, restrict
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.rng import random_state

#: covering pairs of the first kernel; HiGHS proves such ones in a second or so
KERNEL_PAIRS = 20_000
#: moves of annealing where HiGHS does not finish a kernel, or will not
ANNEAL_MOVES = 4_000_000


@dataclass(kw_only=True, slots=True, eq=False)
class Best:
    """The state of a search: the best answer (positions in the core) and what is proved."""

    chosen: np.ndarray
    value: float
    bound: float
    greedy: float
    prices: Prices | None = None
    steps: list[str] = field(default_factory=list)

    def take_better(self, core: Core, chosen: np.ndarray) -> bool:
        """Keep `chosen` if it covers more people."""
        value = core.covered(chosen)
        if value > self.value:
            self.chosen, self.value = chosen, value
            return True
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """How many sites, how good an answer, and what is known of the weights.

    need : where only this matters: can so many people be covered, or can they not?
    """

    take: int
    gap: float
    whole: bool
    need: float | None = None

    @property
    def unit(self) -> float:
        """A better answer is better by at least this."""
        return 1.0 if self.whole else 0.0

    def answered(self, best: Best) -> bool:
        """Whether the bound is within the gap of the answer."""
        bound = rounded_up(best.bound, best.value, whole=self.whole)
        if self.need is not None and not best.value < self.need <= bound:
            return True
        return bound - best.value <= self.gap * abs(best.value) + 1e-12

    def target(self, best: Best) -> float:
        """A bound that answers the question."""
        if self.need is not None and best.value < self.need:
            return self.need - (1e-3 if self.whole else 1e-9 * self.need)
        return best.value * (1 + self.gap) + 0.999 * self.unit


def most_people(
    core: Core,
    *,
    take: int,
    control: SolveControl,
    start: np.ndarray | None = None,
    prices: Prices | None = None,
    need: float | None = None,
) -> Best:
    """At most `take` sites of the core that cover most people of its classes.

    `start` (positions) and `prices` come from a neighbouring question, where there is one. With
    `need` the search ends as soon as so many people are covered, or cannot be.
    """
    total = float(core.weight.sum())
    plain = greedy(core, take=take)
    value = core.covered(plain)
    best = Best(chosen=plain, value=value, bound=total, greedy=value)
    ask = Question(take=take, gap=control.gap, whole=is_whole(core.weight), need=need)
    try:
        _search(core, best, ask, control, start, prices)
    except KeyboardInterrupt:
        control.stop()
    best.bound = rounded_up(min(best.bound, total), best.value, whole=ask.whole)
    return best


def _search(
    core: Core,
    best: Best,
    ask: Question,
    control: SolveControl,
    start: np.ndarray | None,
    prices: Prices | None,
) -> None:
    if ask.answered(best):
        return
    control.report("swap")
    best.take_better(core, swap(core, best.chosen))
    if start is not None and len(start):
        grown = greedy(core, take=ask.take, start=start[: ask.take])
        best.take_better(core, swap(core, grown))
    if ask.answered(best):
        return
    control.report("bound")

    def visit(shares: np.ndarray) -> float:
        order = np.argsort(-shares, kind="stable")[: ask.take]
        best.take_better(core, swap(core, order))
        return ask.target(best)

    found = price_out(
        core,
        take=ask.take,
        target=ask.target(best),
        control=control,
        start=None if prices is None else prices.price,
        visit=visit,
    )
    best.prices = found
    best.bound = min(best.bound, found.bound(ask.take))
    if not ask.answered(best):
        _kernels(core, best, ask, control, found)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Kernel:
    """What is left to decide when some sites are ruled out and others always open.

    core : the reduced rest. at : position in the full core of each of its sites. always :
    positions in the full core of the sites that are open. may : bool per site of the full core:
    not ruled out.
    """

    core: Core
    at: np.ndarray
    always: np.ndarray
    may: np.ndarray


def make_kernel(core: Core, prices: Prices, *, take: int, need: float) -> Kernel:
    """The sites that prices leave open for answers of at least `need` people."""
    never, always = settle(prices, take=take, need=need)
    rows = np.ones(core.n, bool)
    for j in np.flatnonzero(always):
        rows[core.site_idx[core.site_ptr[j] : core.site_ptr[j + 1]]] = False
    keep = ~never & ~always
    small, at = restrict(core, keep, rows=rows), np.flatnonzero(keep)
    while small.m:
        drop = dominated_sites(
            small.site_ptr,
            small.site_idx,
            small.row_ptr,
            small.row_idx,
            np.ones(small.m),
            np.zeros(small.m, np.int64),
        )
        if not drop.any():
            break
        small, at = restrict(small, ~drop), at[~drop]
    return Kernel(core=small, at=at, always=np.flatnonzero(always), may=~never)


def _kernels(core: Core, best: Best, ask: Question, control: SolveControl, prices: Prices) -> None:
    """Solve ever larger kernels; each one's bound, or leaving it, bounds everything."""
    ceiling = prices.bound(ask.take)
    state = random_state(control.seed)
    size = KERNEL_PAIRS
    shaken = unfinished = False
    annealed = 0
    while control.left > 0 and not ask.answered(best):
        lowest = best.value + ask.unit
        kernel, need = _sized_kernel(core, prices, ask.take, ceiling, lowest, size)
        whole_rest = need <= lowest
        if not shaken and not (whole_rest and kernel.core.pairs <= KERNEL_PAIRS):
            shaken = True
            control.report("improve")
            other, helped = shake(core, best.chosen, allowed=kernel.may, rounds=60, state=state)
            if best.take_better(core, other):
                best.steps.append(f"shaken: {helped} of 60 helped")
                continue
        hopeless = kernel.core.pairs > 10 * KERNEL_PAIRS
        if annealed < (2 if hopeless else 1 if unfinished else 0):
            annealed += 1
            control.report("improve")
            moves = min(ANNEAL_MOVES, moves_in(core, 0.4 * control.time_limit_s))
            never, _ = settle(prices, take=ask.take, need=lowest)
            other = anneal(
                core,
                best.chosen,
                moves=moves,
                control=control,
                state=state,
                allowed=~never,
                warmth=0.2 / annealed,
            )
            if best.take_better(core, other):
                best.steps.append(f"annealed: {best.value:.0f}")
                continue
        control.report("proof")
        before = best.value
        bound, proved = _solve_kernel(core, best, kernel, ask, control, last=whole_rest)
        unfinished = not proved
        outside = best.value if whole_rest else need
        best.bound = min(best.bound, max(best.value, bound, outside))
        best.steps.append(
            f"kernel of {kernel.core.m} sites, {kernel.core.pairs} pairs"
            f"{' (all)' if whole_rest else ''}: {best.value:.0f} .. {best.bound:.0f}"
            f"{'' if proved else ' (not finished)'}"
        )
        if whole_rest and (proved or best.value == before):
            return
        size = size * 2 if proved or best.value == before else size


def _sized_kernel(
    core: Core, prices: Prices, take: int, ceiling: float, lowest: float, pairs: int
) -> tuple[Kernel, float]:
    """The kernel of about `pairs` covering pairs, and what answers outside it cannot reach."""
    whole = make_kernel(core, prices, take=take, need=lowest)
    if whole.core.pairs <= pairs:
        return whole, lowest
    low, high = lowest, ceiling
    kernel, need = whole, lowest
    for _ in range(12):
        middle = (low + high) / 2
        trial = make_kernel(core, prices, take=take, need=middle)
        if trial.core.pairs <= pairs:
            kernel, need, high = trial, middle, middle
        else:
            low = middle
    return kernel, need


def _solve_kernel(
    core: Core, best: Best, kernel: Kernel, ask: Question, control: SolveControl, *, last: bool
) -> tuple[float, bool]:
    """HiGHS on the kernel: (upper bound on the answers inside it, whether it finished)."""
    rest = kernel.core
    settled = core.covered(kernel.always)
    left = ask.take - len(kernel.always)
    if rest.m == 0 or left <= 0:
        best.take_better(core, kernel.always)
        return settled, True
    start = swap(rest, greedy(rest, take=left))
    inside = np.flatnonzero(np.isin(kernel.at, best.chosen))
    if len(inside) <= left and rest.covered(inside) > rest.covered(start):
        start = swap(rest, greedy(rest, take=left, start=inside))
    chosen, bound, proved = best_coverage(
        rest,
        take=left,
        start=start,
        control=control,
        seconds=None if last else control.left / 2,
        max_nodes=None if last else 1000,
    )
    every = np.concatenate([kernel.always, kernel.at[chosen]])
    best.take_better(core, every)
    best.take_better(core, swap(core, every))
    return settled + bound, proved
