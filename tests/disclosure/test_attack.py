"""No withheld small number is held to fewer values than promised, by all that is published."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geoplan.coverage import group_table
from geoplan.disclosure.public_edition import edition
from tests.disclosure.attack import STATES, widths

BELOW = 10


def small_city(fakes, seed: int):
    """Two services of the same few people, one with a plan; most cells are small or nothing."""
    rng = np.random.default_rng(seed)
    results = fakes.fake_run(n=int(rng.integers(8, 40)))
    frame = results.services["meal_station"].coverage.frame
    people = rng.choice([0, 1, 3, 8, 12, 20, 45, 300], len(frame)).astype(float)
    off = np.where(rng.random(len(frame)) < 0.1, people, 0.0)
    services = {}
    for key in ("meal_station", "elderly_centre"):
        service = results.services[key]
        now = _covered(service.coverage, people, off, rng)
        siting = service.siting
        if siting is not None:
            after = _better(now, rng)
            siting = replace(siting, coverage_after=after, people_after=after.ledger, curve=None)
            served = after.ledger.served
            result = replace(siting.result, value=served, bound=served, gap=0.0)
            siting = replace(siting, result=result, knee=None, robustness=None, phases=None)
        services[key] = replace(
            service,
            coverage=now,
            siting=siting,
            tiers={},
            gaps=None,
            by_kind=None,
            by_group=group_table(_with_group(now), groups=["pop80"]),
            equity={"gini": 0.1, "worst_area_share": 0.123456},
            supply=None,
        )
    return replace(results, services=services, info=replace(results.info, suppress_below=BELOW))


def _with_group(coverage):
    return replace(coverage, frame=coverage.frame.assign(pop80=coverage.frame["people"] / 4))


def _covered(coverage, people, off, rng):
    frame = coverage.frame.copy()
    frame[list(STATES)] = 0.0
    frame["people"], frame["off_network"] = people, off
    share = rng.choice([0.0, 0.5, 1.0], len(frame), p=[0.4, 0.2, 0.4])
    frame["served"] = np.floor((people - off) * share)
    frame["beyond"] = people - off - frame["served"]
    return replace(coverage, frame=frame)


def _better(coverage, rng):
    frame = coverage.frame.copy()
    gained = np.where(rng.random(len(frame)) < 0.3, frame["beyond"], 0.0)
    frame["served"] += gained
    frame["beyond"] -= gained
    return replace(coverage, frame=frame)


@pytest.mark.parametrize("seed", range(6))
def test_integer_programming_leaves_every_small_number_its_room(fakes, seed):
    run = small_city(fakes, seed)
    public = edition(run, audience="public")
    held = [w for w in widths(run, public, most=12) if w[-1] - w[-2] < BELOW / 2]
    assert not held, held[:3]
    assert all(s.equity == {} for s in public.services.values())
