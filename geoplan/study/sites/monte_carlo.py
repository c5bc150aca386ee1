"""Monte Carlo draws of one siting problem: the best plan of each, every plan in each draw.

Knows costs and people only, no study and no files, so that small cases can be counted by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.coverage.cost_queries import reach_limit
from geoplan.network import TravelCosts
from geoplan.results import RECOMMENDED
from geoplan.siting import SitingProblem, max_coverage
from geoplan.siting.solver.request import SolveRequest
from geoplan.study.sites.covering_problem import rows_of
from geoplan.tolerances import SAME_VALUE

#: plans beside the recommended one that are tried in every draw
MOST_PLANS = 20
#: draws stay within so many standard deviations, so that costs are needed to a known cutoff only
_FARTHEST = 3.0
#: how near to its bound each draw's solution must come, and how long that may take
_DRAW_REQUEST = SolveRequest(gap=0.005, time_limit_s=20.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Uncertainty:
    """How far the truth may lie from what the study says.

    Parameters
    ----------
    reach_cv : coefficient of variation of the reach: walking speed and patience together move the
        threshold, log-normally with mean 1, by one factor per draw.
    people_cv : the same for the people of each demand row, by a factor of its own.
    closure_share : probability of each existing site to be closed in a draw.
    """

    reach_cv: float = 0.1
    people_cv: float = 0.1
    closure_share: float = 0.02

    @property
    def widest(self) -> float:
        """The largest factor on the threshold that a draw can have.

        Examples
        --------
        >>> Uncertainty(reach_cv=0.0).widest
        1.0
        """
        return float(np.exp(_FARTHEST * _sigma(self.reach_cv)))


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawSettings:
    """How many draws there are, and how each is solved.

    Parameters
    ----------
    redraws : number of draws.
    uncertainty : how far the inputs may lie from what the study says.
    seed : everything follows from it; each draw has a seed of its own.
    workers : threads that solve draws side by side; the result does not depend on them.
    request : of each draw's solve; its bound says what is left.
    """

    redraws: int = 100
    uncertainty: Uncertainty = Uncertainty()
    seed: int = 0
    workers: int = 2
    request: SolveRequest = _DRAW_REQUEST


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DrawData:
    """People, candidates and today's sites with all costs that a draw may need.

    Parameters
    ----------
    people : per demand row.
    threshold : of the standard, in the unit of the costs.
    candidates : demand x candidates, up to the threshold times `Uncertainty.widest`.
    existing : the same for today's sites; its columns follow `existing_index`.
    constraints : the planner's, as `SitingProblem` takes them (``conflicts``, ``site_areas``).
    min_sites_per_area : area code -> new sites needed there.
    budget : money for new sites, where that limits them (site costs stand in the `constraints`).
    """

    people: np.ndarray
    threshold: float
    candidates: TravelCosts
    existing: sparse.csr_matrix
    existing_index: pd.Index
    constraints: Mapping[str, Any] = field(default_factory=dict)
    min_sites_per_area: Mapping[str, int] = field(default_factory=dict)
    budget: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Draw:
    """One draw and its best plan.

    Parameters
    ----------
    reach : factor on the threshold. people : per demand row. closed : bool per existing site.
    served : bool per demand row: within reach of a site that is still open.
    best, bound : people whom the plan covers, and whom no plan can exceed.
    sites : the plan.
    cut_short : the time was over before the plan was as near to its bound as asked.
    """

    reach: float
    people: np.ndarray
    closed: np.ndarray
    served: np.ndarray
    best: float
    bound: float
    sites: tuple[str, ...]
    cut_short: bool = False


def draw_all(data: DrawData, settings: DrawSettings, *, sites: int) -> list[Draw]:
    """The problem drawn and solved anew, with at most so many new sites in each draw."""

    def one(seed: np.random.SeedSequence) -> Draw:
        inputs = _draw_inputs(data, settings.uncertainty, seed)
        return _solve_draw(data, inputs, sites, settings.request)

    seeds = np.random.SeedSequence(settings.seed).spawn(settings.redraws)
    with ThreadPoolExecutor(max_workers=max(settings.workers, 1)) as pool:
        return list(pool.map(one, seeds))


class DrawInputs(NamedTuple):
    """The random inputs of one draw: factor on the threshold, people per row, closed sites."""

    reach: float
    people: np.ndarray
    closed: np.ndarray


def _sigma(cv: float) -> float:
    """Of the logarithm, for a log-normal factor of mean 1 with this coefficient of variation."""
    return float(np.sqrt(np.log1p(cv * cv)))


def _draw_inputs(
    data: DrawData, uncertainty: Uncertainty, seed: np.random.SeedSequence
) -> DrawInputs:
    rng = np.random.default_rng(seed)
    sigma = _sigma(uncertainty.reach_cv)
    most = _FARTHEST * sigma
    reach = float(np.exp(np.clip(rng.normal(-sigma * sigma / 2, sigma), -most, most)))
    sigma = _sigma(uncertainty.people_cv)
    people = data.people * np.exp(rng.normal(-sigma * sigma / 2, sigma, len(data.people)))
    closed = rng.random(data.existing.shape[1]) < uncertainty.closure_share
    return DrawInputs(reach, people, closed)


def _solve_draw(data: DrawData, inputs: DrawInputs, sites: int, request: SolveRequest) -> Draw:
    reach, people, closed = inputs
    limit = data.threshold * reach
    served = within_open(data.existing, limit, ~closed)
    left = ~served
    problem = SitingProblem.from_costs(
        rows_of(data.candidates, left), people[left], threshold=limit, **data.constraints
    )
    options: dict[str, Any] = {"request": request}
    if data.min_sites_per_area:
        options["min_sites_per_area"] = dict(data.min_sites_per_area)
    if data.budget is not None:
        found = max_coverage(problem, budget=data.budget, **options)
    else:
        found = max_coverage(problem, sites=min(sites, problem.n_sites), **options)
    already = float(people[served].sum())
    value = 0.0 if np.isnan(found.value) else found.value
    bound = float(people[left].sum()) if found.bound is None else found.bound
    return Draw(
        reach=reach,
        people=people,
        closed=closed,
        served=served,
        best=already + value,
        bound=already + bound,
        sites=tuple(map(str, found.sites)),
        cut_short=bool(found.gap is not None and found.gap > request.gap),
    )


def within_open(costs: sparse.csr_matrix, threshold: float, is_open: np.ndarray) -> np.ndarray:
    """Bool per row: within `threshold` of an open column (only stored pairs are reachable)."""
    hit = (costs.data <= reach_limit(threshold)) & is_open[costs.indices]
    before = np.concatenate([[0], np.cumsum(hit)])
    return np.diff(before[costs.indptr]) > 0


def try_plans(
    data: DrawData, drawn: Sequence[Draw], recommended: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The recommended plan and those of the draws, each in every draw.

    Returns
    -------
    draws : one row per draw (from 1): ``reach``, ``people``, ``closed``, ``best``, ``bound``,
        ``plan``, ``regret``, ``cut_short``.
    plans : index = plan: ``worst_regret``, ``mean_regret``, ``sites``; smallest worst regret first
        (Savage 1951, minimax regret), then smallest mean.
    """
    labels = data.candidates.site_index.astype(str)
    matrix = data.candidates.matrix.tocsr()
    plans: dict[str, tuple[str, ...]] = {RECOMMENDED: tuple(map(str, recommended))}
    known = {frozenset(plans[RECOMMENDED])}
    for number, one in enumerate(drawn, start=1):
        if len(plans) > MOST_PLANS:
            break
        if frozenset(one.sites) not in known:
            plans[f"draw {number}"] = one.sites
            known.add(frozenset(one.sites))
    covered = np.zeros((len(plans), len(drawn)))
    for p, chosen in enumerate(plans.values()):
        is_open = labels.isin(chosen)
        for d, one in enumerate(drawn):
            new = within_open(matrix, data.threshold * one.reach, is_open)
            covered[p, d] = one.people[one.served | new].sum()
    # another draw's plan may beat one that was good enough for its gap
    best = np.maximum(np.array([d.best for d in drawn]), covered.max(axis=0))
    regret = best - covered
    regret[regret <= SAME_VALUE * best] = 0.0  # the same people, added up in another order
    worst, mean = regret.max(axis=1), regret.mean(axis=1)
    order = np.lexsort((mean, worst))
    names = list(plans)
    draws = pd.DataFrame(
        {
            "reach": [d.reach for d in drawn],
            "people": [float(d.people.sum()) for d in drawn],
            "closed": [int(d.closed.sum()) for d in drawn],
            "best": best,
            "bound": np.maximum(np.array([d.bound for d in drawn]), best),
            "plan": covered[0],
            "regret": regret[0],
            "cut_short": [d.cut_short for d in drawn],
        },
        index=pd.RangeIndex(1, len(drawn) + 1, name="draw"),
    )
    tried = pd.DataFrame(
        {
            "worst_regret": worst[order],
            "mean_regret": mean[order],
            "sites": [list(plans[names[k]]) for k in order],
        },
        index=pd.Index([names[k] for k in order], name="plan"),
    )
    return draws, tried


