"""Covering at a cost per site: branch and bound with Lagrangian bounds.

Which sites are worth most, the people that they cover less what they cost? The relaxation of
`geoplan.siting.mclp.lagrangian` has no number of sites here: a site opens when the multipliers of
its classes are worth more than it costs. A node decides on a group of like sites: none of them
opens, or at least one does (`geoplan.siting.mclp.site_groups`). Each node starts from its parent's
multipliers, so that some steps of the volume algorithm do, where a linear program over thousands of
classes with heavily overlapping sites takes seconds (Geoffrion 1974, doi:10.1007/BFb0120690). The
node of the largest bound comes next: whenever the work ends, that bound is what is proved.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.mclp.lagrangian import VolumeState, mean_blend, subgradient_norm
from geoplan.siting.mclp.local_search import greedy, interchange
from geoplan.siting.mclp.site_groups import SiteGroups, site_groups
from geoplan.siting.model.core import Core
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.volume import Steps, next_steps
from geoplan.tolerances import NO_DIRECTION, SAME_VALUE

#: steps of the volume algorithm at the root and at each further node (measured)
_ROOT_STEPS, _STEPS = 400, 150
#: shares are rounded to a solution at every so manieth node
_ROUND_EVERY = 20
_FREE, _OPEN, _CLOSED = 0, 1, -1


class _Rest(NamedTuple):
    """What open and closed sites leave undecided.

    weight, rows : per class left, its people and its position in the core. free : positions of the
    undecided sites. cost : of these. ptr, idx : their classes among those left. need_ptr, need_idx
    : groups (of positions in `free`) of which one must open.
    """

    weight: np.ndarray
    rows: np.ndarray
    free: np.ndarray
    cost: np.ndarray
    ptr: np.ndarray
    idx: np.ndarray
    need_ptr: np.ndarray
    need_idx: np.ndarray


@kernel
def _rest(cover, cost, state, need_ptr, need_idx):
    """The undecided part, and what the open sites are worth."""
    weight, site_ptr, site_idx, _, _ = cover
    place = np.full(len(weight), -1, np.int32)
    value = 0.0
    size = 0
    for j in range(len(cost)):
        if state[j] == _OPEN:
            value -= cost[j]
            for t in range(site_ptr[j], site_ptr[j + 1]):
                if place[site_idx[t]] == -1:
                    place[site_idx[t]] = -2  # covered
                    value += weight[site_idx[t]]
        elif state[j] == _FREE:
            size += site_ptr[j + 1] - site_ptr[j]
    free = np.flatnonzero(state == _FREE)
    rows = np.empty(len(weight), np.int64)
    ptr = np.zeros(len(free) + 1, np.int64)
    idx = np.empty(size, np.int32)
    k = 0
    a = 0
    for f in range(len(free)):
        for t in range(site_ptr[free[f]], site_ptr[free[f] + 1]):
            i = site_idx[t]
            if place[i] == -1:
                place[i] = k
                rows[k] = i
                k += 1
            if place[i] >= 0:
                idx[a] = place[i]
                a += 1
        ptr[f + 1] = a
    rows = rows[:k].copy()
    at = np.full(len(cost), -1, np.int64)
    at[free] = np.arange(len(free))
    inside = at[need_idx]
    return _Rest(weight[rows], rows, free, cost[free], ptr, idx[:a].copy(), need_ptr, inside), value


@inner_kernel
def _evaluate(rest, multipliers, worth, opens, now):
    """The relaxation's value; what sites are worth beyond their cost, which ones open and how often
    classes are covered are written to `worth`, `opens` and `now`.
    """
    value = 0.0
    for i in range(len(multipliers)):
        value += rest.weight[i] - multipliers[i]
    now[:] = 0.0
    for f in range(len(worth)):
        s = -rest.cost[f]
        for t in range(rest.ptr[f], rest.ptr[f + 1]):
            s += multipliers[rest.idx[t]]
        worth[f] = s
        opens[f] = s > 0
    for g in range(len(rest.need_ptr) - 1):
        top = rest.need_idx[rest.need_ptr[g]]
        for t in range(rest.need_ptr[g], rest.need_ptr[g + 1]):
            if worth[rest.need_idx[t]] > worth[top]:
                top = rest.need_idx[t]
        opens[top] = True
    for f in range(len(worth)):
        if opens[f]:
            value += worth[f]
            for t in range(rest.ptr[f], rest.ptr[f + 1]):
                now[rest.idx[t]] += 1.0
    return value


@kernel
def _relax(rest, target, dual, rounds):
    """At most `rounds` steps from the multipliers in `dual` (written to); the best bound."""
    multipliers = dual.multipliers.copy()
    worth = np.empty(len(dual.worth))
    opens = np.empty(len(dual.worth), np.bool_)
    now = np.empty(len(multipliers))
    bound = _evaluate(rest, multipliers, dual.worth, opens, dual.mean)
    dual.shares[:] = opens
    steps = Steps(bound, 0.1, 0.1, 0)
    for _ in range(rounds):
        best = steps.bound
        norm = subgradient_norm(rest.weight, dual)
        if norm < NO_DIRECTION or best <= target:
            break
        step = steps.factor * max(best - target, 1e-7 * abs(best)) / norm
        for i in range(len(multipliers)):
            x = dual.multipliers[i] - step * (dual.mean[i] - 1.0)
            multipliers[i] = min(max(x, 0.0), rest.weight[i])
        value = _evaluate(rest, multipliers, worth, opens, now)
        blend, agrees = mean_blend(dual, now, steps.blend)
        if value < best:
            dual.multipliers[:] = multipliers
            dual.worth[:] = worth
        steps = next_steps(steps, value, value < best, agrees)
        dual.mean[:] += blend * (now - dual.mean)
        dual.shares[:] += blend * (opens - dual.shares)
    return steps.bound


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Node:
    """Solutions with some sites open and some closed.

    bound : on their value. state : per site open, closed or free. needed : groups of which one
    site opens. multipliers : per class. shares : relaxed opening per site.
    """

    bound: float
    state: np.ndarray
    needed: list[int]
    multipliers: np.ndarray
    shares: np.ndarray


@dataclass(kw_only=True, slots=True, eq=False)
class CostedCover:
    """The search for the sites whose people are worth most beyond the sites' cost.

    core : `core.cost` is in people. tolerance : a bound so near to `value` is as good as proved.
    chosen, value : the best solution so far.
    """

    core: Core
    tolerance: float = 0.0
    chosen: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    value: float = 0.0
    done: int = 0
    waiting: list[tuple[float, int, _Node]] = field(default_factory=list)
    groups: SiteGroups = field(init=False)

    @property
    def bound(self) -> float:
        """No choice of sites is worth more."""
        reached = self.value + self.tolerance
        return max(reached, self.waiting[0][2].bound) if self.waiting else reached

    def run(
        self,
        *,
        multipliers: np.ndarray,
        start: np.ndarray,
        control: SolveControl,
        max_nodes: int,
    ) -> bool:
        """Search from the solution `start`; whether the bound is proved within the tolerance."""
        for size in range(len(start) + 3):
            self._try(greedy(self.core, n_new=size))
        self._try(start)
        self.groups = site_groups(self.core)
        root = _Node(
            bound=np.inf,
            state=np.zeros(self.core.m, np.int8),
            needed=[],
            multipliers=multipliers,
            shares=np.zeros(self.core.m),
        )
        self._add(root, root.state, [], _ROOT_STEPS)
        while self.waiting and control.left > 0 and self.done < max_nodes:
            _, _, node = heapq.heappop(self.waiting)
            if node.bound > self.value + self.tolerance:
                self._branch(node)
        return not self.waiting

    def _try(self, chosen: np.ndarray) -> None:
        for found in (chosen, interchange(self.core, chosen)):
            value = self.core.covered(found) - float(self.core.cost[found].sum())
            if value > self.value:
                self.chosen, self.value = found, value

    def _branch(self, node: _Node) -> None:
        """Without any site of a group, and with at least one."""
        if self.done % _ROUND_EVERY < 2:
            order = np.argsort(-node.shares, kind="stable")
            self._try(order[: round(float(node.shares.sum()))])
        is_free, is_open = node.state == _FREE, node.state == _OPEN
        group = self.groups.undecided(node.shares, is_free, is_open, node.needed)
        if group is None:
            self._try(np.flatnonzero(is_open))
            return
        without = node.state.copy()
        inside = self.groups.members(group)
        without[inside[is_free[inside]]] = _CLOSED
        self._add(node, without, node.needed)
        others = [other for other in node.needed if not self.groups.within(group, other)]
        self._add(node, node.state.copy(), [*others, group])

    def _still_needed(
        self, state: np.ndarray, needed: list[int]
    ) -> list[tuple[int, np.ndarray]] | None:
        """Groups that need a site still, with their free sites; None: one has none.

        Written to `state`: the last site that a group is left with opens.
        """
        still = []
        for group in needed:
            inside = self.groups.members(group)
            if (state[inside] == _OPEN).any():
                continue
            free = inside[state[inside] == _FREE]
            if not len(free):
                return None
            if len(free) == 1:
                state[free] = _OPEN
            else:
                still.append((group, free))
        return still

    def _add(
        self, parent: _Node, state: np.ndarray, needed: list[int], rounds: int = _STEPS
    ) -> None:
        """Bound a node and keep it, unless nothing better than the best is in it."""
        self.done += 1
        still = self._still_needed(state, needed)
        if still is None:
            return
        state[self.groups.no_use([free for _, free in still], state == _FREE)] = _CLOSED
        rest, fixed = _rest(self.core.cover, self.core.cost, state, *_runs(still))
        lowest = self.value + self.tolerance
        dual = VolumeState(
            np.clip(parent.multipliers[rest.rows].astype(float), 0.0, rest.weight),
            np.empty(len(rest.free)),
            np.zeros(len(rest.rows)),
            np.zeros(len(rest.free)),
        )
        found = fixed + float(_relax(rest, lowest - fixed, dual, rounds))
        if min(found, parent.bound) <= lowest:
            return
        _fix(state, rest, dual.worth, found, lowest)
        shares = (state == _OPEN).astype(np.float32)
        left = state[rest.free] == _FREE
        shares[rest.free[left]] = dual.shares[left]
        own = np.zeros(self.core.n, np.float32)
        own[rest.rows] = dual.multipliers
        node = _Node(
            bound=min(found, parent.bound),
            state=state,
            needed=[group for group, _ in still],
            multipliers=own,
            shares=shares,
        )
        heapq.heappush(self.waiting, (-node.bound, self.done, node))


def _fix(state: np.ndarray, rest: _Rest, worth: np.ndarray, found: float, lowest: float) -> None:
    """What solutions better than `lowest` must do, or must not, by the bound `found`."""
    change, opens = worth.copy(), worth > 0
    for group in range(len(rest.need_ptr) - 1):
        inside = rest.need_idx[rest.need_ptr[group] : rest.need_ptr[group + 1]]
        best = inside[np.argmax(worth[inside])]
        opens[best] = True
        if worth[best] <= 0:  # another one would open in its stead
            change[inside] -= worth[best]
    below = lowest - SAME_VALUE * max(1.0, abs(found))
    state[rest.free[~opens & (found + change < below)]] = _CLOSED
    state[rest.free[(worth > 0) & (found - worth < below)]] = _OPEN


def _runs(needed: list[tuple[int, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Where the sites of each needed group begin, and the sites one after another."""
    sites = [np.empty(0, np.int64), *(free for _, free in needed)]
    return np.cumsum([len(s) for s in sites]), np.concatenate(sites).astype(np.int64)
