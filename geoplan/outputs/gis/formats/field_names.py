"""Field names that fit a Shapefile: ASCII, at most ten bytes, unlike each other, and readable."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from geoplan.words.pinyin import spelled

_MOST = 10
#: our own columns that are longer
_WHOLE = {
    "served_after": "served_aft",
    "served_most": "served_max",
    "served_after_most": "srv_aft_mx",
    "share_after": "share_aft",
    "share_most": "share_max",
    "share_after_most": "shr_aft_mx",
    "people_after": "people_aft",
    "people_in_reach": "ppl_reach",
    "off_network": "off_netwrk",
    "added_people": "people_add",
    "closing_site": "close_site",
    "closing_rank": "close_rank",
    "next_best_loss": "next_loss",
    "chosen_share": "chosen_shr",
    "remedy_text": "remedy_txt",
    "capacity_text": "capac_txt",
    "capacity_assumed": "capac_assd",
    "nursing_capacity": "nurs_capac",
}
#: common words in other names, shortened where a name is too long
_SHORT = {
    "people": "ppl",
    "after": "aft",
    "share": "shr",
    "district": "dist",
    "street": "strt",
    "village": "vill",
    "capacity": "capac",
    "nursing": "nurs",
    "text": "txt",
    "name": "nam",
    "required": "req",
    "length": "len",
}


def short_names(names: Iterable[str]) -> dict[str, str]:
    """ASCII names of at most ten characters, one per name, in order.

    Chinese is spelled in pinyin, by the first letters of its syllables where that is too long.

    Examples
    --------
    >>> short_names(["people", "served_after", "名称", "district_name", "床位数"])
    {'people': 'people', 'served_after': 'served_aft', '名称': 'mingcheng',
     'district_name': 'dist_nam', '床位数': 'cws'}
    """
    taken: set[str] = set()
    mapped: dict[str, str] = {}
    for name in names:
        plain = _plain(name)
        short, k = plain[:_MOST], 1
        while short.casefold() in taken:
            short = f"{plain[: _MOST - len(str(k))]}{k}"
            k += 1
        taken.add(short.casefold())
        mapped[name] = short
    return mapped


@cache
def _plain(name: str) -> str:
    """ASCII letters, digits and ``_``, beginning with a letter, short where there is a way."""
    if name in _WHOLE:
        return _WHOLE[name]
    syllables = spelled(name)
    plain = _ascii("".join(syllables))
    if len(plain) > _MOST and "_" in plain:
        plain = "_".join(_SHORT.get(part, part) for part in plain.split("_"))
    if len(plain) > _MOST and len(syllables) > 1:
        plain = _ascii("".join(s[0] if len(s) > 1 else s for s in syllables))
    return plain if plain[:1].isalpha() else f"col_{plain}".rstrip("_")


def _ascii(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z_]", "", text)
