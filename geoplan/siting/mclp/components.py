"""Parts of a covering problem that share nothing, solved alone and put together exactly.

Sites and classes of demand that no chain of covering pairs links share only the number of sites.
Each such component has a curve, people by number of sites, and the best way to share a number of
sites among curves is found by dynamic programming, whatever their form (Bellman 1957, *Dynamic
Programming*, ch. 1: the allocation problem). The same over the curves' bounds is a bound for the
whole; only those numbers of a component are solved which that bound rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geoplan.siting.mclp.incumbent import Goal, Incumbent
from geoplan.siting.mclp.local_search import greedy
from geoplan.siting.model.build_result import rounded_up
from geoplan.siting.model.core import Core
from geoplan.siting.model.counting import is_whole
from geoplan.siting.model.reduction import take_rows
from geoplan.siting.solver.control import SolveControl

#: solves a core of one component, as `solve_mclp` does
Solve = Callable[..., Incumbent]

#: with a component of more than this share of all covering pairs, dividing saves little
_LARGEST = 0.5
#: covering pairs up to which a component is proved, whatever gap is asked: that is sooner done than
#: several of its numbers within a gap
_SMALL_PAIRS = 20_000
#: how often the numbers that the bound rests on are solved
_ROUNDS = 12
#: times an equal share of the time left that one of them may take
_SHARE = 2.5


def components_of(core: Core) -> list[Core]:
    """The components, each with positions in `core` as its `sites`; [] where one is most of it."""
    cover = sparse.csr_matrix(
        (np.ones(core.pairs, bool), core.row_idx, core.row_ptr), (core.n, core.m)
    )
    linked = sparse.block_array([[None, cover], [cover.T, None]], format="csr")
    count, label = connected_components(linked, directed=False)
    row_label, site_label = label[: core.n], label[core.n :]
    pairs = np.bincount(row_label, weights=np.diff(core.row_ptr), minlength=count)
    if count < 2 or pairs.max() > _LARGEST * core.pairs:
        return []
    rows, row_at, new_row = _by_label(row_label, count)
    sites, site_at, new_site = _by_label(site_label, count)
    row_ptr, row_idx = take_rows(core.row_ptr, core.row_idx, rows, new_site)
    site_ptr, site_idx = take_rows(core.site_ptr, core.site_idx, sites, new_row)

    def part(k: int) -> Core:
        own, at = slice(row_at[k], row_at[k + 1]), slice(site_at[k], site_at[k + 1])
        of_rows, of_sites = row_ptr[own.start : own.stop + 1], site_ptr[at.start : at.stop + 1]
        people = core.weight[rows[own]]
        return Core(
            weight=people,
            row_ptr=of_rows - of_rows[0],
            row_idx=row_idx[of_rows[0] : of_rows[-1]],
            site_ptr=of_sites - of_sites[0],
            site_idx=site_idx[of_sites[0] : of_sites[-1]],
            sites=sites[at],
            group=core.group[rows[own]],
            cost=core.cost[sites[at]],
            base=0.0,
            reachable=float(people.sum()),
        )

    return [part(k) for k in range(count) if pairs[k]]


def _by_label(label: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions by label, where each label's begin, and each one's number within its label."""
    order = np.argsort(label, kind="stable")
    begin = np.concatenate([[0], np.cumsum(np.bincount(label, minlength=count))])
    number = np.empty(len(label), np.int64)
    number[order] = np.arange(len(label)) - begin[label[order]]
    return order, begin, number


@dataclass(kw_only=True, slots=True, eq=False)
class Component:
    """A component and what is known of it for 0, 1, ... sites.

    value, bound : people by number of sites. plans : the sites of each value, by position in the
    component. solved : what was found for the numbers that were solved.
    """

    core: Core
    value: np.ndarray
    bound: np.ndarray
    plans: list[np.ndarray]
    solved: dict[int, Incumbent] = field(default_factory=dict)

    @classmethod
    def start(cls, core: Core, most: int) -> Component:
        """The component with its greedy plans."""
        order = greedy(core, n_new=min(most, core.m))
        counts = range(len(order) + 1)
        value = np.array([core.covered(order[:k]) for k in counts])
        bound = np.full(len(value), value[0] + float(core.weight.sum()))
        bound[0] = 0.0
        return cls(core=core, value=value, bound=bound, plans=[order[:k] for k in counts])

    def solve_number(self, n_new: int, solve: Solve, control: SolveControl) -> None:
        """Make one number of sites known, and what follows of it for the others."""
        near = min(self.solved, key=lambda known: abs(known - n_new), default=None)
        other = None if near is None else self.solved[near]
        found = solve(
            self.core,
            n_new=n_new,
            control=control,
            start=None if other is None else other.chosen,
            dual=None if other is None else other.dual,
            bound=float(self.bound[n_new]),
            greedy_order=self.plans[-1],
        )
        self.solved[n_new] = found
        if found.dual is not None:
            self.bound = np.minimum(self.bound, found.dual.curve(len(self.bound) - 1))
        self.bound[: n_new + 1] = np.minimum(self.bound[: n_new + 1], found.bound)
        for k in range(n_new, len(self.value)):  # more sites never cover fewer people
            if found.value > self.value[k]:
                self.value[k], self.plans[k] = found.value, found.chosen
        whole = is_whole(self.core.weight)
        for k, value in enumerate(self.value):
            self.bound[k] = rounded_up(float(self.bound[k]), float(value), whole=whole)


