"""New sites and money that cities share: split as well as any way to split them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import geopandas as gpd
import pytest

from geoplan.errors import StudyFileError, UsageError
from geoplan.outputs.cities.tables import budget_table
from geoplan.study import Study, check_study
from geoplan.study.cities.share import as_reached
from geoplan.study.cities.suggest import suggest_in_cities
from geoplan.study.progress import silent
from geoplan.study.terminal_table import cities_suggestion_text
from geoplan.words.speaker import Speaker
from tests.study.cities.towns import PROVINCE, write_province

BOTH = PROVINCE[: PROVINCE.index('[[include]]\npath = "gamma"')]
SHARED = "\n[services.meal_station]\nsiting = { %s }\n"


@pytest.fixture(scope="module")
def towns(tmp_path_factory):
    """Two towns with their values for every number of new sites, each number solved by itself."""
    folder = tmp_path_factory.mktemp("shared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOPLAN_CACHE", str(folder / "kept"))
        write_province(folder, text=BOTH + SHARED % "sites = 2")
        served = {
            name: [
                Study.open(folder / name).suggest("meal_station", sites=n).people_after.served
                for n in range(4)
            ]
            for name in ("alpha", "beta")
        }
        yield folder, served


def best(served, total, prices=(1, 1)):
    """The most people over every way to split `total`."""
    counts = product(range(4), repeat=2)
    return max(
        served["alpha"][a] + served["beta"][b]
        for a, b in counts
        if a * prices[0] + b * prices[1] <= total
    )


@pytest.mark.parametrize("sites", [1, 2, 3])
def test_the_split_of_sites_is_the_best_of_all(towns, sites):
    folder, served = towns
    study = Study.open(folder).replace({"services.meal_station.siting.sites": sites})
    plan = study.run()
    siting = plan.to_dict()["services"]["meal_station"]["siting"]
    assert siting["value"] == siting["bound"] == best(served, sites)
    assert siting["status"] == "optimal"
    assert sum(siting["shared"]["by_city"].values()) <= sites
    assert siting["shared"]["status"] == "optimal"
    # what smaller numbers would bring, from the whole curves of all cities
    table = budget_table(plan.whole, "meal_station", Speaker("en")).frame
    assert table["people"].tolist() == [best(served, int(n)) for n in table["sites"]]
    assert table["sites"].max() == sum(siting["shared"]["by_city"].values())
    for name, part in siting["shared"]["by_city"].items():
        outcome = plan.cities[name].results.services["meal_station"].siting
        assert outcome is not None
        assert len(outcome.sites) == part


def test_the_split_of_money_is_the_best_of_all(towns):
    folder, served = towns
    prices = {"alpha": 100, "beta": 250}
    for name, price in prices.items():
        path = folder / name / "study.toml"
        text = path.read_text(encoding="utf-8").replace(
            '"network" }', f'"network", site_cost = {price} }}'
        )
        path.write_text(text, encoding="utf-8")
    study = Study.open(folder)
    for budget in (99, 360, 460):
        changes = {"sites": None, "budget": budget}
        told = study.replace({"services.meal_station.siting": changes}).run().to_dict()
        siting = told["services"]["meal_station"]["siting"]
        assert siting["value"] == best(served, budget, tuple(prices.values()))
        assert siting.get("money", 0) <= budget


def test_cities_that_cannot_share_are_told_all_at_once(tmp_path):
    folder = write_province(tmp_path, text=PROVINCE + SHARED % "budget = 500")
    with pytest.raises(StudyFileError) as refused:
        Study.open(folder).run()
    told = {f.file: f.problem for f in refused.value.findings}
    assert "price" in told["Alpha"]
    assert "price" in told["Bêta"]
    assert "no siting" in told["丙市"]


def edited(folder, city, old, new):
    """A city's study file with another text."""
    path = folder / city / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def refusals(folder):
    with pytest.raises(StudyFileError) as refused:
        Study.open(folder).run()
    return {f.file: f.problem for f in refused.value.findings}


def test_sites_that_keep_a_distance_do_not_share(tmp_path):
    folder = write_province(tmp_path, text=BOTH + SHARED % "sites = 2")
    edited(folder, "beta", '"network" }', '"network", min_distance_m = 300 }')
    told = refusals(folder)
    assert list(told) == ["Bêta"]
    assert "min_distance_m" in told["Bêta"]


def test_no_table_of_what_sites_buy_where_a_curve_knows_not_the_rules(tmp_path):
    folder = write_province(tmp_path, text=BOTH)
    for city in ("alpha", "beta"):
        edited(folder, city, '"network" }', '"network", curve = true }')
    whole = Study.open(folder).run().whole
    assert len(budget_table(whole, "meal_station", Speaker("en")).frame)
    edited(folder, "beta", '"network", ', '"network", min_distance_m = 300, ')
    whole = Study.open(folder).run().whole
    assert not len(budget_table(whole, "meal_station", Speaker("en")).frame)


