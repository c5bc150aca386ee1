"""The constraints that a planner adds to a siting problem, read and checked."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict, Unpack, cast

import numpy as np

from geoplan.errors import Faults
from geoplan.siting.model.counting import counts_whole, is_enough, least_people, reachable_share
from geoplan.siting.model.parse import (
    problem_faults,
    share_text,
    sites_text,
    some_of,
)
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.request import SolveOptions, check_limits, read_request
from geoplan.tolerances import BUDGET_ROUNDING
from geoplan.validate import number
from geoplan.words.message import Message


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Constraints:
    """What a solution must respect.

    sites : most sites in all, or None. budget : most money for sites that are neither fixed nor
    closable, or None. area_sites : area code -> least number of sites. area_share : area code ->
    least share of the area's people. backup : only people covered twice count. equity : the
    worst-off area comes first. split : people of a demand row may be split among sites where
    capacities bind.
    """

    sites: int | None = None
    budget: float | None = None
    area_sites: Mapping[Any, int] = field(default_factory=dict)
    area_share: Mapping[Any, float] = field(default_factory=dict)
    backup: bool = False
    equity: bool = False
    split: bool = True

    @property
    def times(self) -> int:
        """How many sites must reach a person who counts."""
        return 2 if self.backup else 1

    @property
    def counts_areas(self) -> bool:
        """Whether it matters in which area somebody is served."""
        return bool(self.area_share) or self.equity

    @property
    def most_money(self) -> float:
        """The budget and what rounding may add to it; ``inf`` without one."""
        return np.inf if self.budget is None else self.budget * (1 + BUDGET_ROUNDING)

    def unconstrained(self, problem: SitingProblem) -> bool:
        """Whether only the number of sites matters."""
        return (
            self.budget is None
            and not self.area_sites
            and not self.area_share
            and not self.backup
            and not self.equity
            and problem.capacities is None
            and not len(problem.conflicts)
        )

    def all_may_open(self, problem: SitingProblem) -> bool:
        """Whether all allowed sites may be open together, and then serve all whom they reach."""
        free = replace(self, sites=None, backup=False, equity=False)
        return free.unconstrained(problem)

    def only_apart(self, problem: SitingProblem) -> bool:
        """Whether distances between sites are the only constraint beside their number."""
        return self.unconstrained(replace(problem, conflicts=np.empty((0, 2), np.int64)))

    def only_capacities(self, problem: SitingProblem) -> bool:
        """Whether capacities are the only constraint beside the number of sites."""
        limited = problem.capacities is not None and self.sites is not None
        return limited and self.unconstrained(replace(problem, capacities=None))


class Asked(TypedDict, total=False):
    """What a caller asks for beside the problem, as `max_coverage` describes it; unchecked."""

    sites: Any
    budget: Any
    min_sites_per_area: Any
    min_share_per_area: Any
    backup: bool
    equity: bool
    split: bool


class PlanOptions(SolveOptions, total=False):
    """`SolveOptions` and the old name of the least numbers of sites or shares per area."""

    per_area_minimum: Any


def begin_solve(
    function: str, options: SolveOptions, asked: Asked | None = None
) -> tuple[SolveControl, Faults]:
    """The running solve of the public function `function`, and a collector of its faults.

    asked : where constraints may be asked for; gets what the old `per_area_minimum` means.
    """
    if asked is not None:
        _read_old_minimum(cast("PlanOptions", options), asked)
    request = read_request(function, options)
    control = SolveControl.start(request)
    faults = problem_faults()
    check_limits(request, faults)
    return control, faults


def _read_old_minimum(options: PlanOptions, asked: Asked) -> None:
    """Take the old `per_area_minimum` out of `options`: least sites, or shares, per area.

    Its whole numbers were sites, its numbers with a point shares of the people.
    """
    old = options.pop("per_area_minimum", None)
    if old is None:
        return
    warnings.warn(
        "per_area_minimum is now min_sites_per_area (whole numbers) and min_share_per_area "
        "(shares); the old name goes with the next version",
        DeprecationWarning,
        stacklevel=4,
    )

    def counts(least: Any) -> bool:
        return isinstance(least, (int, np.integer)) and not isinstance(least, bool)

    if not isinstance(old, Mapping):
        old_sites, old_share = (old, None) if counts(old) else (None, old)
    else:
        old_sites = {code: least for code, least in old.items() if counts(least)}
        old_share = {code: least for code, least in old.items() if not counts(least)}
    if asked.get("min_sites_per_area") is None:
        asked["min_sites_per_area"] = old_sites
    if asked.get("min_share_per_area") is None:
        asked["min_share_per_area"] = old_share


def read_count(
    problem: SitingProblem, asked: Asked, faults: Faults, *, least: int = 0
) -> int | None:
    """The number of sites asked for, `least` or more; a budget may stand in for it."""
    if asked.get("sites") is None:
        if asked.get("budget") is None:
            faults.add(Message("siting_faults.how_many"))
        return None
    return check_count(problem, asked["sites"], faults, least=least)


def check_count(problem: SitingProblem, sites: Any, faults: Faults, *, least: int = 0) -> int:
    """`sites` as a whole number, `least` or more, that leaves room for the fixed ones."""
    if isinstance(sites, bool) or not isinstance(sites, (int, np.integer)):
        faults.add(Message("siting_faults.sites_whole", sites=sites))
        return 0
    if sites < least:
        faults.add(Message("siting_faults.sites_least", least=least, sites=sites))
    elif sites < len(problem.fixed):
        faults.add(Message("siting_faults.sites_fixed", sites=sites, count=len(problem.fixed)))
    return int(sites)


def read_constraints(problem: SitingProblem, faults: Faults, **asked: Unpack[Asked]) -> Constraints:
    """The constraints, or faults: unknown areas, missing data, what makes no sense together."""
    budget = asked.get("budget")
    backup, equity = asked.get("backup", False), asked.get("equity", False)
    if budget is not None:
        if problem.site_costs is None:
            faults.add(Message("siting_faults.budget_costs"))
        if not 0 <= number(budget) < np.inf:
            faults.add(Message("siting_faults.budget_amount", budget=budget))
    if problem.full_within is not None:
        for name, on in (("backup", backup), ("capacities", problem.capacities is not None)):
            if on:
                faults.add(Message("siting_faults.gradual_twice", name=name))
    if backup and problem.capacities is not None:
        faults.add(Message("siting_faults.backup_capacities"))
    if equity and problem.areas is None:
        faults.add(Message("siting_faults.equity_areas"))
    area_sites = _area_sites(problem, asked.get("min_sites_per_area"), faults)
    area_share = _area_shares(problem, asked.get("min_share_per_area"), faults)
    return Constraints(
        sites=asked.get("sites"),
        budget=None if budget is None else number(budget),
        area_sites=area_sites,
        area_share=area_share,
        backup=backup,
        equity=equity,
        split=asked.get("split", True),
    )


def _known(codes: np.ndarray | None) -> list[Any]:
    return [] if codes is None else list(dict.fromkeys(c for c in codes if c is not None))


def _area_sites(problem: SitingProblem, given: Any, faults: Faults) -> dict[Any, int]:
    """Least number of sites per area; one number counts for every area with people too."""
    every = list(dict.fromkeys([*_known(problem.areas), *_known(problem.site_areas)]))
    least: dict[Any, int] = {}
    for code, count in _per_area(given, every).items():
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)):
            faults.add(Message("siting_faults.area_sites_whole", code=code, count=count))
        else:
            least[code] = int(count)
    if least and problem.site_areas is None:
        faults.add(Message("siting_faults.area_sites_areas"))
    _check_codes(problem, "min_sites_per_area", least, faults)
    if any(count < 0 for count in least.values()):
        faults.add(Message("siting_faults.area_sites_number"))
    return least


def _area_shares(problem: SitingProblem, given: Any, faults: Faults) -> dict[Any, float]:
    """Least share of each area's people."""
    least: dict[Any, float] = {}
    for code, share in _per_area(given, _known(problem.areas)).items():
        if isinstance(share, bool) or not isinstance(share, (int, float, np.number)):
            faults.add(Message("siting_faults.area_share_number", code=code, share=share))
        else:
            least[code] = float(share)
    if least and problem.areas is None:
        faults.add(Message("siting_faults.area_share_areas"))
    _check_codes(problem, "min_share_per_area", least, faults)
    if any(not 0 <= share <= 1 for share in least.values()):
        faults.add(Message("siting_faults.area_share_between"))
    return least


