"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from tests import fake_results

if TYPE_CHECKING:
    from geoplan.study import Plan

CHECKOUT = Path(__file__).resolve().parent.parent
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
)


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


@pytest.fixture(scope="session")
def fakes() -> ModuleType:
    """The module `fake_results`: `fakes.fake_run(...)`, `fakes.HOSTILE`."""
    return fake_results


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium. Without one the test skips with the reason; in CI it fails."""
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _absent("playwright is not installed: pip install playwright")
    if found is None:
        _absent("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=list(CHROMIUM_ARGUMENTS))
        yield chromium
        chromium.close()


def _absent(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def results(fakes: ModuleType) -> Any:
    """A small made-up run with every kind of service."""
    return fakes.fake_run()


@pytest.fixture(scope="session")
def whole_run(
    fakes: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Any, Path]]:
    """`whole_run("internal")`: results of the made-up run and its folder, written once for all."""

    @cache
    def written(audience: str) -> tuple[Any, Path]:
        from geoplan import outputs
        from geoplan.disclosure import edition

        results = edition(fakes.fake_run(), audience=audience)
        folder = tmp_path_factory.mktemp(audience)
        outputs.write_figures(results, folder / "figures")
        outputs.write_maps(results, folder / "maps")
        outputs.write_layers(results, folder / "layers.gpkg")
        outputs.write_tables(results, folder)
        outputs.write_report(results, folder)
        return results, folder

    return written
