"""Faults of street files: the message is English, a study says it in its own language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import numpy as np

from geoplan.errors import GeoplanError
from geoplan.words import say

Kind = TypeVar("Kind", bound=GeoplanError)
#: several faults of one input: key in ``words/network_faults.toml`` and what the sentence needs
Faults = list[tuple[str, Mapping[str, Any]]]


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


def some(values: Iterable[Any]) -> Parts:
    """The first few of `values`, each once, and how many more there are.

    Examples
    --------
    >>> f"{some([7, 7, 8]):en}", f"{some(range(9)):en}", f"{some(range(9)):zh}"
    ('7, 8', '0, 1, 2, 3, 4 and 4 more', '0, 1, 2, 3, 4，另有 4 个')
    """
    listed = list(dict.fromkeys(v.item() if isinstance(v, np.generic) else v for v in values))
    names = ", ".join(map(repr, listed[:5]))
    if len(listed) <= 5:
        return Parts([("some", {"names": names})])
    return Parts([("some_more", {"names": names, "more": len(listed) - 5})])


def left_out_by(left_out: Mapping[str, int]) -> Parts:
    """How many lines were left out, by reason (see `osm_rules.why_left_out`)."""
    return Parts(((f"by_{why}", {"count": n}) for why, n in sorted(left_out.items())), join=", ")
