"""OSM, GraphML and built network files whose content is odd though the file is whole."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from typing import Any

import numpy as np

from tests.fuzz.case import Case, Maker
from tests.fuzz.words import SWAPS


def osm(maker: Maker) -> Case:
    """OSM XML: odd ids, coordinates, tags, references."""
    chance = maker.random
    text = (maker.base / "more" / "streets.osm").read_text()
    old, new = chance.choice(SWAPS["osm"])
    count = chance.choice([1, 3, -1])
    (maker.folder / "roads.osm").write_text(text.replace(old, new, count), encoding="utf-8")
    return _of(maker, "osm", "roads.osm", f"{old} -> {new[:40]} x {count}")


def graphml(maker: Maker) -> Case:
    """GraphML: odd keys, lengths, nodes."""
    chance = maker.random
    text = (maker.base / "more" / "streets.graphml").read_text()
    old, new = chance.choice(SWAPS["graphml"])
    count = chance.choice([1, 5, -1])
    (maker.folder / "roads.graphml").write_text(text.replace(old, new, count), encoding="utf-8")
    return _of(maker, "graphml", "roads.graphml", f"{old} -> {new[:40]} x {count}")


def built(maker: Maker) -> Case:
    """A built network file whose arrays are of another kind, size or range."""
    chance = maker.random
    source, path = maker.base / "streets.geoplan", maker.folder / "roads.geoplan"
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    arrays = [name for name in members if name.endswith(".npy")]
    if chance.random() < 0.7:
        name = chance.choice(arrays)
        members[name], what = _array(np.load(io.BytesIO(members[name])), chance)
        what = f"{name}: {what}"
    else:
        meta = json.loads(members["meta.json"])
        key = chance.choice([*meta, "x"])
        meta[key] = chance.choice(
            [None, 0, -1, 1e300, "x", "", [], {}, True, [None], "EPSG:4326", 2]
        )
        members["meta.json"] = json.dumps(meta).encode()
        what = f"{key} = {meta[key]!r}"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return _of(maker, "built", "roads.geoplan", what)


def _array(array: Any, chance: Any) -> tuple[bytes, str]:
    """The array, spoilt, as a file; and how."""
    changes: dict[str, Any] = {
        "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
        "float32": lambda a: a.astype("float32"),
        "int8": lambda a: a.astype("int8"),
        "int64": lambda a: a.astype("int64"),
        "uint64": lambda a: a.astype("uint64"),
        "text": lambda a: a.astype("U20"),
        "bool": lambda a: a.astype(bool),
        "complex": lambda a: a.astype("complex128"),
        "two columns": lambda a: np.stack([a, a], axis=-1),
        "shorter": lambda a: a[:-1],
        "empty": lambda a: a[:0],
        "longer": lambda a: np.concatenate([a, a]),
        "backwards": lambda a: a[::-1].copy(),
        "scalar": lambda a: np.asarray(a).ravel()[0],
        "far": lambda a: _with(a, np.iinfo(a.dtype).max if a.dtype.kind in "iu" else 1e300),
        "negative": lambda a: _with(a, -5 if a.dtype.kind in "if" else 1),
        "nan": lambda a: _with(a.astype(float), np.nan),
        "zero": lambda a: _with(a, 0),
        "beyond": lambda a: _with(a, 10_000),
        "fortran": lambda a: np.asfortranarray(np.stack([a, a])),
    }
    name = chance.choice(list(changes))
    buffer = io.BytesIO()
    with np.errstate(all="ignore"):
        np.save(buffer, changes[name](array), allow_pickle=False)
    return buffer.getvalue(), name


def _with(array: Any, value: float) -> Any:
    changed = array.copy()
    changed.flat[changed.size // 2] = value
    return changed


def _of(maker: Maker, kind: str, name: str, what: str) -> Case:
    maker.write(maker.lighter(network={"walk": {"path": name}}))
    total = maker.town.total
    if maker.random.random() < 0.25:
        arguments = ("network", "build", name, "--mode", "walk", "--out", "built.geoplan")
        if kind == "built":
            shutil.copyfile(maker.folder / name, maker.folder / "x.geoplan")
        return maker.case(f"build/{kind}", what, asked="build", arguments=arguments)
    return maker.case(f"streets/{kind}", what, total=total, file="people.csv")


KINDS = (osm, graphml, built)
