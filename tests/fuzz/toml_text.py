"""A study as TOML text, whatever types stand in it (the standard library only reads TOML)."""

from __future__ import annotations

import datetime
import json
import math
from typing import Any


def toml_text(table: dict[str, Any]) -> str:
    """Every section as a table; everything below it in line."""
    lines = []
    loose = {k: v for k, v in table.items() if not isinstance(v, dict)}
    lines += [f"{_key(k)} = {_value(v)}" for k, v in loose.items()]
    for name, section in table.items():
        if not isinstance(section, dict):
            continue
        tables = {k: v for k, v in section.items() if isinstance(v, dict)}
        lines.append(f"[{_key(name)}]")
        lines += [f"{_key(k)} = {_value(v)}" for k, v in section.items() if k not in tables]
        for key, inner in tables.items():
            lines.append(f"[{_key(name)}.{_key(key)}]")
            lines += [f"{_key(k)} = {_value(v)}" for k, v in inner.items()]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    plain = name and all(c.isascii() and (c.isalnum() or c in "_-") for c in name)
    return name if plain else json.dumps(name, ensure_ascii=True).replace("\\u007f", "\\u007F")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    # TOML has no surrogate pairs: other characters stand as they are
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
