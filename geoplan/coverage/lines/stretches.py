"""Stretches: what lies between one marker and the next along a chain, and which is too long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypedDict

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.coverage.lines.linear_reference import Chain, Chains
from geoplan.inputs.layers import LineLayer
from geoplan.tolerances import NO_LENGTH_M, SPACING_M
from geoplan.validate import raise_faults
from geoplan.words.message import Message

Lines: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries | LineLayer
Points: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries


class RequiredOptions(TypedDict, total=False):
    """Keywords that say which points must be marked, and which borders are one; see
    `SpacingRules`.
    """

    crossings: Lines | Points | None
    required: Points | None
    bend_deg: float | None
    shared_tolerance_m: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SpacingRules:
    """How closely lines must be marked, and at which points; the arguments of `spacing_coverage`.

    Raises
    ------
    UsageError
        All values that make no sense, at once.
    """

    max_spacing_m: float
    tolerance_m: float
    crossings: Lines | Points | None = None
    required: Points | None = None
    bend_deg: float | None = None
    shared_tolerance_m: float = 0.1

    def __post_init__(self) -> None:
        faults = []
        if not self.max_spacing_m > 0:
            faults.append(
                Message("coverage_faults.spacing_positive", max_spacing_m=self.max_spacing_m)
            )
        if not self.tolerance_m >= 0:
            faults.append(
                Message("coverage_faults.tolerance_not_negative", tolerance_m=self.tolerance_m)
            )
        if not self.shared_tolerance_m >= 0:
            faults.append(
                Message(
                    "coverage_faults.shared_not_negative",
                    shared_tolerance_m=self.shared_tolerance_m,
                )
            )
        if self.bend_deg is not None and not 0 < self.bend_deg < 180:
            faults.append(Message("coverage_faults.bend_between", bend_deg=self.bend_deg))
        raise_faults("the spacing cannot be judged", faults)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """From one marker (or line end) to the next along a chain; `stop_m` may pass a ring's seam."""

    start_m: float
    stop_m: float
    start_marker: object
    end_marker: object
    covered: bool
    marked: bool  # whether the chain has any marker

    @property
    def length(self) -> float:
        """Metres."""
        return self.stop_m - self.start_m


def stretches(
    chain: Chain, at: np.ndarray, labels: np.ndarray, max_spacing_m: float
) -> list[Stretch]:
    """The stretches of one chain between its markers, which stand at the chainages `at`."""
    order = np.argsort(at, kind="stable")
    at, labels = at[order], labels[order]
    length = chain.length
    marked = len(at) > 0
    if chain.closed and marked:
        edges = [*at, at[0] + length]
        names = [*labels, labels[0]]
    else:
        edges = [0.0, *at, length]
        names = [pd.NA, *labels, pd.NA]
    found = []
    for k in range(len(edges) - 1):
        low, high = float(edges[k]), float(edges[k + 1])
        if high - low <= NO_LENGTH_M:
            continue
        found.append(
            Stretch(
                start_m=low,
                stop_m=high,
                start_marker=names[k],
                end_marker=names[k + 1],
                covered=marked and high - low <= max_spacing_m + SPACING_M,
                marked=marked,
            )
        )
    return _named_ends(found, names, edges)


def _named_ends(found: list[Stretch], names: list[Any], edges: list[float]) -> list[Stretch]:
    """A marker that stands exactly on a line's end names the stretch's end."""
    named: dict[float, Any] = {}
    for name, edge in zip(names, edges, strict=True):
        if name is not pd.NA:
            named.setdefault(round(float(edge), 6), name)
    return [
        replace(
            s,
            start_marker=named.get(round(s.start_m, 6), s.start_marker),
            end_marker=named.get(round(s.stop_m, 6), s.end_marker),
        )
        for s in found
    ]


def snap_markers(
    chains: Chains,
    points: gpd.GeoSeries,
    tolerance_m: float,
    tree: shapely.STRtree | None = None,
) -> pd.DataFrame:
    """Where markers stand on chains: columns ``marker``, ``chain``, ``at``, ``offset_m``.

    A marker within the tolerance of several chains stands on each of them. At a chain that comes
    back to where it began, a marker there stands on both ends. `tree` : of the chains' geometries,
    when it is there already.
    """
    columns = {"marker": object, "chain": int, "at": float, "offset_m": float}
    if not len(points) or not chains.chains:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    tree = shapely.STRtree([c.geometry for c in chains.chains]) if tree is None else tree
    shapes = tree.geometries
    where = points.to_numpy()
    point, chain = tree.query(where, predicate="dwithin", distance=tolerance_m)
    at = shapely.line_locate_point(shapes[chain], where[point])
    offset = shapely.distance(shapes[chain], where[point])
    snaps = pd.DataFrame(
        {
            "marker": points.index.to_numpy(object)[point],
            "chain": chain,
            "at": at,
            "offset_m": offset,
        }
    )
    closed = np.array([chains.chains[k].closed for k in chain], dtype=bool)
    extra = []
    for end in (0, -1):
        tip = shapely.get_point(shapes[chain], end)
        far = np.abs(at - (0.0 if end == 0 else shapely.length(shapes[chain])))
        again = (
            ~closed & (shapely.distance(tip, where[point]) <= tolerance_m) & (far > 4 * tolerance_m)
        )
        there = snaps[again].copy()
        there["at"] = 0.0 if end == 0 else shapely.length(shapes[chain[again]])
        extra.append(there)
    extra = [e for e in extra if len(e)]
    return pd.concat([snaps, *extra], ignore_index=True) if extra else snaps
