"""New sites and money that cities share: split as well as any way to split them."""

from __future__ import annotations

from itertools import product

import pytest

from geoplan.errors import StudyFileError
from geoplan.outputs.cities.tables import budget_table
from geoplan.study import Study
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
