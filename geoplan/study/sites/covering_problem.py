"""One service's siting question: the people not served yet, the candidates, the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.errors import GeoplanError, UsageError
from geoplan.inputs.membership.assign_areas import codes_by_location
from geoplan.network import TravelCosts
from geoplan.results import ServiceResult
from geoplan.siting import SitingProblem, thin, too_close
from geoplan.siting.candidates import Thinned
from geoplan.siting.model.build_result import is_whole
from geoplan.study.assess.assess_service import costs_within
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.sites.budget import site_costs_of
from geoplan.study.sites.candidates import area_needs, candidate_points
from geoplan.study.sites.reassignment import Reassignment, capacity_in_people, capacity_shortage
from geoplan.words import say

#: people who a new site could serve; those off the network or without a place cannot be
REACHABLE = ("full", "beyond", "cut_off")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Question:
    """One service's siting question, ready for a solver.

    base : people served already; they are part of every value and bound that is told. full : people
        who find every site full.
    problem : the unserved people x the candidates.
    per_area_minimum : area code -> new sites still needed there.
    whole : the same question over all candidates, where thinning may have cost people; its bound
        holds for the answer. thinned : what thinning can cost by itself.
    most_sites : with a budget, no answer has more new sites; else 0.
    free : the question without rules of distance, area and places, where candidates were left out
        that such rules may want; its bound holds over all candidates.
    offered : candidates before thinning, which leaves out those that reach nobody.
    moving : where sites are full, the question of the whole service, in which people change site
        (`problem` knows only those who are not served today); `whole` and `free` are then of it.
    """

    siting: SitingSection
    base: float
    full: float
    total: float
    problem: SitingProblem
    candidates: gpd.GeoDataFrame
    per_area_minimum: Mapping[str, int] = field(default_factory=dict)
    whole: SitingProblem | None = None
    thinned: Thinned | None = None
    most_sites: int = 0
    free: SitingProblem | None = None
    offered: int = 0
    moving: Reassignment | None = None

    @property
    def solved(self) -> SitingProblem:
        """The problem that the answer is found in."""
        return self.problem if self.moving is None else self.moving.problem

    @property
    def capped(self) -> bool:
        """Whether new sites have places that end."""
        return self.problem.capacities is not None

    def lost(self, sites: int) -> float:
        """People whom thinning can cost a plan of so many new sites; ``inf`` where it cannot tell.

        A place stands for another one as long as it has room for the people of both.
        """
        if self.capped or self.thinned is None:
            return float("inf")
        return self.thinned.bound_loss(sites)

    def counted(self, sites: int | None = None) -> float:
        """People of `solved` whom so many new sites (default: those asked for) can serve at most.

        Today's and one for every new place: ``inf`` where the new places do not end.
        """
        count = self.siting.sites if sites is None else sites
        if not self.capped or self.siting.capacity is None or count is None:
            return float("inf")
        return self.base - self.beside + self.siting.capacity * count

    @property
    def beside(self) -> float:
        """People served who are not in `solved`: to be added to its numbers."""
        return self.base if self.moving is None else self.moving.settled

    @property
    def standing(self) -> int:
        """Sites of `solved` that stand already."""
        return len(self.solved.fixed)


def ask(context: Context, assessed: ServiceResult, siting: SitingSection) -> Question:
    """State the question of one service."""
    coverage, standard = assessed.coverage, assessed.standard
    assert coverage is not None
    assert standard.threshold is not None
    unserved, people = unserved_people(assessed)
    shortage = capacity_shortage(context, assessed)
    rows, concerned = unserved, people
    if shortage is not None:
        rows, concerned = shortage.rows, shortage.people
        people = _at_rows(context, assessed.key, people, rows.index)
    candidates = candidate_points(context, assessed, siting, rows)
    costs = costs_within(context, rows, candidates, standard)
    money = site_costs_of(context, assessed.key, siting, candidates)
    level, needs = new_sites_needed(context, assessed, siting)
    codes = codes_at(context, candidates, level, rows) if needs else None
    capped = siting.capacity is not None and standard.capacity_limits
    weights = concerned.to_numpy(float)
    thinned = _thin(
        costs,
        weights,
        money,
        siting.max_candidates,
        alike=not capped and siting.min_distance_m == 0,
        **must_stay(cover_of(costs), weights, codes, needs),
    )
    most = siting.sites or len(thinned.kept)
    if siting.budget is not None and money is not None and len(money):
        most = int(siting.budget // float(money.min()))
    whole = free = moving = None
    if thinned.bound_loss(most) > 0 or (capped and len(thinned.loss)):
        whole = SitingProblem.from_costs(costs, concerned, threshold=standard.threshold)
    if len(thinned.loss) and (capped or siting.min_distance_m > 0 or needs):
        priced = {} if money is None else {"site_costs": money}
        free = SitingProblem.from_costs(costs, people, threshold=standard.threshold, **priced)
        if shortage is not None:
            free = shortage.moving(
                costs, threshold=standard.threshold, capacity=None, rules=priced
            ).problem
    offered = len(candidates)
    costs = columns_of(costs, thinned.kept)
    candidates = candidates.iloc[thinned.kept]
    rules: dict[str, Any] = apart(candidates, siting)
    if money is not None:
        rules["site_costs"] = money.loc[candidates.index]
    if codes is not None:
        rules["site_areas"] = codes[thinned.kept]
    if shortage is not None:
        moving = shortage.moving(
            costs, threshold=standard.threshold, capacity=siting.capacity, rules=rules
        )
    if capped:
        rules["capacities"] = capacity_in_people(
            siting.capacity, whole=is_whole(people.to_numpy(float))
        )
    problem = SitingProblem.from_costs(costs, people, threshold=standard.threshold, **rules)
    return Question(
        siting=siting,
        base=coverage.ledger.served,
        full=coverage.ledger.full,
        total=coverage.ledger.total,
        problem=problem,
        candidates=candidates,
        per_area_minimum=needs,
        whole=whole,
        thinned=thinned,
        most_sites=0 if siting.budget is None else most,
        free=free,
        offered=offered,
        moving=moving,
    )


def _at_rows(context: Context, key: str, people: pd.Series, rows: pd.Index) -> pd.Series:
    """`people` not served at `rows`; refused where some of them live elsewhere."""
    found = people.reindex(rows, fill_value=0.0)
    lost = float(people.sum() - found.sum())
    if abs(lost) > 1e-8 * float(people.sum()):  # an answer about fewer people would look as good
        raise GeoplanError(say(context.lang, "study.people_lost", key=key, people=f"{lost:,.6g}"))
    return found


def _thin(
    costs: TravelCosts,
    people: np.ndarray,
    money: pd.Series | None,
    limit: int,
    *,
    alike: bool,
    always: list[int] | None = None,
    kind: np.ndarray | None = None,
) -> Thinned:
    """Fewer candidates; only such as cost the same may stand for one another."""
    cover = cover_of(costs)
    stay = [] if always is None else always
    prices = np.zeros(cover.shape[1]) if money is None else money.to_numpy(float)
    if len(np.unique(prices)) <= 1:
        return thin(cover, people, limit=limit, always=stay, kind=kind, alike=alike)
    kept, losses = [], []
    columns = cover.tocsc()
    for price in np.unique(prices):
        mine = np.flatnonzero(prices == price)
        share = max(int(np.ceil(limit * len(mine) / len(prices))), 1)
        part = thin(
            columns[:, mine],
            people,
            limit=share,
            always=np.flatnonzero(np.isin(mine, stay)).tolist(),
            kind=None if kind is None else kind[mine],
            alike=alike,
        )
        kept.append(mine[part.kept])
        losses.append(part.loss)
    return Thinned(kept=np.sort(np.concatenate(kept)), loss=np.sort(np.concatenate(losses))[::-1])


def must_stay(
    cover: sparse.csr_matrix, people: np.ndarray, codes: np.ndarray | None, needs: Mapping[str, int]
) -> dict[str, Any]:
    """What thinning must leave where areas must have sites: the strongest ones of each."""
    if codes is None:
        return {}
    reached = np.asarray(cover.T @ people).ravel()
    number = {code: k for k, code in enumerate(dict.fromkeys(codes))}
    always: list[int] = []
    for code, least in needs.items():
        here = np.flatnonzero(np.array([c == code for c in codes], bool))
        always += here[np.argsort(-reached[here], kind="stable")][:least].tolist()
    return {"always": always, "kind": np.array([number[c] for c in codes], np.int64)}


def unserved_people(assessed: ServiceResult) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Demand rows that a new site could serve, and how many people of each are not served."""
    assert assessed.coverage is not None
    frame = assessed.coverage.frame
    people = frame[list(REACHABLE)].sum(axis=1)
    rows = frame[(people > 0) & frame.geometry.notna()]
    return rows, people[rows.index]


