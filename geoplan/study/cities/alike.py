"""What the numbers of several cities rest on when they stand side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from geoplan.inputs.findings.finding import Assumption
from geoplan.outputs.wording import standard_text
from geoplan.results.cities import CityResult
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
    if len(cities) > 1:
        what, effect = speaker.say("cities.apart"), speaker.say("cities.apart_effect")
        count = len(cities)
        yield Assumption(what=what, where="include", count=count, effect=effect, code="apart")


def _assumed(speaker: Speaker, word: str, key: str, count: int, **values: object) -> Assumption:
    return Assumption(
        what=speaker.say(f"cities.{word}", **values),
        where=f"services.{key}",
        count=count,
        effect=speaker.say(f"cities.{word}_effect"),
        code=word,
    )
