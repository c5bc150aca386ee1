"""`study.toml` and overlays: every key with every type, text that is no TOML."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from geoplan.errors import GeoplanError
from geoplan.study.config.schema import StudyFile
from tests.fuzz.case import Case, Maker
from tests.fuzz.kinds import damage
from tests.fuzz.schema_places import places, sections
from tests.fuzz.toml_text import toml_text
from tests.fuzz.town import SITING
from tests.fuzz.words import SETTINGS

VALUES: list[Any] = SETTINGS["values"]
#: keys that the honest study does not have
FURTHER: dict[str, list[str]] = SETTINGS["further"]
#: every key that the schema knows, and its lists of sections
PLACES, LISTS = tuple(places(StudyFile)), sections(StudyFile)
#: keys of tables within tables
NAMES = sorted({key for place in PLACES for key in place} | {"", "x", "walk", "1", "东"})
WHAT_IFS = ("slower_walkers", "people", "closed", "links", "standards", "x", "")


def _places(table: dict[str, Any], at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for key, value in table.items():
        found.append((*at, key))
        if isinstance(value, dict):
            found += _places(value, (*at, key))
    for key in FURTHER.get(".".join(at), ()):
        found.append((*at, key))
    return found


def _put(table: dict[str, Any], place: tuple[str, ...], value: Any) -> None:
    for key in place[:-1]:
        if not isinstance(table.get(key), dict):
            table[key] = {}
        table = table[key]
    table[place[-1]] = value


def _any_value(maker: Maker) -> Any:
    value = maker.random.choice(VALUES)
    if maker.random.random() < 0.1:
        value = [value, maker.random.choice(VALUES)]
    elif maker.random.random() < 0.1:
        value = {maker.random.choice(["x", "walk", "elderly_60", "meal_station", "id"]): value}
    return copy.deepcopy(value)


def study_value(maker: Maker) -> Case:
    """One key of the study says something else, of any type."""
    chance, table = maker.random, copy.deepcopy(maker.study())
    if chance.random() < 0.6:
        table["services"]["meal_station"]["siting"] = dict(SITING)
    place, value = chance.choice(_places(table)), _any_value(maker)
    _put(table, place, value)
    maker.write(table)
    return maker.case(f"study/{place[0]}", f"{'.'.join(place)} = {str(value)[:80]!r}")


def study_values(maker: Maker) -> Case:
    """Several keys at once, some left out."""
    chance, table = maker.random, copy.deepcopy(maker.study())
    table["services"]["meal_station"]["siting"] = dict(SITING)
    changes = []
    for _ in range(chance.randrange(2, 5)):
        place, value = chance.choice(_places(table)), _any_value(maker)
        _put(table, place, value)
        changes.append(".".join(place))
    maker.write(table)
    return maker.case("study/several", ", ".join(changes))


def _nested(maker: Maker, depth: int) -> Any:
    """A value with lists and tables in one another."""
    chance = maker.random
    if depth == 0 or chance.random() < 0.4:
        return _any_value(maker)
    if chance.random() < 0.5:
        return [_nested(maker, depth - 1) for _ in range(chance.randrange(3))]
    return {chance.choice(NAMES): _nested(maker, depth - 1) for _ in range(chance.randrange(1, 4))}


def _fits(table: dict[str, Any], place: tuple[str, ...], value: Any) -> bool:
    """Whether the schema takes it: what is refused at once tries nothing behind."""
    changed = copy.deepcopy(table)
    _put(changed, place, value)
    try:
        StudyFile.model_validate(changed)
    except (ValueError, GeoplanError):
        return False
    return True


def _section(maker: Maker, model: type[Any]) -> dict[str, Any]:
    """Some keys of a section in a list, with values of any kind."""
    keys = maker.random.sample(sorted(model.model_fields), k=min(3, len(model.model_fields)))
    return {key: _nested(maker, 1) for key in keys}


def study_anywhere(maker: Maker) -> Case:
    """Any keys of the schema, at any depth, with values nested in one another."""
    chance, table = maker.random, copy.deepcopy(maker.study())
    if chance.random() < 0.7:
        table["services"]["meal_station"]["siting"] = dict(SITING)
    changes = []
    fitting = chance.random() < 0.7
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        place, value = chance.choice(PLACES), _nested(maker, 3)
        tries = 12 if fitting else 0
        while tries and not _fits(table, place, value):
            tries, value = tries - 1, _nested(maker, 2)
        _put(table, place, value)
        changes.append(f"{'.'.join(place)} = {str(value)[:60]!r}")
    if chance.random() < 0.2:
        place = chance.choice(sorted(LISTS))
        _put(table, place, [_section(maker, LISTS[place]) for _ in range(chance.choice([1, 2]))])
        changes.append(".".join(place))
    maker.write(table)
    return maker.case("study/anywhere", ", ".join(changes))


def study_text(maker: Maker) -> Case:
    """Text that is hardly TOML: typing errors, other encodings, deep nests, damage."""
    chance, text = maker.random, toml_text(maker.study())
    lines = text.splitlines()
    at = chance.randrange(len(lines))
    how = chance.choice(
        ["drop", "twice", "chars", "damage", "encoding", "deep", "long", "quotes", "swap"]
    )
    content = text.encode()
    if how == "drop":
        content = "\n".join(lines[:at] + lines[at + 1 :]).encode()
    elif how == "twice":
        content = "\n".join(lines[: at + 1] + lines[at:]).encode()
    elif how == "chars":
        pairs = [
            ("=", ":"),
            ('"', "“"),
            ("[", "【"),
            ("=", "＝"),
            ("_", "-"),
            ('"', "'"),
            (".", "。"),
            ("=", "=="),
            ("=", ""),
            ('"', ""),
            ("]", ""),
            ("{", ""),
            (",", "，"),
            ("#", "//"),
        ]
        old, new = chance.choice(pairs)
        content = text.replace(old, new, chance.choice([1, 2, -1])).encode()
        how += f" {old} {new}"
    elif how == "damage":
        spoil = chance.choice([d for d in damage.DAMAGES if d is not damage.inside])
        content = spoil(content, chance)
        how += f" {spoil.__name__}"
    elif how == "encoding":
        name = chance.choice(["utf-16", "gbk", "utf-8-sig", "utf-32", "cp037", "utf-7"])
        content = text.replace("Fuzz", "城市").encode(name, "replace")
        how += f" {name}"
    elif how == "deep":
        depth = chance.choice([50, 500, 10_000, 100_000])
        content += chance.choice(
            [f"x = {'[' * depth}{']' * depth}", f"[{'a.' * depth}b]\n"]
        ).encode()
    elif how == "long":
        content += b"[background.x]\npath = '" + b"y" * chance.choice([300, 10**6]) + b"'\n"
    elif how == "quotes":
        content = text.replace("\n", ' """\n', 1).encode()
    else:
        chance.shuffle(lines)
        content = "\n".join(lines).encode()
    maker.write(content)
    return maker.case("study text", how)


