"""Gaps by area and cause, for services whose users must not be found at a location."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage.gap_merging import CAUSES, NO_SERVICE
from geoplan.coverage.ledger import Coverage
from geoplan.results import RunResults
from geoplan.words.speaker import Speaker


def _full_names(results: RunResults, level: str, codes: pd.Index) -> list[str]:
    """Names of areas after that of the area which they are part of."""
    layer = results.areas[level]
    names = Speaker(results.info.lang).area_names(codes, layer.names.to_dict())
    parent = layer.parent
    if parent is None or parent not in results.areas:
        return names
    above = layer.frame["parent"].reindex(codes)
    known = results.areas[parent].names
    return [
        f"{known[code]} {name}" if code in known.index else name
        for code, name in zip(above, names, strict=True)
    ]


def _no_service(whole: Coverage, level: str, published: pd.Series, below: float) -> pd.Series:
    """People by area who have a way on foot, and no vehicle, of those `published` as cut off.

    Where either part is smaller than `below`, the larger one stands for both: a small number would
    be told.
    """
    frame = whole.frame
    walked = frame["cut_off"].where(frame["cost"].notna(), 0.0).to_numpy(float)
    codes = frame[level].astype("string").fillna("").to_numpy(object)
    part = pd.Series(walked).groupby(codes).sum().reindex(published.index).fillna(0.0)
    rest = published - part
    small = ((part > 0) & (part < below)) | ((rest > 0) & (rest < below))
    return part.mask(small & (part >= rest), published).mask(small & (part < rest), 0.0)


def gaps_by_area(
    public: Coverage, whole: Coverage, results: RunResults, *, crs: Any
) -> gpd.GeoDataFrame:
    """One gap per area and cause, none finer.

    Parameters
    ----------
    public : its public coverage; what is suppressed there has no gap here.
    whole : its own coverage, for who could walk of those whom public transport cuts off.
    results : for the names and polygons of the areas.

    Returns
    -------
    GeoDataFrame with the columns of `coverage.gaps.GAP_COLUMNS`; no geometry where an area has no
    polygon. What the plan closes stays unknown.
    """
    level = list(public.areas)[-1] if public.areas else None
    rows: list[dict[str, Any]] = []
    shapes: list[Any] = []
    if level is not None:
        table = public.by_area(level)
        causes = dict(CAUSES)
        if public.standard.mode == "transit" and "cost" in whole.frame:
            below = float(results.info.suppress_below)
            table["no_service"] = _no_service(whole, level, table["cut_off"], below)
            table["cut_off"] = table["cut_off"] - table["no_service"]
            causes["no_service"] = NO_SERVICE
        polygons = results.areas[level].frame.geometry
        names = _full_names(results, level, table.index)
        for (code, row), name in zip(table.iterrows(), names, strict=True):
            for state, (cause, remedy) in causes.items():
                if not row[state] > 0:
                    continue
                rows.append(
                    {"people": float(row[state]), "cause": cause, "remedy": remedy, "area": name}
                )
                placed = code in polygons.index and state != "unlocated"
                shapes.append(polygons[code] if placed else None)
    gaps = gpd.GeoDataFrame(
        {name: [row[name] for row in rows] for name in ("people", "cause", "remedy", "area")},
        geometry=gpd.GeoSeries(shapes, crs=crs),
    )
    gaps = gaps.sort_values(["people", "cause", "area"], ascending=[False, True, True])
    gaps.insert(0, "rank", np.arange(1, len(gaps) + 1))
    gaps["closing_site"] = pd.Series([pd.NA] * len(gaps), index=gaps.index, dtype=object)
    gaps["people_after"] = np.nan
    gaps["members"] = np.nan
    return gaps.reset_index(drop=True)
