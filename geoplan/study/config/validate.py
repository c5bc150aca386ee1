"""`study.toml` read and checked: every fault at once, by line, with the valid choices."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pyproj
from pydantic import BaseModel, ValidationError

from geoplan.crs.projected import unfit_reason
from geoplan.errors import GeoplanError, UsageError
from geoplan.inputs.files.database import is_database_url
from geoplan.inputs.findings.finding import Finding
from geoplan.services.catalogue import standard_for
from geoplan.services.standard import MODES, ServiceStandard
from geoplan.study.config.renamed_keys import with_new_keys
from geoplan.study.config.schema import StudyFile
from geoplan.study.config.toml_lines import (
    Location,
    choices_text,
    dotted,
    file_finding,
    key_lines,
    line_of,
    study_file_error,
)
from geoplan.words import say_both
from geoplan.words.speaker import Speaker


def study_path(where: str | Path) -> Path:
    """The study file for a folder or a file.

    Raises
    ------
    UsageError
        When neither the folder's `study.toml` nor the file exists.
    """
    path = Path(where)
    if path.is_dir():
        path = path / "study.toml"
    if not path.is_file():
        # there is no study whose language could be taken
        raise UsageError(say_both("study.no_study", where=where))
    return path


def read_study_file(path: Path) -> dict[str, Any]:
    """The file's contents as a plain dict.

    Raises
    ------
    StudyFileError
        When it is no UTF-8 or no TOML; the message has the line.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        problem = say_both("study.not_utf8")
        raise study_file_error(
            path, [file_finding(path, problem, "", None)], Speaker("en")
        ) from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        problem = say_both("study.not_toml") + f": {error}"
        finding = file_finding(path, problem, "", int(line.group(1)) if line else None)
        raise study_file_error(path, [finding], Speaker("en")) from error


#: code of faults that only say that there are no streets yet: all else can be checked before
NO_STREETS = "no_streets"


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedFile:
    """A study file's settings; `no_streets` are the faults that a run has to wait for."""

    config: StudyFile
    no_streets: tuple[Finding, ...] = ()


def checked(raw: Mapping[str, Any], *, path: Path, text: str = "") -> CheckedFile:
    """`raw` as a `StudyFile`, or one error that lists every fault with its line.

    Where streets alone are missing, a file or a section, nothing is raised: places and areas can be
    checked first.

    Parameters
    ----------
    raw : the file's contents.
    path : where it stands; relative paths start there.
    text : the file's text, for line numbers; empty for a study made in Python.

    Raises
    ------
    StudyFileError
    """
    raw = with_new_keys(raw)
    study = raw.get("study")
    lang = study.get("lang", "zh") if isinstance(study, Mapping) else "zh"
    speaker = Speaker(lang if lang in ("zh", "en") else "zh")
    lines = key_lines(text)
    config: StudyFile | None = None
    findings: list[Finding] = []
    try:
        config = StudyFile.model_validate(dict(raw))
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            findings.append(_shape_fault(fault, path=path, lines=lines, speaker=speaker))
    # references are checked even where single values are wrong: all faults in one round
    findings.extend(_cross_checks(raw, path=path, lines=lines, speaker=speaker))
    if config is None or any(f.code != NO_STREETS for f in findings):
        raise study_file_error(path, findings, speaker)
    return CheckedFile(config=config, no_streets=tuple(findings))


