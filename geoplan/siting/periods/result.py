"""`ProgrammeResult`: what is done in which year, for whom, why then, and how much is proved."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from geoplan.siting.model.result import Status
from geoplan.siting.periods.rules import ProgrammeAction
from geoplan.words.display import text_html

#: why an action is not done a year earlier
Reason = Literal[
    "first_year", "earliest", "budget", "works", "rules", "no_better", "not_worked_out"
]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedAction:
    """One action of a plan: when, for how much, for whom, and why in that year.

    Parameters
    ----------
    action : what is done.
    year : in which planning year.
    times : how many modules.
    cost : capital money, all modules.
    running_cost : money per year from then on, all modules.
    people : people served in its year who would not be without it, all else as planned; NaN, like
        `person_years` and `gained_earlier`, where no time was left to work it out.
    person_years : the same, summed over its year and all later ones.
    areas : area code -> people of that area among `people`, most first (where areas are known).
    lost_by_waiting : person-years lost if it were done one planning year later, all else as planned
        (None in the last year, where waiting means not at all: then `person_years` is lost; and
        where it was not worked out).
    why : why not a year earlier: ``"first_year"`` (there is none); ``"earliest"`` (it may not);
        ``"budget"``, ``"works"`` (money, or works, of the earlier year are used up);
        ``"rules"`` (another rule or action stands against it); ``"no_better"`` (nothing is gained);
        ``"not_worked_out"`` (no time was left to find out).
    short : money, or works, that the earlier year would need besides; 0 for other reasons.
    gained_earlier : person-years that a year earlier would bring, were it allowed.

    Examples
    --------
    >>> import geoplan as gp, numpy as np
    >>> base = gp.SitingProblem.from_cover(np.eye(3, dtype=bool), [5, 6, 7])
    >>> problem = gp.ProgrammeProblem.of(base, years=[2025, 2026], max_works=1)
    >>> second = gp.programme(problem).actions[1]
    >>> second.year, second.action.site, second.people, second.why
    (2026, 1, 6.0, 'works')
    """

    action: ProgrammeAction
    year: int
    times: int = 1
    cost: float
    running_cost: float
    people: float
    person_years: float
    areas: Mapping[Any, float] = field(default_factory=dict)
    lost_by_waiting: float | None = None
    why: Reason
    short: float = 0.0
    gained_earlier: float = 0.0

    def is_explained(self, last_year: int) -> bool:
        """Whether everything about it was worked out.

        Parameters
        ----------
        last_year : the last planning year, in which waiting costs all that the action brings.

        Returns
        -------
        bool

        Examples
        --------
        >>> import geoplan as gp, numpy as np
        >>> base = gp.SitingProblem.from_cover(np.eye(3, dtype=bool), [5, 6, 7])
        >>> problem = gp.ProgrammeProblem.of(base, years=[2025, 2026], max_works=1)
        >>> [done.is_explained(2026) for done in gp.programme(problem).actions]
        [True, True]
        """
        waiting = self.lost_by_waiting is not None or self.year == last_year
        return bool(waiting and not np.isnan(self.people) and self.why != "not_worked_out")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammeYear:
    """One year of a plan: who is served and what it costs.

    Parameters
    ----------
    year : planning year.
    length : calendar years that it stands for.
    total, served : people.
    open_sites : labels of the sites open in it.
    capacity : places by kind at open sites.
    cost : capital money of its actions.
    running_cost : money of one calendar year.
    works : number of actions (modules counted one by one).
    left : money left by budget name after the year (of budgets without carry-over, of the year).
    smallest_area_share : of the people of the worst-off area; NaN without areas.

    Examples
    --------
    >>> import geoplan as gp, numpy as np
    >>> base = gp.SitingProblem.from_cover(np.eye(3, dtype=bool), [5, 6, 7])
    >>> problem = gp.ProgrammeProblem.of(base, years=[2025, 2026], max_works=1)
    >>> [(year.year, year.served, year.works) for year in gp.programme(problem).by_year]
    [(2025, 7.0, 1), (2026, 13.0, 1)]
    """

    year: int
    length: float
    total: float
    served: float
    open_sites: tuple[Hashable, ...]
    capacity: Mapping[str, float]
    cost: float
    running_cost: float
    works: int
    left: Mapping[str, float]
    smallest_area_share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """The smallest change of one family of rules that makes an infeasible plan possible.

    Parameters
    ----------
    family : ``"budget"``, ``"works"``, ``"spend_share"`` or ``"target"``, ``"rules"``.
    where : the rule: (budget name, year), year, name of the share, or `Target`.
    asked, enough : as it was asked, and what would be possible.
    proved : no smaller change of this family alone would do.

    Examples
    --------
    >>> Change(family="works", where=2025, asked=1.0, enough=2.0, proved=True).enough
    2.0
    """

    family: str
    where: Any
    asked: float
    enough: float
    proved: bool


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ProgrammeResult:
    """What `programme` found.

    Parameters
    ----------
    objective : ``"person_years"``, ``"min_cost"`` or ``"worst_area"``.
    status : as in `SitingResult`: ``"optimal"`` only when proved within the requested gap.
    value : person-years served (for ``"worst_area"`` too), or money.
    bound, gap : as in `SitingResult`.
    actions : by year, then in the problem's order.
    by_year : one `ProgrammeYear` per planning year.
    alone_value : what planning each year by itself reaches, in the same measure; None where it was
        not worked out (no time was left for it) or leads to no plan.
    smallest_share : ``"worst_area"``: share of person-years served in the worst-off area.
    changes : infeasible: ways out; those of one family belong together, each family is enough.
    together : no family alone is enough: all `changes` are needed at once.
    blocking : the same in words, for people.
    seconds, solver, seed, detail : as in `SitingResult`. ``detail["not_explained"]``: how many of
        the actions could not be explained, or not wholly, within the time limit.

    Examples
    --------
    >>> import geoplan as gp, numpy as np
    >>> base = gp.SitingProblem.from_cover(np.eye(3, dtype=bool), [5, 6, 7])
    >>> problem = gp.ProgrammeProblem.of(base, years=[2025, 2026], max_works=1)
    >>> result = gp.programme(problem)
    >>> result.status, result.value, [(a.year, a.action.site) for a in result.actions]
    ('optimal', 20.0, [(2025, 2), (2026, 1)])
    """

    objective: str
    status: Status
    value: float
    bound: float | None
    gap: float | None
    actions: tuple[PlannedAction, ...]
    by_year: tuple[ProgrammeYear, ...]
    alone_value: float | None = None
    smallest_share: float | None = None
    changes: tuple[Change, ...] = ()
    together: bool = False
    blocking: tuple[str, ...] = ()
    seconds: float
    solver: str
    seed: int = 0
    detail: dict[str, Any] = field(default_factory=dict)

    def sites(self, year: int) -> tuple[Hashable, ...]:
        """Labels of the sites that are open in a planning year.

        Parameters
        ----------
        year : one of the planning years.

        Returns
        -------
        tuple of labels

        Examples
        --------
        >>> import geoplan as gp, numpy as np
        >>> base = gp.SitingProblem.from_cover(np.eye(3, dtype=bool), [5, 6, 7])
        >>> problem = gp.ProgrammeProblem.of(base, years=[2025, 2026], max_works=1)
        >>> gp.programme(problem).sites(2025)
        (2,)
        """
        return next(y.open_sites for y in self.by_year if y.year == year)

    def summary(self) -> str:
        """A few lines for people.

        Returns
        -------
        str

        Examples
        --------
        >>> import geoplan as gp, numpy as np
        >>> base = gp.SitingProblem.from_cover(np.eye(3, dtype=bool), [5, 6, 7])
        >>> problem = gp.ProgrammeProblem.of(base, years=[2025, 2026], max_works=1)
        >>> print(gp.programme(problem).summary())
        programme, person_years: optimal
        value 20, bound 20, gap 0.000%
        2025: 7 of 18 people served; 1 work, capital 0, running 0 a year
          open 2: 7 people, 7 person-years lost by waiting a year
        2026: 13 of 18 people served; 1 work, capital 0, running 0 a year
          open 1: 6 people
        """
        lines = [f"programme, {self.objective}: {self.status}"]
        if self.by_year:
            bound = "none" if self.bound is None else f"{self.bound:,.6g}"
            gap = "not known" if self.gap is None else f"{self.gap:.3%}"
            lines.append(f"value {self.value:,.6g}, bound {bound}, gap {gap}")
        for year in self.by_year:
            lines.append(
                f"{year.year}: {year.served:,.6g} of {year.total:,.6g} people served; "
                f"{year.works} {'work' if year.works == 1 else 'works'}, "
                f"capital {year.cost:,.6g}, running {year.running_cost:,.6g} a year"
            )
            lines.extend(_action_line(done) for done in self.actions if done.year == year.year)
        lines.extend(self.blocking)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return text_html(self.summary())

    def __repr__(self) -> str:
        gap = "None" if self.gap is None else f"{self.gap:.4%}"
        return (
            f"ProgrammeResult({self.objective}: {self.status}, value={self.value:,.6g}, "
            f"gap={gap}, {len(self.actions)} actions in {len(self.by_year)} years)"
        )


def _action_line(done: PlannedAction) -> str:
    what = f"  {done.action.kind} {done.action.site}"
    if done.action.away:
        what += f" from {', '.join(map(str, done.action.away))}"
    if done.times > 1:
        what += f" x {done.times}"
    if np.isnan(done.people):
        return f"{what}: whom it serves was not worked out in time"
    waiting = ""
    if done.lost_by_waiting is not None:
        waiting = f", {done.lost_by_waiting:,.6g} person-years lost by waiting a year"
    return f"{what}: {done.people:,.6g} people{waiting}"
