"""`Core`: a covering problem as small as it gets, by site and by class of demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Cover(NamedTuple):
    """Who covers whom, for compiled kernels: CSR by site and CSR by class, and people per class."""

    weight: np.ndarray
    site_ptr: np.ndarray
    site_idx: np.ndarray
    row_ptr: np.ndarray
    row_idx: np.ndarray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Core:
    """A reduced covering problem: classes of demand x free sites, and transposed.

    Parameters
    ----------
    weight : people per class.
    site_ptr, site_idx : classes of each site, ascending.
    row_ptr, row_idx : sites of each class, ascending.
    sites : position of each site in the problem.
    group : group number per class (area), or zeros.
    cost : money per site, or ones.
    base : people that fixed sites cover already.
    reachable : base and the people of all classes: nothing can be better.
    """

    weight: np.ndarray
    site_ptr: np.ndarray
    site_idx: np.ndarray
    row_ptr: np.ndarray
    row_idx: np.ndarray
    sites: np.ndarray
    group: np.ndarray
    cost: np.ndarray
    base: float
    reachable: float

    @property
    def n(self) -> int:
        """Number of demand classes."""
        return len(self.weight)

    @property
    def m(self) -> int:
        """Number of free sites."""
        return len(self.sites)

    @property
    def pairs(self) -> int:
        """Number of covering pairs."""
        return len(self.row_idx)

    @property
    def row_of(self) -> np.ndarray:
        """The class of every covering pair, as `row_idx` has its site."""
        return np.repeat(np.arange(self.n), np.diff(self.row_ptr))

    @property
    def cover(self) -> Cover:
        """The arrays of the core for compiled kernels."""
        return Cover(self.weight, self.site_ptr, self.site_idx, self.row_ptr, self.row_idx)

    def covered(self, chosen: np.ndarray) -> float:
        """People of the classes that the sites `chosen` (positions in the core) cover."""
        return float(self.weight[self.is_covered(chosen)].sum())

    def is_covered(self, chosen: np.ndarray) -> np.ndarray:
        """Bool per class: one of the sites `chosen` covers it."""
        hit = np.zeros(self.n, bool)
        sites = np.asarray(chosen, np.int64)
        begin = self.site_ptr[sites]
        count = self.site_ptr[sites + 1] - begin
        at = np.repeat(begin - np.cumsum(count) + count, count) + np.arange(count.sum())
        hit[self.site_idx[at]] = True
        return hit

    def classes_of(self, j: int | np.integer) -> np.ndarray:
        """The classes that site j covers."""
        return self.site_idx[self.site_ptr[j] : self.site_ptr[j + 1]]
