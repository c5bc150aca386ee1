"""The mixed-integer model of a plan in time: multi-period covering with modular capacities.

After Jena, Cordeau and Gendron (2015, doi:10.1287/trsc.2014.0575): one column per action and year,
the state of a site in each year follows from them. Capacity is a column of people per covering
pair and year where it limits, else a class of demand is covered by any open site.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoplan.siting.periods.core import ProgrammeCore
from geoplan.siting.periods.milp.model_targets import add_targets
from geoplan.siting.periods.plain import Programme
from geoplan.siting.solver.milp import Model
from geoplan.tolerances import ROW_ROOM


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ProgrammeModel:
    """The model and its columns; -1 = there is none.

    times : actions x years. is_open : sites of the core x years. served : classes x years, 0..1, or
    covering pairs x years, people, where capacities limit.
    """

    model: Model
    of: Programme
    small: ProgrammeCore
    times: np.ndarray
    is_open: np.ndarray
    served: np.ndarray

    def plan_times(self, x: np.ndarray) -> np.ndarray:
        """How often each action is done, actions x years, in a solution."""
        found = np.zeros(self.times.shape, np.int64)
        there = self.times >= 0
        found[there] = np.round(x[self.times[there]]).astype(np.int64)
        return found

    def person_year_costs(self) -> np.ndarray:
        """Objective factor of every column: less person-years are worse."""
        problem, small = self.of.problem, self.small
        cost = np.zeros(self.model.columns)
        there = self.served >= 0
        worth = np.broadcast_to(problem.lengths, self.served.shape)
        if not problem.limited:
            worth = worth * small.people
        cost[self.served[there]] = -worth[there]
        return cost

    def money_costs(self) -> np.ndarray:
        """Objective factor of every column: capital and running money of all calendar years."""
        problem, table = self.of.problem, self.of.table
        rest = np.cumsum(problem.lengths[::-1])[::-1]
        money = table.cost[:, None] + table.running[:, None] * rest
        cost = np.zeros(self.model.columns)
        there = self.times >= 0
        cost[self.times[there]] = money[there]
        return cost

    def set_costs(self, cost: np.ndarray) -> None:
        """Make `cost` what is made small."""
        self.model.cost = [np.pad(cost, (0, self.model.columns - len(cost)))]

    def start(self, times: np.ndarray) -> np.ndarray | None:
        """A solution's columns, for HiGHS to begin with; None where capacities limit.

        Columns of targets stay at nothing: HiGHS completes what it can use.
        """
        if self.of.problem.limited:
            return None
        plan = self.of.plan(times)
        x = np.zeros(self.model.columns)
        there = self.times >= 0
        if times[~there].any():
            return None
        x[self.times[there]] = times[there]
        is_open = plan.is_open[:, self.small.core.sites].T
        x[self.is_open.ravel()] = is_open.ravel()
        core = self.small.core
        for t in range(self.of.problem.n_years):
            column = self.served[:, t]
            hit = core.is_covered(np.flatnonzero(is_open[:, t])) & (column >= 0)
            x[column[hit]] = 1.0
        return x


def build_model(of: Programme, small: ProgrammeCore) -> ProgrammeModel:
    """All columns, and the rows of every rule of the problem."""
    problem, table, model = of.problem, of.table, Model()
    may = table.may(problem.n_years) & small.actions[:, None]
    if small.allowed is not None:
        may &= small.allowed
    times = np.full(may.shape, -1, np.int64)
    upper = np.broadcast_to(table.most[:, None], may.shape)[may].astype(np.float64)
    times[may] = model.add_columns(int(may.sum()), upper=upper, integer=True)
    shape = (small.core.m, problem.n_years)
    is_open = model.add_columns(shape[0] * shape[1]).reshape(shape)
    if problem.limited:
        served = _flow_columns(of, small, model)
    else:
        served = np.full((small.core.n, problem.n_years), -1, np.int64)
        wanted = small.people > 0
        served[wanted] = model.add_columns(int(wanted.sum()))
    built = ProgrammeModel(
        model=model, of=of, small=small, times=times, is_open=is_open, served=served
    )
    _once(built)
    _states(built)
    _lasting(built)
    if problem.limited:
        _capacity_rows(built)
    else:
        _cover_rows(built)
    _no_negative_places(built)
    _limits(built)
    _conflicts(built)
    if not problem.may_lose and table.closing.any():
        _nobody_loses(built)
    add_targets(built)
    return built


def _once(built: ProgrammeModel) -> None:
    for a, columns in enumerate(built.times):
        there = columns[columns >= 0]
        if len(there) > 1:
            built.model.add_row(there, upper=float(built.of.table.most[a]))


def _changes(built: ProgrammeModel) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Per site of the core the actions that open it, and those that close it."""
    at, table = built.small.at, built.of.table
    opens: dict[int, list[int]] = {}
    closes: dict[int, list[int]] = {}
    for a in np.flatnonzero((built.times >= 0).any(axis=1)):
        if table.opens[a] >= 0:
            opens.setdefault(at[int(table.opens[a])], []).append(int(a))
        for site in table.closes[a]:
            if int(site) in at:
                closes.setdefault(at[int(site)], []).append(int(a))
    return opens, closes


