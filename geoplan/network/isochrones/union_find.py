"""Groups that grow together: union by the least number, with paths halved (Tarjan 1975)."""

from __future__ import annotations

from geoplan.kernels import inner_kernel


@inner_kernel
def root(parent, i):
    """The number that stands for the group of i."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@inner_kernel
def join(parent, i, j):
    """Make one group of two; the least number stands for it."""
    i, j = root(parent, i), root(parent, j)
    if i < j:
        parent[j] = i
    else:
        parent[i] = j
