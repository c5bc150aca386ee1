"""Libraries that take long to load are loaded where they are used, not with every command."""

import subprocess
import sys

#: each takes 0.1-1 s; a study of which nothing has changed needs none of them
SLOW = ("matplotlib", "scipy.stats", "scipy.optimize", "networkx", "openpyxl", "rasterio", "osmnx")


def test_opening_a_study_loads_nothing_that_only_drawing_or_reading_needs() -> None:
    code = "import sys, geoplan.cli.commands, geoplan.study; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(found.stdout.split())
    assert "geoplan.study.run" in loaded
    assert not loaded & set(SLOW)
