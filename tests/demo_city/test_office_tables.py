"""The office's workbooks beside the demo city come out of their generator as they are kept."""

from __future__ import annotations

import runpy
from pathlib import Path

MOST_BYTES = 300_000


def test_the_workbooks_come_out_identical_and_are_light(checkout: Path, tmp_path: Path) -> None:
    kept = {p.name: p.read_bytes() for p in (checkout / "data" / "pingyin_office").iterdir()}
    runpy.run_path(str(checkout / "data" / "make_office.py"))["main"](tmp_path / "office")
    made = {p.name: p.read_bytes() for p in (tmp_path / "office").iterdir()}
    assert len(made) == 2
    assert made == kept
    assert sum(map(len, kept.values())) < MOST_BYTES
