"""The programme of all services that have actions, as one problem: they share the money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.errors import UsageError
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.periods.problem import ProgrammeProblem
from geoplan.siting.periods.rules import Budget, ProgrammeAction, SpendShare
from geoplan.study.config.later_years import ProgrammeSection
from geoplan.study.programme.service_part import KINDS, ServicePart, solver_target

#: between the service and its own label
MARK = "|"


def marked(key: str, label: Any) -> str:
    """A label of one service among those of all."""
    return f"{key}{MARK}{label}"


def joint_problem(
    parts: Sequence[ServicePart],
    section: ProgrammeSection,
    *,
    levels: Sequence[str],
    worst: str | None = None,
) -> ProgrammeProblem:
    """One problem over the sites, people and actions of all `parts`.

    Parameters
    ----------
    parts : of the services that have actions.
    section : ``[programme]``.
    levels : area levels of the study.
    worst : level whose worst-off area comes first; None where that is not asked for.

    Raises
    ------
    UsageError
        Targets for shares of places of several services at once.
    """
    by_kind = [p for p in parts if any(t.kind is not None and t.share for t in p.targets)]
    limited = any(part.limited for part in parts)
    if by_kind and (sum(part.counted for part in parts) > 1 or (limited and len(parts) > 1)):
        raise UsageError.of("study.programme_one_capacity")
    counted = [part for part in parts if part.counted or limited]
    fixed, closable = _standing(parts)
    base = SitingProblem.from_cover(
        sparse.block_diag([part.cover for part in parts], format="csr").astype(bool),
        np.concatenate([part.weights.max(axis=1).to_numpy(float) for part in parts]),
        demand_index=[marked(p.key, row) for p in parts for row in p.rows.index],
        site_index=[marked(p.key, site) for p in parts for site in p.sites.frame.index],
        fixed=fixed,
        closable=closable,
        conflicts=[
            (marked(p.key, a), marked(p.key, b)) for p in parts for a, b in p.sites.conflicts
        ],
        **({} if worst is None else {"areas": _codes(parts, worst)[0]}),
    )
    problem = ProgrammeProblem.of(
        base,
        years=section.years,
        weights=np.vstack([part.weights.to_numpy(float) for part in parts]),
        actions=[_marked(part.key, action) for part in parts for action in part.actions],
        budgets=_budgets(section),
        max_works=section.max_works,
        spend_shares=[
            SpendShare(
                actions=tuple(marked(p.key, a.id) for a in p.actions),
                least=section.shares[p.key],
                name=p.key,
            )
            for p in parts
            if section.shares.get(p.key)
        ],
        targets=[solver_target(part, target) for part in parts for target in part.targets],
        opening={
            marked(p.key, label): year for p in parts for label, year in p.sites.opening.items()
        },
        levels=_levels(parts, levels),
        may_lose=section.may_lose,
        capacities=_capacities(parts, counted) if counted else None,
    )
    return problem if limited else replace(problem, limited=False)


def _standing(parts: Sequence[ServicePart]) -> tuple[list[str], list[str]]:
    """Sites that stay, and those that some action may close."""
    fixed: list[str] = []
    closable: list[str] = []
    for part in parts:
        standing = part.sites.frame.index[part.sites.frame["state"] == "open"]
        closing = part.closing
        for label in standing:
            (closable if label in closing else fixed).append(marked(part.key, label))
    return fixed, closable


def _marked(key: str, action: ProgrammeAction) -> ProgrammeAction:
    return replace(
        action,
        id=marked(key, action.id),
        site=marked(key, action.site),
        away=tuple(marked(key, site) for site in action.away),
        capacity={f"{key}.{kind}": places for kind, places in action.capacity.items()},
    )


def _budgets(section: ProgrammeSection) -> list[Budget]:
    if section.budget is None:
        return []
    given = section.budget
    amounts = given if isinstance(given, list) else [given] * len(section.years)
    return [Budget(amounts=amounts, carry_over=section.carry_over, covers=section.covers)]


def _capacities(
    parts: Sequence[ServicePart], counted: Sequence[ServicePart]
) -> dict[str, np.ndarray]:
    """Places by service and kind; a service without limit has room for all its people."""
    found = {}
    for part in counted:
        for kind in KINDS:
            if not part.counted and kind != KINDS[0]:
                continue
            columns = []
            for other in parts:
                mine = other is part
                if mine and part.counted:
                    columns.append(part.places(kind))
                elif mine:
                    columns.append(np.full(len(part.sites.frame), part.weights.sum().max()))
                else:
                    columns.append(np.zeros(len(other.sites.frame)))
            found[f"{part.key}.{kind}"] = np.concatenate(columns)
    return found


def _codes(parts: Sequence[ServicePart], level: str) -> tuple[np.ndarray, np.ndarray]:
    """Area code per demand row and per site."""

    def of(frame: pd.DataFrame) -> np.ndarray:
        if level not in frame.columns:
            return np.full(len(frame), None, object)
        codes = frame[level].astype(object)
        return codes.where(codes.notna(), None).to_numpy(object)

    return (
        np.concatenate([of(part.rows) for part in parts]),
        np.concatenate([of(part.sites.frame) for part in parts]),
    )


def _levels(parts: Sequence[ServicePart], levels: Sequence[str]) -> dict[str, Any]:
    """Levels of areas for targets: each service's own, and the whole service."""
    found: dict[str, Any] = {}
    for part in parts:
        mine = [
            np.concatenate([np.full(n(p), p is part) for p in parts])
            for n in (lambda p: len(p.rows), lambda p: len(p.sites.frame))
        ]
        found[f"{part.key}."] = tuple(
            _only(own, np.full(len(own), part.key, object)) for own in mine
        )
        for level in {t.level for t in part.targets if t.level is not None} & set(levels):
            codes = _codes(parts, level)
            found[f"{part.key}.{level}"] = tuple(
                _only(own, code) for own, code in zip(mine, codes, strict=True)
            )
    return found


def _only(own: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The codes of rows that are `own`, None elsewhere."""
    found = np.full(len(own), None, object)
    found[own] = codes[own]
    return found
