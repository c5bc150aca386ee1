"""What was doubted or assumed while public transport was read, as findings of a study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geoplan.inputs.findings.finding import Severity
from geoplan.network.builders.build_notes import NetworkFinding, network_finding
from geoplan.network.transit.clock import HOUR_MS, MINUTE_MS, clock_text

if TYPE_CHECKING:
    from geoplan.network.transit.transit_network import TransitNetwork

#: notes that are counts, and how serious they are
_COUNTED: dict[str, Severity] = {
    "stops_nowhere": "warning",
    "stops_twice": "note",
    "calls_nowhere": "warning",
    "trips_without_ends": "warning",
    "trips_backwards": "warning",
    "trips_too_fast": "warning",
    "bad_frequencies": "warning",
    "transfers_of_routes": "note",
}
#: notes that are assumptions
_ASSUMED = ("speeds_assumed", "lines_straight")
#: stops named in one finding
_NAMED = 5


class FeedFinding(NamedTuple):
    """A finding and the file that it is about ("" = the first)."""

    file: str
    said: NetworkFinding


def transit_findings(network: TransitNetwork, lang: str) -> list[FeedFinding]:
    """Findings about feeds and lines, in `lang`."""
    feeds = network.notes.get("feeds")
    found = []
    for name, notes in (feeds or {"": network.notes}).items():
        found += [FeedFinding(name, said) for said in _of_one(notes, lang)]
        found += [FeedFinding(name, said) for said in _hours(network, notes, lang)]
        if feeds:
            found += [FeedFinding(name, said) for said in _days(network, notes, lang)]
    if both := network.notes.get("withdrawn_and_changed"):
        some = ", ".join(both[:_NAMED])
        said = network_finding(lang, "transit_withdrawn_and_changed", some=some)
        found.append(FeedFinding("", said))
    return [*found, *(FeedFinding("", said) for said in _far_stops(network, lang))]


def _of_one(notes: Mapping[str, Any], lang: str) -> Iterator[NetworkFinding]:
    for code, severity in _COUNTED.items():
        if count := notes.get(code):
            yield network_finding(lang, f"transit_{code}", severity=severity, total=f"{count:,}")
    for code in _ASSUMED:
        if count := notes.get(code):
            yield network_finding(lang, f"transit_{code}", assumed=count, total=f"{count:,}")
    if blank := notes.get("times_blank"):
        values: dict[str, Any] = {"total": f"{blank:,}", "times": f"{notes['times']:,}"}
        yield network_finding(lang, "transit_times_blank", severity="note", assumed=blank, **values)
    if lines := notes.get("lines_without_headway"):
        lacking: dict[str, Any] = {"total": f"{len(lines):,}", "some": ", ".join(lines[:_NAMED])}
        yield network_finding(lang, "transit_lines_without_headway", **lacking)


def _days(network: TransitNetwork, notes: Mapping[str, Any], lang: str) -> Iterator[NetworkFinding]:
    """Feeds whose days do not hold the study's, and trips that do not run on it."""
    date = str(network.date)
    if notes.get("out_of_dates"):
        yield network_finding(lang, "transit_out_of_dates", date=date, dates=notes["dates"])
    idle = notes["trips"] - notes["trips_of_day"]
    if idle:
        severity: Severity = "note" if notes["trips_of_day"] else "warning"
        values: dict[str, Any] = {
            "total": f"{idle:,}",
            "trips": f"{notes['trips']:,}",
            "date": date,
        }
        yield network_finding(lang, "transit_idle_trips", severity=severity, **values)


def _hours(
    network: TransitNetwork, notes: Mapping[str, Any], lang: str
) -> Iterator[NetworkFinding]:
    """Feeds and lines of which nothing runs near the study's window: samples, cut timetables."""
    runs = np.flatnonzero(notes.get("by_hour", ()))
    minutes = network.options.minutes
    first, last = int(minutes[0]), int(minutes[-1]) + MINUTE_MS
    near = (runs >= (first - HOUR_MS) // HOUR_MS) & (runs <= (last - 1 + HOUR_MS) // HOUR_MS)
    if len(runs) and not near.any():
        values: dict[str, Any] = {"begin": clock_text(first), "end": clock_text(last)}
        values |= {"first": f"{runs[0]}:00", "last": f"{runs[-1] + 1}:00"}
        yield network_finding(lang, "transit_none_in_window", **values)


def _far_stops(network: TransitNetwork, lang: str) -> Iterator[NetworkFinding]:
    """Stops that no street leads to: nobody gets on or off there."""
    doors = network.schedule.doors
    reached = np.zeros(network.schedule.n_stops, bool)
    reached[doors.stop[network.placed_doors.state == 0]] = True
    far = np.flatnonzero(~reached)
    if len(far):
        some = ", ".join(network.schedule.stops["name"].iloc[far[:_NAMED]].astype(str))
        values: dict[str, Any] = {
            "total": f"{len(far):,}",
            "stops": f"{len(reached):,}",
            "some": some,
        }
        yield network_finding(lang, "transit_far_stops", **values)
