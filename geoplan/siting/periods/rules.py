"""What a plan in time may do and must keep: actions, budgets, shares of the money, targets."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

ActionKind = Literal["open", "expand", "convert", "move", "merge", "close"]
#: kinds of action after which a site is open that was not
OPENING = ("open", "move", "merge")
#: kinds of action after which a site is closed that was open
CLOSING = ("close", "move", "merge")
Measure = Literal[
    "people", "sites", "areas_with_site", "areas_served", "capacity", "capacity_share"
]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammeAction:
    """One thing that an office can do, once (or up to `most` times), in a year that the plan finds.

    Parameters
    ----------
    id : label of the action, unique in a problem.
    kind : ``"open"`` a candidate (or a site that was closed); ``"expand"`` a site by `capacity`;
        ``"convert"`` capacity of one kind to another; ``"move"`` a site; ``"merge"`` sites into
        one; ``"close"`` a site.
    site : the site that opens, grows, is converted or closed; of a move and a merger the site that
        is there afterwards: a candidate, or one that is open already.
    away : sites that are closed by it: of a move the one that moves, of a merger all that do not
        stay. Empty for the other kinds.
    capacity : places added by kind of capacity (a conversion has a negative and a positive number).
        What a site has when it opens is in the problem's `capacities`, not here.
    cost : capital money, paid in the action's year.
    running_cost : money per year from that year on, in comparison with doing nothing; negative
        where a closing saves money.
    earliest, latest : first and last year in which it may be done; None: any.
    least_years : calendar years that it lasts: a site that it opens is not closed before, one that
        it closes not opened again.
    most : how many times, for expansions and conversions by modules.

    Examples
    --------
    >>> ProgrammeAction(id="more beds", kind="expand", site=7, capacity={"bed": 20}, cost=4e5).most
    1
    """

    id: Hashable
    kind: ActionKind
    site: Hashable
    away: tuple[Hashable, ...] = ()
    capacity: Mapping[str, float] = field(default_factory=dict)
    cost: float = 0.0
    running_cost: float = 0.0
    earliest: int | None = None
    latest: int | None = None
    least_years: int = 1
    most: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """Money by year, and what it pays for.

    Parameters
    ----------
    amounts : one number per planning year; ``inf`` where there is no limit.
    carry_over : what is left over in a year may be spent in later ones.
    covers : ``"capital"``, ``"running"`` or ``"both"``: running costs are charged in each planning
        year for all calendar years that it stands for.
    share : the part of each action's cost that this budget pays, 0..1: one number for all actions,
        or by action label (those that are not named: nothing). So a fund that pays half of every
        conversion is a budget of its own.
    name : of the fund, for messages and the ledger.

    Examples
    --------
    >>> Budget(amounts=[6e6, 6e6, 8e6], carry_over=True).covers
    'capital'
    """

    amounts: Sequence[float]
    carry_over: bool = False
    covers: Literal["capital", "running", "both"] = "capital"
    share: float | Mapping[Hashable, float] = 1.0
    name: str = "budget"


@dataclass(frozen=True, kw_only=True, slots=True)
class SpendShare:
    """How much of all capital money goes to some actions: at least 55 % to the elderly, say.

    Parameters
    ----------
    actions : labels of the actions meant.
    least, most : shares of the capital money of all actions, over all years, 0..1.
    name : for messages.

    Examples
    --------
    >>> SpendShare(actions=("centre 1", "centre 2"), least=0.55, name="for the elderly").most
    1.0
    """

    actions: tuple[Hashable, ...]
    least: float = 0.0
    most: float = 1.0
    name: str = "share"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What must be reached in a year.

    Parameters
    ----------
    year : one of the planning years; it holds in that year.
    measure : what is counted:

        - ``"people"``: share of people served, 0..1 (of an area with `area`);
        - ``"sites"``: number of open sites (in an area with `area`);
        - ``"areas_with_site"``: share of areas of `level` with an open site;
        - ``"areas_served"``: share of areas of `level` of whose people at least `within` are
          served;
        - ``"capacity"``: places of `kind` (all kinds: None) at open sites;
        - ``"capacity_share"``: places of `kind` as a share of all places.
    amount : the least share or number.
    level : key of the problem's `levels`; None: the areas of its `base`.
    area : code of an area of `level`, for people and sites.
    kind : kind of capacity.
    within : share of an area's people, for ``"areas_served"``.

    Examples
    --------
    >>> Target(year=2030, measure="areas_with_site", level="village", amount=0.70).amount
    0.7
    """

    year: int
    measure: Measure
    amount: float
    level: str | None = None
    area: Any = None
    kind: str | None = None
    within: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AreaLevel:
    """The areas of one level that demand rows and sites belong to.

    Parameters
    ----------
    demand, sites : area code per demand row and per site (object arrays; None: in no area).
    codes : all areas of the level, those without people and sites too.

    Examples
    --------
    >>> import numpy as np
    >>> demand, sites = np.array(["a", "b", None], object), np.array(["a"], object)
    >>> len(AreaLevel(demand=demand, sites=sites, codes=("a", "b")).codes)
    2
    """

    demand: np.ndarray
    sites: np.ndarray
    codes: tuple[Any, ...]
