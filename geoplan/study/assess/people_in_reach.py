"""People within the standard's reach of each site, whoever else may be nearer to them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage.cost_queries import reach_limit
from geoplan.results import ServiceResult
from geoplan.study.assess.assess_service import costs_within, open_sites
from geoplan.study.read.context import Context

#: sites searched at once: their pairs with all demand rows are held in memory
_BLOCK = 250


def people_in_reach(context: Context, planned: ServiceResult) -> pd.Series | None:
    """People within reach of every open and every suggested site; index = id (str).

    Each site is counted by itself: people who reach two sites count at both. None where a service
    is not judged by reach.
    """
    coverage, standard = planned.coverage, planned.standard
    if coverage is None or planned.facilities is None or standard.threshold is None:
        return None
    if planned.covers is not None:
        covers = planned.covers
        reached = np.asarray(covers.people @ covers.cover).ravel()
        return pd.Series(reached, covers.sites.index.astype(str))
    frame = coverage.frame[coverage.frame.geometry.notna() & (coverage.frame["people"] > 0)]
    parts = [open_sites(planned.facilities)[["geometry"]]]
    if planned.siting is not None:
        parts.append(planned.siting.sites[["geometry"]])
    sites = gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=frame.crs)
    sites.index = sites.index.astype(str)
    counted = []
    for start in range(0, len(sites), _BLOCK):
        costs = costs_within(context, frame, sites.iloc[start : start + _BLOCK], standard)
        pairs = costs.matrix.tocoo()
        near = pairs.data <= reach_limit(float(standard.threshold))
        people = frame["people"].to_numpy(float)[pairs.row[near]]
        counted.append(np.bincount(pairs.col[near], people, minlength=costs.matrix.shape[1]))
    return pd.Series(np.concatenate(counted) if counted else [], sites.index, dtype=float)
