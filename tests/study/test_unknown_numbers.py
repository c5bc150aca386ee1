"""Unknown capacities, tiers and prices in whole studies: ranges, no wrong number in silence."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from geoplan.comparison import compare_runs
from geoplan.coverage import quota_by_area, quota_counts, quota_summary
from geoplan.coverage.ledger import STATES
from geoplan.disclosure import edition
from geoplan.errors import UsageError
from geoplan.inputs.layers import FacilityLayer
from geoplan.outputs.gis.layers import layer_list
from geoplan.outputs.gis.titles import aliases
from geoplan.outputs.maps.features import sites_content
from geoplan.outputs.maps.headline import headline
from geoplan.outputs.report.blocks import Listing, Paragraph
from geoplan.outputs.report.compose import compose
from geoplan.outputs.summary.summary_json import summary_dict
from geoplan.outputs.summary.summary_text import summary_text
from geoplan.outputs.tables.coverage_tables import area_table, overview_table
from geoplan.outputs.tables.siting_tables import site_table
from geoplan.services import standard_for
from geoplan.study import Plan, Study
from geoplan.study.example import X, Y
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import plain

LIMITED = {"mode": "walk", "threshold_m": 800, "capacity_limits": True}


def _study(folder: Path, rows: list[tuple[str, str]], **siting: Any) -> Study:
    """Stations in a row at S: their capacity and status."""
    first = (folder / "meals.csv").read_text(encoding="utf-8").splitlines()
    head = first[0].split(",capacity")[0]  # a folder may be written to again
    station = first[1].split(",")[: len(head.split(","))]
    lines = [f"{head},capacity,status"]
    for k, (capacity, status) in enumerate(rows):
        named = [f"{cell}{k}" if j < 2 else cell for j, cell in enumerate(station)]
        lines.append(",".join([*named, capacity, status]))
    (folder / "meals.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Study.open(folder).replace(
        {
            "services.meal_station.standard": LIMITED,
            "services.meal_station.siting": {"sites": 1, "robustness": 0, **siting},
        }
    )


def _told(plan: Plan) -> dict[str, Any]:
    return json.loads(json.dumps(summary_dict(plan.results)))["services"]["meal_station"]


def _assumed(plan: Plan) -> list[str]:
    """What was assumed of the sites; that of the streets is told apart."""
    return [a.code for a in plan.results.assumed if not a.code.startswith("network")]


@pytest.mark.parametrize("unknown", ["", "abc", "约40", "#REF!", "若干"])
def test_an_unknown_capacity_makes_a_range(small_folder: Path, unknown: str) -> None:
    """150 people reach both stations; one has 40 places, the other is not known."""
    plan = _study(small_folder, [("40", ""), (unknown, "")], capacity=60).run()
    told = _told(plan)
    assert (told["people"]["served"], told["people"]["full"]) == (40, 110)
    least, most = told["people_range"]["least"], told["people_range"]["most"]
    assert least == told["people"]
    assert (most["served"], most["full"]) == (150, 0)
    for ledger in (least, most):  # both ends close
        assert sum(ledger[state] for state in STATES) == ledger["total"] == 290
    assert told["covered_share_range"] == [pytest.approx(40 / 290), pytest.approx(150 / 290)]
    after = told["siting"]["people_after_range"]
    assert after["least"] == told["siting"]["people_after"]
    assert after["most"]["served"] >= after["least"]["served"]
    assert set(_assumed(plan)) == {"capacity_unknown", "unknown_sites_full"}


def test_known_zero_and_unlimited_capacities_make_no_range(small_folder: Path) -> None:
    plan = _study(small_folder, [("40", ""), ("0", "")], capacity=60).run()
    assert _told(plan)["people"]["served"] == 40
    assert "people_range" not in _told(plan)
    assert not _assumed(plan)
    plan = _study(small_folder, [("40", ""), ("不限", "")], capacity=60).run()
    assert _told(plan)["people"]["served"] == 150
    assert "people_range" not in _told(plan)
    assert _told(plan)["capacity"]["facilities_unlimited"] == 1


def test_tables_call_the_plan_with_unlimited_new_sites_the_most_there_can_be(
    small_folder: Path,
) -> None:
    for options, heading in (({}, "方案实施后最高覆盖率"), ({"capacity": 60}, "方案实施后覆盖率")):
        plan = _study(small_folder, [("40", ""), ("40", "")], **options).run()
        table = overview_table(plan.results, Speaker("zh"))
        headings = [c.heading(Speaker("zh")) for c in table.columns]
        assert heading in headings


@pytest.mark.parametrize(
    ("stations", "options", "least", "most"),
    [
        # the new site reaches the 50 people at B and the 80 at C, the stations those at A and B
        ([("40", ""), ("", "")], {"capacity": 120}, 160, 230),  # an existing one is not known
        ([("40", "")], {}, 40, 170),  # that of the new site is not
        ([("40", ""), ("", "")], {}, 40, 230),  # neither is known
        ([("40", "")], {"capacity": 120}, 160, None),
    ],
)
def test_every_output_bounds_the_plan_by_the_same_numbers(
    small_folder: Path,
    stations: list[tuple[str, str]],
    options: dict[str, int],
    least: int,
    most: int | None,
) -> None:
    plan = _study(small_folder, stations, **options).run()
    results, speaker = plan.results, Speaker("en")
    service = results.services["meal_station"]
    unlimited, known = "capacity" not in options, most is None
    told = _told(plan)["siting"]
    if not known:
        ledgers = told["people_after_range"]
        assert (ledgers["least"]["served"], ledgers["most"]["served"]) == (least, most)
    # a table's number stands under its word, and the number of neither end under the other's
    row = overview_table(results, speaker).frame.iloc[0]
    expected = {
        "served_after": None if unlimited else least,
        "served_after_most": most,
    }
    assert {k: plain(row.get(k)) for k in expected} == expected
    areas = area_table(results, service, "district", speaker).frame
    layers = {layer.name: layer.frame for layer in layer_list(results, speaker)}
    for name, number in expected.items():
        columns = [
            areas.get(name),
            layers["areas_district"].get(f"meal_station_{name}"),
            layers["meal_station_demand"].get(name),
        ]
        assert [None if c is None else c.sum() for c in columns] == [number] * 3
    # where new sites are taken as unlimited, what hangs on it says so
    headings = [c.heading(speaker) for c in site_table(results, service, speaker).columns]
    assert ("Share with the plan (new sites unlimited)" in headings) is unlimited
    (sites,) = [x for x in layer_list(results, speaker) if x.name == "meal_station_sites"]
    assert ("unlimited" in aliases(results, sites, speaker)["share_after"]) is unlimited
    page = plan.map("meal_station").made.body()
    assert ("With the plan (if unlimited)" in page) is unlimited
    text = "".join(b.text for b in compose(results, speaker).blocks if isinstance(b, Paragraph))
    assert ("their capacity is not given" in text) is unlimited
    # on the map at most means at most: its number is that of the summary's other end
    label = headline(results, service, speaker)["label_after"]
    assert ("at most" in label) is not known
    if most is not None and most != told["people_after"]["served"]:
        assert f"{most / 290:.1%}" in label


def test_the_overview_never_calls_the_least_of_one_service_the_most(small_folder: Path) -> None:
    plan = _study(small_folder, [("40", ""), ("", "")], capacity=120).run()
    one = plan.services["meal_station"]
    free = _study(small_folder, [("40", "")]).run().services["meal_station"]
    both = replace(plan.results, services={"one": one, "free": free})
    frame = overview_table(both, Speaker("en")).frame
    assert frame["served_after"].fillna(-1).tolist() == [160, -1]
    assert frame["served_after_most"].tolist() == [230, 170]


def test_a_comparison_sets_least_beside_least_and_most_beside_most(small_folder: Path) -> None:
    runs = []
    for name, options in (("a", {"capacity": 120}), ("b", {})):
        plan = _study(small_folder, [("40", "")], **options).run()
        runs.append(plan.save(small_folder / name))
    found = compare_runs(*runs).services.set_index("measure")
    assert found.loc["served_after", ["a", "b"]].tolist() == [160, 40]
    assert found.loc["served_after_most", ["a", "b"]].tolist() == [160, 170]
    assert "served_most" not in found.index
    assert "最多" in compare_runs(*runs).text("zh")


def test_a_card_says_of_no_site_of_unknown_capacity_that_it_serves_nobody(
    small_folder: Path,
) -> None:
    plan = _study(small_folder, [("40", ""), ("", "")], capacity=60).run()
    content = sites_content(plan.services["meal_station"], Speaker("en"))
    assert content is not None
    assert content["serves"] == [40, None]


def test_a_default_gives_one_number_and_says_so(small_folder: Path) -> None:
    study = _study(small_folder, [("40", ""), ("", "")], capacity=60)
    plan = study.replace({"services.meal_station.capacity_default": 30}).run()
    assert _told(plan)["people"]["served"] == 70
    assert "people_range" not in _told(plan)
    assert _assumed(plan) == ["capacity_default_used"]
    for wrong in (-1, "many", 10**9):
        with pytest.raises(Exception, match="capacity_default"):
            study.replace({"services.meal_station.capacity_default": wrong})


def test_new_sites_without_a_capacity_are_at_most(small_folder: Path) -> None:
    told = _told(plan := _study(small_folder, [("40", "")]).run())
    after = told["siting"]["people_after_range"]
    assert after["least"]["served"] == told["people"]["served"] == 40
    assert after["most"] == told["siting"]["people_after"]
    assert _assumed(plan) == ["new_sites_unlimited"]
    assert "–" in summary_text(plan.results, "en")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_range_stands_wherever_the_number_does(small_folder: Path, lang: str) -> None:
    study = _study(small_folder, [("40", ""), ("", "")], capacity=60).replace({"study.lang": lang})
    results = study.run().results
    both = "13.8% – 51.7%"
    speaker = Speaker(lang)
    assert both in summary_text(results, lang)
    blocks = compose(results, speaker).blocks
    first_page = next(b for b in blocks if isinstance(b, Listing))
    assert "51.7%" in first_page.items[0]
    chapter = [b.text for b in blocks if isinstance(b, Paragraph) and "51.7%" in b.text]
    assert chapter
    head = headline(results, results.services["meal_station"], speaker)
    assert "51.7%" in head["label"]
    assert next(value for _, value in head["facts"]) == both


def test_the_public_edition_tells_the_range_without_small_numbers(small_folder: Path) -> None:
    study = _study(small_folder, [("40", ""), ("", "")], capacity=60)
    public = edition(study.run().results, audience="public")
    told = summary_dict(public)["services"]["meal_station"]
    for ledger in (told["people"], told["people_range"]["least"], told["people_range"]["most"]):
        assert all(v is None or v == 0 or v >= 10 for v in ledger.values())
    assert public.assumed


def test_a_site_that_is_closed_limits_nothing(small_folder: Path) -> None:
    plan = _study(small_folder, [("40", "正常"), ("", "已停用")], capacity=60).run()
    assert _told(plan)["people"]["served"] == 40
    assert "people_range" not in _told(plan)


def test_check_and_run_tell_the_same(small_folder: Path) -> None:
    study = _study(small_folder, [("40", "正常"), ("", "民办")], capacity=60)
    checked = {(f.code, f.row) for f in study.check().findings}
    run = study.run().results.findings
    assert checked >= {("capacity_blank", 3), ("status_unread_word", None)}
    assert set(run["code"]) >= {code for code, _ in checked}


def test_words_of_the_study_count(small_folder: Path) -> None:
    study = _study(small_folder, [("40", "正常"), ("40", "合并")], capacity=60)
    assert _told(study.run())["people"]["served"] == 80
    assert _told(study.replace({"status.closed": ["合并"]}).run())["people"]["served"] == 40
    with pytest.raises(Exception, match="one list only"):
        study.replace({"status": {"closed": ["合并"], "open": ["合并"]}})


def _tiered(tiers: list[object], *, areas: list[str], minimum: int = 1) -> tuple[Any, ...]:
    standard = standard_for(
        "shelter",
        {
            "tiers": [
                {"key": key, "name_zh": key, "name_en": key, "quota": quota}
                for key, quota in (
                    ("big", {"level": "district", "minimum": minimum}),
                    ("small", {"level": "district", "minimum": 1}),
                )
            ]
        },
    )
    frame = gpd.GeoDataFrame(
        {"name": "s", "capacity": np.nan, "tier": tiers, "district": areas},
        index=[f"s{k}" for k in range(len(tiers))],
        geometry=[Point(X, Y)] * len(tiers),
        crs="EPSG:4548",
    )
    return FacilityLayer(key="shelter", frame=frame), standard


@pytest.mark.parametrize(
    ("tiers", "expected"),
    [
        (["big", "small"], True),
        (["big", pd.NA], None),
        ([pd.NA, pd.NA], None),
        (["?", "small"], None),
        ([pd.NA], False),  # one site cannot be both
        (["big"], False),
        (["big", "big", pd.NA], None),
    ],
)
def test_a_quota_of_tiers_that_are_not_known_is_open(
    small_plan: Plan, tiers: list[object], expected: bool | None
) -> None:
    layers = small_plan.inputs.areas
    code = str(layers["district"].frame.index[0])
    sites, standard = _tiered(tiers, areas=[code] * len(tiers))
    table = quota_by_area(sites, standard, layers)["district"]
    met = table.loc[code, "meets"]
    assert (None if pd.isna(met) else bool(met)) is expected
    counts = quota_counts(table)
    assert counts["meeting_quota"] == int(expected is True)
    assert counts.get("undecided", 0) == int(expected is None)
    row = quota_summary({"district": table}, standard).loc["district"]
    assert row["meeting_quota"] + row["lacking"] + row["undecided"] == row["total"]


def test_prices_that_are_not_known(small_folder: Path) -> None:
    points = gpd.GeoDataFrame(
        {"cost": ["100", "abc"]}, geometry=[Point(X + 1500, Y), Point(X + 700, Y)], crs="EPSG:4548"
    )
    points.to_file(small_folder / "candidates.gpkg")
    asked = {"sites": None, "budget": 250, "candidates": "candidates.gpkg", "robustness": 0}
    study = Study.open(small_folder).replace({"services.meal_station.siting": asked})
    with pytest.raises(UsageError, match="cost"):
        study.run()
    plan = study.replace({"services.meal_station.siting.site_cost": 120}).run()
    told = _told(plan)
    assert told["siting"]["money"] in (100, 220)
    (assumed,) = [one for one in plan.results.assumed if one.code == "prices_assumed"]
    assert assumed.count == 1
    points.assign(cost=["100", "-3"]).to_file(small_folder / "candidates.gpkg")
    with pytest.raises(UsageError, match="0 or less"):
        study.replace({"services.meal_station.siting.site_cost": 120}).run()


def test_an_areas_own_number_of_sites_counts_instead_of_its_levels(small_folder: Path) -> None:
    study = Study.open(small_folder)
    codes = [str(c) for c in study.run().inputs.areas["district"].frame.index]
    for numbers in ({"district": 1, codes[1]: 0}, {codes[1]: 0, "district": 1}):
        asked = {"sites": 0, "min_sites_per_area": numbers, "robustness": 0}
        plan = study.replace({"services.meal_station.siting": asked}).run()
        assert plan.services["meal_station"].siting.result.status == "optimal"  # none is needed
    asked = {"sites": 0, "min_sites_per_area": {"district": 1}, "robustness": 0}
    plan = study.replace({"services.meal_station.siting": asked}).run()
    assert plan.services["meal_station"].siting.result.status == "infeasible"


def test_the_summary_of_a_run_without_unknowns_is_as_before(small_plan: Plan) -> None:
    told = summary_dict(small_plan.results)["services"]["meal_station"]
    assert not [key for key in told if key.endswith("_range")]
    service = small_plan.services["meal_station"]
    assert replace(service).coverage_most is None


def test_a_closed_site_says_so_on_its_card_and_capacities_stand_in_words(
    small_folder: Path,
) -> None:
    rows = [("40", "正常"), ("", "停用"), ("不限", ""), ("", "")]
    plan = _study(small_folder, rows, capacity=60).run()
    content = sites_content(plan.services["meal_station"], Speaker("en"))
    assert content is not None
    assert content["idle"] == [0, 1, 0, 0]
    assert content["capacity_text"] == ["40", "not known", "unlimited", "not known"]
