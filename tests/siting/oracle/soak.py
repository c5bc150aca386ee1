"""The oracle over many seeds: ``python -m tests.siting.oracle.soak --seeds 1000 [--first 0]``.

``--middle``: cases of up to 500 x 110 against integer programs instead of every choice of sites.

One seed again, with the case as Python: ``python -m tests.siting.oracle.soak --seed 123``.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace

import numpy as np

from geoplan.siting import SitingResult
from tests.siting.oracle.by_milp import TooSlowError, truth_by_milp
from tests.siting.oracle.case import COVERING, Case
from tests.siting.oracle.generator import draw
from tests.siting.oracle.judge import differences
from tests.siting.oracle.programmes import (
    wrong_alternatives,
    wrong_curve,
    wrong_order,
    wrong_phases,
)
from tests.siting.oracle.together import wrong_together

#: seconds; seeds that take longer are named
SLOW_S = 10


def try_seed(seed: int) -> list[str]:
    """What is wrong with geoplan's answers to the case of a seed."""
    case = draw(seed)
    try:
        result = case.ask(time_limit_s=120)
        found = [f"{case.question}: {line}" for line in differences(case, result)]
        if case.question in COVERING and seed % 2 and not found:
            found += _other_questions(case, result)
        for name, other in siblings(case).items():
            told = other.ask(time_limit_s=120)
            found += [f"{name}: {line}" for line in differences(other, told)]
        if seed % 4 == 0:
            found += [f"together: {line}" for line in wrong_together(seed)]
    except Exception as error:  # a crash is a difference too
        found = [f"{case.question}: {type(error).__name__}: {error}"]
    return found


def try_middle(seed: int) -> list[str]:
    """The same for a case of middle size, where our own program finishes."""
    case = draw(seed, middle=True)
    try:
        return differences(case, case.ask(time_limit_s=120), truth_by_milp(case))
    except TooSlowError:
        return []
    except Exception as error:
        return [f"{case.question}: {type(error).__name__}: {error}"]


def siblings(case: Case) -> dict[str, Case]:
    """Questions that differ in one thing from that of a seed: least money, rows served whole."""
    if case.question == "min_sites":
        rng = np.random.default_rng([17, case.seed])
        price = rng.choice([0.0, 0.1, 1.5, 2.0, 2.25, 7.0], case.n_sites)
        if rng.random() < 0.3:
            price = rng.uniform(1e5, 9e5, case.n_sites)
        return {"min_cost": replace(case, question="min_cost", site_costs=price)}
    if case.question == "p_median" and case.capacities is not None:
        return {"rows served whole": replace(case, split=False)}
    return {}


def _other_questions(case: Case, result: SitingResult) -> list[str]:
    """Curve, phases, order and alternatives of the same problem."""
    found = [f"curve: {line}" for line in wrong_curve(case)]
    found += [f"phases: {line}" for line in wrong_phases(case)]
    if result.status == "optimal":
        found += [f"order: {line}" for line in wrong_order(case, result)]
    shares = case.capacities is not None and case.min_share_per_area
    if result.status == "optimal" and not case.equity and not shares:
        within = (0.0, 0.05)[case.seed % 4 // 2]
        found += [f"alternatives: {x}" for x in wrong_alternatives(case, result, within=within)]
    return found


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Say which seeds differ; 1 where there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--middle", action="store_true")
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.seeds)
    if asked.seed is not None:
        seeds = range(asked.seed, asked.seed + 1)
        say(str(draw(asked.seed, middle=asked.middle)))
    again = " --middle" if asked.middle else ""
    wrong, began = 0, time.perf_counter()
    for seed in seeds:
        start = time.perf_counter()
        found = (try_middle if asked.middle else try_seed)(seed)
        wrong += bool(found)
        for line in found:
            say(f"seed {seed}: {line}")
        if found:
            say(f"  again: python -m tests.siting.oracle.soak --seed {seed}{again}")
        if time.perf_counter() - start > SLOW_S:
            say(f"seed {seed}: {time.perf_counter() - start:.1f} s")
    say(f"{wrong} of {len(seeds)} seeds differ, {time.perf_counter() - began:.0f} s")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
