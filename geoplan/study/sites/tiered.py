"""Two tiers of a service sited together: a site of the lower one counts only with a referral."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.coverage import sites_of_tier
from geoplan.errors import UsageError
from geoplan.network import travel_costs
from geoplan.results import ServiceResult, SitingOutcome
from geoplan.services.standard import Tier
from geoplan.siting import NestedResult, SitingProblem, SitingResult, nested_coverage, thin
from geoplan.siting.model.counting import covered_share
from geoplan.siting.solver.request import SolveRequest
from geoplan.study.assess.assess_service import costs_within, in_service, with_tier_keys
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.sites.budget import with_costs_and_phases
from geoplan.study.sites.candidates import candidate_points, more_candidates
from geoplan.study.sites.covering_problem import cover_of, located_people
from geoplan.study.sites.effects import ledger_after, most_after, sites_frame

#: most places where a site of the upper tier may stand: every one is weighed against all lower ones
_MOST_UPPER = 300


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Tiers:
    """The problem of both tiers.

    places : existing and possible sites per tier, with ``geometry``. candidates : the possible ones
    of both, with the columns of their file. near : lower x upper, within the referral limit.
    proved : no place was left out that a better plan may want.
    """

    lower_tier: Tier
    upper_tier: Tier
    lower: SitingProblem
    upper: SitingProblem
    near: sparse.csr_matrix
    places: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]
    candidates: gpd.GeoDataFrame
    proved: bool

    def value(self, lower: list[Any], upper: list[Any]) -> float:
        """People in reach of a lower site that counts, or of an upper one that stands in."""
        at, above = self.lower.positions(lower), self.upper.positions(upper)
        counts = np.asarray(self.near[:, above].sum(axis=1)).ravel() > 0
        served = covered_share(self.lower, at[counts[at]]) + covered_share(self.upper, above)
        return float(self.lower.weights[served > 0].sum())


def tiered_sites(context: Context, assessed: ServiceResult, siting: SitingSection) -> SitingOutcome:
    """New sites of both tiers that ``tiers`` names, and what they change."""
    tiers = _state(context, assessed, siting)
    asked = siting.tiers or {}
    request = SolveRequest(
        time_limit_s=siting.time_limit_s, gap=siting.gap, seed=context.config.study.seed
    )
    found = nested_coverage(
        tiers.lower,
        tiers.upper,
        tiers.near,
        sites=len(tiers.lower.fixed) + asked[tiers.lower_tier.key],
        upper_sites=len(tiers.upper.fixed) + asked[tiers.upper_tier.key],
        request=request,
    )
    explained, before = _in_order(tiers, found)
    chosen = tiers.candidates.loc[list(explained.index)]
    after = ledger_after(context, assessed, chosen, siting)
    total = after.ledger.total
    sites = sites_frame(context, assessed, explained, chosen, base=before, total=total)
    sites = with_costs_and_phases(context, assessed.key, siting, sites, chosen)
    notes = [_note(context, tiers)]
    notes += more_candidates(context.speaker, siting, int((~tiers.lower.is_fixed).sum()))
    if not tiers.proved:
        notes.append(context.speaker.say("study.tiers_thinned"))
    return SitingOutcome(
        result=_result(tiers, found, list(sites.index), seed=request.seed),
        objective=siting.objective,
        sites=sites,
        people_after=after.ledger,
        coverage_after=after,
        coverage_after_most=most_after(context, assessed, chosen, siting),
        measures={"referred_before": before, "referred_after": found.value},
        notes=tuple(notes),
    )


def _tiers_named(
    context: Context, assessed: ServiceResult, siting: SitingSection
) -> tuple[Tier, Tier]:
    """The lower tier and the one that it refers to.

    Raises
    ------
    UsageError
        Names of no tiers, or of two of which neither refers to the other.
    """
    standard, names = assessed.standard, list(siting.tiers or {})
    known = {tier.key: tier for tier in standard.tiers}
    for low, high in (names, names[::-1]):
        if low in known and high in known and known[low].refers_to == high:
            return known[low], known[high]
    pairs = [f"{t.key} → {t.refers_to}" for t in standard.tiers if t.refers_to] or ["–"]
    raise UsageError(
        context.speaker.say(
            "study.tiers_refer",
            key=assessed.key,
            names=", ".join(names),
            pairs=", ".join(pairs),
        )
    )


def _state(context: Context, assessed: ServiceResult, siting: SitingSection) -> _Tiers:
    assert assessed.coverage is not None
    assert assessed.facilities is not None
    low, high = _tiers_named(context, assessed, siting)
    standard = assessed.standard.of_tier(low.key) or assessed.standard
    rows = located_people(assessed.coverage.frame)
    people = rows["people"].astype(float)
    opened = with_tier_keys(in_service(assessed.facilities), assessed.standard)
    assert opened is not None
    standing = [
        sites_of_tier(opened, assessed.standard, tier.key, substitutes=False).located
        for tier in (low, high)
    ]
    points = candidate_points(context, assessed, siting, rows)
    cover = cover_of(costs_within(context, rows, points, standard))
    kept = thin(cover, people.to_numpy(), limit=siting.max_candidates, alike=False).kept
    proved = len(kept) == cover.shape[1] or not cover[:, _others(kept, cover.shape[1])].nnz
    # a place that reaches nobody may still be within the referral limit of many
    above = points if len(points) <= siting.max_candidates else points.iloc[kept]
    proved = proved and len(above) == len(points)
    points = points.iloc[kept]
    centres = above.set_axis([f"{label}-{high.key}" for label in above.index])
    lower_places, upper_places = (
        gpd.GeoDataFrame(pd.concat([old[["geometry"]], new[["geometry"]]]), crs=points.crs)
        for old, new in zip(standing, (points, centres), strict=True)
    )
    near = _referral(context, low, lower_places, upper_places)
    reach = costs_within(context, rows, lower_places, standard)
    lower = SitingProblem.from_costs(
        reach, people, threshold=standard.threshold, fixed=list(standing[0].index)
    )
    own = low.key in high.substitutes
    fewer, lossless = _upper_kept(lower, near, len(standing[1]))
    near, upper_places = near[:, fewer].tocsr(), upper_places.iloc[fewer]
    upper = _upper_problem(context, lower, upper_places, standing[1], (low, high, rows, standard))
    return _Tiers(
        lower_tier=low,
        upper_tier=high,
        lower=lower,
        upper=upper,
        near=near,
        places=(lower_places, upper_places),
        candidates=gpd.GeoDataFrame(pd.concat([points, centres]), crs=points.crs),
        proved=proved and (len(fewer) == len(standing[1]) + len(centres) or (lossless and not own)),
    )


def _others(kept: np.ndarray, count: int) -> np.ndarray:
    return np.setdiff1d(np.arange(count), kept)


def _referral(
    context: Context, low: Tier, lower: gpd.GeoDataFrame, upper: gpd.GeoDataFrame
) -> sparse.csr_matrix:
    """Bool, lower x upper places: within the referral limit; without one, wherever a way leads."""
    chosen = context.network(str(low.refer_mode))
    costs = travel_costs(
        chosen.network,
        lower[["geometry"]],
        upper[["geometry"]],
        max_snap_m=chosen.max_snap_m,
        barriers=chosen.barriers,
        cutoff_min=low.refer_threshold_min or 1e6,
    )
    return sparse.csr_matrix(cover_of(costs), dtype=bool)


def _upper_kept(
    lower: SitingProblem, near: sparse.csr_matrix, standing: int
) -> tuple[np.ndarray, bool]:
    """Upper places worth weighing, those that stand first, and whether nothing is lost by that."""
    weight = np.asarray(lower.cover.T @ lower.weights).ravel()
    found = thin(near.astype(np.float64), weight, limit=_MOST_UPPER, always=list(range(standing)))
    return found.kept, not (found.loss > 0).any()


def _upper_problem(
    context: Context,
    lower: SitingProblem,
    places: gpd.GeoDataFrame,
    standing: gpd.GeoDataFrame,
    by: tuple[Tier, Tier, gpd.GeoDataFrame, Any],
) -> SitingProblem:
    """The upper tier's sites; they serve people themselves where the standard lets them."""
    low, high, rows, standard = by
    if low.key in high.substitutes:
        costs = costs_within(context, rows, places, standard)
        return SitingProblem.from_costs(
            costs, rows["people"].astype(float), threshold=standard.threshold,
            fixed=list(standing.index),
        )  # fmt: skip
    nothing = sparse.csr_matrix((lower.n_demand, len(places)), dtype=bool)
    return SitingProblem.from_cover(
        nothing,
        lower.weights,
        demand_index=lower.demand_index,
        site_index=places.index,
        fixed=list(standing.index),
    )


