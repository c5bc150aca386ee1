"""Plans of a study that are as good as the one that it suggests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from geoplan.siting import SitingProblem, SitingResult, alternative_sites
from geoplan.siting.beside.alternatives import Alternatives
from geoplan.study.config.schema import SitingSection


def other_plans(
    problem: SitingProblem,
    result: SitingResult,
    siting: SitingSection,
    min_sites_per_area: Mapping[str, int],
    min_share_per_area: Mapping[Any, float] | None = None,
    *,
    every: bool,
) -> Alternatives | None:
    """As many as `siting.alternatives` asks for; None where it asks for none, or nothing is found.

    problem, result : in whose sites the plan was found, existing ones among them.
    every : whether no candidate was left out; else there may be more such plans.
    """
    if not siting.alternatives or result.status not in ("optimal", "feasible"):
        return None
    if result.objective not in ("max_coverage", "min_sites"):
        return None
    found = alternative_sites(
        problem,
        result,
        most=siting.alternatives,
        budget=siting.budget,
        min_sites_per_area=dict(min_sites_per_area) or None,
        min_share_per_area=dict(min_share_per_area) if min_share_per_area else None,
        backup=siting.backup,
        time_limit_s=siting.time_limit_s,
    )
    return found if every else replace(found, complete=False, kept=[])
