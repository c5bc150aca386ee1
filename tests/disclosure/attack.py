"""A reader who wants to find out what a public edition withholds, with all that it says.

Unknown are the people of every finest area in every state, for every coverage that is published
(each service today, after its plan, by tier, at the most). Equations: every number of every
table, of the ledgers in `summary.json`, of groups; sums of states and of areas; and what
coverages of the same people share. Inequalities: numbers in whole steps. Integer programming
tells between which values each withheld number must lie.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from geoplan.outputs.summary.summary_json import summary_dict
from geoplan.results import RunResults, ServiceResult

STATES = ("served", "full", "beyond", "cut_off", "off_network", "unlocated")
SHARED = ("total", "off_network", "unlocated")


@dataclass
class Known:
    """Equations and ranges over the unknowns: index -> sign, low, high."""

    at: dict[tuple[str, str, str], int] = field(default_factory=dict)
    rows: list[dict[int, float]] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def cells(self, name: str, codes: list[str], cell: str) -> dict[int, float]:
        """The unknowns that a number of these areas is the sum of."""
        states = STATES if cell == "total" else (cell,)
        return {self.at[name, code, state]: 1.0 for code in codes for state in states}

    def add(self, row: dict[int, float], low: Any, high: Any = None) -> None:
        if low is None or np.isnan(low):
            return
        self.rows.append(row)
        self.low.append(float(low))
        self.high.append(float(low if high is None else high))

    def between(self, aim: dict[int, float]) -> tuple[float, float]:
        """The least and the most that the sum of unknowns `aim` can be."""
        count = len(self.at)
        matrix = sparse.lil_matrix((len(self.rows), count))
        for k, row in enumerate(self.rows):
            for column, sign in row.items():
                matrix[k, column] += sign
        goal = np.zeros(count)
        goal[list(aim)] = list(aim.values())
        limits = LinearConstraint(matrix.tocsr(), self.low, self.high)
        ends = []
        for sign in (1.0, -1.0):
            found = milp(
                sign * goal,
                constraints=limits,
                integrality=np.ones(count),
                bounds=Bounds(0, 100_000),
                options={"mip_rel_gap": 0.0, "time_limit": 20},
            )
            assert found.status in (0, 1), found.message
            ends.append(sign * (found.mip_dual_bound if found.status else found.fun))
        return ends[0], ends[1]


def coverages(service: ServiceResult) -> dict[str, Any]:
    """Every coverage of a service that outputs show."""
    found = {"now": service.coverage, "most": service.coverage_most, **service.tiers}
    if service.siting is not None:
        found["after"] = service.siting.coverage_after
        found["after most"] = service.siting.coverage_after_most
    return {name: c for name, c in found.items() if c is not None}


def learn(run: RunResults, public: RunResults) -> tuple[Known, list[tuple[str, str, str, str]]]:
    """All that `public` tells, and which numbers it withholds: (name, level, code, cell)."""
    known, withheld = Known(), []
    level = list(run.areas)[-1]
    below = run.info.suppress_below
    names = {}
    for key, service in public.services.items():
        for name, coverage in coverages(service).items() if service.coverage is not None else ():
            names[f"{key}/{name}"] = coverage
    codes = sorted({c for cov in names.values() for c in cov.by_area(level).index})
    for name in names:
        for code in codes:
            for state in STATES:
                known.at[name, code, state] = len(known.at)
    parent = run.areas[level].frame["parent"]
    for name, coverage in names.items():
        for one in run.areas:
            table = coverage.by_area(one)
            for code, row in table.iterrows():
                inside = [code] if one == level else [c for c in codes if parent.get(c, "") == code]
                for cell in ("total", *STATES):
                    known.add(known.cells(name, inside, cell), row[cell])
                    if np.isnan(row[cell]):
                        withheld.append((name, one, code, cell))
    for one, other in pairwise(names):
        for code in codes:
            for cell in SHARED:
                both = known.cells(one, [code], cell)
                for column in known.cells(other, [code], cell):
                    both[column] = both.get(column, 0.0) - 1.0
                known.add(both, 0.0)
    _learn_summary(known, codes, summary_dict(public)["services"], below)
    return known, withheld


def _learn_summary(known: Known, codes: list[str], told: dict[str, Any], below: float) -> None:
    """City numbers of `summary.json`: ledgers, ranges, groups, the plan's value, capacity."""
    for key, service in told.items():
        if "people" not in service:
            continue
        plan = service.get("siting", {})
        ledgers = {
            "now": service["people"],
            "after": plan.get("people_after"),
            "most": service.get("people_range", {}).get("most"),
        }
        for name, ledger in ledgers.items():
            if ledger is None or (f"{key}/{name}", codes[0], "served") not in known.at:
                continue
            city = {cell: known.cells(f"{key}/{name}", codes, cell) for cell in ledger}
            for cell, value in ledger.items():
                # people in all are what the rest sums to where a state is withheld
                known.add(city[cell], value)
        now = f"{key}/now"
        people = service.get("groups", {}).get("people", {})
        known.add(known.cells(now, codes, "total"), people.get("total"))
        known.add(known.cells(now, codes, "served"), people.get("served"))
        known.add(known.cells(now, codes, "total"), service.get("capacity", {}).get("people"))
        if service.get("covered_share") is not None:
            share = 1 - service["covered_share"]
            row = dict.fromkeys(known.cells(now, codes, "served"), share)
            for state in STATES[1:]:
                row |= dict.fromkeys(known.cells(now, codes, state), -service["covered_share"])
            known.add(row, -1e-6, 1e-6)
        if (
            plan.get("objective") == "max_coverage"
            and plan["value"] is not None
            and (f"{key}/after", codes[0], "served") in known.at
        ):
            value = plan["value"]
            known.add(known.cells(f"{key}/after", codes, "served"), value - below, value + below)


def truth(run: RunResults, name: str, level: str, code: str, cell: str) -> float:
    key, _, which = name.partition("/")
    return float(coverages(run.services[key])[which].by_area(level).loc[code, cell])


def widths(run: RunResults, public: RunResults, *, most: int = 40) -> list[tuple[Any, ...]]:
    """Of withheld small numbers: their place, value, and between which values they must lie."""
    known, withheld = learn(run, public)
    below = run.info.suppress_below
    level = list(run.areas)[-1]
    parent = run.areas[level].frame["parent"]
    codes = sorted({code for _, code, _ in known.at})
    found = []
    for name, one, code, cell in withheld:
        value = truth(run, name, one, code, cell)
        if not 0 < value < below:
            continue
        inside = [code] if one == level else [c for c in codes if parent.get(c, "") == code]
        low, high = known.between(known.cells(name, inside, cell))
        assert low - 1e-6 <= value <= high + 1e-6, "the attack knows more than is true"
        found.append((name, one, code, cell, value, low, high))
        if len(found) >= most:
            break
    return found
