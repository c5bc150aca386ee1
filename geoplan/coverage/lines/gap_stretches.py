"""Gaps along lines: unmarked stretches, ranked by length, in the shape of the gaps of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.coverage.lines.spacing import SpacingCoverage
from geoplan.tolerances import ON_LINE_M
from geoplan.words import say

STRETCH_GAP_COLUMNS = (
    "rank",
    "length_m",
    "cause",
    "remedy",
    "area",
    "closing_site",
    "members",
    "line",
    "from_m",
    "to_m",
)


def chainage_text(metres: float) -> str:
    """Chainage as surveyors write it: kilometre + metre.

    Examples
    --------
    >>> chainage_text(12_345.6), chainage_text(80)
    ('K12+346', 'K0+080')
    """
    whole = round(metres)
    return f"K{whole // 1000}+{whole % 1000:03d}"


def gap_stretches(
    spacing: SpacingCoverage,
    *,
    names: Mapping[Any, str] | pd.Series | None = None,
    suggested: gpd.GeoDataFrame | None = None,
    lang: str = "zh",
) -> gpd.GeoDataFrame:
    """One row per gap stretch of `spacing`, longest first.

    Parameters
    ----------
    spacing : as `spacing_coverage` gives it.
    names : names by line label, for ``area``; the label where there is none.
    suggested : markers as `suggest_markers` gives them; the first that stands on the stretch is its
        ``closing_site``.
    lang : language of ``area``.

    Returns
    -------
    GeoDataFrame with the columns of `STRETCH_GAP_COLUMNS` and ``geometry``. ``cause`` is no_site,
    ``remedy`` add_site. ``line``, ``from_m``, ``to_m`` are those of the stretch's longest part,
    ``members`` counts its parts. The lengths sum to `spacing.gap_m`.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from geoplan.coverage import spacing_coverage
    >>> border = gpd.GeoDataFrame(
    ...     geometry=[LineString([(0, 0), (2000, 0)])], index=["B1"], crs="EPSG:4548")
    >>> markers = gpd.GeoDataFrame(
    ...     geometry=[Point(x, 0) for x in (0, 500, 1500, 2000)], crs="EPSG:4548")
    >>> spacing = spacing_coverage(border, markers, max_spacing_m=600, tolerance_m=20)
    >>> gaps = gap_stretches(spacing, names={"B1": "North border"}, lang="en")
    >>> gaps[["length_m", "area"]].to_numpy().tolist()
    [[1000.0, 'North border K0+500 to K1+500']]
    """
    rows = []
    for _, parts in spacing.gaps.groupby("stretch", sort=True):
        main = parts.loc[parts["length_m"].idxmax()]
        label = main["line"]
        name = str(names.get(label, label)) if names is not None else str(label)
        rows.append(
            {
                "rank": 0,
                "length_m": float(parts["length_m"].sum()),
                "cause": "no_site",
                "remedy": "add_site",
                "area": say(
                    lang,
                    "coverage.gap_stretch",
                    name=name,
                    start=chainage_text(main["from_m"]),
                    end=chainage_text(main["to_m"]),
                ),
                "closing_site": pd.NA,
                "members": len(parts),
                "line": label,
                "from_m": float(main["from_m"]),
                "to_m": float(main["to_m"]),
                "geometry": shapely.line_merge(shapely.union_all(parts.geometry.to_numpy())),
            }
        )
    rows.sort(key=lambda row: (-row["length_m"], str(row["area"])))
    if suggested is not None and len(suggested) and rows:
        tree = shapely.STRtree([row["geometry"] for row in rows])
        marker, row = tree.query(
            suggested.geometry.to_numpy(), predicate="dwithin", distance=ON_LINE_M
        )
        for m, r in sorted(zip(marker, row, strict=True), reverse=True):
            rows[r]["closing_site"] = suggested.index[m]
    table = gpd.GeoDataFrame(
        rows,
        columns=[*STRETCH_GAP_COLUMNS, "geometry"],
        geometry="geometry",
        crs=spacing.intervals.crs,
    )
    table["rank"] = np.arange(1, len(table) + 1)
    for name in ("closing_site", "line"):
        table[name] = pd.Series([row[name] for row in rows], index=table.index, dtype=object)
    return table
