"""A font that can write what figures say; a missing glyph is an error, not a box."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from matplotlib import font_manager
from matplotlib.font_manager import FontProperties, get_font

from geoplan.errors import MissingGlyphError
from geoplan.words import say

#: fonts with Chinese characters, the first that is installed is taken
CJK_FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei",
    "PingFang SC", "SimHei", "WenQuanYi Micro Hei", "Noto Sans SC",
)  # fmt: skip


@cache
def cjk_font() -> str:
    """The name of an installed font with Chinese characters.

    Raises
    ------
    MissingGlyphError
        There is none; the message names the package.
    """
    installed = {entry.name for entry in font_manager.fontManager.ttflist}
    for name in CJK_FONTS:
        if name in installed:
            return name
    raise MissingGlyphError(say("zh", "figures.no_font") + "\n" + say("en", "figures.no_font"))


@cache
def _characters(font: str) -> frozenset[int]:
    path = font_manager.findfont(FontProperties(family=[font]), fallback_to_default=False)
    return frozenset(get_font(path).get_charmap())


def check_glyphs(texts: Iterable[str], *, font: str, lang: str = "zh") -> None:
    """Raise unless `font` can write every character of `texts`.

    Raises
    ------
    MissingGlyphError
        Naming the characters and the package that has them.

    Examples
    --------
    >>> check_glyphs(["abc"], font="DejaVu Sans", lang="en")
    >>> check_glyphs(["济南"], font="DejaVu Sans", lang="en")
    Traceback (most recent call last):
    geoplan.errors.MissingGlyphError: The font 'DejaVu Sans' has no glyph for '南济': install ...
    """
    known = _characters(font)
    wanted = {c for text in texts for c in text if not c.isspace()}
    missing = sorted(c for c in wanted if ord(c) not in known)
    if missing:
        shown = "".join(missing[:12])
        raise MissingGlyphError(say(lang, "figures.no_glyph", font=font, missing=shown))
