"""Where a service's programme can act: sites that stand, sites under construction, new places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.inputs.columns.roles import heading_key
from geoplan.inputs.columns.status import StatusWords
from geoplan.inputs.layers import FacilityLayer, serves
from geoplan.network import TravelCosts
from geoplan.results import ServiceResult
from geoplan.study.assess.assess_service import costs_within
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.read.project_table import Project
from geoplan.study.sites.budget import candidate_costs
from geoplan.study.sites.candidates import area_codes_at, candidate_points, distance_constraints
from geoplan.study.sites.covering_problem import cover_of, unserved_people

#: headings of the year in which a site under construction opens
_OPENING = (
    *("opening_year", "open_year", "opens", "投用年份", "建成年份", "开业年份", "启用年份"),
    *("计划投用", "预计投用", "计划投用年份", "预计建成", "预计建成年份", "投用时间", "建成时间"),
)
#: new places without a candidate setting: no sites asked for, every junction may be one
_ANYWHERE = SitingSection(objective="min_sites")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ServiceSites:
    """All places that a programme of one service knows.

    Parameters
    ----------
    frame : index = label; columns ``name``, ``state`` (``"open"``, ``"building"``, ``"new"``),
        ``ordinary`` and ``nursing`` (places when open; NaN = not known), ``cost`` (of opening, by
        rule or the candidates' own file; NaN = none), ``geometry`` in the study's CRS, and a column
        of codes per area level.
    costs : travel costs, demand rows x `frame`, within the standard's reach.
    opening : label -> year, of sites under construction.
    no_year : sites under construction whose year is not known: they never open in the plan.
    conflicts : pairs of new places that are too near to each other.
    n_offered : new places before thinning.
    """

    frame: gpd.GeoDataFrame
    costs: TravelCosts
    opening: dict[str, int] = field(default_factory=dict)
    no_year: tuple[str, ...] = ()
    conflicts: tuple[tuple[str, str], ...] = ()
    n_offered: int = 0


def service_sites(
    context: Context,
    assessed: ServiceResult,
    rows: gpd.GeoDataFrame,
    projects: Sequence[Project],
    *,
    by_rule: bool,
    most: int,
) -> ServiceSites:
    """The places of one service.

    Parameters
    ----------
    rows : demand rows that can be reached, by label.
    projects : of the office's own table; new places among them become sites.
    by_rule : candidates of the study's ``siting`` may open too.
    most : candidates that are left after thinning.
    """
    assert assessed.facilities is not None
    standing, opening, no_year = _standing(context, assessed.facilities)
    own = _of_projects(context, projects)
    frames = [standing, own]
    conflicts: tuple[tuple[str, str], ...] = ()
    offered = 0
    if by_rule:
        new, conflicts, offered = _candidates(context, assessed, most)
        frames.append(new)
    both = pd.concat([f for f in frames if len(f)] or [standing])
    frame = gpd.GeoDataFrame(both, geometry="geometry", crs=context.config.study.crs)
    for level in context.inputs.areas:
        codes = area_codes_at(context, frame, level, rows)
        given = frame[level] if level in frame else pd.Series(pd.NA, index=frame.index)
        known = given.notna()
        frame[level] = given.where(known, pd.Series(codes, index=frame.index))
    return ServiceSites(
        frame=frame,
        costs=costs_within(context, rows, frame, assessed.standard),
        opening=opening,
        no_year=no_year,
        conflicts=conflicts,
        n_offered=offered,
    )


def _standing(
    context: Context, layer: FacilityLayer
) -> tuple[gpd.GeoDataFrame, dict[str, int], tuple[str, ...]]:
    """Open sites, and those under construction with the year in which they open."""
    frame = layer.located
    words = StatusWords(own=context.config.status.model_dump())
    open_ = serves(frame).to_numpy()
    building = np.zeros(len(frame), bool)
    if "status" in frame.columns:
        texts = frame["status"].astype("string").fillna("")
        sense = texts.map({text: words.read(text).sense for text in texts.unique()}).to_numpy()
        building = ~open_ & np.isin(sense, ["under_construction", "planned"])
    years = opening_years(frame)
    opening = {
        str(label): int(years[label])
        for label in frame.index[building]
        if np.isfinite(years[label])
    }
    no_year = tuple(str(x) for x in frame.index[building] if str(x) not in opening)
    kept = open_ | frame.index.astype(str).isin(list(opening))
    there = frame[kept]
    nursing = (
        there["nursing_capacity"].to_numpy(float)
        if "nursing_capacity" in there
        else np.zeros(len(there))
    )
    whole = there["capacity"].to_numpy(float)
    levels = [level for level in context.inputs.areas if level in there.columns]
    sites = gpd.GeoDataFrame(
        {
            "name": there["name"].astype("string").fillna("").to_numpy(object),
            "state": np.where(open_[kept], "open", "building"),
            "ordinary": np.maximum(whole - np.nan_to_num(nursing), 0.0),
            "nursing": np.where(np.isnan(whole), np.nan, np.nan_to_num(nursing)),
            "cost": np.nan,
            **{level: there[level].to_numpy(object) for level in levels},
        },
        geometry=there.geometry.to_numpy(),
        index=pd.Index(there.index.astype(str)),
        crs=frame.crs,
    )
    return sites, opening, no_year


def opening_years(frame: pd.DataFrame) -> pd.Series:
    """The year in which each site is said to open; NaN where nothing says it.

    Examples
    --------
    >>> opening_years(pd.DataFrame({"投用年份": ["2026", "2027年6月", ""]})).tolist()
    [2026.0, 2027.0, nan]
    """
    known = {heading_key(str(c)): c for c in frame.columns}
    heading = next((known[h] for h in map(heading_key, _OPENING) if h in known), None)
    if heading is None:
        return pd.Series(np.nan, index=frame.index)
    cells = frame[heading].astype("string").fillna("")
    found = cells.map(lambda text: re.search(r"(?:19|20|21)\d\d", str(text)))
    return found.map(lambda match: np.nan if match is None else float(match[0])).astype(float)


def _of_projects(context: Context, projects: Sequence[Project]) -> gpd.GeoDataFrame:
    """New places of the office's own projects, by project."""
    placed = [p for p in projects if p.point is not None and p.kind in ("open", "move", "merge")]
    points = [p.point for p in placed if p.point is not None]
    nursing = np.array([p.figure("nursing", 0.0) for p in placed])
    return gpd.GeoDataFrame(
        {
            "name": [p.name for p in placed],
            "state": "new",
            "ordinary": np.array([p.figure("capacity") for p in placed]) - nursing,
            "nursing": nursing,
            "cost": [p.figure("cost") for p in placed],
        },
        geometry=gpd.points_from_xy([x for x, _ in points], [y for _, y in points]),
        index=pd.Index([project_label(p) for p in placed], dtype=object),
        crs=context.config.study.crs,
    )


def project_label(project: Project) -> str:
    """The label of the new place of a project."""
    return f"project-{project.id}"


def _candidates(
    context: Context, assessed: ServiceResult, most: int
) -> tuple[gpd.GeoDataFrame, tuple[tuple[str, str], ...], int]:
    """New places that the study's own candidate setting gives, thinned to those that reach most."""
    siting = context.config.services[assessed.key].siting or _ANYWHERE
    unserved, people = unserved_people(assessed)
    points = candidate_points(context, assessed, siting, unserved)
    money = candidate_costs(context, assessed.key, siting, points)
    costs = costs_within(context, unserved, points, assessed.standard)
    price = None if money is None else money.to_numpy(float)
    strongest = most_promising(cover_of(costs), people.to_numpy(float), price, most=most)
    kept = points.iloc[strongest]
    pairs = distance_constraints(kept, siting).get("conflicts", [])
    frame = gpd.GeoDataFrame(
        {
            "name": "",
            "state": "new",
            "ordinary": np.nan,
            "nursing": 0.0,
            "cost": np.nan if money is None else money.iloc[strongest].to_numpy(float),
        },
        geometry=kept.geometry.to_numpy(),
        index=pd.Index(kept.index.astype(str)),
        crs=points.crs,
    )
    return frame, tuple((str(a), str(b)) for a, b in pairs), len(points)


def most_promising(
    cover: sparse.csr_matrix, people: np.ndarray, price: np.ndarray | None, *, most: int
) -> np.ndarray:
    """Candidates that a plan is likely to want: the greedy order by people per money.

    Parameters
    ----------
    cover : demand rows x candidates, ones. people : per row. price : per candidate; None = alike.
    most : how many.

    Returns
    -------
    Positions, ascending. Where nobody new can be reached, those that reach most per money follow;
    candidates that reach nobody at all are left out.

    Examples
    --------
    The second reaches nobody whom the first does not reach:

    >>> cover = sparse.csr_matrix(np.array([[1.0, 1, 0], [1, 0, 0], [0, 0, 1]]))
    >>> most_promising(cover, np.array([10.0, 20, 5]), None, most=2).tolist()
    [0, 2]
    """
    columns, rest = cover.tocsc(), people.copy()
    worth = np.ones(cover.shape[1]) if price is None else 1.0 / np.maximum(price, 1e-9)
    chosen: list[int] = []
    while len(chosen) < most:
        gain = (columns.T @ rest) * worth
        best = int(np.argmax(gain)) if len(gain) else -1
        if best < 0 or not gain[best] > 0:
            break
        chosen.append(best)
        rest[columns.indices[columns.indptr[best] : columns.indptr[best + 1]]] = 0.0
    alone = (columns.T @ people) * worth
    alone[chosen] = 0.0
    others = np.argsort(-alone, kind="stable")[: most - len(chosen)]
    return np.sort(np.concatenate([np.array(chosen, np.int64), others[alone[others] > 0]]))
