"""A run's record (``run.json``) without what the bureau must keep to itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoplan.inputs.files.shown_names import file_name

#: settings that describe the bureau's own tables and folders, not the problem
_PRIVATE = ("columns", "where", "sheet", "layer", "encoding")


def public_record(facts: Mapping[str, Any]) -> dict[str, Any]:
    """`run.json` without folders, headings and conditions of the bureau's own tables.

    Examples
    --------
    >>> public_record({"settings": {"demand": {"path": "/srv/a.csv", "where": "name = '王'"}}})
    {'settings': {'demand': {'path': 'a.csv'}}}
    """
    public: dict[str, Any] = {}
    for key, value in facts.items():
        if key in _PRIVATE or key == "platform":
            continue
        if key == "inputs" and isinstance(value, Mapping):
            public[key] = {file_name(str(path)): digest for path, digest in value.items()}
        elif key == "path" and isinstance(value, str):
            public[key] = file_name(value)
        else:
            public[key] = _public_value(value)
    return public


def _public_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return public_record(value)
    if isinstance(value, list | tuple):
        return [_public_value(item) for item in value]
    return value
