"""Pages in two languages say the same: every twin links to the other and names the same options."""

from __future__ import annotations

import re

import pytest

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
COMMAND = re.compile(r"geoplan (?:new|check|run|suggest|export|compare|fetch|demo|doctor)\b")
TWINS = ("installation", "data-preparation", "reliability", "licences", "validation")


def pages(checkout, name):
    docs = checkout / "docs"
    return [(docs / f"{name}{end}").read_text(encoding="utf-8") for end in (".md", ".zh-CN.md")]


def test_no_chinese_page_stands_alone(checkout):
    docs = checkout / "docs"
    chinese = {path.name.removesuffix(".zh-CN.md") for path in docs.glob("*.zh-CN.md")}
    assert chinese == set(TWINS)
    assert all((docs / f"{name}.md").is_file() for name in chinese)


@pytest.mark.parametrize("name", [name for name in TWINS if name != "licences"])
def test_twins_link_to_each_other(checkout, name):
    english, chinese = pages(checkout, name)
    assert f"({name}.zh-CN.md)" in english
    assert f"({name}.md)" in chinese


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("what", [OPTION, COMMAND])
def test_twins_name_the_same_options_and_commands(checkout, name, what):
    english, chinese = pages(checkout, name)
    assert set(what.findall(english)) == set(what.findall(chinese))
