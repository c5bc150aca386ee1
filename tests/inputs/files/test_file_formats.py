"""Files as they are sent around and kept open: archives, old workbooks, locked files, databases."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point

from geoplan.inputs import LayerSource, read_facilities
from geoplan.inputs.files.database import is_database_url, sqlalchemy_url
from geoplan.inputs.files.shown_names import without_machine
from geoplan.inputs.files.zip_archive import member_name

CRS = "EPSG:4548"
FRAME = gpd.GeoDataFrame(
    {"名称": ["甲站", "乙站"], "床位数": [10, 12]},
    geometry=[Point(117.02, 36.65), Point(117.03, 36.66)],
    crs=4326,
)


def read(path: Path, **options):
    source = LayerSource(path=path, name=path.name, datum="wgs84", **options)
    return read_facilities(source, key="x", crs=CRS, lang="en")


def names(one) -> list[str]:
    assert one.layer is not None, one.findings
    return sorted(one.layer.frame["name"])


def fault(one) -> str:
    assert one.layer is None
    return one.findings[-1].problem


# -- archives --------------------------------------------------------------------------------------


@pytest.mark.parametrize("inside", ["", "站点数据/", "a/b c/"])
def test_a_zipped_shapefile_in_a_folder(tmp_path, inside):
    (tmp_path / "shp").mkdir()
    FRAME.to_file(tmp_path / "shp" / "站点.shp", encoding="GB18030")
    (tmp_path / "shp" / "站点.cpg").unlink()
    (tmp_path / "shp" / "._站点.shp").write_bytes(b"what macOS leaves")
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        for file in sorted((tmp_path / "shp").iterdir()):
            archive.write(file, f"{inside}{file.name}")
    assert names(read(tmp_path / "s.zip")) == ["乙站", "甲站"]


def test_names_inside_an_archive_in_the_senders_encoding(tmp_path):
    info = zipfile.ZipInfo("x")
    info.filename = "站点/甲.shp".encode("gb18030").decode("cp437")
    assert member_name(info) == "站点/甲.shp"
    info.flag_bits |= 0x800
    info.filename = "站点/甲.shp"
    assert member_name(info) == "站点/甲.shp"


def test_several_shapefiles_in_one_archive(tmp_path):
    for name, part in (("甲", FRAME.iloc[:1]), ("乙", FRAME.iloc[1:])):
        (tmp_path / "shp" / name).mkdir(parents=True)
        part.to_file(tmp_path / "shp" / name / f"{name}.shp", encoding="UTF-8")
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        for file in sorted((tmp_path / "shp").rglob("*.*")):
            archive.write(file, file.relative_to(tmp_path / "shp"))
    assert "name one with layer" in fault(read(tmp_path / "s.zip"))
    assert names(read(tmp_path / "s.zip", layer="乙")) == ["乙站"]
    assert "甲" in fault(read(tmp_path / "s.zip", layer="丙"))


def test_an_archive_that_is_none(tmp_path):
    (tmp_path / "s.zip").write_bytes(b"no archive at all")
    assert "no archive" in fault(read(tmp_path / "s.zip"))


@pytest.mark.parametrize("ending", ["kml", "kmz"])
def test_names_of_a_kml_whose_own_name_is_empty(tmp_path, ending):
    FRAME.to_file(tmp_path / "s.kml", driver="KML")
    if ending == "kmz":
        with zipfile.ZipFile(tmp_path / "s.kmz", "w") as archive:
            archive.write(tmp_path / "s.kml", "doc.kml")
    assert names(read(tmp_path / f"s.{ending}")) == ["乙站", "甲站"]


def test_what_a_driver_says_is_reported_once_and_not_printed(tmp_path, recwarn):
    FRAME.to_file(tmp_path / "s.gpkg", driver="GPKG")
    with contextlib.closing(sqlite3.connect(tmp_path / "s.gpkg")) as database:
        database.execute("PRAGMA application_id = 7")
    one = read(tmp_path / "s.gpkg")
    assert names(one) == ["乙站", "甲站"]
    assert [f.code for f in one.findings] == ["driver_says"]
    assert str(tmp_path) not in one.findings[0].problem
    assert not recwarn.list


# -- workbooks -------------------------------------------------------------------------------------

ROWS = [
    ["名称", "经度", "纬度", "床位数"],
    ["甲站", 117.02, 36.65, 10.0],
    ["乙站", 117.03, 36.66, 12.5],
]


def write_ods(path: Path) -> None:
    def cell(value) -> str:
        if isinstance(value, str):
            return (
                f'<table:table-cell office:value-type="string"><text:p>{value}</text:p>'
                "</table:table-cell>"
            )
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    rows = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in ROWS)
    spaces = "".join(
        f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"'
        for n in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces}>'
        f'<office:body><office:spreadsheet><table:table table:name="表">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{manifest}"/>')
        archive.writestr("content.xml", content)


def write_xls(path: Path) -> None:
    """Excel 97: records of BIFF8 in a compound file of one stream (MS-XLS, MS-CFB)."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def text(value: str) -> bytes:
        return struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")

    bof = struct.pack("<HHHHII", 0x600, 0x10, 0, 1997, 0, 6)
    sheet = record(0x809, bof)
    for i, row in enumerate(ROWS):
        for j, value in enumerate(row):
            at = struct.pack("<HHH", i, j, 0)
            number = not isinstance(value, str)
            sheet += (
                record(0x203, at + struct.pack("<d", value))
                if number
                else record(0x204, at + text(value))
            )
    sheet += record(0x0A, b"")
    name = struct.pack("<BB", 1, 1) + "表".encode("utf-16-le")
    start = record(0x809, struct.pack("<HHHHII", 0x600, 0x5, 0, 1997, 0, 6))
    length = len(start) + 4 + 6 + len(name) + 4
    book = start + record(0x85, struct.pack("<IH", length, 0) + name) + record(0x0A, b"") + sheet
    book = book.ljust(4096, b"\0")  # shorter streams lie in a small stream of their own
    sectors = [book[k : k + 512] for k in range(0, len(book), 512)]

    def entry(title: str, kind: int, child: int, first: int, size: int) -> bytes:
        raw = (title + "\0").encode("utf-16-le")
        head = raw.ljust(64, b"\0") + struct.pack("<HBBiii", len(raw), kind, 1, -1, -1, child)
        return head + bytes(36) + struct.pack("<iQ", first, size)

    directory = entry("Root Entry", 5, 1, -2, 0) + entry("Workbook", 2, -1, 2, len(book))
    directory += bytes(256)
    chain = [-3, -2, *range(3, 2 + len(sectors)), -2]  # the table itself, the directory, the book
    table = struct.pack(f"<{len(chain)}i", *chain).ljust(512, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6xiiiiiiiii", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, -2, 0, -2, 0)
    head += struct.pack("<i", 0).ljust(436, b"\xff")
    path.write_bytes(head + table + directory + b"".join(sectors))


@pytest.mark.parametrize("write", [write_ods, write_xls])
def test_workbooks_of_other_and_older_programs(tmp_path, write):
    path = tmp_path / f"t.{write.__name__[-3:]}"
    write(path)
    one = read(path)
    assert names(one) == ["乙站", "甲站"]
    assert one.layer.frame["capacity"].tolist() == [10.0, 12.5]
    assert "there is no sheet 'x'" in fault(read(path, sheet="x"))


@pytest.mark.parametrize(
    "text",
    ["<html><table><tr><td>名称</td></tr></table></html>", "名称\t经度\t纬度\n甲\t117\t36\n"],
)
def test_text_under_the_ending_of_a_workbook(tmp_path, text):
    (tmp_path / "t.xls").write_text(text, encoding="utf-8")
    assert "text or web page under the ending of a workbook (.xls)" in fault(
        read(tmp_path / "t.xls")
    )


# -- slips -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx", "t.gpkg", "t.parquet", "t.zip"])
def test_a_file_that_another_program_holds(tmp_path, name, monkeypatch):
    (tmp_path / name).write_bytes(b"something")
    opened = Path.open

    def refuse(self, *args, **options):
        if self == tmp_path / name:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        return opened(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    one = read(tmp_path / name)
    assert "cannot be opened (Permission denied): close the program" in fault(one)
    assert one.record.sha256 == ""


def test_a_heading_that_stands_twice(tmp_path):
    (tmp_path / "t.csv").write_text("名称,经度,纬度,经度\n甲,117.02,36.65,117.5\n", "utf-8")
    one = read(tmp_path / "t.csv")
    assert [(f.code, f.column) for f in one.findings] == [("same_heading", "经度")]
    (tmp_path / "s.csv").write_text("名称,经度,纬度,经度\n甲,117.02,36.65,117.02\n", "utf-8")
    assert read(tmp_path / "s.csv").findings == ()  # the same twice says nothing new


# -- databases -------------------------------------------------------------------------------------


def test_passwords_of_database_urls_are_shown_nowhere():
    address = "postgresql://gis:se@cr:et@db:5432/city"
    source = LayerSource(path=address, name=address, layer="站点")
    assert source.label == "postgresql://gis:***@db:5432/city"
    tree = without_machine({"a": [address, "x:y@z"], "b": 3})  # what run.json says
    assert tree == {"a": ["postgresql://***/city", "x:y@z"], "b": 3}
    assert is_database_url("postgis://db/city")
    assert not is_database_url("C:/postgresql.csv")


def test_a_database_url_gets_a_driver_that_is_installed():
    sqlalchemy = pytest.importorskip("sqlalchemy")
    for address in ("postgresql://u@h/d", "postgis://u@h/d", "postgres://u@h/d"):
        engine = sqlalchemy.create_engine(sqlalchemy_url(address))
        assert engine.dialect.name == "postgresql"


def test_a_database_that_does_not_answer_says_so_without_its_password():
    pytest.importorskip("psycopg2")
    source = LayerSource(path="postgresql://u:secret@127.0.0.1:1/d", layer="站点")
    one = read_facilities(source, key="x", crs=CRS, lang="en")
    assert "cannot be read" in fault(one)
    assert "secret" not in str(one.findings)
    assert "secret" not in one.record.path


@pytest.mark.postgis
def test_tables_of_a_database():
    url = os.environ.get("GEOPLAN_TEST_POSTGIS_URL")
    if not url:
        pytest.skip("GEOPLAN_TEST_POSTGIS_URL is not set: no PostGIS server to read from")
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    with engine.begin() as link:
        FRAME.to_postgis("站点", link, if_exists="replace")
        link.execute(sqlalchemy.schema.CreateSchema("geoplan_in", if_not_exists=True))
        FRAME.to_postgis("sites", link, schema="geoplan_in", if_exists="replace")
        pd.DataFrame({"a": [1]}).to_sql("bare", link, if_exists="replace")

    def table(layer, **options):
        plain = url.replace("+psycopg2", "")  # as users write it
        source = LayerSource(path=plain, layer=layer, datum="wgs84", **options)
        return read_facilities(source, key="x", crs=CRS, lang="en")

    try:
        assert names(table("站点")) == ["乙站", "甲站"]
        assert names(table("geoplan_in.sites", where="床位数 > 10")) == ["乙站"]
        assert "no coordinates" in fault(table("bare"))  # a table without places is a plain one
        assert "站点" in fault(table("none"))
        assert "needs layer" in fault(table(None))
    finally:
        with engine.begin() as link:
            for name in ('"站点"', "geoplan_in.sites", "bare"):
                link.execute(sqlalchemy.text(f"drop table if exists {name}"))
