"""The street networks of a study, read once, with what is doubtful about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import shapely

from geoplan.errors import GeoplanError, MissingCrsError
from geoplan.inputs import Streets
from geoplan.inputs.files.source import file_sha256
from geoplan.inputs.findings.finding import Finding, InputRecord
from geoplan.network import Network, read_network
from geoplan.network.builders.add_links import with_links
from geoplan.network.builders.build_notes import (
    NetworkFinding,
    build_findings,
    network_finding,
    notes_not_logged,
)
from geoplan.network.builders.elevation import with_slope
from geoplan.network.builders.osm_file import SUFFIXES
from geoplan.network.doubts import network_doubts
from geoplan.network.read_file import read_osm_networks
from geoplan.study.config.schema import NetworkSection, StudyFile
from geoplan.study.config.validate import standard_of
from geoplan.study.read.side_layers import side_layer
from geoplan.words.speaker import Speaker


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StudyNetwork:
    """A network with its settings in the study."""

    network: Network
    max_snap_m: float
    record: InputRecord
    findings: tuple[Finding, ...] = ()
    barriers: gpd.GeoDataFrame | None = None

    @property
    def reach(self) -> shapely.Geometry:
        """The ground around the streets, as far as a location may lie from the nearest one."""
        vertices = self.network.coords  # of the streets as they are drawn
        return shapely.multipoints(vertices).convex_hull.buffer(self.max_snap_m)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StudyNetworks:
    """The networks of a study, or why they cannot be read: other inputs are checked all the same.

    streets : that locations are compared with: the walking network, else the driving one.
    """

    networks: Mapping[str, StudyNetwork]
    error: GeoplanError | None = None

    @property
    def streets(self) -> Streets | None:
        """The streets of the walking network, else of any."""
        chosen = self.networks.get("walk") or next(iter(self.networks.values()), None)
        if chosen is None:
            return None
        network = chosen.network
        lines = gpd.GeoSeries(network.edge_lines(), crs=network.crs)
        return Streets(lines, reach=shapely.union_all([n.reach for n in self.networks.values()]))

    @property
    def records(self) -> tuple[InputRecord, ...]:
        """One record per file; a file that serves two modes is listed once with both roles."""
        merged: dict[str, InputRecord] = {}
        for one in self.networks.values():
            first = merged.setdefault(one.record.path, one.record)
            if first is not one.record:
                role = f"{first.role}, {one.record.role}"
                merged[first.path] = replace(first, role=role)
        return tuple(merged.values())

    def findings(self, file: str, speaker: Speaker) -> tuple[Finding, ...]:
        """What is doubted about the networks; `file` is the study's own, for one that is broken."""
        every = (f for n in self.networks.values() for f in n.findings)
        doubted = tuple(dict.fromkeys(every))  # a file that modes share is doubted once
        if self.error is None:
            return doubted
        broken = Finding(
            file=file,
            column="network",
            problem=str(self.error),
            advice=speaker.say("inputs.unusable_advice"),
            severity="error",
            code="network",
        )
        return (*doubted, broken)

    def read(self) -> Mapping[str, StudyNetwork]:
        """The networks.

        Raises
        ------
        GeoplanError
            They could not be read.
        """
        if self.error is not None:
            raise self.error
        return self.networks


def try_networks(
    config: StudyFile, base: Path, *, modes: Iterable[str] | None = None
) -> StudyNetworks:
    """`read_networks`, with what went wrong kept for later."""
    try:
        return StudyNetworks(networks=read_networks(config, base, modes=modes))
    except GeoplanError as error:
        return StudyNetworks(networks={}, error=error)


def read_networks(
    config: StudyFile, base: Path, *, modes: Iterable[str] | None = None
) -> dict[str, StudyNetwork]:
    """The networks of `modes` (default: all of the study), in the study's CRS."""
    sections = {str(m): s for m, s in config.network.items() if modes is None or m in set(modes)}
    streets = _streets(config, base, sections)
    return {mode: _checked(config, base, mode, sections[mode], streets[mode]) for mode in sections}


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
            if mode in config.network:
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
            if is_osm and base / s.path == path and s.datum in (None, "wgs84")
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
    given = {"split": section.split, "join_within_m": section.join_within_m}
    keys = [key for key, value in given.items() if value is not None]
    if "joined" in network.notes:
        keys = []
    if section.ferries and not section.path.lower().endswith(SUFFIXES):
        keys.append("ferries")
    if not keys:
        return []
    return [network_finding(config.lang, "keys_unused", mode=mode, keys=", ".join(keys))]


def _checked(
    config: StudyFile, base: Path, mode: str, section: NetworkSection, network: Network
) -> StudyNetwork:
    """What a what-if adds to the streets, and what is doubtful about them."""
    if section.links is not None:  # a bridge or a path that a what-if is about
        lines = side_layer(config, base, "links", section.links, kind="lines")
        with translated_errors(config, mode, section.links):
            network = with_links(network, lines)
    if section.elevation is not None:
        with translated_errors(config, mode, section.elevation):
            network = with_slope(network, base / section.elevation)
    barriers = None
    if section.barriers is not None:
        barriers = side_layer(config, base, "barriers", section.barriers, kind="lines")
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
    record = InputRecord(
        path=section.path,
        sha256=file_sha256(base / section.path),
        rows=network.n_edges,
        accepted=network.n_edges,
        set_aside=0,
        warned=0,
        role=f"network.{mode}",
    )
    return StudyNetwork(
        network=network,
        max_snap_m=section.max_snap_m,
        record=record,
        findings=tuple(findings),
        barriers=barriers,
    )
