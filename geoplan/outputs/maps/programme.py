"""What a map tells of a plan in time: places and numbers by year."""

from __future__ import annotations

from typing import Any

from geoplan.outputs.tables.programme_tables import action_text
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, plain


def programme_content(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> dict[str, Any] | None:
    """Years, actions and whom the service serves; None where it does not plan in time."""
    programme = service.programme
    if programme is None or not len(programme.by_year):
        return None
    return {
        "years": list(programme.years),
        "actions": [
            {
                "year": int(row["year"]),
                "what": action_text(row["action"], int(row["times"]), speaker),
                "name": clean(row["name"]) or clean(row["area"]),
                "lon": plain(row["lon"]),
                "lat": plain(row["lat"]),
                "people": plain(row["people"]),
            }
            for row in programme.actions.drop(columns="geometry").to_dict("records")
        ],
        "by_year": [
            {
                "served": plain(row["served"]),
                "share": plain(row["share"], 6),
                "works": plain(row["works"]),
                "cost": speaker.money(float(row["cost"]), results.info.currency),
            }
            for _, row in programme.by_year.iterrows()
        ],
    }
