"""When the second process is started: before networks and inputs are read, if it is of use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from geoplan.study.beside.ahead import parts_of
from geoplan.study.beside.process import OtherProcess
from geoplan.study.beside.room import is_worth_it, likely_edges
from geoplan.study.config.schema import StudyFile
from geoplan.study.read.networks import modes_of
from geoplan.study.read.study_network import StudyNetwork


def start_beside(
    other: OtherProcess | None, config: StudyFile, services: Iterable[str], *, edges: int
) -> None:
    """Start `other`, which gets ready what planning `services` needs, where it is worth it.

    Parameters
    ----------
    other : None = none is wanted.
    edges : of the largest network, see `edges_of` and `edges_of_files`.
    """
    if other is None or not is_worth_it(edges):
        return
    keys = list(services)
    sections = [config.services[key].siting for key in keys]
    objectives = [section.objective for section in sections if section is not None]
    other.start(parts_of(modes_of(config, keys), objectives))


def edges_of(networks: Mapping[str, StudyNetwork]) -> int:
    """Edges of the largest network."""
    return max((one.network.n_edges for one in networks.values()), default=0)


def edges_of_files(config: StudyFile, base: Path, modes: Iterable[str]) -> int:
    """At most about as many as the networks of `modes` will have, before they are read."""
    wanted = set(modes)
    sections = [one for mode, one in config.network.items() if mode in wanted]
    return likely_edges(base / section.path for section in sections)
