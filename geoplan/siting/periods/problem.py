"""`ProgrammeProblem`: a siting problem over several years, with actions, money and targets."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

import numpy as np
import pandas as pd

from geoplan.siting.model.parse import problem_faults
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.periods.read import (
    default_actions,
    no_areas_of_people,
    read_actions,
    read_budgets,
    read_capacities,
    read_levels,
    read_opening,
    read_people,
    read_targets,
    read_works,
    read_years,
)
from geoplan.siting.periods.rules import AreaLevel, Budget, ProgrammeAction, SpendShare, Target
from geoplan.validate import check_keywords, takes


class ProgrammeData(TypedDict, total=False):
    """What a plan in time knows beside demand and sites; see `ProgrammeProblem.of`."""

    weights: pd.DataFrame | np.ndarray | None
    year_lengths: Sequence[float] | None
    actions: Sequence[ProgrammeAction] | None
    budgets: Sequence[Budget] | Budget
    max_works: int | Sequence[float] | None
    works_carry_over: bool
    spend_shares: Sequence[SpendShare]
    targets: Sequence[Target]
    opening: Mapping[Hashable, int]
    capacities: Mapping[str, Sequence[float] | Mapping | pd.Series] | None
    limited: bool
    levels: Mapping[str, tuple[Any, Any] | AreaLevel]
    may_lose: bool


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ProgrammeProblem:
    """Demand by year, sites, what may be done to them, and what the money and the law ask.

    Make one with `of`, which checks everything and lists all faults.

    Parameters
    ----------
    base : demand and sites as `max_coverage` takes them. Its `fixed` and `closable` sites are open
        at the start, and only actions close a closable one; all others are candidates. Its
        `conflicts`, `forbidden`, gradual coverage, `areas` and `site_areas` hold in every year.
    years : planning years, ascending; what is done in a year counts from that year on.
    lengths : calendar years that each stands for: until the next one, the last for one.
    weights : people, demand x years.
    actions : what can be done.
    budgets, works, spend_shares, targets : see `of`. works : most works per year (``inf`` = any).
    works_carry_over : works not done in a year may be done later.
    opening : site position -> number of the year in which a site under construction opens.
    capacities : kind -> places of every site when it is open.
    limited : people served need a place; a kind or none is all the same.
    levels : name -> areas of that level.
    may_lose : people who are served may lose it when sites close.

    Examples
    --------
    >>> base = SitingProblem.from_cover(np.eye(3, dtype=bool), [5, 6, 7])
    >>> ProgrammeProblem.of(base, years=[2025, 2026], max_works=1)
    ProgrammeProblem(2 years 2025-2026, 3 demand rows, 3 sites, 3 actions, 0 budgets, 0 targets)
    """

    base: SitingProblem
    years: tuple[int, ...]
    lengths: np.ndarray
    weights: np.ndarray
    actions: tuple[ProgrammeAction, ...]
    budgets: tuple[Budget, ...] = ()
    works: np.ndarray
    works_carry_over: bool = False
    spend_shares: tuple[SpendShare, ...] = ()
    targets: tuple[Target, ...] = ()
    opening: Mapping[int, int]
    capacities: Mapping[str, np.ndarray]
    limited: bool = False
    levels: Mapping[str, AreaLevel]
    may_lose: bool = False

    @classmethod
    @takes(
        base="problem",
        years="list",
        year_lengths="list?",
        actions="actions?",
        budgets="budgets",
        spend_shares="spend_shares",
        targets="targets",
        opening="mapping",
        capacities="mapping?",
        levels="levels",
    )
    def of(
        cls, base: SitingProblem, *, years: Sequence[int], **given: Unpack[ProgrammeData]
    ) -> ProgrammeProblem:
        """A plan in time over the sites of `base`.

        Parameters
        ----------
        base : see the class.
        years : planning years, ascending.
        weights : people per demand row and year: a DataFrame (demand labels x years) or an array;
            None: those of `base` in every year.
        year_lengths : calendar years that each planning year stands for; default: until the next.
        actions : what can be done; None: every candidate may open, at its `site_costs`.
        budgets : one or several; all of them limit.
        max_works : most actions a year, one number or one per year.
        works_carry_over : works not done in a year may be done later.
        spend_shares : shares of the capital money that some actions get.
        targets : what must be reached, by year.
        opening : sites under construction: label -> year in which they open, at no cost here.
        capacities : kind -> places per site when open (in the sites' order, or by label). None:
            those of `base`, as the kind ``"places"``.
        limited : people served need a place, of whatever kind (the default with capacities); False:
            capacities count for targets only.
        levels : further levels of areas: name -> (code per demand row, code per site).
        may_lose : people who are served may lose it when sites close, move or merge.

        Returns
        -------
        ProgrammeProblem

        Raises
        ------
        SitingError
            Listing everything that is wrong.

        Examples
        --------
        >>> base = SitingProblem.from_cover(np.eye(2, dtype=bool), [5, 6], site_costs=[3, 4])
        >>> problem = ProgrammeProblem.of(
        ...     base,
        ...     years=[2025, 2027],
        ...     weights=[[5, 9], [6, 6]],
        ...     budgets=Budget(amounts=[4, 4], carry_over=True),
        ...     targets=[Target(year=2027, measure="people", amount=0.5)],
        ... )
        >>> problem.lengths.tolist(), [action.kind for action in problem.actions]
        ([2.0, 1.0], ['open', 'open'])
        """
        check_keywords("ProgrammeProblem.of", given, ProgrammeData)
        faults = problem_faults()
        span, lengths = read_years(years, given.get("year_lengths"), faults)
        capacities = read_capacities(base, given.get("capacities"), faults)
        limited = bool(capacities) and bool(given.get("limited", True))
        opening = read_opening(base, given.get("opening", {}), span, faults)
        actions = given.get("actions")
        done = default_actions(base, opening) if actions is None else tuple(actions)
        levels = read_levels(base, given.get("levels", {}), faults)
        read_actions(base, done, span, (opening, capacities), faults)
        weights = read_people(base, given.get("weights"), span, faults)
        targets = tuple(given.get("targets", ()))
        read_targets(targets, span, levels, tuple(capacities), faults)
        if limited:
            no_areas_of_people(targets, base, faults)
        budgets, shares = read_budgets(
            given.get("budgets", ()), given.get("spend_shares", ()), done, span, faults
        )
        works = read_works(given.get("max_works"), span, faults)
        faults.raise_all()
        return cls(
            base=base,
            years=span,
            lengths=lengths,
            weights=weights,
            actions=done,
            budgets=budgets,
            works=works,
            works_carry_over=bool(given.get("works_carry_over", False)),
            spend_shares=shares,
            targets=targets,
            opening=opening,
            capacities=capacities,
            limited=limited,
            levels=levels,
            may_lose=bool(given.get("may_lose", False)),
        )

    @property
    def n_years(self) -> int:
        """Number of planning years."""
        return len(self.years)

    @property
    def open_at_start(self) -> np.ndarray:
        """Bool per site: open before the first year."""
        return self.base.is_open(np.concatenate([self.base.fixed, self.base.closable]))

    def __repr__(self) -> str:
        span = f"{self.years[0]}-{self.years[-1]}" if len(self.years) > 1 else str(self.years[0])
        many = "year" if len(self.years) == 1 else "years"
        return (
            f"ProgrammeProblem({len(self.years)} {many} {span}, {self.base.n_demand} demand rows, "
            f"{self.base.n_sites} sites, {len(self.actions)} actions, {len(self.budgets)} budgets, "
            f"{len(self.targets)} targets)"
        )
