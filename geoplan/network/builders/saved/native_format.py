"""One file per network: a zip of plain arrays and two Arrow tables, quick to load.

Members are stored uncompressed (a city loads in a fraction of a second); the same network
gives the same bytes. ``meta.json`` names the format and its version.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import feather
from pyproj import CRS

from geoplan.errors import NetworkError, UsageError
from geoplan.inputs.files.gate.reading import said_by
from geoplan.network.builders.saved.members import (
    DamagedMemberError,
    array_of,
    member,
    table_of,
)
from geoplan.network.builders.saved.saved_notes import tellable
from geoplan.network.graph.array_checks import KINDS, OPTIONAL, check_drawn_ends
from geoplan.network.graph.network import NetworkData
from geoplan.words.message import Message
from geoplan.writing import replaced

FORMAT = "geoplan-network"
VERSION = 1
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def save_network(network: NetworkData, path: str | PathLike[str]) -> None:
    """Write `network` into one file, replacing an older one only when all is written.

    Raises
    ------
    NetworkError
        The folder does not exist, or labels or properties mix types that no table can hold.
    UsageError
        A file that is no network stands there, or the disk does not let us.
    """
    target = Path(path)
    check_writable(target)
    meta = {
        "format": FORMAT,
        "version": VERSION,
        "crs": network.crs.to_wkt(),
        "mode": network.mode,
        "speed_m_s": network.speed_m_s,
        "source": network.source,
        "notes": network.notes,
        "node_names": list(network.node_ids.names),
        "edge_names": list(network.edge_ids.names),
        "properties": network.properties is not None,
    }
    nodes = _labels_frame(network.node_ids)
    edges = _labels_frame(network.edge_ids)
    if network.properties is not None:
        edges = pd.concat([edges, network.properties.add_prefix("p:")], axis=1)
    tables = {
        "nodes.arrow": _table_bytes(nodes, "node ids"),
        "edges.arrow": _table_bytes(edges, "edge ids and properties"),
    }
    with replaced(target) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
        for name in KINDS:
            array = getattr(network, name)
            if array is not None:
                _write(archive, f"{name}.npy", _array_bytes(array))
        for name, content in tables.items():
            _write(archive, name, content)
        meta = json.loads(_json_bytes(meta))  # as it will be read back
        meta["crc32"] = _checksums(archive, meta)
        _write(archive, "meta.json", _json_bytes(meta))


def check_writable(target: Path) -> None:
    """Raise unless a network file can be written there.

    Raises
    ------
    NetworkError
        It is a folder, or its folder does not exist.
    UsageError
        A file that is no network stands there: it may be somebody's streets.
    """
    if target.is_dir():
        raise NetworkError.of("network_faults.out_is_folder", name=target)
    if not target.parent.is_dir():
        raise NetworkError.of("network_faults.out_no_folder", name=target.parent)
    if (target.exists() or target.is_symlink()) and not _may_give_way(target):
        raise UsageError.of("writing.file_foreign", path=target)


def _may_give_way(target: Path) -> bool:
    """Whether a file is a network, or holds nothing."""
    try:
        if target.stat().st_size == 0:
            return True
        with zipfile.ZipFile(target) as archive:
            return bool(json.loads(archive.read("meta.json"))["format"] == FORMAT)
    except (
        zipfile.BadZipFile,
        zlib.error,
        LookupError,
        ValueError,
        OSError,
        RuntimeError,
        TypeError,
    ):
        return False


def load_network(path: str | PathLike[str]) -> NetworkData:
    """Read a network that `save_network` wrote.

    Raises
    ------
    NetworkError
        The file is missing, is no network file, is damaged anywhere, or is of a newer format.
    """
    source = Path(path)
    if not source.is_file():
        raise NetworkError.of("network_faults.no_network_file", name=source.name)
    try:
        return _loaded(source)
    except NetworkError as error:
        if error.sentence is not None and error.sentence.key in _TOLD:
            raise
        why: object = error.sentence or error
        raise NetworkError.of("network_faults.damaged", name=source.name, why=why) from error
    except Exception as error:  # whatever zip, json, numpy and Arrow make of damaged bytes
        why = error.sentence if isinstance(error, DamagedMemberError) else _unread(error)
        raise NetworkError.of("network_faults.damaged", name=source.name, why=why) from error


def _unread(error: Exception) -> Message:
    """A library's own words, which are English, in a sentence of ours."""
    return Message("network_faults.part_unread", error=said_by(error))


