"""One service's part of a programme: its sites, people by year, actions and targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.coverage import Coverage
from geoplan.inputs.layers import Demand
from geoplan.results import ServiceResult
from geoplan.siting.periods.rules import ProgrammeAction, Target
from geoplan.study.config.later_years import ActionRule, ActionsSection, TargetSection
from geoplan.study.programme.people import demand_by_year
from geoplan.study.programme.service_sites import ServiceSites, project_label, service_sites
from geoplan.study.read.context import Context
from geoplan.study.read.project_table import Project
from geoplan.study.sites.covering_problem import reach_within

#: kinds of places that a site has
KINDS = ("ordinary", "nursing")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ServicePart:
    """One service's part of a programme; labels are the service's own.

    Parameters
    ----------
    key : service key.
    rows : demand rows that the streets reach. demand : all people by year.
    weights : people, rows x years.
    sites : all places. cover : rows x sites, who reaches which.
    actions : what can be done, by the service's labels. projects : of the office, by action id.
    targets : of the service.
    limited : places limit whom a site serves. counted : places count at all (for targets too).
    unused : projects whose site is not there.
    """

    key: str
    rows: gpd.GeoDataFrame
    demand: dict[int, Demand]
    weights: pd.DataFrame
    sites: ServiceSites
    cover: sparse.csr_matrix
    actions: tuple[ProgrammeAction, ...]
    projects: dict[str, Project]
    targets: tuple[TargetSection, ...]
    limited: bool
    counted: bool
    unused: tuple[str, ...] = ()

    @property
    def closing(self) -> set[str]:
        """Sites that stand and that some action may close."""
        gone = {a.site for a in self.actions if a.kind == "close"}
        return {str(s) for s in gone.union(*(a.away for a in self.actions))}

    def places(self, kind: str) -> np.ndarray:
        """Places of a kind at every site when it is open; as many as people where nothing limits.

        A site that stands and whose places are not known takes nobody, a new one everybody, and so
        does one without limit.
        """
        values = self.sites.frame[kind].to_numpy(float)
        new = (self.sites.frame["state"] == "new").to_numpy()
        everybody = float(self.weights.sum().max())
        unknown = np.where(new, everybody if kind == KINDS[0] else 0.0, 0.0)
        return np.where(np.isnan(values), unknown, np.where(np.isinf(values), everybody, values))


def service_part(
    context: Context,
    assessed: ServiceResult,
    years: Sequence[int],
    projects: Sequence[Project],
    *,
    most: int,
) -> ServicePart:
    """The part of one service that has actions.

    most : candidates that are left after thinning.
    """
    key = assessed.key
    coverage, standard = assessed.coverage, assessed.standard
    assert coverage is not None
    assert standard.threshold is not None
    demand = demand_by_year(context, key, years)
    rows, weights = _people(coverage, demand)
    rules = context.config.services[key].actions
    rules = rules if isinstance(rules, ActionsSection) else ActionsSection.model_construct()
    sites = service_sites(
        context, assessed, rows, projects, by_rule=rules.open is not None, most=most
    )
    if rules.open is not None and rules.open.capacity is not None:
        sites = _with_room(sites, rules.open)
    site = _named_sites(sites)
    used, unused = _known(projects, site)
    actions = (*_by_rule(sites, rules), *(a for p in used for a in _of_project(p, site)))
    targets = tuple(context.config.services[key].targets)
    counted = (
        standard.capacity_limits
        or any(a.capacity for a in actions)
        or any(t.kind is not None or t.measure == "capacity" for t in targets)
    )
    return ServicePart(
        key=key,
        rows=rows,
        demand=demand,
        weights=weights,
        sites=sites,
        cover=reach_within(sites.costs, standard.threshold),
        actions=actions,
        projects={project.id: project for project in used},
        targets=targets,
        limited=standard.capacity_limits,
        counted=counted,
        unused=unused,
    )


def _people(coverage: Coverage, demand: dict[int, Demand]) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Rows that the streets reach, and their people by year."""
    frame = coverage.frame
    weights = pd.DataFrame(
        {
            year: layer.frame["people"].reindex(frame.index).fillna(0.0).to_numpy(float)
            for year, layer in demand.items()
        },
        index=frame.index,
    )
    there = frame.geometry.notna() & ~(frame["off_network"] > 0) & (weights > 0).any(axis=1)
    return frame[there], weights[there]


def _with_room(sites: ServiceSites, rule: ActionRule) -> ServiceSites:
    """New places of the study's candidates with the places that the rule gives them."""
    frame = sites.frame.copy()
    other = next(kind for kind in KINDS if kind != rule.kind)
    new = (frame["state"] == "new") & frame["ordinary"].isna()
    frame.loc[new, rule.kind] = rule.capacity
    frame.loc[new, other] = 0.0
    return ServiceSites(
        frame=frame,
        costs=sites.costs,
        opening=sites.opening,
        no_year=sites.no_year,
        conflicts=sites.conflicts,
        n_offered=sites.n_offered,
    )


