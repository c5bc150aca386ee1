"""Files, modules and functions that the pages in docs/ name are really there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

PAGES = tuple(
    f"{name}{end}"
    for name in ("glossary", "algorithms", "architecture", "method")
    for end in (".md", ".zh-CN.md")
)
#: what a dotted name in algorithms.md starts from
PACKAGES = ("geoplan.siting", "geoplan.network", "geoplan")


def page_text(checkout: Path, name: str) -> str:
    return (checkout / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_file_that_a_page_names_is_there(checkout: Path, name: str) -> None:
    text = page_text(checkout, name)
    quoted = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w/-]+\.py)`", text)
    linked = re.findall(r"\]\(([\w./-]+)\)", text)
    starts = (checkout / "geoplan", checkout, checkout / "docs")
    missing = {p for p in (*quoted, *linked) if not any((s / p).exists() for s in starts)}
    assert not missing


@pytest.mark.parametrize("name", PAGES)
def test_every_module_that_a_page_names_in_full_is_there(checkout: Path, name: str) -> None:
    named = set(re.findall(r"`(geoplan(?:\.\w+)+)", page_text(checkout, name)))
    assert not {one for one in named if found(one) is None}


def test_every_function_in_the_algorithms_is_there(checkout: Path) -> None:
    other = r"doi:\S+|\w+(?:\.zh-CN)?\.md|`[\w/.-]*/[\w/.-]*`"
    text = re.sub(other, "", page_text(checkout, "algorithms.md"))
    named = set(re.findall(r"(?<![\w.])[a-z_]\w*(?:\.\w+)+", text))
    assert len(named) > 80
    things = {one: found(one) for one in named}
    assert not {one for one, thing in things.items() if thing is None}
    classes = {thing.__name__: thing for thing in things.values() if isinstance(thing, type)}
    methods = re.findall(r"(?<![\w.])([A-Z]\w+)\.(\w+)", text)
    assert not {(c, m) for c, m in methods if c not in classes or not hasattr(classes[c], m)}


@pytest.mark.parametrize("name", ["glossary.md", "glossary.zh-CN.md"])
def test_a_term_stands_once_in_the_glossary(checkout: Path, name: str) -> None:
    rows = re.findall(r"^\| ([^|]+) \|", page_text(checkout, name), re.M)
    terms = [row for row in rows if row not in ("term", "术语", "---")]
    assert len(terms) > 80
    assert len(set(terms)) == len(terms)


def test_every_symbol_of_the_glossary_is_in_the_method(checkout: Path) -> None:
    symbols = set(re.findall(r"\$([^$]+)\$", page_text(checkout, "glossary.md")))
    method = page_text(checkout, "method.md")
    assert len(symbols) > 15
    assert not {symbol for symbol in symbols if symbol not in method}


def found(name: str) -> Any:
    """The module, class or function of a dotted name; None where there is none."""
    for package in PACKAGES:
        full = name if name.startswith("geoplan.") else f"{package}.{name}"
        parts = full.split(".")
        for split in range(len(parts), 0, -1):
            try:
                thing: Any = importlib.import_module(".".join(parts[:split]))
            except ImportError:
                continue
            for attribute in parts[split:]:
                thing = getattr(thing, attribute, None)
            if thing is not None:
                return thing
            break
    return None
