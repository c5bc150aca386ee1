"""Good plans of all kinds of actions: parts are taken out and filled anew (ruin and recreate).

Plans are built greedily over (action, year): first what targets need, then what adds most
person-years beyond its price; closings, mergers and the like come in where what they free is worth
more than they lose. Every step keeps every rule by the plain definition (`Plan.broken`), so what is
found is a plan whatever the estimates were. Then a few actions, mostly near each other, are taken
out, and the rest is filled anew (Shaw 1998; Schrimpf et al. 2000, doi:10.1006/jcph.1999.6413).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geoplan.siting.model.counting import is_enough
from geoplan.siting.periods.core import ProgrammeCore
from geoplan.siting.periods.mixed.worth import Worth
from geoplan.siting.periods.plain import Plan, Programme
from geoplan.siting.periods.rules import Target
from geoplan.siting.solver.control import SolveControl
from geoplan.tolerances import NO_VIOLATION, SAME_VALUE

#: turns without a better plan that end the search
_PATIENCE = 250
#: most actions taken out at once
_MOST_OUT = 6
#: options refused by a rule before a plan is left as it is
_MOST_REFUSED = 25
#: options that do not fit, and others that may make room for each
_MOST_PAIRED = 8
#: how often a turn begins with something that nothing speaks for
_CHANCE_OF_ANY = 0.4


class ActionSearch:
    """The best plan known, and ways to better ones.

    best : times (actions x years) of a plan that keeps every rule and target, or None.
    dear : per option, what counts against it besides the limits when targets are to be met.
    """

    def __init__(self, of: Programme, small: ProgrammeCore, control: SolveControl) -> None:
        self.of, self.control = of, control
        may = of.table.may(of.problem.n_years) & small.actions[:, None]
        self.action, self.year = np.nonzero(may)
        self.worth = Worth(of, small, self.action, self.year)
        self.use = np.zeros((len(self.action), len(of.limits)))
        for r, limit in enumerate(of.limits):
            self.use[:, r] = limit.use[self.action, self.year]
        self.limit = np.array([limit.most for limit in of.limits])
        self.price = np.zeros(len(of.limits))
        self.dear = np.zeros(len(self.action))
        self.random = np.random.default_rng([31, control.seed])
        self.best: np.ndarray | None = None
        self.value = -np.inf

    def offer(self, times: np.ndarray) -> None:
        """Take a plan where it keeps everything and is better."""
        plan = self._plan(times)
        if plan.person_years > self.value and not plan.broken():
            self.best, self.value = times.copy(), plan.person_years

    def begin(self) -> None:
        """Build a plan from nothing, at the prices and without any."""
        for theta in (1.0, 0.0):
            self.offer(self._fill(self.of.plan_of_nothing, theta, 0.0))
            if self.control.left <= 0:
                return

    def improve(self, *, target: float) -> None:
        """Take parts out and fill anew until nothing better comes or `target` is reached."""
        now = self.of.plan_of_nothing if self.best is None else self.best
        value, idle, heat = self.value, 0, 2e-3
        while idle < _PATIENCE and self.control.left > 0 and self.value < target:
            theta = 1.0 if self.random.random() < 0.6 else 2 * self.random.random()
            noise = 0.4 * self.random.random() if self.random.random() < 0.6 else 0.0
            before = self.value
            less = self._take_out(now)
            if self.random.random() < _CHANCE_OF_ANY:
                less = self._put_in(less)
            trial = self._fill(less, theta, noise)
            self.offer(trial)
            plan = self._plan(trial)
            new = plan.person_years if not list(self._short(plan)) else -np.inf
            if new >= value - heat * abs(value) or not np.isfinite(value):
                now, value = trial, new
            idle = 0 if self.value > before * (1 + 1e-6) else idle + 1
            if idle and idle % 50 == 0 and self.best is not None:
                now, value, heat = self.best, self.value, heat / 3
            self.control.report("swap")

    def _plan(self, times: np.ndarray) -> Plan:
        plan = self.of.plan(times)
        if self.of.problem.limited:  # on the few classes that are left
            for t in range(self.of.problem.n_years):
                self.worth.flow(plan, t)
        return plan

    def _keeps_rules(self, plan: Plan) -> bool:
        return all(rule.startswith("target") for rule in plan.broken())

    def _short(self, plan: Plan) -> Iterator[Target]:
        """Targets that the plan does not reach."""
        split = self.of.problem.limited
        for target in sorted(self.of.problem.targets, key=lambda x: x.year):
            room = NO_VIOLATION if target.measure == "capacity_share" else 0.0
            if not is_enough(plan.reached(target) + room, self.of.needed(target), split=split):
                yield target

    def _open_options(self, times: np.ndarray) -> np.ndarray:
        """Bool per option: it may be done once more, and money and works are there."""
        used = np.array([(limit.use * times).sum() for limit in self.of.limits])
        left = times.sum(axis=1)[self.action] < self.of.table.most[self.action]
        after = used + self.use
        return np.asarray(left & ((after <= self.limit) | (self.use <= 0)).all(axis=1))

    def _with(self, times: np.ndarray, option: int) -> np.ndarray:
        more = times.copy()
        more[self.action[option], self.year[option]] += 1
        return more

    def _first_kept(self, times: np.ndarray, options: np.ndarray) -> np.ndarray | None:
        """The plan with the first of the options that breaks no rule."""
        for option in options:
            more = self._with(times, int(option))
            if self._keeps_rules(self._plan(more)):
                return more
        return None

    def _fill(self, times: np.ndarray, theta: float, noise: float) -> np.ndarray:
        """What targets need, then what adds most beyond `theta` times its price."""
        times = self.meet_targets(times, noise)
        refused = np.zeros(len(self.action), bool)
        plan = self._plan(times)
        priced = self.use @ self.price
        while self.control.left > 0 or not times.any():
            score = self.worth.score(plan)
            least = SAME_VALUE * (1.0 + abs(plan.person_years))
            score = score - theta * priced
            if noise > 0:
                score *= 1.0 + noise * (self.random.random(len(score)) - 0.5)
            may = self._open_options(times) & ~refused & (score > least)
            if not may.any():
                two = self._two_at_once(plan, score)
                if two is not None:
                    times, plan = two, self._plan(two)
                    continue
                if theta == 0.0:
                    break
                theta, noise = 0.0, 0.0
                continue
            option = int(np.argmax(np.where(may, score, -np.inf)))
            more = self._with(times, option)
            after = self._plan(more)
            if self._keeps_rules(after) and self._no_farther(plan, after):
                times, plan = more, after
                continue
            refused[option] = True
            if refused.sum() > _MOST_REFUSED:
                break
        return times

    def _two_at_once(self, plan: Plan, score: np.ndarray) -> np.ndarray | None:
        """What is worth doing and does not fit, with something that frees what it lacks."""
        left = plan.times.sum(axis=1)[self.action] < self.of.table.most[self.action]
        used = np.array([limit.use.ravel() @ plan.times.ravel() for limit in self.of.limits])
        room = self.limit - used
        wanted = np.flatnonzero(left & (score > 0) & (self.use > room).any(axis=1))
        for option in wanted[np.argsort(-score[wanted], kind="stable")][:_MOST_PAIRED]:
            lacking = self.use[option] > room
            helps = left & (self.use[:, lacking] < 0).any(axis=1)
            both = self.use + self.use[option]
            helps &= ((both <= room) | (both <= 0)).all(axis=1)
            helps &= self.action != self.action[option]
            helpers = np.flatnonzero(helps & (score + score[option] > 0))
            for helper in helpers[np.argsort(-score[helpers], kind="stable")][:_MOST_PAIRED]:
                more = self._with(self._with(plan.times, int(helper)), int(option))
                after = self._plan(more)
                better = after.person_years > plan.person_years * (1 + SAME_VALUE)
                if better and self._keeps_rules(after) and self._no_farther(plan, after):
                    return more
        return None

    def _no_farther(self, before: Plan, after: Plan) -> bool:
        """Whether every target that was reached still is."""
        return set(map(id, self._short(after))) <= set(map(id, self._short(before)))

    def meet_targets(self, times: np.ndarray, noise: float) -> np.ndarray:
        """Options that bring the earliest target nearer, until all are reached or none does."""
        stuck: set[int] = set()
        while True:
            plan = self._plan(times)
            short = next((x for x in self._short(plan) if id(x) not in stuck), None)
            if short is None:
                return times
            more = self._nearer(plan, short, noise)
            if more is None:
                stuck.add(id(short))
            else:
                times = more

    def _nearer(self, plan: Plan, target: Target, noise: float) -> np.ndarray | None:
        helps = self._help(plan, target)
        cost = 1e-3 + (np.abs(self.use) / np.maximum(self.limit, 1e-9)).sum(axis=1) + self.dear
        rank = helps / cost * (1.0 + noise * (self.random.random(len(helps)) - 0.5))
        rank = np.where(self._open_options(plan.times) & (helps > 0), rank, -np.inf)
        order = np.argsort(-rank, kind="stable")[:_MOST_REFUSED]
        reached = plan.reached(target)
        for option in order[np.isfinite(rank[order])]:
            more = self._first_kept(plan.times, np.array([option]))
            if more is not None and self._plan(more).reached(target) > reached:
                return more
        return None

    def _help(self, plan: Plan, target: Target) -> np.ndarray:
        """Per option what it adds to what the target counts, about."""
        problem, table = self.of.problem, self.of.table
        t = problem.years.index(target.year)
        if target.measure in ("people", "areas_served"):
            return self.worth.people_in(plan, target)
        opened = table.opens[self.action]
        early = self.year <= t
        if target.measure in ("sites", "areas_with_site"):
            may = (opened >= 0) & early
            if target.measure == "sites" and target.area is None:
                return may.astype(np.float64)
            codes = problem.levels[target.level or ""].sites
            have = set(codes[plan.is_open[t]]) if target.measure == "areas_with_site" else set()
            wanted = target.area
            fits = np.array(
                [c is not None and wanted in (None, c) and c not in have for c in codes]
            )
            return np.asarray(may & fits[opened]).astype(np.float64)
        share = target.amount if target.measure == "capacity_share" else 0.0
        added = np.zeros(len(self.action))
        for kind, per_site in problem.capacities.items():
            factor = (1.0 if target.kind in (None, kind) else 0.0) - share
            added += factor * np.where(opened >= 0, per_site[opened], 0.0)
            added += factor * table.places[kind][self.action]
        return added * early

    def _take_out(self, times: np.ndarray) -> np.ndarray:
        """A plan without a few of its actions, and without those that then break a rule."""
        less = times.copy()
        done = np.argwhere(less > 0)
        if not len(done):
            return less
        wanted = 1 + int(self.random.integers(min(_MOST_OUT, len(done))))
        first = done[self.random.integers(len(done))]
        near = self._near(int(first[0]), done[:, 0])
        rank = self.random.random(len(done)) + 2.0 * near
        rank[(done == first).all(axis=1)] = np.inf
        for a, t in done[np.argsort(-rank, kind="stable")[:wanted]]:
            less[a, t] -= 1
        while less.any() and not self._keeps_rules(self._plan(less)):
            done = np.argwhere(less > 0)
            a, t = done[self.random.integers(len(done))]
            less[a, t] -= 1
        return less

    def _put_in(self, times: np.ndarray) -> np.ndarray:
        """The plan with one to three actions that nothing speaks for: they may make way for others.

        Half of the time such as close a site or free money or works.
        """
        table = self.of.table
        frees = (self.use < 0).any(axis=1) | table.closing[self.action]
        for _ in range(1 + int(self.random.integers(3))):
            may = self._open_options(times)
            if self.random.random() < 0.5 and (may & frees).any():
                may &= frees
            options = np.flatnonzero(may)
            if len(options):
                chosen = self.random.choice(options, min(3, len(options)), replace=False)
                more = self._first_kept(times, chosen)
                times = times if more is None else more
        return times

    def _near(self, action: int, others: np.ndarray) -> np.ndarray:
        """Bool per other action: its site reaches somebody whom the action's site reaches."""
        worth = self.worth
        site = np.where(worth.opened >= 0, worth.opened, worth.grown)
        if site[action] < 0:
            return np.zeros(len(others), bool)
        shared = np.asarray((worth.inside @ worth.inside[site[action]].T).todense()).ravel() > 0
        return np.where(site[others] >= 0, shared[site[others]], False)
