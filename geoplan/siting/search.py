"""Most people with so many sites, on a reduced core: answer, bound, proof.

Greedy and swaps give an answer, prices give a bound, and the two together settle sites. What is
left goes to HiGHS when it is small; else large-neighbourhood search improves the answer until
more sites are settled. Work is counted, not timed, wherever the time limit is not in the way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from geoplan.siting.bounds import Prices, price_of, price_out, settle
from geoplan.siting.exact import best_coverage, relaxed_prices
from geoplan.siting.finish import Clock, is_whole, rounded_up
from geoplan.siting.heuristics import greedy, swap
from geoplan.siting.lns import improve
from geoplan.siting.reduction import Core, dominated_sites, restrict

#: HiGHS proves cores up to this many covering pairs about as fast as anything else does
SMALL_PAIRS = 60_000


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


def most_people(
    core: Core,
    *,
    take: int,
    clock: Clock,
    gap: float = 0.0,
    seed: int = 0,
    start: np.ndarray | None = None,
    prices: Prices | None = None,
) -> Best:
    """At most `take` sites of the core that cover most people of its classes.

    `start` (positions) and `prices` come from a neighbouring question, where there is one.
    """
    total = float(core.weight.sum())
    plain = greedy(core, take=take)
    best = Best(chosen=plain, value=core.covered(plain), bound=total, greedy=core.covered(plain))
    whole = is_whole(core.weight)
    try:
        _search(core, best, take, clock, gap, seed, start, prices, whole)
    except KeyboardInterrupt:
        clock.stopped = True
    best.bound = rounded_up(min(best.bound, total), best.value, whole=whole)
    return best


def _done(best: Best, gap: float, whole: bool) -> bool:
    bound = rounded_up(best.bound, best.value, whole=whole)
    return bound - best.value <= gap * abs(best.value) + 1e-12


def _search(
    core: Core,
    best: Best,
    take: int,
    clock: Clock,
    gap: float,
    seed: int,
    start: np.ndarray | None,
    prices: Prices | None,
    whole: bool,
) -> None:
    if _done(best, gap, whole):
        return
    clock.tell("swap")
    best.take_better(core, swap(core, best.chosen))
    if start is not None and len(start):
        best.take_better(core, swap(core, greedy(core, take=take, start=start[:take])))
    if _done(best, gap, whole):
        return
    clock.tell("bound")
    unit = 1.0 if whole else 0.0
    first = price_out(
        core,
        take=take,
        target=best.value * (1 + gap) if gap else best.value + unit * 0.999,
        clock=clock,
        start=None if prices is None else prices.price,
        rounds=1000 if core.pairs <= SMALL_PAIRS else 6000,
    )
    _use(best, first, take)
    _guided(core, best, take)
    if _done(best, gap, whole):
        return
    _finish(core, best, take, clock, gap, seed, unit, whole)


def _use(best: Best, prices: Prices, take: int) -> None:
    bound = prices.bound(take)
    if bound < best.bound:
        best.bound, best.prices = bound, prices


def _guided(core: Core, best: Best, take: int) -> None:
    """Start again from the relaxed answer's largest shares."""
    if best.prices is None or best.prices.shares is None:
        return
    order = np.argsort(-best.prices.shares, kind="stable")[:take]
    best.take_better(core, swap(core, order))


def _finish(
    core: Core,
    best: Best,
    take: int,
    clock: Clock,
    gap: float,
    seed: int,
    unit: float,
    whole: bool,
) -> None:
    """Settle, solve what is left if it is small, else improve and settle again."""
    rounds = 0
    while clock.left > 0 and not _done(best, gap, whole):
        rest = _rest(core, best, take, unit)
        small = rest.core.pairs <= SMALL_PAIRS
        last = rounds >= 3
        best.steps.append(f"{rest.core.m} sites, {rest.core.pairs} pairs open")
        if small or last:
            clock.tell("proof")
            _prove(core, best, rest, take, clock, gap, whole)
            return
        clock.tell("improve")
        before = best.value
        improve(core, best, rest.open_sites, take=take, clock=clock, seed=seed + rounds, gap=gap)
        if rounds == 0 and not _done(best, gap, whole) and clock.left > 0:
            duals = relaxed_prices(core, take=take, clock=clock)
            if duals is not None:
                _use(best, price_of(core, duals), take)
        if best.value == before and rounds:
            rounds = 3
        rounds += 1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Rest:
    core: Core
    at: np.ndarray  # position in the full core of each site of the rest
    always: np.ndarray  # positions in the full core of sites that are open for sure
    open_sites: np.ndarray  # bool per site of the full core: not ruled out


def _rest(core: Core, best: Best, take: int, unit: float) -> _Rest:
    """What prices and the best answer leave to decide: a better answer than the best's."""
    never, always = np.zeros(core.m, bool), np.zeros(core.m, bool)
    if best.prices is not None:
        never, always = settle(best.prices, take=take, need=best.value + unit)
    rows = np.ones(core.n, bool)
    for j in np.flatnonzero(always):
        rows[core.site_idx[core.site_ptr[j] : core.site_ptr[j + 1]]] = False
    keep = ~never & ~always
    small, at = restrict(core, keep, rows=rows), np.flatnonzero(keep)
    while small.m:
        kind = np.zeros(small.m, np.int64)
        drop = dominated_sites(
            small.site_ptr, small.site_idx, small.row_ptr, small.row_idx,
            np.ones(small.m), kind,
        )  # fmt: skip
        if not drop.any():
            break
        small, at = restrict(small, ~drop), at[~drop]
    return _Rest(core=small, at=at, always=np.flatnonzero(always), open_sites=~never)


def _prove(
    core: Core, best: Best, rest: _Rest, take: int, clock: Clock, gap: float, whole: bool
) -> None:
    """HiGHS on the rest; together with the best answer its bound is a bound for everything."""
    settled = core.covered(rest.always)
    left = take - len(rest.always)
    if rest.core.m == 0 or left <= 0:
        best.take_better(core, rest.always)
        best.bound = min(best.bound, best.value)
        return
    start = swap(rest.core, greedy(rest.core, take=left))
    inside = np.flatnonzero(np.isin(rest.at, best.chosen))
    if len(inside) + len(rest.always) == len(best.chosen) and rest.core.covered(
        inside
    ) > rest.core.covered(start):
        start = inside
    chosen, bound, _ = best_coverage(rest.core, take=left, start=start, clock=clock, gap=gap)
    best.take_better(core, np.concatenate([rest.always, rest.at[chosen]]))
    # an answer outside the rest cannot be better than the best one known
    best.bound = min(best.bound, max(best.value, settled + bound))
