"""What a plan in time says of waiting and of planning each year by itself, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geoplan.outputs.report.blocks import Heading
from geoplan.outputs.report.chapters.programme import (
    alone_text,
    idle_text,
    plan_in_time,
    programme_blocks,
    waiting_text,
)
from geoplan.outputs.report.compose import compose
from geoplan.words.speaker import Speaker
from tests.disclosure.test_programme_attack import plan
from tests.outputs.report.test_report_body import texts_of

KEYS = ("meal_station", "elderly_centre")


def two_services(fakes, alone: float):
    """Two services that share money; halls of 300 people from 2025, 400 from 2027 (for 3 years)."""
    results, services = fakes.fake_run(n=12), {}
    for key in KEYS:
        one = plan([300, 400], growth=0.0, when=[0, 2])
        money = {"cost": 1e6, "running_cost": 1e4}
        actions = one.actions.assign(
            action="open",
            site=key,
            area="",
            project="",
            away="",
            times=1,
            why="first_year",
            **money,
        )
        years = one.by_year.assign(works=1, sites=9, **money).rename_axis("year")
        one = replace(one, actions=actions, by_year=years, together=KEYS)
        services[key] = replace(
            results.services[key], programme=replace(one, alone_value=2 * one.value - alone)
        )
    return replace(results, services=services)


def test_waiting_costs_most_where_most_person_years_are_lost(fakes) -> None:
    """300 people x 1 year are lost by waiting from 2025, 400 x 3 years from 2027 to 2030."""
    programme = two_services(fakes, 0).services["meal_station"].programme
    said = waiting_text(programme, Speaker("en"))
    assert "open at hall 1 in 2027" in said
    assert "1,200 person-years would be lost" in said
    assert "2027 年的“新建：hall 1”" in waiting_text(programme, Speaker("zh"))
    last = replace(programme, actions=programme.actions.assign(lost_by_waiting=float("nan")))
    assert waiting_text(last, Speaker("en")) == ""


def test_what_waiting_costs_most_is_not_told_while_some_is_not_known(fakes) -> None:
    programme = two_services(fakes, 0).services["meal_station"].programme
    lost = programme.actions["lost_by_waiting"].astype(float).copy()
    early = programme.actions["year"] < programme.years[-1]
    lost[early & (lost < lost.max())] = float("nan")
    hidden = replace(programme, actions=programme.actions.assign(lost_by_waiting=lost))
    assert lost.notna().any()
    assert waiting_text(hidden, Speaker("en")) == ""


@pytest.mark.parametrize(("lost", "part"), [(250, "250 person-years fewer, over all 2"), (0, "as")])
def test_each_year_alone_is_told_over_all_services_that_share(fakes, lost, part) -> None:
    results = two_services(fakes, lost)
    programme = results.services["meal_station"].programme
    assert part in alone_text(programme, results, Speaker("en"))
    assert "{" not in alone_text(programme, results, Speaker("zh"))
    missing = replace(results, services={"meal_station": results.services["meal_station"]})
    assert alone_text(programme, missing, Speaker("en")) == ""


def test_the_annex_has_both(fakes) -> None:
    results = two_services(fakes, 250)
    blocks = programme_blocks(results, results.services["meal_station"], Speaker("en"))
    text = " ".join(block.text for block in blocks if hasattr(block, "text"))
    assert "250 person-years fewer" in text
    assert "1,200 person-years would be lost" in text


def body(results, lang: str = "zh") -> str:
    """All the words of the report's body."""
    return "\n".join(texts_of(before_annex(compose(results, Speaker(lang)))))


def before_annex(document):
    for block in document.blocks:
        if isinstance(block, Heading) and block.annex:
            return
        yield block


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_one_plan_says_what_is_done_in_which_year(fakes, lang) -> None:
    """Suggested sites with years, and a plan in time: two answers would be one too many."""
    results = two_services(fakes, 0)
    meal = results.services["meal_station"]
    sites = meal.siting.sites.assign(year=2031, money=5e5)
    meal = replace(meal, siting=replace(meal.siting, sites=sites))
    results = replace(results, services=results.services | {"meal_station": meal})
    said = body(results, lang)
    assert "2031" not in said
    assert "2031" in body(
        replace(results, services={"meal_station": replace(meal, programme=None)}), lang
    )
    # its own heading, and the proposals, which name it as what counts
    assert said.count(Speaker(lang).say("report.h_programme")) >= 2
    first = said[: said.index(Speaker(lang).say("report.h_asked"))]
    spent = 2 * len(meal.programme.by_year) * 1e6  # two services, a million in each row
    assert Speaker(lang).money(spent, results.info.currency) in first


def test_a_year_without_works_says_where_the_money_goes(fakes) -> None:
    results = two_services(fakes, 0)
    meal = results.services["meal_station"]
    years = meal.programme.by_year
    years = years.assign(works=[0] + [1] * (len(years) - 1))
    programme = replace(meal.programme, by_year=years)
    services = results.services | {"meal_station": replace(meal, programme=programme)}
    name = results.services["elderly_centre"].name("zh")
    assert f"2025 年资金先用于{name}，本项不安排项目" in body(replace(results, services=services))
    assert "不安排项目" not in body(results)


def test_no_blank_stands_between_chinese_sentences(fakes) -> None:
    results = two_services(fakes, 0)
    meal = results.services["meal_station"]
    many = {f"meal_{k}": replace(meal, key=f"meal_{k}") for k in range(6)}  # in one table
    assert "。 " not in body(replace(results, services=results.services | many))
    assert "。 " not in body(results)


def test_a_single_year_and_action_are_told_as_one(fakes) -> None:
    results = two_services(fakes, 0)
    one = results.services["meal_station"]
    first = one.programme.actions.iloc[:1].assign(year=2025)
    year = replace(one.programme, years=(2025,), actions=first, together=("meal_station",))
    alone = replace(results, services={"meal_station": replace(one, programme=year)})
    assert "1 action in 2025, for" in plan_in_time(alone, Speaker("en"))
    assert "2025 年安排 1 项措施" in plan_in_time(alone, Speaker("zh"))
    assert "from 2025 to" in plan_in_time(results, Speaker("en"))


def test_an_idle_year_names_those_alone_who_work_in_it(fakes) -> None:
    results = two_services(fakes, 0)
    idle, busy = (results.services[key] for key in KEYS)
    years = idle.programme.by_year
    last = years.index[-1]
    here = replace(idle.programme, by_year=years.assign(works=[1] * (len(years) - 1) + [0]))
    third = replace(
        busy,
        key="third",
        standard=replace(busy.standard, name_en="Third"),
        programme=replace(busy.programme, by_year=here.by_year),
    )
    together = (*KEYS, "third")
    here = replace(here, together=together)
    services = {
        "meal_station": replace(idle, programme=here),
        "elderly_centre": busy,
        "third": third,
    }
    said = idle_text(here, replace(results, services=services), Speaker("en"))
    assert f"Nothing is done in {last}" in said
    assert busy.name("en") in said
    assert "Third" not in said
