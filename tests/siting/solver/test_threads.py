"""Same seed, same answer, whatever the number of threads and processors."""

from __future__ import annotations

import json
import os
import subprocess
import sys

#: answers to all questions, in a process of its own: numba and HiGHS count processors when they
#: start. Small kernels, so that shaking and unfinished kernels play their part too.
#: (Redraws by one worker and two: see tests/study/test_robustness.py.)
QUESTIONS = """
import json, os, sys

if sys.argv[1] == "1" and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import numpy as np
from geoplan.siting import (
    SitingProblem, coverage_curve, max_coverage, min_sites, p_center, p_median,
)
from geoplan.siting.mclp import kernel_search

kernel_search.RESTRICTED_PAIRS = 300
rng = np.random.default_rng(5)
people, sites = rng.random((900, 2)), rng.random((90, 2))
costs = np.sqrt(((people[:, None] - sites[None]) ** 2).sum(-1))
weights = rng.integers(1, 50, 900).astype(float)
money = rng.integers(1, 9, 90).astype(float)
near = SitingProblem.from_costs(np.where(costs < 0.13, costs, np.inf), weights, site_costs=money)
far = SitingProblem.from_costs(costs[:150, :40], weights[:150], site_costs=money[:40])
roomy = SitingProblem.from_costs(
    costs[:60, :15], weights[:60], capacities=float(weights[:60].sum() / 4)
)
asked = {
    "max_coverage": max_coverage(near, sites=9, seed=3),
    "budget": max_coverage(near, budget=30, seed=3),
    "min_sites": min_sites(near, share=0.8, seed=3),
    "everyone": min_sites(near, share=min(1.0, near.cover.sum(axis=1).astype(bool).mean()), seed=3),
    "p_median": p_median(far, sites=6, seed=3),
    "p_median_money": p_median(far, budget=25, seed=3),
    "p_median_places": p_median(roomy, sites=5, seed=3),
    "p_center": p_center(far, sites=6, seed=3),
}
told = {
    name: [a.status, a.value, a.bound, a.greedy_value, a.sites, a.detail.get("steps")]
    for name, a in asked.items()
}
curve = coverage_curve(near, sites=range(0, 13), seed=3)
told["curve"] = curve.to_json()
print(json.dumps(told, default=str))
"""


def answers(threads: int) -> dict:
    env = {**os.environ, "NUMBA_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [sys.executable, "-c", QUESTIONS, str(threads)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_one_processor_answers_as_two_do() -> None:
    one, two = answers(1), answers(2)
    assert one["max_coverage"][0] == "optimal"
    assert (
        len(one["max_coverage"][5]) > 1
    )  # perturbation, and a restricted problem that left something open
    for question, answer in one.items():
        assert answer == two[question], question
