"""Reading all inputs of a study, each file checked, nothing assessed yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.errors import InputError, UsageError
from geoplan.inputs import (
    PeopleByYear,
    Streets,
    read_area_table,
    read_areas,
    read_lines,
)
from geoplan.inputs.findings.finding import Finding, InputRecord, Loaded, findings_frame
from geoplan.inputs.layers import AreaLayer, Demand, FacilityLayer, LineLayer
from geoplan.inputs.sites.rules import SiteRules
from geoplan.study.beside.process import OtherProcess
from geoplan.study.config.cross_checks import standard_of
from geoplan.study.config.schema import (
    AreaSection,
    ServiceSection,
    SourceSection,
    StudyFile,
)
from geoplan.study.read.layers.changed_layers import closed_down, scaled, with_added
from geoplan.study.read.layers.layer_reader import LayerReader, Report
from geoplan.study.read.layers.point_layers import demand_layer, facility_layer, read_apart
from geoplan.study.read.layers.side_layers import siting_layers
from geoplan.study.read.named_areas import uncounted_quotas, unknown_areas
from geoplan.study.read.project_table import Project, read_projects
from geoplan.study.read.projections import at_year, read_projection, unusable_year
from geoplan.study.read.study_limits import under_limits
from geoplan.study.read.unwritable_names import unwritable_names
from geoplan.words.speaker import Speaker


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StudyInputs:
    """All layers of a study as they were read, with everything that was found.

    `demand` is of the study's year, `base_demand` as the files have it, `by_year` what the study
    says of other years.
    """

    areas: Mapping[str, AreaLayer] = field(default_factory=dict)
    demand: Mapping[str, Demand] = field(default_factory=dict)
    base_demand: Mapping[str, Demand] = field(default_factory=dict)
    by_year: Mapping[str, PeopleByYear] = field(default_factory=dict)
    facilities: Mapping[str, FacilityLayer] = field(default_factory=dict)
    projects: Mapping[str, tuple[Project, ...]] = field(default_factory=dict)
    lines: Mapping[str, LineLayer] = field(default_factory=dict)
    required: Mapping[str, FacilityLayer] = field(default_factory=dict)
    rates: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    background: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    records: tuple[InputRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    loaded: tuple[Loaded[Any], ...] = ()

    def __repr__(self) -> str:
        return (
            f"StudyInputs({len(self.records)} files, "
            f"{sum(r.rows for r in self.records):,} rows, {len(self.findings)} findings)"
        )

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """Errors about whole files: nothing can be run before they are mended."""
        return tuple(f for f in self.findings if f.severity == "error" and f.row is None)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """All errors, rows included."""
        return tuple(f for f in self.findings if f.severity == "error")

    def findings_frame(self) -> pd.DataFrame:
        """One row per finding."""
        return findings_frame(self.findings)

    def set_aside(self) -> dict[str, pd.DataFrame]:
        """The rows set aside, by file."""
        return {one.record.path: one.set_aside for one in self.loaded if len(one.set_aside)}


def coarsest_first(areas: Mapping[str, AreaSection]) -> list[str]:
    """Area levels so that every parent stands before its children."""
    order: list[str] = []

    def visit(level: str, seen: tuple[str, ...]) -> None:
        if level in order or level in seen:
            return
        parent = areas[level].parent
        if parent is not None and parent in areas:
            visit(parent, (*seen, level))
        order.append(level)

    for level in areas:
        visit(level, ())
    return order


@under_limits
def load_inputs(
    config: StudyFile,
    base: Path,
    *,
    services: list[str] | None = None,
    streets: Streets | None = None,
    report: Report | None = None,
    beside: OtherProcess | None = None,
) -> StudyInputs:
    """Read every input that `services` (default: all) need.

    Parameters
    ----------
    config, base : the checked study file and the folder that relative paths start from.
    services : service keys; None reads everything, also what no service uses.
    streets : locations are compared with them; see `street_evidence`.
    report : called with a line per input.
    beside : reads some of the files, if it is started.
    """
    reader = LayerReader(config, base, report or (lambda _: None), streets)
    areas = _areas(reader)
    wanted = list(config.services) if services is None else services
    used = {
        key
        for key in config.demand
        if services is None or any(key in _demands_of(config, s) for s in wanted)
    }
    # candidates may be the sites of another service
    also = [s for s in _candidates_of(config, wanted) if s not in wanted]
    by_year = {key: _projection(reader, key, areas) for key in sorted(used)}
    sites = [key for key in (*wanted, *also) if _has_sites(config, key)]
    points = [*(("demand", key) for key in sorted(used)), *(("services", key) for key in sites)]
    ahead = read_apart(reader, areas, points, beside)
    read = {}
    for key in sorted(used):
        people = ahead.get(("demand", key)) or demand_layer(reader, key, areas)
        read[key] = _demand(reader, key, people, by_year[key])
    demand = {key: layers[0] for key, layers in read.items() if layers is not None}
    as_read = {key: layers[1] for key, layers in read.items() if layers is not None}
    facilities: dict[str, FacilityLayer] = {}
    lines: dict[str, LineLayer] = {}
    required: dict[str, FacilityLayer] = {}
    rates: dict[str, pd.DataFrame] = {}
    for key in [*wanted, *also]:
        section = config.services[key]
        if _is_table(config, key):
            if section.path:
                _put(rates, key, _rate_table(reader, key, section))
            continue
        if key in sites:
            one = ahead.get(("services", key)) or facility_layer(reader, key, areas)
            speaker = reader.config.speaker
            layer = with_added(reader.take(one), section.added, areas, speaker)
            _put(facilities, key, closed_down(layer, section.closed, speaker))
        if section.lines:
            plain = SourceSection(
                path=section.lines, layer=section.lines_layer, datum=section.datum, crs=section.crs
            )
            source = reader.source(plain, role=f"services.{key}.lines")
            _put(
                lines,
                key,
                reader.take(reader.lines(source, key, areas)),
            )
        if section.required:
            plain = SourceSection(
                path=section.required, layer=section.required_layer, datum=section.datum
            )
            source = reader.source(plain, role=f"services.{key}.required")
            one = reader.facilities(source, key, areas, rules=SiteRules())
            _put(required, key, reader.take(one))
    reader.loaded += siting_layers(config, base, wanted)
    projects = _projects(reader, wanted)
    background = _background(reader)
    records, findings = _once(reader.loaded)
    return StudyInputs(
        areas=areas,
        demand=demand,
        base_demand=as_read,
        by_year={k: v for k, v in by_year.items() if v is not None},
        facilities=facilities,
        projects=projects,
        lines=lines,
        required=required,
        rates=rates,
        background=background,
        records=records,
        findings=(
            *findings,
            *unwritable_names(config, areas, records),
            *uncounted_quotas(config, areas, wanted),
            *unknown_areas(config, areas, wanted),
        ),
        loaded=tuple(reader.loaded),
    )


def refuse_blocked(inputs: StudyInputs, speaker: Speaker) -> None:
    """Raise `InputError` when a whole file cannot be used."""
    if not inputs.blocking:
        return
    faults = "\n".join(f"  {f.file}: {f.said}" for f in inputs.blocking)
    raise InputError(
        speaker.say("study.blocked", count=len(inputs.blocking)) + "\n" + faults,
        findings=inputs.findings,
    )


def _put(into: dict[str, Any], key: str, value: Any) -> None:
    if value is not None:
        into[key] = value


def _demands_of(config: StudyFile, key: str) -> set[str | None]:
    """The demand of one service, and that of single columns of a rate."""
    rate = config.services[key].rate
    return {_demand_of(config, key), *(() if rate is None else rate.demand.values())}


def _is_table(config: StudyFile, key: str) -> bool:
    """Whether a service's file counts something by area, and has no sites."""
    return standard_of(key, config.services[key]).measure in ("rate", "budget")


