"""Pages in two languages say the same: every page has its twin, and both name the same things."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import geoplan as gp

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
COMMAND = re.compile(r"geoplan (?:new|check|run|suggest|export|compare|fetch|demo|doctor)\b")
#: `code` that names a file, a module, a function or an option; sentences in code marks are none
CODE = re.compile(r"`([\w./=-]+)`")
DOCS = Path(__file__).resolve().parents[2] / "docs"
END = ".zh-CN.md"
ENGLISH = sorted(
    path.relative_to(DOCS).as_posix().removesuffix(".md")
    for path in DOCS.rglob("*.md")
    if not path.name.endswith(END)
)
#: pages that name code, which their twins must name too
OF_CODE = ("method", "algorithms", "glossary", "architecture", "benchmarks")
#: the Chinese page is an index of the English one, which is made from docstrings
INDEX = "api"


def pages(name):
    return [(DOCS / f"{name}{end}").read_text(encoding="utf-8") for end in (".md", END)]


def test_every_page_has_its_twin():
    assert {"installation", "guide/how-to", "method"} <= set(ENGLISH)
    assert not [name for name in ENGLISH if not (DOCS / f"{name}{END}").is_file()]
    chinese = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob(f"*{END}")]
    assert sorted(name.removesuffix(END) for name in chinese) == ENGLISH


@pytest.mark.parametrize("name", [name for name in ENGLISH if name != "licences"])
def test_twins_link_to_each_other(name):
    english, chinese = pages(name)
    last = name.rpartition("/")[2]
    assert f"({last}.zh-CN.md)" in english
    assert f"({last}.md)" in chinese


@pytest.mark.parametrize("name", [name for name in ENGLISH if name != INDEX])
@pytest.mark.parametrize("what", [OPTION, COMMAND])
def test_twins_name_the_same_options_and_commands(name, what):
    english, chinese = pages(name)
    assert set(what.findall(english)) == set(what.findall(chinese))


@pytest.mark.parametrize("name", OF_CODE)
def test_twins_name_the_same_code_and_symbols(name):
    english, chinese = (text.replace(END, ".md") for text in pages(name))
    assert set(CODE.findall(english)) == set(CODE.findall(chinese))
    symbols = re.compile(r"\$([^$\n]+)\$")
    assert set(symbols.findall(english)) == set(symbols.findall(chinese))
    assert english.count("\n## ") == chinese.count("\n## ")


def test_twins_of_the_algorithms_take_the_same_path():
    dotted = re.compile(r"(?<![\w.])[a-z_]\w*(?:\.\w+)+", re.ASCII)
    english, chinese = (
        set(dotted.findall(text.replace(END, ".md"))) for text in pages("algorithms")
    )
    assert len(english) > 100
    assert english == chinese


def test_the_chinese_index_names_everything_public():
    chinese = pages(INDEX)[1]
    assert not [name for name in gp.__all__ if name not in chinese]


def test_what_the_chinese_index_names_is_there():
    english, chinese = pages(INDEX)
    named = set(re.findall(r"`((?:[A-Za-z]+\.)?[a-z_0-9]+)`", chinese))
    assert len(named) > 70
    assert not {one for one in named if one.rpartition(".")[2] not in english}
