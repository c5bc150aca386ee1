"""Swapping sites of a p-median answer while the rules about sites hold."""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
from scipy import sparse

from geoplan.siting.assignment.weighted_costs import WeightedCosts, nearest_of_all
from geoplan.siting.model.constraints import Constraints, site_money
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.control import SolveControl


@nb.njit(cache=True, nogil=True)
def _swap_terms(costs, is_open, entering, position, n_open):  # type: ignore[no-untyped-def]
    """Gain of each entering site, loss of each open one, and how the first relieves the second.

    position : of each open site among the `n_open` open ones.
    """
    near = nearest_of_all(costs, is_open)
    loss = np.zeros(n_open)
    for i in range(len(near.site)):
        if near.site[i] >= 0:
            loss[position[near.site[i]]] += near.second[i] - near.cost[i]
    ptr, idx, data = costs.by_site
    gain = np.zeros(len(entering))
    relief = np.zeros((len(entering), n_open))
    for q in range(len(entering)):
        k = entering[q]
        for t in range(ptr[k], ptr[k + 1]):
            i = idx[t]
            v = data[t]
            if v < near.cost[i]:
                gain[q] += near.cost[i] - v
                if near.site[i] >= 0:
                    relief[q, position[near.site[i]]] += near.second[i] - near.cost[i]
            elif v < near.second[i] and near.site[i] >= 0:
                relief[q, position[near.site[i]]] += near.second[i] - v
    return gain, loss, relief


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SiteLimits:
    """The rules about sites, ready for many quick questions.

    rivals : sites x sites, who may not stand with whom. area : number of a site's area (0 = none
    that asks for sites). least : sites that each area must have.
    """

    rivals: sparse.csr_matrix
    area: np.ndarray
    least: np.ndarray
    money: np.ndarray
    budget: float
    most: int

    @classmethod
    def of(cls, problem: SitingProblem, rules: Constraints, most: int) -> SiteLimits:
        """The limits of a problem under `rules`; at most `most` sites."""
        m, pairs = problem.n_sites, problem.conflicts
        both = np.concatenate([pairs, pairs[:, ::-1]])
        rivals = sparse.csr_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(m, m))
        codes = list(rules.area_sites)
        area = np.zeros(m, np.int64)
        if codes and problem.site_areas is not None:
            number = {code: k + 1 for k, code in enumerate(codes)}
            area = np.array([number.get(c, 0) for c in problem.site_areas], np.int64)
        return cls(
            rivals=rivals,
            area=area,
            least=np.array([0, *(rules.area_sites[c] for c in codes)], np.int64),
            money=site_money(problem) if rules.budget is not None else np.zeros(m),
            budget=np.inf if rules.budget is None else rules.budget * (1 + 1e-12),
            most=most,
        )

    def may_swap(self, is_open: np.ndarray, coming: np.ndarray, going: np.ndarray) -> np.ndarray:
        """Bool, coming x going: whether the rules hold after that swap."""
        clash = np.asarray(self.rivals @ is_open.astype(float)).ravel()[coming][:, None]
        ok = clash - self.rivals[coming][:, going].toarray() < 0.5
        count = np.bincount(self.area[is_open], minlength=len(self.least))
        spare = count[self.area[going]] > self.least[self.area[going]]
        ok &= spare[None, :] | (self.area[coming][:, None] == self.area[going][None, :])
        spent = self.money[is_open].sum() + self.money[coming][:, None] - self.money[going][None, :]
        return ok & (spent <= self.budget)

    def may_add(self, is_open: np.ndarray, coming: np.ndarray) -> np.ndarray:
        """Bool per coming site: whether the rules hold with it beside the open ones."""
        if is_open.sum() >= self.most:
            return np.zeros(len(coming), bool)
        clash = np.asarray(self.rivals @ is_open.astype(float)).ravel()[coming]
        spent = self.money[is_open].sum() + self.money[coming]
        return (clash < 0.5) & (spent <= self.budget)


def swap_ruled(
    a: WeightedCosts,
    start: np.ndarray,
    *,
    fixed: np.ndarray,
    allowed: np.ndarray,
    limits: SiteLimits,
    control: SolveControl,
) -> np.ndarray:
    """`start`, which keeps the rules, improved by the best swap or addition until none helps."""
    is_open = start.copy()
    while control.left > 0:
        coming = np.flatnonzero(allowed & ~is_open)
        opened = np.flatnonzero(is_open)
        if not len(coming) or not len(opened):
            break
        place = np.full(len(is_open), -1, np.int64)
        place[opened] = np.arange(len(opened))
        gain, loss, relief = _swap_terms(a, is_open, coming, place, len(opened))
        going = np.flatnonzero(~fixed[opened])
        saved = gain[:, None] + relief[:, going] - loss[going][None, :]
        saved[~limits.may_swap(is_open, coming, opened[going])] = -np.inf
        added = np.where(limits.may_add(is_open, coming), gain, -np.inf)
        best_add = int(np.argmax(added))
        best_swap = int(np.argmax(saved)) if saved.size else -1
        swap_worth = saved.flat[best_swap] if best_swap >= 0 else -np.inf
        if max(added[best_add], swap_worth) <= 1e-9 * (1.0 + float(loss.sum())):
            break
        if added[best_add] >= swap_worth:
            is_open[coming[best_add]] = True
            continue
        row, column = divmod(best_swap, len(going))
        is_open[coming[row]] = True
        is_open[opened[going[column]]] = False
    return is_open


def without_idle(
    a: WeightedCosts, is_open: np.ndarray, *, keep: np.ndarray, limits: SiteLimits
) -> np.ndarray:
    """`is_open` without new sites that nobody goes to and no area asks for, dearest first."""
    kept = is_open.copy()
    chosen = np.flatnonzero(is_open & ~keep)
    for j in chosen[np.argsort(-limits.money[chosen], kind="stable")]:
        count = int((kept & (limits.area == limits.area[j])).sum())
        if limits.area[j] and count <= limits.least[limits.area[j]]:
            continue
        kept[j] = False
        # who goes there, and what their next best would cost them more: nearly always a lot
        here = slice(a.by_site.ptr[j], a.by_site.ptr[j + 1])
        rows, own = a.by_site.idx[here], a.by_site.data[here]
        lost = 0.0
        for i, cost in zip(rows, own, strict=True):
            lost += max(_cheapest(a, i, kept) - cost, 0.0)
            if lost > 1e-3:  # in people x metres or minutes: a matter of rounding below
                kept[j] = True
                break
    return kept


def _cheapest(a: WeightedCosts, row: int, is_open: np.ndarray) -> float:
    here = slice(a.by_demand.ptr[row], a.by_demand.ptr[row + 1])
    at = np.flatnonzero(is_open[a.by_demand.idx[here]])
    return float(a.by_demand.data[here][at[0]]) if len(at) else np.inf
