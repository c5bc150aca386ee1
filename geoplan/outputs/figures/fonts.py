"""A font that can write what figures say, and what stands for characters that it lacks."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from matplotlib import font_manager
from matplotlib.font_manager import FontManager, FontProperties, fontManager, get_font

from geoplan.errors import MissingGlyphError
from geoplan.words import say

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

#: stands for a character that no font has
_BOX = "□"


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


def _is_known(character: str, fonts: Sequence[str]) -> bool:
    return any(ord(character) in _characters(font) for font in fonts)


def _is_invisible(character: str) -> bool:
    """Whether a character only joins, parts or directs others, and has no look of its own."""
    return unicodedata.category(character) in ("Cf", "Cc", "Mn", "Me", "Cs")


def writable(text: str, fonts: Sequence[str]) -> str:
    """`text` as `fonts` can write it: a box for what they lack, nothing for what has no look.

    Examples
    --------
    >>> writable("甲站 ﷺ", cjk_fonts())
    '甲站 □'
    """
    if text.isascii():
        return text
    return "".join(
        c if c.isspace() or _is_known(c, fonts) else "" if _is_invisible(c) else _BOX for c in text
    )


def unwritable(texts: Iterable[str]) -> list[str]:
    """The characters of `texts` that figures cannot write, in order.

    Examples
    --------
    >>> unwritable(["济南", "ﷺ"])
    ['ﷺ']
    """
    unusual = {c for text in texts if not text.isascii() for c in text if not c.isspace()}
    return sorted(c for c in unusual if not _is_known(c, cjk_fonts()))
