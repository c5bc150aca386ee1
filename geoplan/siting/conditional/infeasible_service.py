"""Why a service has no plan: in its own numbers (all people, new sites), in the reader's language.

A siting function knows the problem's people and counts existing sites; a share or a number of sites
that it advises would be another one in the study.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from geoplan.siting.conditional.problem import ConditionalProblem
from geoplan.siting.model.parse import percent_text
from geoplan.siting.model.result import SitingResult
from geoplan.tolerances import NO_VIOLATION
from geoplan.words.speaker import Speaker


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceNumbers:
    """What a service asks for, in its own numbers.

    total : all people. inside, outside : people of the problem, and people served who are not among
    them. n_existing : sites of the problem that exist already. sites, budget, min_sites_per_area :
    of new sites. share : of all people.
    """

    total: float
    inside: float
    outside: float = 0.0
    n_existing: int = 0
    sites: int | None = None
    budget: float | None = None
    share: float | None = None
    min_sites_per_area: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: ConditionalProblem) -> ServiceNumbers:
        """What a conditional problem asks for."""
        return cls(
            total=problem.total,
            inside=problem.solved.total,
            outside=problem.served_outside,
            n_existing=problem.n_existing,
            sites=problem.sites,
            budget=problem.budget,
            share=problem.share,
            min_sites_per_area=problem.min_sites_per_area,
        )


def told_of_service(asked: ServiceNumbers, result: SitingResult, speaker: Speaker) -> SitingResult:
    """An infeasible result of a siting function, with texts and facts of the whole service."""
    if result.status != "infeasible" or not result.solver:
        return result
    facts = dict(result.detail)
    if "largest_share" in facts:
        served = facts["largest_share"] * asked.inside + asked.outside
        facts["largest_share"] = served / asked.total
    for name in ("smallest_sites", "area_minimums_take_sites"):
        if name in facts:
            facts[name] -= asked.n_existing
    everybody = result.objective in ("p_median", "p_center")
    text = (_why_not_all(asked, facts, speaker) if everybody else "") or _why(asked, facts, speaker)
    return replace(result, blocking=(text,) if text else result.blocking, detail=facts)


def not_among_kept(
    result: SitingResult, speaker: Speaker, *, kept: int, every: int
) -> SitingResult:
    """An infeasible result over `kept` of `every` candidates: nothing is known of the others."""
    text = speaker.say("study.infeasible_thinned", every=f"{every:,}", kept=f"{kept:,}")
    return replace(result, status="unknown", blocking=(text,), detail={})


def _why_not_all(asked: ServiceNumbers, facts: Mapping[str, Any], speaker: Speaker) -> str:
    """Why not everybody can have a site; "" where the facts say something else."""
    if "relaxations" in facts or "largest_share" not in facts:
        return ""
    people = f"{(1.0 - facts['largest_share']) * asked.total:,.0f}"
    if "smallest_sites" in facts:
        needed = f"{facts['smallest_sites']:,}"
        return speaker.say("study.more_sites_for_all", needed=needed, asked=f"{asked.sites or 0:,}")
    return speaker.say("study.some_reach_no_site", people=people)


def _why(asked: ServiceNumbers, facts: Mapping[str, Any], speaker: Speaker) -> str:
    """One text; "" where the facts do not say enough."""
    ways = [way for way in facts.get("relaxations", []) if way]
    if ways:
        both = "，并且" if speaker.lang == "zh" else ", and "
        proved = facts.get("relaxations_proved", [True] * len(ways))
        unsure = speaker.say("study.relax_unsure")
        each = [
            both.join(_parts(asked, way, speaker)) + ("" if sure else unsure)
            for way, sure in zip(ways, proved, strict=True)
        ]
        key = "study.relax_any" if len(each) > 1 else "study.relax_one"
        return speaker.say(key, ways=("；" if speaker.lang == "zh" else "; ").join(each))
    if "area_minimums_take_sites" in facts:
        needed = f"{facts['area_minimums_take_sites']:,}"
        return speaker.say("study.areas_need_more", needed=needed, asked=f"{asked.sites or 0:,}")
    if "area_minimums_take_money" in facts:
        needed = f"{facts['area_minimums_take_money']:,.10g}"
        budget = f"{asked.budget or 0:,.10g}"
        return speaker.say("study.areas_need_money", needed=needed, asked=budget)
    if "blocking_areas" in facts:
        areas = ", ".join(map(str, facts["blocking_areas"]))
        return speaker.say("study.areas_too_few_candidates", areas=areas)
    if "largest_share" in facts:
        most = facts["largest_share"]
        return speaker.say(
            "study.share_without_places",
            share=f"{asked.share or 1.0:.2%}",
            people=f"{(1.0 - most) * asked.total:,.0f}",
            most=percent_text(most),
        )
    return ""


def _parts(
    asked: ServiceNumbers, way: Mapping[str, Mapping[Any, float]], speaker: Speaker
) -> Iterator[str]:
    """What each family of constraints must become in one relaxation."""
    for family, broken in way.items():
        by = sum(broken.values())
        count = f"{np.ceil(by - NO_VIOLATION):,.0f}"
        if family == "sites":
            count = f"{(asked.sites or 0) + np.ceil(by - NO_VIOLATION):,.0f}"
        elif family == "conflicts":
            count = f"{len(broken):,}"
        people = (asked.share or 1.0) * asked.total
        areas = (f"{c}: {asked.min_sites_per_area.get(c, 0) - b:,.0f}" for c, b in broken.items())
        yield speaker.say(
            f"study.relax_{family}",
            count=count,
            money=f"{(asked.budget or 0.0) + by:,.10g}",
            share=percent_text(max(people - by, 0.0) / asked.total) if asked.total else "",
            areas=", ".join(areas) if family == "area_sites" else "",
        )
