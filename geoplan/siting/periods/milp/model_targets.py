"""Rows of a plan in time's targets by year, and of the share of the worst-off area."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from geoplan.siting.periods.rules import Target
from geoplan.siting.solver.two_stage import with_room
from geoplan.tolerances import ROW_ROOM, STAGE_SIZE

if TYPE_CHECKING:
    from geoplan.siting.periods.milp.model import ProgrammeModel


def add_targets(built: ProgrammeModel) -> None:
    """One row per target, tagged so that it can be relaxed."""
    for target in built.of.problem.targets:
        t = built.of.problem.years.index(target.year)
        index, value, constant = _terms(built, target, t)
        need = built.of.needed(target) - constant
        size = float(np.abs(value).max(initial=0.0))
        row = built.model.add_row(index, value, lower=need - ROW_ROOM * size)
        built.model.tag("target", [row], [target])


def _terms(built: ProgrammeModel, target: Target, t: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Columns, factors and a constant whose sum is what the target is about."""
    if target.measure == "people":
        return _people(built, t, target)
    if target.measure in ("capacity", "capacity_share"):
        return _places(built, target, t)
    if target.measure == "sites":
        return _sites(built, t, target)
    level = built.of.problem.levels[target.level or ""]
    reached = built.model.add_columns(len(level.codes), integer=True)
    for code, column in zip(level.codes, reached, strict=True):
        area = Target(year=target.year, measure="people", amount=0, level=target.level, area=code)
        if target.measure == "areas_with_site":
            index, value, constant = _sites(built, t, area)
            need = 1.0
        else:
            index, value, constant = _people(built, t, area)
            people = float(built.of.people_of(area)[:, t].sum())
            need = target.within * people
            if built.of.whole:
                need = float(np.ceil(need * (1 - 1e-9)))
            if people == 0:
                need = np.inf
        _counts(built, (int(column), need - constant), index, value)
    return reached, np.ones(len(reached)), 0.0


def _counts(
    built: ProgrammeModel, area: tuple[int, float], index: np.ndarray, value: np.ndarray
) -> None:
    """The area's column may be one only where the sum is as much as is needed."""
    column, need = area
    if need == np.inf:
        built.model.add_row(np.array([column]), upper=0.0)
    elif need > 0:
        room = ROW_ROOM * float(np.abs(value).max(initial=0.0))
        built.model.add_row(np.append(index, column), np.append(value, -need), lower=-room)


def _people(built: ProgrammeModel, t: int, target: Target) -> tuple[np.ndarray, np.ndarray, float]:
    """People served in a year, of an area or of all."""
    problem, small = built.of.problem, built.small
    column = built.served[:, t]
    if problem.limited:
        column = column[column >= 0]
        return column, np.ones(len(column)), 0.0
    there = column >= 0
    if target.area is None:
        return column[there], small.people[there, t], float(small.base[t])
    codes = problem.levels[target.level or ""].demand
    inside = np.array([codes[i] == target.area for i in small.row], bool) & there
    rows = np.array([c == target.area for c in codes], bool)
    return (
        column[inside],
        small.people[inside, t],
        float(small.always_share[rows] @ problem.weights[rows, t]),
    )


def _sites(built: ProgrammeModel, t: int, target: Target) -> tuple[np.ndarray, np.ndarray, float]:
    """Open sites in a year, of an area or of all."""
    problem, small = built.of.problem, built.small
    every = np.arange(problem.base.n_sites)
    if target.area is not None:
        codes = problem.levels[target.level or ""].sites
        every = np.flatnonzero(np.array([c == target.area for c in codes], bool))
    at = small.at
    columns = np.array([built.is_open[at[int(j)], t] for j in every if int(j) in at], np.int64)
    fixed = problem.base.is_fixed
    constant = float(sum(fixed[j] and int(j) not in at for j in every))
    return columns, np.ones(len(columns)), constant


def _places(built: ProgrammeModel, target: Target, t: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Places of a kind, or what they are more than a share of all places."""
    problem, table, small = built.of.problem, built.of.table, built.small

    def worth(by_kind: dict[str, np.ndarray]) -> np.ndarray:
        every = np.sum(list(by_kind.values()), axis=0)
        if target.kind is None:
            return every
        share = target.amount if target.measure == "capacity_share" else 0.0
        return by_kind[target.kind] - share * every

    per_site, per_action = worth(dict(problem.capacities)), worth(dict(table.places))
    index, value = list(built.is_open[:, t]), list(per_site[small.core.sites])
    for a in np.flatnonzero(per_action):
        columns = built.times[a, : t + 1]
        index += list(columns[columns >= 0])
        value += [per_action[a]] * int((columns >= 0).sum())
    return np.array(index, np.int64), np.array(value), 0.0


def worst_area_column(built: ProgrammeModel) -> int:
    """A column for the smallest share of person-years of any area, and its rows."""
    column = int(built.model.add_columns(1)[0])
    for index, value, people, always in _areas(built):
        scale = max(1.0, STAGE_SIZE / people)
        built.model.add_row(
            np.append(index, column),
            scale * np.append(value, -people),
            lower=-scale * always,
        )
    return column


def keep_worst_area(built: ProgrammeModel, least: float) -> None:
    """Rows: every area that anybody can be served in has at least this share, but for rounding."""
    for index, value, people, always in _areas(built):
        scale = max(1.0, STAGE_SIZE / people)
        need = people * -with_room(-least) - always
        built.model.add_row(index, scale * value, lower=scale * need)


def _areas(built: ProgrammeModel) -> Iterator[tuple[np.ndarray, np.ndarray, float, float]]:
    """Per area that counts: columns, their person-years, all person-years, those always served."""
    problem, small = built.of.problem, built.small
    level = problem.levels[""]
    everybody = (problem.weights * problem.lengths).sum(axis=1)
    always = small.always_share * everybody
    worth = small.people * problem.lengths
    codes = level.demand[small.row]
    for code in level.codes:
        inside = np.array([c == code for c in codes], bool)
        rows = np.array([c == code for c in level.demand], bool)
        if worth[inside].sum() + always[rows].sum() > 0:
            there = (built.served >= 0) & inside[:, None]
            people = float(everybody[rows].sum())
            yield built.served[there], worth[there], people, float(always[rows].sum())
