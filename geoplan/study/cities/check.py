"""All inputs of all cities read: one list of files and findings, each with its city's name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from geoplan.errors import GeoplanError
from geoplan.inputs.findings.finding import Finding, InputRecord, Loaded
from geoplan.study.cities.opening import (
    City,
    faults_of,
    findings_of,
    in_city,
    opened_cities,
    services_by_city,
)
from geoplan.study.progress import Progress
from geoplan.study.read.load import StudyInputs
from geoplan.study.read.report_template import unusable_template
from geoplan.study.reading import read_inputs
from geoplan.study.settings import StudySettings

#: steps of one city in a bar of all
_STEPS = 100
#: steps of a bar that is cut into parts
_FINE = 1_000


def check_cities(
    study: StudySettings, *, services: str | Iterable[str] | None, progress: Progress
) -> StudyInputs:
    """Every input of every city; what is wrong with a city's study file is a finding like others.

    Parameters
    ----------
    study : of several cities.
    services : keys or names; None reads everything.
    progress : called with (done, total, text); the text names the city.
    """
    opened = opened_cities(study)
    wanted = services_by_city(opened.cities, services, study.config.lang)
    parts: list[StudyInputs] = []
    for k, city in enumerate(opened.cities):
        keys = None if services is None else wanted[city.name]
        told = of_city(progress, city.name, k, len(opened.cities))
        try:
            found = read_inputs(city.study, services=keys, progress=told)
        except GeoplanError as error:  # what is no finding of a file: a disk, an extra
            found = StudyInputs(findings=faults_of("", error, study.config.lang))
        parts.append(named_inputs(city, found))
    return joined_inputs(
        parts,
        findings=(
            *study.findings,
            *opened.faults,
            *unusable_template(study.config, study.folder),
        ),
    )


def joined_inputs(parts: Iterable[StudyInputs], findings: Iterable[Finding] = ()) -> StudyInputs:
    """The files and findings of several cities; their layers stay with the cities.

    findings : of the whole, before those of the cities.
    """
    parts = list(parts)
    return StudyInputs(
        records=tuple(record for part in parts for record in part.records),
        findings=(*findings, *(one for part in parts for one in part.findings)),
        loaded=tuple(one for part in parts for one in part.loaded),
    )


def named_inputs(city: City, inputs: StudyInputs) -> StudyInputs:
    """Files, findings and rows set aside of one city, its name before each file's."""
    name = city.name
    return StudyInputs(
        records=tuple(_named_record(name, one) for one in inputs.records),
        findings=findings_of(name, inputs.findings),
        loaded=tuple(_named_layer(name, one) for one in inputs.loaded),
    )


def _named_record(city: str, record: InputRecord) -> InputRecord:
    return replace(record, path=in_city(city, record.path))


def _named_layer(city: str, one: Loaded[Any]) -> Loaded[Any]:
    aside = one.set_aside
    if "file" in aside.columns:
        aside = aside.assign(file=[in_city(city, str(file)) for file in aside["file"]])
    return replace(
        one,
        record=_named_record(city, one.record),
        findings=findings_of(city, one.findings),
        set_aside=aside,
        also=tuple(_named_layer(city, other) for other in one.also),
    )


def part_of(progress: Progress, start: float, end: float) -> Progress:
    """Who is told how far one part of the work is, which goes from `start` to `end` of the whole.

    Examples
    --------
    >>> part_of(lambda *told: print(told), 0.5, 1.0)(1, 2, "half of the second half")
    (750, 1000, 'half of the second half')
    """

    def told(done: int, total: int, text: str) -> None:
        share = start + (end - start) * done / max(total, 1)
        progress(round(_FINE * share), _FINE, text)

    return told


def of_city(progress: Progress, city: str, k: int, count: int) -> Progress:
    """Who is told how far city `k` of `count` is: in a bar of all, with its name."""

    def told(done: int, total: int, text: str) -> None:
        part = round(_STEPS * done / max(total, 1))
        progress(_STEPS * k + part, _STEPS * count, f"{city} · {text}")

    return told
