"""The demo run as a user meets it: the whole command, maps and report included.

Prints seconds and peak memory of `geoplan demo` with a warm kernel cache, per stage and in all,
beside the marks it is to keep (60 s, 2.5 GB on 2 cores).

    python benchmarks/demo.py
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MARK_SECONDS, MARK_GB = 60.0, 2.5


def run_once(folder: Path) -> tuple[float, float]:
    """Seconds and peak memory (GB, largest process) of one `geoplan demo`."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "geoplan.cli.commands", "demo", "--out", str(folder)],
        check=True,
        capture_output=True,
    )
    seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        cold, _ = run_once(Path(name) / "first")
        warm, peak = run_once(Path(name) / "second")
        facts = json.loads((Path(name) / "second" / "out" / "run.json").read_text("utf-8"))
        size = sum(
            p.stat().st_size for p in (Path(name) / "second" / "out").rglob("*") if p.is_file()
        )
    print(f"{'stage':<44}{'seconds':>9}{'peak MB':>10}")
    for stage, seconds in facts["seconds"].items():
        print(f"{stage:<44}{seconds:>9.2f}{facts['peak_memory_mb'][stage]:>10.0f}")
    print(f"\nfirst run (kernels may have to be compiled)  {cold:6.1f} s")
    print(f"warm run                                     {warm:6.1f} s   mark {MARK_SECONDS:.0f} s")
    print(f"peak memory                                  {peak:6.2f} GB  mark {MARK_GB} GB")
    print(f"size of the run's folder                     {size / 1e6:6.1f} MB")


if __name__ == "__main__":
    main()
