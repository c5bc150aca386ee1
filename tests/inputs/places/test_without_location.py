"""Sites that name their area but have no coordinates: to be geocoded, and counted for its quota."""

from __future__ import annotations

import itertools
import random

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely.geometry import box

from geoplan.coverage import quota_by_area
from geoplan.inputs import (
    LayerSource,
    read_areas,
    read_demand,
    read_facilities,
    write_findings,
)
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.membership.addresses import fill_from_addresses
from geoplan.services import standard_for

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_055_000.0


@pytest.fixture(scope="module")
def areas() -> dict[str, AreaLayer]:
    """Two districts with two streets each, and villages of which two share a name."""

    def layer(level, parent, rows):
        shapes = [box(X + k * 1000, Y, X + k * 1000 + 1000, Y + 1000) for k in range(len(rows))]
        frame = gpd.GeoDataFrame(
            {"name": [r[1] for r in rows], "parent": [r[2] for r in rows]},
            geometry=shapes if level != "village" else [None] * len(rows),
            index=[r[0] for r in rows],
            crs=CRS,
        )
        return AreaLayer(level=level, frame=frame, parent=parent)

    districts = [("370102", "历下区", None), ("370114", "章丘区", None)]
    streets = [
        ("370102001", "泉城路街道", "370102"),
        ("370102002", "大桥街道", "370102"),
        ("370114001", "新大桥街道", "370114"),
        ("370114002", "曲堤镇", "370114"),
    ]
    villages = [
        ("370102001001", "东关社区", "370102001"),
        ("370102002001", "苏家庄村", "370102002"),
        ("370114002001", "苏家庄村", "370114002"),
        ("370114002002", "东村", "370114002"),
    ]
    return {
        "district": layer("district", None, districts),
        "street": layer("street", "district", streets),
        "village": layer("village", "street", villages),
    }


@pytest.mark.parametrize(
    ("address", "codes"),
    [
        ("济南市历下区泉城路街道东关社区1号", ("370102", "370102001", "370102001001")),
        ("泉城路１８０号", (None, None, None)),  # a road, not the street office named after it
        (
            "章丘区新大桥街道",
            ("370114", "370114001", None),
        ),  # 大桥街道 stands inside the longer name
        ("曲堤镇苏家庄村", ("370114", "370114002", "370114002001")),
        ("苏家庄村", (None, None, None)),  # there are two
        ("历下区苏家庄村", ("370102", None, None)),
        ("曲堤镇东村", ("370114", "370114002", None)),  # two letters stand in too many words
        ("历下区曲堤镇", ("370102", None, None)),  # contradicts itself: the coarser one is kept
        ("历下区和章丘区之间", (None, None, None)),
        ("", (None, None, None)),
    ],
)
def test_areas_that_an_address_names(areas, address, codes):
    index = pd.RangeIndex(1)
    nothing = {level: pd.Series([pd.NA], index=index, dtype=object) for level in areas}
    found = fill_from_addresses(nothing, pd.Series([address]), areas, [True])
    assert tuple(None if pd.isna(c.iloc[0]) else c.iloc[0] for c in found.values()) == codes
    assert all(c.isna().all() for c in nothing.values())  # the caller's are not touched
    same = fill_from_addresses(nothing, pd.Series([address]), areas, [False])
    assert all(c.isna().all() for c in same.values())


def test_a_known_area_is_never_changed(areas):
    index = pd.RangeIndex(1)
    known = {level: pd.Series([pd.NA], index=index, dtype=object) for level in areas}
    known["district"] = pd.Series(["370102"], index=index, dtype=object)
    found = fill_from_addresses(known, pd.Series(["章丘区曲堤镇苏家庄村"]), areas, [True])
    assert found["district"].iloc[0] == "370102"
    assert found["street"].isna().all()
    assert found["village"].isna().all()


