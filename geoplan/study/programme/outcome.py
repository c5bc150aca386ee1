"""What a programme does for each service: actions named, years measured on the network."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage import Coverage
from geoplan.coverage.ledger import STATES
from geoplan.results import Programme, ServiceResult
from geoplan.siting.periods.problem import ProgrammeProblem
from geoplan.siting.periods.result import PlannedAction, ProgrammeResult
from geoplan.study.assess.assess_service import reach_of
from geoplan.study.programme.joint_problem import MARK
from geoplan.study.programme.service_part import KINDS, ServicePart
from geoplan.study.read.context import Context
from geoplan.study.sites.effects import named_places, readable_areas

_COLUMNS = (
    *("year", "action", "site", "project", "away", "times", "cost", "running_cost"),
    *("people", "person_years", "lost_by_waiting", "why"),
)
_YEARLY = ("total", *STATES, "share", "cost", "running_cost", "works", "sites")


def service_programmes(
    context: Context,
    services: dict[str, ServiceResult],
    parts: Sequence[ServicePart],
    problem: ProgrammeProblem,
    result: ProgrammeResult,
) -> dict[str, Programme]:
    """The programme of each service, its years measured again on the network."""
    measured = {part.key: _coverages(context, services[part.key], part, result) for part in parts}
    values = {part.key: _value(part.key, measured[part.key], problem, result) for part in parts}
    programmes = {}
    for part in parts:
        value = values[part.key]
        bound = None
        if result.bound is not None and result.by_year:
            # what no plan exceeds that leaves the other services what they have
            bound = float(result.bound) - (sum(values.values()) - value)
        programmes[part.key] = Programme(
            years=problem.years,
            lengths=tuple(float(n) for n in problem.lengths),
            objective=result.objective,
            status=result.status,
            value=value,
            bound=bound,
            gap=None if bound is None else programme_gap(value, bound),
            seconds=result.seconds,
            actions=_actions(context, part, result),
            by_year=_by_year(part, measured[part.key], result),
            coverage=measured[part.key],
            cut_short=bool(result.detail.get("cut_short")),
            alone_value=result.alone_value,
            together=tuple(other.key for other in parts),
            blocking=result.blocking,
            notes=tuple(_notes(context, part, result)),
        )
    return programmes


def programme_gap(value: float, bound: float) -> float:
    """How far the bound is from the value, as a share of the larger: 1 where only one is zero.

    Examples
    --------
    >>> programme_gap(80.0, 100.0), programme_gap(0.0, 100.0), programme_gap(0.0, 0.0)
    (0.2, 1.0, 0.0)
    """
    most = max(abs(value), abs(bound))
    return 0.0 if most == 0 else abs(bound - value) / most


def _value(
    key: str,
    coverage: dict[int, Coverage],
    problem: ProgrammeProblem,
    result: ProgrammeResult,
) -> float:
    """Person-years served, or money, of one service; NaN where there is no plan."""
    if not result.by_year:
        return float("nan")
    if result.objective == "min_cost":
        mine = [done for done in result.actions if _own(key, done)]
        lasting = {year: float(problem.lengths[k:].sum()) for k, year in enumerate(problem.years)}
        return float(sum(d.cost + d.running_cost * lasting[d.year] for d in mine))
    served = [coverage[year].ledger.served for year in problem.years if year in coverage]
    return float(np.dot(served, problem.lengths[: len(served)]))


def _own(key: str, done: PlannedAction) -> bool:
    return str(done.action.id).startswith(key + MARK)


def _plain(label: object) -> str:
    return str(label).split(MARK, 1)[1]


def _coverages(
    context: Context, assessed: ServiceResult, part: ServicePart, result: ProgrammeResult
) -> dict[int, Coverage]:
    """The ledger of each planning year with the sites that are open in it."""
    found = {}
    frame = part.sites.frame
    room = pd.Series(part.places(KINDS[0]) + part.places(KINDS[1]), index=frame.index)
    for year in result.by_year:
        open_ = [_plain(s) for s in year.open_sites if str(s).startswith(part.key + MARK)]
        sites = frame.loc[open_, ["geometry"]].copy()
        sites["capacity"] = room[open_]
        for done in result.actions:
            if _own(part.key, done) and done.year <= year.year and done.action.capacity:
                site = _plain(done.action.site)
                if site in sites.index:
                    sites.loc[site, "capacity"] += done.times * sum(done.action.capacity.values())
        found[year.year] = reach_of(
            context, part.demand[year.year], assessed.standard, gpd.GeoDataFrame(sites)
        )
    return found


def _actions(context: Context, part: ServicePart, result: ProgrammeResult) -> gpd.GeoDataFrame:
    """One row per action of the service, with its place and the area that is responsible."""
    frame = part.sites.frame
    mine = [done for done in result.actions if _own(part.key, done)]
    rows = []
    for done in mine:
        action, own = done.action, _plain(done.action.id)
        project = part.projects.get(own)
        waiting = done.lost_by_waiting
        rows.append(
            {
                "year": done.year,
                "action": action.kind,
                "site": _plain(action.site),
                "project": "" if project is None else project.name,
                "away": ", ".join(_shown(frame, _plain(site)) for site in action.away),
                "times": done.times,
                "cost": done.cost,
                "running_cost": done.running_cost,
                "people": done.people,
                "person_years": done.person_years,
                "lost_by_waiting": np.nan if waiting is None else waiting,
                "why": done.why,
            }
        )
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    table.index = pd.Index([_plain(done.action.id) for done in mine], name="id", dtype=object)
    places = gpd.GeoSeries(
        frame.geometry.loc[table["site"]].to_numpy(), index=table.index, crs=frame.crs
    )
    located = gpd.GeoDataFrame(table, geometry=places, crs=frame.crs)
    degrees = located.geometry.to_crs("EPSG:4326")
    located["lon"], located["lat"] = degrees.x.round(6), degrees.y.round(6)
    named = named_places(context, located, context.demand(part.key))
    # who is responsible is told by the outlines, not by the nearest community
    for level in context.inputs.areas:
        named[level] = frame[level].reindex(named["site"]).to_numpy(object)
    named["area"] = readable_areas(context, named)
    own = frame["name"].reindex(named["site"]).fillna("").to_numpy(object)
    named["name"] = [name or near for name, near in zip(own, named["name"], strict=True)]
    return gpd.GeoDataFrame(named.sort_values(["year", "people"], ascending=[True, False]))


def _shown(frame: gpd.GeoDataFrame, label: str) -> str:
    """What a site is called."""
    return str(frame["name"].get(label, "")) or label


def _by_year(
    part: ServicePart, coverage: dict[int, Coverage], result: ProgrammeResult
) -> pd.DataFrame:
    """Whom the service serves by year, and what that costs; no row where there is no plan."""
    mine = [done for done in result.actions if _own(part.key, done)]
    rows = {}
    for year in result.by_year:
        ledger = coverage[year.year].ledger
        now = [done for done in mine if done.year == year.year]
        rows[year.year] = {
            **ledger.to_dict(),
            "share": ledger.covered_share,
            "cost": sum(done.cost for done in now),
            "running_cost": sum(d.running_cost for d in mine if d.year <= year.year),
            "works": sum(done.times for done in now),
            "sites": sum(str(s).startswith(part.key + MARK) for s in year.open_sites),
        }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(_YEARLY))
    table.index.name = "year"
    return table


def _notes(context: Context, part: ServicePart, result: ProgrammeResult) -> list[str]:
    """What ended by the clock; projects and sites that do not count, and why."""
    speaker, name = context.speaker, context.standard(part.key).name(context.lang)
    sites, said = part.sites, []
    if result.detail.get("cut_short"):
        said.append(speaker.say("study.programme_cut_short"))
    for code, names in (("programme_not_used", part.unused), ("programme_no_year", sites.no_year)):
        if names:
            listed = ", ".join(names[:5])
            said.append(speaker.say(f"study.{code}", service=name, count=len(names), names=listed))
    kept = int((sites.frame["state"] == "new").sum())
    if sites.n_offered > kept:
        said.append(
            speaker.say("study.programme_thinned", service=name, offered=sites.n_offered, kept=kept)
        )
    if result.by_year:
        last = result.by_year[-1].year
        mine = [done for done in result.actions if _own(part.key, done)]
        count = sum(not done.is_explained(last) for done in mine)
        if count:
            said.append(speaker.say("study.programme_not_explained", service=name, count=count))
    return said
