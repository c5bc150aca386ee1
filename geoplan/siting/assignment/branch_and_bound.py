"""p-median to proof where few sites are in doubt: branch and bound on Lagrangian bounds.

Every node keeps its parent's multipliers and improves them by a few subgradient steps (Narula, Ogbu
and Samuelsson 1977, doi:10.1287/opre.25.4.709); what cannot be open or closed in a better solution
is fixed by reduced cost; the site about which the steps disagree most is branched on. Some hundred
nodes of some thousand operations each prove what a general solver needs seconds for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.assignment.instance import MedianInstance, MedianSolution
from geoplan.siting.assignment.lagrangian import dual_terms, subgradient
from geoplan.siting.assignment.weighted_costs import Csr
from geoplan.siting.solver.control import SolveControl
from geoplan.tolerances import BOUND_ROUNDING, BRANCHING_TIE, SAME_VALUE

#: pairs looked at before the tree is left to others: about a second
WORK = 400_000_000


#: subgradient steps per node
_STEPS = 30


class _Task(NamedTuple):
    """Costs by demand row, what a row without an open site costs, and how many sites open.

    step : distance between possible costs, else 0. gap : relative gap that is good enough.
    """

    by_demand: Csr
    penalty: float
    sites: int
    step: float
    gap: float


class _Tree(NamedTuple):
    """What the search writes to.

    state : per site, 1 open, -1 closed, 0 free. incumbent : bool per site. trail : the sites that
    are fixed, in order. Per depth: the best `multipliers`, the `site` branched on, its `phase` (0:
    closed first, 1: open first, 2: second side) and the length of the trail before it, `mark`.
    """

    state: np.ndarray
    incumbent: np.ndarray
    trail: np.ndarray
    multipliers: np.ndarray
    site: np.ndarray
    phase: np.ndarray
    mark: np.ndarray


class _Position(NamedTuple):
    """The state of the search: depth, length of the trail, whether to go down next.

    value : cost of the incumbent. nodes : looked at so far.
    """

    depth: int
    length: int
    down: bool
    value: float
    nodes: int


class _NodeArrays(NamedTuple):
    """Arrays of one node: reduced costs and openings, now and at the best multipliers; the rest."""

    reduced: np.ndarray
    best_reduced: np.ndarray
    is_open: np.ndarray
    best_open: np.ndarray
    often: np.ndarray
    free: np.ndarray
    multipliers: np.ndarray
    subgradient: np.ndarray


class _NodeBound(NamedTuple):
    """A node's bound, reduced costs of the last free site in and the first out, steps, pairs."""

    bound: float
    last_in: float
    first_out: float
    rounds: int
    seen: int


@inner_kernel
def _open_in_node(reduced, state, free, n_new, is_open):
    """Mark open sites and the `n_new` best free ones; their sum, last in, first out."""
    key = np.empty(len(free))
    total = 0.0
    for j in range(len(state)):
        is_open[j] = state[j] == 1
        if state[j] == 1:
            total += reduced[j]
    for a in range(len(free)):
        key[a] = reduced[free[a]]
    order = np.argsort(key)
    for a in range(n_new):
        is_open[free[order[a]]] = True
        total += key[order[a]]
    last = key[order[n_new - 1]] if n_new > 0 else -np.inf
    first = key[order[n_new]] if n_new < len(free) else np.inf
    return total, last, first


@inner_kernel
def _total_cost(task, is_open):
    ptr, idx, data = task.by_demand
    total = 0.0
    for i in range(len(ptr) - 1):
        cost = task.penalty
        for t in range(ptr[i], ptr[i + 1]):
            if is_open[idx[t]]:
                cost = data[t]
                break
        total += cost
    return total


@inner_kernel
def _cutoff(task, value):
    """What a bound must pass so that nothing better than `value` (by the gap) is left."""
    step = task.step
    need = value - step + BOUND_ROUNDING if step > 0 else value - SAME_VALUE * abs(value)
    return min(need, value * (1 - task.gap))


@inner_kernel
def _improve(task, tree, is_open, value):
    """Make `is_open` the incumbent if it costs less than `value`; the incumbent's cost."""
    cost = _total_cost(task, is_open)
    if cost < value - SAME_VALUE * abs(value):
        tree.incumbent[:] = is_open
        return cost
    return value


