"""Walking legs on the street network: to stops, between stops, from stops, and all the way.

Points snap to the nearest edge, mid-edge, as everywhere; a leg is given in whole milliseconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geoplan.network.graph.network import NetworkData
from geoplan.network.search.many_to_many import all_pairs
from geoplan.network.search.snapped_points import SnappedPoints
from geoplan.network.search.travel_query import TravelQuery, parse_cutoff
from geoplan.network.transit.clock import MINUTE_MS
from geoplan.network.transit.schedule import Doors, Links
from geoplan.network.transit.search.raptor import Walks


class Legs:
    """Walks between rows and columns: positions and milliseconds, one entry per pair."""

    def __init__(
        self, rows: NDArray, columns: NDArray, ms: NDArray, shape: tuple[int, int]
    ) -> None:
        self.rows, self.columns, self.ms, self.shape = rows, columns, ms, shape

    def walks(self) -> Walks:
        """By row, the shortest first."""
        order = np.lexsort((self.ms, self.rows))
        ptr = np.zeros(self.shape[0] + 1, np.int64)
        np.cumsum(np.bincount(self.rows, minlength=self.shape[0]), out=ptr[1:])
        return Walks(ptr, self.columns[order].astype(np.int32), self.ms[order].astype(np.int32))

    def unsorted(self) -> Walks:
        """By row, in no order."""
        by = sparse.csr_matrix((self.ms + 1, (self.rows, self.columns)), shape=self.shape)
        return Walks(
            by.indptr.astype(np.int64), by.indices.astype(np.int32), (by.data - 1).astype(np.int32)
        )

    def turned(self) -> Legs:
        """The same walks by column."""
        return Legs(self.columns, self.rows, self.ms, self.shape[::-1])

    def least(self) -> Legs:
        """Of several walks of one pair the shortest."""
        key = self.rows.astype(np.int64) * self.shape[1] + self.columns
        order = np.lexsort((self.ms, key))
        first = np.ones(len(order), bool)
        first[1:] = np.diff(key[order]) > 0
        at = order[first]
        return Legs(self.rows[at], self.columns[at], self.ms[at], self.shape)


def street_legs(
    walk: NetworkData,
    origins: SnappedPoints,
    targets: SnappedPoints,
    *,
    cutoff_min: float | None,
    threads: int | None = None,
) -> Legs:
    """Walks from origins to targets along the streets within a cutoff."""
    turned = len(origins) < len(targets)  # one search from each of the fewer
    query = TravelQuery(
        network=walk,
        demand=targets if turned else origins,
        sites=origins if turned else targets,
        cutoff=parse_cutoff(None, cutoff_min, "min"),
        to_sites=not turned,
        threads=threads,
    )
    found = all_pairs(query, sweeps=True).tocoo()  # the last bits do not count in milliseconds
    matrix: sparse.coo_matrix = found.T if turned else found
    ms = np.rint(matrix.data * MINUTE_MS).astype(np.int64)
    return Legs(matrix.row, matrix.col, ms, (len(origins), len(targets)))


def through_doors(legs: Legs, doors: Doors, n_stops: int, *, enter: bool) -> Legs:
    """Walks to doors (columns) as walks to platforms; or with `enter` False from doors (rows)."""
    if enter:
        ms = legs.ms + doors.in_ms[legs.columns]
        found = Legs(legs.rows, doors.stop[legs.columns], ms, (legs.shape[0], n_stops))
    else:
        ms = legs.ms + doors.out_ms[legs.rows]
        found = Legs(doors.stop[legs.rows], legs.columns, ms, (n_stops, legs.shape[1]))
    # most platforms have one door, and then nothing is to be chosen
    return found if len(doors.stop) == n_stops else found.least()


def stop_walks(
    walk: NetworkData,
    placed: SnappedPoints,
    doors: Doors,
    links: Links,
    *,
    n_stops: int,
    cutoff_min: float,
    threads: int | None = None,
) -> Legs:
    """Walks between platforms: along the streets, inside stations, as `links` fix or forbid them.

    A platform is a walk of 0 from itself, unless a link says otherwise.
    """
    street = street_legs(walk, placed, placed, cutoff_min=cutoff_min, threads=threads)
    street = through_doors(
        through_doors(street, doors, n_stops, enter=True), doors, n_stops, enter=False
    )
    every = np.arange(n_stops)
    free = ~links.fixed
    legs = Legs(
        np.concatenate([street.rows, every, links.origin[free]]),
        np.concatenate([street.columns, every, links.target[free]]),
        np.concatenate([street.ms, np.zeros(n_stops, np.int64), links.ms[free]]),
        (n_stops, n_stops),
    ).least()
    if not links.fixed.any():
        return legs
    fixed = Legs(
        links.origin[links.fixed], links.target[links.fixed], links.ms[links.fixed], legs.shape
    ).least()
    key = legs.rows.astype(np.int64) * n_stops + legs.columns
    ruled = fixed.rows.astype(np.int64) * n_stops + fixed.columns
    keep = ~np.isin(key, ruled)
    allowed = fixed.ms >= 0
    return Legs(
        np.concatenate([legs.rows[keep], fixed.rows[allowed]]),
        np.concatenate([legs.columns[keep], fixed.columns[allowed]]),
        np.concatenate([legs.ms[keep], fixed.ms[allowed]]),
        legs.shape,
    )