def _by_rule(sites: ServiceSites, rules: ActionsSection) -> Iterator[ProgrammeAction]:
    """Every site that a rule goes for."""
    frame = sites.frame
    standing = frame.index[frame["state"] == "open"]
    new = frame.index[(frame["state"] == "new") & ~frame.index.str.startswith("project-")]
    full = standing[(frame.loc[standing, "ordinary"] > 0).to_numpy()]
    over = {
        "open": (rules.open, new),
        "expand": (rules.expand, standing),
        "convert": (rules.convert, full),
        "close": (rules.close, standing),
    }
    for kind, (rule, labels) in over.items():
        if rule is None:
            continue
        for label in labels:
            own = float(frame.at[label, "cost"]) if kind == "open" else np.nan
            cost = rule.cost if rule.cost is not None else (0.0 if np.isnan(own) else own)
            yield ProgrammeAction(
                id=f"{kind} {label}",
                kind=kind,  # type: ignore[arg-type]
                site=label,
                capacity=_places(kind, rule.kind, rule.capacity),
                cost=cost,
                running_cost=rule.running_cost,
                earliest=rule.from_year,
                latest=rule.until_year,
                least_years=rule.least_years,
                most=rule.most if kind in ("expand", "convert") else 1,
            )


def _places(kind: str, of: str, places: float | None) -> dict[str, float]:
    """Places that an action adds by kind; a conversion takes ordinary ones away."""
    if kind == "expand" and places:
        return {of: places}
    if kind == "convert" and places:
        return {KINDS[0]: -places, KINDS[1]: places}
    return {}


def _known(
    projects: Sequence[Project], named: Callable[[str], str | None]
) -> tuple[list[Project], tuple[str, ...]]:
    """Projects whose sites are there, and the names of the others."""
    used: list[Project] = []
    unused: list[Project] = []
    for project in projects:
        wanted = [*filter(None, [project.site]), *project.away]
        ok = all(named(name) is not None for name in wanted)
        (used if ok else unused).append(project)
    return used, tuple(p.name for p in unused)


def _named_sites(sites: ServiceSites) -> Callable[[str], str | None]:
    """What finds the label of a site that stands, by id or by a name that only it has."""
    standing = sites.frame[sites.frame["state"] != "new"]
    labels = set(standing.index)
    alone = ~standing["name"].duplicated(keep=False)
    by_name = {name: str(label) for label, name in standing["name"][alone].items()}
    return lambda name: name if name in labels else by_name.get(name)


def _of_project(project: Project, named: Callable[[str], str | None]) -> Iterator[ProgrammeAction]:
    """The action of one row of the office's table."""
    place = project_label(project) if project.point is not None else None
    site = named(project.site) if project.site else None
    away = [name for name in map(named, project.away) if name is not None]
    if project.kind == "move" and not away and site is not None:
        away = [site]
    after = place if place is not None and project.kind in ("open", "move", "merge") else site
    if after is None:
        return
    if project.kind == "merge":
        away = [a for a in away if a != after]
        if site is not None and site != after:
            away.append(site)
    nursing = project.figure("nursing", 0.0)
    added = project.figure("capacity", 0.0)
    room: dict[str, float] = {}
    if project.kind == "expand":
        room = {"ordinary": added - nursing, "nursing": nursing}
    elif project.kind == "convert":
        many = nursing or added
        room = {"ordinary": -many, "nursing": many}
    first, last = project.figure("from_year"), project.figure("until_year")
    yield ProgrammeAction(
        id=project.id,
        kind=project.kind,  # type: ignore[arg-type]
        site=after,
        away=tuple(away) if project.kind in ("move", "merge") else (),
        capacity={kind: places for kind, places in room.items() if places},
        cost=project.figure("cost", 0.0),
        running_cost=project.figure("running_cost", 0.0),
        earliest=None if np.isnan(first) else int(first),
        latest=None if np.isnan(last) else int(last),
        least_years=int(project.figure("least_years", 1.0)),
        most=int(project.figure("most", 1.0)) if project.kind in ("expand", "convert") else 1,
    )


def solver_target(part: ServicePart, target: TargetSection) -> Target:
    """A target in the solver's terms; its level is the service's own."""
    measure = target.measure
    kind = None if target.kind is None else f"{part.key}.{target.kind}"
    if measure is None and target.kind is not None:
        measure = "capacity"
    if measure is None:
        by_number = target.number is not None
        areas = target.level is not None and target.area is None
        measure = "sites" if by_number else "areas_served" if areas else "people"
    asked = "capacity_share" if measure == "capacity" and target.share is not None else measure
    alone = asked in ("people", "sites") and target.area is None
    return Target(
        year=target.year,
        measure=asked,  # type: ignore[arg-type]
        amount=float(target.number if target.share is None else target.share),  # type: ignore[arg-type]
        level=f"{part.key}." if alone else None if kind else f"{part.key}.{target.level}",
        area=part.key if alone else target.area,
        kind=kind,
        within=target.within,
    )
