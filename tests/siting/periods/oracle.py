"""Plans in time by trying all of them, from a definition written without the package's parts."""

import itertools

import networkx as nx
import numpy as np


class Oracle:
    """Every plan of a problem, as {action number: year number} for actions done once at most."""

    def __init__(self, problem):
        self.p = problem
        base = problem.base
        self.at = {label: j for j, label in enumerate(base.site_index)}
        self.cover = base.cover.toarray()
        self.start = {*base.fixed.tolist(), *base.closable.tolist()}
        self.seen = {}

    def plans(self, one_a_year=False):
        n, years = len(self.p.actions), range(self.p.n_years)
        if one_a_year:
            for choice in itertools.product([None, *range(n)], repeat=self.p.n_years):
                done = [a for a in choice if a is not None]
                if len(done) == len(set(done)):
                    yield {a: t for t, a in enumerate(choice) if a is not None}
            return
        for choice in itertools.product([None, *years], repeat=n):
            yield {a: t for a, t in enumerate(choice) if t is not None}

    def best(self, objective="person_years", one_a_year=False):
        """The best value, or None where there is no plan; for worst_area (share, person-years)."""
        best = None
        for plan in self.plans(one_a_year):
            value = self.value(plan, objective)
            if value is None:
                continue
            if best is None or (value < best if objective == "min_cost" else value > best):
                best = value
        return best

    def value(self, plan, objective):
        if not self.within_money(plan):
            return None
        states = self.states(plan)
        if states is None:
            return None
        served = [self.served(t, *state) for t, state in enumerate(states)]
        if not self.targets_met(states, served):
            return None
        p = self.p
        if (
            p.limited
            and not p.may_lose
            and any(p.actions[a].kind in ("close", "move", "merge") for a in plan)
        ):
            for t in range(p.n_years):
                if served[t] < self.served(t, frozenset(self.start), ()) - 1e-9:
                    return None
        if objective == "min_cost":
            return sum(
                p.actions[a].cost + p.actions[a].running_cost * p.lengths[t:].sum()
                for a, t in plan.items()
            )
        person_years = sum(n * s for n, s in zip(p.lengths, served, strict=True))
        if objective == "person_years":
            return person_years
        return self.smallest_share(states), person_years

    def within_money(self, plan):
        p = self.p
        per_year = [sum(1 for s in plan.values() if s == t) for t in range(p.n_years)]
        for t in range(p.n_years):
            done, most = per_year[t], p.works[t]
            if p.works_carry_over:
                done, most = sum(per_year[: t + 1]), p.works[: t + 1].sum()
            if done > most:
                return False
        for budget in p.budgets:
            left = 0.0
            for t in range(p.n_years):
                left = budget.amounts[t] + (left if budget.carry_over else 0.0)
                for a, s in plan.items():
                    action = p.actions[a]
                    part = (
                        budget.share
                        if isinstance(budget.share, float)
                        else budget.share.get(action.id, 0)
                    )
                    if s == t and budget.covers != "running":
                        left -= part * action.cost
                    if s <= t and budget.covers != "capital":
                        left -= part * action.running_cost * p.lengths[t]
                if left < -1e-9:
                    return False
        spent = sum(p.actions[a].cost for a in plan)
        for share in p.spend_shares:
            inside = sum(p.actions[a].cost for a in plan if p.actions[a].id in share.actions)
            if inside < share.least * spent - 1e-9 or inside > share.most * spent + 1e-9:
                return False
        return True

    def states(self, plan):
        """Per year open sites, and modules as (site, kind, places); None: a rule is broken."""
        p = self.p
        is_open, modules, found = set(self.start), [], []
        keep_open, keep_shut = {}, {}  # site -> first calendar year in which it may change again
        for t, year in enumerate(p.years):
            before = set(is_open)
            is_open |= {j for j, s in p.opening.items() if s == t}
            opened, closed, needed = [], [], []
            for a in sorted(a for a, s in plan.items() if s == t):
                action = p.actions[a]
                if action.earliest is not None and year < action.earliest:
                    return None
                if action.latest is not None and year > action.latest:
                    return None
                site = self.at[action.site]
                away = [self.at[x] for x in action.away]
                stands = site in self.start or site in p.opening
                end = year + action.least_years
                if action.kind == "open" or (action.kind in ("move", "merge") and not stands):
                    opened.append((site, end))
                elif action.kind == "close":
                    closed.append((site, end))
                else:
                    needed.append(site)
                closed += [(x, end) for x in away]
                if action.capacity:
                    modules += [(site, k, v) for k, v in action.capacity.items()]
                    keep_open[site] = np.inf
            for site, end in closed:
                if site not in before or keep_open.get(site, -1) > year or site not in is_open:
                    return None
                is_open.discard(site)
                keep_shut[site] = end
            for site, end in opened:
                if site in before or site in is_open or keep_shut.get(site, -1) > year:
                    return None
                is_open.add(site)
                keep_open[site] = max(end, keep_open.get(site, -1))
            if not set(needed) <= is_open:
                return None
            for a, b in p.base.conflicts:
                if a in is_open and b in is_open:
                    return None
            if not p.may_lose:
                somebody = p.weights.sum(axis=1) > 0
                lost = self.reached(before) & ~self.reached(is_open) & somebody
                if lost.any():
                    return None
            places = {}
            for j, kind, v in modules:
                places[j, kind] = places.get((j, kind), p.capacities[kind][j]) + v
            if any(v < 0 for v in places.values()):
                return None
            found.append((frozenset(is_open), tuple(modules)))
        return found

    def reached(self, is_open):
        return (
            self.cover[:, sorted(is_open)].any(axis=1)
            if is_open
            else np.zeros(len(self.cover), bool)
        )

    def places(self, is_open, modules, kind):
        out = {j: self.p.capacities[kind][j] for j in is_open}
        for j, k, v in modules:
            if k == kind and j in out:
                out[j] += v
        return out

    def served(self, t, is_open, modules):
        key = (t, is_open, modules)
        if key not in self.seen:
            people = self.p.weights[:, t]
            if not self.p.limited:
                self.seen[key] = float(people[self.reached(is_open)].sum())
            else:
                self.seen[key] = self.flow(people, is_open, modules)
        return self.seen[key]

    def flow(self, people, is_open, modules):
        graph = nx.DiGraph()
        graph.add_nodes_from(["from", "to"])
        room = {}
        for kind in self.p.capacities:
            for j, v in self.places(is_open, modules, kind).items():
                room[j] = room.get(j, 0) + v
        for j, v in room.items():
            graph.add_edge(("site", j), "to", capacity=v)
        for i, n in enumerate(people):
            graph.add_edge("from", i, capacity=n)
            for j in is_open:
                if self.cover[i, j]:
                    graph.add_edge(i, ("site", j), capacity=n)
        return float(nx.maximum_flow_value(graph, "from", "to"))

    def targets_met(self, states, served):
        p = self.p
        for target in p.targets:
            t = p.years.index(target.year)
            is_open, modules = states[t]
            people = p.weights[:, t]
            hit = self.reached(is_open)
            level = p.levels.get(target.level or "")
            if target.measure == "people" and target.area is None:
                ok = served[t] >= target.amount * people.sum() - 1e-6
            elif target.measure == "people":
                here = level.demand == target.area
                ok = people[here & hit].sum() >= target.amount * people[here].sum() - 1e-6
            elif target.measure == "sites":
                ok = (
                    sum(target.area is None or level.sites[j] == target.area for j in is_open)
                    >= target.amount
                )
            elif target.measure == "areas_with_site":
                have = {level.sites[j] for j in is_open}
                ok = sum(c in have for c in level.codes) >= target.amount * len(level.codes) - 1e-9
            elif target.measure == "areas_served":
                n = 0
                for c in level.codes:
                    here = level.demand == c
                    all_of = people[here].sum()
                    n += all_of > 0 and people[here & hit].sum() >= target.within * all_of - 1e-6
                ok = n >= target.amount * len(level.codes) - 1e-9
            else:
                total = {k: sum(self.places(is_open, modules, k).values()) for k in p.capacities}
                if target.measure == "capacity":
                    kinds = [target.kind] if target.kind else list(total)
                    ok = sum(total[k] for k in kinds) >= target.amount - 1e-6
                else:
                    ok = total[target.kind] >= target.amount * sum(total.values()) - 1e-6
            if not ok:
                return False
        return True

    def smallest_share(self, states):
        p = self.p
        level = p.levels[""]
        served = np.zeros(len(p.weights))
        for t, (is_open, _) in enumerate(states):
            served += p.lengths[t] * p.weights[:, t] * self.reached(is_open)
        everybody = p.weights @ p.lengths
        may = set(self.start) | {j for j, t in p.opening.items() if t < p.n_years}
        for action in p.actions:
            site = self.at[action.site]
            first = action.earliest if action.earliest is not None else -np.inf
            last = action.latest if action.latest is not None else np.inf
            if action.kind in ("open", "move", "merge") and any(
                first <= y <= last for y in p.years
            ):
                may.add(site)
        reachable = self.reached(may)
        shares = []
        for code in level.codes:
            here = level.demand == code
            if everybody[here & reachable].sum() > 0:
                shares.append(served[here].sum() / everybody[here].sum())
        return min(shares, default=1.0)
