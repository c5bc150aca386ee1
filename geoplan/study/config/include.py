"""A study of several cities: `[[include]]` names them, and a little is said of them all."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from geoplan.errors import UsageError
from geoplan.inputs.columns.personal.free_text import hide_in_text
from geoplan.inputs.findings.finding import Finding
from geoplan.study.config.cross_checks import standard_of
from geoplan.study.config.fields import Positive, Section, Whole
from geoplan.study.config.names import LONGEST_NAME
from geoplan.study.config.near_files import is_there
from geoplan.study.config.schema import ReportSection, StudyFile, StudySection
from geoplan.study.config.study_path import study_file_in
from geoplan.study.config.study_text import StudyText, read_study_text
from geoplan.study.config.toml_lines import Location, dotted, file_finding, line_of
from geoplan.words.speaker import Speaker
from geoplan.writing import file_names

#: the section that makes a study one of several cities
INCLUDE = "include"
#: what stands beside the cities' folders
_TAKEN = frozenset(
    {"figures", "findings.xlsx", "index.html", "layers.gpkg", "layers.qgz", "maps", "report.docx"}
    | {"report.html", "report.pdf", "run.json", "summary.json", "tables", "tables.xlsx"}
)


class IncludeSection(Section):
    """``[[include]]``: the study of one city, a folder or its file; `name` if not the study's."""

    path: str
    name: str | None = None


class SharedSitingSection(Section):
    """``siting = {...}``: new sites, or the money for them, that the cities share."""

    sites: Annotated[Whole, Field(ge=0)] | None = None
    budget: Positive | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.sites is None) == (self.budget is None):
            raise UsageError.of("cities.sites_or_budget")
        return self


class SharedServiceSection(Section):
    """``[services.KEY]``: what holds of one service in every city that has it."""

    standard: dict[str, Any] = Field(default_factory=dict)
    siting: SharedSitingSection | None = None


class CitiesStudySection(Section):
    """``[study]`` of several cities: places are measured in each city's own CRS."""

    name: str
    lang: Literal["zh", "en"] = "zh"
    map_approval_no: str = ""
    data_date: str = ""
    source: str = ""
    keep: bool = False


class CitiesFile(Section):
    """All of a study file with ``[[include]]``."""

    study: CitiesStudySection
    include: Annotated[list[IncludeSection], Field(min_length=1)]
    services: dict[str, SharedServiceSection] = Field(default_factory=dict)
    report: ReportSection = Field(default_factory=ReportSection)

    def as_study(self) -> StudyFile:
        """The settings that a study of one city has, too; it has no layers of its own."""
        named = self.study.model_dump()
        return StudyFile(study=StudySection(crs="", **named), report=self.report)


@dataclass(frozen=True, kw_only=True, slots=True)
class Included:
    """One city: what it is called, which is its folder's name, and its study file."""

    name: str
    file: Path


def is_of_cities(raw: Mapping[str, Any]) -> bool:
    """Whether these settings are of a study of several cities."""
    return INCLUDE in raw


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reader:
    """Collects the cities that a study includes, and what is wrong with naming them."""

    path: Path
    lines: Mapping[Location, int]
    speaker: Speaker
    cities: list[Included] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)
    files: dict[Path, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def add(self, where: Location, word: str, **values: object) -> None:
        say, column = self.speaker.say, dotted(where)
        problem, advice = say(f"cities.{word}", **values), say(f"cities.{word}_advice", **values)
        row = line_of(self.lines, where)
        self.found.append(file_finding(self.path, problem, advice, row, column=column))

    def city(self, k: int, entry: Mapping[str, Any]) -> None:
        """One ``[[include]]``; entries of another shape are the shape check's matter."""
        given, here = entry.get("path"), (INCLUDE, k, "path")
        if not isinstance(given, str):
            return
        shown = "".join(c if c.isprintable() else "?" for c in given)
        file = self._file(given)
        if file is None:
            folder = self.path.parent.name or "."
            self.add(here, "no_study", path=shown, folder=folder)
            return
        same = file.resolve()
        if same == self.path.resolve():
            self.add(here, "itself", path=shown)
            return
        if same in self.files:
            self.add(here, "twice", path=shown, other=self.files[same] + 1)
            return
        self.files[same] = k
        read = read_study_text(file, lang=self.speaker.lang)
        if is_of_cities(read.raw):
            self.add(here, "ring" if self._leads_back(file, read) else "nested", path=shown)
            return
        self._named(k, entry.get("name"), read, file)

    def _file(self, given: str) -> Path | None:
        target = self.path.parent / given
        if not is_there(target):
            return None
        return study_file_in(target) if target.is_dir() else target

    def _leads_back(self, file: Path, read: StudyText) -> bool:
        """Whether an included study of several cities includes the one that is read."""
        entries = read.raw[INCLUDE]
        for entry in entries if isinstance(entries, list) else ():
            given = entry.get("path") if isinstance(entry, Mapping) else None
            target = file.parent / given if isinstance(given, str) else None
            if target is None or not is_there(target):
                continue
            found = study_file_in(target) if target.is_dir() else target
            if found is not None and found.resolve() == self.path.resolve():
                return True
        return False

    def _named(self, k: int, given: Any, read: StudyText, file: Path) -> None:
        here: Location = (INCLUDE, k, "path" if given is None else "name")
        study = read.raw.get("study")
        own = study.get("name") if isinstance(study, Mapping) else None
        said = [text for text in (given, own) if isinstance(text, str) and text.strip()]
        name = unicodedata.normalize("NFC", said[0] if said else file.parent.resolve().name)
        shown = "".join(c if c.isprintable() else "?" for c in name)
        folded = name.casefold()
        safe = file_names([name])[name]
        if hide_in_text(name) != name:
            self.add(here, "personal_name")
        elif safe != name or len(name) > LONGEST_NAME:
            self.add(here, "no_folder", name=shown, other=safe)
        elif folded in _TAKEN:
            self.add(here, "name_taken", name=shown)
        elif folded in self.names:
            self.add(here, "same_name", name=shown, other=self.names[folded])
        else:
            self.names[folded] = name
            self.cities.append(Included(name=name, file=file))


def included_cities(
    raw: Mapping[str, Any], *, path: Path, lines: Mapping[Location, int], speaker: Speaker
) -> tuple[tuple[Included, ...], list[Finding]]:
    """The cities that settings include, and what is wrong with how they are named.

    A study that is missing, named twice, or itself of several cities (which may include this one);
    names that cannot be folders beside each other on every system; standards that make no sense.

    Parameters
    ----------
    raw : settings with ``[[include]]``. path, lines : the file, and the line of every key.
    """
    reader = _Reader(path=path, lines=lines, speaker=speaker)
    entries = raw[INCLUDE]
    for k, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, Mapping):
            reader.city(k, entry)
    return tuple(reader.cities), [*reader.found, *_standards(raw, path, lines, speaker)]


def _standards(
    raw: Mapping[str, Any], path: Path, lines: Mapping[Location, int], speaker: Speaker
) -> Iterator[Finding]:
    """What is said of all cities' standards, as far as it can be judged without theirs."""
    services = raw.get("services")
    for key, entry in services.items() if isinstance(services, Mapping) else ():
        if isinstance(entry, Mapping) and isinstance(entry.get("standard"), Mapping):
            try:
                standard_of(str(key), {"standard": entry["standard"]})
            except UsageError as error:
                where: Location = ("services", str(key), "standard")
                problem = error.message(speaker.lang)
                row = line_of(lines, where)
                yield file_finding(path, problem, "", row, column=dotted(where))