def _per_area(given: Any, codes: list[Any]) -> Mapping[Any, Any]:
    """A value per area code, where one for all may be given."""
    if given is None:
        return {}
    return given if isinstance(given, Mapping) else dict.fromkeys(codes or [None], given)


def _check_codes(problem: SitingProblem, name: str, given: Iterable[Any], faults: Faults) -> None:
    known = set(_known(problem.areas)) | set(_known(problem.site_areas))
    unknown = [code for code in given if code not in known and code is not None]
    if unknown and known:
        faults.add(
            Message(
                "siting_faults.no_areas", name=name, some=some_of(unknown), some2=some_of(known)
            )
        )


def area_codes(problem: SitingProblem) -> tuple[np.ndarray, list[Any]]:
    """A number per demand row for its area (0 = none), and the code of every number."""
    if problem.areas is None:
        return np.zeros(problem.n_demand, np.int64), [None]
    codes = [None, *_known(problem.areas)]
    number = {code: k for k, code in enumerate(codes)}
    return np.array([number[c] for c in problem.areas], np.int64), codes


def early_blocks(
    problem: SitingProblem, constraints: Constraints, *, everybody: bool = False
) -> tuple[list[str], dict[str, Any]]:
    """What makes the constraints impossible at first sight: sentences, and facts for programs.

    The smallest number of sites or budget is among the facts where nothing else asks for more.

    everybody : must be served.
    """
    found: list[str] = []
    facts: dict[str, Any] = {}
    allowed, fixed = problem.is_allowed, problem.is_fixed
    alone = not everybody and replace(
        constraints, budget=None, area_sites={}, backup=False, equity=False
    ).unconstrained(problem)
    extra, money = 0, 0.0
    areas = problem.site_areas
    for code, least in constraints.area_sites.items():
        assert areas is not None
        here = np.array([c == code for c in areas], bool) & allowed
        if here.sum() < least:
            found.append(
                f"area {code!r} must have {sites_text(least)}, but only {int(here.sum())} may "
                "be built there"
            )
            facts.setdefault("blocking_areas", []).append(code)
            continue
        more = max(0, least - int((here & fixed).sum()))
        extra += more
        if problem.site_costs is not None and more:
            price = np.where(problem_free(problem), 0.0, problem.site_costs)
            money += float(np.sort(price[here & ~fixed])[:more].sum())
    if (
        constraints.sites is not None
        and extra + len(problem.fixed) > constraints.sites
        and not found
    ):
        least_sites = extra + len(problem.fixed)
        found.append(
            f"the minimum per area takes at least {sites_text(least_sites)} in all; "
            f"asked: {constraints.sites}"
        )
        facts["area_minimums_take_sites"] = least_sites
        if alone and constraints.budget is None:
            facts["smallest_sites"] = least_sites
    if constraints.budget is not None and money > constraints.most_money and not found:
        found.append(
            f"the minimum per area takes at least {money:g}; the budget is {constraints.budget:g}"
        )
        facts["area_minimums_take_money"] = money
        if alone and constraints.sites is None:
            facts["smallest_budget"] = money
    reached = problem.weights * reachable_share(problem, times=constraints.times)
    for code, share in constraints.area_share.items():
        assert problem.areas is not None
        here = np.array([c == code for c in problem.areas], bool)
        people = float(problem.weights[here].sum())
        best = float(reached[here].sum())
        if not is_enough(best, least_people(share, people, whole=counts_whole(problem))):
            twice = " by two sites" if constraints.backup else ""
            found.append(
                f"area {code!r}: at most {share_text(best / people)} of its people can be reached"
                f"{twice or ' from any allowed site'}; asked: {share:g}"
            )
            facts.setdefault("blocking_areas", []).append(code)
            facts.setdefault("largest_area_share", {})[code] = best / people
    return found, facts


def problem_free(problem: SitingProblem) -> np.ndarray:
    """Bool per site: costs nothing, because it exists already."""
    paid = problem.is_fixed
    paid[problem.closable] = True
    return paid


def site_money(problem: SitingProblem) -> np.ndarray:
    """Money per site, nothing for existing ones; ones where costs are not known."""
    money = np.ones(problem.n_sites) if problem.site_costs is None else problem.site_costs.copy()
    if problem.site_costs is not None:
        money[problem_free(problem)] = 0.0
    return money
