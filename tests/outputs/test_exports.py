"""A run's layers in other formats: the values, Chinese ones too, come back as they went."""

from __future__ import annotations

import json
import os
from datetime import datetime
from itertools import pairwise
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from openpyxl import load_workbook

from geoplan.errors import GeoplanError, UsageError
from geoplan.outputs import export_run, write_layers
from geoplan.outputs.gis.formats.field_names import short_names
from geoplan.outputs.gis.formats.kml import write_kml
from geoplan.outputs.gis.formats.spreadsheet import write_sheets
from geoplan.outputs.gis.run_layers import RunLayer, layer_names


@pytest.fixture(scope="module")
def run(fakes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write_layers(fakes.fake_run(hostile=True), folder / "layers.gpkg")
    return folder


def read(run, layer):
    return pyogrio.read_dataframe(run / "layers.gpkg", layer=layer)


def test_field_names_fit_ten_bytes_and_differ():
    names = [f"名称{k}" for k in range(30)] + [f"elderly_centre_served_{k}" for k in range(30)]
    short = short_names(names)
    assert len(set(map(str.casefold, short.values()))) == len(names)
    assert all(len(s.encode()) <= 10 and s.isascii() for s in short.values())


def test_shapefile_round_trip_with_chinese_values(run, tmp_path):
    export_run(run, format="shp", out=tmp_path)
    fields = pd.read_csv(tmp_path / "fields.csv", encoding="utf-8-sig")
    for layer in layer_names(run / "layers.gpkg"):
        before = read(run, layer)
        files = sorted({f for f in fields["file"] if f.startswith(layer)})
        assert files
        own = fields[fields["file"] == f"{layer}.shp"]
        assert own["meaning"].notna().any() or layer.startswith("background_")
        if own.empty:
            continue
        assert (tmp_path / f"{layer}.cpg").read_text().strip() == "UTF-8"
        after = pyogrio.read_dataframe(tmp_path / f"{layer}.shp")
        assert len(after) == len(before)
        if "name" in before:
            short = own.set_index("name").loc["name", "field"]
            # a text of a Shapefile has 254 bytes
            fit = [n.encode()[:254].decode(errors="ignore") for n in before["name"].fillna("")]
            assert after[short].fillna("").tolist() == fit


def test_shapefile_fields_are_readable_and_split_by_service(run, tmp_path):
    export_run(run, format="shp", out=tmp_path)
    fields = pd.read_csv(tmp_path / "fields.csv", encoding="utf-8-sig")
    assert not fields["field"].str.fullmatch(r"F\d+").any()
    assert fields.groupby("file").size().max() <= 20
    shares = pyogrio.read_dataframe(tmp_path / "meal_station_areas_district.shp")
    before = read(run, "areas_district")
    assert shares["served_aft"].tolist() == before["meal_station_served_after"].tolist()
    assert "meal_station_served_after" not in shares
    whose = fields[fields["file"] == "meal_station_areas_district.shp"]
    assert "覆盖率（0–1）" in set(whose["meaning"])
    # nothing is lost by the split
    columns = {c for c in before.columns if c != "geometry"}
    own = {"code", "name", "parent"}
    kept = {
        f"{key}_{name}"
        for key in ("meal_station", "elderly_centre", "home_care")
        for name in fields.loc[fields["file"] == f"{key}_areas_district.shp", "name"]
        if name not in own
    }
    assert kept | own == columns


def test_pinyin_stands_for_chinese_headings():
    assert short_names(["名称", "负责单位", "1号楼", "床位数"]) == {
        "名称": "mingcheng",
        "负责单位": "fuzedanwei",
        "1号楼": "col_1haolo",
        "床位数": "cws",
    }


def test_geodatabase_round_trip(run, tmp_path):
    place = export_run(run, format="gdb", out=tmp_path / "city.gdb")
    assert [path.name for path in place] == ["city.gdb"]
    names = {str(n) for n in pyogrio.list_layers(place[0])[:, 0]}
    assert {"meal_station_gaps", "meal_station_areas_district", "areas_district"} <= names
    for name in ("meal_station_demand", "meal_station_gaps", "boundary_marker_stretches"):
        before, after = read(run, name), pyogrio.read_dataframe(place[0], layer=name)
        assert len(after) == len(before)
        assert after.crs == before.crs
        assert after.geometry.area.sum() == pytest.approx(before.geometry.area.sum(), rel=1e-6)
        if "name" in before:
            assert after["name"].fillna("").tolist() == before["name"].fillna("").tolist()
    told = pyogrio.read_info(place[0], layer="meal_station_gaps")["layer_metadata"]
    assert told["ALIAS_NAME"] == "老年助餐站点：缺口"
    # one of geoplan's own gives way; another's stays
    export_run(run, format="gdb", out=tmp_path / "city.gdb")
    (tmp_path / "city.gdb" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"city\.gdb"):
        export_run(run, format="gdb", out=tmp_path / "city.gdb")


def test_sheets_of_many_rows_and_odd_values(tmp_path):
    table = pd.DataFrame({"a<b>": ["<&>", "=1", " x ", None], "n": [1.5, float("inf"), None, -2]})
    book = write_sheets(tmp_path / "a.xlsx", [("x/y[1]", table), ("XY1", table), ("n", table[:0])])
    sheets = load_workbook(book)
    assert sheets.sheetnames == ["xy1", "XY1~2", "n"]
    rows = [list(row) for row in sheets["xy1"].iter_rows(values_only=True)]
    assert rows[0] == ["a<b>", "n"]
    assert rows[1:] == [["<&>", 1.5], ["'=1", "inf"], ["' x ", None], [None, -2]]
    assert sheets["xy1"].freeze_panes == "A2"
    assert sheets["xy1"].auto_filter.ref == "A1:B5"


def test_geojson_is_in_degrees_and_turns_the_right_way(run, tmp_path):
    export_run(run, format="geojson", out=tmp_path)
    page = json.loads((tmp_path / "areas_district.geojson").read_text(encoding="utf-8"))
    assert "crs" not in page
    ring = page["features"][0]["geometry"]["coordinates"][0]
    ring = ring[0] if isinstance(ring[0][0], list) else ring
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    assert area > 0
    assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in ring)


