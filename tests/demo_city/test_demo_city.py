"""The demo city: the same bytes every time, the published sums, a land that looks like one."""

from __future__ import annotations

import hashlib
import itertools
import tomllib
from pathlib import Path

import numpy as np
import openpyxl
import osmium
import pandas as pd
import pyogrio
import pytest
import shapely
from openpyxl.utils import get_column_letter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geoplan.demo_city import generate
from geoplan.demo_city.__main__ import main
from geoplan.demo_city.communities import apportion, apportion_capped
from geoplan.demo_city.geography import table
from geoplan.demo_city.names import village_names
from geoplan.demo_city.noise import Warp
from geoplan.services.catalogue import load_catalogue
from geoplan.study.config.schema import StudyFile

TEXT = (".csv", ".toml", ".geojson")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    assert generate(folder) == folder / "study.toml"
    return folder


@pytest.fixture(scope="module")
def people(demo: Path) -> pd.DataFrame:
    frame = pd.read_csv(demo / "社区人口.csv", encoding="gb18030", dtype=str, keep_default_na=False)
    # two numbers stand there in full-width digits, on purpose
    for column in ("常住人口", "0-14岁", "60岁以上", "65岁以上", "80岁以上", "困难群众"):
        frame[column] = frame[column].str.normalize("NFKC").astype(int)
    return frame


def _digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    assert main([str(tmp_path / "again")]) == 0
    assert _digests(tmp_path / "again") == _digests(demo)


def test_the_committed_city_is_the_generated_one(demo: Path, checkout: Path) -> None:
    """Tables byte for byte; binary files by name, as their bytes hang on GDAL's version too."""
    committed = checkout / "data" / "jinan_demo"
    if not committed.is_dir():
        pytest.skip("data/jinan_demo is not in this checkout")
    wanted = _digests(demo)
    # what commands leave beside the study (findings, a run) is no part of it
    assert set(wanted) <= {p.name for p in committed.iterdir()}
    for name, digest in wanted.items():
        if name.endswith(TEXT):
            assert hashlib.sha256((committed / name).read_bytes()).hexdigest() == digest, name


def test_it_is_small_enough_to_keep(demo: Path) -> None:
    sizes = {p.name: p.stat().st_size for p in demo.iterdir()}
    assert sum(sizes.values()) <= 15e6
    assert sizes["streets.osm.pbf"] <= 6e6


def test_census_facts_are_whole() -> None:
    census = table("census.csv").drop(columns="name").astype(int)
    assert len(census) == 13
    assert census["people"].sum() == 9_202_432
    assert (census["urban"] + census["rural"] == census["people"]).all()
    assert census["elderly_60"].sum() == 1_837_112
    assert census["elderly_65"].sum() == 1_294_977
    assert census["elderly_80"].sum() == 231_792
    assert len(table("streets.csv")) == 161


def test_people_sum_to_the_census_to_the_person(people: pd.DataFrame) -> None:
    census = table("census.csv").set_index("name")
    by = people.groupby("区县")
    for ours, theirs in (
        ("常住人口", "people"),
        ("0-14岁", "children"),
        ("60岁以上", "elderly_60"),
        ("65岁以上", "elderly_65"),
        ("80岁以上", "elderly_80"),
    ):
        sums = by[ours].sum()
        assert sums.to_dict() == census[theirs].astype(int).loc[sums.index].to_dict(), ours
    town = people[people["城乡"] == "城镇"].groupby("区县")["常住人口"].sum()
    assert town.to_dict() == census["urban"].astype(int).loc[town.index].to_dict()
    assert people["困难群众"].sum() == 250_000
    assert (people["80岁以上"] <= people["65岁以上"]).all()
    assert (people["65岁以上"] <= people["60岁以上"]).all()
    assert (people["60岁以上"] + people["0-14岁"] <= people["常住人口"]).all()
    assert people["社区代码"].is_unique
    assert (people["社区代码"].str[:9] == people["街道代码"]).all()
    assert people["街道代码"].nunique() == 161


def test_offices_write_gb18030(demo: Path) -> None:
    for name in ("社区人口.csv", "助餐站点.csv", "避风港.csv"):
        data = (demo / name).read_bytes()
        with pytest.raises(UnicodeDecodeError):
            data.decode("utf-8")
        assert data.decode("gb18030").count("\r\n") == data.count(b"\n")


def test_areas_tile_the_city(demo: Path) -> None:
    districts = pyogrio.read_dataframe(demo / "行政区划.gpkg", layer="区县")
    streets = pyogrio.read_dataframe(demo / "行政区划.gpkg", layer="街道")
    assert (len(districts), len(streets)) == (13, 161)
    for frame in (districts, streets):
        assert str(frame.crs) == "EPSG:4548"
        assert frame.is_valid.all()
        assert shapely.coverage_is_valid(frame.geometry.to_numpy())
    assert streets.area.sum() == pytest.approx(districts.area.sum(), rel=1e-9)
    by = streets.dissolve("区划代码").area
    np.testing.assert_allclose(by.to_numpy(), districts.set_index("区划代码").area[by.index])


