"""The directed graph of a search: arcs by tail node in compressed sparse rows, one cost each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import kernel


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Graph:
    """Arcs by tail node in compressed sparse rows (CSR), costs in one unit.

    Parameters
    ----------
    indptr : int32 (n + 1,), the arcs of node ``i`` are ``indptr[i]:indptr[i + 1]``.
    indices : int32 (arcs,), head node of each arc.
    weights : float64 (arcs,), cost of each arc, >= 0.
    edge : int32 (arcs,), edge position ``e`` when the arc's tail is the edge's u, ``~e`` when
        it is the edge's v.
    reverse : whether heads and tails are exchanged (for searches from sites towards demand):
        the traveller then moves from head to tail.
    """

    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    weights: NDArray[np.float64]
    edge: NDArray[np.int32]
    reverse: bool

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1


@kernel
def _rows(tail, head, cost, edge, n):
    """Counting sort of arcs by tail."""
    indptr = np.zeros(n + 1, np.int32)
    for t in tail:
        indptr[t + 1] += 1
    for i in range(n):
        indptr[i + 1] += indptr[i]
    at = indptr[:-1].copy()
    indices = np.empty(len(tail), np.int32)
    weights = np.empty(len(tail), np.float64)
    ids = np.empty(len(tail), np.int32)
    for k in range(len(tail)):
        p = at[tail[k]]
        at[tail[k]] = p + 1
        indices[p] = head[k]
        weights[p] = cost[k]
        ids[p] = edge[k]
    return indptr, indices, weights, ids


def build_graph(
    u: NDArray[np.int32],
    v: NDArray[np.int32],
    forward: NDArray[np.float64],
    backward: NDArray[np.float64],
    n: int,
    *,
    reverse: bool = False,
) -> Graph:
    """The arcs of `n` nodes from edges with a cost each way (inf = not allowed that way).

    Self-loops carry no shortest path between nodes and are left out.
    """
    ids = np.arange(len(u), dtype=np.int32)
    go = np.isfinite(forward) & (u != v)
    back = np.isfinite(backward) & (u != v)
    tail = np.concatenate([u[go], v[back]])
    head = np.concatenate([v[go], u[back]])
    cost = np.concatenate([forward[go], backward[back]])
    edge = np.concatenate([ids[go], ~ids[back]])
    if reverse:
        tail, head, edge = head, tail, ~edge
    indptr, indices, weights, arc_edge = _rows(tail, head, cost, edge, n)
    return Graph(indptr=indptr, indices=indices, weights=weights, edge=arc_edge, reverse=reverse)
