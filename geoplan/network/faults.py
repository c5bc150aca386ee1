"""Faults of street files: the message is English, a study says it in its own language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from geoplan.errors import GeoplanError
from geoplan.words import say

Kind = TypeVar("Kind", bound=GeoplanError)


def fault(kind: type[Kind], code: str, /, **values: Any) -> Kind:
    """An error of `kind` that can be said in every language.

    Parameters
    ----------
    kind : class of the error.
    code : key in ``words/network_faults.toml``.
    values : what the sentence needs.

    Returns
    -------
    The error, to be raised; its message is English.

    Examples
    --------
    >>> from geoplan.errors import NetworkError
    >>> error = fault(NetworkError, "no_file", name="roads.shp")
    >>> str(error)
    'roads.shp: no such file.'
    >>> told(error, "zh")
    '找不到路网文件“roads.shp”：请核对 path。'
    """
    key = f"network_faults.{code}"
    error = kind(say("en", key, **values))
    error.said = (key, values)
    return error


def told(error: GeoplanError, lang: str) -> str:
    """The message of `error` in `lang`, where its words are known; else as it is."""
    if error.said is None:
        return str(error)
    key, values = error.said
    return say(lang, key, **values)


class Parts:
    """Several sentences of one kind inside another; the format says in which language.

    Examples
    --------
    >>> parts = left_out_by({"class": 2, "access": 1})
    >>> f"{parts:en}", f"{parts:zh}"
    ('1 by access, 2 by class', '通行权限 1 条；道路等级 2 条')
    """

    def __init__(self, parts: Iterable[tuple[str, Mapping[str, Any]]], join: str = "; ") -> None:
        self.parts, self.join = list(parts), join

    def __format__(self, lang: str) -> str:
        said = [say(lang, f"network_faults.{code}", **values) for code, values in self.parts]
        return ("；" if lang == "zh" else self.join).join(said)


def left_out_by(left_out: Mapping[str, int]) -> Parts:
    """How many lines were left out, by reason (see `osm_rules.why_left_out`)."""
    return Parts(((f"by_{why}", {"count": n}) for why, n in sorted(left_out.items())), join=", ")
