"""The clock of a solve: what runs it down, and what does not."""

from __future__ import annotations

import time

import numba as nb
import numpy as np

from geoplan.kernels import compile_seconds
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model, solve_in_time


def test_the_compilation_of_kernels_does_not_run_the_clock_down() -> None:
    control = SolveControl(time_limit_s=1000.0)
    part = control.part(500.0)
    inner = nb.njit(lambda x: x + 1)
    outer = nb.njit(lambda x: inner(x) * 2)
    compiled, began = compile_seconds(), time.perf_counter()
    assert outer(3) == 8
    took, compiled = time.perf_counter() - began, compile_seconds() - compiled
    assert 0.5 * took < compiled <= took  # the inner kernel is not counted twice
    later = SolveControl(time_limit_s=1000.0)
    time.sleep(0.05)
    assert later.seconds >= 0.05
    for one in (control, part):
        before = time.perf_counter() - one.started - compiled
        seconds, left = one.seconds, one.left
        after = time.perf_counter() - one.started - compiled
        assert before <= seconds <= after + 1e-6
        assert before <= one.time_limit_s - left <= after + 1e-6


def test_what_ends_by_the_clock_is_known_to_all_of_which_it_is_a_part() -> None:
    whole = SolveControl(time_limit_s=100.0)
    part = whole.part(50.0)
    short, other = part.part(0.0), part.with_(gap=0.1)
    assert whole.left > 0
    assert other.has(1.0)
    assert [one.by_clock for one in (whole, part, short, other)] == [False] * 4
    assert short.left == 0
    assert short.by_clock
    assert part.by_clock
    assert whole.by_clock
    assert not other.by_clock
    assert not whole.part(5.0).by_clock  # what begins anew has not ended
    assert not other.has(1e6)
    assert other.by_clock


def test_who_is_stopped_has_not_run_out_of_time() -> None:
    whole = SolveControl(time_limit_s=100.0)
    part = whole.part(50.0)
    whole.stop()
    assert part.left == 0
    assert not part.has(1.0)
    assert [one.by_clock for one in (whole, part)] == [False] * 2


def test_highs_tells_that_its_time_was_over() -> None:
    rng = np.random.default_rng(0)
    model = Model()
    model.add_columns(60, cost=-rng.integers(50, 99, 60).astype(float), integer=True)
    for _ in range(40):
        weights = rng.integers(1, 99, 60).astype(float)
        model.add_row(np.arange(60), weights, upper=float(weights.sum() // 3))
    control = SolveControl(time_limit_s=100.0)
    assert solve_in_time(model, control, seconds=0.01).status != "optimal"
    assert control.by_clock
    easy = Model()
    easy.add_columns(3, cost=-1.0, integer=True)
    control = SolveControl(time_limit_s=100.0)
    assert solve_in_time(easy, control).status == "optimal"
    assert not control.by_clock
