"""What ties a study's sections together: files that exist, modes with a network, known keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyproj

from geoplan.crs.projected import unfit_reason
from geoplan.errors import UsageError
from geoplan.inputs.files.database import is_database_url
from geoplan.inputs.findings.finding import Finding
from geoplan.services.catalogue import standard_for
from geoplan.services.standard import MODES, ServiceStandard
from geoplan.study.config.input_files import named_files
from geoplan.study.config.names import (
    key_faults,
    named_crs,
    parent_rings,
    quota_levels,
    text_faults,
)
from geoplan.study.config.near_files import is_there, near_file
from geoplan.study.config.repair.cursor import quoted
from geoplan.study.config.toml_lines import (
    Location,
    choices_text,
    dotted,
    file_finding,
    line_of,
)
from geoplan.words.speaker import Speaker

#: code of faults that only say that there are no streets yet: all else can be checked before
NO_STREETS = "no_streets"


def _table(raw: Mapping[str, Any], key: str) -> dict[str, Mapping[str, Any]]:
    """The sub-tables of a section; what is no table is the shape check's matter."""
    section = raw.get(key)
    if not isinstance(section, Mapping):
        return {}
    return {str(k): v for k, v in section.items() if isinstance(v, Mapping)}


#: what TOML makes of a backslash and a letter, and how it was meant in a path
_ESCAPES = {"\t": "/t", "\n": "/n", "\r": "/r", "\b": "/b", "\f": "/f"}


def _unescaped(name: str) -> str:
    return "".join(_ESCAPES.get(c, c) for c in name).replace("\\", "/")


def _shown(name: str) -> str:
    """A name without the signs that no file name holds."""
    return "".join(c if ord(c) >= 32 else "?" for c in name)


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
            if not is_there(self.path.parent / one):
                problem = self.speaker.say("study.no_file", file=_shown(one))
                self.add(where, problem, self._file_advice(where, one), one, code=code)

    def _file_advice(self, where: Location, name: str) -> str:
        folder = self.path.parent
        if name != _shown(name):
            line = f"{where[-1]} = {quoted(_unescaped(name))}"
            return self.speaker.say("study_file.escaped_path", line=line)
        usual = self.speaker.say("study.no_file_advice", folder=folder.name or ".")
        near = near_file(folder, name)
        if near is None:
            return usual
        return self.speaker.say(f"study_file.{near[0]}", near=near[1]) + " " + usual

    def one_of(self, where: Location, value: Any, valid: Iterable[str], what: str) -> None:
        valid = list(valid)
        if isinstance(value, str) and value not in valid:
            key = dotted(where)
            problem = self.speaker.say("study.points_nowhere", key=key, value=value, what=what)
            self.add(where, problem, choices_text(value, valid, self.speaker), value)


def cross_checks(
    raw: Mapping[str, Any],
    *,
    path: Path,
    lines: Mapping[Location, int],
    speaker: Speaker,
    of_cities: bool = False,
) -> list[Finding]:
    """Files that are missing, names that point nowhere, standards that make no sense.

    of_cities : a study of several cities: keys, texts and files alone, as it has no layers.
    """
    checks = _CrossChecks(path=path, lines=lines, speaker=speaker)
    if of_cities:
        _check_files({name: part for name, part in raw.items() if name != "include"}, checks)
        for place, word, values in key_faults(raw):
            checks.add(place, speaker.say(f"study.{word}", **values))
        _check_texts(raw, checks)
        return checks.found
    _check_crs(raw, checks)
    _check_files(raw, checks)
    areas, networks = _table(raw, "areas"), _table(raw, "network")
    if "transit" in networks and "walk" not in networks:
        here = ("network", "transit", "walk")
        checks.add(here, speaker.say("transit.needs_walk"), code=NO_STREETS)
    demand, services = _table(raw, "demand"), _table(raw, "services")
    for place, word, values in key_faults(raw):
        checks.add(place, speaker.say(f"study.{word}", **values))
    for level, entry in areas.items():
        where = ("areas", level, "parent")
        checks.one_of(where, entry.get("parent"), set(areas) - {level}, "[areas]")
    for level, ring in parent_rings(areas):
        shown = " → ".join((*ring, ring[0]))
        checks.add(("areas", level, "parent"), speaker.say("study.areas_in_ring", ring=shown))
    for key, entry in demand.items():
        _check_demand(key, entry, areas, checks)
    _check_shared(raw.get("shared_buildings"), services, checks)
    for key, entry in services.items():
        checks.one_of(("services", key, "demand"), entry.get("demand"), demand, "[demand]")
        for inner, level in quota_levels(entry.get("standard")) if areas else ():
            checks.one_of(("services", key, "standard", *inner), level, areas, "[areas]")
        _check_siting(key, entry, services, checks)
        _check_programme(key, entry, raw.get("programme"), areas, checks)
        _check_area_shares(key, entry, areas, checks)
        if isinstance(rate := entry.get("rate"), Mapping):
            _check_rate(key, rate, areas, demand, checks)
        fund = entry.get("fund")
        pays = fund.get("pays") if isinstance(fund, Mapping) else None
        for name in pays if isinstance(pays, list) else ():
            checks.one_of(("services", key, "fund", "pays"), name, services, "[services]")
        _check_standard(key, entry, networks, demand, checks)
    _check_texts(raw, checks)
    return checks.found


