"""Ctrl-C, as a real signal to a real process, ends a search with the best answer known."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from geoplan.siting import SitingProblem, max_coverage
from geoplan.siting.solver.control import SolveControl

#: hard questions that no machine answers in the time given; each says when its proof has begun
SCRIPT = """
import signal

import numpy as np
from geoplan.siting import SitingProblem, coverage_curve, max_coverage, min_sites, p_median

# a shell that starts its jobs in the background has them ignore the signal
signal.signal(signal.SIGINT, signal.default_int_handler)
rng = np.random.default_rng(1)
people, places = rng.random((8000, 2)), rng.random((900, 2))
near = np.linalg.norm(people[:, None] - places[None], axis=2) < 0.06
weights = rng.integers(1, 100, 8000).astype(float)
few = SitingProblem.from_cover(near[:3000, :400], weights[:3000])
covering = SitingProblem.from_cover(near, weights)
apart = SitingProblem.from_cover(near, weights, conflicts=[(j, j + 1) for j in range(899)],
                                 site_costs=rng.integers(1, 9, 900))
median = SitingProblem.from_costs(rng.random((300, 120)), np.ones(300), unit="m")


def run(name, solve, begun):
    said = []

    def progress(done, total, text):
        if begun(text) and not said:
            said.append(text)
            print("begun", name, flush=True)

    result = solve(progress)
    if name == "curve":
        print("curve", int((result["status"] == "feasible").sum() > 0), "True", "1", flush=True)
        return
    # proved only where value and bound meet, which may be what was found as the signal came
    honest = (result.status == "optimal") == (result.gap == 0.0) and len(result.sites) > 0
    print(name, result.status, result.detail.get("interrupted"), int(honest), flush=True)


def proof(text):
    return text == "proof" or " .. " in text


options = {"time_limit_s": 60}
run("most", lambda p: max_coverage(covering, sites=60, progress=p, **options), proof)
run("fewest", lambda p: min_sites(few, share=0.9, progress=p, **options), proof)
run("ruled", lambda p: max_coverage(apart, budget=90, progress=p, **options), proof)
run("median", lambda p: p_median(median, sites=12, progress=p, **options), proof)
run("curve", lambda p: coverage_curve(few, sites=range(40, 60), progress=p, **options),
    lambda text: text == "40")
print("left", flush=True)
"""


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """The signal is heard in this process too, however the tests were started."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_signal_ends_every_search_with_its_best() -> None:
    told: dict[str, list[str]] = {}
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            words = line.split()
            if words[0] == "begun":
                # the solver itself is at work a moment later
                threading.Timer(0.5, process.send_signal, [signal.SIGINT]).start()
            else:
                told[words[0]] = words[1:]
        errors = process.stderr.read()
    assert process.returncode == 0, errors
    for name in ("most", "fewest", "ruled", "median"):
        assert told[name][1:] == ["True", "1"], (name, told, errors)
    assert [told[name][0] for name in ("most", "ruled", "median")] == ["feasible"] * 3
    assert told["curve"] == ["1", "True", "1"]
    assert "left" in told


def test_the_first_signal_stops_and_the_second_raises() -> None:
    control = SolveControl(time_limit_s=60)
    part = control.part(10)
    with control.interruptible():
        os.kill(os.getpid(), signal.SIGINT)
        assert control.stopped
        assert part.stopped
        assert part.left == 0
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_program_that_handles_the_signal_itself_keeps_its_handler() -> None:
    seen = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        with SolveControl(time_limit_s=60).interruptible() as control:
            os.kill(os.getpid(), signal.SIGINT)
            assert not control.stopped
        assert seen == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


def test_no_handler_outside_the_main_thread() -> None:
    problem = SitingProblem.from_cover(np.eye(3, dtype=bool), [1, 2, 3])
    found = []
    worker = threading.Thread(target=lambda: found.append(max_coverage(problem, sites=2).value))
    worker.start()
    worker.join()
    assert found == [5]


def test_a_part_ends_with_the_whole() -> None:
    control = SolveControl(time_limit_s=5)
    part = control.part(100)
    assert part.left <= 5
    part.stop()
    assert control.stopped
    assert control.left == 0
