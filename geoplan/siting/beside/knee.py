"""The knee of a coverage curve: the number of sites from which one more brings clearly less."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoplan.errors import SitingError

#: a curve that bends away from the straight line by less has no knee (share of its whole rise)
_LEAST_BEND = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Knee:
    """Where a coverage curve bends most.

    Parameters
    ----------
    sites, value : the knee's number of sites, and people covered there.
    bend : how far the curve is above the straight line from its first to its last number there,
        as a share of its whole rise (0..1).
    before, after : people that one more site brings on average up to the knee, and beyond it.

    Examples
    --------
    Five sites bring 10 people each, all after them 1:

    >>> knee = curve_knee(pd.DataFrame(
    ...     {"sites": range(8), "value": [0, 10, 20, 30, 40, 50, 51, 52]}))
    >>> knee.sites, knee.value, knee.before, knee.after
    (5, 50.0, 10.0, 1.0)
    """

    sites: int
    value: float
    bend: float
    before: float
    after: float


def curve_knee(curve: pd.DataFrame) -> Knee | None:
    """The knee of a curve, or None where it has none.

    Sites and people are both scaled to 0..1; the knee is where people less sites is largest, which
    is also the point farthest from the straight line between the curve's ends (Satopää, Albrecht,
    Irwin and Raghavan 2011, "Kneedle", without smoothing: a best solution for every number of sites
    has no noise). Of equals the fewest sites count. **The knee depends on how far the curve goes**:
    it says where the curve as drawn bends, not how many sites a city should build.

    Parameters
    ----------
    curve : columns ``sites`` (numbers) and ``value`` (people), as `coverage_curve` gives them; rows
        without a value are left out.

    Returns
    -------
    Knee, or None for fewer than three numbers, for a curve that does not rise, and for one that is
    straight to within 2 % of its rise.

    Raises
    ------
    SitingError
        Missing columns, or a number of sites that occurs twice.

    Examples
    --------
    Ten people each for the first four sites, one each for the next four:

    >>> people = [0, 10, 20, 30, 40, 41, 42, 43, 44]
    >>> knee = curve_knee(pd.DataFrame({"sites": range(9), "value": people}))
    >>> knee.sites, knee.before, knee.after
    (4, 10.0, 1.0)
    """
    missing = [name for name in ("sites", "value") if name not in curve.columns]
    if missing:
        raise SitingError.of("call_faults.curve_columns", columns=", ".join(missing))
    given = curve[["sites", "value"]].astype(float).dropna().sort_values("sites", kind="stable")
    if given["sites"].duplicated().any():
        raise SitingError.of("call_faults.curve_twice")
    sites, value = given["sites"].to_numpy(), given["value"].to_numpy()
    if len(given) < 3 or not value[-1] > value[0]:
        return None
    x = (sites - sites[0]) / (sites[-1] - sites[0])
    y = (value - value[0]) / (value[-1] - value[0])
    above = np.round(y - x, 12)  # equals stay equal whatever the rounding
    k = int(np.argmax(above))
    if above[k] < _LEAST_BEND:
        return None
    return Knee(
        sites=int(sites[k]),
        value=float(value[k]),
        bend=float(above[k]),
        before=float((value[k] - value[0]) / (sites[k] - sites[0])),
        after=float((value[-1] - value[k]) / (sites[-1] - sites[k])),
    )
