"""The public edition: no small number is published, and no suppressed cell follows from others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from geoplan.coverage.gaps import ranked_gaps
from geoplan.coverage.ledger import STATES
from geoplan.disclosure.held import HeldSites
from geoplan.disclosure.public_edition import edition
from geoplan.disclosure.rounding import public_siting
from geoplan.errors import UsageError
from geoplan.outputs import write_layers, write_maps, write_report, write_tables
from geoplan.outputs.report.chapters.gap_lists import people_by_remedy
from geoplan.outputs.siting_words import siting_sentences
from geoplan.results import JointPlan
from geoplan.words.speaker import Speaker
from tests.disclosure.determined import determined


@pytest.mark.parametrize("write", [write_layers, write_maps, write_report, write_tables])
def test_no_writer_takes_internal_results_for_the_public(fakes, tmp_path: Path, write):
    with pytest.raises(UsageError, match="internal edition"):
        write(fakes.fake_run(), tmp_path / "out", audience="public")
    assert list(tmp_path.iterdir()) == []


def test_an_edition_is_internal_or_public(results):
    with pytest.raises(UsageError, match="audience"):
        edition(results, audience="press")
    assert edition(results, audience="internal") is results


def test_the_public_edition_holds_no_small_number_and_no_column_of_the_office(results):
    below = results.info.suppress_below
    public = edition(results, audience="public")
    assert public.info.audience == "public"
    assert len(public.findings) == 0
    for service in public.services.values():
        if service.facilities is not None:
            allowed = {"name", "capacity", "nursing_capacity", "tier", "status", "geometry"}
            assert set(service.facilities.frame.columns) <= allowed | set(public.areas)
        if service.coverage is None:
            continue
        for level in service.coverage.areas:
            table = service.coverage.by_area(level)[["total", "served", "beyond", "unlocated"]]
            shown = table.to_numpy(float)
            assert not ((shown > 0) & (shown < below)).any()
        shown = service.coverage.frame["people"].to_numpy(float)
        assert not ((shown > 0) & (shown < below)).any()


CELLS = ("total", "served", "full", "beyond", "cut_off", "off_network", "unlocated")


def linked(fakes):
    """Two services of the same people; off_network and unlocated are theirs, not the service's."""
    results = fakes.fake_run(n=60)
    rows = results.services["meal_station"].coverage.frame["street"].drop_duplicates().index[:4]
    few = {"meal_station": (700.0, 300.0), "elderly_centre": (988.0, 12.0)}
    services = {}
    for key, (served, beyond) in few.items():
        service = results.services[key]
        frame = service.coverage.frame.copy()
        frame[list(CELLS[1:])] = 0.0
        frame["people"] = 1000.0
        frame["served"] = 1000.0
        frame.loc[rows, "people"] = 1024.0
        frame.loc[rows, ["served", "beyond", "off_network", "unlocated"]] = [served, beyond, 20, 4]
        coverage = replace(service.coverage, frame=frame)
        services[key] = replace(service, coverage=coverage, siting=None, tiers={}, gaps=None)
    return replace(results, services=services)


def found_out(results, editions):
    """Suppressed cells that follow from all public tables, by linear algebra.

    One unknown per service, area and cell; every state sum, every sum of areas, and what the two
    services share are the equations.
    """
    keys = list(results.services)
    tables = {
        (key, level): editions[key].services[key].coverage.by_area(level)
        for key in keys
        for level in ("district", "street")
    }
    cities = {key: editions[key].services[key].coverage.ledger.to_dict() for key in keys}
    at, values = {}, []
    for key in keys:
        levels = [("city", [""])]
        levels += [(level, tables[key, level].index) for level in ("district", "street")]
        for level, codes in levels:
            for code in codes:
                for cell in CELLS:
                    at[key, level, code, cell] = len(values)
                    shown = cities[key] if level == "city" else tables[key, level].loc[code]
                    values.append(shown[cell])
    values = np.array(values, float)
    lines = []

    def add(whole, parts):
        line = np.zeros(len(values))
        line[whole], line[parts] = -1, 1
        lines.append(line)

    parent = results.areas["street"].frame["parent"]
    for key in keys:
        for k, level, code, cell in list(at):
            if k == key and cell == "total":
                add(at[k, level, code, cell], [at[k, level, code, c] for c in CELLS[1:]])
        for cell in CELLS:
            districts, streets = tables[key, "district"].index, tables[key, "street"].index
            add(at[key, "city", "", cell], [at[key, "district", c, cell] for c in districts])
            for d in districts:
                own = [at[key, "street", c, cell] for c in streets if parent.get(c, "") == d]
                if own:
                    add(at[key, "district", d, cell], own)
    for _, level, code, cell in [a for a in at if a[0] == keys[0]]:
        if cell in ("total", "off_network", "unlocated"):  # the same in both
            add(at[keys[0], level, code, cell], [at[keys[1], level, code, cell]])
    return determined(sparse.csr_matrix(np.array(lines)), np.isnan(values))


