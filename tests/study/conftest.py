"""The small study, written and run once for all tests of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_study import write_small_study

from geoplan.study import Plan, Study


@pytest.fixture
def small_folder(tmp_path: Path) -> Path:
    """A fresh copy of the small study."""
    return write_small_study(tmp_path / "small")


@pytest.fixture(scope="session")
def small_plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The small study's plan."""
    folder = write_small_study(tmp_path_factory.mktemp("study") / "small")
    return Study.open(folder).run()
