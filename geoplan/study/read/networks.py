"""The street networks of a study, read once, with what is doubtful about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import shapely

from geoplan.errors import GeoplanError, MissingCrsError, NetworkError
from geoplan.inputs import Streets
from geoplan.inputs.findings.finding import Finding, InputRecord
from geoplan.network import Network, read_network
from geoplan.network.builders.add_links import with_links
from geoplan.network.builders.build_notes import (
    NetworkFinding,
    build_findings,
    network_finding,
    notes_not_logged,
)
from geoplan.network.builders.line_layer import LINE_SUFFIXES, TABLE_SUFFIXES
from geoplan.network.builders.osm_file import SUFFIXES
from geoplan.network.doubts import network_doubts
from geoplan.network.read_file import read_osm_networks
from geoplan.study.config.cross_checks import standard_of
from geoplan.study.config.near_files import is_there
from geoplan.study.config.schema import NetworkSection, StudyFile
from geoplan.study.read.file_records import shared_record, side_record, street_record
from geoplan.study.read.layers.side_layers import driver_findings, side_layer
from geoplan.study.read.network_streets import NetworkStreets
from geoplan.study.read.study_limits import under_limits
from geoplan.study.read.study_network import StudyNetwork
from geoplan.study.read.transit import read_transit
from geoplan.words.message import Messages
from geoplan.words.speaker import Speaker


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StudyNetworks:
    """The networks of a study, and why others cannot be read; other inputs are checked anyway.

    errors : of the modes that could not be read.
    streets : that locations are compared with: the walking network, else the driving one.
    """

    networks: Mapping[str, StudyNetwork]
    errors: tuple[GeoplanError, ...] = ()

    @property
    def streets(self) -> Streets | None:
        """The streets of the walking network, else of any."""
        chosen = self.networks.get("walk") or next(iter(self.networks.values()), None)
        if chosen is None:
            return None
        network = chosen.network
        return NetworkStreets(
            network,
            reach=shapely.union_all([n.reach for n in self.networks.values()]),
            datum_said="datum_unsaid" not in network.notes,
        )

    @property
    def records(self) -> tuple[InputRecord, ...]:
        """One record per file; one that serves two modes is listed once with both roles."""
        merged: dict[str, InputRecord] = {}
        for record in (r for n in self.networks.values() for r in (n.record, *n.beside)):
            first = merged.setdefault(record.path, record)
            if first is not record:
                merged[record.path] = shared_record(first, record)
        return tuple(merged.values())

    def findings(self, file: str, speaker: Speaker) -> tuple[Finding, ...]:
        """What is doubted about the networks; `file` is the study's own, for one that is broken."""
        every = (f for n in self.networks.values() for f in n.findings)
        doubted = tuple(dict.fromkeys(every))  # a file that modes share is doubted once
        broken = (
            Finding(
                file=file,
                column="network",
                problem=error.message(speaker.lang),
                advice=speaker.say("inputs.unusable_advice"),
                severity="error",
                code="network",
            )
            for error in self.errors
        )
        return (*doubted, *broken)

    def read(self) -> Mapping[str, StudyNetwork]:
        """The networks.

        Raises
        ------
        GeoplanError
            They could not be read.
        """
        if len(self.errors) > 1:
            faults = Messages([e.sentence or str(e) for e in self.errors], join="\n")
            raise NetworkError.of("network_faults.several", faults=faults)
        if self.errors:
            raise self.errors[0]
        return self.networks


