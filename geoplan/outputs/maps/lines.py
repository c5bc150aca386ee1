"""Spacing along lines for the page: covered and gap stretches, required points."""

from __future__ import annotations

from typing import Any

from geoplan.outputs.maps.encode import encode_points, encode_shapes
from geoplan.outputs.maps.values import numbers, texts
from geoplan.results import ServiceResult


def spacing_content(service: ServiceResult) -> dict[str, Any] | None:
    """Every interval with line, chainage and whether it is covered; required points."""
    spacing = service.spacing
    if spacing is None:
        return None
    rows = spacing.intervals[spacing.intervals.geometry.notna()]
    content: dict[str, Any] = {
        "path": encode_shapes(rows.geometry.simplify(3.0)),
        "line": texts(service.line_texts(rows["line"])),
        "start": numbers(rows["from_m"], 0),
        "end": numbers(rows["to_m"], 0),
        "covered": [1 if status == "covered" else 0 for status in rows["status"]],
        "length": numbers([spacing.total_m, spacing.covered_m, spacing.gap_m], 1),
    }
    required = spacing.required
    if required is not None and len(required):
        placed = required[required.geometry.notna()]
        content["required"] = {
            "at": encode_points(placed.geometry),
            "kind": texts(placed["kind"]),
            "line": texts(service.line_texts(placed["line"])),
            "marked": [int(bool(marked)) for marked in placed["marked"]],
        }
    return content
