"""What sites and gaps tell does not narrow a withheld number, all services taken together."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.optimize import linprog

from geoplan.coverage.gaps import ranked_gaps
from geoplan.disclosure.held import HeldSites
from geoplan.disclosure.public_edition import edition
from geoplan.disclosure.rounding import _closed, _robustness, public_siting
from geoplan.outputs.report.compose import compose
from geoplan.outputs.summary.summary_json import summary_dict
from geoplan.siting.beside.alternatives import Alternatives
from geoplan.siting.beside.knee import curve_knee
from geoplan.words.speaker import Speaker

BELOW, SERVICES, FEW = 10, 5, 7.0
STATES = ("served", "full", "beyond", "cut_off", "off_network", "unlocated")


def many_services(fakes, seed: int):
    """Services whose first site serves the few people of one street and another street each."""
    rng = np.random.default_rng(seed)
    run = fakes.fake_run(n=12)
    meal = run.services["meal_station"]
    streets = run.areas["street"].frame
    frame = meal.coverage.frame.copy()
    frame["street"] = pd.array(streets.index, dtype="string")
    frame["district"] = pd.array(streets["parent"], dtype="string")
    frame["people"] = np.append(FEW, rng.integers(40, 300, 11))
    frame[list(STATES)], frame["site"] = 0.0, pd.NA
    now = frame.assign(beyond=frame["people"], reason="beyond")
    services, serves = {}, {}
    for k in range(SERVICES):
        ids = meal.siting.sites.index[:3].astype(str)
        own = {ids[0]: [0, 3 + k % 9], ids[1]: [1], ids[2]: [2]}
        after, cover = now.copy(), np.zeros((12, 3), bool)
        for j, rows in enumerate(own.values()):
            labels = after.index[rows]
            after.loc[labels, "served"] = after.loc[labels, "people"] + 0.0
            after.loc[labels, "beyond"], after.loc[labels, "site"] = 0.0, ids[j]
            cover[rows, j] = True
        added = pd.Series({i: frame["people"].iloc[rows].sum() for i, rows in own.items()})
        order = added.sort_values(ascending=False).index
        sites = meal.siting.sites.iloc[:3].set_axis(ids).loc[order].copy()
        sites["rank"], sites["added_people"] = range(1, 4), added[order]
        sites["share_after"] = sites["added_people"].cumsum() / frame["people"].sum()
        whole = replace(meal.coverage, frame=now)
        later = replace(meal.coverage, frame=after)
        gained = np.append(0.0, sites["added_people"].cumsum())
        curve = pd.DataFrame({"sites": range(4), "value": gained, "bound": gained})
        siting = replace(
            meal.siting,
            sites=sites,
            coverage_after=later,
            people_after=later.ledger,
            curve=curve,
            knee=curve_knee(curve),
            phases=None,
            robustness=None,
            alternatives=Alternatives(
                table=pd.DataFrame(
                    {"sites": [order[:2].tolist()], "value": [gained[2]], "changed": [1]}
                ),
                complete=True,
                kept=[],
            ),
        )
        gaps, gap_of = ranked_gaps(whole, lang="en")
        key = f"service_{k}"
        services[key] = replace(
            meal,
            key=key,
            coverage=whole,
            siting=siting,
            tiers={},
            gaps=gaps,
            gap_of=gap_of,
            by_group=None,
            by_kind=None,
            supply=None,
            covers=SimpleNamespace(
                rows=frame.index,
                cover=sparse.csc_matrix(cover),
                sites=pd.DataFrame(index=ids),
            ),
        )
        serves[key] = {site: own[site] for site in order}
    info = replace(run.info, suppress_below=BELOW)
    return replace(run, info=info, services=services), serves


def held_to(public, serves) -> float:
    """How many values are left for the few people, from sites' steps, order, curve and plans."""
    rows, limits = [np.zeros(12)], [0.0]
    for key, service in public.services.items():
        table = service.siting.coverage_after.by_area("street")["served"].to_numpy()

        def people(site: str, table=table, own=serves[key]) -> tuple[np.ndarray, float]:
            unknown = np.zeros(12)
            unknown[[r for r in own[site] if np.isnan(table[r])]] = 1.0
            return unknown, float(np.nansum(table[own[site]]))

        told = service.siting.sites
        sums = [people(str(site)) for site in told.index]
        for (unknown, known), step in zip(sums, told["added_people"], strict=True):
            if not np.isnan(step):
                rows += [unknown, -unknown]
                limits += [step + BELOW / 2 - known, known - step + BELOW / 2]
        # at worst it is known which sites each number of the curve has
        told_sums = [] if service.siting.curve is None else list(service.siting.curve["value"])
        plans = service.siting.alternatives
        few = (
            {}
            if plans is None
            else {tuple(row.sites): row.value for row in plans.table.itertuples()}
        )
        of_curve = [list(serves[key])[:count] for count in range(len(told_sums))]
        for labels, step in [*zip(of_curve, told_sums, strict=True), *few.items()]:
            if np.isnan(step):
                continue
            unknown = sum((people(site)[0] for site in labels), np.zeros(12))
            known = sum(people(site)[1] for site in labels)
            rows += [unknown, -unknown]
            limits += [step + BELOW / 2 - known, known - step + BELOW / 2]
        ranked = [s for s, step in zip(sums, told["added_people"], strict=True) if step == step]
        if len(ranked) < len(sums):  # an order of those alone that have a number says no more
            sums = ranked
        for (one, more), (other, less) in pairwise(sums):
            rows.append(other - one)
            limits.append(more - less)
    ends = [
        linprog(sign * np.eye(12)[0], A_ub=np.array(rows), b_ub=limits, bounds=(0, 300)).fun * sign
        for sign in (1.0, -1.0)
    ]
    assert ends[0] - 1e-6 <= FEW <= ends[1] + 1e-6
    return ends[1] - ends[0]


