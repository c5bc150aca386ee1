"""Curves, phases and other plans as good, against every choice of sites."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

import geoplan as gp
from geoplan.siting import SitingResult, alternative_sites, explain_sites, phased_sites
from tests.siting.oracle.case import Case, is_stated
from tests.siting.oracle.choices import covered, truth
from tests.siting.oracle.people import people_needed
from tests.siting.oracle.rules import every_plan, keeps_site_rules

#: share of a number of people
SAME = 1e-6


def wrong_curve(case: Case) -> list[str]:
    """`coverage_curve` of a case's problem: every number of sites by itself."""
    free = _free(case)
    fixed = len(case.fixed)
    numbers = sorted({0, 1, 2, case.n_sites // 2, case.n_sites, case.n_sites + 1})
    numbers = [number for number in numbers if number >= fixed]
    frame = gp.coverage_curve(case.problem(), sites=numbers)
    found = [] if list(frame["sites"]) == numbers else ["the curve has other numbers of sites"]
    for row in frame.itertuples():
        one = replace(free, sites=int(row.sites))
        best = truth(one).value
        room = SAME * best
        if abs(row.value - best) > room or row.bound < best - room:
            found.append(f"{row.sites} sites: {row.value}, bound {row.bound}; the best is {best}")
        if row.status != "optimal":
            found.append(f"{row.sites} sites: {row.status}, gap {row.gap}")
        found += [f"{row.sites} sites: {line}" for line in _is_worth(one, row.chosen, row.value)]
        if case.total > 0 and abs(row.share - row.value / case.total) > SAME:
            found.append(f"{row.sites} sites: share {row.share}")
    return found


def wrong_phases(case: Case) -> list[str]:
    """`phased_sites`: each phase keeps the sites before it, and its bound holds."""
    free = replace(_free(case), capacities=None)
    rng = np.random.default_rng(case.seed + 5)
    low = len(case.fixed)
    counts = sorted(int(k) for k in rng.integers(low, max(low, case.n_sites) + 1, 3))
    frame = phased_sites(free.problem(), phases=counts)
    found, before = [], {f"s{j}" for j in case.fixed}
    for row in frame.itertuples():
        one = replace(free, sites=int(row.sites))
        best = truth(one).value
        room = SAME * best
        if not before <= set(row.chosen) or set(row.new) != set(row.chosen) - before:
            found.append(f"phase {row.phase} has {row.chosen} and {row.new} after {before}")
        found += [f"phase {row.phase}: {line}" for line in _is_worth(one, row.chosen, row.value)]
        if row.bound < best - room or row.best_value > best + room:
            found.append(f"phase {row.phase}: {row.best_value} .. {row.bound}, the best is {best}")
        if abs(row.nesting_cost - (row.best_value - row.value)) > room:
            found.append(f"phase {row.phase}: nesting costs {row.nesting_cost}")
        before = set(row.chosen)
    return found


def _free(case: Case) -> Case:
    """What curves and phases know: fixed sites, reach, capacities; no further constraints."""
    return replace(
        case,
        question="max_coverage",
        budget=None,
        site_costs=None,
        conflicts=[],
        min_sites_per_area={},
        min_share_per_area={},
        equity=False,
        backup=False,
    )


def _is_worth(case: Case, labels: list[str], value: float) -> Iterator[str]:
    plan = np.zeros(case.n_sites, bool)
    plan[[int(label[1:]) for label in labels]] = True
    if len(labels) != plan.sum() or not keeps_site_rules(case, plan[None])[0]:
        yield f"the sites {labels} break a rule"
    worth = _people(case, plan[None])[0]
    if abs(worth - value) > SAME * abs(value):
        yield f"the sites are worth {worth}, told {value}"


def _people(case: Case, plans: np.ndarray) -> np.ndarray:
    """People of each plan; with capacities they are counted for all plans there are."""
    if case.capacities is None:
        return covered(case, plans)[0]
    return covered(case, every_plan(case.n_sites))[0][plans @ (1 << np.arange(case.n_sites))]


def wrong_order(case: Case, result: SitingResult) -> list[str]:
    """`explain_sites`: the best next site first, and what moving each one would lose."""
    table = explain_sites(case.problem(), result)
    free = replace(_free(case), sites=None)
    plans = every_plan(case.n_sites)
    people = _people(free, plans)

    def worth(sites: set[int]) -> float:
        return float(people[sum(1 << j for j in sites)])

    chosen, done = {int(label[1:]) for label in result.sites}, set(case.fixed)
    room, found = SAME * max(worth(chosen), 1e-300), []
    if {int(label[1:]) for label in table.index} != chosen - done:
        return [f"{list(table.index)} are explained, {sorted(chosen - done)} are new"]
    for label, row in table.iterrows():
        site, left = int(str(label)[1:]), chosen - done
        added = worth(done | {site}) - worth(done)
        best = max(worth(done | {j}) for j in left) - worth(done)
        if abs(row["added_people"] - added) > room or added < best - room:
            found.append(f"{label} adds {added}, told {row['added_people']}; the best adds {best}")
        done.add(site)
        if case.total > 0 and abs(row["share_after"] - worth(done) / case.total) > SAME:
            found.append(f"after {label} {worth(done) / case.total} are covered")
        others = chosen - {site}
        may = [j for j in range(case.n_sites) if j not in chosen and case.allowed[j]]
        near = {frozenset(pair) for pair in case.conflicts}
        may = [j for j in may if not any(frozenset((j, k)) in near for k in others)]
        if not may:
            if not pd.isna(row["next_best"]):
                found.append(f"{label} can go nowhere, told {row['next_best']}")
            continue
        lost = worth(chosen) - max(worth(others | {j}) for j in may)
        if pd.isna(row["next_best"]) or abs(row["next_best_loss"] - lost) > room:
            found.append(f"moving {label} loses {lost}, told {row['next_best_loss']}")
        elif abs(worth(others | {int(row["next_best"][1:])}) + lost - worth(chosen)) > room:
            found.append(f"{row['next_best']} is not the next best location for {label}")
    return found


# -- other plans that are as good ---------------------------------------------------------------


def wrong_alternatives(case: Case, result: SitingResult, *, within: float) -> list[str]:
    """`alternative_sites` of an optimal `result` against all plans that are as good."""
    asked = {
        name: getattr(case, name)
        for name in ("budget", "min_sites_per_area", "min_share_per_area", "backup")
        if is_stated(getattr(case, name))
    }
    others = alternative_sites(case.problem(), result, within=within, most=500, **asked)
    plans, people = _as_good(case, result, within)
    mine = case.chosen(result)
    found, told = [], []
    for row in others.table.itertuples():
        plan = np.zeros(case.n_sites, bool)
        plan[[int(label[1:]) for label in row.sites]] = True
        told.append(plan)
        at = np.flatnonzero((plans == plan).all(axis=1))
        if not len(at):
            found.append(f"{row.sites} is not as good, or breaks a rule")
        elif abs(people[at[0]] - row.value) > SAME * people[at[0]]:
            found.append(f"{row.sites} serves {people[at[0]]}, told {row.value}")
        if row.changed != (plan & ~mine).sum():
            found.append(f"{row.sites} changes {(plan & ~mine).sum()} sites, told {row.changed}")
    if not others.complete:
        return [*found, f"{len(told)} plans of {len(plans)}, not complete"]
    seen = np.array([mine, *told])
    extra = ~(plans[:, None, :] >= seen[None]).all(axis=2).any(axis=1)
    if extra.any():
        found.append(f"{np.flatnonzero(plans[extra][0])} is as good and is not among them")
    kept = {f"s{j}" for j in np.flatnonzero(plans.all(axis=0) & mine)}
    if set(others.kept) != kept:
        found.append(f"{others.kept} are said to be in every plan, {sorted(kept)} are")
    if told and (plans & mine).sum(axis=1).min() < (told[0] & mine).sum():
        found.append("the first plan is not the most different one")
    return found


def _as_good(case: Case, result: SitingResult, within: float) -> tuple[np.ndarray, np.ndarray]:
    """All plans under the rules of no more sites that serve as many people, and how many."""
    plans = every_plan(case.n_sites)
    limited = replace(case, sites=len(result.sites))
    people, _, enough = covered(case, plans)
    least = result.value
    if case.question == "min_sites":
        least = people_needed(case.share, case.total, whole=case.whole)
    least *= 1 - within
    if case.whole and (
        case.capacities is None or np.all(case.capacities == np.round(case.capacities))
    ):
        least = np.ceil(least - 1e-6)
    kept = keeps_site_rules(limited, plans) & enough & (people >= least * (1 - 1e-9))
    return plans[kept], people[kept]
