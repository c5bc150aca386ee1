"""The site's menus name every page, and its hooks turn notebooks and links into what it needs.

The site itself is built by `make docs-site`, whose libraries are no part of the tests.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MENUS = {"": "mkdocs.yml", ".zh-CN": "mkdocs.zh-CN.yml"}
MOST_BYTES_OF_A_PICTURE = 200_000
MOST_BYTES_OF_PICTURES = 2_000_000


def menu(language: str) -> list[str]:
    """Paths of the pages that the menu of a language names, in its order."""
    text = (ROOT / MENUS[language]).read_text(encoding="utf-8").partition("\nnav:")[2]
    return re.findall(r": ([\w./-]+\.md)$", text, re.MULTILINE)


@pytest.mark.parametrize("language", MENUS)
def test_a_menu_names_every_page_of_its_language_once(language: str) -> None:
    every = {path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")}
    own = {page for page in every if page.endswith(".zh-CN.md") == bool(language)}
    named = menu(language)
    assert len(named) > 15
    assert sorted(named) == sorted(own)


def test_both_menus_have_the_same_order() -> None:
    english, chinese = (menu(language) for language in MENUS)
    assert [page.replace(".zh-CN.md", ".md") for page in chinese] == english


def test_pictures_are_light_and_all_of_them_are_shown() -> None:
    pictures = list((ROOT / "docs" / "images").iterdir())
    sizes = {path.name: path.stat().st_size for path in pictures}
    assert not {name for name, size in sizes.items() if size > MOST_BYTES_OF_A_PICTURE}
    assert sum(sizes.values()) < MOST_BYTES_OF_PICTURES
    pages = [*ROOT.glob("docs/**/*.md"), *ROOT.glob("README*.md")]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    assert not {name for name in sizes if f"images/{name}" not in text}


def test_the_site_asks_the_internet_for_nothing() -> None:
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert "font: false" in settings
    assert "use_directory_urls: false" in settings
    theme = (p for p in (ROOT / "docs" / "theme").rglob("*") if p.is_file())
    assert not [
        p for p in theme if re.search(r"(src|href|url)\W{1,3}https?:", p.read_text("utf-8"))
    ]
