"""The same thing is called the same everywhere, and numbers do not contradict what is said."""

from __future__ import annotations

import importlib
import pkgutil
import tomllib
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

import geoplan.siting
from geoplan.outputs.report.facts import quota_blocks
from geoplan.outputs.report.tables import told_table
from geoplan.outputs.tables import figures_table, gap_table
from geoplan.outputs.telling import solver_text
from geoplan.services.standard import Quota


def words(room):
    return tomllib.loads(files("geoplan.words").joinpath(f"{room}.toml").read_text("utf-8"))


def test_map_and_report_call_causes_and_remedies_the_same():
    report, page = words("coverage"), words("maps")
    shared = {k for k in page if k.startswith(("cause_", "remedy_"))}
    assert len(shared) > 8
    for key in shared:
        for lang in ("zh", "en"):
            assert page[key][lang].casefold() == report[key][lang].casefold(), key


def test_a_border_lacks_markers_not_sites(fakes):
    service = fakes.fake_run().services["boundary_marker"]
    for lang, cause, remedy in (
        ("zh", "相邻点位间距超出标准", "增设点位"),
        ("en", "markers farther apart than the standard", "add a marker"),
    ):
        frame = gap_table(service, lang=lang).frame
        assert set(frame["cause"]) == {cause}
        assert set(frame["remedy"]) == {remedy}


def test_a_chinese_report_names_every_solver_in_chinese():
    names = set()
    for module in pkgutil.iter_modules(geoplan.siting.__path__):
        found = importlib.import_module(f"geoplan.siting.{module.name}")
        names |= {found.SOLVER} if hasattr(found, "SOLVER") else set()
    assert len(names) >= 5
    for name in [*names, "reach check", "set covering"]:
        told = solver_text("zh", name)
        assert told != name
        assert any("\u4e00" <= c <= "\u9fff" for c in told)


@pytest.mark.parametrize(("meeting", "told"), [(2586, "42.99%"), (2587, "43.0%"), (2000, "33.3%")])
def test_a_share_beside_the_target_that_it_misses_does_not_read_as_the_target(fakes, meeting, told):
    run = fakes.fake_run()
    service = run.services["meal_station"]
    quota = Quota(level="street", target_share=0.43)
    table = pd.DataFrame(
        {
            "name": "a",
            "sites": np.where(np.arange(6015) < meeting, 1, 0),
            "designated": 0,
            "required": 1,
            "meets": np.arange(6015) < meeting,
        },
        index=[f"s{k}" for k in range(6015)],
    )
    standard = replace(service.standard, quotas=(quota,))
    service = replace(service, quota={"street": table}, standard=standard)
    text = list(quota_blocks(run, service, "zh"))[1].items[0]
    assert f"（{told}）" in text


def test_counts_beside_shares_have_no_decimals(fakes):
    run = fakes.fake_run()
    figures = pd.DataFrame(
        {
            "key": ["a", "b"],
            "label": ["人口", "占比"],
            "published": [9_202_432.0, 0.43],
            "computed": [9_202_432.0, 0.4299],
            "difference": [0.0, -0.0001],
            "cause": "",
            "source": "",
        }
    )
    told = told_table(figures_table(replace(run, figures=figures)), "", "zh")
    assert [row[1:3] for row in told.rows] == [("9,202,432", "9,202,432"), ("0.43", "0.43")]
