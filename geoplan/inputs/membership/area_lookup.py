"""The code of the area that a cell means: by code, old code, name or shortened name."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np

from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.columns.roles import names_area, normalize
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.rows import Rows
from geoplan.words.text_format import as_list, distinct_texts

#: cells that decide whether a column holds area codes
_SAMPLE_ROWS = 500
_AREA_ROLES = ("district", "street", "village")
_SUFFIX = re.compile(
    r"(街道办事处|街道办|办事处|街道|社区居委会|居民委员会|村民委员会|居委会|村委会|社区|镇|乡|村|新区|区|县|市"
    r"|district|county|street|town)$"
)
#: province and city before the name of a county, street or town: 山东省青岛市市南区. Communities
#: are left alone without a province, as their names may hold 城市.
_CITY = re.compile(
    r"^(?:[^省市区县]{2,5}(?:省|自治区))[^省市区县]{2,6}市(?=.)"
    r"|^[^省市区县]{2,6}市(?=.+(?:(?<!社)区|县|市|旗|街道|街道办|街道办事处|镇|乡)$)"
)


def area_heading(rows: Rows, level: str, layer: AreaLayer) -> str | None:
    """The column that names the level: its role, its name, or ids and codes that are its codes."""
    heading = rows.heading(level)
    if heading:
        return _fitting_heading(rows, heading, layer)
    for name in map(str, rows.text.columns):
        if normalize(name) == normalize(level):
            return name
    codes = set(layer.frame.index)
    for role in ("code", "id"):
        column = rows.column(role)
        if column is None or len(column) == 0:
            continue
        lookup = area_lookup(layer)
        values = column[~is_empty(column)].head(_SAMPLE_ROWS)
        known = [(v in codes or lookup.code(v) is not None) for v in as_list(values)]
        if known and np.mean(known) > 0.5:
            return rows.heading(role)
    return None


def _fitting_heading(rows: Rows, heading: str, layer: AreaLayer) -> str:
    """`heading`, or another one for areas where its cells are areas of `layer` and these are none.

    COUNTY is the level above in Taiwan and the level itself elsewhere: the cells decide.
    """
    if _share_known(rows, heading, layer) > 0:
        return heading
    others = [h for h, role in rows.roles.items() if role in _AREA_ROLES and h != heading]
    others += [h for h in map(str, rows.text.columns) if h not in rows.roles and names_area(h)]
    shares = {h: _share_known(rows, h, layer) for h in others}
    best = max(shares, key=lambda h: shares[h], default="")
    return best if best and shares[best] > 0.5 else heading


def _share_known(rows: Rows, heading: str, layer: AreaLayer) -> float:
    """Share of the first filled cells that are areas of `layer`."""
    cells = rows.text[heading]
    values = cells[~is_empty(cells)].head(_SAMPLE_ROWS)
    lookup = area_lookup(layer)
    known = [lookup.code(value) is not None for value in distinct_texts(values)]
    return float(np.mean(known)) if known else 0.0


@lru_cache(maxsize=8)  # layers are never written to; every file of a study looks codes up
def area_lookup(layer: AreaLayer) -> AreaLookup:
    """What codes and names of `layer` may be written as."""
    return AreaLookup(layer)


class AreaLookup:
    """Codes of one level by code, old code, name or shortened name."""

    def __init__(self, layer: AreaLayer) -> None:
        self.codes = {str(c) for c in layer.frame.index}
        self.parents = {str(c): p for c, p in layer.frame["parent"].items()}
        self.labels = {str(c): str(n) for c, n in layer.frame["name"].items()}
        self.names: dict[str, list[str]] = {}
        for code, name in layer.frame["name"].items():
            for form in dict.fromkeys((normalize(name), short_name(name))):
                self.names.setdefault(form, []).append(str(code))
        # a longer code begins with that of its area from the county on; short numbers do not nest
        lengths = {len(c) for c in self.codes if c.isdigit() and len(c) >= 6}
        self.lengths = sorted(lengths, reverse=True)

    def name(self, code: str) -> str:
        """The name of an area, also of the one that holds `code`; "" where it is not known."""
        fitting = (self.labels[code[:n]] for n in self.lengths if code[:n] in self.labels)
        return self.labels.get(code) or next(fitting, "")

    def code(self, value: str) -> str | None:
        """The code that `value` means, where only one does."""
        text = str(value).strip()
        if text in self.codes:
            return text
        if text.isdigit():
            return self._by_digits(text)
        for form in (normalize(text), short_name(text)):
            found = self.names.get(form, [])
            if len(found) == 1:
                return found[0]
        code = _old_codes()["names"].get(normalize(text))
        return code if code in self.codes else None

    def within(self, value: str, parent: str) -> str | None:
        """The code of the area named `value` inside `parent`."""
        for form in (normalize(value), short_name(value)):
            found = [c for c in self.names.get(form, []) if self.parents.get(c) == parent]
            if len(found) == 1:
                return found[0]
        return None

    def _by_digits(self, text: str) -> str | None:
        """A longer code of an area inside, a code with trailing zeros, or an old code."""
        for form in (text, successor(text)):
            for length in self.lengths:
                if form and len(form) >= length and form[:length] in self.codes:
                    return form[:length]
            if form:
                for length in (9, 12):
                    if form.ljust(length, "0") in self.codes:
                        return form.ljust(length, "0")
        return None


def short_name(name: object) -> str:
    """`name` without the city before it and without its kind (街道, 镇, 社区, ...).

    Examples
    --------
    >>> short_name("青岛市市南区"), short_name("解放路街道办事处"), short_name("区")
    ('市南', '解放路', '区')
    >>> short_name("新城市广场社区"), short_name("沙市区")
    ('新城市广场', '沙市')
    """
    text = _CITY.sub("", normalize(name))
    cut = _SUFFIX.sub("", text)
    return cut if len(cut) > 1 or (cut and not text.isascii()) else text


@cache
def _old_codes() -> dict[str, dict[str, str]]:
    text = files(__package__).joinpath("old_codes.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    return {**raw, "names": {normalize(name): code for name, code in raw["names"].items()}}


def new_code(code_or_name: str) -> str | None:
    """The code of what has replaced the county with this old code, or the area of this old name."""
    old = _old_codes()
    return old["successors"].get(code_or_name) or old["names"].get(code_or_name)


def successor(code: str) -> str | None:
    """The code that replaced an old one, the digits after the county kept.

    Examples
    --------
    >>> successor("370181"), successor("370125101"), successor("370102")
    ('370114', '370115101', None)
    """
    new = _old_codes()["successors"].get(code[:6])
    return None if new is None else new + code[6:]