def _check_texts(raw: Mapping[str, Any], checks: _CrossChecks) -> None:
    told = {finding.column for finding in checks.found}
    for at, word, values in text_faults(raw):
        if dotted(at) not in told:
            checks.add(at, checks.speaker.say(f"study.{word}", **values))


def _check_demand(
    key: str, entry: Mapping[str, Any], areas: Iterable[str], checks: _CrossChecks
) -> None:
    """Tables beside the people: the census that they are scaled to, and people by year."""
    for name in ("sum_to", "projection"):
        where, target = ("demand", key, name), entry.get(name)
        if not isinstance(target, Mapping):
            continue
        checks.one_of((*where, "level"), target.get("level"), areas, "[areas]")


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
    for where, name in named_files(raw):
        if where[-1] != "candidates":  # may be other words too
            checks.file_at(where, name)


def _check_crs(raw: Mapping[str, Any], checks: _CrossChecks) -> None:
    for place, named in named_crs(raw):
        problem = checks.speaker.say("study.bad_crs", crs=named)
        checks.add(place, problem, checks.speaker.say("study.hint_file_crs"), named)
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
    _check_counting(key, entry, siting, checks)
    candidates = siting.get("candidates", "network")
    where = ("services", key, "siting", "candidates")
    if not isinstance(candidates, str) or candidates in ("network", "demand"):
        return
    if candidates.startswith("facilities:"):
        checks.one_of(where, candidates.removeprefix("facilities:"), services, "[services]")
    elif not is_there(checks.path.parent / candidates):
        valid = ("network", "demand", "facilities:KEY", "a file")
        problem = checks.speaker.say("study.bad_candidates", value=_shown(candidates))
        checks.add(where, problem, choices_text(candidates, valid, checks.speaker), candidates)


def _check_counting(
    key: str, entry: Mapping[str, Any], siting: Mapping[str, Any], checks: _CrossChecks
) -> None:
    """People counted in part or twice: in the standard's unit, and not where capacity limits."""
    names = [n for n in ("full_within_m", "full_within_min") if siting.get(n) is not None]
    asked = [*names, *(["backup"] if siting.get("backup") else [])]
    asked += ["tiers"] if siting.get("tiers") else []
    if not asked or not isinstance(entry.get("standard", {}), Mapping):
        return
    try:
        standard = standard_of(key, entry)
    except UsageError:  # the check of the standard says so
        return
    where, say = ("services", key, "siting"), checks.speaker.say
    if standard.capacity_limits:
        names_text = ", ".join(asked)
        checks.add((*where, asked[0]), say("study.whole_capacity", key=key, names=names_text))
    right, limit = f"full_within_{standard.unit}", standard.threshold
    for name in names:
        given = siting[name]
        small = isinstance(given, int | float) and limit is not None and given < limit
        if name != right or not small:
            unit = say(f"study.unit_p_center_{standard.unit}")
            threshold = "–" if limit is None else f"{limit:g}"
            text = say(
                "study.full_within_unit", key=key, unit=unit, right=right, threshold=threshold
            )
            checks.add((*where, name), text)


def _check_shared(
    section: Any, services: Mapping[str, Mapping[str, Any]], checks: _CrossChecks
) -> None:
    """Services that share buildings exist and have a siting."""
    where = ("shared_buildings", "services")
    named = section.get("services") if isinstance(section, Mapping) else None
    for key in named if isinstance(named, list) else []:
        if not isinstance(key, str):
            continue  # told as a value of the wrong kind
        checks.one_of(where, key, services, "[services]")
        if isinstance(services.get(key), Mapping) and "siting" not in services[key]:
            checks.add(where, checks.speaker.say("study.shared_no_siting", key=key), value=key)


def _check_programme(
    key: str,
    entry: Mapping[str, Any],
    programme: Any,
    areas: Iterable[str],
    checks: _CrossChecks,
) -> None:
    """Actions and targets belong to a programme; targets are of its years and of known levels."""
    targets = entry.get("targets")
    listed = targets if isinstance(targets, list) else []
    if not isinstance(programme, Mapping):
        for name in ("actions", "targets"):
            if entry.get(name):
                problem = checks.speaker.say("study.no_programme", key=key, name=name)
                checks.add(("services", key, name), problem)
        return
    years = programme.get("years")
    for target in listed:
        if not isinstance(target, Mapping):
            continue
        checks.one_of(("services", key, "targets"), target.get("level"), areas, "[areas]")
        year = target.get("year")
        if isinstance(years, list) and isinstance(year, int) and year not in years:
            shown = ", ".join(map(str, years))
            problem = checks.speaker.say("study.target_year", key=key, year=year, years=shown)
            checks.add(("services", key, "targets"), problem)


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
        checks.add((*here, "standard"), error.message(speaker.lang))
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