def new_sites_needed(
    context: Context, assessed: ServiceResult, siting: SitingSection
) -> tuple[str, dict[str, int]]:
    """The level whose areas must have sites, and how many new ones each still needs."""
    if not siting.min_sites_per_area:
        return "", {}
    needs = area_needs(context, assessed, siting.min_sites_per_area)
    if len(needs) > 1:
        levels = ", ".join(needs)
        raise UsageError(say(context.lang, "study.mixed_levels", key=assessed.key, levels=levels))
    return next(iter(needs.items()), ("", {}))


def apart(points: gpd.GeoDataFrame, siting: SitingSection) -> dict[str, Any]:
    """The rule that forbids two new sites nearer than the study's least distance, if it has one."""
    if siting.min_distance_m == 0:
        return {}
    labels = points.index.to_numpy(object)
    pairs = too_close(points, min_distance_m=siting.min_distance_m)
    return {"conflicts": [(labels[i], labels[j]) for i, j in pairs]}


def codes_at(
    context: Context, points: gpd.GeoDataFrame, level: str, demand: gpd.GeoDataFrame
) -> np.ndarray:
    """Area code of every candidate: by polygon, else that of the nearest demand point."""
    codes = codes_by_location(context.inputs.areas[level], points.geometry, points.index)
    if codes.isna().any() and level in demand and len(demand) and len(points):
        near = demand.sindex.nearest(points.geometry, return_all=False)[1]
        codes = codes.where(codes.notna(), pd.Series(demand[level].to_numpy()[near], points.index))
    return codes.astype(object).where(codes.notna(), None).to_numpy()


def cover_of(costs: TravelCosts) -> sparse.csr_matrix:
    """Who reaches which candidate, as ones (an explicit zero cost is reach)."""
    cover = costs.matrix.copy()
    cover.data = np.ones_like(cover.data)
    return cover


def columns_of(costs: TravelCosts, kept: np.ndarray) -> TravelCosts:
    """The sites of `costs` at the positions `kept`."""
    return replace(
        costs,
        matrix=costs.matrix.tocsc()[:, kept].tocsr(),
        site_index=costs.site_index.take(kept),
        site_state=None if costs.site_state is None else costs.site_state.iloc[kept],
    )


def rows_of(costs: TravelCosts, kept: np.ndarray) -> TravelCosts:
    """The demand rows of `costs` where `kept` is True."""
    state: Mapping[str, Any] = {}
    if costs.demand_state is not None:
        state = {"demand_state": costs.demand_state[kept]}
    return replace(costs, matrix=costs.matrix[kept], demand_index=costs.demand_index[kept], **state)
