"""Worth of a site whose places are scarce: those people first who are worth most (a knapsack)."""

from __future__ import annotations

import numpy as np

from geoplan.kernels import inner_kernel, kernel


@inner_kernel
def _order(classes, multipliers, people, t):
    """Classes by worth of a person, most first."""
    worth = np.zeros(len(classes))
    for q in range(len(classes)):
        i = classes[q]
        if people[i, t] > 0:
            worth[q] = -multipliers[i, t] / people[i, t]
    return np.argsort(worth, kind="mergesort")


@kernel
def worth_within(classes, multipliers, people, places, t):
    """Sum of the multipliers of one year's people, as many as there are places."""
    everybody = 0.0
    worth = 0.0
    for i in classes:
        everybody += people[i, t]
        worth += multipliers[i, t]
    if everybody <= places:
        return worth
    worth = 0.0
    left = places
    for q in _order(classes, multipliers, people, t):
        i = classes[q]
        if people[i, t] <= 0:
            continue
        part = min(left, people[i, t])
        worth += multipliers[i, t] / people[i, t] * part
        left -= part
        if left <= 0:
            break
    return worth


@kernel
def count_within(classes, multipliers, people, places, t, covering):
    """Add to `covering` the share of each class that `worth_within` counts."""
    everybody = 0.0
    for i in classes:
        everybody += people[i, t]
    if everybody <= places:
        for i in classes:
            covering[i, t] += 1.0
        return
    left = places
    for q in _order(classes, multipliers, people, t):
        i = classes[q]
        if people[i, t] <= 0:
            continue
        part = min(left, people[i, t])
        covering[i, t] += part / people[i, t]
        left -= part
        if left <= 0:
            break
