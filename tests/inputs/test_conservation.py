"""Rows = accepted + set aside; people in = people in the ledger: over generated files."""

from __future__ import annotations

from functools import cache

import geopandas as gpd
from hypothesis import HealthCheck, given, settings, strategies as st
from shapely.geometry import box

from geoplan.inputs import LayerSource, read_demand, read_facilities
from geoplan.inputs.layers import AreaLayer

CRS = "EPSG:4548"

LON = st.one_of(
    st.sampled_from(["", "0", "abc", "36.65", "500100", "181", "-", "１１７．０"]),
    st.floats(116.5, 117.5).map(lambda v: f"{v:.6f}"),
)
LAT = st.one_of(
    st.sampled_from(["", "0", "x", "117.0", "4055000", "95", "３６．６"]),
    st.floats(36.2, 37.0).map(lambda v: f"{v:.6f}"),
)
PEOPLE = st.one_of(
    st.integers(0, 5000).map(str), st.sampled_from(["", "-4", "多", "1,200", "１２", "35人", "nan"])
)
ROW = st.tuples(LON, LAT, PEOPLE, st.sampled_from(["West", "East", "Nowhere", ""]))


def people_in(cell: str) -> int:
    """What a person would read in the cell."""
    plain = {"": 0, "-4": 0, "多": 0, "1,200": 1200, "１２": 12, "35人": 35, "nan": 0}
    return plain[cell] if cell in plain else int(cell)


def is_degrees(cell: str) -> bool:
    """Whether the cell is a number of degrees, but for the nought that stands for nothing."""
    try:
        return 0 < abs(float(cell)) <= 360
    except ValueError:
        return False


@cache
def areas() -> dict[str, AreaLayer]:
    shapes = gpd.GeoSeries([box(116.5, 36, 117, 37), box(117, 36, 117.5, 37)], crs=4326)
    frame = gpd.GeoDataFrame(
        {"name": ["West", "East"], "parent": [None, None]},
        geometry=shapes.to_crs(CRS).to_numpy(),
        index=["1", "2"],
        crs=CRS,
    )
    return {"district": AreaLayer(level="district", frame=frame)}


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(ROW, min_size=1, max_size=12), encoding=st.sampled_from(["utf-8", "gb18030"]))
def test_nothing_is_lost(tmp_path, rows, encoding):
    path = tmp_path / "rows.csv"
    quoted = ['"' + '","'.join(row) + '"' for row in rows]
    text = "经度,纬度,人口,district\n" + "\n".join(quoted) + "\n"
    path.write_bytes(text.encode(encoding))
    source = LayerSource(path=path, datum="wgs84")
    one = read_demand(source, key="d", crs=CRS, areas=areas(), weight="人口", lang="en")
    if one.layer is None:
        # a table of nothing but metres stops the run, and says so, instead of losing its rows; so
        # does one of nobody
        assert one.record.rows == one.record.set_aside
        if "holds nobody" in one.findings[-1].problem:
            assert sum(people_in(row[2]) for row in rows) == 0
            return
        assert "hold metres without a CRS" in one.findings[-1].problem
        assert not [row for row in rows if is_degrees(row[0]) and is_degrees(row[1])]
        return
    record = one.record
    # a row with nothing in any cell is no row: spreadsheets end in many of them
    filled = [row for row in rows if any(row)]
    if not filled:
        return
    assert record.rows == len(filled)
    assert record.rows == record.accepted + record.set_aside
    assert len(one.set_aside) == record.set_aside
    assert one.layer.total == sum(people_in(row[2]) for row in rows)
    lines = {f.row for f in one.findings if f.row is not None}
    assert lines <= set(range(2, 2 + len(rows)))
    assert set(one.set_aside["row"]) <= lines  # nothing is set aside in silence
    unlocated = one.layer.frame.geometry.isna().sum()
    assert unlocated <= record.set_aside

    same = read_facilities(source, key="f", crs=CRS, areas=areas(), lang="en")
    assert same.layer is not None
    assert len(same.layer.located) == same.record.accepted
    # a site without a usable place stays where it names its district, and only there
    aside = set(same.set_aside["row"])
    waiting = [
        k for k, row in enumerate(rows, start=2) if k in aside and row[3] in ("West", "East")
    ]
    assert len(same.layer) == same.record.accepted + len(waiting)
    assert same.record.rows == same.record.accepted + same.record.set_aside == len(filled)


@given(rows=st.lists(st.tuples(LON, LAT), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_a_file_stops_for_metres_only_where_every_row_has_them(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("metres") / "rows.csv"
    text = "".join(f'"{lon}","{lat}",5\n' for lon, lat in [*rows, ("500100", "37.0")])
    path.write_text("经度,纬度,人口\n" + text, encoding="utf-8")
    one = read_demand(
        LayerSource(path=path, datum="wgs84"), key="d", crs=CRS, weight="人口", lang="en"
    )
    assert one.layer is not None, one.findings
    assert one.layer.total == 5 * (len(rows) + 1)
