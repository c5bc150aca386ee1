"""The head of a map of rates: what the large number counts, and what else was counted."""

from __future__ import annotations

from typing import Any

from geoplan.coverage.rates import city_rate
from geoplan.outputs.maps.values import number
from geoplan.outputs.tables.fact_tables import measure_table
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import count_text, number_text


def rate_head(service: ServiceResult, speaker: Speaker) -> dict[str, Any]:
    """The large number of the page, with the name of what it counts."""
    assert service.rates is not None
    per = service.standard.per
    rate = city_rate(service.rates, per).rate
    label = speaker.say(
        "maps.head_rate", per=f"{per:,.6g}", measure=service.measure_name(speaker.lang)
    )
    return {"label": label, "rate": number(rate, 2)}


def measure_facts(results: RunResults, service: ServiceResult, speaker: Speaker) -> list[list[str]]:
    """Pairs of label and value for every count after the first, which the map itself shows."""
    if len(service.all_rates) < 2:
        return []
    per = f"{service.standard.per:,.6g}"
    table = measure_table(results, service, speaker).frame
    return [
        [
            str(row.measure),
            speaker.say(
                "maps.measure_fact",
                count=count_text(row.count_),
                rate=number_text(row.rate),
                per=per,
            ),
        ]
        for row in table.rename(columns={"count": "count_"}).iloc[1:].itertuples()
    ]
