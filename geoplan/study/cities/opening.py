"""The studies of the cities that one study includes: opened, all their faults collected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from geoplan.errors import GeoplanError, InputError, StudyFileError, UsageError
from geoplan.inputs.findings.finding import Finding
from geoplan.services.standard import ServiceStandard
from geoplan.study.config.cross_checks import standard_of
from geoplan.study.config.input_files import input_files
from geoplan.study.config.study_text import read_study_text
from geoplan.study.config.toml_lines import (
    Location,
    choices_text,
    dotted,
    file_finding,
    line_of,
)
from geoplan.study.service_names import listed, service_key
from geoplan.study.settings import StudySettings, in_language
from geoplan.words import say


@dataclass(frozen=True, kw_only=True, slots=True)
class City:
    """One city: its name, and its own study with what is said of all cities laid over it."""

    name: str
    study: StudySettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """The cities whose study files hold no error, and the errors of the others."""

    cities: tuple[City, ...]
    faults: tuple[Finding, ...] = ()


def opened_cities(study: StudySettings) -> Opened:
    """Every city of a study of several: its own study, in the language of the whole.

    The standards that the whole names take the place of the cities' own, key by key.
    """
    cities: list[City] = []
    faults: list[Finding] = []
    for one in study.cities:
        try:
            own = StudySettings.open(one.file, lang=study.config.lang)
            cities.append(City(name=one.name, study=_of_all(own, study)))
        except GeoplanError as error:
            faults += faults_of(one.name, error, study.config.lang)
    if not faults:  # a key may be that of a city that cannot be opened
        faults += _unknown_services(study, cities)
    return Opened(cities=tuple(cities), faults=tuple(faults))


def _unknown_services(study: StudySettings, cities: Sequence[City]) -> Iterator[Finding]:
    """``[services.KEY]`` of the whole that no city has: it would hold of nothing."""
    assert study.of_cities is not None
    known = list(dict.fromkeys(key for city in cities for key in city.study.services))
    unknown = [key for key in study.of_cities.services if key not in known]
    if not unknown:
        return
    speaker = study.config.speaker
    lines = read_study_text(study.file, lang=speaker.lang).keys if study.file.is_file() else {}
    for key in unknown:
        where: Location = ("services", key)
        yield file_finding(
            study.file,
            speaker.say("cities.no_such_service", key=key),
            choices_text(key, known, speaker),
            line_of(lines, where) if where in lines else None,
            column=dotted(where),
        )


def _of_all(city: StudySettings, whole: StudySettings) -> StudySettings:
    assert whole.of_cities is not None
    city = in_language(city, whole.config.lang)
    shared = {
        f"services.{key}.standard": section.standard
        for key, section in whole.of_cities.services.items()
        if section.standard and key in city.services
    }
    return city.replace(shared) if shared else city


def in_city(city: str, file: str) -> str:
    """How a city's file is told of in the whole study: ``济南/people.csv``.

    Examples
    --------
    >>> in_city("济南", "people.csv"), in_city("济南", "")
    ('济南/people.csv', '济南')
    """
    return str(PurePosixPath(city) / file)


def findings_of(city: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """A city's findings, its name before each file's."""
    return tuple(replace(one, file=in_city(city, one.file)) for one in findings)


def faults_of(city: str, error: GeoplanError, lang: str) -> tuple[Finding, ...]:
    """What stopped a city's study, as findings that name it."""
    found = error.findings if isinstance(error, InputError) else ()
    if any(one.severity == "error" for one in found):
        return findings_of(city, found)
    told = Finding(
        file=city, problem=error.message(lang), advice="", severity="error", code="city_stopped"
    )
    return (*findings_of(city, found), told)


def stopped(study: StudySettings, faults: Sequence[Finding]) -> StudyFileError:
    """The error that lists what stops the cities, city by city; nothing of the whole is written."""
    speaker = study.config.speaker
    errors = [one for one in faults if one.severity == "error"]
    lines = [speaker.say("cities.stopped", count=len(errors))]
    for one in errors:
        row = "" if one.row is None else speaker.say("study.check_row", row=one.row)
        where = ", ".join(part for part in (one.file, one.sheet, row, one.column) if part)
        lines.append(f"  {where}: {one.problem} {one.advice}".rstrip())
    return StudyFileError("\n".join(lines), findings=tuple(faults))


def files_of_cities(study: StudySettings) -> list[Path]:
    """Every file that a study of several cities reads, as far as the cities' own can be opened."""
    found = [study.file, *input_files(study.config, study.folder)]
    for city in opened_cities(study).cities:
        found += [city.study.file, *input_files(city.study.config, city.study.folder)]
    return found


def services_by_city(
    cities: Sequence[City], services: str | Iterable[str] | None, lang: str
) -> dict[str, list[str]]:
    """Which services each city is asked for: those named, as far as it has them; all by default.

    Raises
    ------
    UsageError
        A service that no city has.
    """
    if services is None:
        return {one.name: one.study.services for one in cities}
    wanted = [services] if isinstance(services, str) else list(services)
    standards = {one.name: standards_of(one) for one in cities}
    known = {key: standard for own in standards.values() for key, standard in own.items()}
    unknown = [
        name for name in wanted if all(service_key(name, own) is None for own in standards.values())
    ]
    if unknown:
        named, there = ", ".join(map(repr, unknown)), listed(known, lang)
        raise UsageError(say(lang, "cities.unknown_service", keys=named, there=there))
    found: dict[str, list[str]] = {}
    for city, own in standards.items():
        keys = [service_key(name, own) for name in wanted]
        found[city] = list(dict.fromkeys(key for key in keys if key is not None))
    return found


def standards_of(city: City) -> dict[str, ServiceStandard]:
    """What a city's services are judged by."""
    return {key: standard_of(key, one) for key, one in city.study.config.services.items()}


def shared_settings(study: StudySettings) -> dict[str, Any]:
    """What a study of several cities says of them all, by service."""
    assert study.of_cities is not None
    return {
        key: section.model_dump(mode="json", exclude_none=True)
        for key, section in study.of_cities.services.items()
    }
