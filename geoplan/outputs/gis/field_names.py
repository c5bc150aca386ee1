"""Field names that fit a Shapefile: ASCII, at most ten bytes, unlike each other."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: common words of our columns, shortened so that ten characters still say what they are
_SHORT = {
    "people": "ppl",
    "served": "srv",
    "after": "aft",
    "share": "shr",
    "district": "dist",
    "street": "strt",
    "village": "vill",
    "off_network": "off_net",
    "unlocated": "unloc",
    "capacity": "cap",
    "nursing": "nurs",
    "closing": "cls",
    "elderly": "eld",
    "centre": "ctr",
    "station": "stn",
    "protection": "prot",
    "boundary": "bnd",
    "marker": "mrk",
    "standard": "std",
    "text": "txt",
    "name": "nam",
    "required": "req",
    "length": "len",
}
_MOST = 10


def short_names(names: Iterable[str]) -> dict[str, str]:
    """ASCII names of at most ten characters, one per name, in order.

    A name in other letters becomes ``F01``, ``F02``, ...: the field map says what it stands for.

    Examples
    --------
    >>> short_names(["people", "elderly_centre_served_after", "名称", "elderly_centre_served"])
    {'people': 'people', 'elderly_centre_served_after': 'eld_ctr_sr', '名称': 'F03', \
'elderly_centre_served': 'eld_ctr_s1'}
    """
    taken: set[str] = set()
    mapped: dict[str, str] = {}
    for number, name in enumerate(names, start=1):
        plain = name
        if len(plain) > _MOST:
            plain = "_".join(_SHORT.get(part, part) for part in plain.split("_"))
        plain = re.sub(r"[^0-9A-Za-z_]", "", plain)
        if not plain or not plain[0].isalpha():
            plain = f"F{number:02d}"
        short, k = plain[:_MOST], 1
        while short.casefold() in taken:
            short = f"{plain[: _MOST - len(str(k))]}{k}"
            k += 1
        taken.add(short.casefold())
        mapped[name] = short
    return mapped
