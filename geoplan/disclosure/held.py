"""Numbers of gaps and sites that hold a number which the tables withhold, and their order.

A gap or a suggested site is told with people in whole steps. Where one of them stands for people
whose number is withheld, beside others whose numbers are published, the step holds that number to
a range, and the steps of several services of the same people hold it to less, at last to one
value. Such a gap or site has no number, nor a rank between two that have one. Sums of published
numbers alone tell nothing new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.coverage.ledger import Coverage
from geoplan.disclosure.coverage import PublicCoverage
from geoplan.results import ServiceResult


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldSites:
    """Ids of sites, as text, whose numbers hold a withheld one.

    adding : suggested sites that may serve people of whom it is withheld how many get a site.
    near : sites of any kind near people of whom it is withheld how many are served.
    every : it is not known who reaches which site, so that all of them may.
    sums : what a few sites serve together holds a withheld number: one of any sites that might be
        suggested, or one served today in a city whose sum is withheld.
    some : it is withheld of some people, whoever reaches them, how many they are or how many of
        them are served: numbers of the whole city count them.
    """

    adding: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    every: bool = False
    sums: bool = False
    some: bool = False

    def of_new(self, index: pd.Index) -> NDArray[np.bool_]:
        """Bool per suggested site: what it adds holds a withheld number."""
        return index.astype(str).isin(self.adding) | self.every

    def around(self, index: pd.Index) -> NDArray[np.bool_]:
        """Bool per site: what is lost without it holds a withheld number."""
        return index.astype(str).isin(self.near) | self.every


def withheld_rows(frame: pd.DataFrame, public: PublicCoverage, state: str) -> NDArray[np.bool_]:
    """Bool per demand row of `frame`: how many of its finest area are in `state` is withheld."""
    if not public.tables:
        return np.full(len(frame), np.isnan(getattr(public.city, state)))
    level = list(public.tables)[-1]
    codes = frame[level].astype("string").fillna("").to_numpy(object)
    return public.tables[level][state].reindex(codes).isna().to_numpy(bool)


def held_sites(service: ServiceResult, public: Mapping[str, PublicCoverage]) -> HeldSites:
    """The sites of a service whose numbers hold one that `public` withholds.

    public : its coverage "now" and "after".
    """
    siting, now = service.siting, service.coverage
    if siting is None or now is None or "after" not in public:
        return HeldSites()
    after = siting.coverage_after
    assert after is not None
    frame = now.frame
    rows = withheld_rows(frame, public["now"], "served") | withheld_rows(
        frame, public["after"], "served"
    )
    there = frame["people"].to_numpy(float) > 0
    few = rows | withheld_rows(frame, public["now"], "total")
    some, rows = bool((few & there).any()), rows & there
    change = after.frame["served"].reindex(frame.index) - frame["served"]
    changed = rows & (change.to_numpy(float) != 0)
    if not rows.any():
        return HeldSites(some=some)
    if service.covers is None:
        return HeldSites(every=True, sums=True, some=some)
    unserved = rows & (frame["served"].to_numpy(float) < frame["people"].to_numpy(float))
    served = [public["now"].city.served, public["after"].city.served]
    return HeldSites(
        adding=_reach(service, after, frame.index[changed]),
        near=_reach(service, after, frame.index[rows]),
        sums=bool(np.isnan(served).any() or _reach(service, after, frame.index[unserved])),
        some=some,
    )


def _reach(service: ServiceResult, after: Coverage, rows: pd.Index) -> frozenset[str]:
    """Sites that any of these rows reaches, or is served by after the plan."""
    covers = service.covers
    assert covers is not None
    reached = covers.cover[covers.rows.isin(rows)].sum(axis=0)
    ids = covers.sites.index[np.asarray(reached).ravel() > 0].astype(str)
    return frozenset(ids) | frozenset(after.frame.loc[rows, "site"].dropna().astype(str))


def in_told_order(gaps: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Gaps ranked anew by what is published of them; those without people come last."""
    if "people" not in gaps.columns or not len(gaps):
        return gaps
    told = pd.DataFrame(
        {
            "people": -gaps["people"].astype(float).to_numpy(),
            "cause": gaps["cause"].astype(str).to_numpy(),
            "area": gaps["area"].astype(str).to_numpy(),
            "place": [b"" if shape is None else shape.wkb for shape in gaps.geometry],
        }
    )
    order = told.sort_values(list(told.columns), na_position="last", kind="stable").index
    return _ranked(gaps.iloc[order].reset_index(drop=True))


def sites_in_told_order(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Suggested sites ranked anew: in their order, those whose people are withheld last."""
    order = np.argsort(sites["added_people"].isna().to_numpy(bool), kind="stable")
    behind = sites.index[sites["added_people"].isna()].astype(str)
    order[len(sites) - len(behind) :] = order[len(sites) - len(behind) :][np.argsort(behind)]
    return _ranked(sites.iloc[order])


def _ranked(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.assign(rank=np.arange(1, len(frame) + 1))
