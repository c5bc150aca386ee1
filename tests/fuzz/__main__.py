"""Broken inputs by the thousand: ``make fuzz [CASES=10000] [SEED=0]``.

One case again, with its traceback: ``python -m tests.fuzz --seed 0 --case 123``. The folder of a
case that failed is kept, beside a JSON file that says what was broken in it and what came out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.fuzz.base import write_base
from tests.fuzz.draw import ROOMS, room_of
from tests.fuzz.pool import results
from tests.fuzz.worker import try_case


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Print the counts by kind and outcome; 1 where a case failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", type=int, help="only this one, here, with its traceback")
    parser.add_argument("--rooms", nargs="*", choices=list(ROOMS), default=list(ROOMS))
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--kept", type=Path, default=Path(tempfile.gettempdir()) / "geoplan-fuzz")
    asked = parser.parse_args()
    asked.kept.mkdir(parents=True, exist_ok=True)
    base = asked.kept / "base"
    if not (base / "more" / "run").exists():
        shutil.rmtree(base, ignore_errors=True)
        write_base(base)
    if asked.case is not None:
        return _one(asked, base)
    numbers = list(range(asked.first, asked.first + asked.cases))
    numbers = [n for n in numbers if room_of(asked.seed, n) in asked.rooms]
    return _many(asked, numbers, base)


def _one(asked: argparse.Namespace, base: Path) -> int:
    folder = asked.kept / f"{asked.seed}_{asked.case}"
    case, answer = try_case(asked.seed, asked.case, folder, base)
    say(f"{case.kind}: {case.what}\n{answer.outcome}\n{answer.trace}")
    for fault in answer.faults:
        say(f"  {fault}")
    return int(bool(answer.faults))


def _many(asked: argparse.Namespace, numbers: list[int], base: Path) -> int:
    began, outcomes = time.monotonic(), Counter[tuple[str, str]]()
    failed: dict[str, list[dict[str, Any]]] = {}
    done = 0
    try:
        for one in results(asked.seed, numbers, asked.kept, base, asked.workers):
            done += 1
            _count(one, outcomes, failed)
            if not done % 500:
                wrong = sum(map(len, failed.values()))
                say(f"{done} cases, {wrong} failed, {time.monotonic() - began:.0f} s")
    except KeyboardInterrupt:
        say("interrupted")  # what was counted so far is printed
    _table(outcomes)
    for fault, cases in sorted(failed.items(), key=lambda pair: -len(pair[1])):
        say(f"{len(cases)} x {fault}: {', '.join(str(c['number']) for c in cases[:12])}")
    counts = Counter[str]()
    for (_, outcome), count in outcomes.items():
        counts[outcome] += count
    seconds = time.monotonic() - began
    listed = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    say(f"seed {asked.seed}: {done} cases in {seconds:.0f} s: {listed}")
    (asked.kept / f"failed_{asked.seed}.json").write_text(json.dumps(failed, indent=1))
    return int(bool(failed))


def _count(
    one: dict[str, Any],
    outcomes: Counter[tuple[str, str]],
    failed: dict[str, list[dict[str, Any]]],
) -> None:
    """Count a case by its kind; say the first two of each fault."""
    outcome = "failed" if one["faults"] else one["outcome"]
    outcomes[one["kind"].split("/")[0].split(" ")[0], outcome] += 1
    for fault in one["faults"]:
        same = failed.setdefault(_alike(fault), [])
        same.append(one)
        if len(same) <= 2:
            say(f"case {one['number']} ({one['kind']}: {one['what']}): {fault}")


def _alike(fault: str) -> str:
    """Faults of one cause: what stands after the place does not tell them apart."""
    head, _, rest = fault.partition(": ")
    return (
        head if rest and head.startswith(("unexpected", "silent", "hang", "memory")) else fault[:90]
    )


def _table(outcomes: Counter[tuple[str, str]]) -> None:
    columns = sorted({outcome for _, outcome in outcomes})
    say(f"{'kind':<16}" + "".join(f"{c:>10}" for c in columns))
    for kind in sorted({kind for kind, _ in outcomes}):
        say(f"{kind:<16}" + "".join(f"{outcomes[kind, c]:>10}" for c in columns))


if __name__ == "__main__":
    sys.exit(main())
