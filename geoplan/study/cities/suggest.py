"""So many new sites of one service for several cities together: how many go where, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from geoplan.errors import UsageError
from geoplan.results import SitingOutcome
from geoplan.results.cities import SharedSites
from geoplan.siting.joint.sharing import share_out
from geoplan.study.cities.check import of_city
from geoplan.study.cities.opening import City, opened_cities, services_by_city, stopped
from geoplan.study.cities.share import as_reached, refuse_unshared, share_among, with_part
from geoplan.study.config.include import SharedSitingSection
from geoplan.study.progress import Progress
from geoplan.study.run import suggest_sites_of
from geoplan.study.settings import StudySettings

#: what a suggestion of so many sites does without, as of one city
_LEFT_OUT = ("budget", "phases", "years", "tiers")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CitiesSuggestion:
    """New sites of one service for several cities.

    shared : how many go where, and what is proved of it.
    outcomes : the sites of each city that gets any.
    curve : columns ``sites``, ``value``, ``bound`` of all together; None where not asked for.
    left_out : by city that gets none, why: it lacks the service, or calls it by another key.
    """

    shared: SharedSites
    outcomes: Mapping[str, SitingOutcome]
    curve: pd.DataFrame | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)


def suggest_in_cities(
    study: StudySettings,
    service: str,
    *,
    sites: int,
    objective: str | None = None,
    curve: bool = False,
    progress: Progress,
) -> CitiesSuggestion:
    """Where `sites` new sites of one service should go, in whichever of several cities.

    Parameters
    ----------
    study : of several cities. service : its key or name.
    sites : how many new sites in all.
    objective : ``"max_coverage"``, the only one that sums over cities; None means it.
    curve : also what every smaller number reaches. progress : called with (done, total, text).

    Raises
    ------
    StudyFileError
        Cities that cannot be opened, or whose siting cannot share.
    UsageError
        A service that no city has; another objective.
    """
    if objective not in (None, "max_coverage"):
        raise UsageError.of("cities.only_coverage", objective=objective)
    opened = opened_cities(study)
    if opened.faults:
        raise stopped(study, opened.faults)
    keys = services_by_city(opened.cities, [service], study.config.lang)
    key = next(own[0] for own in keys.values() if own)
    left_out = {
        name: _why_left_out(study, name, key, own) for name, own in keys.items() if key not in own
    }
    cities = [_plain(city, key, sites) for city in opened.cities if key in keys[city.name]]
    asked = SharedSitingSection(sites=sites)
    refuse_unshared(study, cities, key, asked)
    shared = share_among(study, cities, key, asked, progress=progress)
    outcomes: dict[str, SitingOutcome] = {}
    for k, city in enumerate(with_part(city, {key: shared}) for city in cities):
        if shared.table["sites"][city.name] > 0:
            told = of_city(progress, city.name, k, len(cities))
            outcome = suggest_sites_of(city.study, key, progress=told).siting
            assert outcome is not None
            outcomes[city.name] = outcome
    shared = as_reached(study, shared, outcomes)
    rows: list[tuple[int, float, float]] = []
    for n in range(sites + 1) if curve else ():
        split = share_out(list(shared.curves.values()), n)
        rows.append((n, split.value, split.bound))
    table = pd.DataFrame(rows, columns=["sites", "value", "bound"]) if curve else None
    return CitiesSuggestion(shared=shared, outcomes=outcomes, curve=table, left_out=left_out)


def _why_left_out(study: StudySettings, city: str, key: str, own: Sequence[str]) -> str:
    say = study.config.speaker.say
    if own:
        return say("cities.other_key", city=city, other=own[0], key=key)
    return say("cities.no_service", city=city, key=key)


def _plain(city: City, key: str, sites: int) -> City:
    """A city that is asked for so many sites, without the years, money and tiers of its study."""
    given = city.study.config.services[key].siting
    siting: dict[str, Any] = {"sites": sites, "curve": False, "robustness": 0}
    if given is None:
        siting["objective"] = "max_coverage"
    else:
        siting |= dict.fromkeys(_LEFT_OUT)
    return replace(city, study=city.study.replace({f"services.{key}.siting": siting}))
