"""Readings of the characters that a page's names hold, for searching by pinyin."""

from __future__ import annotations

from collections.abc import Iterable

from geoplan.words.pinyin import pinyin_table


def readings(names: Iterable[str | None]) -> dict[str, str]:
    """Per syllable, those of its characters that stand in any of the names.

    A character of several readings stands under each of them.

    Examples
    --------
    >>> readings(["历下区", "长清区", None])
    {'chang': '长', 'li': '历', 'ou': '区', 'qing': '清', 'qu': '区', 'xia': '下', 'zhang': '长'}
    """
    used = {character for name in names if name for character in name if character > "\u4dff"}
    found = ((syllable, used & characters) for syllable, characters in pinyin_table())
    return {syllable: "".join(sorted(there)) for syllable, there in found if there}
