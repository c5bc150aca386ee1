"""Addresses without coordinates, with a geocoder that the user brings."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from geoplan.crs import from_wgs84
from geoplan.errors import UsageError
from geoplan.inputs.location.geocode import geocode_missing


class Counted:
    def __init__(self):
        self.asked = []

    def geocode(self, query):
        self.asked.append(query)
        if "无" in query:
            return None
        lon, lat = from_wgs84((117.02, 36.66), "bd09")
        return SimpleNamespace(longitude=lon, latitude=lat, address=f"[{query}]")


def test_only_rows_without_coordinates_are_asked_for_once_each():
    table = pd.DataFrame(
        {
            "地址": ["甲路1号", "甲路1号", "无此路", "乙路", "", "丙路"],
            "经度": ["", None, "", 117.5, "", float("nan")],
            "纬度": ["", "", "", 36.5, "", 36.0],
        }
    )
    before = table.copy()
    geocoder, steps = Counted(), []
    filled = geocode_missing(
        table,
        geocoder=geocoder,
        datum="bd09",
        prefix="济南市",
        progress=lambda done, of: steps.append((done, of)),
    )
    assert geocoder.asked == ["济南市甲路1号", "济南市无此路", "济南市丙路"]
    assert filled["geocoded"].tolist() == [True, True, False, False, False, True]
    assert filled.loc[[0, 1, 5], "经度"].tolist() == pytest.approx([117.02] * 3)
    assert filled.loc[[0, 1, 5], "纬度"].tolist() == pytest.approx([36.66] * 3)
    assert filled.loc[3, ["经度", "纬度"]].tolist() == [117.5, 36.5]
    assert filled.loc[0, "geocoded_as"] == "[济南市甲路1号]"
    assert steps[-1] == (4, 4)
    pd.testing.assert_frame_equal(table, before)


def test_a_heading_that_is_not_there_is_named():
    with pytest.raises(UsageError, match="地址"):
        geocode_missing(pd.DataFrame({"经度": []}), geocoder=Counted(), datum="wgs84")
