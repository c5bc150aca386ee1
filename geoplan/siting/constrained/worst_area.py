"""Covering with equity: the smallest share of any area made largest, then most people."""

from __future__ import annotations

from typing import Any

import numpy as np

from geoplan.siting.constrained.covering_model import CoveringModel, held_at_sites
from geoplan.siting.model.counting import AreaCounts, covered_share
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.highs import Outcome
from geoplan.siting.solver.milp import LEAST_SECONDS, solve_in_time
from geoplan.siting.solver.two_stage import (
    TwoStages,
    forbid_sites,
    near_stage,
    solve_two_stages,
    with_room,
)
from geoplan.tolerances import STAGE_SIZE


def worst_area_first(
    covering: CoveringModel, control: SolveControl, *, whole_goal: bool
) -> tuple[Outcome, dict[str, Any]]:
    """The solution whose worst-off area is best off, of those the one that covers most people.

    Areas of which nobody can be covered would hold the smallest share at nothing: they are left
    out and listed.

    Returns
    -------
    outcome, whose bound is that of the people covered; and facts for the result:
    ``worst_area_bound`` is among them where the smallest share is not proved to be largest.
    """
    areas = _Areas(covering)
    worst = covering.model.add_columns(1)
    areas.add_rows(worst)

    def run_first(part: SolveControl) -> Outcome:
        covering.set_objective(worst, -1.0)
        return covering.run(control=part, whole_goal=False)

    def run_second(start: np.ndarray | None, part: SolveControl) -> Outcome:
        covering.set_objective(covering.served, -covering.people)
        return covering.run(control=part, whole_goal=whole_goal, start=start)

    def forbid(x: np.ndarray) -> None:
        forbid_sites(covering.model, covering.y, x)

    found = solve_two_stages(
        TwoStages(
            run_first=run_first,
            first_value=lambda x: -areas.best_share(x, worst, control),
            keep=lambda least: areas.keep(-with_room(least)),
            run_second=run_second,
            forbid=forbid,
        ),
        control,
    )
    x = None if found.x is None else areas.with_people(found.x, -found.first, control)
    facts: dict[str, Any] = {
        "areas_out_of_reach": [
            code for code, out in zip(areas.counts.codes, areas.counts.hopeless, strict=True) if out
        ]
    }
    if x is not None:
        facts["worst_area_share"] = areas.smallest_of(x)
    if not found.first_proved:
        bound = found.first_bound
        facts["worst_area_bound"] = None if bound is None else -bound
    return Outcome(status=found.status, x=x, value=np.nan, bound=found.bound), facts


class _Areas:
    """The areas that count, and the columns of their people served."""

    def __init__(self, covering: CoveringModel) -> None:
        self.covering = covering
        self.counts = AreaCounts.of(covering.problem, times=covering.constraints.times)
        number = {code: k for k, code in enumerate(covering.codes)}
        group = covering.core.group[covering.class_of]
        self.served = [
            (np.flatnonzero(group == number[code]), people)
            for code, people, out in zip(
                self.counts.codes, self.counts.people, self.counts.hopeless, strict=True
            )
            if not out
        ]

    def add_rows(self, worst: np.ndarray) -> None:
        """Rows: `worst` is no more than the share of any area."""
        for here, people in self.served:
            scale = max(1.0, STAGE_SIZE / people)
            self.covering.model.add_row(
                np.append(self.covering.served[here], worst),
                scale * np.append(self.covering.people[here], -people),
                lower=0.0,
            )

    def keep(self, least: float) -> None:
        """Rows: every area has at least this share."""
        for here, people in self.served:
            scale = max(1.0, STAGE_SIZE / people)
            self.covering.model.add_row(
                self.covering.served[here],
                scale * self.covering.people[here],
                lower=scale * people * least,
            )

    def best_share(self, x: np.ndarray, worst: np.ndarray, control: SolveControl) -> float:
        """The smallest share of an area, as large as it gets with the open sites of `x`."""
        covering = self.covering
        if covering.problem.capacities is None:
            return self.smallest_of(x)
        held = covering.model.with_whole(covering.y, x)
        cost = np.zeros(held.columns)
        cost[worst] = -1.0
        held.cost = [cost]
        found = solve_in_time(held, control, seconds=max(control.left, LEAST_SECONDS), linear=True)
        return -np.inf if found.x is None else self.smallest_of(found.x)

    def with_people(self, x: np.ndarray, least: float, control: SolveControl) -> np.ndarray:
        """`x` with most people served at its open sites while every area has the share `least`.

        Without capacities people follow from sites, and with them HiGHS's columns are off by its
        tolerance.
        """
        if self.covering.problem.capacities is None:
            return x
        self.covering.set_objective(self.covering.served, -self.covering.people)
        self.keep(least - near_stage(least))
        return held_at_sites(self.covering, x, control)

    def smallest_of(self, x: np.ndarray) -> float:
        """The smallest share of an area: of the open sites or, with capacities, as in `x`."""
        covering = self.covering
        if covering.problem.capacities is None:
            chosen = covering.core.sites[x[covering.y] > 0.5]
            share = covered_share(covering.problem, chosen, times=covering.constraints.times)
            return self.counts.smallest_share(covering.problem.weights * share)
        return min(
            [
                float(covering.people[here] @ x[covering.served[here]]) / people
                for here, people in self.served
            ],
            default=1.0,
        )