@pytest.mark.parametrize(("format_", "suffix"), [("fgb", ".fgb"), ("parquet", ".parquet")])
def test_formats_that_keep_everything(run, tmp_path, format_, suffix):
    export_run(run, format=format_, out=tmp_path)
    for layer in layer_names(run / "layers.gpkg"):
        before = read(run, layer)
        path = tmp_path / f"{layer}{suffix}"
        after = gpd.read_parquet(path) if suffix == ".parquet" else pyogrio.read_dataframe(path)
        assert len(after) == len(before)
        assert after.crs == before.crs
        if "name" in before:
            assert sorted(after["name"].fillna("")) == sorted(before["name"].fillna(""))


def test_kml_opens_with_names(run, tmp_path):
    written = export_run(run, format="kml", out=tmp_path)
    assert len(written) == len(layer_names(run / "layers.gpkg"))
    before = read(run, "areas_district")
    after = pyogrio.read_dataframe(tmp_path / "areas_district.kml")
    assert sorted(after["Name"]) == sorted(before["name"])
    gaps = read(run, "meal_station_gaps")
    shown = pyogrio.read_dataframe(tmp_path / "meal_station_gaps.kml")["Name"]
    assert shown[0] == f"1 {gaps['area'][0]}".strip()


def test_kml_has_every_feature_value_and_shape(run, tmp_path):
    export_run(run, format="kml", out=tmp_path)
    for layer in layer_names(run / "layers.gpkg"):
        before = read(run, layer)
        # another reader than the writer's own: GDAL
        after = pyogrio.read_dataframe(tmp_path / f"{layer}.kml")
        assert len(after) == len(before)
        for column in before.columns.drop(["geometry", "name"], errors="ignore"):
            was = before[column].astype(object).where(before[column].notna(), None)
            if was.notna().sum() == 0:
                continue
            came = after["_id" if column == "id" else column].astype(object)
            came = came.where(came.notna(), None)
            if pd.api.types.is_numeric_dtype(before[column]):
                assert pd.to_numeric(came).to_numpy() == pytest.approx(
                    pd.to_numeric(was).to_numpy(), rel=1e-12, nan_ok=True
                )
            else:
                assert came.fillna("").map(str.strip).tolist() == (
                    was.fillna("").map(str.strip).tolist()
                )
        shapes = before.geometry.to_crs("EPSG:4326")
        there = shapes.notna() & ~shapes.is_empty
        away = shapely.hausdorff_distance(
            after.geometry[there].to_numpy(), shapes[there].to_numpy()
        )
        assert (away < 1e-6).all(), layer
        assert after.geometry[~there].isna().all()


SHAPES = (
    "POINT (117 36.5)",
    "MULTIPOINT ((0 1), (2 3))",
    "LINESTRING (0 0, 0.00001 -0.0000004)",
    "MULTILINESTRING ((0 0, 1 1), (5 5, 6 6, 7 7))",
    "POLYGON ((0 0, 9 0, 9 9, 0 0), (1 0.5, 2 0.5, 2 1, 1 0.5), (3 1, 4 1, 4 2, 3 1))",
    "MULTIPOLYGON (((0 0, 9 0, 9 9, 0 0), (1 .5, 2 .5, 2 1, 1 .5)), ((20 2, 30 2, 30 9, 20 2)))",
    "MULTIPOLYGON (EMPTY, ((0 0, 1 0, 1 1, 0 0)))",
    "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1), POLYGON ((0 0, 1 0, 1 1, 0 0)))",
    "POLYGON EMPTY",
)


