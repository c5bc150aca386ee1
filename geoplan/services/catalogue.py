"""The catalogue: standards as data, and a study's changes to them.

A service is data. `load_catalogue` reads what comes with geoplan, `standard_for` puts a study's
own figures over it, and a service that the catalogue does not know is made from those alone. The
catalogue holds what is national or common to all cities; a city's names, targets and published
figures stand in its study file.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import cache
from importlib.resources import files
from typing import Any

from geoplan.errors import UsageError
from geoplan.services.standard import Quota, ServiceStandard, Tier, at, faults_of, standard_error
from geoplan.words.message import Message

#: demand keys that the catalogue's standards are judged for
GROUPS = ("elderly_60", "elderly_65", "elderly_80", "children", "residents", "hardship")

#: annotation of every field of a standard: says what a study may write there
_TYPES: dict[str, str] = {
    f.name: str(f.type) for kind in (Quota, Tier, ServiceStandard) for f in fields(kind)
}
_TEXTS = "tuple[str, ...]"
_TEXT_TYPES = ("str", "str | None", "Measure", "Confidence")
_NOT_FROM_STUDY = {"service", "quotas", "tiers"}
# one replaces the other: a study that names minutes does not want the catalogue's metres
_EITHER = {"threshold_m": "threshold_min", "threshold_min": "threshold_m"}
#: what a standard lacks without a setting
_WITHOUT = {
    "threshold_m": "one_threshold",
    "threshold_min": "one_threshold",
    "mode": "mode_missing",
    "max_spacing_m": "spacing_missing",
}
#: the number that a text with a unit begins with, as in "800m" and "15 min"
_LEADING = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*\D{0,8}$")
#: no figure of a standard is larger
_MOST = 10**12
_EXTRA = ("figure_names",)


@cache
def _raw() -> dict[str, Any]:
    text = files(__package__).joinpath("catalogue.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _known(cls: type, without: Iterable[str] = ()) -> list[str]:
    return [f.name for f in fields(cls) if f.name not in set(without)]


def _value_fault(name: str, value: object) -> Message | None:
    """Why `value` is not of the kind that `name` takes, or None."""
    kind = _TYPES[name]
    if kind in _TEXT_TYPES:
        wrong = None if isinstance(value, str) else "text"
    elif kind == "bool":
        wrong = None if isinstance(value, bool) else "bool"
    elif kind == _TEXTS:
        ok = isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)
        wrong = None if ok else "texts"
    elif isinstance(value, bool) or not isinstance(value, int | float):
        wrong = "number"
        alone = _LEADING.match(value) if isinstance(value, str) else None
        if alone:
            return _word("number_alone", key=name, value=value, number=alone.group(1))
    else:
        # an infinite or missing number is no whole one either
        finite = abs(value) <= _MOST  # false for NaN as well
        whole = not kind.startswith("int") or (finite and float(value).is_integer())
        wrong = ("whole" if finite else "number") if not (whole and finite) else None
    if wrong is None:
        return None
    return _word("wrong_kind", key=name, kind=_word(f"kind_{wrong}"), value=value)


def _word(key: str, /, **values: Any) -> Message:
    return Message(f"standard_faults.{key}", **values)


def _at(where: Message | str, fault: Message) -> Message:
    return at(where, fault) if where else fault


def _checked(
    table: Mapping[str, Any], known: list[str], where: Message | str, faults: list[Message]
) -> dict[str, Any]:
    """The known keys of `table` with good values; what is wrong is added to `faults`."""
    good: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            key = "unknown_key_near" if near else "unknown_key"
            values = {"key": name, "known": ", ".join(known)} | ({"near": near[0]} if near else {})
            faults.append(_at(where, _word(key, **values)))
            continue
        fault = _value_fault(name, value)
        if fault:
            faults.append(_at(where, fault))
        else:
            good[name] = tuple(value) if _TYPES[name] == _TEXTS else value
    return good


def _quota(table: object, where: Message | str, faults: list[Message]) -> Quota | None:
    if not isinstance(table, Mapping):
        faults.append(_at(where, _word("table_wanted")))
        return None
    good = _checked(table, _known(Quota), where, faults)
    if "level" not in good:
        faults.append(_at(where, _word("level_missing")))
        return None
    return Quota(**good)


def _quotas(value: object, where: str, faults: list[Message]) -> tuple[Quota, ...]:
    tables = [value] if isinstance(value, Mapping) else value
    if not isinstance(tables, list | tuple):
        faults.append(_at(where, _word("tables_wanted")))
        return ()
    made = [_quota(t, f"{where} {n}", faults) for n, t in enumerate(tables, 1)]
    return tuple(quota for quota in made if quota is not None)


def _swap_either(table: Mapping[str, Any], base: dict[str, Any]) -> None:
    for name, other in _EITHER.items():
        if name in table and other not in table:
            base.pop(other, None)


def _tier(table: Mapping[str, Any], base: dict[str, Any], faults: list[Message]) -> Tier | None:
    where = _word("in_tier", tier=str(table.get("key", "?")))
    _swap_either(table, base)
    plain = {k: v for k, v in table.items() if k != "quota"}
    made = {**base, **_checked(plain, _known(Tier), where, faults)}
    if table.get("quota") is not None:
        made["quota"] = _quota(table["quota"], at(where, "quota"), faults)
    made.setdefault("name_zh", made.get("key", ""))
    made.setdefault("name_en", made.get("key", ""))
    if "key" not in made:
        faults.append(_at(where, _word("key_missing")))
        return None
    return Tier(**made)


def _as_dict(thing: Any) -> dict[str, Any]:
    return {f.name: getattr(thing, f.name) for f in fields(thing)}


def _tiers(value: object, base: tuple[Tier, ...], faults: list[Message]) -> tuple[Tier, ...]:
    """Tiers of a study: a list replaces the catalogue's, a table by key changes or adds to them."""
    tables: list[Mapping[str, Any]] = []
    if isinstance(value, Mapping) and all(isinstance(c, Mapping) for c in value.values()):
        changes = {str(key): dict(change) for key, change in value.items()}
        tables = [{"key": t.key, **changes.pop(t.key, {})} for t in base]
        tables += [{"key": key, **change} for key, change in changes.items()]
    elif isinstance(value, list | tuple) and all(isinstance(t, Mapping) for t in value):
        tables = list(value)
    else:
        faults.append(_word("tiers_wanted"))
    before = {t.key: _as_dict(t) for t in base}
    made = [_tier(t, before.get(str(t.get("key")), {}), faults) for t in tables]
    return tuple(tier for tier in made if tier is not None)