@inner_kernel
def _other_side(tree, depth, length):
    """Go back to the deepest site of which only one side was tried, and take the other one."""
    while depth >= 0 and tree.phase[depth] == 2:
        depth -= 1
    if depth < 0:
        return depth, length
    while length > tree.mark[depth]:
        length -= 1
        tree.state[tree.trail[length]] = 0
    # the first side was undone with the trail
    site = tree.site[depth]
    tree.state[site] = 1 if tree.phase[depth] == 0 else -1
    tree.phase[depth] = 2
    tree.trail[length] = site
    tree.multipliers[depth + 1] = tree.multipliers[depth]
    return depth + 1, length + 1


@inner_kernel
def _bound_node(task, multipliers, state, scratch, n_new, n_free, value):
    """Subgradient steps from a node's `multipliers`, which become the best ones."""
    by_demand, now = task.by_demand, scratch.multipliers
    free = scratch.free[:n_free]
    need = _cutoff(task, value)
    now[:] = multipliers
    scratch.often[:] = 0.0
    best, last, first = -np.inf, 0.0, 0.0
    scale = 0.6
    idle = 0
    rounds = 0
    seen = 0
    for _ in range(_STEPS):
        total, looked = dual_terms(by_demand, now, scratch.reduced)
        seen += looked
        added, into, out = _open_in_node(scratch.reduced, state, free, n_new, scratch.is_open)
        rounds += 1
        for j in free:
            if scratch.is_open[j]:
                scratch.often[j] += 1
        if total + added > best:
            best, last, first = total + added, into, out
            multipliers[:] = now
            scratch.best_reduced[:] = scratch.reduced
            scratch.best_open[:] = scratch.is_open
            idle = 0
            if best > need:
                break
        else:
            idle += 1
            if idle >= 4:
                scale *= 0.6
                idle = 0
        subgradient(by_demand, now, scratch.is_open, scratch.subgradient)
        norm = 0.0
        for g in scratch.subgradient:
            norm += g * g
        if norm < 0.5:  # everyone served once: this solution is the bound
            break
        move = scale * max(1.01 * value - (total + added), SAME_VALUE * abs(value)) / norm
        for i in range(len(now)):
            now[i] = max(now[i] + move * scratch.subgradient[i], 0.0)
    return _NodeBound(best, last, first, rounds, seen)


@inner_kernel
def _fix_by_reduced_cost(tree, scratch, n_free, found, need, length):
    """Fix what a better solution cannot do otherwise; the longer trail, and where to branch.

    The branching site is the one about which the steps disagree most, -1 where all is fixed.
    """
    choice = -1
    nearest = np.inf
    reduced = scratch.best_reduced
    for j in scratch.free[:n_free]:
        decided = 0
        if scratch.best_open[j]:
            if found.bound - reduced[j] + found.first_out > need:
                decided = 1
        elif found.bound + reduced[j] - found.last_in > need:
            decided = -1
        if decided != 0:
            tree.state[j] = decided
            tree.trail[length] = j
            length += 1
            continue
        doubt = abs(scratch.often[j] / found.rounds - 0.5)
        tie = doubt < nearest + BRANCHING_TIE
        if doubt < nearest - BRANCHING_TIE or (tie and reduced[j] < reduced[choice]):
            nearest = doubt
            choice = j
    return length, choice


@inner_kernel
def _free_sites(task, state, free):
    """List the free sites in `free`; how many, and how many of them are still to open."""
    n_free = 0
    n_open = 0
    for j in range(len(state)):
        if state[j] == 0:
            free[n_free] = j
            n_free += 1
        elif state[j] == 1:
            n_open += 1
    return n_free, task.sites - n_open


@inner_kernel
def _branch(tree, depth, length, site, open_first):
    """Take the first side of `site`, the one that the steps favour."""
    tree.site[depth] = site
    tree.mark[depth] = length
    tree.state[site] = 1 if open_first else -1
    tree.phase[depth] = 1 if open_first else 0
    tree.trail[length] = site
    tree.multipliers[depth + 1] = tree.multipliers[depth]


