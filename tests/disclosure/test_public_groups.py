"""Coverage by group and by town and country gives away nothing that the tables by area blank.

By linear programming: how narrow a blanked number is held by all that an edition tells of two
services of the same people. A number that is held to one value is found out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from geoplan.coverage import group_table
from geoplan.disclosure.public_edition import edition
from geoplan.outputs.report.blocks import Paragraph
from geoplan.outputs.report.chapters.chapter_sections import group_blocks
from geoplan.outputs.report.chapters.service_chapter import service_blocks
from geoplan.words.speaker import Speaker

STATES = ("served", "full", "beyond", "cut_off", "off_network", "unlocated")
CELLS = ("total", *STATES)


@pytest.fixture
def two(fakes):
    """Two services of the same people, and town or country of each.

    In four streets they serve 12 and 15, and the place of four people is not known: 4 is small and
    blanked, and 12, the next, with it. Two of the streets are in the first district, one each in
    the others; `country` says which of the four are all the country there is.
    """

    def make(*country, streets=4, unlocated=4.0, elsewhere=1000.0):
        results = fakes.fake_run(n=60)
        first = results.services["meal_station"].coverage.frame["street"]
        rows = first.drop_duplicates().index[:4]
        rows = rows[np.argsort(first[rows].to_numpy(), kind="stable")][:streets]
        assert [code[:6] for code in first[rows]] == [
            "370101",
            "370101",
            "370102",
            "370103",
        ][:streets]
        away = first.isin(first[rows[list(country)]])
        kind = pd.Series(np.where(away, "rural", "urban"), first.index, name="kind")
        return _services(results, rows, kind, unlocated, elsewhere), first, kind

    return make


def _services(results, rows, kind, unlocated, elsewhere):
    services, here = {}, max(elsewhere, 16.0)
    for key, served in {"meal_station": 12.0, "elderly_centre": 15.0}.items():
        frame = results.services[key].coverage.frame.copy()
        frame[list(STATES)] = 0.0
        frame["people"] = frame["beyond"] = elsewhere
        frame.loc[rows, "people"] = here + unlocated
        frame.loc[rows, ["served", "beyond", "unlocated"]] = [served, here - served, unlocated]
        frame["urban"] = kind
        coverage = replace(results.services[key].coverage, frame=frame)
        aged = replace(coverage, frame=frame.assign(pop80=frame["people"] / 4))
        services[key] = replace(
            results.services[key],
            coverage=coverage,
            siting=None,
            tiers={},
            gaps=None,
            by_kind=group_table(coverage, by=kind),
            by_group=group_table(aged, groups=["pop80"]),
        )
    return replace(results, services=services)


def widths(run, streets, kind, public):
    """Between which values each blank can lie, of streets, districts and the city.

    Unknown are the cells of every street; the sums of their states, of districts and of the city,
    and what both services share, are equations.
    """
    codes = list(pd.unique(streets))
    at = {
        (key, code, cell): k
        for k, (key, code, cell) in enumerate(
            (key, code, cell) for key in run.services for code in codes for cell in CELLS
        )
    }
    equal, known, blank = [], [], []

    def line(cells):
        row = np.zeros(len(at))
        for cell, sign in cells:
            row[at[cell]] += sign
        return row

    def publish(cells, value):
        row = line((cell, 1.0) for cell in cells)
        if np.isnan(value):
            blank.append(row)
        else:
            equal.append(row)
            known.append(value)

    parent = run.areas["street"].frame["parent"]
    of_kind = {name: pd.unique(streets[kind == name]) for name in ("urban", "rural")}
    for key in run.services:
        shown = public.services[key]
        for code in codes:
            equal.append(
                line([((key, code, "total"), -1.0), *(((key, code, s), 1.0) for s in STATES)])
            )
            known.append(0.0)
        for cell in CELLS:
            if (
                cell != "total" or shown.coverage.totals_published
            ):  # else it is summed up from the others
                publish([(key, c, cell) for c in codes], shown.coverage.ledger.to_dict()[cell])
            for code, value in shown.coverage.by_area("street")[cell].items():
                if code in codes:
                    publish([(key, code, cell)], value)
            for code, value in shown.coverage.by_area("district")[cell].items():
                publish([(key, c, cell) for c in codes if parent[c] == code], value)
        for table, members in ((shown.by_kind, of_kind), (shown.by_group, {"people": codes})):
            if table is None:
                continue
            for name, inside in members.items():
                for cell in ("total", "served"):
                    publish([(key, c, cell) for c in inside], table.loc[name, cell])
    one, other = run.services
    for code in codes:
        for cell in ("total", "off_network", "unlocated"):
            equal.append(line([((one, code, cell), 1.0), ((other, code, cell), -1.0)]))
            known.append(0.0)
    found = []
    for aim in blank:
        ends = []
        for sign in (1, -1):
            solved = linprog(
                sign * aim, A_eq=np.array(equal), b_eq=known, bounds=(0, None), method="highs"
            )
            assert solved.status == 0, solved.message
            ends.append(sign * solved.fun)
        found.append(ends[1] - ends[0])
    return np.array(found)


def exactly(run, public):
    """The edition with the tables of groups and kinds as they stand inside."""
    services = {
        key: replace(s, by_kind=run.services[key].by_kind, by_group=run.services[key].by_group)
        for key, s in public.services.items()
    }
    return replace(public, services=services)


@pytest.mark.parametrize("unlocated", [4.0, 9.0])
@pytest.mark.parametrize("country", [(0,), (2, 3), (0, 2)])
def test_town_and_country_disclose_no_suppressed_cell(two, country, unlocated):
    run, streets, kind = two(*country, unlocated=unlocated)
    public = edition(run, audience="public")
    shown = widths(run, streets, kind, public)
    assert len(shown) >= 8
    assert shown.min() >= run.info.suppress_below - 1e-6


def test_the_city_s_numbers_are_not_published_by_groups_where_the_ledger_suppresses_them(two):
    """One street and nobody elsewhere: 12 people are served and of 4 the place is not known. The
    ledger blanks both; all people, shown among the groups, gave them back."""
    run, streets, kind = two(0, streets=1, elsewhere=0.0)
    public = edition(run, audience="public")
    assert widths(run, streets, kind, public).min() >= run.info.suppress_below - 1e-6
    assert widths(run, streets, kind, exactly(run, public)).min() < 1e-6
    assert all(s.by_group is None for s in public.services.values())


def test_one_street_of_few_does_not_keep_the_city_s_people_from_being_published(two):
    run, streets, kind = two(0, streets=1)
    public = edition(run, audience="public")
    for service in public.services.values():
        assert not np.isnan(service.coverage.ledger.total)
        assert not np.isnan(service.coverage.ledger.served)
    assert widths(run, streets, kind, public).min() >= run.info.suppress_below - 1e-6


def test_one_service_s_table_gives_nothing_of_another_s_that_is_withheld(two):
    """The centre serves all of the country but 5, so its table is withheld; the meal station's
    tells the people of the country, whom both share, and no sum joins those they serve."""
    run, streets, kind = two(0, 2, unlocated=0.0)
    centre = run.services["elderly_centre"]
    frame = centre.coverage.frame.copy()
    country = (kind == "rural").to_numpy()
    frame.loc[country, "served"], frame.loc[country, "beyond"] = frame.loc[country, "people"], 0.0
    last = frame.index[country][-1]
    frame.loc[last, ["served", "beyond"]] = [frame.loc[last, "people"] - 5, 5.0]
    coverage = replace(centre.coverage, frame=frame)
    kinds = group_table(coverage, by=kind)
    centre = replace(centre, coverage=coverage, by_group=None, by_kind=kinds)
    run = replace(run, services={**run.services, "elderly_centre": centre})
    public = edition(run, audience="public")
    assert public.services["elderly_centre"].by_kind is None
    shown = widths(run, streets, kind, public)
    assert len(shown) >= 4
    assert shown.min() > 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_reader_learns_of_a_table_that_is_withheld(two, lang):
    def notes(service):
        return [b.text for b in group_blocks(service, Speaker(lang)) if isinstance(b, Paragraph)]

    names = {"zh": ("分人群", "分城乡"), "en": ("by group", "in town and country")}[lang]
    mark = {"zh": "公开版不列出", "en": "public edition withholds"}[lang]
    run, _, _ = two(0, streets=1, elsewhere=0.0)  # neither may be shown
    for service in edition(run, audience="public").services.values():
        (shown,) = notes(service)
        assert all(text in shown for text in (mark, *names))
        # in the chapter, and no table there
        assert shown in {
            getattr(b, "text", "") for b in service_blocks(run, service, Speaker(lang))
        }
    for service in run.services.values():  # inside, both stand
        assert not any(mark in text for text in notes(service))
    meal = run.services["meal_station"]
    one = replace(run, services={"meal_station": replace(meal, by_group=None)})
    (shown,) = notes(edition(one, audience="public").services["meal_station"])
    assert names[1] in shown
    assert names[0] not in shown
    none = replace(run, services={"meal_station": replace(meal, by_group=None, by_kind=None)})
    assert notes(edition(none, audience="public").services["meal_station"]) == []


def test_where_nothing_is_small_groups_and_kinds_are_published_as_they_are(two):
    run, _, _ = two(0, 2, unlocated=40.0)
    for key, service in edition(run, audience="public").services.items():
        assert service.by_kind.equals(run.services[key].by_kind)
        assert service.by_group.equals(run.services[key].by_group)
        assert service.withheld == ()