def _in_order(tiers: _Tiers, found: NestedResult) -> tuple[pd.DataFrame, float]:
    """New sites in the order in which they add most people, and the people before the first.

    A site of the upper tier comes first where neither tier adds anybody by itself.
    """
    lower = list(tiers.lower.site_index[tiers.lower.fixed])
    upper = list(tiers.upper.site_index[tiers.upper.fixed])
    left = [("upper", s) for s in found.upper_sites if s not in set(upper)]
    left += [("lower", s) for s in found.sites if s not in set(lower)]
    before = value = tiers.value(lower, upper)
    rows = []
    while left:
        gains = []
        for tier, site in left:
            more = ([*lower, site], upper) if tier == "lower" else (lower, [*upper, site])
            gains.append(tiers.value(*more) - value)
        best = int(np.argmax(gains))
        tier, site = left.pop(best)
        (lower if tier == "lower" else upper).append(site)
        value += gains[best]
        key = (tiers.lower_tier if tier == "lower" else tiers.upper_tier).key
        rows.append({"site": site, "tier": key, "added_people": gains[best]})
    table = pd.DataFrame(rows, columns=["site", "tier", "added_people"]).set_index("site")
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    table["added_people"] = table["added_people"].astype(float)
    table["next_best"] = pd.Series(pd.NA, index=table.index, dtype=object)
    table["next_best_loss"] = np.nan
    return table, before


def _result(tiers: _Tiers, found: NestedResult, sites: list[Any], *, seed: int) -> SitingResult:
    result = SitingResult(
        objective="max_coverage",
        status=found.status,
        value=found.value,
        bound=found.bound,
        gap=found.gap,
        sites=sites,
        assignment=pd.Series(pd.NA, index=tiers.lower.demand_index, dtype=object, name="site"),
        seconds=found.seconds,
        solver="nested_highs",
        seed=seed,
    )
    if tiers.proved:
        return result
    return replace(result, status="feasible", bound=None, gap=None)


def _note(context: Context, tiers: _Tiers) -> str:
    """Which sites count."""
    limit = tiers.lower_tier.refer_threshold_min
    return context.speaker.say(
        "study.tiers_sited" if limit is not None else "study.tiers_sited_anyhow",
        lower=tiers.lower_tier.name(context.lang),
        upper=tiers.upper_tier.name(context.lang),
        limit="" if limit is None else f"{limit:g}",
    )
