"""Linear and mixed-integer models for HiGHS, put together from arrays, run within a time limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

import highspy
import numpy as np
from scipy import sparse

from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.highs import (
    Outcome,
    QuietHighs,
    in_units,
    never,
    read_outcome,
    run_highs,
)
from geoplan.siting.solver.units import Units
from geoplan.tolerances import HIGHS_GAP, HIGHS_OBJECTIVE, NOTHING, OBJECTIVE_SIZE

INF = highspy.kHighsInf
#: the least time to find out whether an infeasible model is so
LEAST_SECONDS = 1.0
#: how a model that HiGHS calls infeasible is asked again: without presolve, which has been wrong;
#: with ten times HiGHS's own tolerances, and another order of its random choices
_AGAIN: tuple[dict[str, object], ...] = (
    {"presolve": "off"},
    {
        "mip_feasibility_tolerance": 1e-5,
        "primal_feasibility_tolerance": 1e-6,
        "random_seed": 1,
        "presolve": "choose",
    },
)


@dataclass(kw_only=True, slots=True)
class Model:
    """A linear or mixed-integer model that grows by blocks of columns and rows. Minimises."""

    cost: list[np.ndarray] = field(default_factory=list)
    lower: list[np.ndarray] = field(default_factory=list)
    upper: list[np.ndarray] = field(default_factory=list)
    integer: list[np.ndarray] = field(default_factory=list)
    row_lower: list[np.ndarray] = field(default_factory=list)
    row_upper: list[np.ndarray] = field(default_factory=list)
    sizes: list[np.ndarray] = field(default_factory=list)
    index: list[np.ndarray] = field(default_factory=list)
    value: list[np.ndarray] = field(default_factory=list)
    columns: int = 0
    rows: int = 0
    tags: list[tuple[str, np.ndarray, list[Any]]] = field(default_factory=list)

    def add_columns(
        self,
        count: int,
        *,
        cost: np.ndarray | float = 0.0,
        lower: np.ndarray | float = 0.0,
        upper: np.ndarray | float = 1.0,
        integer: bool = False,
    ) -> np.ndarray:
        """Add `count` columns; returns their numbers."""
        for block, given in ((self.cost, cost), (self.lower, lower), (self.upper, upper)):
            block.append(np.broadcast_to(np.asarray(given, np.float64), (count,)))
        self.integer.append(np.full(count, integer))
        self.columns += count
        return np.arange(self.columns - count, self.columns)

    def add_rows(
        self,
        ptr: np.ndarray,
        index: np.ndarray,
        value: np.ndarray | float,
        *,
        lower: np.ndarray | float = -INF,
        upper: np.ndarray | float = INF,
    ) -> np.ndarray:
        """Add rows in CSR form; returns their numbers."""
        count = len(ptr) - 1
        self.sizes.append(np.diff(ptr))
        self.index.append(np.asarray(index, np.int32))
        self.value.append(np.broadcast_to(np.asarray(value, np.float64), (len(index),)))
        for block, given in ((self.row_lower, lower), (self.row_upper, upper)):
            block.append(np.broadcast_to(np.asarray(given, np.float64), (count,)))
        self.rows += count
        return np.arange(self.rows - count, self.rows)

    def add_row(
        self,
        index: np.ndarray,
        value: np.ndarray | float = 1.0,
        *,
        lower: float = -INF,
        upper: float = INF,
    ) -> int:
        """Add one row; returns its number."""
        self.index.append(np.asarray(index, np.int32))  # without what many rows at once need
        count = len(self.index[-1])
        self.sizes.append(np.array([count]))
        given = np.asarray(value, np.float64)
        self.value.append(np.full(count, given) if given.ndim == 0 else given)
        self.row_lower.append(np.array([lower], np.float64))
        self.row_upper.append(np.array([upper], np.float64))
        self.rows += 1
        return self.rows - 1

    def tag(self, family: str, rows: np.ndarray | list[int], labels: list[Any]) -> None:
        """Name rows, so that they can be relaxed by name (see `elastic`)."""
        self.tags.append((family, np.asarray(rows, np.int64), labels))

    def row_arrays(self) -> tuple[np.ndarray, ...]:
        """Lower, upper, starts, column numbers and factors of all rows, as HiGHS adds them."""
        starts = np.concatenate([[0], np.cumsum(_joined(self.sizes))])[:-1]
        return (
            _joined(self.row_lower),
            _joined(self.row_upper),
            starts.astype(np.int32),
            _joined(self.index).astype(np.int32),
            _joined(self.value),
        )

    def elastic(self, families: list[str]) -> tuple[Model, list[tuple[str, Any, int]]]:
        """A copy with penalised slack on the tagged rows, original objective dropped.

        Returns
        -------
        model, and per row of `families` its family, label and the column that says by how much it
        is broken; the sum of those columns, each over its row's limit, is what is made small.
        """
        slack = [
            (family, label, int(row))
            for family, rows, labels in self.tags
            if family in families
            for row, label in zip(rows, labels, strict=True)
        ]
        lower, upper, starts, index, value = self.row_arrays()
        at = np.array([row for _, _, row in slack], np.int64)
        over = ~np.isfinite(lower[at])
        limit = np.where(over, upper[at], lower[at])
        ends = np.append(starts, len(index))
        main = sparse.csr_matrix((value, index, ends), shape=(self.rows, self.columns))
        more = sparse.csr_matrix(
            (np.where(over, -1.0, 1.0), (at, np.arange(len(at)))), shape=(self.rows, len(at))
        )
        both = sparse.hstack([main, more]).tocsr()
        loose = Model()
        loose.add_columns(self.columns)
        loose.lower, loose.upper = [_joined(self.lower)], [_joined(self.upper)]
        loose.integer = [np.concatenate(self.integer)]
        penalty = 1.0 / np.maximum(np.abs(limit), 1.0) if len(families) > 1 else 1.0
        columns = loose.add_columns(len(at), cost=penalty, upper=self._most_broken(main, at, over))
        loose.add_rows(both.indptr, both.indices, both.data, lower=lower, upper=upper)
        return loose, [
            (family, label, int(c)) for (family, label, _), c in zip(slack, columns, strict=True)
        ]

    def _most_broken(self, rows: sparse.csr_matrix, at: np.ndarray, over: np.ndarray) -> np.ndarray:
        """By how much each of the rows `at` can be broken: more than its limit (`over`) or less."""
        lower, upper = _joined(self.lower), _joined(self.upper)
        more, less = rows[at].maximum(0), rows[at].minimum(0)
        row_lower, row_upper = _joined(self.row_lower)[at], _joined(self.row_upper)[at]
        above = more @ upper + less @ lower - np.where(over, row_upper, 0.0)
        below = np.where(over, 0.0, row_lower) - (more @ lower + less @ upper)
        most = np.maximum(np.where(over, above, below), 0.0)
        return np.where(np.isfinite(most), most, INF)

    def with_whole(self, columns: np.ndarray, x: np.ndarray) -> Model:
        """A copy in which `columns` are held at the whole numbers next to `x`.

        HiGHS takes 0.9999995 for 1, and what that lets through at closed sites for kept.
        """
        held = copy(self)
        lower, upper = _joined(self.lower).copy(), _joined(self.upper).copy()
        lower[columns] = upper[columns] = np.round(x[columns])
        held.lower, held.upper = [lower], [upper]
        return held

    def solve(
        self,
        *,
        time_limit_s: float,
        gap: float = 0.0,
        start: np.ndarray | None = None,
        linear: bool = False,
        max_nodes: int | None = None,
        options: dict[str, object] | None = None,
        stop: Callable[[], bool] = never,
    ) -> Outcome:
        """Run HiGHS. `start` is a full column vector; `linear` drops whole numbers.

        `stop` is asked while it runs: once it says yes, the best known is handed over.
        """
        if self.columns == 0:
            return self._without_columns()
        began = time.perf_counter()
        highs = QuietHighs()
        given: dict[str, object] = {
            "time_limit": max(float(time_limit_s), 0.01),
            "mip_rel_gap": float(gap),
            "mip_abs_gap": HIGHS_GAP,
            "random_seed": 0,
        }
        if max_nodes is not None:
            given["mip_max_nodes"] = max_nodes
        given |= options or {}
        units = self._units(whole="mip_abs_gap" in (options or {}))
        if units.cost < 1:
            given["mip_abs_gap"] *= units.cost  # type: ignore[operator]
        for name, value in given.items():
            highs.setOptionValue(name, value)  # type: ignore[arg-type]
        highs.passModel(self._highs_lp(linear, units))
        if start is not None and not linear:
            solution = highspy.HighsSolution()
            solution.col_value = (start / units.column).tolist()
            solution.value_valid = True
            highs.setSolution(solution)
        stopped = run_highs(highs, stop)
        outcome = in_units(read_outcome(highs, linear=linear, stopped=stopped), units)
        if start is None or linear or outcome.x is None or stopped:
            return outcome
        reported, true = outcome.value, float(_joined(self.cost) @ outcome.x)
        if abs(reported - true) <= HIGHS_OBJECTIVE * max(1.0 / units.cost, abs(true)):
            return outcome
        # HiGHS 1.16 can lose a presolve offset when it is handed a start: its bound is then worth
        # nothing, so it has to do without
        spent = time.perf_counter() - began
        again: dict[str, Any] = {"gap": gap, "max_nodes": max_nodes, "stop": stop}
        other = self.solve(time_limit_s=time_limit_s - spent, options=options, **again)
        if other.status == "optimal" or other.value <= true:
            return other
        return replace(other, status="feasible", x=outcome.x, value=true)

    def _units(self, whole: bool) -> Units:
        """Units of the model; `whole`: the objective's least difference is one, and needs none."""
        lower, upper = _joined(self.row_lower), _joined(self.row_upper)
        units = Units.of(
            cost=_joined(self.cost),
            upper=_joined(self.upper),
            integer=np.concatenate(self.integer),
            limit=np.where(np.isfinite(lower), lower, np.where(np.isfinite(upper), upper, 0.0)),
            factors=(self._row_ends(), _joined(self.index).astype(np.int32), _joined(self.value)),
        )
        return units if whole else replace(units, cost=units.cost * self._lift(units))

    def _lift(self, units: Units) -> float:
        """A power of two that lifts a small objective above HiGHS's absolute tolerances.

        HiGHS takes solutions for equal that differ by less than a millionth.
        """
        most = np.maximum(np.abs(_joined(self.upper)), np.abs(_joined(self.lower)))
        most = np.where(np.isfinite(most), most, 1.0)
        size = float((np.abs(_joined(self.cost)) * most).sum()) * units.cost
        if not 0 < size < OBJECTIVE_SIZE:
            return 1.0
        return float(2.0 ** np.floor(np.log2(OBJECTIVE_SIZE / size)))

    def _without_columns(self) -> Outcome:
        """A model without columns: its rows are nothing, and kept or not."""
        lower, upper = _joined(self.row_lower), _joined(self.row_upper)
        if (lower > NOTHING).any() or (upper < -NOTHING).any():
            return Outcome(status="infeasible", x=None, value=np.nan, bound=None)
        return Outcome(status="optimal", x=np.empty(0), value=0.0, bound=0.0)

    def _row_ends(self) -> np.ndarray:
        ptr = np.zeros(self.rows + 1, np.int64)
        if self.sizes:
            np.cumsum(np.concatenate(self.sizes), out=ptr[1:])
        return ptr

    def _highs_lp(self, linear: bool, units: Units) -> highspy.HighsLp:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self.columns, self.rows
        lp.col_cost_ = _joined(self.cost) * units.column * units.cost
        lp.col_lower_ = _joined(self.lower) / units.column
        lp.col_upper_ = _joined(self.upper) / units.column
        lp.row_lower_ = _joined(self.row_lower) * units.row
        lp.row_upper_ = _joined(self.row_upper) * units.row
        ptr, index = self._row_ends(), _joined(self.index).astype(np.int32)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = self.columns, self.rows
        lp.a_matrix_.start_ = ptr.astype(np.int32)
        lp.a_matrix_.index_ = index
        lp.a_matrix_.value_ = (
            _joined(self.value) * units.column[index] * np.repeat(units.row, np.diff(ptr))
        )
        integer = np.concatenate(self.integer)
        if not linear and integer.any():
            kind = highspy.HighsVarType
            lp.integrality_ = [kind.kInteger if w else kind.kContinuous for w in integer]
        return lp


