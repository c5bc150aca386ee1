"""New sites, or the money for them, shared out among cities so that most people are served.

Each city has a coverage curve: people served by every number of new sites, and a bound. What all
cities serve together is the sum, so the best way of sharing is found exactly by dynamic
programming over the curves' points, whether they are concave or not (Bellman 1957, *Dynamic
Programming*, ch. 1: the allocation problem). The same over the bounds is a bound for the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import SitingError

Floats = NDArray[np.float64]
#: city and number of new sites -> people served, and what no sites exceed
Solve = Callable[[int, int], tuple[float, float]]

#: money by which a sum of prices may exceed what there is, as a share of it: rounding of sums
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CityCurve:
    """What new sites bring in one city.

    Parameters
    ----------
    sites : numbers of new sites, ascending from 0; none is between two of them for granted.
    value : people served by so many. bound : that no sites of this number exceed.
    price : of one site, in money; 1 where sites are counted.
    """

    sites: NDArray[np.int64]
    value: Floats
    bound: Floats
    price: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a curve that is none."""
        counts = np.asarray(self.sites)
        if not len(counts) or counts[0] != 0 or (np.diff(counts) <= 0).any():
            raise SitingError.of("cities.curve_rises")
        if not self.price > 0:
            raise SitingError.of("cities.price_above_0", price=f"{self.price:g}")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sharing:
    """The best way to share: `points` (position on each curve), their `value`, and a `bound`.

    bound_points : the positions whose bounds sum to `bound`.
    """

    points: tuple[int, ...]
    value: float
    bound: float
    bound_points: tuple[int, ...] = ()

    @property
    def is_proved(self) -> bool:
        """Whether nothing is better, but for rounding of sums."""
        return self.bound - self.value <= _ROUNDING * max(self.bound, 1.0)


def share_out(curves: Sequence[CityCurve], total: float) -> Sharing:
    """Share `total` new sites (or so much money) among cities so that most people are served.

    Of ways as good, one that takes least is chosen.

    Parameters
    ----------
    curves : one per city. total : what there is to share, in the unit of the prices.

    Returns
    -------
    Sharing
        ``bound`` holds for all numbers of sites up to the ends of the curves, also for those
        between their points.

    Examples
    --------
    One city gains nothing before its second site:

    >>> def curve(*people):
    ...     values = np.array(people, float)
    ...     return CityCurve(sites=np.arange(len(people)), value=values, bound=values)
    >>> found = share_out([curve(0, 5, 9), curve(0, 0, 12, 13)], 3)
    >>> found.points, found.value, found.bound, found.is_proved
    ((1, 2), 17.0, 17.0, True)
    """
    room = total * (1 + _ROUNDING)
    taken: list[Floats] = [curve.price * curve.sites.astype(float) for curve in curves]
    # any number above a point costs at least one site more, and serves at most what the next does
    least: list[Floats] = [
        curve.price * np.concatenate([[0], curve.sites[:-1] + 1]).astype(float) for curve in curves
    ]
    points, value = _best(taken, [curve.value for curve in curves], room)
    bound_points, bound = _best(least, [curve.bound for curve in curves], room)
    return Sharing(points=points, value=value, bound=max(bound, value), bound_points=bound_points)


def share_out_proved(
    curves: Sequence[CityCurve], total: float, *, solve: Solve, rounds: int
) -> tuple[Sharing, list[CityCurve]]:
    """The same, with the numbers of sites that leave the proof open solved by themselves.

    A curve's bounds come from one proof for all its numbers; that of a single number is tighter.
    Each round solves those numbers of the most promising split whose bound is not reached.

    Parameters
    ----------
    solve : value and bound of a city (position in `curves`) with so many new sites.
    rounds : so often at most.

    Returns
    -------
    The best way to share, and the curves as they are known then.
    """
    known, tried = list(curves), set[tuple[int, int]]()
    found = share_out(known, total)
    for _ in range(rounds):
        open_ = [
            (k, at)
            for k, at in enumerate(found.bound_points)
            if (k, at) not in tried and not _is_tight(known[k], at)
        ]
        if found.is_proved or not open_:
            break
        for k, at in open_:
            tried.add((k, at))
            known[k] = _with_point(known[k], at, *solve(k, int(known[k].sites[at])))
        found = share_out(known, total)
    return found, known


def _is_tight(curve: CityCurve, at: int) -> bool:
    value, bound = float(curve.value[at]), float(curve.bound[at])
    return bound - value <= _ROUNDING * max(bound, 1.0)


def _with_point(curve: CityCurve, at: int, value: float, bound: float) -> CityCurve:
    """A curve that one of its numbers is better known of: more sites never serve fewer people."""
    values, bounds = curve.value.copy(), curve.bound.copy()
    values[at:] = np.maximum(values[at:], value)
    bounds[: at + 1] = np.minimum(bounds[: at + 1], bound)
    return replace(curve, value=values, bound=np.maximum(bounds, values))


def _best(
    costs: Sequence[Floats], values: Sequence[Floats], room: float
) -> tuple[tuple[int, ...], float]:
    """One point per city, together within `room`, with the largest sum of values."""
    cost, value = np.zeros(1), np.zeros(1)
    steps: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
    for own_cost, own_value in zip(costs, values, strict=True):
        every_cost = (cost[:, None] + own_cost[None, :]).ravel()
        every_value = (value[:, None] + own_value[None, :]).ravel()
        within = np.flatnonzero(every_cost <= room)
        order = within[np.lexsort((-every_value[within], every_cost[within]))]
        most = np.maximum.accumulate(every_value[order])
        better = np.concatenate([[True], every_value[order][1:] > most[:-1]])
        kept = order[better]  # what costs more serves more
        cost, value = every_cost[kept], every_value[kept]
        before, point = np.divmod(kept, len(own_cost))
        steps.append((before, point))
    at = len(value) - 1
    best, chosen = float(value[at]), list[int]()
    for before, point in reversed(steps):
        chosen.append(int(point[at]))
        at = int(before[at])
    return tuple(reversed(chosen)), best
