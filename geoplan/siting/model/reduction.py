"""Making a covering problem small without changing its solution.

Demand rows with equal cover sets become one class (found by hashing, verified element by element);
rows that need no decision (covered by a fixed site, beyond every allowed site, nobody there) leave;
a site whose classes another site covers too, at no more cost, leaves.
"""

from __future__ import annotations

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.model.core import Core
from geoplan.siting.model.dominance import dominated_sites
from geoplan.siting.model.problem import SitingProblem


@kernel
def _hash_rows(ptr, idx, key, allowed, fixed, wanted, group, group_key):
    """Per row: hash of its allowed sites, their number, and whether a fixed site covers it."""
    n = len(ptr) - 1
    code = np.zeros(n, np.uint64)
    count = np.zeros(n, np.int32)
    covered = np.zeros(n, np.bool_)
    for i in range(n):
        if not wanted[i]:
            continue
        h = group_key[group[i]]
        c = 0
        for t in range(ptr[i], ptr[i + 1]):
            j = idx[t]
            if fixed[j]:
                covered[i] = True
            elif allowed[j]:
                h += key[j]
                c += 1
        code[i] = h
        count[i] = c
    return code, count, covered


@inner_kernel
def _same_row(ptr, idx, allowed, a, b):
    s, e = ptr[a], ptr[a + 1]
    u, v = ptr[b], ptr[b + 1]
    while True:
        while s < e and not allowed[idx[s]]:
            s += 1
        while u < v and not allowed[idx[u]]:
            u += 1
        if s == e or u == v:
            return s == e and u == v
        if idx[s] != idx[u]:
            return False
        s += 1
        u += 1


@kernel
def _merge_runs(order, code, ptr, idx, allowed, group, label):
    """Number the classes along `order` (rows sorted by hash); returns one row of each class."""
    first_of = np.empty(len(order), np.int64)
    k = 0
    run = 0  # first class of the run of equal hashes
    for q in range(len(order)):
        i = order[q]
        if q == 0 or code[i] != code[order[q - 1]]:
            run = k
        found = -1
        for c in range(run, k):
            r = first_of[c]
            if group[r] == group[i] and _same_row(ptr, idx, allowed, r, i):
                found = c
                break
        if found < 0:
            found = k
            first_of[k] = i
            k += 1
        label[i] = found
    return first_of[:k].copy()


@kernel
def take_rows(ptr, idx, rows, new_site):
    """CSR of `rows` with the columns renumbered by `new_site` (-1 = dropped)."""
    out = np.zeros(len(rows) + 1, np.int64)
    for k in range(len(rows)):
        c = 0
        for t in range(ptr[rows[k]], ptr[rows[k] + 1]):
            if new_site[idx[t]] >= 0:
                c += 1
        out[k + 1] = out[k] + c
    col = np.empty(out[-1], np.int32)
    a = 0
    for k in range(len(rows)):
        for t in range(ptr[rows[k]], ptr[rows[k] + 1]):
            j = new_site[idx[t]]
            if j >= 0:
                col[a] = j
                a += 1
    return out, col


@kernel
def transpose(ptr, idx, width):
    """The transpose: for a CSR with `width` columns, pointer and ascending row numbers."""
    out = np.zeros(width + 1, np.int64)
    for t in range(len(idx)):
        out[idx[t] + 1] += 1
    for j in range(width):
        out[j + 1] += out[j]
    at = out[:-1].copy()
    row = np.empty(len(idx), np.int32)
    for i in range(len(ptr) - 1):
        for t in range(ptr[i], ptr[i + 1]):
            row[at[idx[t]]] = i
            at[idx[t]] += 1
    return out, row


