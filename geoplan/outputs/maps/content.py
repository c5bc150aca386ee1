"""Everything one map shows, as one plain dictionary that becomes JSON in the page."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from geoplan.disclosure.public_edition import gaps_are_areas
from geoplan.outputs.maps.areas import areas_content
from geoplan.outputs.maps.background import background_content
from geoplan.outputs.maps.covers.content import covers_content
from geoplan.outputs.maps.extent import bounds
from geoplan.outputs.maps.features import (
    MOST_NAMES,
    curve_content,
    demand_content,
    funded_sites,
    gaps_content,
    grid_content,
    reach_content,
    site_positions,
    sites_content,
    spacing_content,
    suggested_content,
)
from geoplan.outputs.maps.headline import headline
from geoplan.outputs.maps.journeys import journeys_content
from geoplan.outputs.maps.pinyin import readings
from geoplan.outputs.maps.programme import programme_content
from geoplan.outputs.ranges import is_plan_unlimited
from geoplan.outputs.wording import assumption_text, assumptions_about
from geoplan.results import RunResults
from geoplan.services.standard import ServiceStandard
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import plain


def map_content(
    results: RunResults,
    key: str,
    speaker: Speaker,
    *,
    grid_m: float | None = None,
    background: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """All that the map of one service shows.

    Parameters
    ----------
    grid_m : sum demand by cells of this many metres instead of drawing each point.
    background : an already thinned background (`background_content`), shared by many maps.
    """
    shown = content_today(results, key, speaker, grid_m=grid_m, background=background)
    return with_programme(shown, results, key, speaker)


def with_programme(
    content: dict[str, Any], results: RunResults, key: str, speaker: Speaker
) -> dict[str, Any]:
    """What `content_today` gives, and the plan in time in its place."""
    return content | {"programme": programme_content(results, results.services[key], speaker)}


def content_today(
    results: RunResults,
    key: str,
    speaker: Speaker,
    *,
    grid_m: float | None = None,
    background: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """`map_content` but for the plan in time, which is None."""
    service = results.services[key]
    known = site_positions(service)
    after = service.siting.coverage_after if service.siting is not None else None
    notes = list(service.notes)
    demand = None
    if service.coverage is not None and grid_m is not None:
        demand = grid_content(service.coverage, size_m=grid_m)
        notes.insert(0, speaker.say("maps.aggregated", size=f"{grid_m:,.0f}"))
    elif service.coverage is not None:
        demand = demand_content(service.coverage, after, known)
        if len(service.coverage.frame) > MOST_NAMES:
            notes.append(speaker.say("maps.names_left_out"))
    if len(service.all_rates) > 1:
        notes.append(
            speaker.say("maps.measures_left_out", measure=service.measure_name(speaker.lang))
        )
    covers = covers_content(results, service)
    if covers is not None:
        covers["currency"] = speaker.currency(results.info.currency)
    if service.covers is not None and covers is None:
        notes.append(speaker.say("whatif.left_out"))
    if background is None:
        background = background_content(results.background)
    if background.get("thinned"):
        notes.append(speaker.say("maps.roads_thinned"))
    content = {
        "lang": speaker.lang,
        "meta": page_meta(results, key, speaker) | {"notes": notes},
        "bounds": bounds(results, service),
        "headline": headline(results, service, speaker),
        "unlimited": is_plan_unlimited(service),
        "background": background,
        "areas": areas_content(results, service, speaker),
        "demand": demand,
        "sites": sites_content(service, speaker),
        "gaps": gaps_content(service, known, whole_areas=gaps_are_areas(service)),
        "suggested": suggested_content(
            service.siting.sites if service.siting else funded_sites(results, service, speaker),
            known,
            service.in_reach,
        ),
        "reach": reach_content(service),
        "spacing": spacing_content(service),
        "curve": curve_content(service),
        "whatif": covers,
        "programme": None,
        "journeys": journeys_content(service, demand, known, speaker.lang),
    }
    return content | {"pinyin": readings(_names(content))}


def _names(content: dict[str, Any]) -> Iterator[str]:
    """Every name that can be searched for."""
    for part in ("sites", "suggested", "demand"):
        yield from (content[part] or {}).get("names") or ()
    for level in content["areas"] or ():
        yield from level["names"]
    yield from (content["gaps"] or {}).get("area") or ()


def page_meta(results: RunResults, key: str, speaker: Speaker) -> dict[str, Any]:
    """Titles, stamps and the lines at the foot of the page."""
    info, service = results.info, results.services[key]
    standard, assumed = service.standard, assumptions_about(results, key)
    name = service.name(speaker.lang)
    stamps = [speaker.say("maps.synthetic")] if info.synthetic else []
    stamps.append(speaker.say("maps.public" if info.audience == "public" else "maps.internal"))
    foot = []
    if info.synthetic:
        foot.append(speaker.say("maps.synthetic_long"))
    if info.source:
        foot.append(speaker.say("maps.source", text=info.source))
    if info.data_date:
        foot.append(speaker.say("maps.data_date", text=info.data_date))
    if info.map_approval_no:
        foot.append(speaker.say("maps.approval", text=info.map_approval_no))
    else:
        foot.append(speaker.say("maps.sketch"))
    return {
        "service": name,
        "study": info.title or info.name,
        "title": speaker.say("maps.page_title", service=name, study=info.title or info.name),
        "standard": standard_text(standard, speaker),
        "authority": authority_text(standard, speaker),
        "stamps": stamps,
        "assumed": [assumption_text(one, speaker, results.services) for one in assumed],
        "assumed_head": speaker.say("maps.assumed", count=len(assumed)),
        "foot": foot,
        "mark": [
            line
            for line, shown in (
                (speaker.say("maps.synthetic_long"), info.synthetic),
                (speaker.say("maps.approval", text=info.map_approval_no), info.map_approval_no),
            )
            if shown
        ],
        "measure": standard.measure,
        "limited": standard.capacity_limits,
        "timed": standard.mode == "transit",
        "measure_name": service.measure_name(speaker.lang),
        "per": plain(standard.per, 1),
    }


def standard_text(standard: ServiceStandard, speaker: Speaker) -> str:
    """What "covered" means, in one line."""
    if standard.measure == "reach":
        mode = speaker.say(f"common.{standard.mode}") if standard.mode else ""
        value = f"{standard.threshold:,.6g}" if standard.threshold is not None else ""
        return speaker.say(f"maps.reach_{standard.unit}", mode=mode, value=value)
    if standard.measure == "spacing":
        return speaker.say("maps.spacing", value=f"{standard.max_spacing_m:,.6g}")
    if standard.measure == "rate":
        return speaker.say("maps.rate", per=f"{standard.per:,.6g}")
    return speaker.say("maps.budget")


def authority_text(standard: ServiceStandard, speaker: Speaker) -> str:
    """Where the standard comes from, or nothing."""
    source = standard.source_en if speaker.lang == "en" and standard.source_en else standard.source
    if not source:
        return ""
    if standard.year:
        return speaker.say("maps.standard_source", text=source, year=standard.year)
    return speaker.say("maps.standard_source_plain", text=source)


#: sentences of the page about a plan's numbers
_OF_THE_PLAN = (
    *("ui_after", "ui_layer_gained", "ui_tab_sites", "ui_site_added", "ui_site_after", "ui_curve"),
)


@cache
def ui_words(speaker: Speaker, *, unlimited: bool = False, timed: bool = False) -> dict[str, str]:
    """The sentences that the page's script says, by name.

    unlimited : those about the plan say that they hold if its new sites have no limit.
    timed : public transport may be what cuts people off.

    Examples
    --------
    >>> ui_words(Speaker("en"))["ui_now"]
    'Today'
    """
    source = files("geoplan.words").joinpath("maps.toml").read_text(encoding="utf-8")
    spoken = ("ui_", "cause_", "remedy_", "state_", "kind_")
    words = {k: speaker.say(f"maps.{k}") for k in tomllib.loads(source) if k.startswith(spoken)}
    if timed:
        words["state_cut_off"] = words["state_cut_off_transit"]
    if unlimited:
        words |= {k: speaker.say("maps.if_unlimited", what=words[k]) for k in _OF_THE_PLAN}
    return words


@cache
def what_if_words(speaker: Speaker) -> dict[str, str]:
    """The sentences of what-ifs, by the names that the page's script knows.

    Examples
    --------
    >>> what_if_words(Speaker("en"))["ui_whatif_undo"]
    'Undo'
    """
    source = files("geoplan.words").joinpath("whatif.toml").read_text(encoding="utf-8")
    return {f"ui_whatif_{k}": speaker.say(f"whatif.{k}") for k in tomllib.loads(source)}
