"""Figures find a font with Chinese characters whatever the machine has."""

import pytest
from matplotlib import font_manager

from geoplan.errors import MissingGlyphError
from geoplan.outputs.figures import fonts


@pytest.fixture(autouse=True)
def fresh():
    fonts.cjk_fonts.cache_clear()
    yield
    fonts.cjk_fonts.cache_clear()


def test_the_packaged_font_writes_every_character_of_gb2312():
    font = fonts.cjk_fonts()[0]
    rows = (bytes([a, b]) for a in range(0xB0, 0xF8) for b in range(0xA1, 0xFF))
    characters = [row.decode("gb2312", errors="ignore") for row in rows]
    assert sum(len(c) for c in characters) == 6763
    assert [fonts.writable(text, [font]) for text in characters] == characters


def test_a_font_installed_after_matplotlib_last_looked_is_found(monkeypatch):
    class Later(font_manager.FontManager):
        def __init__(self):
            entry = font_manager.FontEntry(fname="later.ttf", name="SimHei")
            self.ttflist = [entry]

    class Before:
        def __init__(self):
            self.ttflist = []

    monkeypatch.setattr(fonts, "FONT_PACKAGE", "no_such_package_of_fonts")
    monkeypatch.setattr(fonts, "fontManager", Before())
    monkeypatch.setattr(fonts, "FontManager", Later)
    assert fonts.cjk_fonts() == ("SimHei",)
    assert [entry.name for entry in fonts.fontManager.ttflist] == ["SimHei"]


def test_without_any_font_the_error_names_the_package(monkeypatch):
    class Empty:
        def __init__(self):
            self.ttflist = []

    monkeypatch.setattr(fonts, "FONT_PACKAGE", "no_such_package_of_fonts")
    monkeypatch.setattr(fonts, "fontManager", Empty())
    monkeypatch.setattr(fonts, "FontManager", Empty)
    with pytest.raises(MissingGlyphError, match="pip install pylopdf-fonts-zh-cn"):
        fonts.cjk_fonts()


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("甲\u200b站\ufeff", "甲站"),
        ("\u202e站甲\u202c", "站甲"),
        ("站\U0001f600", "站□"),
        ("مركز", "□□□□"),
        ("$a_b$ 50%", "$a_b$ 50%"),
    ],
)
def test_what_the_font_lacks_is_a_box_and_what_has_no_look_is_gone(name, drawn):
    assert fonts.writable(name, fonts.cjk_fonts()[:1]) == drawn