def try_networks(
    config: StudyFile, base: Path, *, modes: Iterable[str] | None = None
) -> StudyNetworks:
    """`read_networks`, with what went wrong kept for later; files that are not there are left out.

    Those are said when the study is opened (`StudySettings.no_streets`).
    """
    wanted = list(config.modes if modes is None else modes)
    sections = _sections(config, wanted)
    there = [mode for mode, section in sections.items() if is_there(base / section.path)]
    if _runs(config, wanted) and all(is_there(base / f) for f in config.transit.files):  # type: ignore[union-attr]
        there = [*there, "transit"] if "walk" in there else there
    try:
        return StudyNetworks(networks=read_networks(config, base, modes=there))
    except GeoplanError as error:
        if len(there) < 2:
            return StudyNetworks(networks={}, errors=(error,))
    networks: dict[str, StudyNetwork] = {}
    errors: dict[str, GeoplanError] = {}
    for mode in there:  # one by one: what is wrong with each
        try:
            networks |= read_networks(config, base, modes=[mode])
        except GeoplanError as error:
            errors.setdefault(str(error), error)
    return StudyNetworks(networks=networks, errors=tuple(errors.values()))


@under_limits
def read_networks(
    config: StudyFile, base: Path, *, modes: Iterable[str] | None = None
) -> dict[str, StudyNetwork]:
    """The networks of `modes` (default: all of the study), in the study's CRS."""
    wanted = list(config.modes if modes is None else modes)
    sections = _sections(config, wanted)
    streets = _streets(config, base, sections)
    found = {mode: _checked(config, base, mode, sections[mode], streets[mode]) for mode in sections}
    if _runs(config, wanted) and "walk" in found:
        found["transit"] = read_transit(config, base, found["walk"])
    return found


def _sections(config: StudyFile, modes: Iterable[str]) -> dict[str, NetworkSection]:
    """The sections of streets; public transport needs those that people walk on."""
    wanted = set(modes)
    wanted |= {"walk"} if "transit" in wanted else set()
    return {str(m): s for m, s in config.network.items() if m in wanted}


def _runs(config: StudyFile, modes: Iterable[str]) -> bool:
    """Whether public transport is among the modes that are asked for."""
    return config.transit is not None and "transit" in modes


def modes_of(config: StudyFile, services: Iterable[str]) -> list[str]:
    """The modes that have a network and that assessing `services` needs."""
    modes: dict[str, None] = {}
    for key in services:
        section = config.services[key]
        standard = standard_of(key, section)
        for mode in (
            standard.mode,
            None if section.catchment is None else section.catchment.mode,
            *(t.mode for t in standard.tiers),
            *(t.refer_mode for t in standard.tiers),
        ):
            if mode in config.modes:
                modes[str(mode)] = None
    return list(modes)


@contextmanager
def translated_errors(config: StudyFile, mode: str, path: str) -> Iterator[None]:
    """Errors of a street file raised anew in the study's language, with its section and name."""
    try:
        with notes_not_logged():  # by `build_findings`
            yield
    except GeoplanError as error:
        if error.sentence is None:
            raise
        text = error.message(config.lang)
        where = "" if Path(path).name in text else f" {path}:"
        raise type(error)(f"[network.{mode}]{where} {text}") from error


def _streets(
    config: StudyFile, base: Path, sections: Mapping[str, NetworkSection]
) -> dict[str, Network]:
    """The networks as their files say; an OpenStreetMap file that modes share is read once."""
    speeds = {m: s.speed_m_s if m == "walk" else None for m, s in sections.items()}
    streets: dict[str, Network] = {}
    for mode, section in sections.items():
        if mode in streets:
            continue
        path = base / section.path
        is_osm = path.is_file() and path.name.lower().endswith(SUFFIXES)
        same = [
            m
            for m, s in sections.items()
            if is_osm and base / s.path == path and s.datum in (None, "wgs84") and s.where is None
        ]
        if len(same) > 1 and mode in same:
            with translated_errors(config, mode, section.path):
                streets |= read_osm_networks(
                    path,
                    modes=same,
                    crs=config.study.crs,
                    speeds_m_s=speeds,
                    ferries=[one for one in same if sections[one].ferries],
                    source_crs={one: sections[one].crs for one in same},
                )
            continue
        with translated_errors(config, mode, section.path):
            try:
                streets[mode] = read_network(
                    path,
                    mode=mode,
                    crs=config.study.crs,
                    source_crs=section.crs,
                    datum=section.datum,
                    layer=section.layer,
                    columns=dict(section.columns),
                    speed_m_s=speeds[mode],
                    encoding=section.encoding,
                    where=section.where,
                    split=section.split,
                    join_within_m=section.join_within_m,
                    ferries=section.ferries,
                )
            except MissingCrsError as error:
                if error.sentence is None or error.sentence.key != "network_faults.no_crs":
                    raise  # of a graph, where the section's crs is of no use
                # said in the words of a study file
                text = config.speaker.say("study.network_no_crs", path=section.path, mode=mode)
                raise MissingCrsError(text) from error
    return streets


