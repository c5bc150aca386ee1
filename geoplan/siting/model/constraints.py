"""The rules a planner adds to a covering question, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from geoplan.errors import Faults
from geoplan.siting.model.build_result import is_whole
from geoplan.siting.model.parse import listed, share_told, sites_told
from geoplan.siting.model.problem import SitingProblem


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rules:
    """What an answer must respect.

    sites : most sites in all, or None. budget : most money for sites that are neither fixed nor
    closable, or None. area_sites : area code -> least number of sites. area_share : area code ->
    least share of the area's people. backup : only people covered twice count. equity : the
    worst-off area comes first.
    """

    sites: int | None = None
    budget: float | None = None
    area_sites: Mapping[Any, int] = field(default_factory=dict)
    area_share: Mapping[Any, float] = field(default_factory=dict)
    backup: bool = False
    equity: bool = False

    def plain(self, problem: SitingProblem) -> bool:
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

    def only_apart(self, problem: SitingProblem) -> bool:
        """Whether distances between sites are the only rule beside their number."""
        return self.plain(replace(problem, conflicts=np.empty((0, 2), np.int64)))


def read_rules(
    problem: SitingProblem,
    *,
    sites: int | None,
    budget: float | None,
    per_area_minimum: Any,
    backup: bool,
    equity: bool,
    faults: Faults,
) -> Rules:
    """The rules, or faults: unknown areas, missing data, combinations that make no sense."""
    if budget is not None:
        if problem.site_costs is None:
            faults.add("budget needs site_costs in the problem: the money each site takes")
        if isinstance(budget, bool) or not budget >= 0 or not np.isfinite(budget):
            faults.add(f"budget must be a finite amount, 0 or more, not {budget!r}")
    if problem.full_within is not None:
        for name, on in (("backup", backup), ("capacities", problem.capacities is not None)):
            if on:
                faults.add(
                    f"gradual coverage (full_within) and {name} do not go together: a part of a "
                    "person cannot be counted twice or take a place"
                )
    if backup and problem.capacities is not None:
        faults.add(
            "backup and capacities do not go together: a place is taken once, a backup is a "
            "promise without a place"
        )
    if equity and problem.areas is None:
        faults.add("equity needs areas in the problem: the area of every demand row")
    area_sites, area_share = _area_minimums(problem, per_area_minimum, faults)
    return Rules(
        sites=sites,
        budget=None if budget is None else float(budget),
        area_sites=area_sites,
        area_share=area_share,
        backup=backup,
        equity=equity,
    )


def _known(codes: np.ndarray | None) -> list[Any]:
    return [] if codes is None else list(dict.fromkeys(c for c in codes if c is not None))


def _area_minimums(
    problem: SitingProblem, given: Any, faults: Faults
) -> tuple[dict[Any, int], dict[Any, float]]:
    """Whole numbers are sites per area, other numbers shares of the area's people."""
    if given is None:
        return {}, {}
    whole = isinstance(given, (int, np.integer)) and not isinstance(given, bool)
    if not isinstance(given, Mapping):
        codes = _known(problem.site_areas if whole else problem.areas)
        # every area with people must be served, also one where no site may stand
        if whole:
            codes = list(dict.fromkeys([*_known(problem.areas), *codes]))
        given = dict.fromkeys(codes, given) if codes else {None: given}
    area_sites: dict[Any, int] = {}
    area_share: dict[Any, float] = {}
    for code, least in given.items():
        if isinstance(least, bool) or not isinstance(least, (int, float, np.number)):
            faults.add(f"per_area_minimum of {code!r} must be a number, not {least!r}")
        elif isinstance(least, (int, np.integer)):
            area_sites[code] = int(least)
        else:
            area_share[code] = float(least)
    if area_sites and problem.site_areas is None:
        faults.add(
            "per_area_minimum in whole numbers counts sites per area and needs site_areas in the "
            "problem (give 0.5, say, for a share of each area's people)"
        )
    if area_share and problem.areas is None:
        faults.add("per_area_minimum as a share needs areas in the problem")
    known = set(_known(problem.areas)) | set(_known(problem.site_areas))
    unknown = [c for c in (*area_sites, *area_share) if c not in known and c is not None]
    if unknown and known:
        faults.add(f"per_area_minimum: no such area: {listed(unknown)}; known: {listed(known)}")
    if any(least < 0 for least in area_sites.values()):
        faults.add("per_area_minimum: a number of sites must be 0 or more")
    if any(not 0 <= share <= 1 for share in area_share.values()):
        faults.add("per_area_minimum: a share must be from 0 to 1")
    return area_sites, area_share


