"""The clock of a solve: what runs it down, and what does not."""

from __future__ import annotations

import time

import numba as nb
import pytest

from geoplan.kernels import compile_seconds
from geoplan.siting.solver.control import SolveControl


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
        whole = time.perf_counter() - one.started
        assert one.seconds == pytest.approx(whole - compiled, abs=0.01)
        assert one.left == pytest.approx(one.time_limit_s - whole + compiled, abs=0.01)
