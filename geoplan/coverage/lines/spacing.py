"""Spacing: which stretches of boundary and road lines are marked closely enough.

Along a line, the distance from one marker to the next is at most `max_spacing_m`.

- A *stretch* runs from one marker to the next along the line. It is ``covered`` when its length is
  at most `max_spacing_m`, and a ``gap`` over its whole length otherwise.
- The ends of an open line bound the first and the last stretch, marked or not. Whether an end *is*
  marked, the required points say.
- A ring has no ends: its last marker is followed by its first.
- A line without any marker is a gap, however short.
- A marker counts for every line within `tolerance_m` of it, at the nearest point of that line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage.lines.linear_reference import Chains, build_chains, line_frame, point_frame
from geoplan.coverage.lines.required_points import required_points
from geoplan.coverage.lines.stretches import Lines, Points, SpacingRules, snap_markers, stretches
from geoplan.validate import takes
from geoplan.words.display import facts_html

INTERVAL_COLUMNS = (
    "line",
    "from_m",
    "to_m",
    "length_m",
    "status",
    "stretch",
    "stretch_m",
    "start_marker",
    "end_marker",
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SpacingCoverage:
    """Which stretches of lines are marked closely enough.

    Parameters
    ----------
    intervals : GeoDataFrame, along every line; columns ``line`` (label), ``from_m``, ``to_m``
        (chainage on the line), ``length_m``, ``status`` (``"covered"`` or ``"gap"``), ``stretch``
        (number of the marker-to-marker stretch that it is part of), ``stretch_m`` (that stretch's
        whole length, which the spacing limits), ``start_marker``, ``end_marker`` (labels at the
        stretch's ends, <NA> at a line end), ``geometry``.
    required : GeoDataFrame, columns ``kind`` (given | junction | end | crossing | bend),
        ``line``, ``marked``, ``marker`` (label or <NA>), ``geometry``.
    snapped : DataFrame, one row per marker and line: ``marker``, ``line``, ``chainage_m``,
        ``offset_m``.
    off_line : labels of markers farther than the tolerance from every line.
    shared : DataFrame ``line``, ``from_m``, ``to_m``, ``owner``: stretches counted once, with the
        owner.
    max_spacing_m, tolerance_m : what was asked.

    Examples
    --------
    A border of 2 km with markers every 500 m, but for one that is missing:

    >>> from shapely import LineString, Point
    >>> from geoplan.coverage import spacing_coverage
    >>> border = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (2000, 0)])], crs="EPSG:4548")
    >>> markers = gpd.GeoDataFrame(
    ...     geometry=[Point(x, 0) for x in (0, 500, 1500, 2000)], crs="EPSG:4548")
    >>> spacing = spacing_coverage(border, markers, max_spacing_m=600, tolerance_m=20)
    >>> spacing.covered_m, spacing.gap_m, spacing.covered_share
    (1000.0, 1000.0, 0.5)
    >>> spacing.gaps[["from_m", "to_m"]].to_numpy().tolist()
    [[500.0, 1500.0]]
    """

    intervals: gpd.GeoDataFrame
    required: gpd.GeoDataFrame
    snapped: pd.DataFrame
    off_line: pd.Index
    shared: pd.DataFrame
    max_spacing_m: float
    tolerance_m: float

    def _length(self, status: str) -> float:
        rows = self.intervals["status"] == status
        return float(self.intervals.loc[rows, "length_m"].sum())

    @property
    def covered_m(self) -> float:
        """Metres of covered stretches."""
        return self._length("covered")

    @property
    def gap_m(self) -> float:
        """Metres of gap stretches."""
        return self._length("gap")

    @property
    def total_m(self) -> float:
        """Metres of all lines, shared borders once."""
        return self.covered_m + self.gap_m

    @property
    def covered_share(self) -> float:
        """Covered / total; NaN without lines."""
        return self.covered_m / self.total_m if self.total_m > 0 else float("nan")

    @property
    def gaps(self) -> gpd.GeoDataFrame:
        """The intervals that are gaps."""
        return self.intervals[self.intervals["status"] == "gap"]

    @property
    def required_total(self) -> int:
        """Required points."""
        return len(self.required)

    @property
    def required_marked(self) -> int:
        """Required points with a marker within the tolerance."""
        return int(self.required["marked"].sum())

    def to_dict(self) -> dict[str, dict[str, float]]:
        """``length_m`` and ``required_points`` as `summary.json` holds them."""
        return {
            "length_m": {"total": self.total_m, "covered": self.covered_m, "gap": self.gap_m},
            "required_points": {"total": self.required_total, "marked": self.required_marked},
        }

    def by_line(self) -> pd.DataFrame:
        """``total_m``, ``covered_m``, ``gap_m`` and ``covered_share`` per line label."""
        length, is_gap = self.intervals["length_m"], self.intervals["status"] == "gap"
        lengths = pd.DataFrame(
            {"covered": length.mask(is_gap, 0.0), "gap": length.where(is_gap, 0.0)}
        )
        # a line without a label counts, too
        table = lengths.groupby(self.intervals["line"], sort=False, dropna=False).sum()
        result = pd.DataFrame(
            {
                "total_m": table["covered"] + table["gap"],
                "covered_m": table["covered"],
                "gap_m": table["gap"],
            }
        )
        result["covered_share"] = result["covered_m"] / result["total_m"]
        return result

    def _repr_html_(self) -> str:
        share = f"{self.covered_share:.1%}" if self.total_m > 0 else ""
        return facts_html(
            "SpacingCoverage",
            [
                ("total", f"{self.total_m:,.0f} m"),
                ("covered", f"{self.covered_m:,.0f} m"),
                ("gap", f"{self.gap_m:,.0f} m"),
                ("covered share", share),
                ("required points marked", f"{self.required_marked} of {self.required_total}"),
                ("largest spacing", f"{self.max_spacing_m:g} m"),
            ],
        )

    def __repr__(self) -> str:
        return (
            f"SpacingCoverage({self.covered_m:,.0f} of {self.total_m:,.0f} m covered, "
            f"{self.required_marked} of {self.required_total} required points marked)"
        )


@takes(
    lines="places",
    markers="places?",
    max_spacing_m="number",
    tolerance_m="number",
    required="places?",
    crossings="places?",
    bend_deg="number?",
    shared_tolerance_m="number",
)
def spacing_coverage(
    lines: Lines,
    markers: Points | None,
    *,
    max_spacing_m: float = 500.0,
    tolerance_m: float = 30.0,
    crossings: Lines | Points | None = None,
    required: Points | None = None,
    bend_deg: float | None = None,
    shared_tolerance_m: float = 0.1,
) -> SpacingCoverage:
    """Covered and gap intervals of lines, as defined at the head of this module.

    Parameters
    ----------
    lines : GeoDataFrame, GeoSeries or LineLayer in a projected CRS, metres. Lines, several-part
        lines or polygons (their outlines); labels are the index.
    markers : points with labels, in the same CRS; None = none yet. Points without a location are
        left out.
    max_spacing_m : largest distance from marker to marker along the line.
    tolerance_m : a marker this near to a line stands on it.
    crossings : roads (lines) or crossing points that must be marked where they meet the lines.
    required : further points that must be marked.
    bend_deg : bends by more than this many degrees must be marked; None = bends need no marker.
    shared_tolerance_m : lines this near to one another are one border, counted once, with the first
        line; see `geoplan.coverage.lines.linear_reference.build_chains`.

    Returns
    -------
    SpacingCoverage. Lengths sum to the lines' length with shared borders once.

    Raises
    ------
    UsageError, MissingCrsError, GeographicCrsError, CrsMismatchError

    Examples
    --------
    A line of 2,000 m with markers at 0, 500, 1,500 and 2,000 m: the kilometre between the second
    and the third is a gap.

    >>> import geopandas as gpd
    >>> from shapely.geometry import LineString, Point
    >>> line = gpd.GeoSeries([LineString([(0, 0), (2000, 0)])], index=["border"], crs="EPSG:4548")
    >>> at = gpd.GeoSeries([Point(x, 0) for x in (0, 500, 1500, 2000)], crs="EPSG:4548")
    >>> found = spacing_coverage(line, at, max_spacing_m=500)
    >>> found.intervals[["line", "from_m", "to_m", "status"]]
         line  from_m    to_m   status
    0  border     0.0   500.0  covered
    1  border   500.0  1500.0      gap
    2  border  1500.0  2000.0  covered
    >>> found.to_dict()["length_m"]
    {'total': 2000.0, 'covered': 1000.0, 'gap': 1000.0}
    """
    rules = SpacingRules(
        max_spacing_m=max_spacing_m,
        tolerance_m=tolerance_m,
        crossings=crossings,
        required=required,
        bend_deg=bend_deg,
        shared_tolerance_m=shared_tolerance_m,
    )
    series = line_frame(lines, "the lines")
    points = point_frame(markers, series, "the markers")
    chains = build_chains(series, shared_tolerance_m=shared_tolerance_m)
    snaps = snap_markers(chains, points, tolerance_m)
    rows: list[dict[str, Any]] = []
    number = 0
    for k, chain in enumerate(chains.chains):
        mine = snaps[snaps["chain"] == k]
        at, labels = mine["at"].to_numpy(float), mine["marker"].to_numpy(object)
        for stretch in stretches(chain, at, labels, max_spacing_m):
            for line, low, high, shape in chain.spans(stretch.start_m, stretch.stop_m):
                rows.append(
                    {
                        "line": line,
                        "from_m": low,
                        "to_m": high,
                        "length_m": high - low,
                        "status": "covered" if stretch.covered else "gap",
                        "stretch": number,
                        "stretch_m": stretch.length,
                        "start_marker": stretch.start_marker,
                        "end_marker": stretch.end_marker,
                        "geometry": shape,
                    }
                )
            number += 1
    intervals = _interval_frame(rows, series)
    needed = required_points(chains, points, rules, series.crs)
    return SpacingCoverage(
        intervals=intervals,
        required=needed,
        snapped=_snapped_frame(chains, snaps),
        off_line=points.index[~points.index.isin(snaps["marker"])],
        shared=chains.shared,
        max_spacing_m=float(max_spacing_m),
        tolerance_m=float(tolerance_m),
    )


def _interval_frame(rows: list[dict[str, Any]], series: gpd.GeoSeries) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        rows, columns=[*INTERVAL_COLUMNS, "geometry"], geometry="geometry", crs=series.crs
    )
    for name in ("line", "start_marker", "end_marker"):
        values = [row[name] for row in rows]
        frame[name] = pd.Series(values, index=frame.index, dtype=object)
    frame["from_m"] = frame["from_m"].round(6)
    frame["to_m"] = frame["to_m"].round(6)
    # as pandas compares labels, to which one NaN is the other
    frame["_order"] = series.index.get_indexer(frame["line"].to_numpy(object))
    frame = frame.sort_values(["_order", "from_m"], kind="stable").drop(columns="_order")
    return frame.reset_index(drop=True)


def _snapped_frame(chains: Chains, snaps: pd.DataFrame) -> pd.DataFrame:
    placed = [chains.chains[k].at(at) for k, at in zip(snaps["chain"], snaps["at"], strict=True)]
    return pd.DataFrame(
        {
            "marker": snaps["marker"].to_numpy(object),
            "line": pd.Series([line for line, _ in placed], dtype=object),
            "chainage_m": np.round(np.array([at for _, at in placed], dtype=float), 6),
            "offset_m": snaps["offset_m"].to_numpy(float),
        }
    )
