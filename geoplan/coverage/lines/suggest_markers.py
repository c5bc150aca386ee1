"""The fewest further markers that leave no gap, on a crossing where one is near.

A stretch of length D between two markers (or line ends) needs exactly ``ceil(D / s) - 1`` more for
a spacing of s: k markers cut it into k + 1 parts of at most s, so ``(k + 1) s >= D``, and even
parts reach that. A ring without markers needs ``ceil(L / s)``, at least one. A line without
markers that is no longer than s needs one; one marker where several such lines meet serves them
all, and the fewest of those are found exactly, as a set cover by integer programming.
"""

from __future__ import annotations

import math
from typing import Any, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from shapely.geometry import Point

from geoplan.coverage.lines.linear_reference import (
    Chain,
    Chains,
    build_chains,
    line_frame,
    point_frame,
)
from geoplan.coverage.lines.required_points import crossing_points, required_points
from geoplan.coverage.lines.stretches import (
    Lines,
    Points,
    RequiredOptions,
    SpacingRules,
    Stretch,
    snap_markers,
    stretches,
)
from geoplan.errors import UsageError
from geoplan.tolerances import NO_LENGTH_M, ON_LINE_M, SPACING_M
from geoplan.validate import takes

MARKER_COLUMNS = ("line", "chainage_m", "reason", "kind", "at_crossing", "stretch_m")


@takes(
    lines="places",
    markers="places?",
    max_spacing_m="number",
    tolerance_m="number",
    near_crossing_m="number",
    mark_required="flag",
)
def suggest_markers(
    lines: Lines,
    markers: Points | None = None,
    *,
    max_spacing_m: float = 500.0,
    tolerance_m: float = 30.0,
    near_crossing_m: float = 100.0,
    mark_required: bool = False,
    **options: Unpack[RequiredOptions],
) -> gpd.GeoDataFrame:
    """The fewest additional markers that leave no gap by the definition of `spacing_coverage`.

    Parameters
    ----------
    lines, markers, max_spacing_m, tolerance_m, required, bend_deg, shared_tolerance_m : as in
        `spacing_coverage`.
    crossings : roads or crossing points, at which a marker is easier to find.
    near_crossing_m : a marker is moved to a crossing at most this far from its even position, when
        the number of markers stays the same.
    mark_required : first put a marker on every required point that has none (junctions, line ends,
        crossings, bends, `required`), then fill the stretches between. False = only the spacing.

    Returns
    -------
    GeoDataFrame, index ``new-1``, ``new-2``, ... along the lines; columns ``line``, ``chainage_m``,
    ``reason`` (``"required"`` or ``"spacing"``), ``kind`` (of the required point, "" otherwise),
    ``at_crossing``, ``stretch_m`` (length of the gap that it helps to close, NaN for required
    points), ``geometry``. With these markers `spacing_coverage` finds no gap.

    Notes
    -----
    The number is the least for each line given the markers that stand before; where lines cross,
    each line is filled by itself, the first in order first, and what stands near another line
    counts there too.

    Examples
    --------
    1,600 m with markers at both ends and a spacing of 500 m: ceil(1600 / 500) - 1 = 3.

    >>> import geopandas as gpd
    >>> from shapely.geometry import LineString, Point
    >>> line = gpd.GeoSeries([LineString([(0, 0), (1600, 0)])], index=["border"], crs="EPSG:4548")
    >>> ends = gpd.GeoSeries([Point(0, 0), Point(1600, 0)], crs="EPSG:4548")
    >>> suggest_markers(line, ends, max_spacing_m=500)["chainage_m"].tolist()
    [400.0, 800.0, 1200.0]
    """
    rules = SpacingRules(max_spacing_m=max_spacing_m, tolerance_m=tolerance_m, **options)
    if not near_crossing_m >= 0:
        raise UsageError.of("call_faults.near_crossing", value=near_crossing_m)
    series = line_frame(lines, "the lines")
    points = point_frame(markers, series, "the markers")
    chains = build_chains(series, shared_tolerance_m=rules.shared_tolerance_m)
    there = gpd.GeoSeries(
        points.to_numpy(), index=pd.Index([f"old-{k}" for k in range(len(points))]), crs=series.crs
    )
    work = _Marking(chains, there, rules, near_crossing_m)
    if mark_required:
        needed = required_points(chains, points, rules, series.crs)
        for kind, point in needed.loc[~needed["marked"], ["kind", "geometry"]].itertuples(
            index=False
        ):
            work.mark_required(kind, point)
    work.fill_gaps()
    work.mark_short_lines()
    return work.table()


