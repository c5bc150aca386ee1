"""Files whose bytes are damaged, cut off, of another format, or locked: any reader, any input."""

from __future__ import annotations

import gzip
import io
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.case import Case, Maker
from tests.fuzz.formats import COUNTED, FORMATS
from tests.fuzz.town import districts, streets

Bytes = Callable[[bytes, random.Random], bytes]


def cut(content: bytes, chance: random.Random) -> bytes:
    """The first part only."""
    return content[: chance.randrange(len(content) + 1)]


def cut_little(content: bytes, chance: random.Random) -> bytes:
    """The last bytes are missing."""
    return content[: max(len(content) - chance.randrange(1, 40), 0)]


def flip(content: bytes, chance: random.Random) -> bytes:
    """Single bits turned over."""
    damaged = bytearray(content)
    for _ in range(chance.choice([1, 1, 3, 20, 200])):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def flip_head(content: bytes, chance: random.Random) -> bytes:
    """Bits of the first bytes, where formats keep their counts."""
    damaged = bytearray(content)
    for _ in range(chance.choice([1, 3, 8])):
        damaged[chance.randrange(min(len(damaged), 200))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def zeros(content: bytes, chance: random.Random) -> bytes:
    """A block of zeros, as after a lost disk block."""
    at, size = chance.randrange(len(content)), chance.choice([1, 16, 512, 4096])
    return content[:at] + bytes(min(size, len(content) - at)) + content[at + size :]


def ones(content: bytes, chance: random.Random) -> bytes:
    """Four bytes of ones: the largest or a negative number."""
    at = chance.randrange(len(content))
    return content[:at] + b"\xff" * 4 + content[at + 4 :]


def noise(content: bytes, chance: random.Random) -> bytes:
    """Bytes that belong elsewhere."""
    at = chance.randrange(len(content))
    return content[:at] + chance.randbytes(chance.choice([1, 7, 300])) + content[at:]


def twice(content: bytes, chance: random.Random) -> bytes:
    """A piece stands twice."""
    a = chance.randrange(len(content))
    b = min(a + chance.choice([10, 100, 2000]), len(content))
    return content[:b] + content[a:b] + content[b:]


def without(content: bytes, chance: random.Random) -> bytes:
    """A piece is missing."""
    a = chance.randrange(len(content))
    return content[:a] + content[a + chance.choice([1, 10, 100, 2000]) :]


def nothing_like_it(content: bytes, chance: random.Random) -> bytes:
    """What a download or an office leaves in its place."""
    return chance.choice(
        [
            b"",
            b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
            chance.randbytes(3000),
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n",
            b"PK\x05\x06" + bytes(18),
            b"%PDF-1.7\n",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            b"{" * 5000,
            b"[" * 100_000,
            b"<a>" * 50_000,
            gzip.compress(content),
            b"SQLite format 3\x00" + bytes(100),
            b"\n" * 5000,
            b'"' * 999,
            b"," * 20_000,
            "\ufeff".encode() * 3 + content,
            b"PAR1PAR1",
            b"fgb\x03fgb\x00",
            b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>people.csv</SrcDataSource>'
            b"</OGRVRTLayer></OGRVRTDataSource>",
        ]
    )


def inside(content: bytes, chance: random.Random) -> bytes:
    """One member of an archive damaged, missing, locked or doubled; else like `noise`."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return noise(content, chance)
    target = io.BytesIO()
    how = chance.choice(["flip", "cut", "drop", "empty", "locked", "rename", "twice", "text"])
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as archive:
        names = source.namelist()
        picked = chance.choice(names)
        for name in names:
            member = source.read(name)
            if name == picked and how == "drop":
                continue
            if name == picked and member and how in ("flip", "cut", "twice"):
                member = {"flip": flip, "cut": cut, "twice": twice}[how](member, chance)
            elif name == picked and how in ("empty", "text"):
                member = b"" if how == "empty" else b"not this"
            new = chance.choice(["../x", "/abs", "x" * 300, "名"]) if how == "rename" else name
            archive.writestr(new if name == picked else name, member)
    damaged = target.getvalue()
    if how == "locked":  # the flag of encryption in every header
        damaged = _with_flag(damaged, b"PK\x01\x02", 8)
        damaged = _with_flag(damaged, b"PK\x03\x04", 6)
    return damaged


def _with_flag(content: bytes, mark: bytes, offset: int) -> bytes:
    damaged, at = bytearray(content), content.find(mark)
    while at >= 0:
        damaged[at + offset] |= 1
        at = content.find(mark, at + 4)
    return bytes(damaged)


DAMAGES: tuple[Bytes, ...] = (
    cut,
    cut_little,
    flip,
    flip,
    flip_head,
    zeros,
    ones,
    noise,
    twice,
    without,
    nothing_like_it,
    inside,
    inside,
)


def people(maker: Maker) -> Case:
    """The people's file in any format, damaged."""
    kind = maker.random.choice(list(FORMATS))
    ending, write = FORMATS[kind]
    path = maker.folder / f"people{ending}"
    write(path, maker.town.people)
    how, target = _spoil(maker, path)
    # only a format that says how much it holds can tell that its end is missing
    known = how in ("cut", "cut_little") and kind in COUNTED and target == path
    maker.write(maker.people_from(path.name))
    return maker.case(
        f"bytes/{kind}",
        f"{how} of {target.name}",
        total=maker.town.total if known else None,
        file=path.name,
    )


def sites(maker: Maker) -> Case:
    """The sites' file in any format, damaged: the people stay."""
    kind = maker.random.choice(list(FORMATS))
    ending, write = FORMATS[kind]
    path = maker.folder / f"meals{ending}"
    write(path, maker.town.meals)
    how, target = _spoil(maker, path)
    services = maker.study()["services"]
    meal = {**services["meal_station"], "path": path.name}
    maker.write(maker.study(services={"meal_station": meal}))
    what = f"{how} of {target.name}"
    return maker.case(f"bytes/sites {kind}", what, total=maker.town.total, file="people.csv")


def areas(maker: Maker) -> Case:
    """The districts, damaged."""
    drivers = {
        ".gpkg": "GPKG",
        ".shp": "ESRI Shapefile",
        ".geojson": "GeoJSON",
        ".fgb": "FlatGeobuf",
    }
    ending = maker.random.choice(list(drivers))
    path = maker.folder / f"areas{ending}"
    districts().to_file(path, driver=drivers[ending])
    how, target = _spoil(maker, path)
    maker.write(maker.study(areas={"district": {"path": path.name}}))
    what = f"{how} of {target.name}"
    return maker.case(f"bytes/areas {ending[1:]}", what, total=maker.town.total, file="people.csv")


def network(maker: Maker) -> Case:
    """A street file in any format, damaged."""
    chance = maker.random
    kind = chance.choice(
        [
            "geoplan",
            "geoplan",
            "gpkg",
            "shp",
            "fgb",
            "geojson",
            "parquet",
            "gml",
            "osm",
            "pbf",
            "graphml",
            "csv",
            "zip",
        ]
    )
    path = _street_file(maker, kind)
    how, target = _spoil(maker, path)
    walk = {"path": path.name}
    maker.write(maker.lighter(network={"walk": walk}))
    what = f"{how} of {target.name}"
    return maker.case(f"bytes/streets {kind}", what, total=maker.town.total, file="people.csv")


def _street_file(maker: Maker, kind: str) -> Path:
    endings = {"pbf": ".osm.pbf", "zip": ".shp.zip"}
    path = maker.folder / f"roads{endings.get(kind, '.' + kind)}"
    table = streets()
    if kind in ("osm", "pbf", "graphml", "geoplan"):
        shutil.copyfile(maker.base / "more" / f"streets{endings.get(kind, '.' + kind)}", path)
    elif kind == "parquet":
        table.to_parquet(path)
    elif kind == "csv":
        table.assign(wkt=table.geometry.to_wkt()).drop(columns="geometry").to_csv(path, index=False)
    elif kind == "zip":
        table.to_file(maker.folder / "inner.shp")
        with zipfile.ZipFile(path, "w") as archive:
            for part in sorted(maker.folder.glob("inner.*")):
                archive.write(part, part.name)
    else:
        drivers = {
            "gpkg": "GPKG",
            "shp": "ESRI Shapefile",
            "fgb": "FlatGeobuf",
            "geojson": "GeoJSON",
            "gml": "GML",
        }
        table.to_file(path, driver=drivers[kind])
    return path


def _spoil(maker: Maker, path: Path) -> tuple[str, Path]:
    """Damage the file, or one that belongs to it, or give it another ending."""
    chance = maker.random
    parts = [one for one in maker.folder.glob(f"{path.stem}.*") if one.is_file()]
    if path.is_dir():
        parts = sorted(one for one in path.iterdir() if one.stat().st_size)
    target = chance.choice(sorted(parts)) if chance.random() < 0.5 else path
    if target.is_dir():
        target = chance.choice(parts)
    if target != path and chance.random() < 0.15:
        target.unlink()
        return "missing", target
    damage = chance.choice(DAMAGES)
    content = target.read_bytes()
    target.write_bytes(damage(content, chance) if content else b"x")
    return damage.__name__, target


def wrong_ending(maker: Maker) -> Case:
    """A whole file that is called something else."""
    chance = maker.random
    kind, called = chance.sample([k for k in FORMATS if k not in ("gdb", "tab", "shp")], 2)
    path = maker.folder / f"x{FORMATS[kind][0]}"
    FORMATS[kind][1](path, maker.town.people)
    ending = chance.choice(
        [
            FORMATS[called][0],
            FORMATS[called][0].upper(),
            "",
            ".dat",
            ".bak",
            ".csv.gz",
            ".geojsonl",
            ".sqlite",
            ".db",
            ".vrt",
            ".tif",
            ".osm",
        ]
    )
    name = f"people_{ending}" if not ending else f"other{ending}"
    path.rename(maker.folder / name)
    maker.write(maker.people_from(name))
    return maker.case("ending", f"{kind} called {name}", total=maker.town.total, file=name)


KINDS = (people, people, people, sites, areas, network, network, wrong_ending)
