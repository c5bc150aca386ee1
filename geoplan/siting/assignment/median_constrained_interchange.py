"""Interchange for p-median while the constraints on sites hold: the best swap or addition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from geoplan.kernels import kernel
from geoplan.siting.assignment.instance import MedianInstance
from geoplan.siting.assignment.weighted_costs import Csr, WeightedCosts, nearest_of_all
from geoplan.siting.model.constraints import Constraints, site_money
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.control import SolveControl
from geoplan.tolerances import SAME_VALUE


@kernel
def _swap_terms(costs, is_open, entering, position, n_open):
    """Gain of each entering site, loss of each open one, and their correction term.

    extra : the correction term, as in Resende & Werneck.

    position : of each open site among the `n_open` open ones.
    """
    near = nearest_of_all(costs, is_open)
    loss = np.zeros(n_open)
    for i in range(len(near.site)):
        if near.site[i] >= 0:
            loss[position[near.site[i]]] += near.second[i] - near.cost[i]
    ptr, idx, data = costs.by_site
    gain = np.zeros(len(entering))
    extra = np.zeros((len(entering), n_open))
    for q in range(len(entering)):
        k = entering[q]
        for t in range(ptr[k], ptr[k + 1]):
            i = idx[t]
            v = data[t]
            if v < near.cost[i]:
                gain[q] += near.cost[i] - v
                if near.site[i] >= 0:
                    extra[q, position[near.site[i]]] += near.second[i] - near.cost[i]
            elif v < near.second[i] and near.site[i] >= 0:
                extra[q, position[near.site[i]]] += near.second[i] - v
    return gain, loss, extra


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SiteConstraints:
    """The constraints on sites, as arrays for many quick tests.

    rivals : sites x sites, which may not be open together. area : number of a site's area (0 = none
    that asks for sites). least : sites that each area must have.
    """

    rivals: sparse.csr_matrix
    area: np.ndarray
    least: np.ndarray
    money: np.ndarray
    budget: float
    most: int

    @classmethod
    def of(cls, problem: SitingProblem, constraints: Constraints, most: int) -> SiteConstraints:
        """The limits of a problem under `constraints`; at most `most` sites."""
        m, pairs = problem.n_sites, problem.conflicts
        both = np.concatenate([pairs, pairs[:, ::-1]])
        rivals = sparse.csr_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(m, m))
        codes = list(constraints.area_sites)
        area = np.zeros(m, np.int64)
        if codes and problem.site_areas is not None:
            number = {code: k + 1 for k, code in enumerate(codes)}
            area = np.array([number.get(c, 0) for c in problem.site_areas], np.int64)
        return cls(
            rivals=rivals,
            area=area,
            least=np.array([0, *(constraints.area_sites[c] for c in codes)], np.int64),
            money=site_money(problem) if constraints.budget is not None else np.zeros(m),
            budget=constraints.most_money,
            most=most,
        )

    def may_swap(
        self, is_open: np.ndarray, entering: np.ndarray, leaving: np.ndarray
    ) -> np.ndarray:
        """Bool, entering x leaving: whether the constraints hold after that swap."""
        clash = np.asarray(self.rivals @ is_open.astype(float)).ravel()[entering][:, None]
        ok = clash - self.rivals[entering][:, leaving].toarray() < 0.5
        count = np.bincount(self.area[is_open], minlength=len(self.least))
        spare = count[self.area[leaving]] > self.least[self.area[leaving]]
        ok &= spare[None, :] | (self.area[entering][:, None] == self.area[leaving][None, :])
        spent = self.money[is_open].sum() + self.money[entering][:, None]
        return ok & (spent - self.money[leaving][None, :] <= self.budget)

    def may_close(self, is_open: np.ndarray, j: int) -> bool:
        """Whether the area of the open site j has enough sites without it."""
        count = int((is_open & (self.area == self.area[j])).sum())
        return not self.area[j] or count > int(self.least[self.area[j]])

    def may_add(self, is_open: np.ndarray, entering: np.ndarray) -> np.ndarray:
        """Bool per entering site: whether the constraints hold with it beside the open ones."""
        if is_open.sum() >= self.most:
            return np.zeros(len(entering), bool)
        clash = np.asarray(self.rivals @ is_open.astype(float)).ravel()[entering]
        spent = self.money[is_open].sum() + self.money[entering]
        return (clash < 0.5) & (spent <= self.budget)


def constrained_interchange(
    instance: MedianInstance,
    start: np.ndarray,
    *,
    limits: SiteConstraints,
    control: SolveControl,
) -> np.ndarray:
    """`start`, which keeps the constraints, improved by the best swap or addition, repeatedly."""
    costs, fixed, allowed = instance.costs, instance.fixed, instance.free | instance.fixed
    is_open = start.copy()
    while control.left > 0:
        entering = np.flatnonzero(allowed & ~is_open)
        opened = np.flatnonzero(is_open)
        if not len(entering) or not len(opened):
            break
        position = np.full(len(is_open), -1, np.int64)
        position[opened] = np.arange(len(opened))
        gain, loss, extra = _swap_terms(costs, is_open, entering, position, len(opened))
        leaving = np.flatnonzero(~fixed[opened])
        saved = gain[:, None] + extra[:, leaving] - loss[leaving][None, :]
        saved[~limits.may_swap(is_open, entering, opened[leaving])] = -np.inf
        added = np.where(limits.may_add(is_open, entering), gain, -np.inf)
        best_add = int(np.argmax(added))
        best_swap = int(np.argmax(saved)) if saved.size else -1
        swap_worth = saved.flat[best_swap] if best_swap >= 0 else -np.inf
        if max(added[best_add], swap_worth) <= SAME_VALUE * (1.0 + float(loss.sum())):
            break
        if added[best_add] >= swap_worth:
            is_open[entering[best_add]] = True
            continue
        row, column = divmod(best_swap, len(leaving))
        is_open[entering[row]] = True
        is_open[opened[leaving[column]]] = False
    return is_open


def drop_idle_sites(
    costs: WeightedCosts, is_open: np.ndarray, *, keep: np.ndarray, limits: SiteConstraints
) -> np.ndarray:
    """`is_open` without new sites that nobody goes to and no area asks for, dearest first."""
    kept = is_open.copy()
    rounding = SAME_VALUE * costs.total(is_open)
    chosen = np.flatnonzero(is_open & ~keep)
    for j in chosen[np.argsort(-limits.money[chosen], kind="stable")]:
        if not limits.may_close(kept, j):
            continue
        kept[j] = False
        # who goes there, and what their next best would cost them more: nearly always a lot
        here = slice(costs.by_site.ptr[j], costs.by_site.ptr[j + 1])
        lost = 0.0
        for i, cost in zip(costs.by_site.idx[here], costs.by_site.data[here], strict=True):
            lost += max(_cheapest(costs.by_demand, i, kept) - cost, 0.0)
            if lost > rounding:
                kept[j] = True
                break
    return kept


def _cheapest(by_demand: Csr, row: int, is_open: np.ndarray) -> float:
    here = slice(by_demand.ptr[row], by_demand.ptr[row + 1])
    at = np.flatnonzero(is_open[by_demand.idx[here]])
    return float(by_demand.data[here][at[0]]) if len(at) else np.inf
