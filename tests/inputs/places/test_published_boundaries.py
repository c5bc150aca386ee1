"""Jinan as it is published: boundaries in GCJ-02, a village table with codes of 2016."""

from __future__ import annotations

from collections import Counter

import openpyxl
import pytest

from geoplan.inputs import LayerSource, read_areas, read_facilities, write_findings

CRS = "EPSG:4548"


@pytest.fixture(scope="module")
def districts(shared_data):
    path = shared_data / "boundaries_jinan" / "datav_v3_370100_districts.geojson"

    def read(datum):
        columns = {"code": "adcode"}
        source = LayerSource(path=path, name="区县.geojson", datum=datum, columns=columns)
        return read_areas(source, level="district", crs=CRS)

    return read


@pytest.fixture(scope="module")
def villages(shared_data, districts):
    path = shared_data / "admin_codes_jinan" / "vonng_adcode_jinan_laiwu_2016.csv"
    areas = {"district": districts("gcj02").layer}

    def read(datum, lang="zh"):
        source = LayerSource(
            path=path,
            name="村居.csv",
            datum=datum,
            where="level == 'village'",
            columns={"lon": "longitude", "lat": "latitude", "district": "county"},
        )
        return read_facilities(source, key="village", crs=CRS, areas=areas, lang=lang)

    return read


def test_boundaries_that_do_not_say_their_datum_are_doubted(districts):
    (unsaid,) = districts(None).findings
    assert unsaid.code == "datum_unsaid"
    assert "DataV" in unsaid.advice
    assert [f.code for f in districts("wgs84").findings] == ["datum_datav"]
    assert districts("gcj02").findings == ()


def test_the_village_table_is_read_with_a_finding_for_every_doubtful_row(villages, tmp_path):
    one = villages("gcj02")
    kinds = Counter(f.code for f in one.findings)
    assert one.record.rows == 6289
    assert one.record.accepted == 367
    assert kinds["no_coordinates"] == one.record.set_aside == 6289 - 367
    old = {f.value: f.problem for f in one.findings if f.code == "old_code"}
    assert set(old) == {"章丘市", "济阳县", "莱城区"}
    assert "370114 章丘区" in old["章丘市"]
    assert "unknown_area" not in kinds
    laicheng = one.layer.frame[one.layer.frame["district"] == "370116"]
    assert len(laicheng) > 0
    path = write_findings(tmp_path / "f.xlsx", [one])
    book = openpyxl.load_workbook(path, read_only=True)
    assert book["搁置的行"].max_row == 1 + one.record.set_aside


@pytest.mark.parametrize("datum", [None, "wgs84", "bd09"])
def test_another_datum_is_answered_with_the_right_one(villages, datum):
    one = villages(datum, "en")
    told = " ".join(f.problem + f.advice for f in one.findings if f.row is None)
    assert 'datum = "gcj02"' in told
