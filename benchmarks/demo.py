"""The demo run as a user meets it: the whole command, maps and report included.

Prints seconds and peak memory of `geoplan demo` with a warm kernel cache, per stage and in all,
beside the marks it is to keep (60 s, 2.5 GB on 2 cores); then, in seconds and CPU seconds, what a
planner does next: the same study again, with one standard changed, `suggest` twice, `check`. CPU
seconds tell two states of the code apart on a busy machine, too.

    python benchmarks/demo.py
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MARK_SECONDS, MARK_GB = 60.0, 2.5
#: the standard of the meal stations, which have actions in the plan in time, too
STANDARD, CHANGED = "threshold_m = 1000", "threshold_m = 900"


def timed(*arguments: str | Path) -> tuple[float, float, float]:
    """Seconds, CPU seconds and peak memory (GB, largest process so far) of one command."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "geoplan", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, after.ru_maxrss * 1024 / 1e9


def again(study: Path) -> list[tuple[str, tuple[float, float, float]]]:
    """What a planner does next with the study, each from what the step before has kept."""
    rows = [("the same study, nothing changed", timed("run", study))]
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8")
    if text.count(STANDARD) != 1:
        raise SystemExit(f"{file}: {STANDARD!r} must stand there once")
    file.write_text(text.replace(STANDARD, CHANGED), encoding="utf-8")
    rows.append(("the same study, one standard changed", timed("run", study)))
    suggest = ("suggest", study, "--service", "shelter", "--sites", "12")
    rows.append(("suggest for one service", timed(*suggest)))
    rows.append(("suggest for one service, again", timed(*suggest)))
    rows.append(("check", timed("check", study)))
    return rows


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["GEOPLAN_CACHE"] = str(Path(name) / "kept")
        # as on a user's machine, Python keeps modules compiled: written by the first run
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        cold = timed("demo", "--out", Path(name) / "first")
        shutil.rmtree(Path(name) / "kept")
        warm = timed("demo", "--out", Path(name) / "second")
        facts = json.loads((Path(name) / "second" / "out" / "run.json").read_text("utf-8"))
        files = [p for p in (Path(name) / "second" / "out").rglob("*") if p.is_file()]
        size = sum(p.stat().st_size for p in files)
        rows = [("first run (kernels may have to be compiled)", cold), ("warm run", warm)]
        rows += again(Path(name) / "second")
    print(f"{'stage':<44}{'seconds':>9}{'peak MB':>10}")
    for stage, seconds in facts["seconds"].items():
        print(f"{stage:<44}{seconds:>9.2f}{facts['peak_memory_mb'][stage]:>10.0f}")
    print(f"\n{'command':<44}{'seconds':>9}{'CPU s':>10}")
    for row, (seconds, cpu, _) in rows:
        print(f"{row:<44}{seconds:>9.1f}{cpu:>10.1f}")
    print(f"\nmark of the warm run          {MARK_SECONDS:6.0f} s")
    print(f"peak memory, largest process  {warm[2]:6.2f} GB  mark {MARK_GB} GB, of both together")
    print(f"size of its folder            {size / 1e6:6.1f} MB")


if __name__ == "__main__":
    main()