@pytest.mark.parametrize("seed", range(2))
def test_sites_of_many_services_leave_few_people_their_room(fakes, seed):
    run, serves = many_services(fakes, seed)
    public = edition(run, audience="public")
    assert held_to(public, serves) >= BELOW
    for key, service in public.services.items():
        table = service.siting.coverage_after.by_area("street")["served"]
        held = {s for s, own in serves[key].items() if table.iloc[own].isna().any()}
        sites = service.siting.sites
        assert set(sites.index[sites["added_people"].isna()]) == held != set()
        assert sites["rank"].tolist() == [1, 2, 3]
        assert sites["added_people"].dropna().is_monotonic_decreasing
        assert not sites["added_people"].isna().iloc[: 3 - len(held)].any()
        assert sites["share_after"].isna().iloc[:2].all()
        told = summary_dict(public)["services"][key]["siting"]["sites"]
        assert sum(site["added_people"] is None for site in told) == len(held)
        people = service.gaps["people"]  # gaps that hold one have no place between others
        assert people.isna().any()
        assert people.dropna().is_monotonic_decreasing
        assert not people.iloc[: people.notna().sum()].isna().any()
        assert service.gaps["rank"].tolist() == list(range(1, len(people) + 1))


def test_no_curve_is_told_where_a_site_is_held(fakes):
    """Nor its knee, the report's sentence on it and its figure; nor draws of the same sums."""
    run, _ = many_services(fakes, 0)
    robust = fakes.fake_run(n=12).services["meal_station"].siting.robustness
    [(key, service), *_] = run.services.items()
    knee = curve_knee(pd.DataFrame({"sites": range(4), "value": [0.0, 300.0, 310.0, 320.0]}))
    siting = replace(service.siting, knee=knee, robustness=robust)
    run = replace(run, services={key: replace(service, siting=siting)})
    public = edition(run, audience="public")
    told = public.services[key].siting
    assert told.curve is None
    assert told.knee is None
    assert told.robustness is None
    assert told.alternatives is None
    assert "knee" not in summary_dict(public)["services"][key]["siting"]
    figures, texts = zip(*(pages(one) for one in (run, public)), strict=True)
    sentence = Speaker("en").say("report.knee", sites=1, before="300", after="10")
    assert [any(sentence in one for one in text) for text in texts] == [True, False]
    assert [f"{key}_curve" in names for names in figures] == [True, False]


