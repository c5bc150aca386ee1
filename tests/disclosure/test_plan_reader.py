"""No small number is held to less than promised by what plans tell, nor by plans in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geoplan.comparison.describe import _siting_text
from geoplan.comparison.numbers import siting_results
from geoplan.disclosure import coverage as coverage_module
from geoplan.disclosure.programme import held_years, public_programme
from geoplan.disclosure.public_edition import edition
from geoplan.outputs.maps.headline import proof_text
from geoplan.outputs.report.compose import compose
from geoplan.outputs.summary.summary_json import summary_dict
from geoplan.outputs.summary.summary_text import summary_text
from geoplan.outputs.tables.coverage_tables import overview_table
from geoplan.results import JointPlan
from geoplan.words.speaker import Speaker
from tests.disclosure.plan_reader import BELOW, narrowest, random_city
from tests.disclosure.test_programme_attack import plan

ROUNDING = 1e-6


@pytest.mark.parametrize(("seed", "rare"), [(0, 1.0), (4, 1.0), (5, 1.0), (100, 0.15)])
def test_now_and_after_together_leave_every_small_number_its_room(fakes, seed, rare):
    run, reach = random_city(fakes, seed, rare=rare)
    assert BELOW - ROUNDING <= narrowest(run, edition(run, audience="public"), reach) < np.inf


@pytest.mark.parametrize(("seed", "least"), [(4, 7.0), (7, 4.0)])
def test_the_reader_finds_numbers_that_are_protected_table_by_table_only(
    fakes, monkeypatch, seed, least
):
    """Without what joins today and after, the same cities give numbers away."""
    monkeypatch.setattr(coverage_module, "_ordered", lambda coverages: [])
    run, reach = random_city(fakes, seed)
    assert narrowest(run, edition(run, audience="public"), reach) == pytest.approx(least, abs=1e-5)


@pytest.fixture
def few(fakes):
    """A city where few are served by one service, its plan and its edition."""
    run, _ = random_city(fakes, 3)
    return run, edition(run, audience="public")


def test_a_plan_says_neither_its_value_nor_others_as_good_where_they_would_tell(few):
    run, public = few
    for key, service in public.services.items():
        siting = service.siting
        assert siting.alternatives is None
        assert Speaker(run.info.lang).say("report.others_withheld") in siting.notes
        assert all(np.isnan(v) for v in siting.measures.values())
        told = summary_dict(public)["services"][key]["siting"]
        assert "alternatives" not in told
        if np.isnan(siting.coverage_after.city.served):
            assert (told["value"], told["bound"]) == (None, None)
        else:
            assert told["value"] % BELOW == 0


def served_withheld(run):
    """The same run in a city of one street, where the plan's people are withheld with it."""
    services = {}
    for key, service in run.services.items():
        parts = []
        for coverage in (service.coverage, service.siting.coverage_after):
            frame = coverage.frame.assign(served=0.0, beyond=0.0, off_network=0.0)
            row = frame.index[0]
            frame.loc[:, "people"] = 0.0
            frame.loc[row, ["people", "served", "beyond"]] = [40.0, 7.0, 33.0]
            parts.append(replace(coverage, frame=frame))
        siting = replace(service.siting, coverage_after=parts[1], people_after=parts[1].ledger)
        result = replace(siting.result, value=7.0, bound=7.0)
        joint = JointPlan(
            services=tuple(run.services),
            status="optimal",
            value=14.0,
            bound=14.0,
            gap=0.0,
            budget=1.0,
            money=1.0,
            saved=0.0,
            shared=pd.DataFrame({"name": [], "services": []}),
        )
        siting = replace(siting, result=result, joint=joint)
        services[key] = replace(service, coverage=parts[0], siting=siting)
    return replace(run, services=services)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_value_of_a_plan_is_not_a_step_of_the_people_who_are_withheld(few, lang):
    """7 people served: in steps the value would say that at least 5 and at most 15 are."""
    run = served_withheld(few[0])
    run = replace(run, info=replace(run.info, lang=lang))
    public = edition(run, audience="public")
    for key, service in public.services.items():
        assert np.isnan(service.coverage.city.served)
        told = summary_dict(public)["services"][key]["siting"]
        assert (told["value"], told["bound"], told["gap"]) == (None, None, 0)
        assert told["shared_buildings"]["value"] is told["shared_buildings"]["bound"] is None
    texts = {b.text for b in compose(public, Speaker(lang)).blocks if hasattr(b, "text")}
    mark = {"zh": "数值在公开版中不显示", "en": "the number is withheld in this public edition"}
    assert any(mark[lang] in text for text in texts)
    joint = {"zh": "人数在公开版中不公布", "en": "served in all is withheld in this public edition"}
    assert any(joint[lang] in text for text in texts)
    assert not [text for text in texts if "— people more" in text or "新增覆盖 —" in text]


