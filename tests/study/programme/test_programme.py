"""A programme in a study: by hand on the example village."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from geoplan.disclosure import edition
from geoplan.errors import StudyFileError
from geoplan.outputs.tables.run_tables import table_list
from geoplan.siting import multi_period
from geoplan.study import apply_overlay, example_study
from geoplan.words.speaker import Speaker
from tests.outputs.waits import settled

KEY = "meal_station"
#: one station a year can be paid for; C's 80 people come first, D's 30 then
TWO_YEARS = {"years": [2025, 2026], "budget": [100, 100], "covers": "capital"}
OPEN = {"open": {"cost": 100, "running_cost": 7}}


@pytest.fixture(scope="module")
def study():
    return example_study().replace({f"services.{KEY}.siting": None})


def planned(study, programme=TWO_YEARS, **service):
    given = {f"services.{KEY}.{name}": value for name, value in service.items()}
    return study.replace({"programme": programme, **given}).run()


@pytest.fixture(scope="module")
def plan(study):
    return planned(study, actions=OPEN)


def test_what_is_done_by_hand(plan):
    done = plan.services[KEY].programme
    assert done.status == "optimal"
    assert done.actions[["year", "action", "people", "cost"]].values.tolist() == [
        [2025, "open", 80.0, 100.0],
        [2026, "open", 30.0, 100.0],
    ]
    assert done.by_year[["served", "cost", "running_cost", "sites"]].values.tolist() == [
        [230.0, 100.0, 7.0, 2.0],
        [260.0, 100.0, 14.0, 3.0],
    ]
    assert (done.value, done.bound, done.gap) == (490.0, 490.0, 0.0)
    assert done.actions["area"].iloc[1] == "West"


def test_the_summary_keeps_the_contract(plan):
    found = plan.to_dict()["services"][KEY]["programme"]
    json.dumps(found)
    assert found["years"] == [2025, 2026]
    assert {"years", "status", "value", "bound", "gap", "actions", "by_year"} <= set(found)
    assert {"year", "action", "site", "cost", "people"} <= set(found["actions"][0])
    first = found["by_year"]["2025"]
    assert first["people"] == {
        "total": 290, "served": 230, "full": 0, "beyond": 0, "cut_off": 30,
        "off_network": 20, "unlocated": 10,
    }  # fmt: skip
    assert (first["cost"], first["running_cost"]) == (100, 7)


def test_report_workbook_layers_and_figures_have_it(plan, tmp_path):
    run = plan.save(tmp_path / "out")
    assert "2025" in (run / "report.html").read_text(encoding="utf-8")
    assert (run / "figures" / f"{KEY}_programme.png").stat().st_size > 10_000
    import geopandas as gpd

    layer = gpd.read_file(run / "layers.gpkg", layer=f"{KEY}_programme")
    assert layer[["year", "action"]].values.tolist() == [[2025, "open"], [2026, "open"]]
    tables = {table.name: table for table in table_list(plan.results, Speaker("zh"))}
    assert tables[f"{KEY}_programme"].frame["action"].tolist() == ["新建", "新建"]
    assert tables[f"{KEY}_programme_years"].frame["served"].tolist() == [230, 260]


def test_a_plan_that_ran_out_of_time_says_so(study, plan, monkeypatch, tmp_path):
    assert not plan.services[KEY].programme.cut_short
    assert "cut_short" not in plan.to_dict()["services"][KEY]["programme"]
    true = multi_period.solve_programme

    def late(of, objective, control):
        found = true(of, objective, control)
        control.out_of_time()
        return replace(found, bound=found.bound * 2)

    monkeypatch.setattr(multi_period, "solve_programme", late)
    cut = planned(study, actions=OPEN)
    assert cut.services[KEY].programme.status == "feasible"
    assert cut.to_dict()["services"][KEY]["programme"]["cut_short"] is True
    report = (cut.save(tmp_path / "out") / "report.html").read_text(encoding="utf-8")
    assert "The plan in time ran out of time" in report
    assert "分年度计划到时限" in Speaker("zh").say("study.programme_cut_short")


def test_people_of_the_years_count(study):
    projection = {"path": "years.csv", "level": "district"}
    # the east goes from 80 to 20 people, the west from 200 to 400: D's people come first
    (study.folder / "years.csv").write_text(
        "district,year,people\n1,2025,200\n1,2026,800\n2,2025,80\n2,2026,20\n"
    )
    changed = study.replace({"demand.elderly_60.projection": projection})
    done = planned(changed, actions=OPEN).services[KEY].programme
    assert done.actions["people"].tolist() == [80.0, 120.0]
    # A, B, D of the second year are four times as many, C a quarter
    assert done.by_year["served"].tolist() == [230.0, (100 + 50 + 30) * 4 + 20]


def test_projects_of_a_table_in_chinese(study):
    frame = study.run().services[KEY].facilities.frame
    east = frame.geometry.iloc[0]
    (study.folder / "项目库.csv").write_text(
        "项目名称,措施,x,y,站点,投资（万元）,年运营费,最早年份\n"
        f"东站,新建,{east.x + 1500},{east.y},,0.01,5,2026\n"
        "首站关停,关闭,,,First,0,-3,\n"
        "不明,打扫,,,First,1,,\n",
        encoding="utf-8",
    )
    plan = planned(study, actions="项目库.csv")
    done = plan.services[KEY].programme
    # closing the first station would cost people their only one: it stays
    assert done.actions[["year", "action", "project", "cost", "running_cost"]].values.tolist() == [
        [2026, "open", "东站", 100.0, 5.0]
    ]
    assert done.actions["why"].tolist() == ["earliest"]
    wrong = plan.results.findings
    assert wrong.loc[wrong["code"] == "action_unknown", "row"].tolist() == [4]


def test_a_target_that_cannot_be_met_says_what_would_do(study, tmp_path):
    plan = planned(
        study,
        {**TWO_YEARS, "budget": [0, 100]},
        actions=OPEN,
        targets=[{"year": 2025, "share": 0.7}],
    )
    done = plan.services[KEY].programme
    assert done.status == "infeasible"
    assert done.blocking
    assert plan.to_dict()["services"][KEY]["programme"]["actions"] == []
    assert plan.infeasible
    assert {"works", "served", "sites"} <= set(done.by_year.columns)
    plan.save(tmp_path / "out")  # the tables have no year, and the run its report all the same
    assert (tmp_path / "out" / "report.docx").exists()


def test_least_money_for_a_target(study):
    done = (
        planned(
            study,
            {"years": [2025, 2030], "objective": "min_cost"},
            actions=OPEN,
            targets=[{"year": 2030, "share": 0.75}],
        )
        .services[KEY]
        .programme
    )
    # 230 of 270 whom streets reach: one station, in the last year
    assert done.actions["year"].tolist() == [2030]
    assert done.value == 107.0


def test_a_site_under_construction_opens_in_its_year(study):
    text = (study.folder / "meals.csv").read_text()
    line = text.splitlines()[1].split(",")
    east = study.run().services[KEY].facilities.frame.to_crs(4326).geometry.iloc[0]
    head = "id,name,lon,lat,status,opening_year\n"
    (study.folder / "building.csv").write_text(
        head
        + ",".join(line)
        + ",open,\n"
        + f"M2,Second,{east.x + 0.0168:.9f},{east.y:.9f},under construction,2026\n"
    )
    changed = study.replace({f"services.{KEY}.path": "building.csv"})
    done = planned(changed, {**TWO_YEARS, "budget": 0}, actions=OPEN).services[KEY].programme
    assert len(done.actions) == 0
    assert done.by_year["served"].tolist() == [150.0, 230.0]
    assert done.by_year["sites"].tolist() == [1, 2]


def test_a_site_without_limit_has_room_for_all(study):
    """As a map's trial opens one: its places are not limited, those of a new site are counted."""
    east = study.run().services[KEY].facilities.frame.geometry.iloc[0]
    opened = [{"id": "trial", "x": east.x + 1500, "y": east.y}]
    trial = apply_overlay(study, {"what_if": {"opened": {KEY: opened}}})
    targets = [{"year": 2026, "kind": "ordinary", "number": 40}]
    rule = {"open": {"cost": 100, "capacity": 40}}
    done = planned(trial, actions=rule, targets=targets).services[KEY].programme
    assert done.status == "optimal"
    assert done.by_year["served"].tolist() == [260.0, 260.0]
    assert done.actions["people"].tolist() == [30.0]


