"""Named what-ifs, so that nobody has to know which keys of `study.toml` one of them changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Any

from geoplan.errors import UsageError
from geoplan.study.config.cross_checks import standard_of
from geoplan.study.settings import S, StudySettings
from geoplan.words.speaker import Speaker

#: what ``[what_if]`` of an overlay and `what_if` know
NAMES = ("slower_walkers", "people", "closed", "opened", "links", "standards")


def what_if(
    study: S,
    *,
    slower_walkers: float | None = None,
    people: Mapping[str, float] | None = None,
    closed: Mapping[str, Sequence[str]] | None = None,
    opened: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    links: Mapping[str, str] | None = None,
    standards: Mapping[str, Mapping[str, Any]] | None = None,
) -> S:
    """The study with changed settings: slower walkers, more people, sites closed and opened, links.

    Parameters
    ----------
    study : the study as it is; not changed.
    slower_walkers : factor on walking speed, for example 0.8. Every threshold in metres on foot
        stands for a time and shrinks by the same factor, tiers included.
    people : demand key -> factor, for example ``{"elderly_60": 1.2}`` for an ageing city; on top of
        a ``scale`` that the study has.
    closed : service -> ids or names of its sites, besides those that the study closes.
    opened : service -> new sites in service, each a table with ``id`` and ``x``, ``y`` (metres in
        the study's CRS) or ``lon``, ``lat`` (WGS 84), and where wanted ``name``, ``capacity``
        (none: no limit), ``tier``. A map's what-if writes them.
    links : ``"walk"`` or ``"drive"`` -> a line layer of new bridges or paths, relative to the
        study's folder.
    standards : service -> figures of its standard, for example
        ``{"meal_station": {"threshold_m": 800}}``. They are taken as given, not slowed.

    Returns
    -------
    Study

    Raises
    ------
    UsageError
        Keys that the study does not have, factors that are not above 0; all at once.
    StudyFileError
        What comes out is no study.

    Examples
    --------
    >>> from geoplan.study import example_study, what_if
    >>> older = what_if(example_study(), people={"elderly_60": 1.2})
    >>> older.run().coverage["meal_station"].ledger.total
    348.0
    """
    people, closed, links = dict(people or {}), dict(closed or {}), dict(links or {})
    opened, standards = dict(opened or {}), dict(standards or {})
    named: dict[str, Mapping[str, Any]] = {
        "people": people,
        "closed": closed,
        "opened": opened,
        "links": links,
        "standards": standards,
    }
    given = {"slower_walkers": slower_walkers, **named}
    if faults := [said for _, said in name_faults(study, given)]:
        raise what_if_error(study.config.speaker, faults)
    config = study.config
    changed = study
    if slower_walkers is not None:
        changed = _slower(changed, float(slower_walkers))
    services: dict[str, dict[str, Any]] = {}
    for key, sites in closed.items():
        already = config.services[key].closed
        services.setdefault(key, {})["closed"] = list(dict.fromkeys([*already, *sites]))
    for key, new in opened.items():
        there = [site.model_dump(exclude_none=True) for site in config.services[key].added]
        services.setdefault(key, {})["added"] = [*there, *(dict(site) for site in new)]
    for key, figures in standards.items():
        services.setdefault(key, {})["standard"] = dict(figures)
    return changed.replace(
        demand={key: {"scale": config.demand[key].scale * f} for key, f in people.items()},
        network={mode: {"links": str(path)} for mode, path in links.items()},
        services=services,
    )


def what_if_error(speaker: Speaker, faults: Iterable[str]) -> UsageError:
    """The error that lists what is wrong with a what-if."""
    listed = ("；" if speaker.lang == "zh" else "; ").join(faults)
    return UsageError(speaker.say("scenario.what_if_faults", faults=listed))


def name_faults(
    study: StudySettings, given: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Names that the study does not have and values of the wrong kind: the key, and a sentence."""
    config, speaker = study.config, study.config.speaker
    there: dict[str, list[Any]] = {
        "people": list(config.demand),
        "closed": list(config.services),
        "opened": list(config.services),
        "links": list(config.network),
        "standards": list(config.services),
    }
    tables = {name: value for name, value in given.items() if isinstance(value, Mapping)}
    for name, table in tables.items():
        for key in table:
            if key not in there[name]:
                listed = ", ".join(map(str, there[name])) or "-"
                said = speaker.say("scenario.what_if_names", name=name, key=key, there=listed)
                yield (name, str(key)), said
    yield from _kind_faults(speaker, given.get("slower_walkers"), tables)


def _kind_faults(
    speaker: Speaker, slower: Any, tables: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Values that are no factor, no list, no table."""
    factors: dict[tuple[str, ...], Any] = {("slower_walkers",): slower}
    factors |= {("people", str(k)): f for k, f in tables.get("people", {}).items()}
    for where, factor in factors.items():
        if factor is None:
            continue
        if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 < factor < inf:
            name = ".".join(where)
            yield where, speaker.say("scenario.what_if_factor", name=name, factor=factor)
    for key, sites in tables.get("closed", {}).items():
        if isinstance(sites, str) or not isinstance(sites, Iterable):
            yield ("closed", str(key)), speaker.say("scenario.what_if_list", key=key, sites=sites)
    for key, sites in tables.get("opened", {}).items():
        listed_sites = isinstance(sites, Iterable) and not isinstance(sites, str | Mapping)
        if not listed_sites or not all(isinstance(s, Mapping) for s in sites):
            yield ("opened", str(key)), speaker.say("scenario.what_if_sites", key=key)
    for key, figures in tables.get("standards", {}).items():
        if not isinstance(figures, Mapping):
            yield ("standards", str(key)), speaker.say("scenario.what_if_standard", key=key)


def _slower(study: S, factor: float) -> S:
    """Walking speed and all thresholds in metres on foot, times `factor`."""
    changes: dict[str, Any] = {}
    walk = study.config.network.get("walk")
    if walk is not None:
        changes["network.walk.speed_m_s"] = walk.speed_m_s * factor
    for key, section in study.config.services.items():
        standard = standard_of(key, section)
        if standard.mode == "walk" and standard.threshold_m is not None:
            changes[f"services.{key}.standard.threshold_m"] = standard.threshold_m * factor
        shrunk = {
            tier.key: tier.threshold_m * factor
            for tier in standard.tiers
            if tier.mode == "walk" and tier.threshold_m is not None
        }
        if not shrunk:
            continue
        given = section.standard.get("tiers")
        if isinstance(given, list):  # a list stands for all tiers, so it has to stay whole
            changes[f"services.{key}.standard.tiers"] = [
                {**t, "threshold_m": shrunk[t["key"]]} if t.get("key") in shrunk else t
                for t in given
            ]
        else:
            for tier_key, metres in shrunk.items():
                changes[f"services.{key}.standard.tiers.{tier_key}.threshold_m"] = metres
    return study.replace(changes)
