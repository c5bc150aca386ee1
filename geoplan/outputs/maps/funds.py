"""The map of a fund: what it holds, and the suggested sites that it pays for."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker


def fund_head(results: RunResults, service: ServiceResult, speaker: Speaker) -> dict[str, Any]:
    """The large number of a fund's page: its money."""
    assert service.fund is not None
    money = speaker.money(service.fund.money, results.info.currency)
    years = service.fund.years
    label = speaker.say("maps.head_fund")
    if years:
        label = speaker.say("maps.head_fund_years", first=years[0], last=years[-1])
    return {"label": label, "text": money}


def fund_facts(results: RunResults, service: ServiceResult, speaker: Speaker) -> list[list[str]]:
    """Pairs of label and value: what the plans take, by service, and what is left."""
    fund = service.fund
    assert fund is not None
    currency = results.info.currency
    told = [
        [speaker.say("maps.fact_fund_planned"), speaker.money(fund.planned, currency)],
        [speaker.say("maps.fact_fund_left"), speaker.money(fund.left, currency)],
    ]
    for key, part in fund.spending.groupby("service", sort=False):
        money = speaker.money(float(part["money"].sum()), currency)
        value = speaker.say("maps.fund_part", sites=f"{int(part['sites'].sum()):,}", money=money)
        told.append([_name(results, str(key), speaker), value])
    return told


def funded_sites(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> gpd.GeoDataFrame | None:
    """The suggested sites that the fund pays for, service by service, numbered through.

    The name says the service and the number that the site has in the service's own map and report.

    Returns
    -------
    The columns of `SitingOutcome.sites`; ``share_after`` is NaN as the services have no share in
    common. None where nothing is paid.
    """
    fund = service.fund
    if fund is None:
        return None
    parts = []
    for key in dict.fromkeys(fund.spending["service"]):
        siting = results.services[key].siting
        assert siting is not None
        sites = siting.sites.sort_values("rank")
        ranks = sites["rank"].astype(str)
        place = sites["name"].where(sites["name"].ne(""), sites["area"]) if "name" in sites else ""
        parts.append(sites.assign(name=_name(results, key, speaker) + " " + ranks + " · " + place))
    if not parts:
        return None
    whole = pd.concat(parts)
    return whole.assign(rank=np.arange(1, len(whole) + 1), share_after=np.nan)


def _name(results: RunResults, key: str, speaker: Speaker) -> str:
    return results.services[key].name(speaker.lang) if key in results.services else key