def _has_sites(config: StudyFile, key: str) -> bool:
    return bool(config.services[key].path) and not _is_table(config, key)


def _candidates_of(config: StudyFile, keys: list[str]) -> list[str]:
    """Services whose sites are the candidates of `keys`."""
    start, names = "facilities:", []
    for key in keys:
        siting = config.services[key].siting
        if siting is not None and siting.candidates.startswith(start):
            names.append(siting.candidates.removeprefix(start))
    return list(dict.fromkeys(names))


def _demand_of(config: StudyFile, service: str) -> str | None:
    section: ServiceSection = config.services[service]
    return section.demand or standard_of(service, section).group


def _areas(reader: LayerReader) -> dict[str, AreaLayer]:
    areas: dict[str, AreaLayer] = {}
    sections = reader.config.areas
    for level in coarsest_first(sections):
        section = sections[level]
        one = read_areas(
            reader.source(section, role=f"areas.{level}"),
            level=level,
            parent=section.parent,
            crs=reader.crs,
            parents=areas.get(section.parent) if section.parent else None,
            streets=reader.streets,
            lang=reader.lang,
        )
        _put(areas, level, reader.take(one))
    return areas


def _projection(
    reader: LayerReader, key: str, areas: Mapping[str, AreaLayer]
) -> PeopleByYear | None:
    """People by year of one demand, its tables among the inputs."""
    section = reader.config.demand[key].projection
    if section is None:
        return None
    role = f"demand.{key}.projection"
    sources = {"path": reader.source(section, role=role)} if section.path else {}
    for k, census in enumerate(section.censuses or ()):
        sources[str(k)] = reader.source(census, role=f"{role}.{census.year}")
    found = read_projection(reader.config, key, sources, areas)
    if isinstance(found, Loaded):
        return reader.take(found)
    return found


