"""Names with characters that figures cannot write: told where they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from geoplan.inputs.findings.finding import Finding, InputRecord
from geoplan.inputs.layers import AreaLayer
from geoplan.study.config.schema import StudyFile

#: how findings call the study's own file
STUDY_FILE = "study.toml"
#: characters that are written out
_SHOWN = 8


def unwritable_names(
    config: StudyFile,
    areas: Mapping[str, AreaLayer],
    records: tuple[InputRecord, ...],
) -> tuple[Finding, ...]:
    """A finding for every file whose names figures cannot write as they stand.

    Parameters
    ----------
    areas, records : as they were read; figures name areas, and what the study file calls things.
    """
    found = []
    for file, names in _printed(config, areas, records):
        unusual = [n for n in names if not n.isascii()]
        lacking = _lacking(unusual)
        if not lacking:
            continue
        shown = ", ".join(f"U+{ord(c):04X}" for c in lacking[:_SHOWN])
        count = sum(any(c in name for c in lacking) for name in unusual)
        say = config.speaker.say
        found.append(
            Finding(
                file=file,
                problem=say("inputs.unwritable_names", count=count, characters=shown),
                advice=say("inputs.unwritable_names_advice"),
                severity="warning",
                code="unwritable_names",
            )
        )
    return tuple(found)


def _printed(
    config: StudyFile,
    areas: Mapping[str, AreaLayer],
    records: tuple[InputRecord, ...],
) -> Iterator[tuple[str, list[str]]]:
    """The names that figures print, by file."""
    for level, layer in areas.items():
        roles = (r.path for r in records if f"areas.{level}" in r.role.split(", "))
        yield next(roles, level), [str(n) for n in layer.names.dropna()]
    study = config.study
    texts: list[Any] = [
        study.name,
        study.name_en or "",
        study.source,
        study.data_date,
        study.map_approval_no,
    ]
    texts += [t for s in config.services.values() for t in (s.name, s.name_en)]
    yield STUDY_FILE, [t for t in texts if t]


def _lacking(names: list[str]) -> list[str]:
    """The characters that figures lack; fonts are opened for unusual ones only."""
    unusual = {c for name in names for c in name if not _is_usual(c)}
    if not unusual:
        return []
    from geoplan.outputs.figures.fonts import unwritable

    return unwritable(unusual)


def _is_usual(character: str) -> bool:
    """Whether every font with Chinese characters has it."""
    return character.isascii() or "\u4e00" <= character <= "\u9fa5" or character in "（）、·—《》“”"
