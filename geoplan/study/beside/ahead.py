"""Kernels compiled, or read from disk, before a study needs them: a made-up town uses them all.

The second process does it while the first one reads: on a machine's first run compiling takes as
long as planning. What a kernel is compiled for follows from how it is called, so the town goes
through the same functions as a city, not through a list of types.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.network import Network, TransitNetwork, nearest_site, travel_costs
from geoplan.network.isochrones.outlines.outline import reach_outline
from geoplan.network.isochrones.outlines.site_outlines import site_outlines
from geoplan.parallel import at_most
from geoplan.siting import SitingProblem, max_coverage, p_median

#: what can be compiled ahead, what is needed first before: travel, and two kinds of siting
PARTS = ("streets", "coverage", "median", "transit")
#: the part that an objective needs; others compile what they need when they are solved
_OBJECTIVES = {"max_coverage": "coverage", "min_sites": "coverage", "p_median": "median"}
#: corners of the town along each side, metres between two of them, and how far people walk
_SIDE, _STEP_M, _NEAR_M = 14, 150.0, 400.0
_PEOPLE, _SITES, _NEW_SITES = 300, 60, 6
_CRS = "EPSG:4548"


def parts_of(modes: Collection[str], objectives: Iterable[str]) -> tuple[str, ...]:
    """What a study needs, in the order in which it is best compiled.

    Where there are stops, walks to them are looked for while the networks are read: this process
    compiles travel on streets then, and the other one begins with siting.

    Parameters
    ----------
    modes : of its networks.
    objectives : of its services with siting.

    Examples
    --------
    >>> parts_of(["walk", "transit"], ["max_coverage", "min_sites"])
    ('coverage', 'streets', 'transit')
    >>> parts_of(["walk"], ["p_median", "p_center"])
    ('streets', 'median')
    """
    asked = set(objectives)
    siting = tuple(dict.fromkeys(part for name, part in _OBJECTIVES.items() if name in asked))
    if "transit" in modes:
        return (*siting, "streets", "transit")
    return ("streets", *siting)


def compile_ahead(parts: Iterable[str]) -> None:
    """Compile the kernels of `parts`; one that cannot be done is left to whoever needs it."""
    town = _Town()
    for part in parts:
        with suppress(Exception), at_most(1):
            getattr(town, part)()


class _Town:
    """A square of streets with a bus line, people and sites."""

    def streets(self) -> None:
        """Costs of the pairs that are near, everybody's nearest site, and outlines of reach."""
        travel_costs(self._walk, self._people, self._sites, cutoff_m=_NEAR_M)
        nearest_site(self._walk, self._people, self._sites)
        reach_outline(self._walk, self._sites, cutoff_m=_NEAR_M)
        site_outlines(self._walk, self._sites, cutoff_m=_NEAR_M)

    def transit(self) -> None:
        """Minutes by a line with headways."""
        at = np.arange(5) * 3 * _STEP_M
        stops = gpd.GeoDataFrame(
            {"line": "1", "order": range(len(at))},
            geometry=gpd.points_from_xy(at, np.zeros(len(at))),
            crs=_CRS,
        )
        headways = {"line": ["1"], "span": ["06:00-21:00"], "headway": [10], "speed": [15]}
        bus = TransitNetwork.from_lines(pd.DataFrame(headways), stops, walk=self._walk)
        travel_costs(bus, self._people, self._sites, cutoff_min=30.0)

    def coverage(self) -> None:
        """Sites that most people are near, as the crow flies: no kernel of travel is needed."""
        near = np.where(self._straight <= _NEAR_M, self._straight, np.inf)
        max_coverage(SitingProblem.from_costs(near, self._weights), sites=_NEW_SITES)

    def median(self) -> None:
        """Sites that are near on average."""
        p_median(SitingProblem.from_costs(self._straight, self._weights), sites=_NEW_SITES)

    @cached_property
    def _walk(self) -> Network:
        along = np.arange(_SIDE) * _STEP_M
        lines = [
            shapely.LineString([(x, y), end])
            for x in along
            for y in along
            for end in ((x + _STEP_M, y), (x, y + _STEP_M))
        ]
        return Network.from_lines(gpd.GeoDataFrame(geometry=lines, crs=_CRS), mode="walk")

    @cached_property
    def _straight(self) -> np.ndarray:
        people, sites = self._people, self._sites
        return np.hypot(
            people.x.to_numpy()[:, None] - sites.x.to_numpy(),
            people.y.to_numpy()[:, None] - sites.y.to_numpy(),
        )

    @cached_property
    def _people(self) -> gpd.GeoSeries:
        return self._points(_PEOPLE, seed=0)

    @cached_property
    def _sites(self) -> gpd.GeoSeries:
        return self._points(_SITES, seed=1)

    @cached_property
    def _weights(self) -> np.ndarray:
        return np.random.default_rng(2).integers(1, 90, _PEOPLE)

    @staticmethod
    def _points(count: int, *, seed: int) -> gpd.GeoSeries:
        x, y = np.random.default_rng(seed).random((2, count)) * _SIDE * _STEP_M
        names = [f"{k}" for k in range(count)]
        return gpd.GeoSeries(gpd.points_from_xy(x, y), index=names, crs=_CRS)
