"""What is wrong with the shape of settings, key by key, in words and with the valid choices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from geoplan.errors import GeoplanError
from geoplan.inputs.findings.finding import Finding
from geoplan.study.config.schema import MOST
from geoplan.study.config.toml_lines import (
    Location,
    choices_text,
    dotted,
    file_finding,
    line_of,
)
from geoplan.words.speaker import Speaker

#: longer values are shown in part
_WIDEST = 80


def shape_findings(
    error: ValidationError,
    raw: Mapping[str, Any],
    model: type[BaseModel],
    *,
    path: Path,
    lines: Mapping[Location, int],
    speaker: Speaker,
) -> Iterator[Finding]:
    """One finding for every key of `raw` that does not have the shape that `model` wants.

    Parameters
    ----------
    error : what the check of `raw` raised.
    path, lines : the file, and the line of every key.
    """
    faults = error.errors(include_url=False)
    where = [_location(fault, raw) for fault in faults]
    told: set[Location] = set()
    for place, fault in zip(where, faults, strict=True):
        # of several kinds that a value may have, the one that was meant got the farthest
        deeper = any(len(w) > len(place) and w[: len(place)] == place for w in where)
        if place in told or (deeper and place):
            continue
        told.add(place)
        yield _finding(fault, place, model, path=path, lines=lines, speaker=speaker)


def _location(fault: Mapping[str, Any], raw: Mapping[str, Any]) -> Location:
    """Where a fault stands in `raw`: the checker adds names of the kinds that it tried."""
    place: list[str | int] = []
    here: Any = raw
    parts = fault["loc"]
    if parts[:1] == ("transit",):  # of [network], see `StudyFile`
        parts = ("network", *parts)
    for part in parts:
        if isinstance(here, Mapping) and part in here:
            here = here[part]
        elif isinstance(here, list) and isinstance(part, int):
            here = here[part] if part < len(here) else None
        elif fault["type"] != "missing" or part != parts[-1]:
            continue
        place.append(part)
    return tuple(place)


def _model_at(model: type[BaseModel], where: Location) -> type[BaseModel] | None:
    """The model that holds the fields at `where` (dict keys and list positions passed over)."""
    kind: Any = model
    if where[:2] == ("network", "transit"):
        where = where[1:]
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


def _finding(
    fault: Mapping[str, Any],
    where: Location,
    root: type[BaseModel],
    *,
    path: Path,
    lines: Mapping[Location, int],
    speaker: Speaker,
) -> Finding:
    kind = fault["type"]
    value = fault.get("input")
    key = str(where[-1]) if where else ""
    model = _model_at(root, where[:-1])
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
        shown = _shown(value)
        problem = speaker.say("study.not_a_choice", key=dotted(where), value=shown)
        valid = re.findall(r"'([^']+)'", fault["ctx"]["expected"])
        advice = choices_text(shown, valid, speaker)
    elif kind == "value_error":
        shown = ""
        error = fault["ctx"]["error"]
        known = isinstance(error, GeoplanError)
        said = str(error.message(speaker.lang) if known else error).rstrip("。.")
        problem = said + ("。" if speaker.lang == "zh" else ".")
    else:
        shown = "" if isinstance(value, dict | list) else _shown(value)
        problem = speaker.say(
            "study.wrong_value", key=dotted(where), value=shown, why=_why(fault, speaker)
        )
        alone = _LEADING.match(shown) if kind in ("float_parsing", "int_parsing") else None
        if alone:
            advice = speaker.say("study_file.bare_number", key=key, value=alone.group(1))
    return file_finding(
        path, problem, advice, line_of(lines, where), column=dotted(where), value=shown
    )


def _shown(value: object) -> str:
    """A value as the file has it, in part where it is long."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


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
    "too_short": "empty",
    "encoding": "encoding",
    "string_too_short": "no_text",
    "int_parsing_size": "le",
}


def _why(fault: Mapping[str, Any], speaker: Speaker) -> str:
    """What is wrong with a value, in the reader's language."""
    why = _WHYS.get(str(fault["type"]))
    if why is None:
        return str(fault["msg"])
    limits = {k: f"{v:g}" for k, v in fault.get("ctx", {}).items() if isinstance(v, int | float)}
    if why == "le":
        limits.setdefault("le", f"{MOST:g}")
    return speaker.say(f"study.why_{why}", **(limits or {"x": ""}))
