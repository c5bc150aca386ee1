"""Stretches of lines and the required points along them."""

from __future__ import annotations

import pandas as pd

from geoplan.outputs.tables.table import Column, Table
from geoplan.results import ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean


def stretch_table(service: ServiceResult, speaker: Speaker) -> Table:
    """Covered and gap stretches along every line."""
    intervals = service.spacing.intervals
    frame = pd.DataFrame(intervals.drop(columns=intervals.geometry.name))
    frame["line"] = service.line_texts(frame["line"]).map(clean)
    frame["status"] = [speaker.word(f"outputs.stretch_{s}", str(s)) for s in frame["status"]]
    columns = (
        Column(name="line"),
        Column(name="from_m", kind="count"),
        Column(name="to_m", kind="count"),
        Column(name="length_m", kind="count"),
        Column(name="status"),
    )
    return Table.of(service.key, "stretches", frame, columns)


def required_table(service: ServiceResult, speaker: Speaker) -> Table:
    """Required points, where they are, and whether they are marked."""
    required = service.spacing.required
    frame = pd.DataFrame(required.drop(columns=required.geometry.name))
    lines = service.line_texts(frame["line"]).map(clean) if "line" in frame.columns else ""
    frame["line"] = lines
    places = required.geometry.to_crs("EPSG:4326")
    frame["lon"], frame["lat"] = places.x.round(6), places.y.round(6)
    frame["kind"] = [speaker.point_kind(k) for k in required["kind"]]
    frame["marked"] = [speaker.yes_no(m) for m in required["marked"]]
    columns = (
        Column(name="line"),
        Column(name="kind"),
        Column(name="lon", kind="degrees"),
        Column(name="lat", kind="degrees"),
        Column(name="marked"),
    )
    return Table.of(service.key, "required", frame, columns)