def _of(built: ProgrammeModel, actions: list[int], t: int) -> np.ndarray:
    """The columns of actions in a year."""
    columns = built.times[actions, t]
    return columns[columns >= 0]


def _states(built: ProgrammeModel) -> None:
    """A site is open as in the year before, but for what opens and closes it."""
    opens, closes = _changes(built)
    first = 0
    for k in sorted(opens.keys() & closes.keys()):
        _state_rows(built, range(first, k), opens, closes)
        _mixed_state_rows(built, k, opens[k], closes[k])
        first = k + 1
    _state_rows(built, range(first, built.small.core.m), opens, closes)


def _state_rows(
    built: ProgrammeModel,
    sites: range,
    opens: dict[int, list[int]],
    closes: dict[int, list[int]],
) -> None:
    """A row per site and year, of sites (of the core) that either open or close or do neither."""
    problem, here = built.of.problem, slice(sites.start, sites.stop)
    state = built.is_open[here]
    row = np.arange(state.size).reshape(state.shape)
    parts = [(row, state, 1.0)]
    for changes, value in ((opens, -1.0), (closes, 1.0)):
        pairs = [(k - sites.start, a) for k in sites if k in changes for a in changes[k]]
        at, action = np.array(pairs, np.int64).reshape(-1, 2).T
        parts.append((row[at], built.times[action], value))
    parts.append((row[:, 1:], state[:, :-1], -1.0))
    there = [column >= 0 for _, column, _ in parts]
    rows = np.concatenate([part[0][kept] for part, kept in zip(parts, there, strict=True)])
    columns = np.concatenate([part[1][kept] for part, kept in zip(parts, there, strict=True)])
    values = np.repeat([value for _, _, value in parts], [kept.sum() for kept in there])
    order = np.argsort(rows, kind="stable")
    site = built.small.core.sites[here]
    constant = np.zeros(state.shape)
    constant[:, :1] = problem.open_at_start[site][:, None]
    for k, t in enumerate(map(problem.opening.get, site.tolist())):
        if t is not None:
            constant[k, t] += 1.0
    built.model.add_rows(
        np.searchsorted(rows[order], np.arange(state.size + 1)),
        columns[order],
        values[order],
        lower=constant.ravel(),
        upper=constant.ravel(),
    )


def _mixed_state_rows(built: ProgrammeModel, k: int, coming: list[int], going: list[int]) -> None:
    """The rows of a site that opens and closes; between those of its years stand others."""
    problem, site = built.of.problem, int(built.small.core.sites[k])
    start, built_in = float(problem.open_at_start[site]), problem.opening.get(site)
    for t in range(problem.n_years):
        plus, minus = _of(built, coming, t), _of(built, going, t)
        index = [built.is_open[k, t], *plus, *minus]
        value = [1.0, *(-1.0 for _ in plus), *(1.0 for _ in minus)]
        constant = float(built_in == t)
        if t:
            index.append(built.is_open[k, t - 1])
            value.append(-1.0)
        else:
            constant += start
        built.model.add_row(np.array(index), np.array(value), lower=constant, upper=constant)
        _not_both(built, (k, t), plus, minus, start)


