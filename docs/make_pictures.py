"""Takes the docs' pictures from a run of the demo city: ``python docs/make_pictures.py RUN``.

RUN is the folder that ``geoplan demo`` left (``maps/demo/out``). Needs Chromium and
pdftoppm. The pictures go to docs/images, in few colours, so that a clone stays small.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parent / "images"
COLOURS = 128
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
#: pages of the printed report, by the picture's name
PAGES = {"report_findings": "3", "report_service": "6"}


def main(run: Path) -> None:
    """Take every picture anew."""
    with tempfile.TemporaryDirectory(prefix="geoplan-pictures-") as name:
        raw = Path(name)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(args=["--no-sandbox"], executable_path=_chromium())
            for title, file, size, act in _screens():
                _screen(browser, run / file, size, act, raw / f"{title}.png")
        _pages(run / "report.pdf", raw)
        for title, figure in (("figure", "meal_station_map"), ("curve", "meal_station_curve")):
            Image.open(run / "figures" / f"{figure}.png").save(raw / f"{title}.png")
        for path in sorted(raw.glob("*.png")):
            _small(path, IMAGES / path.name)


def _screens() -> Iterator[tuple[str, str, dict[str, int], Callable[[Page], Any]]]:
    def opened(page: Page) -> None:
        """Nothing to do: as the page opens."""

    def what_if(page: Page) -> None:
        page.get_by_text("如果……会怎样").first.click()

    def plan(page: Page) -> None:
        page.get_by_role("button", name="方案", exact=True).click()

    yield "map_plan", "maps/meal_station.html", WIDE, opened
    yield "map_phone", "maps/meal_station.html", PHONE, opened
    yield "map_whatif", "maps/meal_station.html", WIDE, what_if
    yield "map_centres", "maps/elderly_centre.html", WIDE, plan
    yield "map_markers", "maps/boundary_marker.html", WIDE, opened
    yield "map_index", "maps/index.html", WIDE, opened
    yield "report", "report.html", WIDE, opened


def _screen(
    browser: Browser, path: Path, size: dict[str, int], act: Callable[[Page], Any], to: Path
) -> None:
    page = browser.new_page(viewport=size)  # type: ignore[arg-type]
    page.goto(path.resolve().as_uri())
    page.evaluate("window.geoplan && window.geoplan.ready")
    act(page)
    page.wait_for_timeout(1500)
    page.screenshot(path=to)
    page.close()


def _pages(pdf: Path, raw: Path) -> None:
    """The report's findings, and the chapter of one service, as pages of paper."""
    for title, number in PAGES.items():
        command = ["pdftoppm", "-png", "-r", "75", "-singlefile", "-f", number, "-l", number]
        subprocess.run([*command, str(pdf), str(raw / title)], check=True)


def _small(path: Path, to: Path) -> None:
    """At most 1,440 px wide, in few colours."""
    picture = Image.open(path).convert("RGB")
    picture.thumbnail((1280, 1280))
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(to, optimize=True)


def _chromium() -> str | None:
    found = Path("/usr/bin/chromium")
    return str(found) if found.exists() else None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