def overlay(maker: Maker) -> Case:
    """A TOML file of what-ifs with values of any type."""
    chance = maker.random
    maker.write(maker.study())
    table: dict[str, Any] = {"what_if": {}}
    for _ in range(chance.choice([1, 1, 2])):
        name = chance.choice(WHAT_IFS)
        value = _any_value(maker)
        inner = {
            "people": "elderly_60",
            "closed": "meal_station",
            "standards": "meal_station",
            "links": "walk",
        }.get(name)
        if inner and chance.random() < 0.6:
            value = {inner: value}
        if name == "standards" and chance.random() < 0.5:
            value = {
                "meal_station": {
                    chance.choice(["threshold_m", "quota", "tiers", "x"]): _any_value(maker)
                }
            }
        table["what_if"][name] = value
    if chance.random() < 0.1:
        table["what_if"] = _any_value(maker)
    if chance.random() < 0.2:
        _put(table, chance.choice(_places(maker.study())), _any_value(maker))
    content = toml_text(table).encode()
    if chance.random() < 0.1:
        content = damage.flip(content, chance)
    (maker.folder / "overlay.toml").write_bytes(content)
    return maker.case("overlay", str(table)[:120], asked="overlay")


def missing(maker: Maker) -> Case:
    """An input that is not there, or is something else than a file."""
    chance = maker.random
    maker.write(maker.study())
    name = chance.choice(
        ["people.csv", "meals.csv", "districts.gpkg", "streets.geoplan", "study.toml"]
    )
    path: Path = maker.folder / name
    path.unlink()
    how = chance.choice(["gone", "folder", "link to nothing", "link to itself", "unreadable name"])
    if how == "folder":
        path.mkdir()
    elif how == "link to nothing":
        path.symlink_to("nowhere")
    elif how == "link to itself":
        path.symlink_to(path.name)
    elif how == "unreadable name":
        (maker.folder / (name + "\udcff")).write_bytes(b"x")
    return maker.case("missing", f"{name}: {how}")


KINDS = (
    *(study_value, study_value, study_anywhere, study_anywhere),
    *(study_values, study_text, overlay, overlay, missing),
)
