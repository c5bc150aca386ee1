"""What suggested sites change: the ledger measured again, and the table of sites."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage import Coverage
from geoplan.results import ServiceResult
from geoplan.study.assess.assess_service import open_sites, reach_of
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.sites.location_names import name_locations


def ledger_after(
    context: Context, assessed: ServiceResult, chosen: gpd.GeoDataFrame, siting: SitingSection
) -> Coverage:
    """The ledger once the new sites stand, measured again on the network."""
    assert assessed.facilities is not None
    existing = open_sites(assessed.facilities)[["capacity", "geometry"]]
    new = gpd.GeoDataFrame(
        {"capacity": siting.capacity if siting.capacity is not None else np.nan},
        geometry=chosen.geometry.to_numpy(),
        index=chosen.index,
        crs=existing.crs,
    )
    both = gpd.GeoDataFrame(pd.concat([existing, new]), crs=existing.crs)
    return reach_of(context, context.demand(assessed.key), assessed.standard, both)


def sites_frame(
    context: Context,
    assessed: ServiceResult,
    explained: pd.DataFrame,
    chosen: gpd.GeoDataFrame,
    *,
    base: float,
    total: float,
) -> gpd.GeoDataFrame:
    """The table of suggested sites; `base` people are served before the first."""
    frame = gpd.GeoDataFrame(explained.copy(), geometry=chosen.geometry, crs=chosen.crs)
    wgs84 = frame.geometry.to_crs("EPSG:4326")
    frame["lon"], frame["lat"] = wgs84.x.round(6), wgs84.y.round(6)
    served = base + frame["added_people"].cumsum()
    frame["share_after"] = served / total if total > 0 else np.nan
    return name_locations(context, frame, context.demand(assessed.key))


def added_by_capacity(
    context: Context,
    assessed: ServiceResult,
    explained: pd.DataFrame,
    chosen: gpd.GeoDataFrame,
    siting: SitingSection,
    after: Coverage,
) -> pd.DataFrame:
    """What each site adds when capacity is limited: measured again, site after site.

    Whom the next-best candidate would serve depends on all other capacities then: it is left out.
    """
    assert assessed.coverage is not None
    served = [assessed.coverage.ledger.served]
    for count in range(1, len(chosen)):
        served.append(ledger_after(context, assessed, chosen.iloc[:count], siting).ledger.served)
    served.append(after.ledger.served)
    measured = explained.assign(added_people=np.diff(served), next_best_loss=np.nan)
    measured["next_best"] = pd.Series(pd.NA, index=measured.index, dtype=object)
    return measured
