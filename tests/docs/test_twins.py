"""Pages in two languages say the same: every twin links to the other and names the same options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
COMMAND = re.compile(r"geoplan (?:new|check|run|suggest|export|compare|fetch|demo|doctor)\b")
DOCS = Path(__file__).resolve().parents[2] / "docs"
TWINS = sorted(path.name.removesuffix(".zh-CN.md") for path in DOCS.glob("*.zh-CN.md"))


def pages(name):
    return [(DOCS / f"{name}{end}").read_text(encoding="utf-8") for end in (".md", ".zh-CN.md")]


def test_no_chinese_page_stands_alone():
    assert "installation" in TWINS
    assert not [name for name in TWINS if not (DOCS / f"{name}.md").is_file()]


@pytest.mark.parametrize("name", [name for name in TWINS if name != "licences"])
def test_twins_link_to_each_other(name):
    english, chinese = pages(name)
    assert f"({name}.zh-CN.md)" in english
    assert f"({name}.md)" in chinese


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("what", [OPTION, COMMAND])
def test_twins_name_the_same_options_and_commands(name, what):
    english, chinese = pages(name)
    assert set(what.findall(english)) == set(what.findall(chinese))
