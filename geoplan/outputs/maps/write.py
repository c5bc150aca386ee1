"""`service_map`, `write_map`, `write_maps`: maps to show and maps as files."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan.disclosure.public_edition import refuse_internal
from geoplan.errors import UsageError
from geoplan.outputs.maps.background import background_content
from geoplan.outputs.maps.basemap import basemap_layer
from geoplan.outputs.maps.content import content_today, map_content, with_programme
from geoplan.outputs.maps.counties.pages import Content, Counties, pages_of
from geoplan.outputs.maps.extent import extent_m
from geoplan.outputs.maps.index import index_page
from geoplan.outputs.maps.page import MapPage
from geoplan.results import RunResults
from geoplan.words.speaker import Speaker

if TYPE_CHECKING:
    import folium

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
    from geoplan.outputs.maps.folium_map import ServiceMap  # loads folium

    return ServiceMap(
        _page(
            results,
            key,
            Speaker(lang or results.info.lang),
            basemap=basemap,
            tianditu_key=tianditu_key,
            content=partial(map_content, background=background),
        )
    )


def _page(
    results: RunResults,
    key: str,
    speaker: Speaker,
    *,
    basemap: str | None,
    tianditu_key: str | None,
    content: Callable[..., dict[str, Any]],
) -> MapPage:
    """The page of one service.

    content : as `map_content`.
    """
    if key not in results.services:
        there = ", ".join(results.services) or "-"
        raise UsageError(speaker.say("study.not_in_run", key=repr(key), there=there))
    tiles = basemap_layer(
        basemap, tianditu_key=tianditu_key, lang=speaker.lang, audience=results.info.audience
    )
    made = MapPage.of(content(results, key, speaker), name=key, basemap=tiles)
    size = len(made.encoded.encode("utf-8"))
    grid_m = 100.0
    while size > MOST_BYTES and made.content["demand"] is not None:
        grid_m *= 2
        if grid_m > max(extent_m(results, results.services[key]), 400.0):
            break
        coarse = content(results, key, speaker, grid_m=grid_m)
        made = MapPage.of(coarse, name=key, basemap=tiles)
        size = len(made.encoded.encode("utf-8"))
        logger.warning("the map of %s was too large: demand summed by %.0f m cells", key, grid_m)
    if size > LARGE_BYTES:
        logger.warning("the map of %s takes %.1f MB and may open slowly", key, size / 1e6)
    return made


def write_map(service: folium.Map, path: str | Path) -> Path:
    """Write one map as one HTML file that opens offline."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(service.get_root().render(), encoding="utf-8", newline="\n")
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
    piece: Callable[..., Any] | None = None,
) -> list[Path]:
    """``KEY.html`` for every service and ``index.html`` of them all.

    Where a service is too large for one page (some 10 MB) and has areas, ``KEY.html`` is an
    overview, demand summed by squares, and ``KEY/001.html`` and so on are the pages of its areas.

    Parameters
    ----------
    results : a run's results; for the public, their public edition.
    folder : usually ``maps`` in the run's folder; made where it is missing.
    lang, basemap, tianditu_key : as for `service_map`.
    audience : ``"internal"`` or ``"public"``; a public map is only made from the public edition.
    reused : called with a service's key, the file of its map and what writes it: writes an equal
        file in another way, or calls that.
    piece : called with a service's key, a name, what works a part of its page out, and that it
        shows no plan in time (``timed``): gives an equal part, or calls that.

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

    def part(key: str, name: str, work: Callable[[], Any]) -> Any:
        return work() if piece is None else piece(key, name, work, timed=False)

    def content(results: RunResults, key: str, speaker: Speaker, **options: Any) -> dict[str, Any]:
        def today() -> dict[str, Any]:
            return content_today(results, key, speaker, background=background(), **options)

        if results.services[key].programme is None:
            return today()  # the page is kept whole
        shown = part(key, f"content {options}", today)
        return with_programme(shown, results, key, speaker)

    def write(key: str, path: Path, content: Content) -> None:
        made = _page(
            results,
            key,
            speaker,
            basemap=basemap,
            tianditu_key=tianditu_key,
            content=content,
        )
        path.parent.mkdir(exist_ok=True)
        path.write_text(made.text(), encoding="utf-8", newline="\n")

    written = []
    counties: dict[str, Counties] = {}
    for key in results.services:
        found, pages = pages_of(results, key, speaker, background=background)
        if found:
            counties[key] = found
        for name, of_page in (pages or {f"{key}.html": content}).items():
            path = target / name
            work = partial(write, key, path, of_page)
            work() if reused is None else reused(key, path, work)
            written.append(path)
    index = target / "index.html"
    page = index_page(results, speaker, part=part, counties=counties)
    index.write_text(page, encoding="utf-8", newline="\n")
    return [*written, index]