def test_services_of_the_same_people_do_not_give_each_other_away(fakes):
    results = linked(fakes)
    alone = {
        key: edition(replace(results, services={key: service}), audience="public")
        for key, service in results.services.items()
    }
    apart = {key: one.services[key].coverage for key, one in alone.items()}
    shared = ["total", "off_network", "unlocated"]
    blank = [c.by_area("street")[shared].isna() for c in apart.values()]
    assert blank[0].equals(blank[1])  # what both share is withheld alike, even apart
    together = edition(results, audience="public")
    hidden = found_out(results, dict.fromkeys(results.services, together))
    assert len(hidden) > 0
    assert not hidden.any()


def sensitive(results):
    """The made-up run with its first service as one whose users must not be found."""
    service = results.services["meal_station"]
    standard = replace(service.standard, service="shelter")
    return replace(
        results, services={"shelter": replace(service, key="shelter", standard=standard)}
    )


def test_gaps_of_shelters_are_published_no_finer_than_the_level_above_the_finest(results):
    public = edition(sensitive(results), audience="public")
    service = public.services["shelter"]
    table, gaps = service.coverage.by_area("district"), service.gaps
    assert set(service.coverage.areas) == {"district"}
    assert set(gaps["area"]) <= set(table["name"]) | {"区划不明"}
    by_cause = {
        "no_site": "beyond",
        "full": "full",
        "cut_off": "cut_off",
        "off_network": "off_network",
        "no_data": "unlocated",
    }
    for cause, state in by_cause.items():
        assert gaps.loc[gaps["cause"] == cause, "people"].sum() == np.nansum(table[state])
    streets = results.areas["street"].frame.geometry
    assert not any(shape.within(street) for shape in gaps.geometry.dropna() for street in streets)
    assert (gaps["rank"] == np.arange(1, len(gaps) + 1)).all()


@pytest.mark.parametrize(
    ("walked", "told"),
    [
        ((100, 0), {"no_service": 100.0}),
        ((0, 100), {"cut_off": 100.0}),
        ((60, 40), {"no_service": 60.0, "cut_off": 40.0}),
        ((95, 5), {"no_service": 100.0}),  # five people are not told
        ((5, 95), {"cut_off": 100.0}),
    ],
)
def test_gaps_of_shelters_tell_whom_the_streets_and_whom_the_vehicles_cut_off(
    results, walked, told
):
    run = sensitive(results)
    service = run.services["shelter"]
    frame = service.coverage.frame.copy()
    district = frame["district"].iloc[0]
    rows = frame.index[(frame["district"] == district).to_numpy()][:2]
    frame[list(STATES)] = 0.0
    frame["people"] = frame["served"] = 1000.0
    frame["cost"] = 10.0
    frame.loc[rows, "cut_off"] = np.array(walked, float)
    frame.loc[rows, "served"] = 1000.0 - np.array(walked, float)
    frame.loc[rows[1], "cost"] = np.nan
    standard = replace(service.standard, mode="transit", threshold_m=None, threshold_min=30)
    coverage = replace(service.coverage, frame=frame, standard=standard)
    service = replace(service, coverage=coverage, standard=standard, siting=None, tiers={})
    run = replace(run, services={"shelter": service}, info=replace(run.info, suppress_below=10))
    gaps = edition(run, audience="public").services["shelter"].gaps
    assert dict(zip(gaps["cause"], gaps["people"], strict=True)) == told


