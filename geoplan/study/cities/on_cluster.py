"""All cities run on a cluster: each is a piece of work of its own, whatever order they end in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from geoplan.errors import DiskError, GeoplanError
from geoplan.inputs.files.gate.limits import current_limits
from geoplan.inputs.findings.finding import Finding
from geoplan.outputs.report.word.pdf import pdf_begun
from geoplan.siting.joint.sharing import CityCurve
from geoplan.study.cache.fingerprint import FileDigests, code_key, environment_key, key_of
from geoplan.study.cache.store import Store
from geoplan.study.cities.elsewhere import (
    CityAnswer,
    CityFiles,
    CityParcel,
    files_of_city,
    run_elsewhere,
)
from geoplan.study.cities.one_city import CityDone, CityTask, read_only, run_city
from geoplan.study.cities.opening import City, faults_of
from geoplan.study.cities.share import curves_here
from geoplan.study.cities.write import recorded_again, write_city
from geoplan.study.cluster.link import Cluster
from geoplan.study.cluster.parcel import WHERE_VARIABLE, Parcel
from geoplan.study.cluster.tasks import worked_out
from geoplan.study.progress import Progress, silent
from geoplan.study.run import report_form
from geoplan.study.run_folder import Basemap

#: steps of one city in a bar of all
_STEPS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class CitiesWork:
    """What is to be done with every city.

    Parameters
    ----------
    tasks : a city each.
    whole : the folder of the study of all of them.
    lang : of what is told.
    folder : where each city's results are written under its name; None: the plans are kept.
    basemap : what lies under the maps. progress : called with (done, total, text).
    """

    tasks: Sequence[CityTask]
    whole: Path
    lang: str
    folder: Path | None = None
    basemap: Basemap | None = None
    progress: Progress = silent

    @property
    def away(self) -> Basemap | None:
        """The basemap where workers can write a city's folder; None where they cannot.

        Tiles of this machine's own are not sent.
        """
        under = self.basemap or Basemap()
        is_ours = under.name is not None and Path(under.name).is_dir()
        return None if self.folder is None or is_ours else under


@dataclass(kw_only=True, slots=True)
class CitiesFound:
    """What became of the cities, by name.

    Mutable: cities end one after the other.

    weights : bytes of the files of each that a worker ran.
    """

    done: dict[str, CityDone] = field(default_factory=dict)
    faults: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    weights: dict[str, int] = field(default_factory=dict)


def run_on_cluster(cluster: Cluster, work: CitiesWork) -> CitiesFound:
    """Every city by a worker, but for those that an earlier run has kept or that cannot be sent.

    Where one city cannot be run, those that have not begun are only read. The largest begin first.

    Raises
    ------
    GeoplanError
        The cluster is lost, or one city failed on several workers.
    """
    found = CitiesFound()
    by_name = {task.city.name: task for task in work.tasks}
    files = {name: files_of_city(task.city.study) for name, task in by_name.items()}
    sent = {name: own for name, own in files.items() if own is not None}
    weights = {name: own.weight for name, own in sent.items()}
    keys = {name: _kept_key(by_name[name], work) for name in sent}
    store = Store.of_user()
    left: list[str] = []
    for name in sorted(sent, key=lambda name: -weights[name]):
        kept = store.found(keys[name])
        if kept is None:
            left.append(name)
        else:
            _take(found, work, by_name[name], kept)
    here = [name for name in by_name if name not in sent]
    total = len(by_name)

    def tell(text: str, at: dict[str, Any] | None = None) -> None:
        said = cluster.heard.by_name if at is None else at
        shares = [min(done / max(of, 1), 1.0) for n, (done, of, _) in said.items() if n in left]
        finished = total - len(left) - len(here)
        work.progress(round(_STEPS * (finished + sum(shares))), _STEPS * (total + 1), text)

    def under_way() -> None:
        finished = total - len(left) - len(here)
        tell(cluster.state(finished, total, what="cities_under_way").text(work.lang))

    def heard(by_city: dict[str, Any]) -> None:
        for name, (_, _, text) in by_city.items():
            if name in left:
                tell(f"{name} · {text}", by_city)

    cluster.listen(heard)
    under_way()
    parcel = partial(_parcel, cluster, work, found, by_name, sent)
    for name, answer in worked_out(cluster, run_elsewhere, None, list(left), own=parcel):
        left.remove(name)
        found.weights[name] = weights[name]
        # a file that was changed meanwhile may have been sent as it was or as it is
        if answer.done is not None and keys[name] == _kept_key(by_name[name], work):
            store.reused(keys[name], lambda answer=answer: answer)  # type: ignore[misc]
        _take(found, work, by_name[name], answer)
        under_way()
    for name in here:
        work.progress(_STEPS * (total - len(here)), _STEPS * (total + 1), name)
        _run_here(found, work, by_name[name])
    return found


def _parcel(
    cluster: Cluster,
    work: CitiesWork,
    found: CitiesFound,
    tasks: dict[str, CityTask],
    files: dict[str, CityFiles],
    name: str,
) -> CityParcel:
    """A city to be run, as it is sent now."""
    parcel = _sent_now(cluster, work.whole, tasks[name], files[name])
    return replace(parcel, basemap=work.away, only_read=bool(found.faults))


def _sent_now(cluster: Cluster, whole: Path, task: CityTask, own: CityFiles) -> CityParcel:
    """A city with its files as they are; those that workers see are not sent."""
    where, base = os.environ.get(WHERE_VARIABLE, "").strip(), whole.resolve()
    seen = {
        as_sent: path.relative_to(base).as_posix()
        for as_sent, path in own.paths.items()
        if path.is_relative_to(base)
    }
    return CityParcel(
        task=task,
        files=Parcel.of(own.paths, seen=seen, where=where),
        place=own.place,
        limits=asdict(current_limits()),
        topic=cluster.heard.topic,
    )


def curves_on(
    cluster: Cluster,
    whole: Path,
    cities: Sequence[City],
    key: str,
    most: Sequence[int],
    progress: Progress,
) -> list[CityCurve | tuple[Finding, ...]]:
    """`geoplan.study.cities.share.curves_here`, each curve by a worker.

    whole : the folder of the study of all of them.
    """
    asked = {city.name: CityTask(city=city, services=(key,)) for city in cities}
    number = dict(zip(asked, most, strict=True))
    files = {name: files_of_city(task.city.study) for name, task in asked.items()}
    sent = {name: own for name, own in files.items() if own is not None}
    found: dict[str, CityCurve | tuple[Finding, ...]] = {}

    def parcel(name: str) -> CityParcel:
        own = _sent_now(cluster, whole, asked[name], sent[name])
        return replace(own, curve_to=number[name])

    names = sorted(sent, key=lambda name: -sent[name].weight)
    for name, answer in worked_out(cluster, run_elsewhere, None, names, own=parcel):
        found[name] = answer.faults if answer.curve is None else answer.curve
        told = cluster.state(len(found), len(cities), what="curves_under_way")
        progress(len(found), len(cities), told.text(cities[0].study.config.lang))
    here = [city for city in cities if city.name not in sent]
    numbers = [number[city.name] for city in here]
    for city, one in zip(here, curves_here(here, key, numbers, progress), strict=True):
        found[city.name] = one
    return [found[city.name] for city in cities]


def _take(found: CitiesFound, work: CitiesWork, task: CityTask, answer: CityAnswer) -> None:
    """A worker's answer as if the city had been run here."""
    name = task.city.name
    if answer.faults:
        found.faults[name] = answer.faults
    if answer.done is None:
        return
    form = report_form(task.city.study)  # its template's place is this machine's
    done, plan = answer.done, answer.done.plan
    done = replace(done, result=replace(done.result, info=replace(done.result.info, report=form)))
    if plan is not None:
        results = replace(plan.results, info=replace(plan.results.info, report=form))
        plan = replace(plan, results=results)
    if work.folder is not None and plan is not None:
        write_city(
            plan, work.folder / name, basemap=work.basemap or Basemap(), progress=work.progress
        )
        plan, done = None, replace(done, inputs=replace(done.inputs, loaded=()))
    elif work.folder is not None:
        _write(work.folder / name, answer, pdf=form.pdf)
    found.done[name] = replace(done, plan=plan)