def how_often(drawn: Sequence[Draw], recommended: Sequence[str]) -> pd.DataFrame:
    """Index = candidate: ``share`` of the draws whose plan has it, ``in_plan``."""
    counts = Counter(site for one in drawn for site in one.sites)
    plan = list(map(str, recommended))
    share = {s: counts.get(s, 0) / len(drawn) for s in sorted({*counts, *plan})}
    frame = pd.DataFrame({"share": pd.Series(share, dtype=float)})
    frame["in_plan"] = frame.index.isin(plan)
    return frame.sort_values("share", ascending=False, kind="stable")


def losses(data: DrawData, *, new_sites: Sequence[str] = ()) -> pd.Series:
    """People who only one site serves, by that site: what its closure costs (N - 1); most first.

    Parameters
    ----------
    new_sites : candidates that stand as well.
    """
    labels = data.candidates.site_index.astype(str)
    added = np.flatnonzero(labels.isin(list(map(str, new_sites))))
    costs = sparse.hstack(
        [data.existing, data.candidates.matrix.tocsc()[:, added].tocsr()], format="csr"
    )
    index = data.existing_index.append(labels[added])
    inside = costs.data <= reach_limit(data.threshold)
    before = np.concatenate([[0], np.cumsum(inside)])
    single = np.diff(before[costs.indptr]) == 1
    row = np.repeat(np.arange(costs.shape[0]), np.diff(costs.indptr))
    alone = inside & single[row]
    lost = np.bincount(
        costs.indices[alone], weights=data.people[row[alone]], minlength=costs.shape[1]
    )
    order = np.argsort(-lost, kind="stable")
    return pd.Series(lost[order], index=index[order], name="people")
