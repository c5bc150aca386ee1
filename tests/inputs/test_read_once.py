"""A file that serves several layers is read as each of them alone would read it."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from shapely import box

from geoplan.inputs import LayerSource, Streets, read_areas, read_demand, read_facilities
from geoplan.inputs.columns.personal.free_text import _LOOK, NEVER, hide_in_text, quick_look
from geoplan.inputs.columns.quick_looks import columns_holding
from geoplan.inputs.files.read_once import ReadOnce, content_key
from geoplan.inputs.findings.finding import Loaded
from geoplan.inputs.layers import AreaLayer
from tests.inputs.places.town import CRS, SIDE, X, Y, street_lines

#: cells that make rows of one layer fall out or be doubted, and not those of another
PEOPLE = ["12", "340", "1,200", "约40", "", "x", "-3", "9999999", "合计"]
NAMES = ["甲社区", "乙村", "联系人：王芳 13800138000", "合计", "小计", "其中：男", "丙社区", ""]


def table(folder: Path, seed: int) -> Path:
    """Communities with flaws, their places moved for some seeds."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    x, y = X + rng.random(n) * SIDE, Y + rng.random(n) * SIDE
    points = gpd.GeoSeries(gpd.points_from_xy(x + (seed % 3) * 400, y), crs=CRS)
    points = points.to_crs("EPSG:4326")
    frame = pd.DataFrame(
        {
            "代码": [f"3701020{k:05d}" for k in range(n)],
            "名称": rng.choice(NAMES, n),
            "区县": rng.choice(["西区", "东区", "", "南区"], n, p=[0.45, 0.45, 0.05, 0.05]),
            "经度": [f"{v:.6f}" for v in points.x],
            "纬度": [f"{v:.6f}" for v in points.y],
            "常住人口": rng.choice(PEOPLE, n, p=[0.4, 0.4, *[0.2 / 7] * 7]),
            "老人": rng.choice(PEOPLE, n, p=[0.4, 0.4, *[0.2 / 7] * 7]),
            "儿童": rng.integers(0, 90, n).astype(str),
            "联系电话": [f"138{k:08d}" for k in rng.integers(0, 10**8, n)],
        }
    )
    for column in ("经度", "纬度"):
        frame.loc[rng.random(n) < 0.1, column] = rng.choice(["", "0", "x"])
    path = folder / f"communities{seed}.csv"
    frame.to_csv(path, index=False, encoding="utf-8")
    return path


def districts() -> dict[str, AreaLayer]:
    half = [box(X, Y, X + SIDE / 2, Y + SIDE), box(X + SIDE / 2, Y, X + SIDE, Y + SIDE)]
    frame = {"name": ["西区", "东区"], "parent": [pd.NA, pd.NA]}
    frame = gpd.GeoDataFrame(frame, geometry=half, crs=CRS, index=["370102", "370103"])
    return {"district": AreaLayer(level="district", frame=frame)}


def told(one: Loaded) -> str:
    """All that a read returns, as text."""
    parts = [one.record, one.findings, one.set_aside.to_csv()]
    if one.layer is not None:
        frame = one.layer.frame
        parts += [pd.DataFrame(frame).to_csv(), frame.geometry.to_wkb().tolist(), frame.dtypes]
    return "\n".join(map(repr, parts))


def layers(source: LayerSource, streets: Streets) -> list[str]:
    """What five layers of one file are read as, in an order of the seed's."""
    areas = districts()
    demand = {"crs": CRS, "areas": areas, "streets": streets, "lang": "en"}
    reads = [
        lambda s: read_demand(s, key="all", weight="常住人口", groups=("儿童",), **demand),
        lambda s: read_demand(s, key="old", weight="老人", **demand),
        lambda s: read_demand(s, key="kids", weight="儿童", **demand),
        lambda s: read_facilities(s, key="sites", **demand),
        lambda s: read_areas(s, level="village", parent="district", crs=CRS, parents=None),
        lambda s: read_demand(replace(s, datum="gcj02"), key="moved", weight="儿童", **demand),
        lambda s: read_demand(replace(s, keep=("*",)), key="kept", weight="儿童", **demand),
        lambda s: read_demand(
            replace(s, where="区县 == '西区'"), key="west", weight="儿童", **demand
        ),
    ]
    return [told(read(source)) for read in reads]


@pytest.mark.parametrize("seed", range(8))
def test_layers_of_one_file_are_as_if_each_were_read_alone(tmp_path: Path, seed: int) -> None:
    streets = Streets(gpd.GeoSeries(street_lines(), crs=CRS))
    columns = {"id": "代码", "name": "名称", "district": "区县"}
    alone_each = LayerSource(path=table(tmp_path, seed), datum="wgs84", columns=columns)
    source = replace(alone_each, reads=ReadOnce())
    alone = layers(alone_each, streets)
    assert layers(source, streets) == alone
    assert layers(source, streets) == alone, "what is shared was written to"
    assert len(set(alone)) == len(alone)


def test_a_file_is_opened_once_for_a_reading(tmp_path: Path) -> None:
    alone = LayerSource(path=table(tmp_path, 1), datum="wgs84")
    source = replace(alone, reads=ReadOnce())
    assert read_demand(source, key="a", crs=CRS, weight="儿童").layer is not None
    assert read_demand(alone, key="a", crs=CRS, weight="儿童").layer is not None
    source.path.unlink()
    assert read_demand(source, key="a", crs=CRS, weight="儿童").layer is not None
    gone = read_demand(alone, key="a", crs=CRS, weight="儿童")
    assert gone.layer is None, "whoever reads a file twice sees what has changed in it"


def test_what_is_not_to_be_kept_is_worked_out_again() -> None:
    nothing, seen = ReadOnce(keeps=False), itertools.count()
    assert [nothing.value("a", lambda: next(seen)) for _ in range(2)] == [0, 1]
    reads, count = ReadOnce(), itertools.count()
    assert [reads.value("a", lambda: next(count), keep=lambda n: n > 0) for _ in range(3)] == [
        *(0, 1, 1)
    ]


def test_the_key_of_numbers_tells_kinds_and_bounds_apart() -> None:
    one = [np.array([1, 2]), np.array([3])]
    other = [np.array([1]), np.array([2, 3])]
    floats = [np.array([1.0, 2.0]), np.array([3.0])]
    assert len({content_key(*arrays) for arrays in (one, other, floats, one[:1])}) == 4


digits = st.text("0123456789.-", max_size=16)
codes = st.from_regex(r"\A-?[1-9][0-9]{0,13}(\.[0-9]{0,9})?\Z")


@given(st.lists(st.one_of(digits, codes, st.text(max_size=8)), min_size=1, max_size=20))
def test_cells_that_never_hold_personal_data_are_only_passed_over(cells: list[str]) -> None:
    column = pd.DataFrame({"a": pd.Series(cells, dtype="str")})
    fast = columns_holding(column, quick_look(), never=NEVER)
    assert fast == columns_holding(column, quick_look())


@pytest.mark.parametrize("lead", ["", "0", "00", "8", "86", "-", "7", "70", ".", "1.", "0."])
@pytest.mark.parametrize("count", range(16))
def test_numbers_at_the_bounds_of_never(lead: str, count: int) -> None:

    for first in ("1", "13", "0", "01", "86", "861", "8613", "99", "19"):
        text = (lead + first + "3" * count)[:17]
        if re.search(NEVER, text):
            assert _LOOK.search(text) is None
            assert hide_in_text(text) == text
