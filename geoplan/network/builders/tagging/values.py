"""The values in one tag or cell: single ones, and lists as other programs write them."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import numpy as np

_OPENING = ("[", "(", "{")
#: a gap between two members without a comma
_UNDIVIDED = re.compile(r"(?<=['\"])\s+(?=['\"])|(?<=\d)\s+(?=\d)")
#: what programs write where there is no value
_NOTHING = frozenset({"", "nan", "NaN", "<NA>", "NULL"})


def tag_values(value: Any) -> list[str]:
    """Every value that a tag or a cell holds, as text.

    OSMnx merges ways into one street and keeps their tags as a list; saved, the list becomes text
    (``"['trunk', 'primary']"``, ``"[60, 80]"``, JSON). OpenStreetMap itself writes semicolons.

    Examples
    --------
    >>> tag_values("['trunk', 'primary']"), tag_values("[trunk, primary]")
    (['trunk', 'primary'], ['trunk', 'primary'])
    >>> tag_values("trunk;primary"), tag_values(["60", None]), tag_values(float("nan"))
    (['trunk', 'primary'], ['60'], [])
    >>> tag_values("residential"), tag_values(3)
    (['residential'], ['3'])
    """
    if isinstance(value, str):
        return _of_text(value.strip())
    if isinstance(value, set | frozenset):  # in an order that is the same in every process
        return sorted(text for one in value for text in tag_values(one))
    if isinstance(value, list | tuple | np.ndarray):
        return [text for one in value for text in tag_values(one)]
    if value is None or isinstance(value, dict) or value != value:  # NaN and NaT
        return []
    return [str(value)] if type(value).__name__ != "NAType" else []


def is_merged(value: Any) -> bool:
    """Whether a value may hold several: a list, or text that looks like one."""
    if isinstance(value, str):
        return ";" in value or value.lstrip().startswith(_OPENING)
    return isinstance(value, list | tuple | set | frozenset | np.ndarray)


def parsed(value: Any) -> Any:
    """A nested value that a file keeps as text (JSON or Python), else the value itself."""
    if not isinstance(value, str):
        return value
    for read in (json.loads, ast.literal_eval):
        try:
            return read(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return None


def _of_text(text: str) -> list[str]:
    if text in _NOTHING:
        return []
    if text.startswith(_OPENING) and text[-1] in "])}":
        # numpy writes no commas between the members of an array
        inner = parsed(_UNDIVIDED.sub(", ", text))
        if isinstance(inner, dict):
            return [text]
        if isinstance(inner, list | tuple | set):
            return tag_values(inner)
        parts = text[1:-1].replace(";", ",").split(",")
        return [part for p in parts if (part := p.strip().strip("'\"").strip()) not in _NOTHING]
    if ";" in text:
        return [part for p in text.split(";") if (part := p.strip()) not in _NOTHING]
    return [text]
