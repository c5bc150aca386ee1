"""CPU seconds and megabytes of a run's layers in every format that `geoplan export` writes.

python benchmarks/exports.py RUN [FORMAT ...]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from geoplan.outputs import export_run

FORMATS = ("xlsx", "geojson", "kml", "shp", "gdb", "csv", "fgb", "parquet", "gpkg")
#: what each format may take for the demo city, CPU seconds
MARK_S = 8.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="a folder made by geoplan run")
    parser.add_argument("formats", nargs="*", default=FORMATS)
    given = parser.parse_args()
    for name in given.formats:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / ("layers.xlsx" if name == "xlsx" else "")
            began, cpu = time.perf_counter(), time.process_time()
            export_run(given.run, format=name, out=out)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - began
            size = sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file()) / 1e6
        verdict = "" if cpu <= MARK_S else f" (mark {MARK_S:g} s: missed)"
        print(f"{name}: {cpu:.1f} s of CPU, {wall:.1f} s, {size:.1f} MB{verdict}", flush=True)


if __name__ == "__main__":
    main()
