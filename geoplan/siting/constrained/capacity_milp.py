"""Who is served where, as columns and rows of a model with capacities.

A site with capacity for everybody who reaches it has a non-binding capacity: a class's people at
any such site are one column. Only where capacity is short there is a column per pair.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geoplan.siting.constrained.capacity_flow import CapacityFlow
from geoplan.siting.constrained.covering_model import CoveringModel
from geoplan.siting.constrained.site_constraints import add_capacity_rows, add_open_rows
from geoplan.siting.solver.control import SolveControl


def add_capacities(
    covering: CoveringModel, capacity: np.ndarray, *, every_link: bool = False
) -> None:
    """Columns of people served, and the rows that bind them to open sites and to capacities.

    Parameters
    ----------
    capacity : people that each site of the core serves.
    every_link : a row for every pair, also where the site's capacity implies it; a model whose
        capacities may be relaxed needs them.
    """
    core, model = covering.core, covering.model
    row_of = core.row_of
    limited = capacity < np.bincount(core.row_idx, weights=core.weight[row_of], minlength=core.m)
    counted = limited[core.row_idx]
    easy = np.unique(row_of[~counted])
    pair = np.flatnonzero(counted)
    row, site = row_of[pair], core.row_idx[pair]
    anywhere = model.add_columns(len(easy), upper=core.weight[easy])
    placed = model.add_columns(len(pair), upper=np.minimum(core.weight[row], capacity[site]))
    covering.served = np.concatenate([anywhere, placed])
    covering.people = np.ones(len(covering.served))
    covering.class_of = np.concatenate([easy, row])
    covering.pair = np.concatenate([np.full(len(easy), -1), pair])
    _limit_to_people(covering)
    _where_open(covering, anywhere, row_of[~counted], core.row_idx[~counted])
    fixed = covering.problem.is_fixed[core.sites]
    # nobody is served by a site that is not open (tight per pair: a good relaxation); where a
    # class is larger than the site the capacity row says as much
    tight = ~fixed[site] & (every_link | (core.weight[row] < capacity[site]))
    add_open_rows(model, placed[tight], covering.y[site[tight]], core.weight[row[tight]])
    add_capacity_rows(
        model,
        (placed, site),
        covering.y,
        np.where(limited, capacity, np.inf),
        covering.problem.site_index[core.sites],
    )


def _limit_to_people(covering: CoveringModel) -> None:
    """Rows: a class has no more people served than people."""
    order = np.argsort(covering.class_of, kind="stable")
    ptr = np.searchsorted(covering.class_of[order], np.arange(covering.core.n + 1))
    covering.model.add_rows(ptr, covering.served[order], 1.0, upper=covering.core.weight)


def _where_open(
    covering: CoveringModel, anywhere: np.ndarray, row: np.ndarray, site: np.ndarray
) -> None:
    """Rows: served without counting only where one of those sites is open."""
    first = np.flatnonzero(np.diff(row, prepend=-1))
    count = np.diff(np.append(first, len(row)))
    index = np.insert(covering.y[site], first, anywhere)
    factor = np.insert(-covering.core.weight[row], first, 1.0)
    ptr = np.concatenate([[0], np.cumsum(count + 1)])
    covering.model.add_rows(ptr, index, factor, upper=0.0)


def warm_start_from_flow(covering: CoveringModel, flow: CapacityFlow) -> np.ndarray:
    """A full column vector for the open sites and the people of `flow` (of the same core)."""
    core = covering.core
    x = np.zeros(covering.model.columns)
    x[covering.y] = flow.is_open
    counted = covering.pair >= 0
    x[covering.served[counted]] = flow.people[covering.pair[counted]]
    row_of = core.row_of
    easy = np.ones(core.pairs, bool)
    easy[covering.pair[counted]] = False
    people = np.bincount(row_of[easy], weights=flow.people[easy], minlength=core.n)
    x[covering.served[~counted]] = people[covering.class_of[~counted]]
    return x


def pair_people(covering: CoveringModel, x: np.ndarray) -> np.ndarray:
    """People per pair of the core in the column vector `x`."""
    core = covering.core
    amount = np.zeros(core.pairs)
    counted = covering.pair >= 0
    amount[covering.pair[counted]] = x[covering.served[counted]]
    row_of = core.row_of
    usable = x[covering.y[core.row_idx]] > 0.5
    usable[covering.pair[counted]] = False
    at = np.flatnonzero(usable)[::-1]
    first = np.full(core.n, -1, np.int64)
    first[row_of[at]] = at  # of several the first stays
    easy, people = covering.class_of[~counted], x[covering.served[~counted]]
    at = first[easy]
    amount[at[at >= 0]] = people[at >= 0]
    return amount


def add_submodular_cuts(
    covering: CoveringModel, capacity: np.ndarray, control: SolveControl
) -> None:
    """Rows: people served in a part of the city, by what each site alone would add there.

    A part is what full fixed sites join. What several sites add is never more than what each of
    them adds alone (Nemhauser and Wolsey 1981), and these rows are far tighter than those of single
    classes where a site reaches more people than it can free capacity for. The model is right
    without them: none are added when time is out before they are worked out.
    """
    core, model = covering.core, covering.model
    fixed = covering.problem.is_fixed[core.sites]
    row_of = core.row_of
    old = fixed[core.row_idx]
    graph = sparse.coo_matrix(
        (np.ones(old.sum()), (row_of[old], core.n + core.row_idx[old])),
        shape=(core.n + core.m,) * 2,
    )
    part = connected_components(graph, directed=False)[1][: core.n]
    joined = np.zeros(core.n, bool)
    joined[row_of[old]] = True
    flow = CapacityFlow(core, np.where(fixed, capacity, np.inf))
    for j in np.flatnonzero(fixed):
        flow.open(int(j))
    today = np.bincount(part, weights=core.weight - flow.unserved)
    added: dict[int, list[tuple[int, float]]] = {}
    for j in np.flatnonzero(~fixed):
        if control.left <= 0:
            return
        here = np.unique(part[core.classes_of(j)])
        with_j = flow.copy()
        with_j.open(int(j))
        came = np.bincount(part, weights=flow.unserved - with_j.unserved)
        for k in here:
            added.setdefault(int(k), []).append((int(j), min(float(came[k]), float(capacity[j]))))
    order = np.argsort(part[covering.class_of], kind="stable")
    cuts = np.searchsorted(part[covering.class_of][order], np.arange(len(today) + 1))
    for k in np.unique(part[joined]):
        gains = added.get(int(k), [])
        here = covering.served[order[cuts[k] : cuts[k + 1]]]
        sites = np.array([j for j, _ in gains], np.int64)
        gain = np.array([came for _, came in gains])
        model.add_row(
            np.concatenate([here, covering.y[sites]]),
            np.concatenate([np.ones(len(here)), -gain]),
            upper=float(today[k]),
        )