def test_an_edition_of_an_edition_is_the_same(results):
    public = edition(results, audience="public")
    assert edition(public, audience="public") is public


def test_no_folder_heading_or_condition_of_the_office_is_published(results):
    own = {"path": "/home/王某/名册.csv", "columns": {"lon": "经度"}, "where": "备注 = '低保'"}
    record = replace(results.inputs[0], path="../../home/王某/名册.csv", columns={"x": "y"})
    facts = {"settings": {"demand": {"a": own}}, "inputs": {"/home/王某/名册.csv": "ab"}}
    public = edition(replace(results, inputs=(record,), run=facts), audience="public")
    assert public.inputs[0].path == "名册.csv"
    assert public.run == {
        "settings": {"demand": {"a": {"path": "名册.csv"}}},
        "inputs": {"名册.csv": "ab"},
    }
    assert "王某" not in repr(public.inputs) + repr(public.run)


def test_differences_of_shares_and_of_the_curve_disclose_no_small_number(results):
    below = 3000
    internal = replace(results, info=replace(results.info, suppress_below=below))
    siting = edition(internal, audience="public").services["meal_station"].siting
    total = results.services["meal_station"].coverage.ledger.total
    steps = siting.sites["share_after"].dropna().to_numpy() * total / below
    assert len(steps)
    assert np.allclose(steps, np.round(steps))
    assert siting.curve is None  # who reaches which site is not known
    whole, after = results.services["meal_station"].siting, siting.coverage_after
    values = public_siting(whole, after, total, below, HeldSites()).curve["value"].to_numpy(float)
    assert np.allclose(values % below, 0)
    assert np.abs(values - whole.curve["value"]).max() <= below


def test_knee_phases_and_capacities_disclose_no_more_than_the_curve_and_the_tables(results):
    """What follows from a withheld number is in whole steps of ten as the curve itself is."""
    meal = results.services["meal_station"]
    phases = pd.DataFrame(
        {
            "year": [2025, 2026],
            "new_sites": [2, 2],
            "sites": [2, 4],
            "served": [1234.0, 1261.0],
            "share_after": [0.1234, 0.1261],
            "best": [1249.0, 1261.0],
            "lost": [15.0, 0.0],
        }
    )
    siting = replace(meal.siting, phases=phases)
    services = {**results.services, "meal_station": replace(meal, siting=siting)}
    public = edition(replace(results, services=services), audience="public")
    shown = public.services["meal_station"].siting
    assert shown.phases["served"].tolist() == [1230, 1260]
    assert shown.phases["lost"].tolist() == [20, 0]  # 1,250 less 1,230: what a reader can subtract
    total = meal.coverage.ledger.total
    assert shown.phases["share_after"].tolist() == [1230 / total, 1260 / total]
    curve = shown.curve.set_index("sites")["value"]
    assert shown.knee.value == curve[2]
    assert shown.knee.before == (curve[2] - curve[0]) / 2
    assert shown.knee.after == (curve[4] - curve[2]) / 2
    assert public.services["elderly_centre"].supply.rows is None


@pytest.mark.parametrize(("lost", "told"), [(0, None), (3, None), (12, "10 people")])
def test_a_few_who_lose_the_service_are_not_called_nobody(results, lost, told):
    meal = results.services["meal_station"]
    closed = pd.DataFrame({"name": ["Hall"], "people": [float(lost)]}, index=["a"])
    siting = replace(meal.siting, closed=closed, measures={"lost_after": float(lost)})
    services = {**results.services, "meal_station": replace(meal, siting=siting)}
    public = edition(replace(results, services=services), audience="public")
    said = next(iter(siting_sentences(public.services["meal_station"].siting, Speaker("en"), "")))
    assert "Nobody" not in said
    assert ("who are in reach" in said) == (told is not None)
    assert told is None or told in said


