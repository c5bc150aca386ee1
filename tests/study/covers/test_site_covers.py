"""What covers count is what a run measures on the network, whichever sites are open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geoplan.coverage.gap_merging import CAUSES, merge_rules, neighbour_pairs, unserved_items
from geoplan.coverage.neighbours import patches
from geoplan.disclosure import edition
from geoplan.errors import UsageError
from geoplan.study import Plan, Study
from geoplan.study.assess.assess_service import reach_of
from geoplan.study.read.context import Context
from geoplan.study.read.networks import modes_of, try_networks
from geoplan.study.sites.covers import site_covers
from tests.study.covers.town import write_town

SERVICES = ("meal_station", "clinic", "shelter", "day_care")


@pytest.fixture(scope="module", params=[(0, True), (7, False)], ids=["whole", "parts"])
def town(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Context]:
    seed, whole = request.param
    folder = write_town(tmp_path_factory.mktemp("town") / "study", seed=seed, whole=whole)
    study = Study.open(folder)
    plan = study.run()
    networks = try_networks(study.config, folder, modes=modes_of(study.config, study.services))
    return plan, Context(
        config=study.config, folder=folder, inputs=plan.inputs, networks=networks.read()
    )


def _measured(context: Context, key: str, sites: gpd.GeoDataFrame) -> dict[str, float]:
    """The ledger of `sites`, by a search on the network from each."""
    frame = sites[["capacity", "geometry"]]
    return reach_of(context, context.demand(key), context.standard(key), frame).ledger.to_dict()


@pytest.mark.parametrize("key", SERVICES)
def test_any_choice_of_sites_is_counted_as_a_run_measures_it(
    town: tuple[Plan, Context], key: str
) -> None:
    plan, context = town
    covers = plan.services[key].covers
    assert covers is not None
    rng = np.random.default_rng(len(key))
    sizes = [0, 1, 1, 2, 2, 3, 5, 8, 13, 21, len(covers.sites)]
    for size in sizes:
        chosen = rng.choice(covers.sites.index, min(size, len(covers.sites)), replace=False)
        found = covers.ledger(chosen).to_dict()
        sites = covers.sites.loc[list(chosen)]
        if covers.limited:
            sites = covers.sites[covers.sites.index.isin(chosen)]
        assert found == pytest.approx(_measured(context, key, sites), abs=1e-6), list(chosen)


@pytest.mark.parametrize("key", SERVICES)
def test_the_sites_of_today_and_of_the_plan_give_the_run_s_own_ledgers(
    town: tuple[Plan, Context], key: str
) -> None:
    service = town[0].services[key]
    covers, siting = service.covers, service.siting
    assert covers is not None
    ledger = service.coverage.ledger.to_dict()
    assert covers.ledger(covers.existing).to_dict() == pytest.approx(ledger)
    if siting is not None:
        planned = covers.sites.index[covers.sites["planned"].to_numpy(bool)]
        assert sorted(planned) == sorted(siting.sites.index)
        after = covers.ledger([*covers.existing, *planned]).to_dict()
        assert after == pytest.approx(siting.people_after.to_dict())


def test_every_state_occurs(town: tuple[Plan, Context]) -> None:
    """Else the tests above would compare zeros."""
    seen = set[str]()
    for key in SERVICES:
        covers = town[0].services[key].covers
        for chosen in ([], covers.existing, covers.existing[1:2], covers.sites.index[-1:]):
            seen |= {k for k, v in covers.ledger(chosen).to_dict().items() if v > 0}
    assert seen == {
        "total",
        "served",
        "full",
        "beyond",
        "cut_off",
        "off_network",
        "unlocated",
    }


def test_an_unknown_site_is_refused(town: tuple[Plan, Context]) -> None:
    with pytest.raises(UsageError, match="Nowhere"):
        town[0].services["clinic"].covers.ledger(["Nowhere"])


@pytest.mark.parametrize("key", SERVICES)
def test_gaps_follow_from_the_neighbours_alone(town: tuple[Plan, Context], key: str) -> None:
    """Unserved rows of one cause, joined by the pairs in their order: the gaps of the run."""
    coverage = town[0].services[key].coverage
    rules = merge_rules(coverage, dict(coverage.areas))
    items = unserved_items(coverage, rules)
    pairs = neighbour_pairs(coverage, rules)
    for cause, _ in CAUSES.values():
        mine = items[(items["cause"] == cause) & items["x"].notna()]
        if mine.empty:
            continue
        place = pd.Series(np.arange(len(mine)), index=mine["row"])
        both = pairs[np.isin(pairs, mine["row"]).all(axis=1)]
        number = patches(
            place.loc[both.ravel()].to_numpy().reshape(-1, 2),
            mine[["x", "y"]].to_numpy(),
            extent_m=rules.extent_m,
        )
        run = pd.factorize(mine["gap"])[0]
        assert pd.factorize(number)[0].tolist() == run.tolist(), cause


def test_the_public_edition_has_no_covers(town: tuple[Plan, Context]) -> None:
    public = edition(town[0].results, audience="public")
    assert all(service.covers is None for service in public.services.values())


def test_a_service_along_lines_or_by_rate_has_no_covers(results: Any) -> None:
    assert results.services["boundary_marker"].covers is None


def test_the_study_s_own_rules_hold(tmp_path: Path) -> None:
    """No candidate stands in a forbidden zone; prices stand beside the candidates."""
    folder = write_town(tmp_path / "study")
    zone = gpd.read_file(folder / "districts.gpkg").iloc[:1]
    zone.to_file(folder / "water.gpkg", driver="GPKG")
    study = Study.open(folder).replace({"services.meal_station.siting.forbidden": "water.gpkg"})
    covers = study.run(services=["meal_station"]).services["meal_station"].covers
    new = covers.sites[covers.sites["candidate"].to_numpy(bool)]
    assert len(new) > 5
    assert not new.intersects(zone.geometry.iloc[0]).any()
    assert (new["money"] == 50_000).all()


def test_where_sites_reach_far_fewer_candidates_are_searched(
    town: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The suggested sites stay, and what is counted with those that are left is the same."""
    plan, context = town
    service = plan.services["clinic"]
    whole = service.covers
    monkeypatch.setattr("geoplan.study.sites.covers.MOST_NEW_PAIRS", whole.cover.nnz // 4)
    fewer = site_covers(context, service)
    assert fewer.offered == whole.offered
    assert len(service.siting.sites) <= fewer.sites["candidate"].sum() < whole.offered / 2
    assert set(service.siting.sites.index) <= set(fewer.sites.index)
    some = fewer.sites.index[::3]
    assert fewer.ledger(some).to_dict() == pytest.approx(
        _measured(context, "clinic", fewer.sites.loc[some])
    )
    monkeypatch.setattr("geoplan.study.sites.covers.MOST_PAIRS", 10)
    assert site_covers(context, service) is None