def _ways(path: Path) -> tuple[int, pd.DataFrame, np.ndarray]:
    nodes, ways, pairs = 0, [], []
    for item in osmium.FileProcessor(str(path)):
        if item.is_node():
            nodes += 1
        elif item.is_way():
            refs = [n.ref for n in item.nodes]
            pairs += [(a, b, len(ways)) for a, b in itertools.pairwise(refs)]
            ways.append({k: item.tags.get(k, "") for k in ("highway", "name", "bridge", "oneway")})
    return nodes, pd.DataFrame(ways), np.array(pairs)


def test_the_walk_network_is_large_and_believable(demo: Path) -> None:
    _, ways, pairs = _ways(demo / "streets.osm.pbf")
    on_foot = ~ways["highway"].isin(["motorway", "motorway_link", "trunk", "trunk_link"]).to_numpy()
    steps = pairs[on_foot[pairs[:, 2]]]
    ids, degree = np.unique(steps[:, :2], return_counts=True)
    # junctions and ends, without the points that only bend a road
    assert (degree != 2).sum() >= 50_000
    number = {int(k): i for i, k in enumerate(ids)}
    u = [number[int(k)] for k in steps[:, 0]]
    v = [number[int(k)] for k in steps[:, 1]]
    graph = coo_array((np.ones(len(u)), (u, v)), shape=(len(ids), len(ids)))
    count, label = connected_components(graph, directed=False)
    share = np.bincount(label).max() / len(ids)
    assert 10 <= count <= 60
    assert 0.985 < share < 1.0
    assert (degree == 1).sum() > 5_000
    assert {"steps", "footway", "track", "path"} <= set(ways["highway"])
    over_river = ways[ways["bridge"].ne("") & ways["name"].str.contains("黄河|浮桥")]
    assert 5 <= over_river["name"].nunique() <= 10


def test_only_bridges_lead_over_the_yellow_river(demo: Path) -> None:
    """Independent of how roads were chosen: the drawn lines against the drawn banks."""
    water = pyogrio.read_dataframe(demo / "底图.gpkg", layer="水系").to_crs(4326)
    river = water.geometry[water["名称"] == "黄河"].iloc[0]
    shapely.prepare(river)
    wet = set()
    for way in osmium.FileProcessor(str(demo / "streets.osm.pbf")).with_locations():
        if way.is_way() and not way.tags.get("highway", "").startswith("motorway"):
            line = shapely.LineString([(n.lon, n.lat) for n in way.nodes])
            if river.intersects(line):
                wet.add((way.tags.get("bridge", "no"), way.tags.get("name", "")))
    assert {bridge for bridge, _ in wet} == {"yes"}
    assert len(wet) == 7


def test_published_counts(demo: Path) -> None:
    def rows(name: str, encoding: str = "gb18030") -> pd.DataFrame:
        return pd.read_csv(demo / name, encoding=encoding, dtype=str, keep_default_na=False)

    meals, people = rows("助餐站点.csv"), rows("社区人口.csv")
    assert (meals["2024年达标"] == "是").sum() == 400
    assert meals["社区代码"].nunique() / len(people) == pytest.approx(0.43, abs=1e-4)
    shelters = rows("避风港.csv")["类型"].value_counts()
    assert (shelters["救助管理站"], shelters["避风港"]) == (1, 166)
    assert (rows("婚姻登记处.csv", "utf-8-sig")["类型"] == "景区颁证点").sum() == 3
    assert (rows("殡葬设施.csv")["扩建"] == "是").sum() == 2
    assert len(rows("社会救助窗口.csv")) == 161
    assert len(rows("地名标志.csv")) == 232
    assert len(pyogrio.read_dataframe(demo / "精康之家.geojson")) == 41
    rates = rows("为老服务与社会组织.csv").drop(columns=["区划代码", "区县"]).astype(int).sum()
    assert rates["家庭养老床位"] == 3562
    assert rates["高龄津贴人数"] == 176_000
    assert rates["社区基金规模元"] == 9_902_800


def _sheet(path: Path, name: str) -> pd.DataFrame:
    sheet = openpyxl.load_workbook(path)[name]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0].startswith("济南市")
    assert f"A1:{get_column_letter(len(rows[1]))}1" in {str(r) for r in sheet.merged_cells.ranges}
    return pd.DataFrame(rows[2:], columns=rows[1])


