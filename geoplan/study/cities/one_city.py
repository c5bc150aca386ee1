"""One city from its files to its results, or to its folder.

The unit of work that can be done anywhere its files can be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from geoplan.results import SitingOutcome
from geoplan.results.cities import CityResult
from geoplan.study.cities.check import named_inputs, part_of
from geoplan.study.cities.keep import kept_of
from geoplan.study.cities.opening import City
from geoplan.study.cities.write import write_city
from geoplan.study.plan import Plan
from geoplan.study.progress import Progress, silent
from geoplan.study.read.load import StudyInputs, refuse_blocked
from geoplan.study.reading import read_inputs
from geoplan.study.run import run_study
from geoplan.study.run_folder import Basemap

#: about how much of a city's work is done before its outputs
_RUN_PART = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class CityTask:
    """One city's run, as values that can be sent elsewhere.

    city : its name and its study. services : keys. shared : those whose sites cities share.
    The rest is as in `Study.run`.
    """

    city: City
    services: tuple[str, ...]
    shared: frozenset[str] = frozenset()
    audience: str = "internal"
    cache: bool = True


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CityDone:
    """One city that was run: what the whole needs of it, and its plan unless that is written.

    sited : its plans of the services that it shares.
    """

    result: CityResult
    inputs: StudyInputs
    facts: Mapping[str, Any]
    plan: Plan | None = None
    sited: Mapping[str, SitingOutcome] = field(default_factory=dict)


def run_city(
    task: CityTask,
    *,
    folder: Path | None = None,
    basemap: Basemap | None = None,
    progress: Progress = silent,
) -> CityDone:
    """Run one city; the results are those of its study alone.

    Parameters
    ----------
    task : what to run.
    folder : where its results are written, as of a run of its own; then its plan is let go. None:
        nothing is written.
    basemap : what lies under its maps. progress : called with (done, total, text).

    Raises
    ------
    GeoplanError
        As a run of the city alone.
    """
    study = task.city.study
    plan = run_study(
        study,
        list(task.services),
        audience=task.audience,
        scheduler=None,  # a city is one piece of work, wherever it is done
        progress=progress if folder is None else part_of(progress, 0.0, _RUN_PART),
        cache=task.cache,
    )
    if plan.interrupted:
        raise KeyboardInterrupt
    result = kept_of(task.city, plan)
    done = CityDone(
        result=result,
        inputs=named_inputs(task.city, plan.inputs),
        facts=plan._edition().run,
        sited={
            key: one.siting
            for key, one in plan.results.services.items()
            if key in task.shared and one.siting is not None
        },
        plan=plan,
    )
    if folder is None:
        return done
    told = part_of(progress, _RUN_PART, 1.0)
    write_city(plan, folder, basemap=basemap or Basemap(), progress=told)
    # rows and layers are of no more use: a province would hold all of them at once
    return replace(done, plan=None, inputs=replace(done.inputs, loaded=()))


def read_only(task: CityTask, progress: Progress) -> None:
    """Find what would stop a city, without running it."""
    found = read_inputs(task.city.study, services=list(task.services), progress=progress)
    refuse_blocked(found, task.city.study.config.speaker)
