"""Fixtures that every room's tests share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from geoplan.study import Plan

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The project's root folder."""
    return CHECKOUT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data beside the checkout; tests that need it skip where it is absent."""
    folder = CHECKOUT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real data is absent: no folder ../shared/data beside the checkout")
    return folder


@pytest.fixture
def small_folder(tmp_path: Path) -> Path:
    """A fresh copy of the example study's files (see `geoplan.study.example`)."""
    from geoplan.study.example import write_example  # only rooms on top of the study load it

    return write_example(tmp_path / "small")


@pytest.fixture(scope="session")
def small_plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The example study's plan."""
    from geoplan.study import example_study

    return example_study(tmp_path_factory.mktemp("study") / "small").run()