def _model_at(where: Location) -> type[BaseModel] | None:
    """The model that holds the fields at `where` (dict keys and list positions passed over)."""
    kind: Any = StudyFile
    for part in where:
        kind = _strip(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if part not in kind.model_fields:
                return None
            kind = kind.model_fields[str(part)].annotation
        elif get_origin(kind) in (dict, list):
            kind = get_args(kind)[-1]
        else:
            return None
    kind = _strip(kind)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _strip(kind: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        models = [k for k in get_args(kind) if isinstance(k, type) and issubclass(k, BaseModel)]
        return models[0] if models else kind
    return kind


#: parts of a fault's location that are no keys of the file
_MARKS = ("[key]", "[number]", "[table]")


def _shape_fault(
    fault: Mapping[str, Any], *, path: Path, lines: Mapping[Location, int], speaker: Speaker
) -> Finding:
    where: Location = tuple(p for p in fault["loc"] if p not in _MARKS)
    kind = fault["type"]
    value = fault.get("input")
    key = str(where[-1]) if where else ""
    model = _model_at(where[:-1])
    advice = ""
    if kind == "extra_forbidden":
        problem = speaker.say("study.unknown_key", key=dotted(where))
        advice = choices_text(key, model.model_fields if model else (), speaker)
        shown = ""
    elif kind == "missing":
        problem = speaker.say("study.missing_key", key=dotted(where))
        advice = speaker.say(f"study.hint_{key}") if key in ("crs", "name", "path") else ""
        shown = ""
    elif kind == "literal_error":
        shown = str(value)
        problem = speaker.say("study.not_a_choice", key=dotted(where), value=shown)
        valid = re.findall(r"'([^']+)'", fault["ctx"]["expected"])
        advice = choices_text(shown, valid, speaker)
    elif kind == "value_error":
        shown = ""
        error = fault["ctx"]["error"]
        known = isinstance(error, GeoplanError)
        problem = f"{dotted(where)}: {error.message(speaker.lang) if known else error}."
    else:
        shown = "" if isinstance(value, dict | list) else str(value)
        problem = speaker.say(
            "study.wrong_value", key=dotted(where), value=shown, why=_why(fault, speaker)
        )
    return file_finding(
        path, problem, advice, line_of(lines, where), column=dotted(where), value=shown
    )


#: what the checker calls a fault, and our words for it
_WHYS = {
    "int_parsing": "whole",
    "int_type": "whole",
    "int_from_float": "whole",
    "float_parsing": "number",
    "float_type": "number",
    "finite_number": "number",
    "greater_than_equal": "ge",
    "greater_than": "gt",
    "less_than_equal": "le",
    "less_than": "lt",
    "string_type": "text",
    "bool_type": "bool",
    "bool_parsing": "bool",
    "list_type": "list",
    "dict_type": "table",
    "model_type": "table",
    "model_attributes_type": "table",
}


def _why(fault: Mapping[str, Any], speaker: Speaker) -> str:
    """What is wrong with a value, in the reader's language."""
    why = _WHYS.get(str(fault["type"]))
    if why is None:
        return str(fault["msg"])
    limits = {k: f"{v:g}" for k, v in fault.get("ctx", {}).items() if isinstance(v, int | float)}
    return speaker.say(f"study.why_{why}", **(limits or {"x": ""}))


def _table(raw: Mapping[str, Any], key: str) -> dict[str, Mapping[str, Any]]:
    """The sub-tables of a section; what is no table is the shape check's matter."""
    section = raw.get(key)
    if not isinstance(section, Mapping):
        return {}
    return {str(k): v for k, v in section.items() if isinstance(v, Mapping)}


@dataclass(frozen=True, kw_only=True, slots=True)
class _CrossChecks:
    """Collects what checks sections together and does not hold."""

    path: Path
    lines: Mapping[Location, int]
    speaker: Speaker
    found: list[Finding] = field(default_factory=list)

    def add(
        self,
        where: Location,
        problem: str,
        advice: str = "",
        value: object = "",
        *,
        code: str = "study_file",
    ) -> None:
        row, column = line_of(self.lines, where), dotted(where)
        self.found.append(
            file_finding(
                self.path, problem, advice, row, column=column, value=str(value), code=code
            )
        )

    def file_at(self, where: Location, name: Any) -> None:
        streets = len(where) == 3 and (where[0], where[2]) == ("network", "path")
        code = NO_STREETS if streets else "study_file"
        for one in name if isinstance(name, list) else [name]:
            if not isinstance(one, str) or is_database_url(one):
                continue
            if not (self.path.parent / one).exists():
                folder = self.path.parent.name or "."
                advice = self.speaker.say("study.no_file_advice", folder=folder)
                problem = self.speaker.say("study.no_file", file=one)
                self.add(where, problem, advice, one, code=code)

    def one_of(self, where: Location, value: Any, valid: Iterable[str], what: str) -> None:
        valid = list(valid)
        if isinstance(value, str) and value not in valid:
            key = dotted(where)
            problem = self.speaker.say("study.points_nowhere", key=key, value=value, what=what)
            self.add(where, problem, choices_text(value, valid, self.speaker), value)


def _cross_checks(
    raw: Mapping[str, Any], *, path: Path, lines: Mapping[Location, int], speaker: Speaker
) -> list[Finding]:
    """Files that are missing, names that point nowhere, standards that make no sense."""
    checks = _CrossChecks(path=path, lines=lines, speaker=speaker)
    _check_crs(raw, checks)
    _check_files(raw, checks)
    areas, networks = _table(raw, "areas"), _table(raw, "network")
    demand, services = _table(raw, "demand"), _table(raw, "services")
    for level, entry in areas.items():
        where = ("areas", level, "parent")
        checks.one_of(where, entry.get("parent"), set(areas) - {level}, "[areas]")
    for key, entry in demand.items():
        target = entry.get("sum_to")
        if isinstance(target, Mapping):
            checks.file_at(("demand", key, "sum_to", "path"), target.get("path"))
            at_level = ("demand", key, "sum_to", "level")
            checks.one_of(at_level, target.get("level"), areas, "[areas]")
    for key, entry in services.items():
        checks.one_of(("services", key, "demand"), entry.get("demand"), demand, "[demand]")
        _check_siting(key, entry, services, checks)
        _check_area_shares(key, entry, areas, checks)
        if isinstance(rate := entry.get("rate"), Mapping):
            _check_rate(key, rate, areas, demand, checks)
        fund = entry.get("fund")
        for name in fund.get("pays") or [] if isinstance(fund, Mapping) else []:
            checks.one_of(("services", key, "fund", "pays"), name, services, "[services]")
        _check_standard(key, entry, networks, demand, checks)
    return checks.found


def _check_rate(
    key: str,
    rate: Mapping[str, Any],
    areas: Iterable[str],
    demand: Iterable[str],
    checks: _CrossChecks,
) -> None:
    where = ("services", key, "rate")
    checks.one_of((*where, "level"), rate.get("level", "district"), areas, "[areas]")
    others = rate.get("demand")
    for column, name in others.items() if isinstance(others, Mapping) else ():
        checks.one_of((*where, "demand", column), name, demand, "[demand]")
    counts, money = (
        [value] if isinstance(value, str) else value if isinstance(value, list) else []
        for value in (rate.get("count"), rate.get("money"))
    )
    for column in money:
        checks.one_of((*where, "money"), column, counts, "count")


def _check_files(raw: Mapping[str, Any], checks: _CrossChecks) -> None:
    for section in ("areas", "network", "demand", "services", "background"):
        for key, entry in _table(raw, section).items():
            for name in ("path", "lines", "required", "barriers", "elevation", "links"):
                if name in entry:
                    checks.file_at((section, key, name), entry[name])


def _check_crs(raw: Mapping[str, Any], checks: _CrossChecks) -> None:
    study = raw.get("study")
    if not isinstance(study, Mapping) or not isinstance(study.get("crs"), str):
        return
    where, given = ("study", "crs"), study["crs"]
    hint = checks.speaker.say("study.hint_crs")
    try:
        crs = pyproj.CRS.from_user_input(given)
    except pyproj.exceptions.CRSError:
        checks.add(where, checks.speaker.say("study.bad_crs", crs=given), hint, given)
        return
    if not crs.is_projected:
        checks.add(where, checks.speaker.say("study.crs_in_degrees", crs=given), hint, given)
    elif unfit_reason(crs):
        checks.add(where, checks.speaker.say("study.crs_unfit", crs=given), hint, given)


def _check_siting(
    key: str, entry: Mapping[str, Any], services: Mapping[str, Any], checks: _CrossChecks
) -> None:
    siting = entry.get("siting")
    if not isinstance(siting, Mapping):
        return
    checks.file_at(("services", key, "siting", "forbidden"), siting.get("forbidden"))
    candidates = siting.get("candidates", "network")
    where = ("services", key, "siting", "candidates")
    if not isinstance(candidates, str) or candidates in ("network", "demand"):
        return
    if candidates.startswith("facilities:"):
        checks.one_of(where, candidates.removeprefix("facilities:"), services, "[services]")
    elif not (checks.path.parent / candidates).exists():
        valid = ("network", "demand", "facilities:KEY", "a file")
        problem = checks.speaker.say("study.bad_candidates", value=candidates)
        checks.add(where, problem, choices_text(candidates, valid, checks.speaker), candidates)


def _check_area_shares(
    key: str, entry: Mapping[str, Any], areas: Iterable[str], checks: _CrossChecks
) -> None:
    """One share for all areas needs a level; capacity and shares of areas do not go together."""
    siting = entry.get("siting")
    given = siting.get("min_share_per_area") if isinstance(siting, Mapping) else None
    if given is None or not isinstance(siting, Mapping):
        return
    where, levels = ("services", key, "siting", "min_share_per_area"), list(areas)
    named = isinstance(given, Mapping) or siting.get("min_sites_per_area")
    if not levels or (not named and len(levels) > 1):
        listed = ", ".join(levels) or "-"
        checks.add(where, checks.speaker.say("study.area_shares_level", key=key, levels=listed))
    if siting.get("capacity") is None or not isinstance(entry.get("standard", {}), Mapping):
        return
    try:
        limited = standard_of(key, entry).capacity_limits
    except UsageError:  # the check of the standard says so
        return
    if limited:
        checks.add(where, checks.speaker.say("study.area_shares_capacity", key=key))


def standard_of(key: str, entry: Any) -> ServiceStandard:
    """The standard that a study's service is assessed by.

    Parameters
    ----------
    key : service key.
    entry : the service's section, as a model or as a plain table.

    Raises
    ------
    UsageError
        The overrides make no sense.
    """
    given = entry if isinstance(entry, Mapping) else entry.model_dump()
    overrides = dict(given.get("standard") or {})
    rate = given.get("rate")
    if rate and "measure" not in overrides:
        overrides["measure"] = "rate"
    return standard_for(key, overrides, name=given.get("name"), name_en=given.get("name_en"))


def _check_standard(
    key: str,
    entry: Mapping[str, Any],
    networks: Mapping[str, Any],
    demand: Mapping[str, Any],
    checks: _CrossChecks,
) -> None:
    speaker, here = checks.speaker, ("services", key)
    if not isinstance(entry.get("standard", {}), Mapping):
        return
    try:
        standard = standard_of(key, entry)
    except UsageError as error:
        checks.add((*here, "standard"), str(error))
        return
    if standard.measure == "reach":
        if not entry.get("path"):
            checks.add(here, speaker.say("study.service_without_path", key=key))
        if standard.mode not in networks:
            problem = speaker.say("study.no_network", key=key, mode=standard.mode)
            choices = choices_text(str(standard.mode), networks, speaker)
            checks.add((*here, "standard"), problem, choices, standard.mode, code=NO_STREETS)
        if entry.get("demand") is None and standard.group not in demand:
            problem = speaker.say("study.no_demand", key=key)
            checks.add(here, problem, choices_text(standard.group or "", demand, speaker))
    catchment = entry.get("catchment")
    mode = catchment.get("mode", "drive") if isinstance(catchment, Mapping) else None
    if mode in MODES and mode not in networks:
        problem = speaker.say("study.no_network", key=f"{key}.catchment", mode=mode)
        choices = choices_text(mode, networks, speaker)
        checks.add((*here, "catchment", "mode"), problem, choices, mode, code=NO_STREETS)
    if standard.measure == "spacing" and not entry.get("lines"):
        checks.add(here, speaker.say("study.no_lines", key=key))