def _unused(
    config: StudyFile, mode: str, section: NetworkSection, network: Network
) -> list[NetworkFinding]:
    """Keys of the section that are of no use for this kind of file."""
    kind = section.path.lower()
    given = {"split": section.split, "join_within_m": section.join_within_m}
    keys = [key for key, value in given.items() if value is not None]
    if "joined" in network.notes:
        keys = []
    if section.ferries and not kind.endswith(SUFFIXES):
        keys.append("ferries")
    keys += [key for key in _without_use(kind) if getattr(section, key)]
    if not keys:
        return []
    return [network_finding(config.lang, "keys_unused", mode=mode, keys=", ".join(keys))]


def _without_use(path: str) -> tuple[str, ...]:
    """Keys about rows and columns that files of this ending have no use for."""
    if path.endswith(TABLE_SUFFIXES):
        return ("layer",)
    if path.endswith(LINE_SUFFIXES):
        return () if path.endswith((".shp", ".zip", ".tab")) else ("encoding",)
    return ("layer", "encoding", "columns")


def _checked(
    config: StudyFile, base: Path, mode: str, section: NetworkSection, network: Network
) -> StudyNetwork:
    """What a what-if adds to the streets, and what is doubtful about them."""
    streets = network
    beside: list[InputRecord] = []
    said: list[Finding] = []
    role = f"network.{mode}"
    if section.links is not None:  # a bridge or a path that a what-if is about
        lines = side_layer(
            config, base, f"{role}.links", section.links, kind="lines", layer=section.links_layer
        )
        with translated_errors(config, mode, section.links):
            network = with_links(network, lines)
        name = section.links
        said += driver_findings(config, name, lines)
        beside.append(side_record(base / name, name=name, role=f"{role}.links", rows=len(lines)))
    if section.elevation is not None:
        with translated_errors(config, mode, section.elevation):
            from geoplan.network.builders.elevation import with_slope  # loads rasterio

            network = with_slope(network, base / section.elevation)
        name = section.elevation
        beside.append(side_record(base / name, name=name, role=f"{role}.elevation"))
    barriers = None
    if section.barriers is not None:
        barriers = side_layer(
            config,
            base,
            f"{role}.barriers",
            section.barriers,
            kind="lines",
            layer=section.barriers_layer,
        )
        name, rows = section.barriers, len(barriers)
        said += driver_findings(config, name, barriers)
        beside.append(side_record(base / name, name=name, role=f"{role}.barriers", rows=rows))
    speaker = config.speaker
    told = [
        *network_doubts(network, speaker.lang),
        *build_findings(network, speaker.lang),
        *_unused(config, mode, section, network),
    ]
    findings = [
        Finding(
            file=section.path,
            problem=found.problem,
            advice=found.advice.strip(),
            severity=found.severity,
            code=f"network_{found.code}",
            effect=found.effect,
            count=found.count,
        )
        for found in told
    ]
    record = street_record(base / section.path, name=section.path, role=role, network=streets)
    return StudyNetwork(
        network=network,
        max_snap_m=section.max_snap_m,
        record=record,
        findings=(*findings, *said),
        barriers=barriers,
        beside=tuple(beside),
    )
