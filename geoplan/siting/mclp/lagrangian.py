"""Lagrangian relaxation of the MCLP: a bound that no solution beats, and what follows from it.

The constraint that a class counts only where an open site covers it is relaxed with a multiplier
between nothing and the class's weight; a site is worth the multipliers of the classes it covers. At
any multipliers the weights beyond them plus the worth of the best `n_new` sites bound what `n_new`
sites can cover. The volume algorithm (Barahona and Anbil 2000, doi:10.1007/s101070050002), a
subgradient method, walks to good multipliers and finds an approximate relaxed solution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.model.core import Core
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.order import kth_smallest
from geoplan.siting.solver.volume import Steps, blend_weight, copy_into, next_steps
from geoplan.tolerances import NO_DIRECTION, SAME_VALUE


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MclpDual:
    """Multipliers per class and what they prove.

    multipliers : per class, 0..weight. worth : per site, the multipliers of its classes.
    constant : sum of the weights beyond the multipliers. shares : relaxed opening per site, 0..1,
    or None.
    """

    multipliers: np.ndarray
    worth: np.ndarray
    constant: float
    shares: np.ndarray | None = None

    def bound(self, n_new: int) -> float:
        """An upper bound on the people of all classes that `n_new` sites cover."""
        n_new = min(n_new, len(self.worth))
        if n_new <= 0:
            return 0.0
        top = np.partition(self.worth, len(self.worth) - n_new)[len(self.worth) - n_new :]
        return self.constant + float(top.sum())

    def curve(self, most: int) -> np.ndarray:
        """Upper bounds for 0, 1, ..., `most` sites."""
        top = np.sort(self.worth)[::-1][:most]
        out = np.full(most + 1, self.constant + float(top.sum()))
        out[: len(top) + 1] = self.constant + np.concatenate([[0.0], np.cumsum(top)])
        out[0] = 0.0
        return out


class VolumeState(NamedTuple):
    """The volume algorithm while it runs; all arrays are written to.

    multipliers, worth : those of the best bound, per class and per site. mean, shares : the relaxed
    solution, coverings per class and openings per site.
    """

    multipliers: np.ndarray
    worth: np.ndarray
    mean: np.ndarray
    shares: np.ndarray


@kernel
def _worth(cover, multipliers, worth):
    _, site_ptr, site_idx, _, _ = cover
    for j in range(len(site_ptr) - 1):
        s = 0.0
        for t in range(site_ptr[j], site_ptr[j + 1]):
            s += multipliers[site_idx[t]]
        worth[j] = s


@inner_kernel
def _pick(worth, n_new, top):
    """The `n_new` sites of most worth into `top` (ties: smaller position); their worth."""
    m = len(worth)
    edge = kth_smallest(worth, m - n_new)
    k = 0
    s = 0.0
    for j in range(m):
        if worth[j] > edge:
            top[k] = j
            s += worth[j]
            k += 1
    for j in range(m):
        if k == n_new:
            break
        if worth[j] == edge:
            top[k] = j
            s += edge
            k += 1
    return s


@inner_kernel
def _count(cover, top, out):
    """How many of the sites `top` cover each class, into `out`."""
    _, site_ptr, site_idx, _, _ = cover
    out[:] = 0.0
    for a in range(len(top)):
        for t in range(site_ptr[top[a]], site_ptr[top[a] + 1]):
            out[site_idx[t]] += 1.0


@inner_kernel
def _start(cover, dual, top):
    """Relaxed solution at the first multipliers; returns its bound."""
    _worth(cover, dual.multipliers, dual.worth)
    s = _pick(dual.worth, len(top), top)
    bound = s + (cover.weight - dual.multipliers).sum()
    _count(cover, top, dual.mean)
    dual.shares[:] = 0.0
    for a in range(len(top)):
        dual.shares[top[a]] = 1.0
    return bound


@inner_kernel
def subgradient_norm(weight, dual):
    """Squared length of the mean subgradient, where the multipliers may follow it."""
    norm = 0.0
    for i in range(len(weight)):
        v = dual.mean[i] - 1.0
        at = dual.multipliers[i]
        if (at <= 0 and v > 0) or (at >= weight[i] and v < 0):
            continue
        norm += v * v
    return norm


@inner_kernel
def mean_blend(dual, now, limit):
    """Share of the new point in the mean, and whether it agrees with the direction of the step."""
    cross = 0.0
    square = 0.0
    agree = 0.0
    for i in range(len(now)):
        d = now[i] - dual.mean[i]
        v = dual.mean[i] - 1.0
        cross += v * d
        square += d * d
        agree += v * (now[i] - 1.0)
    return blend_weight(cross, square, limit), agree > 0


@kernel
def _volume(cover, n_new, target, dual, steps, begin):
    """100 steps of the volume algorithm; `dual` is written to, the new `steps` returned.

    begin : from the multipliers in `dual` afresh.
    """
    weight = cover.weight
    n = len(weight)
    multipliers = dual.multipliers.copy()
    worth = np.empty(len(dual.worth))
    top = np.empty(n_new, np.int64)
    now = np.empty(n)
    if begin:
        steps = Steps(_start(cover, dual, top), steps.factor, steps.blend, steps.failures)
    for _ in range(100):
        best = steps.bound
        norm = subgradient_norm(weight, dual)
        if norm < NO_DIRECTION or best <= target:
            break
        step = steps.factor * max(best - target, 1e-7 * best) / norm
        rest = 0.0
        for i in range(n):
            x = dual.multipliers[i] - step * (dual.mean[i] - 1.0)
            x = min(max(x, 0.0), weight[i])
            multipliers[i] = x
            rest += weight[i] - x
        _worth(cover, multipliers, worth)
        value = rest + _pick(worth, n_new, top)
        _count(cover, top, now)
        blend, agrees = mean_blend(dual, now, steps.blend)
        if value < best:
            copy_into(dual.multipliers, multipliers)
            copy_into(dual.worth, worth)
        steps = next_steps(steps, value, value < best, agrees)
        for i in range(n):
            dual.mean[i] += blend * (now[i] - dual.mean[i])
        for j in range(len(dual.shares)):
            dual.shares[j] *= 1 - blend
        for a in range(n_new):
            dual.shares[top[a]] += blend
    return steps


def solve_dual(
    core: Core,
    *,
    n_new: int,
    target: float,
    control: SolveControl,
    start: np.ndarray | None = None,
    rounds: int = 6000,
    patience: float = 2e-6,
    visit: Callable[[np.ndarray], float] | None = None,
) -> MclpDual:
    """Multipliers whose bound for `n_new` sites is as small as the volume algorithm gets it.

    Parameters
    ----------
    target : stop as soon as the bound falls to it (people of the classes that a solution covers).
    start : multipliers to begin with, for example those of one site less.
    rounds : most steps; the work is counted, not timed, so that the solution is the same anywhere.
    patience : stop when 400 steps improve the bound by less than this share.
    visit : called every 100 steps with the relaxed shares per site; returns the target from then
        on (the place to round the shares to a solution: they get better all the time).
    """
    n_new = min(n_new, core.m)
    dual = VolumeState(
        core.weight * 0.5 if start is None else np.clip(start, 0.0, core.weight),
        np.empty(core.m),
        np.zeros(core.n),
        np.zeros(core.m),
    )
    steps, begin = Steps(np.inf, 0.1, 0.1, 0), True
    marks: list[float] = []
    done, resting = 0, np.inf
    while n_new > 0 and core.n and done < rounds and (control.left > 0 or not done):
        before = steps.bound
        steps = _volume(core.cover, n_new, target, dual, steps, begin)
        begin = False
        done += 100
        best = float(steps.bound)
        marks.append(best)
        if visit is not None:
            target = max(target, visit(dual.shares))
        if best <= target:
            break
        if np.isfinite(before) and before - best < 1e-4 * abs(best):
            steps = steps._replace(blend=max(steps.blend / 2, 1e-4))
        if len(marks) > 4 and marks[-5] - best < patience * abs(best):
            # a fresh start from the same multipliers gets further, as long as the last one did
            if resting - best < 1e-5 * abs(best):
                break
            resting, steps, begin = best, Steps(best, 0.1, 0.1, 0), True
            marks.clear()
    constant = float((core.weight - dual.multipliers).sum())
    if not (n_new > 0 and core.n):
        _worth(core.cover, dual.multipliers, dual.worth)
    return MclpDual(
        multipliers=dual.multipliers, worth=dual.worth, constant=constant, shares=dual.shares
    )


def mclp_reduced_cost_fixing(
    dual: MclpDual, *, n_new: int, need: float
) -> tuple[np.ndarray, np.ndarray]:
    """Sites that no solution of at least `need` people opens, and sites that every such one does.

    Returns
    -------
    never, always : bool per site.
    """
    m = len(dual.worth)
    never, always = np.zeros(m, bool), np.zeros(m, bool)
    if not 0 < n_new < m:
        return never, always
    order = np.argsort(-dual.worth, kind="stable")
    inside = np.zeros(m, bool)
    inside[order[:n_new]] = True
    last, following = dual.worth[order[n_new - 1]], dual.worth[order[n_new]]
    bound = dual.constant + float(dual.worth[order[:n_new]].sum())
    slack = SAME_VALUE * max(1.0, abs(bound))
    never = ~inside & (bound - (last - dual.worth) < need - slack)
    always = inside & (bound - (dual.worth - following) < need - slack)
    return never, always


def coverage_bounds(
    problem: SitingProblem, *, sites: int, target: float = 0.0, time_limit_s: float = 10.0
) -> np.ndarray:
    """Upper bounds on the people that 0, 1, ..., `sites` new sites of `problem` cover.

    For a problem that was solved over a part of the candidates: how much better could a solution
    over all of them be? Constraints beyond the number of sites can only lower what is covered, so
    the bound holds under them too.

    Parameters
    ----------
    problem : with all candidates.
    sites : most new sites, beyond the fixed ones; the bound for this many is made small.
    target : people that a solution covers; the search for a smaller bound stops there.

    Examples
    --------
    >>> import numpy as np
    >>> cover = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1]], bool)
    >>> problem = SitingProblem.from_cover(cover, [10, 20, 30])
    >>> bounds = coverage_bounds(problem, sites=2)
    >>> len(bounds), bool(50 <= bounds[1] <= 60), bool(bounds[2] >= 60 - 1e-6)
    (3, True, True)
    """
    control = SolveControl(time_limit_s=time_limit_s)
    core = reduce_problem(problem)
    dual = solve_dual(core, n_new=sites, target=target - core.base, control=control)
    return np.minimum(core.base + dual.curve(sites), core.reachable)
