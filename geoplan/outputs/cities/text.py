"""The headline numbers of several cities as text for a terminal or a notebook."""

from __future__ import annotations

from geoplan.outputs.cities.tables import of_city, share, worst_first
from geoplan.results.cities import CitiesResults
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import aligned, clean, count_text, share_text


def cities_text(whole: CitiesResults, lang: str = "zh") -> str:
    """A table per service, its worst-off city first, and how many files were doubted.

    Parameters
    ----------
    whole : results of a study of several cities.
    lang : ``"zh"`` or ``"en"``.
    """
    speaker = Speaker(lang)
    lines = [clean(whole.info.name)]
    if whole.info.synthetic:
        lines.append(speaker.say("common.synthetic"))
    for key, standard in whole.standards.items():
        if "people" in whole.summary["services"][key]:
            lines += ["", clean(standard.name(lang)), *_people(whole, key, speaker)]
    others = [
        clean(standard.name(lang))
        for key, standard in whole.standards.items()
        if "people" not in whole.summary["services"][key]
    ]
    if others:
        names = speaker.say("report.name_comma").join(others)
        lines += ["", speaker.say("cities.text_others", services=names)]
    inputs = whole.summary["inputs"]
    lines += [
        "",
        speaker.say(
            "cities.text_inputs",
            cities=len(whole.cities),
            files=len(inputs),
            rows=f"{sum(record['rows'] for record in inputs):,}",
            set_aside=f"{sum(record['set_aside'] for record in inputs):,}",
        ),
    ]
    return "\n".join(lines)


def _people(whole: CitiesResults, key: str, speaker: Speaker) -> list[str]:
    heads = ("facilities", "served", "total", "share", "new_sites", "after")
    rows = [[speaker.say("outputs.col_city"), *(speaker.say(f"outputs.text_{h}") for h in heads)]]
    parts = [(clean(city.name), of_city(city, key)) for city in worst_first(whole, key)]
    for name, one in (*parts, (speaker.say("cities.all"), whole.summary["services"][key])):
        people, siting = one["people"], one.get("siting")
        after = None if siting is None else siting.get("people_after")
        rows.append(
            [
                name,
                count_text(one["facilities"]),
                count_text(people["served"]),
                count_text(people["total"]),
                share_text(one["covered_share"]),
                "" if siting is None else count_text(len(siting["sites"])),
                "" if after is None else share_text(share(after["served"], after["total"])),
            ]
        )
    return aligned(rows)