class _Marking:
    """Markers there and added so far, chain by chain."""

    def __init__(
        self, chains: Chains, there: gpd.GeoSeries, rules: SpacingRules, near_crossing_m: float
    ) -> None:
        self.chains = chains
        self.spacing = float(rules.max_spacing_m)
        self.tolerance = float(rules.tolerance_m)
        self.near_crossing = near_crossing_m
        self.crs = there.crs
        self.rows: list[dict[str, Any]] = []
        shapes = np.array([c.geometry for c in chains.chains], dtype=object)
        self.tree = shapely.STRtree(shapes)
        snaps = snap_markers(chains, there, self.tolerance, self.tree)
        #: chainages of the markers that stand on each chain
        self.at: dict[int, list[float]] = {k: [] for k in range(len(shapes))}
        for k, at in zip(snaps["chain"], snaps["at"], strict=True):
            self.at[int(k)].append(float(at))
        #: chainages of crossings on each chain
        self.preferred: dict[int, np.ndarray] = {}
        if rules.crossings is None:
            return
        meets = crossing_points(chains, rules.crossings, rules.tolerance_m, self.crs)
        if len(meets) and len(shapes):
            where = shapely.points(meets)
            point, chain = self.tree.query(where, predicate="dwithin", distance=ON_LINE_M)
            at = shapely.line_locate_point(shapes[chain], where[point])
            for k in np.unique(chain):
                self.preferred[int(k)] = np.unique(at[chain == k])

    def add(self, chain: int, placed: list[tuple[Point, float, dict[str, Any]]]) -> None:
        """Markers on one chain: point, chainage, facts of each."""
        if not placed:
            return
        series = gpd.GeoSeries([point for point, _, _ in placed], crs=self.crs)
        snaps = snap_markers(self.chains, series, self.tolerance, self.tree)
        marker = snaps["marker"].to_numpy(np.int64)
        others, chainages = snaps["chain"].to_numpy(np.int64), snaps["at"].to_numpy(float)
        own = self.chains.chains[chain]
        for m, (point, at, facts) in enumerate(placed):
            self._list(point, chain, at, facts)
            self.at[chain].append(at)
            mine = marker == m
            # on its own chain the marker stands where it was put, not at the nearest position again
            for k, where in zip(others[mine], chainages[mine], strict=True):
                ends = min(where, own.length - where) <= NO_LENGTH_M
                if k != chain or (not own.closed and ends):
                    self.at[int(k)].append(float(where))

    def _list(self, point: Point, chain: int, at: float, facts: dict[str, Any]) -> None:
        line, chainage = self.chains.chains[chain].at(at)
        spots = self.preferred.get(chain, np.empty(0))
        self.rows.append(
            {
                "line": line,
                "chainage_m": round(chainage, 6),
                "at_crossing": bool(len(spots) and np.abs(spots - at).min() <= SPACING_M),
                **facts,
                "geometry": point,
            }
        )

    def mark_required(self, kind: str, point: Point) -> None:
        added = [row["geometry"] for row in self.rows]
        if added and shapely.dwithin(np.array(added, dtype=object), point, self.tolerance).any():
            return
        chain = int(self.tree.nearest(point))
        at = float(self.chains.chains[chain].geometry.project(point))
        facts = {"reason": "required", "kind": kind, "stretch_m": float("nan")}
        self.add(chain, [(point, at, facts)])

    def stretches(self, k: int) -> list[Stretch]:
        at = np.array(self.at[k], dtype=float)
        return stretches(self.chains.chains[k], at, np.arange(len(at)), self.spacing)

    def fill_gaps(self) -> None:
        for k, chain in enumerate(self.chains.chains):
            placed = []
            for stretch in self.stretches(k):
                if stretch.covered:
                    continue
                facts = {"reason": "spacing", "kind": "", "stretch_m": stretch.length}
                for at in self._positions(k, chain, stretch):
                    where = at % chain.length if chain.closed else at
                    placed.append((chain.point(where), where, facts))
            self.add(k, placed)

    def _positions(self, k: int, chain: Chain, stretch: Stretch) -> list[float]:
        """Chainages of the fewest markers in one gap, near even positions."""
        length, s = stretch.length, self.spacing
        parts = max(math.ceil((length - SPACING_M) / s), 1)
        positions: list[float] = []
        if chain.closed and not stretch.marked:
            # a ring without markers: the first may stand anywhere, so at its seam or a crossing
            spots = self.preferred.get(k, np.empty(0))
            first = float(spots[0]) if len(spots) else 0.0
            positions.append(first)
            low, high, count = first, first + length, parts - 1
        else:
            low, high, count = stretch.start_m, stretch.stop_m, parts - 1
        spots = self._spots(k, chain)
        for n in range(count):
            left = count - n
            even = low + (high - low) / (left + 1)
            least, most = max(high - left * s, low), min(low + s, high)
            at = min(max(even, least), most)
            fits = spots[
                (spots >= least - NO_LENGTH_M)
                & (spots <= most + NO_LENGTH_M)
                & (np.abs(spots - even) <= self.near_crossing)
            ]
            fits = fits[(fits > low + SPACING_M) & (fits < high - SPACING_M)]
            if len(fits):
                at = float(fits[np.argmin(np.abs(fits - even))])
            positions.append(at)
            low = at
        return positions

    def _spots(self, k: int, chain: Chain) -> np.ndarray:
        spots = self.preferred.get(k, np.empty(0))
        return np.concatenate([spots, spots + chain.length]) if chain.closed else spots

    def mark_short_lines(self) -> None:
        """One marker for each line without any, the fewest where such lines meet."""
        bare = [k for k, at in self.at.items() if not at]
        if not bare:
            return
        shapes = self.tree.geometries[bare]
        spots = [
            c
            for k in bare
            for c in self._candidates(self.chains.chains[k], self.preferred.get(k, np.empty(0)))
        ]
        where = np.array(spots, dtype=object)
        spot, chain = shapely.STRtree(shapes).query(
            where, predicate="dwithin", distance=self.tolerance
        )
        cover = sparse.csr_matrix(
            (np.ones(len(spot)), (chain, spot)), shape=(len(bare), len(where))
        )
        from scipy.optimize import Bounds, LinearConstraint, milp  # take a while to load

        solution = milp(
            np.ones(len(where)),
            constraints=LinearConstraint(cover, lb=1),
            bounds=Bounds(0, 1),
            integrality=np.ones(len(where)),
        )
        for chosen in np.flatnonzero(np.round(solution.x) > 0.5):
            k = bare[int(chain[spot == chosen][0])]
            at = float(self.chains.chains[k].geometry.project(where[chosen]))
            length = self.chains.chains[k].length
            facts = {"reason": "spacing", "kind": "", "stretch_m": length}
            self.add(k, [(where[chosen], at, facts)])

    def _candidates(self, chain: Chain, spots: np.ndarray) -> list[Point]:
        """Where a single marker may stand: on a crossing or in the middle, or at the ends."""
        middle = float(spots[len(spots) // 2]) if len(spots) else chain.length / 2
        return [chain.point(middle), chain.point(0.0), chain.point(chain.length)]

    def table(self) -> gpd.GeoDataFrame:
        names = [f"new-{k + 1}" for k in range(len(self.rows))]
        frame = gpd.GeoDataFrame(
            self.rows,
            columns=[*MARKER_COLUMNS, "geometry"],
            index=pd.Index(names, dtype=object),
            geometry="geometry",
            crs=self.crs,
        )
        frame["line"] = pd.Series([r["line"] for r in self.rows], index=frame.index, dtype=object)
        return frame
