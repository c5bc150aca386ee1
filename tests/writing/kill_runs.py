"""Runs killed at random moments: `python -m tests.writing.kill_runs --kills 200`."""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from geoplan.writing import restored
from tests.writing.small_run import whole_text, write_small_run


@dataclass
class Counts:
    """What became of the runs."""

    killed: int = 0
    finished: int = 0
    #: no whole result stood, also after the next command
    lost: int = 0
    #: folders that stayed beside the result
    left: int = 0


def kill_at_random(folder: Path, *, kills: int, seed: int = 0) -> Counts:
    """Write a run again and again and kill it at a random moment, half of them by renames.

    Parameters
    ----------
    folder : empty.
    kills : how many runs are killed; those that were quicker are not counted.
    seed : of the moments.
    """
    moments, counts = random.Random(seed), Counts()
    out = folder / "out"
    write_small_run(out, "0")
    longest = 0.2
    k = 0
    while counts.killed < kills:
        k += 1
        way = ["--by-renames"] if k % 2 else []
        command = [sys.executable, "-m", "tests.writing.small_run", str(out), str(k), *way]
        start = time.monotonic()
        run = subprocess.Popen([*command, "--parts", "40"], stdout=subprocess.DEVNULL)
        while not list(folder.glob(".out.*.partial")) and run.poll() is None:
            time.sleep(0.001)  # until it has begun to write
        begun = time.monotonic()
        try:
            code = run.wait(timeout=moments.uniform(0, longest))
        except subprocess.TimeoutExpired:
            run.kill()
            code = run.wait()
        if code == -signal.SIGKILL:
            counts.killed += 1
        else:
            assert code == 0, code
            counts.finished += 1
            longest = max(0.005, min(longest, time.monotonic() - max(begun, start)))
        restored(out)
        counts.lost += whole_text(out) is None
        counts.left += len(list(folder.glob(".out.*.partial"))) + len(
            list(folder.glob(".out.*.old"))
        )
    return counts


def main() -> None:
    """Kill runs and print the counts; leaves with 1 where a result was lost."""
    ask = argparse.ArgumentParser()
    ask.add_argument("--kills", type=int, default=200)
    ask.add_argument("--seed", type=int, default=0)
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts = kill_at_random(Path(folder), kills=asked.kills, seed=asked.seed)
    sys.stdout.write(
        f"{counts.killed} killed, {counts.finished} quicker: "
        f"{counts.lost} results lost, {counts.left} folders left\n"
    )
    sys.exit(counts.lost > 0 or counts.left > 0)


if __name__ == "__main__":
    main()