#: sentences that say more than that the file is damaged
_TOLD = ("network_faults.not_network_file", "network_faults.version")


def _loaded(source: Path) -> NetworkData:
    with zipfile.ZipFile(source) as archive:
        meta = _meta(archive, source)
        members = set(archive.namelist())
        arrays = {
            name: array_of(member(archive, f"{name}.npy"), name)
            for name in KINDS
            if name not in OPTIONAL or f"{name}.npy" in members
        }
        nodes = table_of(member(archive, "nodes.arrow"))
        edges = table_of(member(archive, "edges.arrow"))
    carried = [c for c in edges.columns if c.startswith("p:")]
    properties = edges[carried].rename(columns=lambda c: c[2:]) if meta["properties"] else None
    node_ids = _index(nodes, meta["node_names"])
    if not node_ids.is_unique:
        raise DamagedMemberError("part_twice", part="nodes.arrow")
    network = NetworkData(
        crs=CRS.from_user_input(meta["crs"]),
        mode=meta["mode"],
        speed_m_s=meta["speed_m_s"],
        source=meta["source"],
        notes=tellable(meta["notes"]),
        node_ids=node_ids,
        edge_ids=_index(edges.drop(columns=carried), meta["edge_names"]),
        properties=properties,
        **arrays,
    )
    check_drawn_ends(arrays)
    return network


def is_network_file(path: str | PathLike[str]) -> bool:
    """Whether `path` has the members of a file that `save_network` wrote, whatever its name."""
    if not Path(path).is_file() or not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return {"meta.json", "offsets.npy"} <= set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False


#: what `meta.json` holds, and of what kind
_META: dict[str, type | tuple[type, ...]] = {
    "crs": str,
    "mode": str,
    "speed_m_s": (int, float),
    "source": str,
    "notes": dict,
    "node_names": list,
    "edge_names": list,
    "properties": bool,
}


def _meta(archive: zipfile.ZipFile, source: Path) -> dict[str, Any]:
    meta = json.loads(member(archive, "meta.json"))
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise NetworkError.of("network_faults.not_network_file", name=source.name)
    if meta["version"] != VERSION:
        raise NetworkError.of(
            "network_faults.version", name=source.name, found=meta["version"], version=VERSION
        )
    wrong = [name for name, kind in _META.items() if not isinstance(meta.get(name), kind)]
    if wrong:
        raise DamagedMemberError("part_keys", part="meta.json", keys=", ".join(wrong))
    written = meta.get("crc32")  # files of earlier versions have none
    if written is not None and written != _checksums(archive, meta):
        raise DamagedMemberError("part_exchanged")
    return meta


def _checksums(archive: zipfile.ZipFile, meta: Mapping[str, Any]) -> dict[str, int]:
    """Of all members, and of the settings themselves: none can be exchanged for another."""
    sums = {i.filename: i.CRC for i in archive.infolist() if i.filename != "meta.json"}
    settings = {key: value for key, value in meta.items() if key != "crc32"}
    return sums | {"meta.json": zlib.crc32(_json_bytes(settings))}


def _json_bytes(meta: Mapping[str, Any]) -> bytes:
    return json.dumps(meta, ensure_ascii=False, default=str).encode()


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), content)


def _array_bytes(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _labels_frame(index: pd.Index) -> pd.DataFrame:
    frame = index.to_frame(index=False)
    frame.columns = [f"id{k}" for k in range(frame.shape[1])]
    return frame


def _index(frame: pd.DataFrame, names: list[Any]) -> pd.Index:
    if frame.shape[1] == 1:
        return pd.Index(frame["id0"]).rename(names[0])
    return pd.MultiIndex.from_frame(frame, names=names)


def _table_bytes(frame: pd.DataFrame, what: str) -> bytes:
    buffer = io.BytesIO()
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, OverflowError) as error:
        raise NetworkError.of("network_faults.mixed_types", what=what, why=error) from error
    feather.write_feather(table, buffer, compression="uncompressed")
    return buffer.getvalue()