def _demand(
    reader: LayerReader, key: str, one: Loaded[Demand], by_year: PeopleByYear | None
) -> tuple[Demand, Demand] | None:
    """The demand of the study's year, and as its file has it."""
    section = reader.config.demand[key]
    base = one.layer
    if base is None:
        reader.take(one)
        return None
    try:
        layer, told = at_year(reader.config, base, by_year, one.record)
    except UsageError as error:
        layer, told = base, (unusable_year(reader.config, one.record, error),)
    reader.take(replace(one, findings=(*one.findings, *told)))
    now, then = scaled(layer, section.scale), scaled(base, section.scale)
    return None if now is None or then is None else (now, then)


def _projects(reader: LayerReader, keys: list[str]) -> dict[str, tuple[Project, ...]]:
    """The offices' own projects, where a programme plans them."""
    found: dict[str, tuple[Project, ...]] = {}
    for key in keys:
        section = reader.config.services[key]
        if reader.config.programme is None or not isinstance(section.actions, str):
            continue
        table = SourceSection(path=section.actions, datum=section.datum, crs=section.crs)
        source = reader.source(table, role=f"services.{key}.actions")
        _put(found, key, reader.take(read_projects(source, crs=reader.crs, lang=reader.lang)))
    return found


def _rate_table(reader: LayerReader, key: str, section: ServiceSection) -> pd.DataFrame | None:
    source = reader.source(section, role=f"services.{key}", path=section.path or "")
    needed = () if section.rate is None else ("code", *section.rate.counts)
    one = read_area_table(source, needed=needed, lang=reader.lang)
    return reader.take(one)


def _background(reader: LayerReader) -> dict[str, gpd.GeoDataFrame]:
    layers: dict[str, gpd.GeoDataFrame] = {}
    for name, section in reader.config.background.items():
        one = read_lines(
            reader.source(section, role=f"background.{name}"),
            key=name,
            crs=reader.crs,
            lang=reader.lang,
            any_geometry=True,
        )
        layer = reader.take(one)
        if layer is not None:
            layers[name] = layer.frame
    return layers


def _once(loaded: list[Loaded[Any]]) -> tuple[tuple[InputRecord, ...], tuple[Finding, ...]]:
    """A file read for two layers is listed once, with both roles."""
    records: dict[tuple[Any, ...], InputRecord] = {}
    findings: dict[Finding, None] = {}
    for one in loaded:
        r = one.record
        key = (r.path, r.sha256, r.rows, r.accepted, r.set_aside, r.warned)
        if key in records and r.role not in records[key].role.split(", "):
            records[key] = replace(records[key], role=f"{records[key].role}, {r.role}")
        else:
            records.setdefault(key, r)
        findings.update(dict.fromkeys(one.findings))
    return tuple(records.values()), tuple(findings)
