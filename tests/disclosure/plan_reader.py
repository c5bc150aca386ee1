"""A reader who knows the streets: what the numbers of a plan hold of those that are withheld.

Unknown are the people of every demand row in every state, of each service today and after its
plan. Known are all published tables by area and of the city; which rows a site reaches, so that
rows that no new site reaches stay as they are, and those that one reaches are served more and
missed less; the people of sites, curves, gaps, other plans, people counted twice and the plan's
value, each in steps. Linear programming tells between which values each withheld number lies.
Nothing of geoplan's own audit is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from geoplan.coverage.gaps import ranked_gaps
from geoplan.results import RunResults
from geoplan.siting.beside.alternatives import Alternatives
from geoplan.siting.beside.knee import curve_knee

BELOW, ROWS, SITES = 10, 24, 4
STATES = ("served", "full", "beyond", "cut_off", "off_network", "unlocated")
CELLS = ("total", *STATES)
SHARED = ("off_network", "unlocated")


def random_city(fakes: Any, seed: int, *, rare: float = 1.0) -> tuple[RunResults, dict[str, Any]]:
    """Two services of the same people, each with a plan; and which rows each new site reaches.

    rare : the share of rows that may have few people; the others have hundreds.
    """
    rng = np.random.default_rng(seed)
    run = fakes.fake_run(n=ROWS)
    meal = run.services["meal_station"]
    streets = run.areas["street"].frame
    frame = meal.coverage.frame.copy()
    where = np.sort(rng.integers(0, len(streets), ROWS))
    frame["street"] = pd.array(streets.index[where], dtype="string")
    frame["district"] = pd.array(streets["parent"].to_numpy()[where], dtype="string")
    frame["people"] = rng.choice([0, 2, 4, 7, 12, 25, 60, 300], ROWS).astype(float)
    large = rng.random(ROWS) >= rare
    frame.loc[large, "people"] = rng.integers(100, 900, int(large.sum())).astype(float)
    off = np.where(rng.random(ROWS) < 0.1, frame["people"], 0.0)
    made, reach = {}, {}
    for k in range(2):
        key = f"service_{k}"
        made[key], reach[key] = _service(rng, meal, frame, off, key)
    info = replace(run.info, suppress_below=BELOW)
    return replace(run, info=info, services=made), reach


def _service(rng: Any, meal: Any, frame: Any, off: np.ndarray, key: str) -> Any:
    now = frame.copy()
    now[list(STATES)], now["site"] = 0.0, pd.NA
    left = frame["people"].to_numpy() - off
    served = np.where(rng.random(ROWS) < 0.4, left, 0.0)
    now["off_network"], now["served"], now["beyond"] = off, served, left - served
    now["reason"] = np.where(now["beyond"] > 0, "beyond", "")
    ids = pd.Index([f"n{k}" for k in range(SITES)])
    cover = (rng.random((ROWS, SITES)) < 0.15) & (off == 0)[:, None]
    plan, others = [0, 1], [[0, 2], [1, 3]]
    after = now.copy()
    order, added, open_now = [], [], served > 0
    for j in plan:
        new = cover[:, j] & ~open_now
        added.append(float(left[new].sum()))
        open_now |= cover[:, j]
        order.append(ids[j])
        rows = after.index[new]
        after.loc[rows, "served"] += after.loc[rows, "beyond"]
        after.loc[rows, ["beyond", "site"]] = [0.0, ids[j]]
    gained = np.cumsum([0.0, *added]) + served.sum()
    base = meal.siting.sites.iloc[: len(plan)].set_axis(order)
    sites = base.assign(
        rank=range(1, len(plan) + 1),
        added_people=added,
        share_after=gained[1:] / max(frame["people"].sum(), 1.0),
    )
    whole, later = replace(meal.coverage, frame=now), replace(meal.coverage, frame=after)
    whole, later = replace(whole, service=key), replace(later, service=key)
    curve = pd.DataFrame({"sites": range(len(gained)), "value": gained, "bound": gained})
    twice = np.where(cover[:, plan].sum(axis=1) > 1, left, 0.0).sum()
    good = [float(left[cover[:, plan_].any(axis=1) | (served > 0)].sum()) for plan_ in others]
    table = pd.DataFrame(
        {"sites": [[ids[j] for j in p] for p in others], "value": good, "changed": [1, 1]}
    )
    siting = replace(
        meal.siting,
        sites=sites,
        coverage_after=later,
        people_after=later.ledger,
        result=replace(
            meal.siting.result, value=float(gained[-1]), bound=float(gained[-1]), gap=0.0
        ),
        curve=curve,
        knee=curve_knee(curve),
        phases=None,
        robustness=None,
        measures={"backup_before": 0.0, "backup_after": float(twice)},
        alternatives=Alternatives(table=table, complete=True, kept=[]),
    )
    gaps, gap_of = ranked_gaps(whole, lang="en")
    service = replace(
        meal,
        key=key,
        coverage=whole,
        siting=siting,
        tiers={},
        gaps=gaps,
        gap_of=gap_of,
        by_group=None,
        by_kind=None,
        supply=None,
        programme=None,
        covers=SimpleNamespace(
            rows=frame.index, cover=sparse.csc_matrix(cover), sites=pd.DataFrame(index=ids)
        ),
    )
    return service, pd.DataFrame(cover, index=frame.index, columns=ids)


@dataclass
class Reader:
    """Unknowns by (service, "now" | "after", row, state), and all that is known of them."""

    run: RunResults
    at: dict[tuple[str, str, int, str], int] = field(default_factory=dict)
    equal: list[dict[int, float]] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    most: list[dict[int, float]] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)

    def cells(self, key: str, when: str, rows: Any, cell: str) -> dict[int, float]:
        states = STATES if cell == "total" else (cell,)
        return {self.at[key, when, int(r), s]: 1.0 for r in rows for s in states}

    def is_about(self, row: dict[int, float], low: float, high: float) -> None:
        self.most += [row, {k: -v for k, v in row.items()}]
        self.limits += [high, -low]

    def in_step(self, row: dict[int, float], told: float | None) -> None:
        if told is not None and not np.isnan(told):
            self.is_about(row, told - BELOW / 2, told + BELOW / 2)

    def known(self, row: dict[int, float], value: float) -> None:
        self.equal.append(row)
        self.values.append(float(value))

    def width(self, aim: dict[int, float]) -> float:
        goal = np.zeros(len(self.at))
        goal[list(aim)] = list(aim.values())
        ends = []
        for sign in (1.0, -1.0):
            found = linprog(
                sign * goal,
                A_ub=self._matrix(self.most),
                b_ub=self.limits or None,
                A_eq=self._matrix(self.equal),
                b_eq=self.values or None,
                bounds=(0, 10_000),
                method="highs",
            )
            assert found.status == 0, found.message
            ends.append(sign * found.fun)
        return ends[1] - ends[0]

    def _matrix(self, rows: list[dict[int, float]]) -> Any:
        if not rows:
            return None
        flat = [(k, c, v) for k, row in enumerate(rows) for c, v in row.items()]
        k, c, v = zip(*flat, strict=True)
        return sparse.csr_matrix((v, (k, c)), shape=(len(rows), len(self.at)))


def minus(one: dict[int, float], other: dict[int, float]) -> dict[int, float]:
    found = dict(one)
    for k, v in other.items():
        found[k] = found.get(k, 0.0) - v
    return found


def narrowest(run: RunResults, public: RunResults, reach: dict[str, pd.DataFrame]) -> float:
    """The least room of a small number that is withheld; infinity where there is none."""
    reader, small = Reader(run), []
    first, frame = next(iter(run.services)), None
    for key, service in run.services.items():
        for when in ("now", "after"):
            for r in range(ROWS):
                for state in STATES:
                    reader.at[key, when, r, state] = len(reader.at)
        frame = service.coverage.frame
    assert frame is not None
    for key, service in run.services.items():
        inside = {"now": service.coverage, "after": service.siting.coverage_after}
        told = public.services[key]
        outside = {"now": told.coverage, "after": told.siting.coverage_after}
        for when, coverage in outside.items():
            for level in ("street", "district"):
                table, true = coverage.by_area(level), inside[when].by_area(level)
                for code in table.index:
                    rows = np.flatnonzero((frame[level] == code).to_numpy())
                    for cell in CELLS:
                        row = reader.cells(key, when, rows, cell)
                        if not np.isnan(table.loc[code, cell]):
                            reader.known(row, table.loc[code, cell])
                        elif 0 < true.loc[code, cell] < BELOW:
                            small.append(row)
            city, true = coverage.ledger, inside[when].ledger
            for cell in STATES:
                row = reader.cells(key, when, range(ROWS), cell)
                if not np.isnan(getattr(city, cell)):
                    reader.known(row, getattr(city, cell))
                elif 0 < getattr(true, cell) < BELOW:
                    small.append(row)
        _from_people(reader, key, first)
        _from_plan(reader, key, service, told.siting, reach[key])
        _from_gaps(reader, key, service, told)
    return min((reader.width(row) for row in small), default=np.inf)


def _from_people(reader: Reader, key: str, first: str) -> None:
    """All services count the same people, today and after."""
    for when in ("now", "after"):
        for r in range(ROWS):
            for cell in ("total", *SHARED):
                one = reader.cells(key, when, [r], cell)
                other = reader.cells(first, "now", [r], cell)
                if one != other:
                    reader.known(minus(one, other), 0.0)


def _from_plan(reader: Reader, key: str, service: Any, told: Any, reach: pd.DataFrame) -> None:
    new = reach[told.sites.index].any(axis=1).to_numpy()
    for r in range(ROWS):
        for state in STATES:
            now, after = (reader.cells(key, w, [r], state) for w in ("now", "after"))
            if not new[r] or state in SHARED:
                reader.known(minus(after, now), 0.0)
            else:
                turn = 1.0 if state == "served" else -1.0
                less = {k: v * turn for k, v in minus(now, after).items()}
                reader.most.append(less)
                reader.limits.append(0.0)
    gain = {
        r: minus(reader.cells(key, "after", [r], "served"), reader.cells(key, "now", [r], "served"))
        for r in range(ROWS)
    }
    taken = np.zeros(ROWS, bool)
    for site in service.siting.sites.index:  # at worst their order in the plan is known
        rows = np.flatnonzero(reach[site].to_numpy() & ~taken)
        taken |= reach[site].to_numpy()
        row = {k: v for r in rows for k, v in gain[int(r)].items()}
        if site in told.sites.index:
            reader.in_step(row, told.sites.loc[site, "added_people"])
    every = reader.cells(key, "after", range(ROWS), "served")
    if told.objective == "max_coverage":
        reader.in_step(every, told.result.value)
    if told.curve is not None:
        for count, value in zip(told.curve["sites"], told.curve["value"], strict=True):
            opened = list(service.siting.sites.index[: int(count)])
            _plan_serves(reader, key, reach[opened].any(axis=1).to_numpy(), value)
    twice = (reach[list(service.siting.sites.index)].sum(axis=1) > 1).to_numpy()
    row = reader.cells(key, "after", np.flatnonzero(twice), "served")
    reader.in_step(row, told.measures["backup_after"])
    for plan in told.alternatives.table.itertuples() if told.alternatives is not None else ():
        _plan_serves(reader, key, reach[plan.sites].any(axis=1).to_numpy(), plan.value)


def _plan_serves(reader: Reader, key: str, rows: np.ndarray, value: float) -> None:
    """Those served today and all others whom these sites reach."""
    row = reader.cells(key, "now", range(ROWS), "served")
    row |= reader.cells(key, "now", np.flatnonzero(rows), "beyond")
    reader.in_step(row, value)


def _from_gaps(reader: Reader, key: str, service: Any, told: Any) -> None:
    """A gap told is one of the true ones; at worst it is known which."""
    true = service.gaps
    for _, gap in told.gaps.iterrows():
        same = [
            rank
            for rank, area, cause, shape in zip(
                true["rank"], true["area"], true["cause"], true.geometry, strict=True
            )
            if area == gap["area"] and cause == gap["cause"] and shape == gap.geometry
        ]
        own = service.gap_of.reindex(service.coverage.frame.index)
        rows = np.flatnonzero(own.isin(same[:1]).to_numpy())
        if len(same) == 1 and gap["cause"] in ("no_site",):
            reader.in_step(reader.cells(key, "now", rows, "beyond"), gap["people"])
