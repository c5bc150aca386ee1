"""What-ifs in a run's internal maps in headless Chromium: bytes, and milliseconds of each change.

    python benchmarks/what_if.py RUN [--changes 60]

RUN is a run's folder (`geoplan demo --out RUN`). Every map with covers is opened; sites are closed
and opened at random (seeded) with the panel open, and each change is timed until numbers, areas,
gaps and lists are those of the choice. The marks: 3 MB a page, 1.5 MB its covers, 100 ms a change.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
from pathlib import Path

from playwright.sync_api import sync_playwright

MARK_PAGE_MB, MARK_COVERS_MB, MARK_MS = 3.0, 1.5, 100.0
_COVERS = re.compile(r'"whatif":\{"z":"([^"]*)"')

_OPEN = """() => {
  const start = performance.now();
  geoplan.whatIf.ledger();
  const read = performance.now() - start;
  document.querySelector(".gp-whatif-start").click();
  return read;
}"""
#: one change, and what follows from it: until the frame after it is drawn
_CHANGE = """([seed]) => new Promise(done => {
  const w = geoplan.whatIf;
  window.dice = window.dice || seed;
  window.all = window.all || w.sites().concat(w.candidates()).map(one => [one.id, one.open]);
  window.dice = window.dice * 48271 % 2147483647;
  const one = window.all[window.dice % window.all.length];
  one[1] = !one[1];
  const start = performance.now();
  w[one[1] ? "open" : "close"](one[0]);
  const counted = performance.now() - start;
  requestAnimationFrame(() => requestAnimationFrame(
    () => done([counted, performance.now() - start])));
})"""
_BEST = """() => {
  const start = performance.now();
  geoplan.whatIf.best();
  return performance.now() - start;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--changes", type=int, default=60)
    wanted = parser.parse_args()
    print(f"marks: page {MARK_PAGE_MB} MB, covers {MARK_COVERS_MB} MB, a change {MARK_MS:.0f} ms")
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for path in sorted((wanted.run / "maps").glob("*.html")):
            text = path.read_text("utf-8")
            covers = _COVERS.search(text)
            if covers is None:
                continue
            context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
            page = context.new_page()
            page.goto(path.resolve().as_uri())
            page.wait_for_selector("[data-ready=true]")
            read = page.evaluate(_OPEN)
            times = [page.evaluate(_CHANGE, [7]) for _ in range(wanted.changes)]
            counted, drawn = ([one[k] for one in times] for k in (0, 1))
            print(
                f"{path.stem:<26}page {len(text.encode()) / 1e6:4.1f} MB, "
                f"covers {len(covers.group(1)) / 1e6:4.2f} MB, read {read:4.0f} ms; a change "
                f"{statistics.median(counted):4.0f} ms (worst {max(counted):4.0f}), drawn after "
                f"{statistics.median(drawn):4.0f} ms (worst {max(drawn):4.0f}); "
                f"next best place {page.evaluate(_BEST):4.0f} ms"
            )
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
