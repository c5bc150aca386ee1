"""What suggested sites rest on that no input says: capacities of old and new sites, prices."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geoplan.inputs.findings.finding import Assumption
from geoplan.results import ServiceResult, SitingOutcome
from geoplan.study.assess.assess_service import open_sites
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.sites.budget import unknown_prices


def new_sites_unlimited(assessed: ServiceResult, siting: SitingSection) -> bool:
    """Whether new sites are taken to be as large as needed, though capacity limits."""
    return assessed.standard.capacity_limits and siting.capacity is None


def siting_assumptions(
    context: Context, assessed: ServiceResult, siting: SitingSection, outcome: SitingOutcome
) -> Iterator[Assumption]:
    """What was assumed to suggest the sites of `outcome`; texts name no place."""
    speaker, where = context.speaker, f"services.{assessed.key}.siting"

    def assumed(code: str, count: int) -> Assumption:
        return Assumption(
            what=speaker.say(f"study.{code}", count=f"{count:,}"),
            where=where,
            count=count,
            effect=speaker.say(f"study.{code}_effect"),
            code=code,
        )

    if outcome.unlimited and len(outcome.sites):
        yield assumed("new_sites_unlimited", len(outcome.sites))
    if assessed.coverage_most is not None and assessed.facilities is not None:
        places = open_sites(assessed.facilities)["capacity"].to_numpy(float)
        yield assumed("unknown_sites_full", int(np.isnan(places).sum()))
    if count := unknown_prices(context, assessed.key, siting):
        yield assumed("prices_assumed", count)
