"""Knapsacks of one site: which demand rows it would serve if serving row i were worth so much.

Where rows are served whole, by dynamic programming over units of capacity (Bellman 1957); where
people may be split, by the order of worth per person (Dantzig 1957, doi:10.1287/opre.5.2.266),
which bounds the first as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel


class Items(NamedTuple):
    """Demand rows that a site would gain by: numbers, sizes, and values below zero (`count` rows).

    In the order of value per unit.
    """

    row: np.ndarray
    size: np.ndarray
    value: np.ndarray


@kernel
def gainful_rows(costs, size, multipliers, items):
    """Fill `items` with the rows whose cost is below their multiplier; how many there are."""
    count = 0
    for i in range(len(costs)):
        if costs[i] < multipliers[i]:
            items.row[count] = i
            count += 1
    ratio = np.empty(count)
    for a in range(count):
        i = items.row[a]
        ratio[a] = (costs[i] - multipliers[i]) / max(float(size[i]), 1e-9)
    order = np.argsort(ratio)
    rows = items.row[:count].copy()
    for a in range(count):
        i = rows[order[a]]
        items.row[a] = i
        items.size[a] = size[i]
        items.value[a] = costs[i] - multipliers[i]
    return count


@kernel
def split_knapsack(items, count, room, taken):
    """Least value where the last row may be served in part; `taken` gets the share of each row."""
    left = room
    total = 0.0
    for a in range(count):
        taken[a] = 0.0
        if room < 0 or items.size[a] <= left:
            taken[a] = 1.0
        elif left > 0:
            taken[a] = left / items.size[a]
        total += taken[a] * items.value[a]
        left = max(left - items.size[a], 0) if room >= 0 else left
    return total


@kernel
def whole_knapsack(items, count, room, taken, table, picked):
    """Least value where rows are served whole; `table`, and `picked` per row: room + 1 cells."""
    if room < 0:
        return split_knapsack(items, count, room, taken)
    table[: room + 1] = 0.0
    for a in range(count):
        size = items.size[a]
        value = items.value[a]
        for q in range(room, -1, -1):
            picked[a, q] = False
            if q >= size and table[q - size] + value < table[q]:
                table[q] = table[q - size] + value
                picked[a, q] = True
    q = room
    for a in range(count - 1, -1, -1):
        taken[a] = 1.0 if picked[a, q] else 0.0
        if picked[a, q]:
            q -= items.size[a]
    return table[room]


@kernel
def values_with_row(costs, size, multipliers, room, items, out):
    """Least value of a whole knapsack that holds row i, for every i (inf: it does not fit).

    From tables of the rows before and behind each one (as in Toth 1980, doi:10.1007/BF02243568).
    """
    count = gainful_rows(costs, size, multipliers, items)
    if room < 0:
        total = 0.0
        for a in range(count):
            total += items.value[a]
        for i in range(len(costs)):
            out[i] = total + max(costs[i] - multipliers[i], 0.0)
        return total
    before = np.zeros((count + 1, room + 1))
    behind = np.zeros((count + 1, room + 1))
    for a in range(count):
        _add_item(before[a], items.size[a], items.value[a], before[a + 1])
    for a in range(count - 1, -1, -1):
        _add_item(behind[a + 1], items.size[a], items.value[a], behind[a])
    for i in range(len(costs)):
        out[i] = np.inf
        if size[i] <= room and costs[i] < np.inf:
            out[i] = costs[i] - multipliers[i] + before[count, room - size[i]]
    for a in range(count):
        left = room - items.size[a]
        if left < 0:
            continue
        least = np.inf
        for q in range(left + 1):
            least = min(least, before[a, q] + behind[a + 1, left - q])
        out[items.row[a]] = items.value[a] + least
    return before[count, room]


@inner_kernel
def _add_item(table, size, value, out):
    for q in range(len(table)):
        out[q] = table[q]
        if q >= size and table[q - size] + value < out[q]:
            out[q] = table[q - size] + value
