"""Lagrangian relaxation over periods: a bound that no plan of openings beats.

Relaxed are "a class counts in a year only where an open site covers it", with a multiplier per
class and year, and every limit of money and works, with a price. A site is then worth the
multipliers of its classes from its year on, less the prices of what it takes, and opens by its best
option by itself; where its places are scarce, those people count who are worth most. The volume
algorithm (Barahona and Anbil 2000, doi:10.1007/s101070050002) walks to good multipliers and prices
together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.periods.openings.openings import Openings
from geoplan.siting.periods.openings.places import count_within, worth_within
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.volume import Steps, blend_weight, next_steps
from geoplan.tolerances import NO_DIRECTION

#: steps between two looks at the relaxed solution
_ROUND = 50


class _State(NamedTuple):
    """Multipliers (classes x years), prices (limits), and the relaxed solution's means.

    scale : per limit, how much farther its price moves than a multiplier.
    """

    multipliers: np.ndarray
    price: np.ndarray
    covering: np.ndarray
    used: np.ndarray
    shares: np.ndarray
    value: np.ndarray
    scale: np.ndarray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class OpeningDual:
    """What multipliers and prices prove.

    bound : on the person-years of `Openings.worth`. value : per option, its worth less its price.
    best : per site, that of its best option, or nothing. price : per limit. shares : relaxed
    opening per option, 0..1.
    """

    bound: float
    value: np.ndarray
    best: np.ndarray
    price: np.ndarray
    shares: np.ndarray

    def options_for(self, need: float, site: np.ndarray) -> np.ndarray:
        """Bool per option: some plan of `need` person-years may use it (site : of each option)."""
        return self.bound - self.best[site] + self.value >= need


@kernel
def _values(site_ptr, site_idx, options, multipliers, price, value):
    """Worth less price of every option, into `value`."""
    years, sites = multipliers.shape[1], len(site_ptr) - 1
    later = np.zeros((sites, years + 1))  # worth of a site from each year on
    for k in range(sites):
        if not options.matters[k]:
            continue
        if options.places[k] < np.inf:
            classes = site_idx[site_ptr[k] : site_ptr[k + 1]]
            for t in range(years):
                later[k, t] = worth_within(
                    classes, multipliers, options.people, options.places[k], t
                )
        else:
            for q in range(site_ptr[k], site_ptr[k + 1]):
                i = site_idx[q]
                for t in range(years):
                    later[k, t] += multipliers[i, t]
        for t in range(years - 2, -1, -1):
            later[k, t] += later[k, t + 1]
    for k in range(sites):
        for o in range(options.ptr[k], options.ptr[k + 1]):
            s = later[k, options.year[o]] - later[k, options.until[o]]
            if options.then[o] >= 0:
                s += later[options.then[o], options.until[o]]
            for r in range(len(price)):
                s -= price[r] * options.use[o, r]
            value[o] = s


@inner_kernel
def _choose(options, value, picked):
    """The best option of each site into `picked` (-1 = none); the sum of their values."""
    total = 0.0
    for k in range(len(options.ptr) - 1):
        picked[k] = -1
        best = 0.0
        for o in range(options.ptr[k], options.ptr[k + 1]):
            if value[o] > best:
                best = value[o]
                picked[k] = o
        total += best
    return total


@inner_kernel
def _count_site(core, options, k, start, end, multipliers, covering):
    site_ptr, site_idx = core
    classes = site_idx[site_ptr[k] : site_ptr[k + 1]]
    places = options.places[k]
    for t in range(start, end):
        if places < np.inf:
            count_within(classes, multipliers, options.people, places, t, covering)
        else:
            for i in classes:
                covering[i, t] += 1.0


@inner_kernel
def _count(core, options, picked, multipliers, covering, used):
    """How many picked sites cover each class in each year, and how much of each limit they use.

    With scarce places: how often the picked sites' places go to each class.
    """
    covering[:] = 0.0
    used[:] = 0.0
    years = covering.shape[1]
    for k in range(len(picked)):
        o = picked[k]
        if o < 0:
            continue
        for r in range(len(used)):
            used[r] += options.use[o, r]
        start, end = options.year[o], options.until[o]
        _count_site(core, options, k, start, end, multipliers, covering)
        if options.then[o] >= 0:
            _count_site(core, options, options.then[o], end, years, multipliers, covering)


@inner_kernel
def _rest(worth, multipliers, options, price):
    return (worth - multipliers).sum() + (price * options.limit).sum()


@inner_kernel
def _norm(worth, options, state, scale):
    """Squared length of the mean subgradient, where multipliers and prices may follow it."""
    norm = 0.0
    for i in range(worth.shape[0]):
        for t in range(worth.shape[1]):
            v = state.covering[i, t] - 1.0
            at = state.multipliers[i, t]
            if not ((at <= 0 and v > 0) or (at >= worth[i, t] and v < 0)):
                norm += v * v
    for r in range(len(scale)):
        v = state.used[r] - options.limit[r]
        if not (state.price[r] <= 0 and v < 0):
            norm += scale[r] * v * v
    return norm


@inner_kernel
def _blend(options, state, now, taken, scale, limit):
    """Share of the new point in the mean, and whether it agrees with the step's direction."""
    cross = 0.0
    square = 0.0
    agree = 0.0
    for i in range(now.shape[0]):
        for t in range(now.shape[1]):
            d = now[i, t] - state.covering[i, t]
            v = state.covering[i, t] - 1.0
            cross += v * d
            square += d * d
            agree += v * (now[i, t] - 1.0)
    for r in range(len(taken)):
        d = taken[r] - state.used[r]
        v = state.used[r] - options.limit[r]
        cross += scale[r] * v * d
        square += scale[r] * d * d
        agree += scale[r] * v * (taken[r] - options.limit[r])
    return blend_weight(cross, square, limit), agree > 0


