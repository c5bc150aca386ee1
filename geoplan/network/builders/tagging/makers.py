"""Which column of a street layer says what, and what its words and codes mean (`makers.toml`)."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from geoplan.inputs.columns.yes_no import answer
from geoplan.network.builders.osm_tags import STREET_FILTERS
from geoplan.network.builders.tagging.speeds import SPEEDS_KMH
from geoplan.network.builders.tagging.values import tag_values

#: a Shapefile cuts headings to this many letters
DBF_LETTERS = 10
#: a heading that other things have too counts where this share of its different words is known
_KNOWN_SHARE = 0.5
#: a column called merely "level" holds heights where this share of its cells is the ground
_GROUND_SHARE = 0.5
#: what tables say where OpenStreetMap has no tag
_NOTHING = ("", "none", "nan")
#: closed both ways, in the codes of a one-way column
CLOSED = 2

_CLASSES = frozenset(SPEEDS_KMH) | STREET_FILTERS["walk"].not_highway
_CLASSES |= STREET_FILTERS["drive"].not_highway


@cache
def words() -> Mapping[str, Any]:
    """The tables of `makers.toml`."""
    return tomllib.loads(Path(__file__).with_name("makers.toml").read_text("utf-8"))


def plain(name: object) -> str:
    """A heading or a word as the tables have it."""
    text = unicodedata.normalize("NFKC", str(name)).strip().lower()
    return text[:-2] if text.endswith(".0") and text[:-2].lstrip("-").isdigit() else text


def roles() -> Mapping[str, tuple[str, ...]]:
    """The usual headings of each role."""
    return {role: tuple(names) for role, names in words()["headings"].items()}


def column_of(role: str, by_name: Mapping[str, str]) -> str | None:
    """The column with a usual heading of `role`, whole or cut by a Shapefile."""
    usual = words()["headings"].get(role, ())
    for name in usual:
        if name in by_name:
            return by_name[name]
    cut = (name[:DBF_LETTERS] for name in usual if len(name) > DBF_LETTERS)
    return next((by_name[name] for name in cut if name in by_name), None)


def weak_columns(role: str, by_name: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Columns, with their plain heading, that may be `role`: what they hold decides."""
    for name in words()["weak"].get(role, ()):
        for heading in dict.fromkeys((name, name[:DBF_LETTERS])):
            if heading in by_name:
                yield by_name[heading], name


def mostly_classes(values: Iterable[Any], heading: str) -> bool:
    """Whether most of the different words of a column are road classes."""
    texts = {plain(text) for value in values for text in tag_values(value)} - {""}
    known = sum(class_word(text, heading) in _CLASSES for text in texts)
    return bool(texts) and known >= _KNOWN_SHARE * len(texts)


def mostly_ground(values: Iterable[Any]) -> bool:
    """Whether a column holds heights: small whole numbers, mostly 0 or blank."""
    texts = [plain(value) if value == value and value is not None else "0" for value in values]
    numbers = [text.lstrip("-") for text in texts]
    if not all(text.isdigit() and len(text) == 1 for text in numbers):
        return False
    return texts.count("0") >= _GROUND_SHARE * len(texts)


def class_word(text: str, heading: str) -> str:
    """A road class in OpenStreetMap's word; itself where no table knows it.

    Examples
    --------
    >>> [class_word(text, "class") for text in ("主干路", "A Road", "lane")]
    ['primary', 'primary', 'lane']
    >>> class_word("2", "func_class"), class_word("0301|0305", "kind"), class_word("S1400", "mtfcc")
    ('primary', 'primary', 'residential')
    """
    word = plain(text)
    for table in words()["codes"]:
        if heading in table["headings"]:
            code = word.split("|")[0][: table.get("letters")]
            if code in table["words"]:
                return str(table["words"][code])
    if word in _CLASSES:
        return word
    classes = words()["classes"]
    joined = word.replace(" ", "_")
    return str(classes.get(word, joined if joined in _CLASSES else word))


def direction_words(texts: Iterable[str], heading: str) -> dict[str, int]:
    """What each of `texts` (plain, without "") says in a one-way column; unknown ones lack.

    Examples
    --------
    >>> direction_words(["ft", "n"], "oneway"), direction_words(["yes", "n"], "oneway")
    ({'ft': 1, 'n': 2}, {'n': 0, 'yes': 1})
    >>> direction_words(["1", "2", "3"], "direction")
    {'1': 0, '2': 1, '3': -1}
    """
    found = set(texts)
    for scheme in words()["schemes"]:
        named = heading in scheme.get("headings", ())
        marked = not found.isdisjoint(scheme.get("marks", ()))
        if (named or marked) and found <= set(scheme["words"]):
            return {text: scheme["words"][text] for text in sorted(found)}
    table = words()["directions"]
    return {text: table[text] for text in sorted(found) if text in table}


def says_yes(text: str) -> bool:
    """Whether a plain word of a yes-and-no column says yes; an unknown word says neither."""
    return answer(text) is True


def says_no(text: str) -> bool:
    """Whether a plain word of a yes-and-no column says no."""
    return text in _NOTHING or answer(text) is False
