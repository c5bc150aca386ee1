"""Groups that grow together: union by the least number, with paths halved (Tarjan 1975)."""

from __future__ import annotations

from geoplan.kernels import kernel

_jit = kernel


@_jit
def root(parent, i):
    """The number that stands for the group of i."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@_jit
def join(parent, i, j):
    """Make one group of two; the least number stands for it."""
    i, j = root(parent, i), root(parent, j)
    if i < j:
        parent[j] = i
    else:
        parent[i] = j