def test_sites_without_coordinates_count_for_the_quota_of_the_area_they_name(areas, tmp_path):
    """Every mixture of place, street and address; the counts are made by hand beside it."""
    shuffle = random.Random(0)
    lines, expected, located, waiting = [], dict.fromkeys(areas["street"].frame.index, 0), 0, 0
    by_name = {n: c for c, n in areas["street"].names.items()}
    kinds = itertools.product(
        ["place", "", "zero"],
        ["大桥街道", "曲堤镇", "南街街道", ""],
        ["泉城路街道5号", "某路3号", ""],
    )
    for k, (place, street, address) in enumerate(kinds):
        lon, lat = {"place": (X + 1500, Y + 500), "zero": (0, 0), "": ("", "")}[place]
        lines.append(f"站{k},{lon},{lat},{street},{address}")
        code = by_name.get(street)
        if place == "place":
            located += 1
            expected[code or "370102002"] += 1  # the place decides where nothing known is written
        elif code or address.startswith("泉城路街道"):
            waiting += 1
            expected[code or "370102001"] += 1
    shuffle.shuffle(lines)
    path = tmp_path / "站点.csv"
    path.write_text("名称,x,y,街道,地址\n" + "\n".join(lines) + "\n", encoding="utf-8")
    one = read_facilities(
        LayerSource(path=path, name="站点.csv", crs=CRS), key="aid_window", crs=CRS, areas=areas
    )
    assert (one.record.rows, one.record.accepted) == (36, located)
    assert len(one.layer.located) == located
    assert len(one.layer) == located + waiting
    table = quota_by_area(one.layer, standard_for("aid_window"), areas)["street"]
    assert table["sites"].to_dict() == expected
    (note,) = [f for f in one.findings if f.code == "counts_for_quota"]
    assert note.problem.startswith(f"{waiting} 行")
    book = openpyxl.load_workbook(write_findings(tmp_path / "f.xlsx", [one]))
    to_place = {row[2] for row in book["待定位"].iter_rows(min_row=2, values_only=True)}
    cells = [line.split(",") for line in lines]
    assert to_place == {k for k, c in enumerate(cells, start=2) if c[1] == ""}
    assert len(book["搁置的行"]["A"]) == 1 + one.record.set_aside


def test_people_without_coordinates_belong_to_the_area_of_their_address(areas, tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("名称,经度,纬度,地址,人口\n甲,,,章丘区曲堤镇苏家庄村,12\n", encoding="utf-8")
    one = read_demand(
        LayerSource(path=path, datum="wgs84"), key="d", crs=CRS, areas=areas, weight="人口"
    )
    row = one.layer.frame.iloc[0]
    assert (row["district"], row["street"], row["village"]) == (
        "370114",
        "370114002",
        "370114002001",
    )
    assert one.layer.total == 12
    assert one.layer.located.empty


def test_areas_without_coordinates_are_reported_once(tmp_path):
    path = tmp_path / "v.csv"
    rows = "".join(f"37010200{k:04d},村{k},,\n" for k in range(30))
    path.write_text(f"code,name,lon,lat\n{rows}370102009999,村,117.0,36.6\n", encoding="utf-8")
    one = read_areas(LayerSource(path=path, datum="wgs84"), level="village", crs=CRS, lang="en")
    (finding,) = one.findings
    assert (finding.code, finding.severity, finding.row) == ("areas_without_place", "note", None)
    assert finding.problem.startswith("30 of 31 areas have no coordinates (row 2, 3,")
    assert (one.record.accepted, one.record.warned, len(one.layer)) == (31, 0, 31)


def test_an_area_whose_name_cannot_be_seen_is_called_by_its_code(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("code,name\n1,东区\n2,\u200b\n3, \u202e \n", encoding="utf-8")
    layer = read_areas(LayerSource(path=path), level="district", crs=CRS, lang="en").layer
    assert layer.names.to_dict() == {"1": "东区", "2": "2", "3": "3"}
