"""Personal data in the texts of a study file: hidden in every output, told with their line."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geoplan.inputs.columns.personal.free_text import hide_in_text
from geoplan.inputs.findings.finding import Finding
from geoplan.study.config.toml_lines import Location, dotted, file_finding, key_lines, line_of
from geoplan.words.speaker import Speaker

#: texts that outputs print, by section; "*" is any key, "**" everything below
_PRINTED: tuple[Location, ...] = (
    ("study", "name"),
    ("study", "name_en"),
    ("study", "source"),
    ("study", "data_date"),
    ("study", "map_approval_no"),
    ("study", "currency"),
    ("demand", "*", "name"),
    ("demand", "*", "name_en"),
    ("services", "*", "name"),
    ("services", "*", "name_en"),
    ("services", "*", "standard", "**"),
    ("figures", "*", "label"),
    ("figures", "*", "label_en"),
    ("figures", "*", "source"),
    ("figures", "*", "source_en"),
    ("figures", "*", "note"),
    ("figures", "*", "note_en"),
    ("study", "name_en"),
    ("report", "office"),
    ("report", "date"),
)
#: sections whose keys become names of files
_KEYED = ("areas", "demand", "services", "background")


def without_personal_texts(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with personal data in printed texts hidden; as they are where they are kept.

    Examples
    --------
    >>> without_personal_texts({"study": {"name": "济南 13800138000"}})
    {'study': {'name': '济南 ***'}}
    """
    changed = copy.deepcopy(dict(raw))
    for where, text in () if _is_kept(raw) else _personal_texts(raw):
        holder: Any = changed
        for part in where[:-1]:
            holder = holder[part]
        holder[where[-1]] = hide_in_text(text)
    return changed


def personal_text_findings(
    raw: Mapping[str, Any], file: Path, speaker: Speaker
) -> tuple[Finding, ...]:
    """One warning per printed text with personal data, with its line where `file` has it."""
    places = () if _is_kept(raw) else tuple(_personal_texts(raw))
    if not places:
        return ()
    try:
        lines = key_lines(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        lines = {}
    return tuple(
        Finding(
            file=file.name,
            row=line_of(lines, where),
            column=dotted(where),
            problem=speaker.say("study.personal_text", key=dotted(where)),
            advice=speaker.say("study.personal_text_advice"),
            severity="warning",
            code="personal_text",
        )
        for where, _ in places
    )


def personal_key_faults(
    raw: Mapping[str, Any], *, path: Path, lines: Mapping[Location, int], speaker: Speaker
) -> list[Finding]:
    """One error per key with personal data: keys become the names of files."""
    found = []
    for section in _KEYED:
        table = raw.get(section)
        for key in table if isinstance(table, Mapping) else ():
            if hide_in_text(str(key)) != str(key):
                where: Location = (section, str(key))
                problem = speaker.say("study.personal_key", section=section)
                advice = speaker.say("study.personal_key_advice")
                found.append(file_finding(path, problem, advice, line_of(lines, where)))
    return found


def _is_kept(raw: Mapping[str, Any]) -> bool:
    study = raw.get("study")
    return isinstance(study, Mapping) and study.get("keep") is True


def _personal_texts(raw: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    for pattern in _PRINTED:
        for where, text in _texts_at(raw, pattern, ()):
            if hide_in_text(text) != text:
                yield where, text


def _texts_at(value: Any, pattern: Location, where: Location) -> Iterator[tuple[Location, str]]:
    if isinstance(value, str):
        if not pattern or pattern == ("**",):
            yield where, value
        return
    if not pattern or not isinstance(value, Mapping | list):
        return
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, one in pairs:
        if pattern[0] == "**":
            yield from _texts_at(one, pattern, (*where, key))
        elif pattern[0] in ("*", key):
            yield from _texts_at(one, pattern[1:], (*where, key))
