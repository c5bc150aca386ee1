"""Plans in time of several cities: summed up by year, or told why not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from geoplan.services import ServiceStandard
from geoplan.siting.model.build_result import relative_gap
from geoplan.study import Study
from geoplan.study.cities.alike import gave_way, unlike_cities
from geoplan.study.cities.run import CitiesOrder, _tasks
from geoplan.study.cities.share import curves_here
from geoplan.study.cities.sums import services_of_all
from geoplan.study.progress import silent
from geoplan.words.text_format import plain
from tests.study.cities.towns import PROVINCE, write_province

STATES = ("total", "served", "full", "beyond", "cut_off", "off_network", "unlocated")
STANDARD = ServiceStandard(
    service="x", name_zh="某", name_en="some", measure="reach", mode="walk", threshold_m=500
)
BOTH = PROVINCE[: PROVINCE.index('[[include]]\npath = "gamma"')]


def programme(served, *, years=(2025, 2026), objective="person_years", total=100, cost=7.0):
    """A summary of a plan in time that serves so many people by year."""
    by_year = {
        str(year): {
            "people": {**dict.fromkeys(STATES, 0), "total": total, "served": n},
            "covered_share": None if n is None else n / total,
            "cost": cost,
            "running_cost": 1.0,
            "works": 1,
            "sites": k + 1,
        }
        for k, (year, n) in enumerate(zip(years, served, strict=True))
    }
    actions = [{"year": year, "action": "open", "site": f"{year}"} for year in years]
    value = None if None in served else sum(served)
    return {
        "years": list(years),
        "objective": objective,
        "status": "optimal" if value else "feasible",
        "value": value,
        "bound": None if value is None else value + 10,
        "gap": 0.1,
        "seconds": 1.5,
        "actions": actions,
        "by_year": by_year,
    }


def service(**more):
    people = {**dict.fromkeys(STATES, 0), "total": 100, "served": 50}
    return {"facilities": 1, "people": people, "covered_share": 0.5, "areas": {}, **more}


def summed(currencies=None, **cities):
    summaries = {name: {"services": {"x": one}} for name, one in cities.items()}
    return services_of_all(summaries, currencies=currencies)["x"]


def test_years_are_summed_and_shares_worked_out_from_the_sums():
    a = service(programme=programme([30, 60]))
    b = service(programme=programme([10, 20], total=300, cost=5.0))
    found = summed(a=a, b=b, c=service())["programme"]
    assert found["cities"] == ["a", "b"]
    assert (found["value"], found["bound"]) == (120, 140)
    assert found["gap"] == pytest.approx(20 / 140)  # as in a city's own summary
    first = found["by_year"]["2025"]
    assert (first["people"]["served"], first["people"]["total"]) == (40, 400)
    assert (first["covered_share"], first["cost"], first["works"], first["sites"]) == (
        0.1, 12, 2, 2,
    )  # fmt: skip
    assert [(one["year"], one["city"]) for one in found["actions"]] == [
        (2025, "a"), (2025, "b"), (2026, "a"), (2026, "b"),
    ]  # fmt: skip


def test_what_a_city_withholds_is_withheld_in_the_sum_of_its_year_alone():
    a, b = service(programme=programme([30, None])), service(programme=programme([10, 20]))
    found = summed(a=a, b=b)["programme"]
    assert found["by_year"]["2025"]["people"]["served"] == 40
    assert found["by_year"]["2026"]["people"]["served"] is None
    assert found["by_year"]["2026"]["covered_share"] is None
    assert (found["value"], found["status"]) == (None, "feasible")


@pytest.mark.parametrize("objective", ["person_years", "min_cost"])
def test_money_of_two_currencies_is_not_added(objective):
    a, b = (service(programme=programme([30, 60], objective=objective)) for _ in range(2))
    found = summed({"a": "yuan", "b": "USD"}, a=a, b=b)["programme"]
    assert found["by_year"]["2025"]["cost"] is None
    assert found["by_year"]["2025"]["works"] == 2
    assert found["value"] == (180 if objective == "person_years" else None)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_unlike_years_are_not_summed_and_told(lang):
    a, b = service(programme=programme([30, 60])), service()
    c = service(programme=programme([1, 2], years=(2026, 2030)))
    empty = service(programme={**programme([1, 2]), "by_year": {}})
    assert "programme" not in summed(a=a, c=c)
    assert "programme" not in summed(a=empty, b=b)
    assert summed(a=a, e=empty)["programme"]["cities"] == ["a"]

    def told(**cities):
        found = [
            SimpleNamespace(
                name=name,
                summary={"services": {"x": one}},
                services={"x": SimpleNamespace(standard=STANDARD, group="")},
            )
            for name, one in cities.items()
        ]
        return {one.code: one.what for one in unlike_cities(found, lang)}

    apart = told(a=a, b=b, c=c)
    assert "2025" in apart["unlike_years"]
    assert "2030" in apart["unlike_years"]
    assert "b" in apart["no_years"]
    assert "no_years" not in told(a=a, c=c)
    assert "unlike_years" not in told(a=a, b=b)
    assert not {"unlike_years", "no_years"} & told(b=b).keys()


def test_phases_that_give_way_to_shared_sites_are_told(tmp_path):
    shared = "\n[services.meal_station]\nsiting = { sites = 2 }\n"
    folder = write_province(tmp_path, text=BOTH + shared)
    path = folder / "alpha" / "study.toml"
    text = path.read_text("utf-8")
    assert "sites = 1" in text
    path.write_text(
        text.replace("sites = 1", "sites = 2, phases = [1, 2], years = [2026, 2027]"), "utf-8"
    )
    _, found = _tasks(Study.open(folder), CitiesOrder(services=None), silent, curves_here)
    assert found["meal_station"].gave_way == ("Alpha",)
    (said,) = gave_way(found, "en")
    assert "years of Alpha do not count" in said.what
    (said,) = gave_way(found, "zh")
    assert "Alpha" in said.what


def proved(value, bound, gap):
    return {**programme([value, 0]), "bound": bound, "gap": gap, "status": "feasible"}


def test_a_plan_in_time_that_serves_nobody_is_not_proved_best():
    a, b = service(programme=proved(0, 100, 1.0)), service(programme=proved(0, 0, 0))
    assert summed(a=a, b=b)["programme"]["gap"] == 1
    assert summed(a=b, b=b)["programme"]["gap"] == 0


def test_one_city_alone_has_its_own_gap():
    a = service(programme=proved(3, 4, 0.123456789))
    sited = {"objective": "max_coverage", "status": "feasible", "seconds": 1.0, "sites": []}
    sited |= {"value": 3, "bound": 4, "gap": 0.333333333, "people_after": a["people"]}
    found = summed(a={**a, "siting": sited}, c=service())
    assert (found["programme"]["gap"], found["siting"]["gap"]) == (0.123456789, 0.333333333)


@pytest.mark.parametrize(("bounds", "gap"), [((100, 0), None), ((0, 0), 0)])
def test_sites_that_serve_nobody_more_are_not_proved_best(bounds, gap):
    people = service()["people"]
    cities = {
        f"c{bound}{k}": service(
            siting={
                "objective": "max_coverage",
                "status": "feasible",
                "value": 0,
                "bound": bound,
                "gap": plain(relative_gap(0, bound), 15),
                "seconds": 1.0,
                "sites": [],
                "people_after": people,
            }
        )
        for k, bound in enumerate(bounds)
    }
    assert summed(**cities)["siting"]["gap"] == gap
