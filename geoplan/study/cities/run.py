"""The run of several cities: each as its own study, then their numbers together.

`run_city` is one city from its files to its results, or to its folder: the unit of work that can be
done anywhere its files can be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from geoplan.errors import DiskError, GeoplanError
from geoplan.inputs.findings.finding import Finding
from geoplan.results import SitingOutcome
from geoplan.results.cities import CityResult, SharedSites
from geoplan.study.cities.check import joined_inputs, named_inputs, of_city, part_of
from geoplan.study.cities.keep import kept_of
from geoplan.study.cities.opening import (
    City,
    faults_of,
    opened_cities,
    services_by_city,
    stopped,
)
from geoplan.study.cities.plan import CitiesPlan, plan_of_all
from geoplan.study.cities.share import as_reached, shared_sites
from geoplan.study.cities.write import whole_folder, write_city, write_whole
from geoplan.study.plan import Plan
from geoplan.study.progress import Progress, silent
from geoplan.study.read.load import StudyInputs, refuse_blocked
from geoplan.study.read.report_template import unusable_template
from geoplan.study.reading import read_inputs
from geoplan.study.run import run_study
from geoplan.study.run_folder import Basemap
from geoplan.study.settings import StudySettings

#: about how much of a city's work is done before its outputs, and of the whole for sharing sites
_RUN_PART, _SHARE_PART = 0.5, 0.2


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
    scheduler: str | None = None
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
        scheduler=task.scheduler,
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


@dataclass(frozen=True, kw_only=True, slots=True)
class CitiesOrder:
    """What is asked of a run of several cities: the options of `Study.run`."""

    services: str | Iterable[str] | None = None
    audience: str = "internal"
    scheduler: str | None = None
    year: int | None = None
    cache: bool = True


def run_cities(
    study: StudySettings,
    order: CitiesOrder,
    *,
    folder: Path | None = None,
    basemap: Basemap | None = None,
    progress: Progress,
) -> CitiesPlan:
    """Every city run, and their numbers put together.

    Where one city cannot be run, the others are only read, so that all that is wrong is told at
    once; what was worked out is kept for the next run.

    Parameters
    ----------
    study : of several cities. order : what is asked.
    folder : where each city's results are written under its name; None: the plans are kept.
    basemap : what lies under the maps. progress : called with (done, total, text).

    Raises
    ------
    StudyFileError
        What stops the cities, with city and file.
    UsageError
        A service that no city has.
    """
    begin = _SHARE_PART if _shares(study) else 0.0
    tasks, shared = _tasks(study, order, part_of(progress, 0.0, begin))
    progress = part_of(progress, begin, 1.0)
    done: list[CityDone] = []
    faults: list[Finding] = []
    for k, task in enumerate(tasks):
        told = of_city(progress, task.city.name, k, len(tasks) + 1)
        own = None if folder is None else folder / task.city.name
        try:
            if faults:
                _read_only(task, told)
            else:
                done.append(run_city(task, folder=own, basemap=basemap, progress=told))
        except DiskError:
            raise
        except GeoplanError as error:
            faults += faults_of(task.city.name, error, study.config.lang)
    if faults:
        raise stopped(study, faults)
    for key, one in shared.items():
        plans = {d.result.name: d.sited[key] for d in done if key in d.sited}
        shared[key] = as_reached(study, one, plans)
    return plan_of_all(
        study,
        [one.result for one in done],
        inputs=joined_inputs([one.inputs for one in done], findings=study.findings),
        facts={one.result.name: one.facts for one in done},
        shared=shared,
        plans={one.result.name: one.plan for one in done if one.plan is not None},
        audience=order.audience,
    )


def _shares(study: StudySettings) -> bool:
    assert study.of_cities is not None
    return any(section.siting is not None for section in study.of_cities.services.values())


def run_into(
    study: StudySettings,
    target: Path,
    order: CitiesOrder,
    *,
    basemap: Basemap,
    progress: Progress,
) -> CitiesPlan:
    """Run all cities into the folder `target`, one after the other: one is held at a time.

    Either the whole folder is there in the end, or nothing of it.

    Raises
    ------
    StudyFileError, UsageError
        As `run_cities`; a folder that may not be replaced.
    """
    with whole_folder(target) as beside:
        plan = run_cities(study, order, folder=beside, basemap=basemap, progress=progress)
        write_whole(plan.whole, plan.inputs, beside, progress=progress)
    return plan


def _tasks(
    study: StudySettings, order: CitiesOrder, progress: Progress
) -> tuple[list[CityTask], dict[str, SharedSites]]:
    """One task per city that has what is asked for; what they share is shared out."""
    opened = opened_cities(study)
    faults = [*opened.faults, *unusable_template(study.config, study.folder)]
    for city in opened.cities:
        try:
            city.study.require_streets()
        except GeoplanError as error:
            faults += faults_of(city.name, error, study.config.lang)
    if faults:
        raise stopped(study, faults)
    cities = opened.cities
    if order.year is not None:
        cities = tuple(
            replace(city, study=city.study.replace({"study.year": order.year})) for city in cities
        )
    services = services_by_city(cities, order.services, study.config.lang)
    cities = tuple(city for city in cities if services[city.name] or order.services is None)
    cities, shared = shared_sites(study, cities, services, progress=progress)
    return [
        CityTask(
            city=city,
            services=tuple(services[city.name]),
            shared=frozenset(shared),
            audience=order.audience,
            scheduler=order.scheduler,
            cache=order.cache,
        )
        for city in cities
    ], shared


def _read_only(task: CityTask, progress: Progress) -> None:
    """Find what would stop a city, without running it."""
    found = read_inputs(task.city.study, services=list(task.services), progress=progress)
    refuse_blocked(found, task.city.study.config.speaker)
