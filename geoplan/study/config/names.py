"""Keys that become names of files and layers: nothing but a name, and none twice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import pyproj
from pyproj.exceptions import CRSError

#: letters of any script, digits, _ and -; one that began with - would be an option of a command
_KEY = re.compile(r"\w[\w-]*")
#: signs that no file's name may hold, or that lead into another folder, or look like an option
_NEVER = re.compile(r'[/\\:*?"<>|\x00-\x1f]|^[.-]|\.$')
#: characters; a file's name has 255 bytes, and a character may take three
LONGEST_KEY = 60
#: characters of a name, which becomes the title of documents, and of any other text
LONGEST_NAME, LONGEST_TEXT = 200, 5_000
#: signs that no XML may hold, so no document and no workbook
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: pages and devices of these names are something else
_TAKEN = frozenset(
    {
        "index",
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
    }
)


def key_faults(raw: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], str, dict[str, str]]]:
    """Where a key is none that can name a file: its place, a word of ``study`` and its values."""
    for section in ("areas", "network", "demand", "services", "background"):
        table = raw.get(section)
        seen: dict[str, str] = {}
        for key in table if isinstance(table, Mapping) else ():
            where = (section, str(key))
            plain = unicodedata.normalize("NFC", str(key)).casefold()
            if plain in seen:  # one file's name on Windows and macOS
                yield where, "key_twice", {"key": str(key), "other": seen[plain]}
            seen[plain] = str(key)
            if section == "services" and (not _KEY.fullmatch(str(key)) or plain in _TAKEN):
                yield where, "key_of_service", {"key": _shown(str(key))}
            elif len(str(key)) > LONGEST_KEY:
                values = {"key": _shown(str(key))[:20] + "…", "most": str(LONGEST_KEY)}
                yield where, "key_too_long", values
            elif _NEVER.search(str(key)) or not str(key):
                yield where, "key_no_name", {"key": _shown(str(key)), "section": section}


def _shown(key: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in key)


def named_crs(raw: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Where a layer names a CRS that is none."""
    for section in ("areas", "network", "demand", "services", "background"):
        table = raw.get(section)
        for key, entry in table.items() if isinstance(table, Mapping) else ():
            crs = entry.get("crs") if isinstance(entry, Mapping) else None
            if not isinstance(crs, str):
                continue
            try:
                pyproj.CRS.from_user_input(crs)
            except CRSError:
                yield (section, str(key), "crs"), crs


def quota_levels(standard: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The area levels that a service's own quotas name, and where."""
    if not isinstance(standard, Mapping):
        return
    for word in ("quota", "quotas"):
        for quota in _tables(standard.get(word)):
            yield (word, "level"), quota.get("level")
    tiers = standard.get("tiers")
    for tier in tiers.values() if isinstance(tiers, Mapping) else _tables(tiers):
        if isinstance(tier, Mapping):
            for quota in _tables(tier.get("quota")):
                yield ("tiers", "quota", "level"), quota.get("level")


def _tables(value: Any) -> list[Mapping[str, Any]]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, Mapping)]


def parent_rings(areas: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Area levels that are their own parents, by way of others: one of them, and the whole ring.

    Examples
    --------
    >>> list(parent_rings({"a": {"parent": "b"}, "b": {"parent": "a"}, "c": {"parent": "a"}}))
    [('a', ('a', 'b'))]
    """
    told: set[str] = set()
    for level in areas:
        way: list[str] = []
        here: Any = level
        while isinstance(here, str) and here in areas and here not in way and here not in told:
            way.append(here)
            here = areas[here].get("parent")
        if len(way) > 1 and here in way:
            ring = tuple(way[way.index(here) :])
            yield ring[0], ring
        told.update(way)


def text_faults(raw: Any) -> Iterator[tuple[tuple[str | int, ...], str, dict[str, str]]]:
    """Texts that no output can show: where, a word of ``study``, and its values."""
    open_ends: list[tuple[tuple[str | int, ...], Any]] = [((), raw)]
    while open_ends:
        where, value = open_ends.pop()
        if isinstance(value, Mapping):
            open_ends += [((*where, str(key)), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            open_ends += [((*where, k), inner) for k, inner in enumerate(value)]
        elif isinstance(value, str):
            most = LONGEST_NAME if where[-1:] in (("name",), ("name_en",)) else LONGEST_TEXT
            if _NOT_IN_XML.search(value):
                yield where, "text_signs", {"key": str(where[-1])}
            elif len(value) > most:
                yield where, "text_too_long", {"key": str(where[-1]), "most": str(most)}
