"""`study.toml` read and its shape checked: every fault at once, by line, with the valid choices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from geoplan.errors import GeoplanError
from geoplan.inputs.findings.finding import Finding
from geoplan.study.config.cross_checks import NO_STREETS, cross_checks
from geoplan.study.config.personal_texts import personal_key_faults, without_personal_texts
from geoplan.study.config.renamed_keys import with_new_keys
from geoplan.study.config.schema import StudyFile
from geoplan.study.config.study_text import StudyText, language_of, read_study_text
from geoplan.study.config.toml_lines import (
    Location,
    choices_text,
    dotted,
    file_finding,
    key_lines,
    line_of,
    study_file_error,
)
from geoplan.words.speaker import Speaker


def read_study_file(path: Path, *, lang: str | None = None) -> dict[str, Any]:
    """The file's contents as a plain dict.

    Raises
    ------
    StudyFileError
        When it is no UTF-8 or no TOML; every such line is told, and how it was meant.
    """
    read = read_study_text(path, lang=lang)
    if read.findings:
        raise study_file_error(path, read.findings, Speaker(read.lang), typed=read.typed)
    return dict(read.raw)


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedFile:
    """A study file's settings; `no_streets` are the faults that a run has to wait for."""

    config: StudyFile
    no_streets: tuple[Finding, ...] = ()


def checked(
    raw: Mapping[str, Any], *, path: Path, text: str = "", read: StudyText | None = None
) -> CheckedFile:
    """`raw` as a `StudyFile`, or one error that lists every fault with its line.

    Where streets alone are missing, a file or a section, nothing is raised: places and areas can be
    checked first.

    Parameters
    ----------
    raw : the file's contents.
    path : where it stands; relative paths start there.
    text : the file's text, for line numbers; empty for a study made in Python.
    read : the file as it was read, instead of `text`: its slips of typing are listed too.

    Raises
    ------
    StudyFileError
    """
    raw = without_personal_texts(with_new_keys(raw))
    lang = read.lang if read else language_of(raw, "", valid=True)
    speaker = Speaker(lang)
    lines = read.keys if read else key_lines(text)
    config: StudyFile | None = None
    findings: list[Finding] = list(read.findings) if read else []
    if findings and not raw:  # nothing of it could be read: what is missing is not known
        raise study_file_error(path, findings, speaker, typed=read.typed if read else text)
    try:
        config = StudyFile.model_validate(dict(raw))
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            findings.append(_shape_fault(fault, path=path, lines=lines, speaker=speaker))
    # references are checked even where single values are wrong: all faults in one round
    findings.extend(cross_checks(raw, path=path, lines=lines, speaker=speaker))
    findings.extend(personal_key_faults(raw, path=path, lines=lines, speaker=speaker))
    if config is None or any(f.code != NO_STREETS for f in findings):
        raise study_file_error(path, findings, speaker, typed=read.typed if read else text)
    return CheckedFile(config=config, no_streets=tuple(findings))


def _model_at(where: Location) -> type[BaseModel] | None:
    """The model that holds the fields at `where` (dict keys and list positions passed over)."""
    kind: Any = StudyFile
    for part in where:
        kind = _strip(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if part not in kind.model_fields:
                return None
            kind = kind.model_fields[str(part)].annotation
        elif get_origin(kind) in (dict, list):
            kind = get_args(kind)[-1]
        else:
            return None
    kind = _strip(kind)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _strip(kind: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        models = [k for k in get_args(kind) if isinstance(k, type) and issubclass(k, BaseModel)]
        return models[0] if models else kind
    return kind


#: the number that a text with a unit begins with, as in "800m" and "15 min"
_LEADING = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*\D{1,8}$")
#: parts of a fault's location that are no keys of the file
_MARKS = ("[key]", "[number]", "[table]")


def _shape_fault(
    fault: Mapping[str, Any], *, path: Path, lines: Mapping[Location, int], speaker: Speaker
) -> Finding:
    where: Location = tuple(p for p in fault["loc"] if p not in _MARKS)
    kind = fault["type"]
    value = fault.get("input")
    key = str(where[-1]) if where else ""
    model = _model_at(where[:-1])
    advice = ""
    if kind == "extra_forbidden":
        problem = speaker.say("study.unknown_key", key=dotted(where))
        advice = choices_text(key, model.model_fields if model else (), speaker)
        shown = ""
    elif kind == "missing":
        problem = speaker.say("study.missing_key", key=dotted(where))
        advice = speaker.say(f"study.hint_{key}") if key in ("crs", "name", "path") else ""
        shown = ""
    elif kind == "literal_error":
        shown = str(value)
        problem = speaker.say("study.not_a_choice", key=dotted(where), value=shown)
        valid = re.findall(r"'([^']+)'", fault["ctx"]["expected"])
        advice = choices_text(shown, valid, speaker)
    elif kind == "value_error":
        shown = ""
        error = fault["ctx"]["error"]
        known = isinstance(error, GeoplanError)
        problem = f"{dotted(where)}: {error.message(speaker.lang) if known else error}."
    else:
        shown = "" if isinstance(value, dict | list) else str(value)
        problem = speaker.say(
            "study.wrong_value", key=dotted(where), value=shown, why=_why(fault, speaker)
        )
        alone = _LEADING.match(shown) if kind in ("float_parsing", "int_parsing") else None
        if alone:
            advice = speaker.say("study_file.bare_number", key=key, value=alone.group(1))
    return file_finding(
        path, problem, advice, line_of(lines, where), column=dotted(where), value=shown
    )


#: what the checker calls a fault, and our words for it
_WHYS = {
    "int_parsing": "whole",
    "int_type": "whole",
    "int_from_float": "whole",
    "float_parsing": "number",
    "float_type": "number",
    "finite_number": "number",
    "greater_than_equal": "ge",
    "greater_than": "gt",
    "less_than_equal": "le",
    "less_than": "lt",
    "string_type": "text",
    "bool_type": "bool",
    "bool_parsing": "bool",
    "list_type": "list",
    "dict_type": "table",
    "model_type": "table",
    "model_attributes_type": "table",
}


def _why(fault: Mapping[str, Any], speaker: Speaker) -> str:
    """What is wrong with a value, in the reader's language."""
    why = _WHYS.get(str(fault["type"]))
    if why is None:
        return str(fault["msg"])
    limits = {k: f"{v:g}" for k, v in fault.get("ctx", {}).items() if isinstance(v, int | float)}
    return speaker.say(f"study.why_{why}", **(limits or {"x": ""}))
