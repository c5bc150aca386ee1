"""A run's layers in other formats: the values, Chinese ones too, come back as they went."""

from __future__ import annotations

import json
import os
from datetime import datetime
from itertools import pairwise

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from openpyxl import load_workbook

from geoplan.errors import GeoplanError, UsageError
from geoplan.outputs import export_run, write_layers
from geoplan.outputs.gis.exports import layer_names
from geoplan.outputs.gis.field_names import short_names


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
