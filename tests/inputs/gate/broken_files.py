"""A small corpus of broken and hostile inputs: name -> how to write it, and what must be said.

Every entry is people (or what should be people) in one file of its format; none of them may bring
more than a finding of the whole file.
"""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pyarrow
import pyarrow.parquet
import shapely

ROWS = [(f"甲{k}", 117 + k / 1000, 36.6, 10) for k in range(6)]
HEAD = ("名称", "经度", "纬度", "人数")
SERVER = "http://127.0.0.1:{port}/people.geojson"

Make = Callable[[Path], None]


def frame() -> gpd.GeoDataFrame:
    """Six places with ten people each."""
    names, lons, lats, people = zip(*ROWS, strict=True)
    points = gpd.points_from_xy(lons, lats)
    return gpd.GeoDataFrame({"名称": names, "人数": people}, geometry=points, crs=4326)


def csv_text() -> str:
    return "\n".join(",".join(map(str, row)) for row in (HEAD, *ROWS)) + "\n"


def book_bytes() -> bytes:
    book, stream = openpyxl.Workbook(), io.BytesIO()
    for row in (HEAD, *ROWS):
        book.active.append(row)
    book.save(stream)
    return stream.getvalue()


def zipped(content: dict[str, bytes | str], *, locked: bool = False) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    raw = bytearray(stream.getvalue())
    at = 0
    while locked and (at := raw.find(b"PK\x01\x02", at)) >= 0:
        raw[at + 8] |= 1
        at += 4
    return bytes(raw)


def features(*, odd: Any = None, **root: Any) -> str:
    found = json.loads(frame().to_json())["features"]
    if odd is not None:
        found[2] = odd
    return json.dumps({"type": "FeatureCollection", **root, "features": found})