def _not_both(
    built: ProgrammeModel,
    at: tuple[int, int],
    plus: np.ndarray,
    minus: np.ndarray,
    start: float,
) -> None:
    """Only what was closed the year before opens; only what was open closes."""
    k, t = at
    before = [built.is_open[k, t - 1]] if t else []
    known = 0.0 if t else start
    if len(plus):
        built.model.add_row(np.array([*plus, *before]), upper=1.0 - known)
    if len(minus):
        value = np.array([*(1.0 for _ in minus), *(-1.0 for _ in before)])
        built.model.add_row(np.array([*minus, *before]), value, upper=known)


def _lasting(built: ProgrammeModel) -> None:
    """What is opened or closed stays so for its time; what is enlarged stays open."""
    problem, table, at = built.of.problem, built.of.table, built.small.at
    opens, closes = _changes(built)
    years = np.array(problem.years)
    for a, t in zip(*np.nonzero(built.times >= 0), strict=True):
        column = built.times[a, t]
        lasting = np.flatnonzero((years >= years[t]) & (years < years[t] + table.lasting[a]))
        site = at.get(int(table.opens[a]))
        if site is not None and site in closes:
            _implied(built, column, site, lasting, is_open=True)
        for gone in table.closes[a]:
            k = at.get(int(gone))
            if k is not None and k in opens:
                _implied(built, column, k, lasting, is_open=False)
        needed = at.get(int(table.needs[a]))
        if needed is not None:
            stays = bool(problem.actions[a].capacity)
            last = problem.n_years if stays else t + 1
            most = float(table.most[a])
            _implied(built, column, needed, np.arange(t, last), is_open=True, most=most)


def _implied(
    built: ProgrammeModel,
    column: int,
    site: int,
    years: np.ndarray,
    *,
    is_open: bool,
    most: float = 1.0,
) -> None:
    """Where the column is more than nothing the site is open, or closed, in these years."""
    for s in years:
        state = built.is_open[site, s]
        if is_open:
            built.model.add_row(np.array([column, state]), np.array([1.0, -most]), upper=0.0)
        else:
            built.model.add_row(np.array([column, state]), upper=1.0)


def _cover_rows(built: ProgrammeModel) -> None:
    """A class counts in a year only where a site that covers it is open."""
    core = built.small.core
    sizes = np.diff(core.row_ptr)
    for t in range(built.of.problem.n_years):
        rows = np.flatnonzero(built.served[:, t] >= 0)
        ptr = np.concatenate([[0], np.cumsum(sizes[rows] + 1)])
        entries = np.arange(int(sizes[rows].sum()))
        entries += np.repeat(core.row_ptr[rows] - np.cumsum(sizes[rows]) + sizes[rows], sizes[rows])
        index, value = np.empty(ptr[-1], np.int64), np.full(ptr[-1], -1.0)
        own = np.zeros(len(index), bool)
        own[ptr[1:] - 1] = True
        index[own], value[own] = built.served[rows, t], 1.0
        index[~own] = built.is_open[core.row_idx[entries], t]
        built.model.add_rows(ptr, index, value, upper=0.0)


def _flow_columns(of: Programme, small: ProgrammeCore, model: Model) -> np.ndarray:
    people = small.people[small.core.row_of]
    served = np.full(people.shape, -1, np.int64)
    wanted = people > 0
    served[wanted] = model.add_columns(int(wanted.sum()), upper=people[wanted])
    return served


def _capacity_rows(built: ProgrammeModel) -> None:
    """People find a place once, at open sites, within their places."""
    problem, table, core = built.of.problem, built.of.table, built.small.core
    model, row_of = built.model, core.row_of
    places = np.sum(list(problem.capacities.values()), axis=0)[core.sites]
    more = np.sum(list(table.places.values()), axis=0)
    grows = _growing(built)
    order = np.argsort(core.row_idx, kind="stable")
    ends = np.searchsorted(core.row_idx[order], np.arange(core.m + 1))
    for t in range(problem.n_years):
        flow = built.served[:, t]
        for i in range(core.n):
            mine = flow[core.row_ptr[i] : core.row_ptr[i + 1]]
            mine = mine[mine >= 0]
            if len(mine):
                model.add_row(mine, upper=float(built.small.people[i, t]))
        _only_at_open_sites(built, t)
        for k in range(core.m):
            pairs = order[ends[k] : ends[k + 1]]
            pairs = pairs[flow[pairs] >= 0]
            if not len(pairs):
                continue
            people = built.small.people[row_of[pairs], t]
            state = built.is_open[k, t]
            everybody = float(people.sum())
            endless = not np.isfinite(places[k])
            changes = [] if endless else grows.get(k, [])
            most = float(places[k]) if changes else min(float(places[k]), everybody)
            index, value = [*flow[pairs], state], [*np.ones(len(pairs)), -most]
            for a in changes:
                columns = built.times[a, : t + 1]
                columns = columns[columns >= 0]
                index += list(columns)
                value += [-more[a]] * len(columns)
            model.add_row(np.array(index), np.array(value), upper=0.0)
    if not problem.may_lose and table.closing.any():
        for t, least in enumerate(built.of.served_at_start):
            flow = built.served[:, t]
            room = ROW_ROOM * max(1.0, least)
            rows = [model.add_row(flow[flow >= 0], lower=float(least) - room)]
            model.tag("rules", rows, [("nobody loses", problem.years[t])])


