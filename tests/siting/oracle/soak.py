"""The oracle over many seeds: ``python -m tests.siting.oracle.soak --seeds 1000 [--first 0]``.

One seed again, with the case as Python: ``python -m tests.siting.oracle.soak --seed 123``.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.siting.oracle.generator import draw
from tests.siting.oracle.judge import differences

#: seconds; seeds that take longer are named
SLOW_S = 10


def try_seed(seed: int) -> list[str]:
    """What is wrong with geoplan's answer to the case of a seed."""
    case = draw(seed)
    try:
        found = differences(case, case.ask(time_limit_s=30))
        return [f"{case.question}: {line}" for line in found]
    except Exception as error:  # a crash is a difference too
        return [f"{case.question}: {type(error).__name__}: {error}"]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Say which seeds differ; 1 where there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.seeds)
    if asked.seed is not None:
        seeds = range(asked.seed, asked.seed + 1)
        say(str(draw(asked.seed)))
    wrong, began = 0, time.perf_counter()
    for seed in seeds:
        start = time.perf_counter()
        found = try_seed(seed)
        wrong += bool(found)
        for line in found:
            say(f"seed {seed}: {line}")
        if found:
            say(f"  again: python -m tests.siting.oracle.soak --seed {seed}")
        if time.perf_counter() - start > SLOW_S:
            say(f"seed {seed}: {time.perf_counter() - start:.1f} s")
    say(f"{wrong} of {len(seeds)} seeds differ, {time.perf_counter() - began:.0f} s")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
