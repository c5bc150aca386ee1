"""Journeys by public transport that a service's map tells, of its gaps and its sites."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage import Coverage
from geoplan.network.graph.timed import TimedNetwork
from geoplan.network.search.snapping import snap
from geoplan.results import ServiceResult
from geoplan.results.journeys import PlaceJourney
from geoplan.study.assess.assess_service import open_sites
from geoplan.study.read.context import Context
from geoplan.tolerances import LONGEST_RIDE_MIN

#: gaps, and sites, whose journeys are told: the largest
MOST_GAPS_TOLD = 20
MOST_SITES_TOLD = 20


class _Pair(NamedTuple):
    row: Any
    site: str
    about: str
    gap: int
    minutes: float
    served: bool = True  # by public transport, or a walk as short as one to a stop


def with_journeys(context: Context, planned: ServiceResult) -> ServiceResult:
    """`planned` with journeys from its largest gaps and to its sites, if it goes by a timetable."""
    standard, coverage = planned.standard, planned.coverage
    if coverage is None or planned.facilities is None or planned.gaps is None:
        return planned
    chosen = context.networks.get(str(standard.mode))
    if chosen is None or not isinstance(chosen.network, TimedNetwork):
        return planned
    sites = open_sites(planned.facilities)[["geometry"]]
    pairs = [*_of_gaps(planned, coverage), *_of_sites(coverage)]
    siting = planned.siting
    if siting is not None and siting.coverage_after is not None:
        after = siting.coverage_after.frame
        new = siting.coverage_after.frame["site"].isin(siting.sites.index)
        pairs += _of_sites(replace(siting.coverage_after, frame=after[new]))
        sites = gpd.GeoDataFrame(pd.concat([sites, siting.sites[["geometry"]]]), crs=sites.crs)
    on_streets = partial(
        snap, chosen.network, max_snap_m=chosen.max_snap_m, barriers=chosen.barriers
    )
    homes, there = on_streets(coverage.frame[["geometry"]]), on_streets(sites)
    found = []
    for pair in pairs:
        journey = None
        if pair.served and pair.minutes <= LONGEST_RIDE_MIN:
            journey = chosen.network.journey(
                homes.take(np.array([coverage.frame.index.get_loc(pair.row)])),
                there.take(np.array([sites.index.get_loc(pair.site)])),
                minutes=pair.minutes,
            )
        found.append(PlaceJourney(**_without_served(pair), journey=journey))
    return replace(planned, journeys=tuple(found))


def _without_served(pair: _Pair) -> dict[str, Any]:
    return {name: value for name, value in pair._asdict().items() if name != "served"}


def _of_gaps(planned: ServiceResult, coverage: Coverage) -> Iterator[_Pair]:
    """From the largest place of each of the largest gaps to the site that is nearest in time."""
    assert planned.gaps is not None
    frame = coverage.frame
    if planned.gap_of is None:
        return
    rank = planned.gap_of.reindex(frame.index)
    left = (frame["people"] - frame["served"]).where(frame["site"].notna(), 0.0)
    for gap in planned.gaps["rank"].head(MOST_GAPS_TOLD):
        inside = left[rank == gap]
        if inside.max() > 0:
            row = inside.idxmax()
            site, minutes = frame.at[row, "site"], float(frame.at[row, "cost"])
            yield _Pair(row, site, "gap", int(gap), minutes, frame.at[row, "reason"] != "cut_off")


def _of_sites(coverage: Coverage) -> Iterator[_Pair]:
    """To each of the sites with most people: from where half of them are as quick, and the last."""
    frame = coverage.frame[(coverage.frame["served"] > 0) & coverage.frame["site"].notna()]
    people = frame.groupby("site")["served"].sum().sort_values(ascending=False, kind="stable")
    for site in people.index[:MOST_SITES_TOLD]:
        own = frame[frame["site"] == site].sort_values("cost", kind="stable")
        so_far = own["served"].cumsum().to_numpy(float)
        middle = int(np.searchsorted(so_far, so_far[-1] / 2))
        for about, at in (("median", middle), ("farthest", len(own) - 1)):
            yield _Pair(own.index[at], site, about, 0, float(own["cost"].iloc[at]))
