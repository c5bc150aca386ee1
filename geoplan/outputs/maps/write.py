"""`service_map`, `write_map`, `write_maps`: maps to show and maps as files."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import folium

from geoplan.disclosure.public_edition import refuse_internal
from geoplan.errors import UsageError
from geoplan.outputs.maps.background import background_content
from geoplan.outputs.maps.basemap import basemap_layer
from geoplan.outputs.maps.content import map_content
from geoplan.outputs.maps.extent import extent_m
from geoplan.outputs.maps.index import index_page
from geoplan.outputs.maps.page import ServiceMap, json_for_page
from geoplan.results import RunResults
from geoplan.words.speaker import Speaker

logger = logging.getLogger(__name__)

#: a map larger than this is written, and said
LARGE_BYTES = 10_000_000
#: beyond this, demand is summed by cells
MOST_BYTES = 25_000_000


def service_map(
    results: RunResults,
    key: str,
    *,
    lang: str | None = None,
    basemap: str | None = None,
    tianditu_key: str | None = None,
    background: dict[str, Any] | None = None,
) -> folium.Map:
    """The map of one service: shows in Jupyter without internet, saves as one file.

    Parameters
    ----------
    results : a run's results.
    key : service key.
    lang : ``"zh"`` or ``"en"``; None = the study's.
    basemap : None (nothing is ever asked from the internet), ``"tianditu"``, ``"osm"``,
        a folder of tiles, or the address of tiles with ``{z}``, ``{x}``, ``{y}``.
    tianditu_key : the user's own key; it stands in the page, and only when it is given here.
        A public map is never made with it.
    background : the thinned background (`background_content`), to share among maps.

    Returns
    -------
    folium.Map. Objects of folium may be added to it; those that load scripts from other sites then
    need the internet.

    Raises
    ------
    UsageError
        A key that is not in the run, an unknown basemap, or one that no public map may have.
    MissingAssetError
        Leaflet is missing from the installation.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> page = service_map(example_study().run().results, "meal_station", lang="en")
    >>> "Meal stations" in page.page, "<script src=" in page.page
    (True, False)
    """
    speaker = Speaker(lang or results.info.lang)
    if key not in results.services:
        there = ", ".join(results.services) or "-"
        raise UsageError(speaker.say("study.not_in_run", key=repr(key), there=there))
    tiles = basemap_layer(
        basemap, tianditu_key=tianditu_key, lang=speaker.lang, audience=results.info.audience
    )
    if background is None:
        background = background_content(results.background)
    content = map_content(results, key, speaker, background=background)
    size = len(json_for_page(content).encode("utf-8"))
    grid_m = 100.0
    while size > MOST_BYTES and content["demand"] is not None:
        grid_m *= 2
        if grid_m > max(extent_m(results, results.services[key]), 400.0):
            break
        content = map_content(results, key, speaker, background=background, grid_m=grid_m)
        size = len(json_for_page(content).encode("utf-8"))
        logger.warning("the map of %s was too large: demand summed by %.0f m cells", key, grid_m)
    if size > LARGE_BYTES:
        logger.warning("the map of %s takes %.1f MB and may open slowly", key, size / 1e6)
    return ServiceMap(content, name=key, basemap=tiles)


def write_map(service: folium.Map, path: str | Path) -> Path:
    """Write one map as one HTML file that opens offline."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    page = service.page if isinstance(service, ServiceMap) else service.get_root().render()
    target.write_text(page, encoding="utf-8", newline="\n")
    return target


def write_maps(
    results: RunResults,
    folder: str | Path,
    *,
    lang: str | None = None,
    audience: str | None = None,
    basemap: str | None = None,
    tianditu_key: str | None = None,
    reused: Callable[[str, Path, Callable[[], None]], None] | None = None,
) -> list[Path]:
    """``KEY.html`` for every service and ``index.html`` of them all.

    Parameters
    ----------
    results : a run's results; for the public, their public edition.
    folder : usually ``maps`` in the run's folder; made where it is missing.
    lang, basemap, tianditu_key : as for `service_map`.
    audience : ``"internal"`` or ``"public"``; a public map is only made from the public edition.
    reused : called with a service's key, the file of its map and what writes it: writes an equal
        file in another way, or calls that.

    Returns
    -------
    list of Path
        The files written, ``index.html`` last.

    Raises
    ------
    UsageError
        `audience` is ``"public"`` and `results` are not the public edition.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> [path.name for path in write_maps(study.run().results, study.folder / "maps")]
    ['meal_station.html', 'index.html']
    """
    refuse_internal(results, audience)
    speaker = Speaker(lang or results.info.lang)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    background = cache(partial(background_content, results.background))

    def write(key: str, path: Path) -> None:
        made = service_map(
            results,
            key,
            lang=speaker.lang,
            basemap=basemap,
            tianditu_key=tianditu_key,
            background=background(),
        )
        write_map(made, path)

    written = []
    for key in results.services:
        path = target / f"{key}.html"
        work = partial(write, key, path)
        work() if reused is None else reused(key, path, work)
        written.append(path)
    index = target / "index.html"
    index.write_text(index_page(results, speaker), encoding="utf-8", newline="\n")
    return [*written, index]