def _joined(blocks: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(blocks) if blocks else np.empty(0)


def solve_in_time(
    model: Model, control: SolveControl, *, seconds: float | None = None, **options: Any
) -> Outcome:
    """`model.solve` with `options`, for `seconds` (None = all that is left); Ctrl-C ends both.

    HiGHS calls models infeasible that have solutions: its presolve errs, and solutions at the very
    edge of a row are lost. So a model in whole numbers is infeasible only where it is so without
    presolve and with looser tolerances too; a solution that these find may miss a row by as much.
    Without presolve it runs for about as long as with it, and may then leave the matter open.
    """
    began = time.perf_counter()
    found = _stoppable(model, control, control.left if seconds is None else seconds, options)
    if found.status != "infeasible" or found.stopped or options.get("linear"):
        return found
    given, again = options.get("options") or {}, found
    most = LEAST_SECONDS + time.perf_counter() - began
    for settings in _AGAIN:
        if settings.items() <= given.items():
            continue
        left = control.left if seconds is None else min(seconds, control.left)
        spare = max(min(left, most) if settings == _AGAIN[0] else left, LEAST_SECONDS)
        again = _stoppable(model, control, spare, {**options, "options": {**given, **settings}})
        if again.x is not None or again.stopped:
            return again
    return found if again.status == "infeasible" else again


def _stoppable(
    model: Model, control: SolveControl, seconds: float, options: dict[str, Any]
) -> Outcome:
    found = model.solve(
        time_limit_s=seconds, gap=control.gap, stop=lambda: control.stopped, **options
    )
    if found.stopped:
        control.stop()
    if found.out_of_time:
        control.out_of_time()
    return found
