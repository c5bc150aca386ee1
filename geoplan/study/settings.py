"""`StudySettings`: a checked study file and its folder, opened and changed; nothing is read yet."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from geoplan.errors import UsageError
from geoplan.inputs.findings.finding import Finding
from geoplan.study.config.cross_checks import standard_of
from geoplan.study.config.include import CitiesFile, Included
from geoplan.study.config.personal_texts import personal_text_findings
from geoplan.study.config.renamed_keys import renamed_key_findings
from geoplan.study.config.schema import StudyFile
from geoplan.study.config.study_path import study_path
from geoplan.study.config.study_text import read_study_text
from geoplan.study.config.toml_lines import study_file_error
from geoplan.study.config.validate import checked
from geoplan.study.service_names import listed, service_key
from geoplan.validate import takes


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StudySettings:
    """A checked study file and the folder its paths start from: what `Study` is built upon.

    Parameters
    ----------
    config : the checked settings, section by section as in `study.toml`.
    folder : where relative paths start.
    raw : the settings as they were written.
    file : the study file.
    no_streets : what is missing of the streets: all else can be checked, nothing can be run.
    of_cities, cities : of a study of several cities, what is said of them all, and which they are;
        a study of one city has neither.
    """

    config: StudyFile
    folder: Path
    raw: Mapping[str, Any] = field(repr=False)
    file: Path
    no_streets: tuple[Finding, ...] = ()
    of_cities: CitiesFile | None = None
    cities: tuple[Included, ...] = ()

    @classmethod
    @takes(where="path", lang="text?")
    def open(cls, where: str | Path, *, lang: str | None = None) -> Self:
        """Open a study: a folder with `study.toml`, or that file.

        Parameters
        ----------
        where : the folder or the file.
        lang : language of the errors, ``"zh"`` or ``"en"``; default the study's own.

        Returns
        -------
        Study
            Its settings are checked; its files are not read yet (see `check` and `run`).

        Raises
        ------
        UsageError
            No such study.
        StudyFileError
            The file holds errors: all of them are listed, with line and valid choices. Where
            only streets are missing, `check` works and lists that; `run` refuses.

        Examples
        --------
        >>> from geoplan.study import Study, example_study
        >>> folder = example_study().folder
        >>> Study.open(folder)
        Study('Small', 1 services, EPSG:4548)
        """
        path = study_path(where, lang=lang)
        read = read_study_text(path, lang=lang)
        found = checked(read.raw, path=path, read=read)
        return cls(
            config=found.config,
            folder=path.parent,
            raw=read.raw,
            file=path,
            no_streets=found.no_streets,
            of_cities=found.of_cities,
            cities=found.cities,
        )

    def require_streets(self) -> None:
        """Refuse work that needs streets where the study has none.

        Raises
        ------
        StudyFileError
            It lists the sections and files that are missing.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> example_study().require_streets()  # it has streets: nothing is refused
        """
        if self.no_streets:
            raise study_file_error(self.file, self.no_streets, self.config.speaker)

    @property
    def name(self) -> str:
        """The study's name."""
        return self.config.study.name

    @property
    def services(self) -> list[str]:
        """Service keys."""
        return list(self.config.services)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is doubtful in the study file itself: old keys, personal data, no streets."""
        renamed = renamed_key_findings(self.raw, self.file, self.config.speaker)
        personal = personal_text_findings(self.raw, self.file, self.config.speaker)
        return (*renamed, *personal, *self.no_streets)

    @takes(changes="mapping?")
    def replace(self, changes: Mapping[str, Any] | None = None, **sections: Any) -> Self:
        """The same study with other settings: a what-if.

        Parameters
        ----------
        changes : dotted keys to values (``{"network.walk.speed_m_s": 0.8}``); a value may be a
            table as in `study.toml`; None takes a key out.
        sections : nested tables by section (``services={"meal_station": {...}}``).

        Returns
        -------
        Study
            A new one; this one stays as it is.

        Raises
        ------
        StudyFileError
            As `open`.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> farther = example_study().replace({"services.meal_station.standard.threshold_m": 1600})
        >>> farther.run().coverage["meal_station"]
        Coverage('meal_station': 230 of 290 people served, 79.3%)
        """
        raw = copy.deepcopy(dict(self.raw))
        for key, value in (changes or {}).items():
            _merge(raw, _nested(key.split("."), value))
        _merge(raw, sections)
        found = checked(raw, path=self.file)
        return replace(
            self,
            config=found.config,
            raw=raw,
            no_streets=found.no_streets,
            of_cities=found.of_cities,
            cities=found.cities,
        )


S = TypeVar("S", bound=StudySettings)


def in_language(study: S, lang: str | None) -> S:
    """The study with its texts in another language; None leaves the study's own."""
    if lang is None or lang == study.config.lang:
        return study
    if lang not in ("zh", "en"):
        raise UsageError(study.config.speaker.say("study.no_lang", lang=repr(lang)))
    return study.replace({"study.lang": lang})


def known_services(study: StudySettings, services: Iterable[str]) -> list[str]:
    """The keys of services as a list, each once; `services` names them by key or by name.

    Raises
    ------
    UsageError
        Services that the study does not have.
    """
    # one service alone is meant as one, not as its letters
    wanted = [services] if isinstance(services, str) else list(services)
    standards = {key: standard_of(key, one) for key, one in study.config.services.items()}
    keys = {name: service_key(name, standards) for name in wanted}
    unknown = [name for name, key in keys.items() if key is None]
    speaker = study.config.speaker
    if unknown and not study.services:
        raise UsageError(speaker.say("study.no_service_yet"))
    if unknown:
        named, there = ", ".join(map(repr, unknown)), listed(standards, speaker.lang)
        raise UsageError(speaker.say("study.unknown_service", keys=named, there=there))
    return list(dict.fromkeys(key for key in keys.values() if key is not None))


def _nested(parts: list[str], value: Any) -> dict[str, Any]:
    return {parts[0]: value if len(parts) == 1 else _nested(parts[1:], value)}


def _merge(into: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(into.get(key), Mapping):
            table = dict(into[key])
            _merge(table, value)
            into[key] = table
        else:
            into[key] = copy.deepcopy(value)
