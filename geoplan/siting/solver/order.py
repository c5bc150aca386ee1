"""Compiled order statistics: the k-th smallest of values, and a heap of positions by value.

numba compiles its own `np.partition`, `np.argsort` and `heapq` anew for each program that uses
them, which takes seconds of the first run on a computer; these few lines take a tenth of it.
"""

from __future__ import annotations

import numpy as np

from geoplan.kernels import kernel
from geoplan.order_statistics import select


@kernel
def kth_smallest(values, k):
    """The value at position `k` if `values` were sorted; none of them may be NaN."""
    left = np.empty(len(values))
    for i in range(len(values)):
        left[i] = values[i]
    return select(left, len(left), k)


@kernel
def sift_down(heap, size, at, value):
    """Let the position at place `at` of a heap sink: the largest value is on top.

    heap : positions into `value`; its first `size` places count. Of equal values the smaller
    position is higher.
    """
    moving = heap[at]
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size:
            a, b = heap[below], heap[below + 1]
            if value[b] > value[a] or (value[b] == value[a] and b < a):
                below += 1
        a = heap[below]
        if value[a] < value[moving] or (value[a] == value[moving] and moving < a):
            break
        heap[at] = a
        at = below
    heap[at] = moving


@kernel
def heap_of(value):
    """A heap of all positions of `value`, the largest value on top (see `sift_down`)."""
    heap = np.empty(len(value), np.int64)
    for j in range(len(value)):
        heap[j] = j
    for at in range(len(value) // 2 - 1, -1, -1):
        sift_down(heap, len(value), at, value)
    return heap