def saved(ending: str, **options: Any) -> bytes:
    """The places in a format that GDAL writes into one file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"people{ending}"
        if ending == ".parquet":
            frame().to_parquet(path)
        else:
            frame().to_file(path, **options)
        return path.read_bytes()


def write(raw: bytes | str) -> Make:
    return lambda path: path.write_bytes(raw if isinstance(raw, bytes) else raw.encode()) and None


def geopackage(sql: str) -> Make:
    """A GeoPackage with a view called ``v`` as its only layer."""

    def make(path: Path) -> None:
        path.write_bytes(saved(".gpkg", layer="people"))
        with closing(sqlite3.connect(path)) as database, database:
            for table in ("gpkg_contents", "gpkg_geometry_columns"):
                database.execute(f"DELETE FROM {table}")
            database.execute(sql)
            database.execute(
                "INSERT INTO gpkg_contents(table_name, data_type, identifier, srs_id) "
                "VALUES('v', 'features', 'v', 4326)"
            )
            database.execute(
                "INSERT INTO gpkg_geometry_columns VALUES('v', 'geom', 'POINT', 4326, 0, 0)"
            )

    return make


def nested_parquet(path: Path, depth: int = 100_000) -> None:
    point = shapely.to_wkb(shapely.Point(117, 36.6))
    collection = struct.pack("<BII", 1, 7, 1) * depth + point
    table = pyarrow.table({"人数": [10], "geometry": [collection]})
    geo = {
        "version": "1.0.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
    }
    pyarrow.parquet.write_table(
        table.replace_schema_metadata({b"geo": json.dumps(geo).encode()}), path
    )


def pointers(port: int) -> Iterator[tuple[str, str]]:
    """Name and content of files that stand for data on a server."""
    server = SERVER.format(port=port)
    vrt = (
        f'<OGRVRTDataSource><OGRVRTLayer name="people"><SrcDataSource>/vsicurl/{server}'
        "</SrcDataSource><SrcLayer>people</SrcLayer></OGRVRTLayer></OGRVRTDataSource>"
    )
    wfs = f"<OGRWFSDataSource><URL>{server}</URL></OGRWFSDataSource>"
    yield from ((f"vrt{e}", vrt) for e in (".geojson", ".json", ".gml", ".gpkg", ".shp", ".kml"))
    yield "vrt_zipped.zip", zipped({"people.geojson": vrt}).decode("latin-1")
    yield "wfs.json", wfs
    yield "wfs.gml", wfs
    yield "wfs_comment.gml", f"<!-- {'x' * 3000} -->{wfs}"
    pipeline = {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline read {server}"}
    yield "gdalg.json", json.dumps(pipeline)
    link = {"type": "link", "properties": {"href": server, "type": "ogcwkt"}}
    yield "crs.geojson", features(crs=link)
    yield "crs_late.geojson", features()[:-1] + ', "crs": ' + json.dumps(link) + "}"
    yield "crs_spelt.geojson", features(crs=link).replace('"crs"', '"\\u0063rs"')
    schema = f'xsi:schemaLocation="http://x {server}"'
    yield (
        "schema.gml",
        f'<?xml version="1.0"?><x:C xmlns:x="http://x" xmlns:gml="http://www.opengis.net/gml" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {schema}><gml:featureMember>'
        f'<x:p><x:人数>10</x:人数><x:g xlink:href="{server}" '
        'xmlns:xlink="http://www.w3.org/1999/xlink"/></x:p></gml:featureMember></x:C>',
    )
    entity = f'<!DOCTYPE k [<!ENTITY e SYSTEM "{server}">]>'
    kml = "<kml xmlns='http://www.opengis.net/kml/2.2'><Document><Placemark><name>{}</name>"
    kml += "<Point><coordinates>117,36.6</coordinates></Point></Placemark></Document></kml>"
    yield "entity.kml", entity + kml.format("&e;")
    yield "entity.gml", entity + '<a xmlns:gml="http://www.opengis.net/gml">&e;</a>'
    network = f"<NetworkLink><Link><href>{server}</href></Link></NetworkLink>"
    yield "link.kml", kml.format("甲").replace("</Document>", network + "</Document>")


#: name of the file -> how it is written, and a word of what is said (English)
BROKEN: dict[str, tuple[Make, str]] = {
    "locked.kmz": (write(zipped({"doc.kml": "<kml/>"}, locked=True)), "password"),
    "locked.zip": (write(zipped({"a.geojson": features()}, locked=True)), "password"),
    "locked.xlsx": (write(zipped({"xl/workbook.xml": "<a/>"}, locked=True)), "password"),
    "locked.ods": (write(zipped({"content.xml": "<a/>"}, locked=True)), "password"),
    "nothing.zip": (write(zipped({"readme.md": "x"})), "no file that can be read"),
    "bomb.kmz": (write(zipped({"doc.kml": bytes(15_000_000)})), "document_mb"),
    "bomb.zip": (write(zipped({"a.csv": b"1" * 25_000_000})), "unpacked_mb"),
    "cut.zip": (write(zipped({"a.geojson": features()})[:-40]), "no archive"),
    "cut.xlsx": (write(book_bytes()[:-200]), "cannot be opened"),
    "cut.gpkg": (write(saved(".gpkg", layer="people")[:30_000]), ""),
    "cut.fgb": (write(saved(".fgb")[:-150]), ""),
    "cut.parquet": (write(saved(".parquet")[:-30]), "GeoParquet"),
    "cut.gml": (write(saved(".gml")[:-200]), ""),
    "cut.geojson": (write(features()[:-90]), "cannot be read"),
    "noise.gpkg": (write(b"SQLite format 3\x00" + bytes(range(256)) * 40), ""),
    "noise.fgb": (write(b"fgb\x03fgb\x01" + bytes(range(256)) * 4), ""),
    "noise.shp": (write(b"\x00\x00\x27\x0a" + bytes(range(256)) * 4), ""),
    "noise.parquet": (write(b"PAR1" + bytes(range(256)) + b"PAR1"), "GeoParquet"),
    "noise.xls": (write(b"\xd0\xcf\x11\xe0" + bytes(range(256)) * 8), "cannot be opened"),
    "deep.kml": (write("<kml>" + "<Folder>" * 50_000 + "</Folder>" * 50_000 + "</kml>"), ""),
    "deep.geojson": (write('{"type":"FeatureCollection","features":' + "[" * 100_000), ""),
    "deep.parquet": (nested_parquet, "nested too deep"),
    "heading.csv": (write(",".join(HEAD) + "\n"), "nobody"),
    "zeros.csv": (write(csv_text().replace(",10\n", ",0\n")), "nobody"),
    "cross.gpkg": (
        geopackage(
            "CREATE VIEW v AS SELECT a.fid, a.geom, a.人数 FROM people a "
            + " ".join(f"CROSS JOIN people b{k}" for k in range(14))
        ),
        "",
    ),
    "endless.gpkg": (
        geopackage(
            "CREATE VIEW v AS WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) "
            "SELECT t.n AS fid, p.geom, p.人数 FROM t, people p"
        ),
        "takes more than 2 seconds",
    ),
    "endless_inside.gpkg": (  # even its first row never comes
        geopackage(
            "CREATE VIEW v AS SELECT fid, geom, 人数 FROM people WHERE fid NOT IN "
            "(WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n + 9 FROM t)"
        ),
        "takes more than 2 seconds",
    ),
    "endless_with_gdal.gpkg": (  # a function that GDAL has and SQLite has not
        geopackage(
            "CREATE VIEW v AS WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) "
            "SELECT t.n AS fid, ST_Buffer(p.geom, 1) AS geom, p.人数 FROM t, people p"
        ),
        "takes more than 2 seconds",
    ),
}