def pages(run) -> tuple[set[str], set[str]]:
    """Figures and sentences of a report, annex and all."""
    blocks = compose(run, Speaker("en")).blocks
    names = {block.name for block in blocks if hasattr(block, "name")}
    return names, {block.text for block in blocks if hasattr(block, "text")}


def test_draws_that_count_withheld_people_are_not_told(fakes):
    """20 draws of 7 withheld people among others who are known, in steps of ten: 7 and no other."""
    rng = np.random.default_rng(1)
    known, few = rng.uniform(0.8, 1.2, 20) * 843.0, rng.uniform(0.8, 1.2, 20)
    steps = np.round((known + few * FEW) / BELOW) * BELOW
    low, high = (steps - BELOW / 2 - known) / few, (steps + BELOW / 2 - known) / few
    assert high.min() - low.max() < BELOW / 2
    siting = fakes.fake_run(n=12).services["meal_station"].siting
    siting = replace(siting, sites=siting.sites.assign(chosen_share=0.5))
    after = edition(fakes.fake_run(n=12), audience="public").services["meal_station"]
    for some in (False, True):
        held = HeldSites(some=some)
        told = public_siting(siting, after.siting.coverage_after, 9_000.0, float(BELOW), held)
        assert (told.robustness is None) == some
        assert ("chosen_share" in told.sites.columns) != some


@pytest.mark.parametrize("name", ["critical", "critical_after"])
def test_sites_whose_loss_is_withheld_are_in_the_order_of_their_ids(fakes, name):
    service = fakes.fake_run(n=12).services["meal_station"]
    for turn in (1, -1):
        people = [300.0, 200.0, 100.0, 100.0, 100.0]
        ids = ["e", "d", *["a", "b", "c"][::turn]]
        table = pd.DataFrame({"name": "", "people": people}, index=pd.Index(ids))
        found = replace(service.siting.robustness, **{name: table})
        held = HeldSites(near=frozenset({"a", "c", "e"}))
        told = getattr(_robustness(found, BELOW, held), name)
        assert told.index.tolist() == ["d", "b", "a", "c", "e"]
        assert _closed(table, BELOW, held).index.tolist() == ["d", "b", "a", "c", "e"]


def test_gaps_of_one_step_are_not_in_the_order_of_their_people(fakes):
    """The larger of two gaps of one step is not told: their areas decide."""
    run, _ = many_services(fakes, 0)
    [(key, service), *_] = run.services.items()
    orders = []
    for larger in (0.0, 5.0):
        gaps = service.gaps.iloc[:2].copy()
        gaps["area"], gaps["people"] = ["b", "a"], [98.0 + larger, 102.0 - larger]
        gaps = gaps.sort_values("people", ascending=False)
        some = replace(run, services={key: replace(service, gaps=gaps, gap_of=None, siting=None)})
        told = edition(some, audience="public").services[key].gaps
        assert told["people"].tolist() == [100.0, 100.0]
        orders.append(told["area"].tolist())
    assert orders[0] == orders[1]


def test_all_sites_are_held_where_nobody_knows_who_reaches_them(fakes):
    run, _ = many_services(fakes, 1)
    services = {k: replace(s, covers=None) for k, s in list(run.services.items())[:1]}
    for service in edition(replace(run, services=services), audience="public").services.values():
        assert service.siting.sites["added_people"].isna().all()
