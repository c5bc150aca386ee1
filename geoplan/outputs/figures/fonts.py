"""A font that can write what figures say; a missing glyph is an error, not a box."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from matplotlib import font_manager
from matplotlib.font_manager import FontManager, FontProperties, fontManager, get_font

from geoplan.errors import MissingGlyphError
from geoplan.words import say
from geoplan.words.speaker import Speaker

#: a wheel of font files, so that figures look the same on every machine
FONT_PACKAGE = "pylopdf_fonts_zh_cn"
_FONT_FILE = "NotoSansSC-Regular.otf"
#: installed fonts with Chinese characters, for what the package's font lacks or where it is missing
CJK_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
    "WenQuanYi Micro Hei",
    "Noto Sans SC",
)


@cache
def cjk_fonts() -> tuple[str, ...]:
    """Names of fonts with Chinese characters: the one to write with, then what helps it out.

    The package's font comes first, one that the machine has stands behind it, found even when it
    was installed after matplotlib last looked.

    Raises
    ------
    MissingGlyphError
        There is none; the message names the package.

    Examples
    --------
    >>> cjk_fonts()[0]
    'Noto Sans SC'
    """
    found = _packaged()
    installed = _named(fontManager)
    if not installed and not found:
        later = FontManager()  # matplotlib keeps its list from before the font was installed
        installed = _named(later)
        fontManager.ttflist += [entry for entry in later.ttflist if entry.name in installed]
    names = [*found, *installed[:1]]
    if not names:
        raise MissingGlyphError(say("zh", "figures.no_font") + "\n" + say("en", "figures.no_font"))
    return tuple(dict.fromkeys(names))


def _packaged() -> list[str]:
    spec = find_spec(FONT_PACKAGE)
    if spec is None or spec.origin is None:
        return []
    path = Path(spec.origin).parent / _FONT_FILE
    if not path.exists():
        return []
    fontManager.addfont(path)
    return [FontProperties(fname=path).get_name()]


def _named(manager: FontManager) -> list[str]:
    installed = {entry.name for entry in manager.ttflist}
    return [name for name in CJK_FONTS if name in installed]


@cache
def _characters(font: str) -> frozenset[int]:
    path = font_manager.findfont(FontProperties(family=[font]), fallback_to_default=False)
    return frozenset(get_font(path).get_charmap())


def check_glyphs(texts: Iterable[str], *, fonts: Sequence[str], speaker: Speaker) -> None:
    """Raise unless one of `fonts` can write every character of `texts`.

    Raises
    ------
    MissingGlyphError
        Naming the characters and the package that has them.

    Examples
    --------
    >>> check_glyphs(["abc"], fonts=["DejaVu Sans"], speaker=Speaker("en"))
    >>> check_glyphs(["济南"], fonts=["DejaVu Sans"], speaker=Speaker("en"))
    Traceback (most recent call last):
    geoplan.errors.MissingGlyphError: The font 'DejaVu Sans' has no glyph for '南济': install ...
    """
    known = frozenset().union(*map(_characters, fonts))
    wanted = {c for text in texts for c in text if not c.isspace()}
    missing = sorted(c for c in wanted if ord(c) not in known)
    if missing:
        shown = "".join(missing[:12])
        raise MissingGlyphError(speaker.say("figures.no_glyph", font=fonts[0], missing=shown))