def merge_rows(
    ptr: np.ndarray,
    idx: np.ndarray,
    weight: np.ndarray,
    *,
    allowed: np.ndarray,
    fixed: np.ndarray,
    group: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classes of rows with equal allowed sites and group.

    Returns
    -------
    rows : one row of each class; label : class of every row, -1 beyond reach or without weight,
    -2 covered by a fixed site; people : weight per class.
    """
    keys = np.random.default_rng(20210904).integers(1, 2**63, len(allowed) + 1, dtype=np.uint64)
    groups = int(group.max()) + 1 if len(group) else 1
    group_key = np.random.default_rng(7).integers(1, 2**63, groups, dtype=np.uint64)
    free = allowed & ~fixed
    wanted = weight > 0
    code, count, covered = _hash_rows(ptr, idx, keys, free, fixed, wanted, group, group_key)
    label = np.full(len(weight), -1, np.int64)
    label[covered] = -2
    open_rows = np.flatnonzero((count > 0) & ~covered)
    order = open_rows[np.argsort(code[open_rows], kind="stable")]
    rows = _merge_runs(order, code, ptr, idx, free, group, label)
    # classes in the order of their first row: the same numbering whatever the hashes
    place = np.argsort(rows, kind="stable")
    number = np.empty(len(rows), np.int64)
    number[place] = np.arange(len(rows))
    mask = label >= 0
    label[mask] = number[label[mask]]
    people = np.bincount(label[mask], weights=weight[mask], minlength=len(rows))
    return rows[place], label, people


def reduce_problem(
    problem: SitingProblem,
    *,
    group: np.ndarray | None = None,
    drop_sites: bool = True,
    keep: np.ndarray | None = None,
    kind: np.ndarray | None = None,
    cost: np.ndarray | None = None,
    keep_fixed: bool = False,
) -> Core:
    """The core of a covering problem.

    Parameters
    ----------
    problem : the problem; gradual coverage is spread into nested classes.
    group : group number per demand row; rows of different groups stay apart.
    drop_sites : drop dominated sites (False where a constraint makes two sites differ in more than
        what they cover).
    keep : bool per site: never dropped.
    kind : int per site; a site only gives way to one of its kind.
    cost : money per site; a site only gives way to one that costs no more.
    keep_fixed : leave the fixed sites and their people in, for constraints that count them.
    """
    ptr, idx, weight, groups = cover_rows(problem, group)
    allowed, fixed = problem.is_allowed, problem.is_fixed & (not keep_fixed)
    rows, label, people = merge_rows(ptr, idx, weight, allowed=allowed, fixed=fixed, group=groups)
    base = float(weight[label == -2].sum())
    free = np.flatnonzero(allowed & ~fixed)
    new_site = np.full(problem.n_sites, -1, np.int64)
    new_site[free] = np.arange(len(free))
    row_ptr, row_idx = take_rows(ptr, idx, rows, new_site)
    money = np.ones(len(free)) if cost is None else cost[free].astype(np.float64)
    sort = np.zeros(len(free), np.int64) if kind is None else kind[free].astype(np.int64)
    core = Core(
        weight=people,
        row_ptr=row_ptr,
        row_idx=row_idx,
        **_by_site(row_ptr, row_idx, len(free)),
        sites=free,
        group=groups[rows],
        cost=money,
        base=base,
        reachable=base + float(people.sum()),
    )
    return without_dominated(core, kind=sort, keep=keep) if drop_sites else core


def without_dominated(
    core: Core, *, kind: np.ndarray | None = None, keep: np.ndarray | None = None
) -> Core:
    """The core without its dominated sites.

    Parameters
    ----------
    kind : int per site of the core; a site only gives way to one of its kind.
    keep : bool per site of the problem: never dropped.
    """
    kind = np.zeros(core.m, np.int64) if kind is None else kind
    while core.m:
        drop = dominated_sites(core.cover, core.cost, kind)
        if keep is not None:
            drop &= ~keep[core.sites]
        if not drop.any():
            break
        kind = kind[~drop]
        core = restrict(core, ~drop)
    return core


def _by_site(row_ptr: np.ndarray, row_idx: np.ndarray, width: int) -> dict[str, np.ndarray]:
    site_ptr, site_idx = transpose(row_ptr, row_idx, width)
    return {"site_ptr": site_ptr, "site_idx": site_idx}


def cover_rows(
    problem: SitingProblem, group: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows of cover sets with weights and groups; gradual coverage becomes nested rows.

    A row that sites serve at the fractions 1 > a > b > 0 is as good as three rows: one of weight
    (1 - a) that only the first kind covers, one of (a - b) that the first two do, and so on:
    the best chosen site then collects exactly its fraction.
    """
    ptr = problem.cover.indptr.astype(np.int64)
    idx = problem.cover.indices
    groups = np.zeros(problem.n_demand, np.int64) if group is None else group.astype(np.int64)
    if problem.full_within is None:
        return ptr, idx, problem.weights, groups
    fraction = cover_fractions(problem)
    row_of = np.repeat(np.arange(problem.n_demand), np.diff(ptr))
    usable = (problem.is_allowed[idx]) & (fraction > 0) & (problem.weights[row_of] > 0)
    order = np.lexsort((idx[usable], -fraction[usable], row_of[usable]))
    rows, sites, fractions = row_of[usable][order], idx[usable][order], fraction[usable][order]
    last = np.ones(len(rows), bool)  # the last entry of each (row, fraction)
    last[:-1] = (rows[1:] != rows[:-1]) | (fractions[1:] != fractions[:-1])
    ends = np.flatnonzero(last)
    first_of_row = np.searchsorted(rows, rows[ends], side="left")
    following = np.zeros(len(ends))
    same = rows[ends][1:] == rows[ends][:-1]
    following[:-1][same] = fractions[ends][1:][same]
    sizes = ends + 1 - first_of_row
    new_ptr = np.concatenate([[0], np.cumsum(sizes)])
    entries = np.arange(new_ptr[-1]) - np.repeat(new_ptr[:-1] - first_of_row, sizes)
    new_idx = sites[entries]
    # columns ascending within each row
    inner = np.lexsort((new_idx, np.repeat(np.arange(len(sizes)), sizes)))
    weight = problem.weights[rows[ends]] * (fractions[ends] - following)
    return new_ptr, new_idx[inner].astype(np.int32), weight, groups[rows[ends]]


def cover_fractions(problem: SitingProblem) -> np.ndarray:
    """Per covering pair of `problem.cover` the share of coverage, 0..1 (1 unless gradual)."""
    if problem.full_within is None:
        return np.ones(problem.cover.nnz)
    costs = problem.needs_costs("gradual coverage")
    assert problem.threshold is not None
    cost = costs.data[problem.in_reach(costs.data)]
    share = (problem.threshold - cost) / (problem.threshold - problem.full_within)
    return np.clip(share, 0.0, 1.0)


def restrict(core: Core, keep: np.ndarray, *, rows: np.ndarray | None = None) -> Core:
    """The core with only the sites `keep` (bool) and, when given, the classes `rows` (bool).

    Classes left without a site go; classes that have become equal are merged.
    """
    wanted = np.ones(core.n, bool) if rows is None else rows
    weight = np.where(wanted, core.weight, 0.0)
    nobody = np.zeros(core.m, bool)
    chosen, _, people = merge_rows(
        core.row_ptr, core.row_idx, weight, allowed=keep, fixed=nobody, group=core.group
    )
    new_site = np.full(core.m, -1, np.int64)
    new_site[keep] = np.arange(int(keep.sum()))
    row_ptr, row_idx = take_rows(core.row_ptr, core.row_idx, chosen, new_site)
    return Core(
        weight=people,
        row_ptr=row_ptr,
        row_idx=row_idx,
        **_by_site(row_ptr, row_idx, int(keep.sum())),
        sites=core.sites[keep],
        group=core.group[chosen],
        cost=core.cost[keep],
        base=core.base,
        reachable=core.base + float(people.sum()),
    )