def test_kml_of_every_kind_of_shape_and_hostile_text(tmp_path):
    hostile = ["</name><script>&amp;", "a \"b\" 'c'", "]]>", "\x00\x0b<x>", "石\uffff", *"wxyz"]
    frame = gpd.GeoDataFrame(
        {"name": hostile, 'h<"&\x01>': hostile[::-1], "n": [1.5, np.nan, np.inf, 3, 4, 5, 6, 7, 8]},
        geometry=gpd.GeoSeries.from_wkt(list(SHAPES)),
        crs="EPSG:4326",
    )
    layer = RunLayer(name='l<"&>', file="l", title="<t>&", frame=frame, columns={})
    write_kml(layer, tmp_path / "l.kml")
    after = pyogrio.read_dataframe(tmp_path / "l.kml")
    for was, came in zip(frame.geometry, after.geometry, strict=True):
        if was.is_empty:
            assert came is None
        else:
            assert shapely.hausdorff_distance(was, came) < 1e-6
            assert came.area == pytest.approx(was.area)
    assert after["Name"].tolist() == [
        "".join(c for c in text if c not in "\x00\x0b\uffff") for text in hostile
    ]
    assert after["n"].isna().tolist() == [False, True, True, *[False] * 6]
    tree = ElementTree.parse(tmp_path / "l.kml")  # well-formed, and no number in powers of ten
    spots = [e.text for e in tree.iter() if e.tag.endswith("coordinates")]
    assert not any("e" in spot for spot in spots)


def test_kml_of_numbers_that_are_missing(tmp_path):
    frame = gpd.GeoDataFrame(
        {
            "area": ["A", "B"],
            "rank": pd.array([1, None], dtype="Int64"),
            "none": pd.array([None, None], dtype="Int64"),
        },
        geometry=gpd.points_from_xy([117, 118], [36, 37]),
        crs="EPSG:4326",
    )
    layer = RunLayer(name="gaps", file="gaps", title="Gaps", frame=frame, columns={})
    write_kml(layer, tmp_path / "l.kml")
    after = pyogrio.read_dataframe(tmp_path / "l.kml")
    assert after["Name"].tolist() == ["1 A", "B"]
    assert after["rank"].isna().tolist() == [False, True]
    assert after["none"].isna().all()


def test_no_cell_is_a_formula(run, tmp_path):
    export_run(run, format="csv", out=tmp_path / "csv")
    book = export_run(run, format="xlsx", out=tmp_path / "all.xlsx")[0]
    for path in (tmp_path / "csv").glob("*.csv"):
        cells = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
        text = cells.drop(columns=["lon", "lat"], errors="ignore").to_numpy().ravel()
        risky = [t for t in text if t[:1] in ("=", "@") or (t[:1] in "+-" and not _number(t))]
        assert not risky
    assert load_workbook(book).properties.modified == datetime(2000, 1, 1)
    sheets = pd.read_excel(book, sheet_name=None, engine="calamine")
    assert len(sheets) == len(layer_names(run / "layers.gpkg")) + 1
    fields = sheets["fields"].set_index(["layer", "field"])["meaning"]
    assert fields["meal_station_gaps", "people"] == "未覆盖人数"


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text == ""
    return True


def test_a_geopackage_is_the_same_file(run, tmp_path):
    target = export_run(run, format="gpkg", out=tmp_path / "copy.gpkg")[0]
    assert target.read_bytes() == (run / "layers.gpkg").read_bytes()


def test_wrong_calls_say_what_to_do(run, tmp_path):
    with pytest.raises(UsageError, match="gpkg, shp"):
        export_run(run, format="dwg", out=tmp_path)
    with pytest.raises(UsageError, match=r"layers\.gpkg"):
        export_run(tmp_path, format="csv", out=tmp_path / "x")
    with pytest.raises(UsageError, match="postgresql://"):
        export_run(run, format="postgis", out="no address")
    with pytest.raises(UsageError, match="may write to"):
        export_run(run, format="csv", out="/proc/nowhere/at/all")


def test_a_server_that_is_not_there_is_reported_without_the_password(run):
    pytest.importorskip("geoalchemy2")
    with pytest.raises(GeoplanError, match="could not be written") as refused:
        export_run(run, format="postgis", out="postgresql://me:secret@127.0.0.1:1/none")
    assert "secret" not in str(refused.value)


@pytest.mark.postgis
def test_postgis_round_trip(run):
    url = os.environ.get("GEOPLAN_TEST_POSTGIS_URL")
    if not url:
        pytest.skip("GEOPLAN_TEST_POSTGIS_URL is not set: no PostGIS server to write to")
    import sqlalchemy

    # the address as the documentation has it, without a driver
    plain = url.replace("postgresql+psycopg2://", "postgresql://")
    written = export_run(run, format="postgis", out=f"{plain}?schema=geoplan_run")
    assert f"{len(written)} tables" == f"{len(layer_names(run / 'layers.gpkg'))} tables"
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as link:
        after = gpd.read_postgis(
            sqlalchemy.text('select * from geoplan_run."areas_district"'), link, geom_col="geometry"
        )
    before = read(run, "areas_district")
    assert sorted(after["name"]) == sorted(before["name"])
    assert after.geometry.area.sum() == pytest.approx(before.geometry.area.sum())
