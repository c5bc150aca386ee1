"""What the numbers of several cities rest on when they stand side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from geoplan.inputs.findings.finding import Assumption
from geoplan.outputs.wording import standard_text
from geoplan.results.cities import CityResult, SharedSites
from geoplan.study.cities.programmes import planned, unlike_programmes
from geoplan.words.speaker import Speaker


def unlike_cities(cities: Sequence[CityResult], lang: str) -> Iterator[Assumption]:
    """Where cities are not judged alike: another standard, other people, a service that some have.

    Everyone is taken to live in one city: people of two cities' files are not compared.
    """
    speaker = Speaker(lang)
    comma = speaker.say("report.name_comma")
    keys = dict.fromkeys(key for city in cities for key in city.services)
    for key in keys:
        having = [city for city in cities if key in city.services]
        name = having[0].services[key].standard.name(lang)
        by_text: dict[str, list[str]] = {}
        by_group: dict[str, list[str]] = {}
        for city in having:
            text = standard_text(city.services[key].standard, speaker)
            by_text.setdefault(text, []).append(city.name)
            if city.services[key].group:
                by_group.setdefault(city.services[key].group, []).append(city.name)
        for word, part, found in (
            ("unlike", "standard_of", by_text),
            ("unlike_groups", "counted_in", by_group),
        ):
            if len(found) > 1:
                told = speaker.say("cities.semicolon").join(
                    speaker.say(f"cities.{part}", cities=comma.join(names), what=what)
                    for what, names in found.items()
                )
                yield _assumed(speaker, word, key, len(found), service=name, told=told)
        if len(having) < len(cities):
            without = [city.name for city in cities if key not in city.services]
            told = comma.join(without)
            yield _assumed(speaker, "without", key, len(without), service=name, told=told)
        yield from _unlike_years(having, key, speaker)
    if len(cities) > 1:
        what, effect = speaker.say("cities.apart"), speaker.say("cities.apart_effect")
        count = len(cities)
        yield Assumption(what=what, where="include", count=count, effect=effect, code="apart")


def _unlike_years(having: Sequence[CityResult], key: str, speaker: Speaker) -> Iterator[Assumption]:
    """Where plans in time are not summed up, or not those of all cities that have the service."""
    comma, parts = speaker.say("report.name_comma"), speaker.say("cities.semicolon")
    name = having[0].services[key].standard.name(speaker.lang)
    summaries = {city.name: city.summary["services"][key] for city in having}
    plans = {city: one["programme"] for city, one in summaries.items() if planned(one)}
    if not plans:
        return
    if unlike_programmes(summaries):
        told = parts.join(
            speaker.say(
                "cities.planned_for",
                city=city,
                years=comma.join(map(str, one["years"])),
                aim=speaker.word(f"outputs.objective_{one['objective']}", one["objective"]),
            )
            for city, one in plans.items()
        )
        yield _assumed(speaker, "unlike_years", key, len(plans), service=name, told=told)
    without = [city for city in summaries if city not in plans]
    if without:
        told = comma.join(without)
        yield _assumed(speaker, "no_years", key, len(without), service=name, told=told)


def gave_way(shared: Mapping[str, SharedSites], lang: str) -> Iterator[Assumption]:
    """Cities whose own phases and years give way to what all cities share."""
    speaker = Speaker(lang)
    for key, one in shared.items():
        if one.gave_way:
            told = speaker.say("report.name_comma").join(one.gave_way)
            yield _assumed(speaker, "gave_way", key, len(one.gave_way), key=key, told=told)


def _assumed(
    speaker: Speaker, word: str, service_key: str, count: int, **values: object
) -> Assumption:
    return Assumption(
        what=speaker.say(f"cities.{word}", **values),
        where=f"services.{service_key}",
        count=count,
        effect=speaker.say(f"cities.{word}_effect"),
        code=word,
    )
