"""Lengths and times that contradict the lines that are drawn: kilometres for metres, 0 for unknown.

What is given counts, as slopes and generalised lines make honest differences; a difference of
several times is told, since every distance through such a street is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: given and drawn length differ by more than so many times; of an edge that is drawn straight for
#: want of a line, the way may be so many times longer
LENGTH_TIMES, WINDING_TIMES = 3.0, 30.0
#: metres; shorter differences are no matter
LEAST_OFF_M = 20.0
#: km/h that a time implies: slower and faster are doubted
SPEEDS = {"walk": (0.2, 60.0), "drive": (0.5, 250.0)}
#: edges named in a note
_NAMED = 3


def doubted_lengths(
    edges: pd.DataFrame,
    length: NDArray[np.float64],
    drawn: NDArray[np.float64],
    straight: NDArray[np.bool_],
) -> dict[str, Any]:
    """The note on edges whose given length is none for the line that is drawn; empty without any.

    Parameters
    ----------
    edges : columns ``u``, ``v``, for their names.
    length, drawn : metres as given, and as drawn.
    straight : edges that have no line of their own.

    Examples
    --------
    >>> edges = pd.DataFrame({"u": ["a", "b"], "v": ["b", "c"]})
    >>> doubted_lengths(edges, np.array([0.5, 510.0]), np.array([500.0, 500.0]), np.zeros(2, bool))
    {'count': 1, 'short': 1, 'edges': 2, 'some': 'a–b (0.5 / 500 m)'}
    """
    off = np.abs(length - drawn) > LEAST_OFF_M
    short = off & (length * LENGTH_TIMES < drawn)
    times = np.where(straight, WINDING_TIMES, LENGTH_TIMES)
    long = off & (length > drawn * times) & ~(straight & (drawn == 0))
    return _note(edges, short | long, short, lambda k: f"{length[k]:.4g} / {drawn[k]:.4g} m")


def doubted_times(
    edges: pd.DataFrame, length: NDArray[np.float64], minutes: NDArray[np.float64], mode: str
) -> dict[str, Any]:
    """The note on edges that nobody can travel in the given time; empty without any.

    Examples
    --------
    >>> edges = pd.DataFrame({"u": ["a", "b"], "v": ["b", "c"]})
    >>> doubted_times(edges, np.array([500.0, 500.0]), np.array([1.0, 0.01]), "drive")
    {'count': 1, 'short': 1, 'edges': 2, 'some': 'b–c (0.01 min / 500 m)'}
    """
    slowest, fastest = SPEEDS[mode]
    with np.errstate(divide="ignore", invalid="ignore"):
        kmh = np.where(length > LEAST_OFF_M, length / 1000 / (minutes / 60), np.nan)
    short, long = kmh > fastest, kmh < slowest
    return _note(edges, short | long, short, lambda k: f"{minutes[k]:.4g} min / {length[k]:.4g} m")


def _note(
    edges: pd.DataFrame,
    bad: NDArray[np.bool_],
    short: NDArray[np.bool_],
    shown: Callable[[int], str],
) -> dict[str, Any]:
    if not bad.any():
        return {}
    some = [
        f"{edges['u'].iloc[k]}–{edges['v'].iloc[k]} ({shown(k)})"
        for k in map(int, np.flatnonzero(bad)[:_NAMED])
    ]
    return {
        "count": int(bad.sum()),
        "short": int((bad & short).sum()),
        "edges": len(bad),
        "some": ", ".join(some) + (" …" if bad.sum() > _NAMED else ""),
    }


def cost_notes(
    edges: pd.DataFrame, costs: Mapping[str, NDArray[np.float64]], mode: str, lines: Any
) -> dict[str, Any]:
    """All notes on the costs of a network's tables.

    Parameters
    ----------
    costs : those that were given, by name.
    lines : drawn lengths, and which edges are drawn straight for want of a line.
    """
    drawn, straight = lines
    notes: dict[str, Any] = {}
    if "length_m" in costs:
        notes["lengths_doubted"] = doubted_lengths(edges, costs["length_m"], drawn, straight)
    if "minutes" in costs:
        length = costs.get("length_m", drawn)
        notes["times_doubted"] = doubted_times(edges, length, costs["minutes"], mode)
    return {code: note for code, note in notes.items() if note}
