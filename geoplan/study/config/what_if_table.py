"""The ``[what_if]`` table of an overlay: its shape, checked key by key before anything uses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geoplan.inputs.findings.finding import Finding
from geoplan.study.config.schema import AddedSite, Positive
from geoplan.study.config.shape_faults import shape_findings
from geoplan.study.config.toml_lines import Location
from geoplan.words.speaker import Speaker


class WhatIfSection(BaseModel):
    """``[what_if]``: what `geoplan.study.what_if` takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slower_walkers: Positive | None = None
    people: dict[str, Positive] = Field(default_factory=dict)
    closed: dict[str, list[str]] = Field(default_factory=dict)
    opened: dict[str, list[AddedSite]] = Field(default_factory=dict)
    links: dict[str, str] = Field(default_factory=dict)
    standards: dict[str, dict[str, Any]] = Field(default_factory=dict)


class _Overlay(BaseModel):
    what_if: WhatIfSection = Field(default_factory=WhatIfSection)


def what_if_faults(
    table: Any, *, path: Path, lines: Mapping[Location, int], speaker: Speaker
) -> tuple[Finding, ...]:
    """What is wrong with the shape of a ``[what_if]`` table.

    Parameters
    ----------
    table : as it was written.
    path, lines : the overlay, and the line of every key; nothing for one made in Python.
    """
    raw = {"what_if": table}
    try:
        _Overlay.model_validate(raw)
    except ValidationError as error:
        found = shape_findings(error, raw, _Overlay, path=path, lines=lines, speaker=speaker)
        return tuple(found)
    return ()


def moved_to_what_if(
    findings: Iterator[Finding] | tuple[Finding, ...], table: Mapping[str, Any]
) -> Iterator[Finding]:
    """Faults of the study that a what-if makes, at the keys of the what-if itself."""
    for one in findings:
        place = one.column.split(".")
        moved = [
            ["what_if", name, *place[1:2], *place[deep:]]
            for name, (section, key, deep) in _MADE_OF.items()
            if place[:1] == [section] and place[2:3] == [key] and place[1] in _keys(table, name)
        ]
        yield replace(one, column=".".join(moved[0])) if moved else one


#: which keys of a study every part of a what-if changes: section, key, and how much of the key's
#: place is its own
_MADE_OF = {
    "people": ("demand", "scale", 3),
    "closed": ("services", "closed", 3),
    "opened": ("services", "added", 3),
    "links": ("network", "links", 3),
    "standards": ("services", "standard", 3),
}


def _keys(table: Mapping[str, Any], name: str) -> list[str]:
    value = table.get(name)
    return list(value) if isinstance(value, Mapping) else []