@kernel
def _walk(core, worth, options, state, steps, target, begin):
    """Steps of the volume algorithm; `state` is written to, the new `steps` returned."""
    site_ptr, site_idx = core
    years, scale = worth.shape[1], state.scale
    picked = np.empty(len(site_ptr) - 1, np.int64)
    value = np.zeros(len(options.year))
    if begin:
        _values(site_ptr, site_idx, options, state.multipliers, state.price, value)
        bound = _choose(options, value, picked)
        bound += _rest(worth, state.multipliers, options, state.price)
        _count(core, options, picked, state.multipliers, state.covering, state.used)
        state.shares[:] = 0.0
        for k in range(len(picked)):
            if picked[k] >= 0:
                state.shares[picked[k]] = 1.0
        state.value[:] = value
        steps = Steps(bound, steps.factor, steps.blend, steps.failures)
    multipliers = state.multipliers.copy()
    price = state.price.copy()
    now = np.empty_like(state.covering)
    taken = np.empty_like(state.used)
    for _ in range(_ROUND):
        best = steps.bound
        norm = _norm(worth, options, state, scale)
        if norm < NO_DIRECTION or best <= target:
            break
        step = steps.factor * max(best - target, 1e-7 * best) / norm
        for i in range(worth.shape[0]):
            for t in range(years):
                x = state.multipliers[i, t] - step * (state.covering[i, t] - 1.0)
                multipliers[i, t] = min(max(x, 0.0), worth[i, t])
        for r in range(len(price)):
            x = state.price[r] + step * scale[r] * (state.used[r] - options.limit[r])
            price[r] = max(x, 0.0)
        _values(site_ptr, site_idx, options, multipliers, price, value)
        bound = _choose(options, value, picked) + _rest(worth, multipliers, options, price)
        _count(core, options, picked, multipliers, now, taken)
        blend, agrees = _blend(options, state, now, taken, scale, steps.blend)
        if bound < best:
            state.multipliers[:] = multipliers
            state.price[:] = price
            state.value[:] = value
        steps = next_steps(steps, bound, bound < best, agrees)
        state.covering[:] += blend * (now - state.covering)
        state.used[:] += blend * (taken - state.used)
        state.shares[:] *= 1 - blend
        for k in range(len(picked)):
            if picked[k] >= 0:
                state.shares[picked[k]] += blend
    return steps


@kernel
def _first_prices(options, value, price, rounds):
    """Prices at which about as much is taken as there is, one limit after another."""
    picked = np.empty(len(options.ptr) - 1, np.int64)
    priced = value.copy()
    for _ in range(rounds):
        for r in range(len(price)):
            low, high = 0.0, 2.0 * value.max() + 1.0
            for _ in range(30):
                middle = (low + high) / 2
                for o in range(len(value)):
                    s = value[o] - middle * options.use[o, r]
                    for q in range(len(price)):
                        if q != r:
                            s -= price[q] * options.use[o, q]
                    priced[o] = s
                _choose(options, priced, picked)
                taken = 0.0
                for k in range(len(picked)):
                    if picked[k] >= 0:
                        taken += options.use[picked[k], r]
                if taken > options.limit[r]:
                    low = middle
                else:
                    high = middle
            price[r] = high


def solve_dual(
    openings: Openings,
    *,
    target: float,
    control: SolveControl,
    rounds: int = 4000,
    visit: Callable[[np.ndarray, np.ndarray], float] | None = None,
) -> OpeningDual:
    """Multipliers and prices whose bound is as small as the volume algorithm gets it.

    target : stop as soon as the bound falls to it. visit : called now and then with the relaxed
    shares per option and the prices; returns the target from then on.
    """
    options, worth, core = openings.options, openings.worth, openings.small.core
    limits, every = len(options.limit), len(options.year)
    # a price moves in people per site, a multiplier in people per class
    scale = np.full(limits, max(1.0, core.pairs / max(core.m, 1)))
    state = _State(
        # where places are scarce most of them are full: who gets one matters little
        multipliers=worth * (1.0 if np.isfinite(options.places).any() else 0.5),
        price=np.zeros(limits),
        covering=np.zeros_like(worth),
        used=np.zeros(limits),
        shares=np.zeros(every),
        value=np.zeros(every),
        scale=scale,
    )
    by_site = (core.site_ptr, core.site_idx)
    _values(*by_site, options, state.multipliers, state.price, state.value)
    if len(options.limit) and len(options.year):
        _first_prices(options, state.value, state.price, 3)
    steps, begin = Steps(np.inf, 0.1, 0.1, 0), True
    marks: list[float] = []
    done, resting = 0, np.inf
    while done < rounds and (control.left > 0 or not done):
        before = steps.bound
        steps = _walk(by_site, worth, options, state, steps, target, begin)
        begin = False
        done += _ROUND
        best = float(steps.bound)
        marks.append(best)
        if visit is not None:
            target = max(target, visit(state.shares, state.price))
        if best <= target:
            break
        if np.isfinite(before) and before - best < 1e-4 * abs(best):
            steps = steps._replace(blend=max(steps.blend / 2, 1e-4))
        if len(marks) > 8 and marks[-9] - best < 1e-5 * abs(best):
            if resting - best < 1e-4 * abs(best):
                break
            resting, steps, begin = best, Steps(best, 0.1, 0.1, 0), True
            marks.clear()
    best_of = np.zeros(core.m)
    site = openings.site
    np.maximum.at(best_of, site, state.value)
    return OpeningDual(
        bound=float(steps.bound),
        value=state.value,
        best=best_of,
        price=state.price,
        shares=state.shares,
    )
