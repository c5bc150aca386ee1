"""The keys of ``summary.json`` about plans in time."""

from __future__ import annotations

from typing import Any

from geoplan.coverage.ledger import STATES
from geoplan.results import Programme
from geoplan.words.text_format import plain

_PEOPLE = ("total", *STATES)
_ACTION = (
    *("year", "action", "site", "name", "project", "area", "lon", "lat", "cost", "running_cost"),
    *("people", "person_years", "lost_by_waiting", "why"),
)


def programme_keys(programme: Programme) -> dict[str, Any]:
    """What is done in which year, for how much, and whom the service serves then."""
    return {
        "years": list(programme.years),
        "objective": programme.objective,
        "status": programme.status,
        "value": plain(programme.value),
        "bound": plain(programme.bound),
        "gap": plain(programme.gap, 15),
        **({"cut_short": True} if programme.cut_short else {}),
        "seconds": plain(programme.seconds, 3),
        "together": list(programme.together),
        "alone_value": plain(programme.alone_value),
        "actions": [
            {name: plain(row.get(name)) for name in _ACTION if name in row}
            for row in programme.actions.drop(columns="geometry").to_dict("records")
        ],
        "by_year": {
            str(year): {
                "people": {name: plain(row[name]) for name in _PEOPLE},
                "covered_share": plain(row["share"], 15),
                **{name: plain(row[name]) for name in ("cost", "running_cost", "works", "sites")},
            }
            for year, row in programme.by_year.iterrows()
        },
        "blocking": list(programme.blocking),
    }