def test_workbooks_have_titles_merged_cells_and_the_published_beds(demo: Path) -> None:
    book = demo / "养老服务设施.xlsx"
    centres, streets = _sheet(book, "区县养老服务中心"), _sheet(book, "街道综合养老")
    assert centres["状态"].value_counts().to_dict() == {"已建成": 11, "在建": 2}
    beds = pd.concat([centres, streets])[["核定床位数", "护理型床位"]].sum()
    assert beds["核定床位数"] == 24_000
    assert beds["护理型床位"] / beds["核定床位数"] == pytest.approx(0.82)
    assert len(streets) == 161
    assert streets["区县"].isna().sum() == 161 - 13  # merged downwards
    homes, villages = _sheet(book, "农村幸福院"), table("census.csv")["villages"].astype(int).sum()
    assert len(homes) / villages > 0.60
    assert len(_sheet(demo / "未保站点.xlsx", "未保中心")) == 16
    assert len(_sheet(demo / "未保站点.xlsx", "未保站")) == 161


def test_the_offices_plan_in_time(demo: Path) -> None:
    people = pd.read_csv(demo / "60岁以上人口预测.csv", encoding="gb18030", dtype=str)
    totals = people.filter(like="年").astype(int).sum()
    assert totals["2020年"] == 1_837_112
    assert totals["2030年"] / totals["2020年"] == pytest.approx(1.46, abs=0.01)
    projects = pd.read_csv(demo / "养老服务项目库.csv", encoding="gb18030", keep_default_na=False)
    assert projects["措施"].value_counts().to_dict() == {
        "新建": 60,
        "改造": 40,
        "扩建": 10,
        "合并": 4,
    }
    book = demo / "养老服务设施.xlsx"
    names = set(_sheet(book, "街道综合养老")["机构名称"]) | set(
        _sheet(book, "农村幸福院")["机构名称"]
    )
    assert set(projects.loc[projects["措施"] != "新建", "现有站点"]) <= names
    assert _sheet(book, "区县养老服务中心")["投用年份"].notna().sum() == 2


def test_the_study_names_every_service_of_the_catalogue(demo: Path) -> None:
    raw = tomllib.loads((demo / "study.toml").read_text(encoding="utf-8"))
    study = StudyFile.model_validate(raw)
    assert study.study.synthetic
    by_bus = {"marriage_registry_by_bus", "district_centre_by_bus"}
    assert set(study.services) == set(load_catalogue()) | by_bus


def test_another_seed_makes_another_city_with_the_same_facts(demo: Path, tmp_path: Path) -> None:
    generate(tmp_path, seed=7)
    ours = pd.read_csv(tmp_path / "社区人口.csv", encoding="gb18030", dtype=str)
    assert ours["80岁以上"].astype(int).sum() == 231_792
    mine, other = _digests(demo), _digests(tmp_path)
    assert mine["streets.osm.pbf"] != other["streets.osm.pbf"]


def test_shares_is_the_largest_remainder() -> None:
    # 10 by 1:1:1 is 3.33 each: the remainder goes to the first
    assert apportion(np.array([1.0, 1.0, 1.0]), 10).tolist() == [4, 3, 3]
    # 1 for each first, then 7 by 0.7 : 5.6 : 0.7
    assert apportion(np.array([1.0, 8.0, 1.0]), 10, least=1).tolist() == [2, 6, 2]


def test_within_moves_what_does_not_fit() -> None:
    # a third of 9 is 3, but the first holds only 1
    assert apportion_capped(np.ones(3), 9, np.array([1, 9, 9])).tolist() == [1, 4, 4]


def test_warp_is_undone() -> None:
    warp = Warp(np.random.default_rng(1), ((9000.0, 250.0), (3000.0, 60.0)))
    at = np.random.default_rng(2).uniform(4e6, 4.02e6, (50, 2))
    np.testing.assert_allclose(warp(warp.before(at)), at, atol=1e-3)


def test_village_names_differ_within_a_street() -> None:
    street = np.array(["370113107"] * 200, dtype=object)
    names = village_names(np.random.default_rng(0), np.zeros(200, dtype=bool), street)
    assert len(set(names)) == 200


def test_the_command_needs_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err


def test_bus_lines_run_on_roads_between_stops_of_their_own(demo: Path) -> None:
    lines = pyogrio.read_dataframe(demo / "公交线路.gpkg")
    stops = pd.read_csv(demo / "公交站点.csv", encoding="gb18030")
    assert set(lines["备注"]) == {"虚构线路"}
    assert lines["线路"].is_unique
    assert set(stops["线路"]) == set(lines["线路"])
    assert (
        stops.groupby("线路")["站序"].agg(list).map(lambda s: s == list(range(1, len(s) + 1)))
    ).all()
    assert stops.groupby("线路").size().min() >= 2
    # lines share stops, so that people can change
    assert stops.drop_duplicates(["经度", "纬度"]).shape[0] < 0.6 * len(stops)
