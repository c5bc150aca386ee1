"""The pages in Firefox: drawn, tried out, printed on one page. Skipped without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geoplan.outputs import write_maps
from geoplan.study import example_study
from tests.outputs.firefox import Firefox, firefox_path
from tests.outputs.test_sheet import pages_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(firefox_path() is None, reason="no Firefox installed"),
]


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with Firefox(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def _colours(path: Path) -> int:
    """How many colours a picture has: an empty map has a handful."""
    with Image.open(path) as picture:
        return len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0))


def test_maps_are_drawn_and_fit(firefox: Firefox, whole_run: Any, tmp_path: Path) -> None:
    folder = whole_run("internal")[1]
    for size in ((1440, 900), (500, 844)):
        firefox.resize(*size)
        for key in ("meal_station", "boundary_marker"):
            firefox.open((folder / "maps" / f"{key}.html").as_uri())
            assert firefox.script("return document.querySelector('[data-ready]') !== null"), key
            wide = firefox.script("return [document.documentElement.scrollWidth, innerWidth]")
            assert wide[0] <= wide[1], key
            assert _colours(firefox.screenshot(tmp_path / "a.png")) > 100, key


def test_a_map_is_printed_on_one_page(firefox: Firefox, whole_run: Any, tmp_path: Path) -> None:
    firefox.resize(1440, 900)
    firefox.open((whole_run("internal")[1] / "maps" / "meal_station.html").as_uri())
    firefox.script(  # as much below the map as a city's files give cause to say
        "document.querySelector('.gp-panel > .gp-foot').append("
        "Object.assign(document.createElement('p'), { textContent: 'of the data '.repeat(200) }))"
    )
    for paper, size in {"A4": (297, 210), "A3": (420, 297)}.items():
        firefox.script(
            "const pick = document.querySelector('[data-part=paper]'); pick.value = arguments[0];"
            "pick.dispatchEvent(new Event('change', { bubbles: true }));",
            paper,
        )
        printed = firefox.print_page(tmp_path / f"{paper}.pdf", background=True)
        pages, *measured = pages_of(printed)
        assert (pages, measured) == (1, pytest.approx(size, abs=1)), paper
        # Firefox may put margins of 1 cm in the place of the page's own: a wider sheet is cut
        wide = firefox.script(
            "return getComputedStyle(document.querySelector('.gp-app')).getPropertyValue('--sheet')"
        )
        assert float(wide.removesuffix("mm")) <= size[0] - 20, paper


def test_a_trial_counts_as_a_run_does(firefox: Firefox, tmp_path: Path) -> None:
    plan = example_study().run()
    write_maps(plan.results, tmp_path)
    firefox.open((tmp_path / "meal_station.html").as_uri())
    firefox.script("document.querySelector('.gp-whatif-start').click()")
    covers = plan.services["meal_station"].covers
    first, new = covers.existing[0], covers.sites.index[-1]
    found = firefox.script(
        "geoplan.whatIf.reset(); geoplan.whatIf.close(arguments[0]);"
        "return geoplan.whatIf.open(arguments[1])",
        first,
        new,
    )
    assert found == covers.ledger([*covers.existing[1:], new]).to_dict()
    shown = firefox.script("return document.querySelector('[data-part=numbers]').innerText")
    assert f"{found['served']:,.0f}" in shown
