"""Why a service has no plan: in its own numbers (all people, new sites), in the reader's language.

A siting function knows the problem's people and counts existing sites; a share or a number of sites
that it advises would be another one in the study.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from geoplan.siting.conditional.problem import ConditionalProblem
from geoplan.siting.model.result import SitingResult
from geoplan.tolerances import NO_VIOLATION, SHARE_ROUNDING
from geoplan.words.speaker import Speaker


def told_of_service(
    problem: ConditionalProblem, result: SitingResult, speaker: Speaker
) -> SitingResult:
    """An infeasible result of ``problem.solved``, with texts and facts of the whole service."""
    if result.status != "infeasible" or not result.solver:
        return result
    facts = dict(result.detail)
    if "largest_share" in facts:
        served = facts["largest_share"] * problem.solved.total + problem.served_outside
        facts["largest_share"] = served / problem.total
    for name in ("smallest_sites", "area_minimums_take_sites"):
        if name in facts:
            facts[name] -= problem.n_existing
    text = _why(problem, facts, speaker)
    return replace(result, blocking=(text,) if text else result.blocking, detail=facts)


def _why(problem: ConditionalProblem, facts: Mapping[str, Any], speaker: Speaker) -> str:
    """One text; "" where the facts do not say enough."""
    ways = [way for way in facts.get("relaxations", []) if way]
    if ways:
        both = "，并且" if speaker.lang == "zh" else ", and "
        proved = facts.get("relaxations_proved", [True] * len(ways))
        unsure = speaker.say("study.relax_unsure")
        each = [
            both.join(_parts(problem, way, speaker)) + ("" if sure else unsure)
            for way, sure in zip(ways, proved, strict=True)
        ]
        key = "study.relax_any" if len(each) > 1 else "study.relax_one"
        return speaker.say(key, ways=("；" if speaker.lang == "zh" else "; ").join(each))
    if "area_minimums_take_sites" in facts:
        needed = f"{facts['area_minimums_take_sites']:,}"
        return speaker.say("study.areas_need_more", needed=needed, asked=f"{problem.sites or 0:,}")
    if "area_minimums_take_money" in facts:
        needed = f"{facts['area_minimums_take_money']:,.10g}"
        asked = f"{problem.budget or 0:,.10g}"
        return speaker.say("study.areas_need_money", needed=needed, asked=asked)
    if "blocking_areas" in facts:
        areas = ", ".join(map(str, facts["blocking_areas"]))
        return speaker.say("study.areas_too_few_candidates", areas=areas)
    if "largest_share" in facts:
        most = facts["largest_share"]
        return speaker.say(
            "study.share_without_places",
            share=f"{problem.share or 1.0:.2%}",
            people=f"{(1.0 - most) * problem.total:,.0f}",
            most=_cut(most),
        )
    return ""


def _parts(
    problem: ConditionalProblem, way: Mapping[str, Mapping[Any, float]], speaker: Speaker
) -> Iterator[str]:
    """What each family of constraints must become in one relaxation."""
    for family, broken in way.items():
        by = sum(broken.values())
        count = f"{np.ceil(by - NO_VIOLATION):,.0f}"
        if family == "sites":
            count = f"{(problem.sites or 0) + np.ceil(by - NO_VIOLATION):,.0f}"
        elif family == "conflicts":
            count = f"{len(broken):,}"
        asked = (problem.share or 1.0) * problem.total
        areas = (f"{c}: {problem.min_sites_per_area.get(c, 0) - b:,.0f}" for c, b in broken.items())
        yield speaker.say(
            f"study.relax_{family}",
            count=count,
            money=f"{(problem.budget or 0.0) + by:,.10g}",
            share=_cut(max(asked - by, 0.0) / problem.total) if problem.total else "",
            areas=", ".join(areas) if family == "area_sites" else "",
        )


def _cut(share: float) -> str:
    """A share that can be reached, cut after four digits: what is reported must be possible."""
    return f"{np.floor(share * 1e4 + SHARE_ROUNDING) / 1e4:.2%}"