def test_the_public_edition_rounds_people(plan):
    done = edition(plan.results, audience="public").services[KEY].programme
    assert done.coverage == {}
    assert (done.actions["people"] % 10 == 0).all()


def test_faults_are_told(study):
    with pytest.raises(StudyFileError, match="programme"):
        study.replace({f"services.{KEY}.actions": OPEN})
    with pytest.raises(StudyFileError, match="2027"):
        study.replace(
            {
                "programme": TWO_YEARS,
                f"services.{KEY}.targets": [{"year": 2027, "share": 0.5}],
                f"services.{KEY}.actions": OPEN,
            }
        )
    with pytest.raises(StudyFileError, match="per planning year"):
        study.replace({"programme": {"years": [2025, 2026], "budget": [1]}})


def test_a_run_that_is_stopped_while_planning_ends(study, monkeypatch):
    from geoplan.siting import programme
    from geoplan.study.programme import plan_years

    def stopped(*args, **options):
        found = programme(*args, **options)
        return replace(found, detail={**found.detail, "interrupted": True})

    monkeypatch.setattr(plan_years, "programme", stopped)
    with pytest.raises(KeyboardInterrupt):
        planned(study, actions=OPEN)


@pytest.mark.browser
@pytest.mark.parametrize("size", [(1440, 900), (960, 540), (390, 844)])
def test_the_slider_of_years_hides_nothing_of_the_map(plan, tmp_path, browser, size):
    plan.map(KEY).save(tmp_path / "map.html")
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    try:
        page.goto((tmp_path / "map.html").as_uri())
        page.wait_for_selector(".gp-programme")
        page.locator(".gp-programme input").fill("1")
        assert "2025" in page.locator(".gp-year").inner_text()
        assert "79.3%" in page.locator(".gp-yearfacts").inner_text()

        def boxes():
            return [page.locator(at).bounding_box() for at in (".gp-programme", ".gp-map")]

        def beside():
            card, ground = boxes()
            return card["y"] >= ground["y"] + ground["height"] - 1

        page.wait_for_timeout(300)
        assert settled(page, beside)  # the map takes its new height over
        assert boxes()[1]["height"] > 150
    finally:
        page.close()


