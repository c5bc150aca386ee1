"""Dominance: sites that another site makes needless, classes that are covered with another one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from geoplan.kernels import inner_kernel, kernel


@inner_kernel
def _subset(idx, a, a_end, b, b_end):
    """Whether the ascending run a..a_end is contained in b..b_end."""
    while a < a_end and b < b_end:
        if idx[a] == idx[b]:
            a += 1
            b += 1
        elif idx[b] < idx[a]:
            b += 1
        else:
            return False
    return a == a_end


@kernel
def dominated_sites(cover, cost, kind):
    """Bool per site: another site of its `kind` covers all its classes at no more cost.

    Only the coverers of a site's rarest class can contain it, so few pairs are compared.
    """
    _, site_ptr, site_idx, row_ptr, row_idx = cover
    m = len(site_ptr) - 1
    out = np.zeros(m, np.bool_)
    for j in range(m):
        s, e = site_ptr[j], site_ptr[j + 1]
        if s == e:
            out[j] = True
            continue
        rare = -1
        least = np.int64(1) << 60
        for t in range(s, e):
            d = row_ptr[site_idx[t] + 1] - row_ptr[site_idx[t]]
            if d < least:
                least = d
                rare = site_idx[t]
        for t in range(row_ptr[rare], row_ptr[rare + 1]):
            k = row_idx[t]
            if k == j or out[k] or kind[k] != kind[j] or cost[k] > cost[j]:
                continue
            size = site_ptr[k + 1] - site_ptr[k]
            if size < e - s:
                continue
            if size == e - s and cost[k] == cost[j] and k > j:
                continue
            if _subset(site_idx, s, e, site_ptr[k], site_ptr[k + 1]):
                out[j] = True
                break
    return out


@kernel
def implied_rows(row_ptr, row_idx, site_ptr, site_idx):
    """True for a class whose cover set contains another's: covering that one covers it too."""
    n = len(row_ptr) - 1
    out = np.zeros(n, np.bool_)
    for i in range(n):
        if out[i]:
            continue
        s, e = row_ptr[i], row_ptr[i + 1]
        rare = -1
        least = np.int64(1) << 60
        for t in range(s, e):
            d = site_ptr[row_idx[t] + 1] - site_ptr[row_idx[t]]
            if d < least:
                least = d
                rare = row_idx[t]
        for t in range(site_ptr[rare], site_ptr[rare + 1]):
            k = site_idx[t]
            if k == i or out[k] or row_ptr[k + 1] - row_ptr[k] < e - s:
                continue
            if row_ptr[k + 1] - row_ptr[k] == e - s and k < i:
                continue
            if _subset(row_idx, s, e, row_ptr[k], row_ptr[k + 1]):
                out[k] = True
    return out


def drop_idle_columns(
    columns: tuple[np.ndarray, np.ndarray],
    chosen: np.ndarray,
    order: Iterable[int],
    *,
    n_rows: int,
    times: int = 1,
) -> np.ndarray:
    """`chosen` without those of `order`, in turn, whose rows the others cover `times` times too.

    columns : pointer and rows of the sites (CSC).
    """
    ptr, idx = columns
    count = np.zeros(n_rows, np.int64)
    for j in chosen:
        count[idx[ptr[j] : ptr[j + 1]]] += 1
    kept = list(chosen)
    for j in order:
        rows = idx[ptr[j] : ptr[j + 1]]
        if (count[rows] > times).all():
            count[rows] -= 1
            kept.remove(j)
    return np.array(kept, np.int64)