def test_prices_in_the_candidates_own_file_do_not_share_a_budget(tmp_path):
    folder = write_province(tmp_path, text=BOTH + SHARED % "budget = 300")
    for city in ("alpha", "beta"):
        edited(folder, city, '"network" }', '"network", site_cost = 100 }')
    points = gpd.read_file(folder / "beta" / "districts.gpkg").centroid
    offered = gpd.GeoDataFrame({"cost": 999.0}, index=points.index, geometry=points)
    offered.to_file(folder / "beta" / "offered.gpkg", driver="GPKG")
    edited(folder, "beta", '"network", site', '"offered.gpkg", site')
    told = refusals(folder)
    assert list(told) == ["Bêta"]
    assert "column of prices" in told["Bêta"]


def test_a_plan_that_reaches_less_or_costs_more_than_shared_is_never_proved(tmp_path):
    folder = write_province(tmp_path, text=BOTH + SHARED % "sites = 2")
    study = Study.open(folder)
    plan = study.run()
    shared = plan.whole.shared["meal_station"]
    outcomes = {
        name: one.results.services["meal_station"].siting for name, one in plan.cities.items()
    }
    assert as_reached(study, shared, outcomes).status == "optimal"
    worse = replace(outcomes["Alpha"].result, value=outcomes["Alpha"].result.value - 10)
    less = as_reached(study, shared, outcomes | {"Alpha": replace(outcomes["Alpha"], result=worse)})
    assert less.status == "feasible"
    assert less.value == shared.value - 10
    name = next(name for name, one in outcomes.items() if len(one.sites))
    dear = replace(outcomes[name], sites=outcomes[name].sites.assign(money=1e6))
    with pytest.raises(UsageError, match="more than the shared budget"):
        as_reached(study, replace(shared, sites=None, budget=1e5), outcomes | {name: dear})


def test_money_of_two_currencies_is_neither_shared_nor_added(tmp_path):
    folder = write_province(tmp_path, text=BOTH + SHARED % "budget = 300")
    for city in ("alpha", "beta"):
        edited(folder, city, '"network" }', '"network", site_cost = 100 }')
    edited(folder, "beta", "[study]", '[study]\ncurrency = "USD"')
    (told,) = refusals(folder).values()
    assert "Alpha (yuan), Bêta (USD)" in told
    (folder / "study.toml").write_text(BOTH, encoding="utf-8")
    siting = Study.open(folder).run().to_dict()["services"]["meal_station"]["siting"]
    assert siting["money"] is None
    edited(folder, "beta", "USD", "")
    siting = Study.open(folder).run().to_dict()["services"]["meal_station"]["siting"]
    assert siting["money"] == 300


def test_a_service_of_the_whole_that_no_city_has_is_a_fault(tmp_path):
    text = BOTH + (SHARED % "sites = 2").replace("meal_station", "meal_statoin")
    folder = write_province(tmp_path, text=text)
    with pytest.raises(StudyFileError) as refused:
        Study.open(folder).run()
    (found,) = refused.value.findings
    assert (found.file, found.column) == ("study.toml", "services.meal_statoin")
    assert text.split("\n")[found.row - 1] == "[services.meal_statoin]"
    assert "meal_station" in found.advice
    assert any("meal_statoin" in one.problem for one in check_study(folder).findings)


def test_a_city_that_a_suggestion_leaves_out_is_named_with_the_reason(tmp_path):
    folder = write_province(tmp_path)
    for old, new in (
        ("[services.meal_station]", "[services.canteen]"),
        ("standard = {", 'standard = { name_en = "Meal stations", name_zh = "助餐", '),
    ):
        edited(folder, "beta", old, new)
    found = suggest_in_cities(Study.open(folder), "meal_station", sites=1, progress=silent)
    assert list(found.left_out) == ["Bêta"]
    assert "Bêta is left out" in cities_suggestion_text(found, lang="en")


def test_cities_that_count_other_people_are_told(tmp_path):
    folder = write_province(tmp_path, text=BOTH)
    codes = {one.code for one in Study.open(folder).run().whole.assumed}
    assert "unlike_groups" not in codes
    edited(folder, "beta", "elderly_60", "children_3")
    assumed = {one.code: one.what for one in Study.open(folder).run().whole.assumed}
    assert "elderly_60 in Alpha; children_3 in Bêta" in assumed["unlike_groups"]
