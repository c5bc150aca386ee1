"""The k-th smallest of an array, for kernels.

`np.partition` within a kernel is compiled anew for each, which takes seconds.
"""

from __future__ import annotations

from geoplan.kernels import kernel


@kernel
def select(values, n, k):
    """The value at position `k` if the first `n` were sorted, none NaN; puts them in another order.

    Quickselect (Hoare 1961, doi:10.1145/366622.366647) with the middle of three as the pivot.
    """
    lo, hi = 0, n - 1
    while lo < hi:
        a, b, c = values[lo], values[(lo + hi) >> 1], values[hi]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = lo, hi
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k <= j:
            hi = j
        elif k >= i:
            lo = i
        else:
            break
    return values[k]
