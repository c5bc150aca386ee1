"""The programme of a study: all services that have actions planned together, year by year."""

from __future__ import annotations

from collections.abc import Mapping

from geoplan.errors import UsageError
from geoplan.results import Programme, ServiceResult
from geoplan.siting import programme
from geoplan.siting.solver.request import SolveRequest
from geoplan.study.programme.joint_problem import joint_problem
from geoplan.study.programme.outcome import service_programmes
from geoplan.study.programme.service_part import service_part
from geoplan.study.read.context import Context


def services_with_actions(context: Context, keys: Mapping[str, object] | list[str]) -> list[str]:
    """Services among `keys` that a programme plans for; none where the study has no programme."""
    if context.config.programme is None:
        return []
    return [key for key in keys if context.config.services[key].actions is not None]


def programmes(context: Context, services: Mapping[str, ServiceResult]) -> dict[str, Programme]:
    """What each of the services that have actions does in which year.

    Raises
    ------
    UsageError, SitingError
        A service with actions that is not assessed by reach; rules that make no sense, all at once.
    """
    section = context.config.programme
    keys = services_with_actions(context, list(services))
    if section is None or not keys:
        return {}
    for key in keys:
        if services[key].coverage is None or services[key].facilities is None:
            raise UsageError(context.speaker.say("study.programme_needs_reach", key=key))
    parts = [
        service_part(
            context,
            services[key],
            section.years,
            context.inputs.projects.get(key, ()),
            most=section.max_candidates,
        )
        for key in keys
    ]
    levels = list(context.inputs.areas)
    worst = levels[0] if section.objective == "worst_area" and levels else None
    problem = joint_problem(parts, section, levels=levels, worst=worst)
    request = SolveRequest(
        time_limit_s=section.time_limit_s, gap=section.gap, seed=context.config.study.seed
    )
    result = programme(problem, objective=section.objective, request=request)
    if result.detail.get("interrupted"):
        raise KeyboardInterrupt  # a run that somebody stops ends, and keeps no half plan
    return service_programmes(context, dict(services), parts, problem, result)