@inner_kernel
def _visit(task, tree, scratch, depth, length, value):
    """Bound a node; the incumbent's cost, length of the trail, pairs seen, and the branching site.

    The site is -1 where nothing better is left below.
    """
    n_free, n_new = _free_sites(task, tree.state, scratch.free)
    if n_new < 0 or n_free < n_new:
        return value, length, 0, -1, 0
    found = _bound_node(task, tree.multipliers[depth], tree.state, scratch, n_new, n_free, value)
    seen = found.seen
    if found.bound > _cutoff(task, value):
        return value, length, seen, -1, 0
    value = _improve(task, tree, scratch.best_open, value)
    seen += 4 * len(scratch.subgradient)
    need = _cutoff(task, value)
    if found.bound > need or n_new == 0 or n_free == n_new:
        return value, length, seen, -1, 0
    length, choice = _fix_by_reduced_cost(tree, scratch, n_free, found, need, length)
    if choice < 0:  # the one solution left is known, or may be better
        scratch.is_open[:] = tree.state == 1
        if scratch.is_open.sum() <= task.sites:
            value = _improve(task, tree, scratch.is_open, value)
        return value, length, seen, -1, 0
    return value, length, seen, choice, found.rounds


@kernel
def _search(task, tree, position, work):
    """Go on with the tree until it is empty or `work` pairs were looked at; the new position."""
    depth, length, down, value, nodes = position
    n, m = len(task.by_demand.ptr) - 1, len(tree.state)
    scratch = _NodeArrays(
        np.empty(m),
        np.empty(m),
        np.zeros(m, np.bool_),
        np.zeros(m, np.bool_),
        np.zeros(m),
        np.empty(m, np.int64),
        np.empty(n),
        np.empty(n),
    )
    seen = 0
    while seen < work:
        if not down:
            depth, length = _other_side(tree, depth, length)
            if depth < 0:
                break
        nodes += 1
        value, length, looked, choice, rounds = _visit(task, tree, scratch, depth, length, value)
        seen += looked
        down = choice >= 0
        if down:
            _branch(tree, depth, length, choice, scratch.often[choice] / rounds >= 0.5)
            length += 1
            depth += 1
        else:
            depth -= 1
    return _Position(depth, length, down, value, nodes)


def branch_and_bound(
    instance: MedianInstance,
    best: MedianSolution,
    multipliers: np.ndarray,
    *,
    control: SolveControl,
    work: int = WORK,
) -> tuple[MedianSolution, bool]:
    """Look for a solution better than `best`; the incumbent, and whether nothing better exists.

    Parameters
    ----------
    multipliers : per demand row, from a good Lagrangian bound.
    work : pairs of demand and site to look at, about 4e8 a second; counted, not timed, so that the
        solution is the same on any machine.
    """
    costs, free, fixed = instance.costs, instance.free, instance.fixed
    # rows without the sites that are closed for good
    rows = _rows_within(costs.by_demand, free | fixed)
    task = _Task(rows, costs.penalty, instance.sites, costs.step, control.gap)
    state = np.where(fixed, 1, np.where(free, 0, -1)).astype(np.int8)
    deepest = int((state == 0).sum()) + 2
    tree = _Tree(
        state=state,
        incumbent=best.is_open.copy(),
        trail=np.zeros(costs.n_sites + 1, np.int64),
        multipliers=np.empty((deepest, costs.n_demand)),
        site=np.zeros(deepest, np.int64),
        phase=np.zeros(deepest, np.int8),
        mark=np.zeros(deepest, np.int64),
    )
    tree.multipliers[0] = multipliers
    at = _Position(depth=0, length=0, down=True, value=float(best.value), nodes=0)
    part = 20_000_000
    done, spent = False, 0
    while not done and spent < work and control.left > 0:
        at = _search(task, tree, at, part)
        done = at.depth < 0 and not at.down
        spent += part
    facts = best.facts | {"nodes": at.nodes}
    return replace(best, is_open=tree.incumbent, value=float(at.value), facts=facts), done


def _rows_within(by_demand: Csr, usable: np.ndarray) -> Csr:
    """The rows with the pairs of `usable` sites only."""
    ptr, idx, data = by_demand
    keep = usable[idx]
    before = np.concatenate([[0], np.cumsum(keep)])
    return Csr(before[ptr], idx[keep], data[keep])
