"""The run of several cities: each as its own study, then their numbers together.

Here they are run one after the other; on a cluster each is a piece of work of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from geoplan.errors import DiskError, GeoplanError
from geoplan.results.cities import SharedSites
from geoplan.study.cities.check import joined_inputs, of_city, part_of
from geoplan.study.cities.on_cluster import CitiesFound, CitiesWork, curves_on, run_on_cluster
from geoplan.study.cities.one_city import CityTask, read_only, run_city
from geoplan.study.cities.opening import faults_of, opened_cities, services_by_city, stopped
from geoplan.study.cities.plan import CitiesPlan, plan_of_all
from geoplan.study.cities.share import CurvesOf, as_reached, curves_here, shared_sites
from geoplan.study.cities.write import whole_folder, write_whole
from geoplan.study.cluster.link import linked
from geoplan.study.progress import Progress
from geoplan.study.read.report_template import unusable_template
from geoplan.study.run_folder import Basemap
from geoplan.study.settings import StudySettings
from geoplan.words.message import Message

#: about how much of the work sharing sites is
_SHARE_PART = 0.2


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
    lang, at = study.config.lang, (0, 1)

    def shown(done: int, total: int, text: str) -> None:
        nonlocal at
        at = done, total
        progress(done, total, text)

    def tell(message: Message) -> None:
        progress(*at, message.text(lang))

    with linked(order.scheduler, tell=tell) as cluster:
        begin = _SHARE_PART if _shares(study) else 0.0
        curves = curves_here if cluster is None else partial(curves_on, cluster, study.folder)
        tasks, shared = _tasks(study, order, part_of(shown, 0.0, begin), curves)
        work = CitiesWork(
            tasks=tasks,
            whole=study.folder,
            lang=lang,
            folder=folder,
            basemap=basemap,
            progress=part_of(shown, begin, 1.0),
        )
        found = _run_here(work) if cluster is None else run_on_cluster(cluster, work)
        facts = None if cluster is None else {**cluster.facts(), "bytes_of_files": found.weights}
    names = [task.city.name for task in tasks]
    if found.faults:
        faults = [fault for name in names for fault in found.faults.get(name, ())]
        raise stopped(study, faults)
    done = [found.done[name] for name in names]
    for key, one in shared.items():
        plans = {d.result.name: d.sited[key] for d in done if key in d.sited}
        shared[key] = as_reached(study, one, plans)
    plan = plan_of_all(
        study,
        [one.result for one in done],
        inputs=joined_inputs([one.inputs for one in done], findings=study.findings),
        facts={one.result.name: one.facts for one in done},
        shared=shared,
        plans={one.result.name: one.plan for one in done if one.plan is not None},
        audience=order.audience,
    )
    if facts is None:
        return plan
    whole = replace(plan.whole, run={**plan.whole.run, "cluster": facts})
    return replace(plan, whole=whole, results=replace(plan.results, run=whole.run))


def _run_here(work: CitiesWork) -> CitiesFound:
    """Every city, one after the other."""
    found = CitiesFound()
    for k, task in enumerate(work.tasks):
        name = task.city.name
        told = of_city(work.progress, name, k, len(work.tasks) + 1)
        own = None if work.folder is None else work.folder / name
        try:
            if found.faults:
                read_only(task, told)
            else:
                found.done[name] = run_city(task, folder=own, basemap=work.basemap, progress=told)
        except DiskError:
            raise
        except GeoplanError as error:
            found.faults[name] = faults_of(name, error, work.lang)
    return found


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
    study: StudySettings, order: CitiesOrder, progress: Progress, curves: CurvesOf
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
    cities, shared = shared_sites(study, cities, services, progress=progress, curves=curves)
    return [
        CityTask(
            city=city,
            services=tuple(services[city.name]),
            shared=frozenset(shared),
            audience=order.audience,
            cache=order.cache,
        )
        for city in cities
    ], shared
