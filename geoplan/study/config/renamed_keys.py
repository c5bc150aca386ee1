"""Keys of `study.toml` with a new name: read under it for one version, with a warning finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geoplan.inputs.findings.finding import Finding
from geoplan.study.config.toml_lines import Location, dotted, key_lines, line_of
from geoplan.words.speaker import Speaker

#: section of every service, old key, new key
_RENAMED = (("siting", "per_area_minimum", "min_sites_per_area"),)


def with_new_keys(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The settings under the names of today; where both names stand, the new one counts.

    Examples
    --------
    >>> old = {"services": {"clinic": {"siting": {"per_area_minimum": {"district": 1}}}}}
    >>> with_new_keys(old)
    {'services': {'clinic': {'siting': {'min_sites_per_area': {'district': 1}}}}}
    """
    changed = dict(raw)
    for where, new in _old_keys(raw):
        _, service, name, old = where
        services = dict(changed["services"])
        section = {k: v for k, v in services[service][name].items() if k != old}
        value = services[service][name][old]
        services[service] = {**services[service], name: {new: value, **section}}
        changed["services"] = services
    return changed


def renamed_key_findings(
    raw: Mapping[str, Any], file: Path, speaker: Speaker
) -> tuple[Finding, ...]:
    """One warning per old key in the settings `raw`, with its line where `file` has it."""
    try:
        lines = key_lines(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        lines = {}
    return tuple(
        Finding(
            file=file.name,
            row=line_of(lines, where),
            column=dotted(where),
            problem=speaker.say("study.renamed_key", old=where[-1], new=new),
            advice=speaker.say("study.renamed_key_advice", old=where[-1], new=new),
            severity="warning",
            code="renamed_key",
        )
        for where, new in _old_keys(raw)
    )


def _old_keys(raw: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """Where an old key stands, and its new name."""
    services = raw.get("services")
    for service, entry in services.items() if isinstance(services, Mapping) else ():
        for section, old, new in _RENAMED:
            table = entry.get(section) if isinstance(entry, Mapping) else None
            if isinstance(table, Mapping) and old in table:
                yield ("services", str(service), section, old), new
