"""Services of a study sited together: one budget, and buildings that several of them share."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import UsageError
from geoplan.results import JointPlan, ServiceResult, SitingOutcome
from geoplan.siting import (
    SitingProblem,
    SitingResult,
    TogetherResult,
    explain_sites,
    plan_together,
    thin,
)
from geoplan.siting.conditional.bounds import without_bound
from geoplan.siting.model.build_result import judged
from geoplan.study.assess.assess_service import costs_within, open_sites
from geoplan.study.config.schema import SharedBuildingsSection, SitingSection
from geoplan.study.read.context import Context
from geoplan.study.sites.budget import candidate_costs, with_costs_and_phases
from geoplan.study.sites.candidates import candidate_points
from geoplan.study.sites.covering_problem import cover_of, unserved_people
from geoplan.study.sites.effects import ledger_after, most_after, named_places, sites_frame
from geoplan.words.speaker import Speaker

#: metres within which two places are one building
_SAME_BUILDING_M = 1.0
#: settings of a siting that hold for a service planned alone
_UNHEEDED = (
    *("budget", "min_sites_per_area", "min_share_per_area", "phases", "years", "closable"),
    *("backup", "full_within_m", "full_within_min", "alternatives", "tiers"),
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Offered:
    """One service: its people not served today, and where a new site may stand.

    points : index = label; ``building`` (by location), ``geometry`` and the columns of a file.
    """

    assessed: ServiceResult
    siting: SitingSection
    rows: gpd.GeoDataFrame
    people: pd.Series
    points: gpd.GeoDataFrame


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Part:
    """One service's problem: its own sites and the places that are weighed."""

    offered: _Offered
    problem: SitingProblem
    places: gpd.GeoDataFrame
    complete: bool


def shared_sites(
    context: Context, section: SharedBuildingsSection, services: dict[str, ServiceResult]
) -> dict[str, SitingOutcome]:
    """What ``[shared_buildings]`` asks for: new sites of each of its services."""
    offered = {key: _offered(context, services[key]) for key in section.services}
    kept = _buildings_kept(context, offered)
    parts = {key: _part(context, one, kept) for key, one in offered.items()}
    limits: dict[Hashable, int] = {
        key: len(part.problem.fixed) + part.offered.siting.sites
        for key, part in parts.items()
        if part.offered.siting.sites is not None
    }
    found = plan_together(
        {key: part.problem for key, part in parts.items()},
        budget=section.budget,
        saving=section.saving,
        sites=limits,
        time_limit_s=section.time_limit_s,
        gap=section.gap,
        seed=context.config.study.seed,
    )
    proved = all(part.complete for part in parts.values())
    joint = _joint(context, section, parts, found, proved=proved)
    return {key: _outcome(context, part, found.results[key], joint) for key, part in parts.items()}


def _offered(context: Context, assessed: ServiceResult) -> _Offered:
    """Whom a service does not serve, and where it may have a new site.

    Raises
    ------
    UsageError
        A service whose siting is not one that can be planned together.
    """
    siting = context.config.services[assessed.key].siting
    assert siting is not None
    limited = assessed.standard.capacity_limits or siting.capacity is not None
    if limited or siting.min_distance_m or siting.objective != "max_coverage":
        raise UsageError(context.speaker.say("study.shared_plain", key=assessed.key))
    refuse_unheeded(context.speaker, assessed.key, siting)
    rows, people = unserved_people(assessed)
    points = candidate_points(context, assessed, siting, rows)
    points = points.assign(building=_building(points.geometry))
    points = points[~points["building"].duplicated()]
    return _Offered(assessed=assessed, siting=siting, rows=rows, people=people, points=points)


def refuse_unheeded(speaker: Speaker, key: str, siting: SitingSection) -> None:
    """Refuse what a service's siting asks for and planning together does not heed."""
    asked = [name for name in _UNHEEDED if getattr(siting, name)]
    if asked:
        raise UsageError(speaker.say("study.shared_unheeded", key=key, names=", ".join(asked)))


def _building(points: gpd.GeoSeries) -> list[str]:
    """A text that is the same for places within a metre of each other's grid cell."""
    x, y = (np.round(c / _SAME_BUILDING_M).astype(np.int64) for c in (points.x, points.y))
    return [f"{a}/{b}" for a, b in zip(x, y, strict=True)]