def best_shares(curves: Sequence[np.ndarray], most: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest sum of one value of every curve, by sites in all from 0 to `most`.

    Returns
    -------
    values : per number of sites in all. steps : per curve and number in all, how many are its own
    where the curves after it have taken theirs.

    Examples
    --------
    >>> values, steps = best_shares([np.array([0.0, 5.0, 9.0]), np.array([0.0, 0.0, 12.0])], 3)
    >>> values, shares_of(steps, [3]).ravel()
    (array([ 0.,  5., 12., 17.]), array([1, 2]))
    """
    values, steps = np.zeros(most + 1), np.zeros((len(curves), most + 1), np.int64)
    for k, curve in enumerate(curves):
        own = curve[: most + 1]
        before = np.concatenate([np.full(len(own) - 1, -np.inf), values])
        every = np.lib.stride_tricks.sliding_window_view(before, len(own)) + own[::-1]
        at = every.argmax(axis=1)
        values = every[np.arange(most + 1), at]
        steps[k] = len(own) - 1 - at
    return values, steps


def shares_of(steps: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """How many sites each curve gets of each of some totals: curves x totals."""
    own, left = np.zeros((len(steps), len(totals)), np.int64), np.array(totals, np.int64)
    for k in range(len(steps) - 1, -1, -1):
        own[k] = steps[k, left]
        left -= own[k]
    return own


def solve_components(
    core: Core,
    parts: Sequence[Core],
    numbers: Sequence[int],
    *,
    solve: Solve,
    control: SolveControl,
) -> dict[int, Incumbent]:
    """Every number of sites of a core of several components.

    Parameters
    ----------
    parts : what `components_of` made of it. solve : for cores of one component.
    """
    most = min(max(numbers, default=0), core.m)
    known = [Component.start(part, most) for part in parts]
    order = greedy(core, n_new=most)
    of_site = np.empty(core.m, np.int64)
    for k, part in enumerate(parts):
        of_site[part.sites] = k
    first = np.zeros((len(parts), most + 1), np.int64)  # the greedy sites of each
    first[of_site[order], np.arange(1, len(order) + 1)] = 1
    first = first.cumsum(axis=1)
    wanted = {
        (k, int(n)) for k in range(len(parts)) for n in np.unique(first[k, _at(numbers, most)])
    }
    whole = is_whole(core.weight)
    for _ in range(_ROUNDS):
        _solve_all(known, sorted(wanted), solve, control)
        values, steps = best_shares([part.value for part in known], most)
        bounds, bound_steps = best_shares([part.bound for part in known], most)
        open_ = [
            n
            for n in np.unique(_at(numbers, most)).tolist()
            if not Goal(n_new=n, gap=control.gap, whole=whole).reached(
                Incumbent(chosen=order, value=values[n], bound=bounds[n], greedy=0.0)
            )
        ]
        wanted = {
            (k, n)
            for k, own in enumerate(shares_of(bound_steps, np.array(open_, np.int64)))
            for n in np.unique(own).tolist()
            if n not in known[k].solved
        }
        if not wanted:
            break
        if control.left <= 0:
            control.out_of_time()
            break
    found, totals = {}, _at(numbers, most)
    shares = shares_of(steps, totals).T.tolist()
    for n_new, at, own in zip(numbers, totals.tolist(), shares, strict=True):
        chosen = np.concatenate(
            [part.core.sites[part.plans[n]] for part, n in zip(known, own, strict=True)]
        )
        found[n_new] = Incumbent(
            chosen=chosen,
            value=core.covered(chosen),
            bound=float(bounds[at]),
            greedy=core.covered(order[:at]),
        )
    return found


def _at(numbers: Sequence[int], most: int) -> np.ndarray:
    return np.clip(np.asarray(numbers, np.int64), 0, most)


def _solve_all(
    known: Sequence[Component],
    wanted: Sequence[tuple[int, int]],
    solve: Solve,
    control: SolveControl,
) -> None:
    for at, (k, n_new) in enumerate(wanted):
        control.report("proof")
        # what the easy ones leave over goes to the hard ones
        share = control.part(_SHARE * control.left / (len(wanted) - at))
        small = known[k].core.pairs <= _SMALL_PAIRS
        known[k].solve_number(n_new, solve, share.with_(gap=0.0) if small else share)
