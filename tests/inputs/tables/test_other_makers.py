"""Headings of Taiwan, Hong Kong and others, and personal data under any of them."""

from __future__ import annotations

import pytest

from geoplan.inputs import LayerSource, read_areas, read_facilities
from geoplan.inputs.columns.personal.personal_data import is_personal_heading
from geoplan.inputs.columns.roles import find_roles


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        *[
            ("據點名稱", "name"),
            ("機構名稱", "name"),
            ("經度", "lon"),
            ("緯度", "lat"),
            ("人口數", "weight"),
        ],
        *[
            ("鄉鎮市區", "district"),
            ("行政區", "district"),
            ("里別", "village"),
            ("村里", "village"),
        ],
        *[("核定床數", "capacity"), ("類別", "tier"), ("狀態", "status"), ("地址", "address")],
        *[
            ("TOWNNAME", "district"),
            ("VILLNAME", "village"),
            ("TOWNCODE", "code"),
            ("宿位數目", "capacity"),
        ],
    ],
)
def test_roles_of_traditional_headings(heading, role):
    assert find_roles([heading]) == {heading: role}


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "聯絡電話",
            "連絡電話",
            "聯絡人",
            "負責人姓名",
            "身分證字號",
            "行動電話",
            "電子郵件",
            "傳真",
            "里長",
        ),
        *(
            "联系人姓名",
            "站长姓名",
            "户主姓名",
            "院长",
            "经办人",
            "银行卡号",
            "QQ号",
            "家庭住址",
            "手机号(本人)",
        ),
        *(
            "Contact person",
            "contact_phone",
            "Tel.",
            "E-mail",
            "Mobile No",
            "owner",
            "operator",
            "Home address",
        ),
    ],
)
def test_personal_headings(heading):
    assert is_personal_heading(heading)


@pytest.mark.parametrize(
    "heading",
    [
        "電話亭",
        "法人单位数",
        "地址",
        "名稱",
        "床位數",
        "hotel",
        "mobile_clinics",
        "cell_id",
        "地区",
    ],
)
def test_headings_that_are_not_personal(heading):
    assert not is_personal_heading(heading)


def test_how_many_persons_in_charge_is_no_person(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text(
        "名称,经度,纬度,企业负责人\n甲,117.0,36.6,12\n乙,117.1,36.6,3\n", encoding="utf-8"
    )
    one = read_facilities(LayerSource(path=path, datum="wgs84"), key="x", crs="EPSG:4548")
    assert "personal" not in {f.code for f in one.findings}


def test_county_is_the_level_that_its_cells_are(tmp_path):
    (tmp_path / "a.csv").write_text(
        "TOWNCODE,TOWNNAME\n63000010,松山區\n63000020,大安區\n", encoding="utf-8"
    )
    areas = read_areas(LayerSource(path=tmp_path / "a.csv"), level="district", crs="EPSG:3826")
    lines = [f"{i},臺北市,松山區,02-2720-100{i},121.54,25.0{i}" for i in range(6)]
    sites = tmp_path / "s.csv"
    sites.write_text("編號,COUNTY,TOWN,聯絡電話,經度,緯度\n" + "\n".join(lines), encoding="utf-8")
    source = LayerSource(path=sites, datum="wgs84")

    def read(levels):
        return read_facilities(source, key="x", crs="EPSG:3826", areas=levels, lang="en")

    one = read({"district": areas.layer})
    assert set(one.layer.frame["district"]) == {"63000010"}
    assert {f.code for f in one.findings} == {"personal"}
    assert "聯絡電話" not in one.layer.frame
    lines = [line.replace("松山區", "某區") for line in lines]
    sites.write_text("編號,COUNTY,TOWN,聯絡電話,經度,緯度\n" + "\n".join(lines), encoding="utf-8")
    told = [f.code for f in read({"district": areas.layer}).findings]
    assert told.count("no_area_known") == 1  # and not a warning for every row
