"""Random small plans in time, for oracles."""

import numpy as np

from geoplan.siting import (
    Budget,
    ProgrammeAction,
    ProgrammeProblem,
    SitingProblem,
    SpendShare,
    Target,
)

YEARS = [2025, 2026, 2028]


def opening_problem(seed, candidates=10, kinds=3):
    """Ten candidates with three actions each: open, open later for less, and move there."""
    rng = np.random.default_rng(seed)
    n, standing = 25, 3
    m = candidates + standing
    base = SitingProblem.from_cover(
        rng.random((n, m)) < 0.18,
        rng.integers(1, 20, n),
        closable=range(candidates, m),
        conflicts=[(0, 1)] if seed % 3 == 0 else [],
    )
    actions = []
    for j in range(candidates):
        price = float(rng.integers(2, 9))
        options = [
            ProgrammeAction(id=(j, "open"), kind="open", site=j, cost=price, least_years=2),
            ProgrammeAction(
                id=(j, "cheap"), kind="open", site=j, cost=price - 1, earliest=2026, running_cost=1
            ),
            ProgrammeAction(
                id=(j, "move"),
                kind="move",
                site=j,
                away=(int(rng.integers(candidates, m)),),
                cost=price / 2,
                latest=2026 if j % 2 else None,
            ),
        ]
        actions += options[:kinds]
    growth = 1 + rng.random((n, 1)) * np.arange(3)
    return ProgrammeProblem.of(
        base,
        years=YEARS,
        weights=np.round(base.weights[:, None] * growth),
        actions=actions,
        budgets=Budget(
            amounts=rng.integers(2, 9, 3).tolist(),
            carry_over=bool(seed % 2),
            covers="both" if seed % 4 == 0 else "capital",
        ),
        max_works=1,
        may_lose=seed % 5 == 0,
    )


def mixed_problem(seed, limited=False, targets=False):
    """Seven actions of all kinds on a handful of sites."""
    rng = np.random.default_rng([seed, limited, targets])
    n, m = 12, 7
    areas = rng.choice(["x", "y", "z"], n)
    base = SitingProblem.from_cover(
        rng.random((n, m)) < 0.35,
        rng.integers(0, 12, n),
        fixed=[0],
        closable=[1, 2],
        areas=areas,
        site_areas=rng.choice(["x", "y", "z"], m),
        conflicts=[(3, 5)] if seed % 3 == 0 else [],
    )
    money = rng.integers(1, 8, 7).astype(float)
    running = rng.integers(-2, 3, 7).astype(float)
    grown = int(rng.choice([0, 1, 3]))
    common = [{"cost": money[k], "running_cost": running[k]} for k in range(7)]
    actions = [
        ProgrammeAction(id="open 3", kind="open", site=3, **common[0]),
        ProgrammeAction(id="open 4", kind="open", site=4, earliest=2026, **common[1]),
        ProgrammeAction(id="expand", kind="expand", site=grown, capacity={"bed": 9}, **common[2]),
        ProgrammeAction(
            id="convert", kind="convert", site=int(rng.choice([0, 2, 4])),
            capacity={"bed": -6, "nursing": 5}, **common[3],
        ),
        ProgrammeAction(id="move", kind="move", site=5, away=(1,), least_years=3, **common[4]),
        ProgrammeAction(
            id="merge", kind="merge", site=int(rng.choice([0, 1])), away=(2,), **common[5],
        ),
        ProgrammeAction(id="close", kind="close", site=int(rng.choice([1, 3])), **common[6]),
    ]  # fmt: skip
    asked = []
    if targets:
        asked = [
            Target(year=2026, measure="areas_with_site", amount=0.6),
            Target(
                year=2028, measure="capacity", kind="nursing", amount=float(rng.integers(0, 12))
            ),
            Target(year=2028, measure="people", amount=float(rng.uniform(0.3, 0.8))),
            Target(year=2028, measure="sites", amount=2, area=areas[0]),
            Target(year=2028, measure="capacity_share", kind="nursing", amount=0.2),
        ]
        if not limited:
            asked.append(Target(year=2028, measure="areas_served", amount=0.6, within=0.5))
            asked.append(Target(year=2026, measure="people", area=areas[1], amount=0.3))
        rng.shuffle(asked)
        asked = asked[: 1 + seed % 4]
    growth = 1 + rng.random((n, 1)) * np.arange(3)
    fund = Budget(
        amounts=rng.integers(1, 5, 3).tolist(), share={"expand": 0.5, "convert": 1.0}, name="fund",
        carry_over=True,
    )  # fmt: skip
    return ProgrammeProblem.of(
        base,
        years=YEARS,
        weights=np.round(base.weights[:, None] * growth),
        actions=actions,
        budgets=[
            Budget(amounts=rng.integers(2, 12, 3).tolist(), carry_over=bool(seed % 2)),
            *([fund] if seed % 2 else []),
        ],
        max_works=[2, 1, 2] if seed % 3 else None,
        works_carry_over=bool(seed % 2),
        spend_shares=[SpendShare(actions=("open 3", "expand"), least=0.3)] if seed % 5 == 0 else [],
        targets=asked,
        opening={6: 2026} if seed % 2 else {},
        capacities={"bed": rng.integers(4, 14, m), "nursing": rng.integers(0, 6, m)},
        limited=limited,
        may_lose=seed % 4 == 0,
    )
