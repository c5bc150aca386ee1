"""Two runs' maps of one service side by side, moving together, in one self-contained file."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from geoplan.comparison.describe import setting_text
from geoplan.comparison.numbers import setting_changes
from geoplan.errors import GeoplanError, UsageError
from geoplan.outputs.maps.assets import COMPARISON_SCRIPTS, COMPARISON_STYLE, web_template
from geoplan.outputs.maps.page import MapPage, whole_page
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import MISSING
from geoplan.writing.finished_run import damage_of, run_facts

#: differences that are named under a map; the rest stands in `geoplan compare`
MOST_SETTINGS = 4
#: entries of a long list that are named there
LISTED = 3
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
    runs = Path(run_a), Path(run_b)
    try:
        return _side_by_side(runs, service, lang)
    except (GeoplanError, MemoryError):
        raise
    except Exception as error:

        def alone(run: Path) -> object:
            return _side_by_side((run, run), service, lang)

        raise damage_of(runs, alone, f"maps/{service}.html") from error


def _side_by_side(runs: tuple[Path, Path], service: str, lang: str | None) -> ComparisonMap:
    contents = [_content(run, service, Speaker(lang or "zh")) for run in runs]
    speaker = Speaker(lang or str(contents[0]["lang"]))
    maps = [
        MapPage.of(content, name=f"{side}_{service}", basemap=content.pop("basemap", None))
        for side, content in zip("ab", contents, strict=True)
    ]
    said = [run_facts(run).get("settings", {}) for run in runs]
    settings = setting_changes(said[0], said[1], [service])
    return ComparisonMap(page=_page(maps, _sides(contents, settings, service, speaker), speaker))


def _content(run: Path, service: str, speaker: Speaker) -> dict[str, Any]:
    """What the run's own map of the service shows."""
    page = run / "maps" / f"{service}.html"
    found = _DATA.search(page.read_text(encoding="utf-8")) if page.exists() else None
    if found is None:
        raise UsageError(speaker.say("compare.map_none", folder=run, service=service))
    content: dict[str, Any] = json.loads(found.group(1))
    content.pop("words", None)
    content.pop("whatif", None)
    return content


def _sides(
    contents: list[dict[str, Any]],
    settings: Iterable[tuple[str, Any, Any]],
    service: str,
    speaker: Speaker,
) -> list[tuple[str, str]]:
    """What each run is called: its study's name, and what sets it apart from the other."""
    metas = [content["meta"] for content in contents]
    told: list[list[str]] = [[], []]
    if metas[0]["standard"] != metas[1]["standard"]:
        for side, meta in zip(told, metas, strict=True):
            side.append(str(meta["standard"]))
    facts = [dict(content["headline"]["facts"]) for content in contents]
    for label in [
        label
        for label in {**facts[0], **facts[1]}
        if label and facts[0].get(label) != facts[1].get(label)
    ]:
        for side, fact in zip(told, facts, strict=True):
            side.append(f"{label} {fact.get(label, MISSING)}")
    for key, *values in settings:
        name = key.removeprefix(f"services.{service}.")
        for side, value in zip(told, values, strict=True):
            side.append(f"{name} = {_setting(value, speaker)}")
    return [
        (str(meta["study"]), " · ".join(side[:MOST_SETTINGS]))
        for meta, side in zip(metas, told, strict=True)
    ]


def _setting(value: Any, speaker: Speaker) -> str:
    """A setting; of a long list its first entries and how many there are."""
    if not isinstance(value, list) or len(value) <= LISTED:
        return setting_text(value, speaker)
    first = setting_text(value[:LISTED], speaker)
    return speaker.say("compare.map_more", first=first, n=len(value), more=len(value) - LISTED)


def _page(maps: list[MapPage], sides: list[tuple[str, str]], speaker: Speaker) -> str:
    service = str(maps[0].content["meta"]["service"])
    names = [name for name, _ in sides]
    title = speaker.say(
        "compare.map_title" if names[0] != names[1] else "compare.map_title_one",
        service=service,
        a=names[0],
        b=names[1],
    )
    body = web_template("comparison/compare.html").render(
        title=title,
        say={
            word: speaker.say(f"compare.map_{word}")
            for word in ("lock", "side", "swipe", "list", "legend", "modes")
        },
        sides=[
            {"letter": letter, "name": name, "settings": told, "body": Markup(made.body())}
            for letter, (name, told), made in zip("AB", sides, maps, strict=True)
        ],
    )
    mounted = ", ".join(f"geoplan.mount({made.mount_point(paired=True)})" for made in maps)
    origins = sorted({str(made.basemap["origin"]) for made in maps if made.basemap})
    return whole_page(
        body,
        f"geoplan.pair({mounted});",
        lang=speaker.lang,
        title=title,
        basemap={"origin": " ".join(origins)} if origins else None,
        styles=(COMPARISON_STYLE,),
        scripts=COMPARISON_SCRIPTS,
    )