def _write(folder: Path, answer: CityAnswer, *, pdf: bool) -> None:
    """The city's folder; the PDF, too, where the worker could make none."""
    for name, body in answer.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    if pdf and not (folder / "report.pdf").exists():
        with pdf_begun(folder / "report.docx") as finished:
            made = finished()
        if made is not None:
            recorded_again(folder)


def _run_here(found: CitiesFound, work: CitiesWork, task: CityTask) -> None:
    """A city whose files cannot be sent."""
    name = task.city.name
    folder = None if work.folder is None else work.folder / name
    try:
        if found.faults:
            read_only(task, silent)
        else:
            found.done[name] = run_city(task, folder=folder, basemap=work.basemap)
    except DiskError:
        raise
    except GeoplanError as error:
        found.faults[name] = faults_of(name, error, work.lang)


def _kept_key(task: CityTask, work: CitiesWork) -> str | None:
    """A key of all that a city's answer depends on; None where it is not to be kept."""
    if not task.cache or (work.basemap is not None and work.basemap.name is not None):
        return None
    study = task.city.study
    settings = study.config.model_dump(mode="json")
    content = FileDigests(study.folder).named_in(settings)
    if content is None:
        return None
    return key_of(
        "city",
        code_key(),
        environment_key(),
        study.file.name,
        task.city.name,
        study.raw,
        settings,
        list(task.services),
        sorted(task.shared),
        task.audience,
        work.folder is None,
        date.today().isoformat(),
        content,
    )
