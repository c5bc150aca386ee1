"""A run that finds all that it needs loads no library that only its work needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

#: what each takes tenths of a second to load
DEAR = ("matplotlib", "rasterio", "scipy.optimize", "scipy.spatial", "scipy.special", "scipy.stats")
RUN = f"""
import sys
from geoplan.study import Study
Study.open(sys.argv[1]).run()
print([name for name in {DEAR} if name in sys.modules])
"""


def test_a_run_of_what_is_kept_loads_little(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "kept"))

    def loaded() -> str:
        command = [sys.executable, "-c", RUN, str(small_folder)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert loaded() != "[]"
    assert loaded() == "[]"