def _only_at_open_sites(built: ProgrammeModel, t: int) -> None:
    """Nobody is served at a closed site, pair by pair."""
    core, flow = built.small.core, built.served[:, t]
    there = np.flatnonzero(flow >= 0)
    index = np.column_stack([flow[there], built.is_open[core.row_idx[there], t]]).ravel()
    people = built.small.people[core.row_of[there], t]
    value = np.column_stack([np.ones(len(there)), -people]).ravel()
    built.model.add_rows(2 * np.arange(len(there) + 1), index, value, upper=0.0)


def _growing(built: ProgrammeModel) -> dict[int, list[int]]:
    """Per site of the core the actions that change its places."""
    problem, table, at = built.of.problem, built.of.table, built.small.at
    grows: dict[int, list[int]] = {}
    for a in np.flatnonzero((built.times >= 0).any(axis=1)):
        if table.needs[a] >= 0 and problem.actions[a].capacity:
            grows.setdefault(at[int(table.needs[a])], []).append(int(a))
    return grows


def _no_negative_places(built: ProgrammeModel) -> None:
    """No kind of capacity is converted away below nothing."""
    problem, table = built.of.problem, built.of.table
    for k, actions in _growing(built).items():
        site = built.small.core.sites[k]
        for kind, per_site in problem.capacities.items():
            change = [(a, table.places[kind][a]) for a in actions if table.places[kind][a]]
            if not any(places < 0 for _, places in change):
                continue
            for t in range(problem.n_years):
                index, value = [built.is_open[k, t]], [float(per_site[site])]
                for a, places in change:
                    columns = built.times[a, : t + 1]
                    index += list(columns[columns >= 0])
                    value += [places] * int((columns >= 0).sum())
                built.model.add_row(np.array(index), np.array(value), lower=0.0)


def _limits(built: ProgrammeModel) -> None:
    """Money and works; a little room, so that what just fits is not lost (checked afterwards)."""
    there = built.times >= 0
    for limit in built.of.limits:
        use = limit.use[there]
        used = use != 0
        if not used.any():
            continue
        room = ROW_ROOM * float(np.abs(use).max())
        row = built.model.add_row(built.times[there][used], use[used], upper=limit.limit + room)
        built.model.tag(limit.family, [row], [limit.where])


def _conflicts(built: ProgrammeModel) -> None:
    at = built.small.at
    fixed = built.of.problem.base.is_fixed
    for one, other in built.of.problem.base.conflicts:
        pair = [at[int(j)] for j in (one, other) if int(j) in at]
        always = sum(bool(fixed[j]) and int(j) not in at for j in (one, other))
        if len(pair) + always < 2:
            continue
        for t in range(built.of.problem.n_years):
            built.model.add_row(built.is_open[pair, t], upper=1.0 - always)


def _nobody_loses(built: ProgrammeModel) -> None:
    """Whom a site that may close covered the year before, an open site covers."""
    problem, core = built.of.problem, built.small.core
    _, closes = _changes(built)
    start = problem.open_at_start[core.sites]
    for k in closes:
        for i in core.classes_of(k):
            others = core.row_idx[core.row_ptr[i] : core.row_ptr[i + 1]]
            for t in range(problem.n_years):
                index, value = list(built.is_open[others, t]), [1.0] * len(others)
                least = 0.0
                if t:
                    index.append(built.is_open[k, t - 1])
                    value.append(-1.0)
                elif not start[k]:
                    continue
                else:
                    least = 1.0
                built.model.add_row(np.array(index), np.array(value), lower=least)