@pytest.mark.browser
def test_a_year_on_the_map_is_the_one_proposal_that_shows(plan, tmp_path, browser):
    """Suggested sites and today's gaps step back; legend and sheet tell the year."""
    plan.map(KEY, lang="en").save(tmp_path / "map.html")
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    app, on = f"map_{KEY}.geoplan", f"map_{KEY}.geoplan.model.on"
    signs = f"geoplan.yearSigns({app}).map(sign => [sign.text, sign.n])"
    try:
        page.goto((tmp_path / "map.html").as_uri())
        page.wait_for_selector("[data-ready=true]")
        slider = page.locator(".gp-programme input")
        assert page.evaluate(f"{on}.gaps")
        slider.fill("2")
        assert not page.evaluate(f"{on}.gaps || {on}.suggested")
        assert page.evaluate(signs) == [["Done in 2026", 1], ["Done in years before", 1]]
        legend = page.locator("[data-part=legend]").inner_text()
        assert "Done in 2026" in legend
        sheet = page.evaluate(f"geoplan.yearOf({app})")
        assert sheet["share"] == pytest.approx(260 / 290)
        assert (sheet["tables"][0]["n"], sheet["stamp"]) == (1, "Programme: 2026")
        page.evaluate(f"{app}.preset('gaps')")  # another view is not that of a year
        assert slider.input_value() == "0"
        assert page.evaluate(f"{on}.gaps")
        assert page.evaluate(f"geoplan.yearOf({app})") is None
        slider.fill("1")
        slider.fill("0")
        assert page.evaluate(f"{on}.gaps")
    finally:
        page.close()
