"""Layers of people and of sites, read by two processes where there are two.

A file serves several layers, which share what reading it has worked out: its layers stay together.
Files need nothing of one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from geoplan.inputs import Streets, SumTo, read_demand
from geoplan.inputs.findings.finding import Loaded
from geoplan.inputs.layers import AreaLayer, Demand, FacilityLayer
from geoplan.study.beside.process import OtherProcess
from geoplan.study.beside.share import Pieces, work_off
from geoplan.study.config.schema import StudyFile
from geoplan.study.read.layers.layer_reader import LayerReader
from geoplan.study.read.study_limits import under_limits

Areas = Mapping[str, AreaLayer]
#: ``demand`` or ``services``, and the key of the section
Layer = tuple[str, str]
_Shared = tuple[StudyFile, Path, Streets | None, Areas, dict[str, list[Layer]]]


def demand_layer(reader: LayerReader, key: str, areas: Areas) -> Loaded[Demand]:
    """The people of one section, as its files have them."""
    section = reader.config.demand[key]
    paths = section.path if isinstance(section.path, list) else [section.path]
    sources = [reader.source(section, role=f"demand.{key}", path=path) for path in paths]
    sum_to = None
    if section.sum_to is not None:
        sum_to = SumTo(
            source=reader.source(section.sum_to, role=f"demand.{key}.sum_to"),
            level=section.sum_to.level,
            weight=section.sum_to.weight,
        )
    return read_demand(
        sources[0] if len(sources) == 1 else sources,
        key=key,
        crs=reader.crs,
        areas=areas,
        streets=reader.streets,
        weight=section.weight,
        groups=tuple(section.groups),
        sum_to=sum_to,
        lang=reader.lang,
    )


def facility_layer(reader: LayerReader, key: str, areas: Areas) -> Loaded[FacilityLayer]:
    """The sites of one service, as its file has them."""
    source = reader.source(reader.config.services[key], role=f"services.{key}")
    return reader.facilities(source, key, areas, rules=reader.rules(key))


def read_apart(
    reader: LayerReader, areas: Areas, layers: Iterable[Layer], other: OtherProcess | None
) -> dict[Layer, Loaded[Any]]:
    """What two processes have read of `layers`, nothing noted yet; the rest is left to the caller.

    A layer that cannot be used is left, too: its faults are found where they are told.

    Parameters
    ----------
    other : None or not started = nothing is read here.
    """
    if other is None or other.process is None:
        return {}
    files = _by_file(reader, layers)
    found: dict[Layer, Loaded[Any]] = {}

    def here(file: str) -> None:
        with suppress(Exception):  # the caller comes upon it again, in its turn
            done(file, _read(reader, areas, files[file]))

    def done(_: str, read: dict[Layer, Loaded[Any]]) -> None:
        found.update({layer: one for layer, one in read.items() if one.layer is not None})

    shared = (reader.config, reader.base, reader.streets, areas, files)
    names = sorted(files, key=lambda file: _work_of(reader, file, files[file]), reverse=True)
    work_off(Pieces(names=names, here=here, there=_read_there, shared=shared, done=done), other)
    return found


def _by_file(reader: LayerReader, layers: Iterable[Layer]) -> dict[str, list[Layer]]:
    """The layers of each file, or of the files that one of them is put together from."""
    files: dict[str, list[Layer]] = {}
    for kind, key in layers:
        path = getattr(reader.config, kind)[key].path
        files.setdefault("\n".join(path) if isinstance(path, list) else path, []).append(
            (kind, key)
        )
    return files


def _work_of(reader: LayerReader, file: str, layers: list[Layer]) -> int:
    """About how much work a file is, to compare: its bytes, for each of its layers."""
    size = 0
    for name in file.split("\n"):
        with suppress(OSError, ValueError):
            size += (reader.base / name).stat().st_size
    return size * len(layers)


def _read(reader: LayerReader, areas: Areas, layers: list[Layer]) -> dict[Layer, Loaded[Any]]:
    kinds: dict[str, Any] = {"demand": demand_layer, "services": facility_layer}
    return {(kind, key): kinds[kind](reader, key, areas) for kind, key in layers}


def _read_there(shared: _Shared, file: str) -> dict[Layer, Loaded[Any]]:
    """The layers of a file, in the other process."""
    config, base, streets, areas, files = shared
    return _read_bounded(config, base, streets, areas, files[file])


@under_limits
def _read_bounded(
    config: StudyFile, base: Path, streets: Streets | None, areas: Areas, layers: list[Layer]
) -> dict[Layer, Loaded[Any]]:
    return _read(LayerReader(config, base, lambda _: None, streets), areas, layers)