def _buildings_kept(context: Context, offered: dict[str, _Offered]) -> set[str] | None:
    """The buildings worth weighing for any of the services; None: all of them.

    What one service keeps is offered to all the others, so that they can share it.
    """
    if all(len(one.points) <= one.siting.max_candidates for one in offered.values()):
        return None
    kept: set[str] = set()
    for one in offered.values():
        near = cover_of(costs_within(context, one.rows, one.points, one.assessed.standard))
        people = one.people.to_numpy(float)
        chosen = thin(near, people, limit=one.siting.max_candidates, alike=True).kept
        kept |= set(one.points["building"].iloc[chosen])
    return kept


def _part(context: Context, one: _Offered, kept: set[str] | None) -> _Part:
    """The problem of one service over the buildings that are left."""
    assert one.assessed.facilities is not None
    standing = open_sites(one.assessed.facilities)[["geometry"]]
    standing = standing.assign(building=_building(standing.geometry))
    standing = standing[~standing["building"].duplicated()]
    places = one.points[~one.points["building"].isin(standing["building"])]
    count = len(places)
    if kept is not None:
        places = places[places["building"].isin(kept)]
    money = candidate_costs(context, one.assessed.key, one.siting, places)
    if money is None:
        raise UsageError(context.speaker.say("study.shared_price", key=one.assessed.key))
    both = gpd.GeoDataFrame(pd.concat([standing, places]), crs=places.crs)
    cover = cover_of(costs_within(context, one.rows, both, one.assessed.standard))
    problem = SitingProblem.from_cover(
        cover.astype(bool),
        one.people.to_numpy(float),
        demand_index=one.rows.index,
        site_index=both["building"].tolist(),
        fixed=standing["building"].tolist(),
        site_costs=np.concatenate([np.zeros(len(standing)), money.to_numpy(float)]),
    )
    return _Part(offered=one, problem=problem, places=places, complete=len(places) == count)


def _outcome(
    context: Context, part: _Part, result: SitingResult, joint: JointPlan
) -> SitingOutcome:
    """What the joint plan builds for one service, and what that changes."""
    assessed, siting = part.offered.assessed, part.offered.siting
    assert assessed.coverage is not None
    ledger = assessed.coverage.ledger
    explained = explain_sites(part.problem, result)
    labels = dict(zip(part.places["building"], part.places.index, strict=True))
    explained["next_best"] = [labels.get(b, pd.NA) for b in explained["next_best"]]
    explained.index = pd.Index([labels[b] for b in explained.index], name="site")
    chosen = part.places.loc[list(explained.index)].drop(columns="building")
    after = ledger_after(context, assessed, chosen, siting)
    sites = sites_frame(
        context, assessed, explained, chosen, base=ledger.served, total=ledger.total
    )
    free = siting.model_copy(update={"phases": [], "years": []})
    sites = with_costs_and_phases(context, assessed.key, free, sites, chosen)
    notes = [context.speaker.say("study.shared_note")]
    if not part.complete:
        every, kept = f"{len(part.offered.points):,}", f"{len(part.places):,}"
        notes.append(context.speaker.say("study.some_candidates", every=every, kept=kept))
    own = replace(
        without_bound(result), sites=list(sites.index), value=ledger.served + result.value
    )
    return SitingOutcome(
        result=own,
        objective=siting.objective,
        sites=sites,
        people_after=after.ledger,
        coverage_after=after,
        coverage_after_most=most_after(context, assessed, chosen, siting),
        joint=joint,
        notes=tuple(notes),
    )


def _joint(
    context: Context,
    section: SharedBuildingsSection,
    parts: dict[str, _Part],
    found: TogetherResult,
    *,
    proved: bool,
) -> JointPlan:
    """The plan of all services together."""
    bound = found.bound if proved else None
    _, gap, status = judged(found.value, bound, gap=section.gap)
    rows = []
    for building in found.shared:
        users = [key for key in parts if building in set(found.results[key].sites)]
        key = next(k for k in users if building in set(parts[k].places["building"]))
        place = parts[key].places[parts[key].places["building"] == building].iloc[:1]
        named = named_places(context, place[["geometry"]], context.demand(key))
        wgs84 = named.geometry.to_crs("EPSG:4326").iloc[0]
        rows.append(
            {
                "site": str(place.index[0]),
                "name": named["name"].iloc[0],
                "lon": round(wgs84.x, 6),
                "lat": round(wgs84.y, 6),
                "services": ",".join(users),
            }
        )
    columns = ["site", "name", "lon", "lat", "services"]
    return JointPlan(
        services=tuple(section.services),
        status=found.status if proved else status,
        value=found.value,
        bound=bound,
        gap=gap,
        budget=section.budget,
        money=found.money,
        saved=found.saved,
        shared=pd.DataFrame(rows, columns=columns).set_index("site"),
    )
