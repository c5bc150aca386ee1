"""Two runs' maps of one service side by side, moving together, in one self-contained file."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geoplan.errors import UsageError
from geoplan.outputs.maps.page import ServiceMap, whole_page
from geoplan.words.speaker import Speaker

_DATA = re.compile(r'<script type="application/json" id="map_\w+_data">(.*?)</script>', re.DOTALL)


def mapped_in_both(run_a: str | Path, run_b: str | Path) -> list[str]:
    """Keys of the services that have a map in both runs, in the order of their names.

    Parameters
    ----------
    run_a, run_b : folders made by ``geoplan run``.

    Returns
    -------
    list of str
        Empty where one of the runs has no maps.

    Examples
    --------
    >>> from geoplan.outputs import write_maps
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> results = study.run().results
    >>> for name in ("now", "then"):
    ...     written = write_maps(results, study.folder / name / "maps")
    >>> mapped_in_both(study.folder / "now", study.folder / "then")
    ['meal_station']
    """
    pages = [{p.stem for p in (Path(run) / "maps").glob("*.html")} for run in (run_a, run_b)]
    return sorted((pages[0] & pages[1]) - {"index"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonMap:
    """One self-contained page with two maps; shows in Jupyter without internet.

    Parameters
    ----------
    page : the page's HTML.
    height_px : how high it stands in a notebook.

    Examples
    --------
    Made by `comparison_map`; in a notebook it shows itself:

    >>> import tempfile
    >>> both = ComparisonMap(page="<!doctype html><p>two maps")
    >>> both.height_px, both.save(Path(tempfile.mkdtemp()) / "both.html").name
    (720, 'both.html')
    """

    page: str = field(repr=False)
    height_px: int = 720

    def save(self, path: str | Path) -> Path:
        """Write the page into one file.

        Parameters
        ----------
        path : of the HTML file; its folder is made where it is missing.
        """
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.page, encoding="utf-8", newline="\n")
        return target

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self.page)}" width="100%" height="{self.height_px}" '
            'style="border:0"></iframe>'
        )


def write_comparison_map(
    run_a: str | Path, run_b: str | Path, service: str, path: str | Path, *, lang: str | None = None
) -> Path:
    """Write one page with the map of `service` in both runs.

    The maps move, zoom and switch layers together until the box is unticked. They show what the
    runs' own pages show, stamps included, so the page is as public as the more private of the two.

    Parameters
    ----------
    run_a, run_b : folders made by ``geoplan run``.
    service : key of a service in both.
    path : of the HTML file.
    lang : of the page's own words; default that of the first run's map.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    UsageError
        One of the runs has no map of the service.

    Examples
    --------
    >>> from geoplan.outputs import write_maps
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> run = study.folder / "now"
    >>> written = write_maps(study.run().results, run / "maps")
    >>> write_comparison_map(run, run, "meal_station", study.folder / "both.html").name
    'both.html'
    """
    return comparison_map(run_a, run_b, service, lang=lang).save(path)


def comparison_map(
    run_a: str | Path, run_b: str | Path, service: str, *, lang: str | None = None
) -> ComparisonMap:
    """The map of `service` in both runs, side by side; see `write_comparison_map`.

    Parameters
    ----------
    run_a, run_b : folders made by ``geoplan run``.
    service : key of a service in both.
    lang : of the page's own words; default that of the first run's map.

    Returns
    -------
    ComparisonMap
        One page that needs no internet, unless the runs' own maps had a basemap that does.

    Raises
    ------
    UsageError
        One of the runs has no map of the service.

    Examples
    --------
    >>> from geoplan.outputs import write_maps
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> run = study.folder / "now"
    >>> written = write_maps(study.run().results, run / "maps")
    >>> comparison_map(run, run, "meal_station", lang="en")
    ComparisonMap(height_px=720)
    """
    contents = [_content(Path(run), service, Speaker(lang or "zh")) for run in (run_a, run_b)]
    speaker = Speaker(lang or str(contents[0]["lang"]))
    names = (Path(run_a).resolve().name, Path(run_b).resolve().name)
    maps = [
        ServiceMap(content, name=f"{side}_{service}", basemap=content.pop("basemap", None))
        for side, content in zip("ab", contents, strict=True)
    ]
    return ComparisonMap(page=_page(maps, names, str(contents[0]["meta"]["service"]), speaker))


def _content(run: Path, service: str, speaker: Speaker) -> dict[str, Any]:
    """What the run's own map of the service shows."""
    page = run / "maps" / f"{service}.html"
    found = _DATA.search(page.read_text(encoding="utf-8")) if page.exists() else None
    if found is None:
        raise UsageError(speaker.say("compare.map_none", folder=run, service=service))
    content: dict[str, Any] = json.loads(found.group(1))
    content.pop("words", None)
    return content


def _page(maps: list[ServiceMap], names: tuple[str, str], service: str, speaker: Speaker) -> str:
    title = speaker.say("compare.map_title", service=service, a=names[0], b=names[1])
    sides = "\n".join(
        f'<section class="gp-side"><p class="gp-run">{letter} · {html.escape(name)}</p>\n'
        f"{made.body()}</section>"
        for letter, name, made in zip("AB", names, maps, strict=True)
    )
    mounted = ", ".join(f"geoplan.mount({made.mount_point()})" for made in maps)
    origins = sorted({str(made.basemap["origin"]) for made in maps if made.basemap})
    return whole_page(
        '<div class="gp-compare">\n<header class="gp-bar2"><h1>'
        f"{html.escape(title)}</h1>\n"
        '<label><input type="checkbox" id="gp_together" checked>'
        f"{html.escape(speaker.say('compare.map_lock'))}</label></header>\n"
        f'<div class="gp-pair">\n{sides}\n</div>\n</div>',
        f'geoplan.pair({mounted}, document.getElementById("gp_together"));',
        lang=speaker.lang,
        title=title,
        basemap={"origin": " ".join(origins)} if origins else None,
        style="compare.css",
        script="compare.js",
    )
