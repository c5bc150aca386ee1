"""Step control of the volume algorithm, for both Lagrangian duals.

Barahona and Anbil 2000, doi:10.1007/s101070050002.
"""

from __future__ import annotations

from typing import NamedTuple

from geoplan.kernels import inner_kernel, kernel


class Steps(NamedTuple):
    """Best bound so far, step factor, largest weight of a new point, failures in a row."""

    bound: float
    factor: float
    blend: float
    failures: int


@inner_kernel
def copy_into(kept, values):
    """Overwrite `kept` by `values`; slices would compile the text of an error that never comes."""
    for i in range(len(values)):
        kept[i] = values[i]


@kernel
def next_steps(steps, bound, better, agrees):
    """Longer steps after a `better` bound in a direction that `agrees`, shorter after ten worse."""
    if better:
        factor = min(steps.factor * 1.1, 2.0) if agrees else steps.factor
        return Steps(bound, factor, steps.blend, 0)
    if steps.failures + 1 >= 10:
        return Steps(steps.bound, steps.factor * 0.66, steps.blend, 0)
    return Steps(steps.bound, steps.factor, steps.blend, steps.failures + 1)


@kernel
def blend_weight(cross, square, limit):
    """Weight of a new point in the mean, at most `limit`: the one of the shortest mean direction.

    cross : mean direction times the change, square : length of the change.
    """
    if square > 0:
        return min(max(-cross / square, limit / 10), limit)
    return limit
