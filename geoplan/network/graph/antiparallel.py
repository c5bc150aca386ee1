"""Antiparallel edges: the two one-way edges by which routing graphs keep a two-way street.

A point beside such a street snaps to one of the two, but its driver may leave both ways: they are
one street, and what the one edge forbids, the other's cost allows.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.network.graph.polylines import reversed_lines


def antiparallel_edges(
    u: NDArray[np.int32],
    v: NDArray[np.int32],
    oneway: NDArray[np.bool_],
    coords: NDArray[np.float64],
    offsets: NDArray[np.int64],
) -> NDArray[np.int32]:
    """For each one-way edge the one-way edge drawn alike that leads back, -1 = none.

    Where several edges lie upon each other the first goes with the first that leads back, the
    second with the second.

    Examples
    --------
    >>> import numpy as np
    >>> ends = np.array([[0.0, 0.0], [9.0, 0.0], [9.0, 0.0], [0.0, 0.0]])
    >>> antiparallel_edges(np.array([0, 1]), np.array([1, 0]), np.array([True, True]), ends,
    ...       np.array([0, 2, 4])).tolist()
    [1, 0]
    """
    other = np.full(len(u), -1, np.int32)
    one = np.flatnonzero(oneway & (u != v))
    if len(one) == 0:
        return other
    down = u > v
    # drawn from the lower node to the higher, both have the same vertices in the same order
    upward = reversed_lines(coords, offsets, down)
    middle = np.add.reduceat(upward, offsets[:-1], axis=0)
    table = pd.DataFrame(
        {
            "low": np.minimum(u, v)[one],
            "high": np.maximum(u, v)[one],
            "count": np.diff(offsets)[one],
            "x": middle[one, 0],
            "y": middle[one, 1],
            "down": down[one],
        }
    )
    table["turn"] = table.groupby(list(table.columns), sort=False).cumcount()
    table["edge"] = one
    key = ["low", "high", "count", "x", "y", "turn"]
    pairs = table[~table["down"]].merge(table[table["down"]], on=key, suffixes=("", "_back"))
    there, back = pairs["edge"].to_numpy(), pairs["edge_back"].to_numpy()
    other[there], other[back] = back, there
    return other