def _build(
    key: str, table: Mapping[str, Any], base: ServiceStandard | None, name: str | None = None
) -> ServiceStandard:
    faults: list[Message] = []
    known = [*_known(ServiceStandard, _NOT_FROM_STUDY), "quota", "quotas", "tiers"]
    made: dict[str, Any] = _as_dict(base) if base is not None else {"service": key}
    _swap_either(table, made)
    plain = {k: v for k, v in table.items() if k not in ("quota", "quotas", "tiers")}
    good = _checked(plain, known, "", faults)
    made.update(good)
    if "quota" in table and "quotas" in table:
        faults.append(_word("quota_or_quotas"))
    for word in ("quota", "quotas"):
        if word in table:
            made["quotas"] = _quotas(table[word], word, faults)
    if "tiers" in table:
        made["tiers"] = _tiers(table["tiers"], base.tiers if base else (), faults)
    made.setdefault("name_zh", name or key)
    made.setdefault("name_en", name or key)
    made.setdefault("measure", "reach")
    standard = None
    try:
        standard = ServiceStandard(**made)
    except UsageError as error:
        # a value of the wrong kind is told already; that none is there would be untrue
        wrong = {f"standard_faults.{_WITHOUT[k]}" for k in plain if k in _WITHOUT and k not in good}
        faults += [fault for fault in faults_of(error) if fault.key not in wrong]
    if faults or standard is None:
        raise standard_error(key, faults)
    return standard


@cache
def _catalogue() -> dict[str, ServiceStandard]:
    return {key: _build(key, table, None) for key, table in _raw().items() if key not in _EXTRA}


def load_catalogue() -> dict[str, ServiceStandard]:
    """Every standard that comes with geoplan, by service key, in the catalogue's order.

    Returns
    -------
    dict of ServiceStandard
        A new dict at every call; the standards in it cannot be changed.

    Examples
    --------
    >>> catalogue = load_catalogue()
    >>> catalogue["meal_station"].threshold_m, catalogue["meal_station"].confidence
    (1000, 'medium')
    >>> [tier.key for tier in catalogue["shelter"].tiers]
    ['rescue_station', 'haven', 'partner']
    """
    return dict(_catalogue())


def standard_for(
    key: str,
    overrides: Mapping[str, Any] | None = None,
    *,
    name: str | None = None,
    name_en: str | None = None,
) -> ServiceStandard:
    """The standard of service `key`: the catalogue's figures with a study's own put over them.

    Parameters
    ----------
    key : service key. One that the catalogue does not know is a new service, made from `overrides`
        alone (``measure`` is then ``"reach"`` unless given).
    overrides : fields of `ServiceStandard`, plus

        - ``quota`` (one table) or ``quotas`` (a list): replaces the catalogue's quotas; an empty
          list takes them away;
        - ``tiers``: a list of tables replaces the tiers (a known tier key starts from the
          catalogue's figures), a table by tier key changes single tiers.

        ``threshold_m`` replaces a catalogue's ``threshold_min`` and the other way round.
    name, name_en : the service's names, where the study gives them.

    Returns
    -------
    ServiceStandard

    Raises
    ------
    UsageError
        All faults at once: unknown keys with the valid ones, values of the wrong kind, figures out
        of range, a threshold without its unit.

    Examples
    --------
    >>> standard_for("child_protection_station", {"threshold_m": 5000}).unit
    'm'
    >>> standard_for("book_corner", {"mode": "walk", "threshold_m": 500}, name="书角").name("zh")
    '书角'
    """
    base = _catalogue().get(key)
    table = dict(overrides or {})
    if name is not None:
        table["name_zh"] = name
    if name_en is not None:
        table["name_en"] = name_en
    if base is None:
        table.setdefault("confidence", "low")
    return _build(key, table, base, name or name_en)


def figure_names() -> dict[str, dict[str, str]]:
    """What numbers are called where a study gives them no name: figure key, language, name.

    Returns
    -------
    dict
        A new one at every call. The numbers themselves, with their sources, stand in a study's
        ``[[figures]]``.

    Examples
    --------
    >>> figure_names()["elderly_centre.capacity.places"]["en"]
    'institution beds'
    """
    return {key: dict(names) for key, names in _raw()["figure_names"].items()}
