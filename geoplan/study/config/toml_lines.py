"""The line of every key of a study file, and the error that lists all its faults."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from geoplan.errors import StudyFileError
from geoplan.inputs.files.database import mask_password
from geoplan.inputs.findings.finding import Finding
from geoplan.study.config.repair.cursor import narrow
from geoplan.study.config.repair.tables import MEANT
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean

#: longer lines are shown in part
_WIDEST = 160

Location = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*("[^"]+"|'[^']+'|[\w.\-]+)\s*=""")


def error_of_overlay(
    path: Path,
    findings: Iterable[Finding],
    speaker: Speaker,
    *,
    keys: Mapping[Location, int],
    typed: str,
) -> StudyFileError:
    """The same faults as faults of an overlay, with its own lines."""
    moved = [
        replace(f, file=path.name, row=line_of(keys, tuple(f.column.split(".")))) for f in findings
    ]
    return study_file_error(path, moved, speaker, typed=typed)


def study_file_error(
    path: Path, findings: Iterable[Finding], speaker: Speaker, *, typed: str = ""
) -> StudyFileError:
    """The error that lists every fault, with the line of the text `typed` that it stands in."""
    # by line, as one goes through the file with an editor
    rows = tuple(sorted(findings, key=lambda f: f.row or 0))
    text = typed.split("\n")
    lines = [speaker.say("study.file_faults", path=path, count=len(rows))]
    shown = None
    for f in rows:
        line = speaker.say("study.file_line", row=f.row) if f.row else ""
        where = ", ".join(part for part in (path.name, line, clean(f.column)) if part)
        if typed and f.row and f.row != shown and f.row <= len(text):
            lines.append(f"  {f.row:>4} | {_one_line(text[f.row - 1])}")
            shown = f.row
        lines.append(f"  {where}: {f.said}")
    return StudyFileError("\n".join(lines), findings=rows)


def _one_line(text: str) -> str:
    """A line as a terminal can show it, without a password."""
    plain = mask_password("".join(c if c.isprintable() else " " for c in text).strip())
    return plain if len(plain) <= _WIDEST else plain[: _WIDEST - 1] + "…"


def file_finding(
    path: Path,
    problem: str,
    advice: str,
    row: int | None,
    *,
    column: str = "",
    value: str = "",
    code: str = "study_file",
) -> Finding:
    """One fault of a study file."""
    return Finding(
        file=path.name,
        row=row,
        column=column,
        value=mask_password(value),
        problem=mask_password(problem),
        advice=mask_password(advice),
        severity="error",
        code=code,
    )


def _parts(key: str) -> Location:
    found = re.findall(r""""([^"]+)"|'([^']+)'|([^.\s]+)""", key)
    return tuple(next(group for group in groups if group) for groups in found)


def key_lines(text: str) -> dict[Location, int]:
    """Line (1 = first) of every table header and key."""
    lines: dict[Location, int] = {}
    section: Location = ()
    counts: dict[Location, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        header = _HEADER.match(line)
        if header:
            section = _parts(header.group(2))
            if header.group(1) == "[[":
                index = counts.get(section, -1) + 1
                counts[section] = index
                section = (*section, index)
            lines.setdefault(section, number)
        elif key := _KEY.match(line):
            lines.setdefault((*section, *_parts(key.group(1))), number)
    return lines


def line_of(lines: Mapping[Location, int], where: Location) -> int | None:
    """Line of a key, else of the nearest table around it."""
    for stop in range(len(where), 0, -1):
        if where[:stop] in lines:
            return lines[where[:stop]]
    return None


def dotted(where: Location) -> str:
    """``a.b.c``."""
    return ".".join(str(part) for part in where)


def choices_text(value: str, valid: Iterable[str], speaker: Speaker) -> str:
    """The valid choices, the one nearest to `value` first."""
    valid = sorted(valid)
    plain = narrow(value).strip().casefold()
    meant = MEANT.get(plain)
    if meant in valid:
        near = [meant]
    else:  # other letters and full-width ones are no other word
        near = [v for v in valid if v.casefold() == plain]
        near = near or difflib.get_close_matches(plain, valid, n=1, cutoff=0.6)
    text = speaker.say("study.valid_choices", choices=", ".join(valid) or "-")
    return (speaker.say("study.did_you_mean", near=near[0]) + " " + text) if near else text