def area_codes(problem: SitingProblem) -> tuple[np.ndarray, list[Any]]:
    """A number per demand row for its area (0 = none), and the code of every number."""
    if problem.areas is None:
        return np.zeros(problem.n_demand, np.int64), [None]
    codes = [None, *_known(problem.areas)]
    number = {code: k for k, code in enumerate(codes)}
    return np.array([number[c] for c in problem.areas], np.int64), codes


def least_people(share: float, people: float, *, whole: bool) -> float:
    """How many people a share is, rounded up where people are whole, with room for rounding."""
    need = share * people
    return float(np.ceil(need - 1e-9 * max(1.0, need))) if whole else need * (1 - 1e-12)


def early_blocks(problem: SitingProblem, rules: Rules) -> tuple[list[str], dict[str, Any]]:
    """What makes the rules impossible at first sight: sentences, and facts for programs."""
    found: list[str] = []
    facts: dict[str, Any] = {}
    allowed, fixed = problem.is_allowed, problem.is_fixed
    extra, money = 0, 0.0
    areas = problem.site_areas
    for code, least in rules.area_sites.items():
        assert areas is not None
        here = np.array([c == code for c in areas], bool) & allowed
        if here.sum() < least:
            found.append(
                f"area {code!r} must have {sites_told(least)}, but only {int(here.sum())} may "
                "stand there"
            )
            facts.setdefault("blocking_areas", []).append(code)
            continue
        more = max(0, least - int((here & fixed).sum()))
        extra += more
        if problem.site_costs is not None and more:
            price = np.where(problem_free(problem), 0.0, problem.site_costs)
            money += float(np.sort(price[here & ~fixed])[:more].sum())
    if rules.sites is not None and extra + len(problem.fixed) > rules.sites and not found:
        least_sites = extra + len(problem.fixed)
        found.append(
            f"the minimum per area takes at least {sites_told(least_sites)} in all; "
            f"asked: {rules.sites}"
        )
        facts["smallest_sites"] = least_sites
    if rules.budget is not None and money > rules.budget + 1e-9 and not found:
        found.append(
            f"the minimum per area takes at least {money:g}; the budget is {rules.budget:g}"
        )
        facts["smallest_budget"] = money
    reach = problem.is_allowed[problem.cover.indices]
    before = np.concatenate([[0], np.cumsum(reach)])
    reached = np.diff(before[problem.cover.indptr]) > 0
    for code, share in rules.area_share.items():
        assert problem.areas is not None
        here = np.array([c == code for c in problem.areas], bool)
        people = float(problem.weights[here].sum())
        best = float(problem.weights[here & reached].sum())
        least_here = least_people(share, people, whole=is_whole(problem.weights))
        if best < least_here - 1e-9 * max(1.0, people):
            found.append(
                f"area {code!r}: at most {share_told(best / people)} of its people can be reached "
                f"from any allowed site; asked: {share:g}"
            )
            facts.setdefault("blocking_areas", []).append(code)
            facts.setdefault("largest_area_share", {})[code] = best / people
    return found, facts


def problem_free(problem: SitingProblem) -> np.ndarray:
    """Bool per site: costs nothing, because it stands already."""
    paid = problem.is_fixed
    paid[problem.closable] = True
    return paid


def site_money(problem: SitingProblem) -> np.ndarray:
    """Money per site, nothing for those that stand; ones where costs are not known."""
    money = np.ones(problem.n_sites) if problem.site_costs is None else problem.site_costs.copy()
    if problem.site_costs is not None:
        money[problem_free(problem)] = 0.0
    return money
