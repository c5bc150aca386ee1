"""Every place of a study file that its schema knows, however deep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel

#: a key that stands in the studies of the tests, by section
THERE = {"areas": "district", "network": "walk", "demand": "elderly_60", "services": "meal_station"}


def places(model: type[BaseModel], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of keys into a study file of this model; lists of sections count as one value."""
    for name, field in model.model_fields.items():
        where = (*at, name)
        yield where
        for kind in models(field.annotation):
            table = get_origin(field.annotation) is dict
            yield from places(kind, (*where, THERE.get(name, "x")) if table else where)


def models(kind: Any) -> list[type[BaseModel]]:
    """The sections that a value of this type may be."""
    if isinstance(kind, type):
        return [kind] if issubclass(kind, BaseModel) else []
    return (
        [] if get_origin(kind) is list else [m for inner in get_args(kind) for m in models(inner)]
    )


def sections(model: type[BaseModel]) -> dict[tuple[str, ...], type[BaseModel]]:
    """Lists of sections, such as a programme's actions, by where they stand."""
    found: dict[tuple[str, ...], type[BaseModel]] = {}

    def look(one: type[BaseModel], at: tuple[str, ...]) -> None:
        for name, field in one.model_fields.items():
            where = (*at, name)
            for inner in _in_lists(field.annotation):
                found[where] = inner
            for kind in models(field.annotation):
                table = get_origin(field.annotation) is dict
                look(kind, (*where, THERE.get(name, "x")) if table else where)

    look(model, ())
    return found


def _in_lists(kind: Any) -> list[type[BaseModel]]:
    inner = get_args(kind)
    if get_origin(kind) in (list, tuple):
        return [m for one in inner for m in models(one)]
    return [m for one in inner for m in _in_lists(one)]