def test_gaps_that_hold_a_withheld_number_do_not_tell_it(results):
    """13 gaps in steps of ten, each with other known people, would hold a number to one value."""
    meal = results.services["meal_station"]
    gaps, of = ranked_gaps(meal.coverage, lang="en")
    services = {**results.services, "meal_station": replace(meal, gaps=gaps, gap_of=of)}
    info = replace(results.info, suppress_below=300)
    public = edition(replace(results, info=info, services=services), audience="public")
    shown, frame = public.services["meal_station"], meal.coverage.frame
    level = list(shown.coverage.tables)[-1]
    table = shown.coverage.by_area(level)
    held = set()
    for label, row in frame.iterrows():
        for state in CELLS[2:]:
            if row[state] > 0 and np.isnan(table.loc[row[level], state]):
                held.add(of[label])
    assert 0 < len(held) < len(gaps)
    places = [b"" if shape is None else shape.wkb for shape in gaps.geometry]
    assert len(set(places)) == len(gaps)
    ranks = dict(zip(places, gaps["rank"], strict=True))
    shapes = shown.gaps.geometry
    before = pd.Series([ranks[b"" if shape is None else shape.wkb] for shape in shapes])
    assert set(before[shown.gaps["people"].isna().to_numpy()]) == held
    rest = shown.gaps.loc[~before.isin(held).to_numpy(), "people"]
    assert (rest % info.suppress_below == 0).all()
    assert shown.gap_of is None
    both = shown.gaps.assign(remedy="add_site")
    assert people_by_remedy(both).isna().all()  # no sum that leaves them out
    assert len(held) + len(rest) == len(gaps)


def test_demand_rows_that_are_households_are_published_by_area_only(results):
    service = results.services["meal_station"]
    frame = service.coverage.frame.copy()
    people = frame["people"].to_numpy()
    frame[list(CELLS[1:])] = frame[list(CELLS[1:])].to_numpy() * (4.0 / people)[:, None]
    frame["people"] = 4.0
    frame["name"] = [f"王小明{k}号家" for k in range(len(frame))]
    gaps = service.gaps.assign(area="王小明3号家")
    sites = service.siting.sites.assign(name="王小明5号家附近")
    coverage = replace(service.coverage, frame=frame)
    joint = JointPlan(
        services=("meal_station", "care"),
        status="optimal",
        value=80.0,
        bound=80.0,
        gap=0.0,
        budget=16.0,
        money=16.0,
        saved=4.0,
        shared=pd.DataFrame({"name": ["王小明5号家附近"], "services": ["meal_station,care"]}),
    )
    siting = replace(service.siting, sites=sites, coverage_after=coverage, joint=joint)
    service = replace(service, coverage=coverage, gaps=gaps, siting=siting, tiers={})
    public = edition(replace(results, services={"meal_station": service}), audience="public")
    shown = public.services["meal_station"]
    assert set(shown.coverage.frame.index) <= set(results.areas["street"].frame.index) | {""}
    for table in (shown.coverage.frame, shown.gaps, shown.siting.sites):
        text = map(str, table.drop(columns="geometry").to_numpy(object).ravel())
        assert not [t for t in text if "王小明" in t]
    assert len(shown.gaps) > 0
    assert shown.siting.joint.shared["name"].tolist() == [""]


def test_a_gap_where_a_few_are_left_is_not_published_as_closed(results):
    """1 to 4 people left are withheld; 0 is nobody."""
    service = results.services["meal_station"]
    gaps = service.gaps.copy()
    assert len(gaps) >= 3
    left = np.zeros(len(gaps))
    left[:2] = 3.0, 27.0
    gaps["people_after"] = left
    below = results.info.suppress_below
    assert below == 10
    changed = replace(service, gaps=gaps, gap_of=None)
    public = edition(
        replace(results, services={**results.services, "meal_station": changed}), audience="public"
    )
    found = public.services["meal_station"].gaps["people_after"].to_numpy(float)
    assert np.isnan(found[0])
    assert found[1:].tolist() == [30.0, *np.zeros(len(gaps) - 2)]
