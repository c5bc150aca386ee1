"""Finished runs that are damaged, compared and exported."""

from __future__ import annotations

import json
import shutil
import sqlite3
from typing import Any

from tests.fuzz.case import Case, Maker
from tests.fuzz.kinds.damage import DAMAGES

FORMATS = ("gpkg", "shp", "geojson", "kml", "fgb", "parquet", "csv", "xlsx")
ODD: tuple[Any, ...] = (
    None,
    0,
    -1,
    1e308,
    "x",
    "",
    [],
    {},
    True,
    [None],
    {"x": None},
    "\u200b",
    [[]],
)


def run_folder(maker: Maker) -> Case:
    """One file of a run is damaged, missing, or says something else."""
    chance = maker.random
    broken, whole = maker.folder / "broken", maker.base / "more" / "run"
    broken.mkdir()
    for name in ("summary.json", "run.json", "layers.gpkg"):
        shutil.copyfile(whole / name, broken / name)
    shutil.copytree(broken, maker.folder / "whole")
    name = chance.choice(["summary.json", "summary.json", "run.json", "layers.gpkg"])
    path = broken / name
    how = chance.choice(["bytes", "bytes", "value", "missing", "folder"])
    if how == "value" and name.endswith(".json"):
        content = json.loads(path.read_text())
        how = _change(content, chance)
        path.write_text(json.dumps(content))
    elif how == "value":
        how = _layer(path, chance)
    elif how in ("missing", "folder"):
        path.unlink()
        if how == "folder":
            path.mkdir()
    else:
        spoil = chance.choice(DAMAGES)
        path.write_bytes(spoil(path.read_bytes(), chance))
        how = spoil.__name__
    what = f"{name}: {how}"
    if chance.random() < 0.5:
        pair = ["broken", "whole"]
        chance.shuffle(pair)
        further = ("--out", "compared") if chance.random() < 0.3 else ()
        return maker.case("compare", what, asked="compare", arguments=("compare", *pair, *further))
    format_ = chance.choice(FORMATS)
    arguments = ("export", "broken", "--format", format_, "--out", "exported")
    return maker.case(f"export/{format_}", what, asked="export", arguments=arguments)


def _change(content: Any, chance: Any) -> str:
    """Another value somewhere in the JSON; where."""
    places = []

    def walk(node: Any, at: tuple[Any, ...]) -> None:
        steps = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in steps:
            places.append((node, key, (*at, key)))
            if isinstance(value, dict | list) and len(value) < 200:
                walk(value, (*at, key))

    walk(content, ())
    node, key, at = chance.choice(places)
    if isinstance(node, dict) and chance.random() < 0.3:
        del node[key]
        return f"{at} is missing"
    node[key] = chance.choice(ODD)
    return f"{at} = {node[key]!r}"


def _layer(path: Any, chance: Any) -> str:
    """A layer that is called otherwise, or is missing."""
    names = ("../../ESCAPED", "a/b", "", "CON", "x" * 300, 'a"b', "名", "\u202e", ".", "nul\x00l")
    base = sqlite3.connect(path)
    tables = [row[0] for row in base.execute("select table_name from gpkg_contents")]
    table, name = chance.choice(tables), chance.choice(names)
    how = chance.choice(["rename", "rename", "drop", "no contents"])
    try:
        if how == "rename":
            quoted = name.replace('"', '""')
            base.execute(f'alter table "{table}" rename to "{quoted}"')
            for catalogue in ("gpkg_contents", "gpkg_geometry_columns"):
                base.execute(
                    f"update {catalogue} set table_name = ? where table_name = ?", (name, table)
                )
        elif how == "drop":
            base.execute(f'drop table "{table}"')
        else:
            base.execute("delete from gpkg_contents")
        base.commit()
    except sqlite3.Error as error:
        how += f" ({error})"
    base.close()
    return f"{table}: {how} {name!r}"


KINDS = (run_folder,)