def test_a_gap_that_is_withheld_is_told_as_withheld(few):
    run = served_withheld(few[0])
    services = {}
    for key, service in run.services.items():
        result = replace(service.siting.result, status="feasible", bound=9.0, gap=2 / 7)
        services[key] = replace(service, siting=replace(service.siting, result=result))
    for lang, words in (("en", "withholds how near"), ("zh", "与上限的差距会透露已隐去的人数")):
        spoken = replace(run, services=services, info=replace(run.info, lang=lang))
        public = edition(spoken, audience="public")
        for service in public.services.values():
            assert service.siting.result.gap is None
            assert any(words in note for note in service.siting.notes)
            head = proof_text(service, Speaker(lang))
            assert head == Speaker(lang).say("maps.proof_withheld")
        [withheld] = set(overview_table(public, Speaker(lang)).frame["proof"])
        assert withheld == Speaker(lang).say("outputs.status_withheld")
        told = summary_dict(public)["services"]
        [row, *_] = siting_results(told, told, told).itertuples()
        assert _siting_text(row, "a", Speaker(lang)).endswith(withheld)
        unproved = Speaker(lang).say("outputs.status_unproved")
        said = summary_text(public, lang)
        assert withheld in said
        assert unproved not in said
        texts = {b.text for b in compose(public, Speaker(lang)).blocks if hasattr(b, "text")}
        assert any(words in text for text in texts)
        assert not any(unproved in text for text in texts)


def in_time(run):
    """A plan in time of the first service: its sites stand from the second year on."""
    [(key, service), *_] = run.services.items()
    of = plan([20, 30], growth=0.0, when=[1, 2])
    later = service.siting.coverage_after
    coverage = dict(zip(of.years, [service.coverage, later, later, later], strict=True))
    return service, replace(of, coverage=coverage, together=(key,))


def test_years_and_actions_that_serve_withheld_people_do_not_tell_how_many(few):
    run, public = few
    service, of = in_time(run)
    now = public.services[service.key].coverage
    held = held_years(replace(service, programme=of), now)
    assert list(held.values()) == [False, True, False, False]
    told = public_programme(of, BELOW, totals_published=True, households=False, held=held)
    people = told.actions.set_index("year")["people"]
    assert people.isna().tolist() == [True, False]
    assert told.actions["person_years"].isna().tolist() == [True, False]
    assert told.by_year["served"].isna().tolist() == [False, True, True, True]
    assert told.by_year["total"].notna().all()
    assert np.isnan(told.value)
    assert (told.bound, told.alone_value, told.gap) == (None, None, 0.0)


def test_no_year_tells_a_sum_that_is_withheld_today(few):
    _, of = in_time(few[0])
    states = ("served", "beyond")
    told = public_programme(of, BELOW, totals_published=True, households=False, states=states)
    assert told.by_year["full"].isna().all()
    assert told.by_year[list(states)].notna().all(axis=None)


def test_growth_alone_serves_nobody_else(few):
    run, public = few
    service, of = in_time(run)
    frame = service.coverage.frame.copy()
    frame[["people", "served", "beyond", "off_network"]] *= 1.07
    grown = replace(service.coverage, frame=frame)
    same = replace(of, coverage=dict.fromkeys(of.years, grown))
    held = held_years(replace(service, programme=same), public.services[service.key].coverage)
    assert not any(held.values())
