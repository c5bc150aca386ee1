"""One file per network: a zip of plain arrays and two Arrow tables, quick to load.

Members are stored uncompressed (a city loads in a fraction of a second); the same network
gives the same bytes. ``meta.json`` names the format and its version.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import feather
from pyproj import CRS

from geoplan.errors import NetworkError
from geoplan.network.graph.network import NetworkData

FORMAT = "geoplan-network"
VERSION = 1
_ARRAYS = ("x", "y", "u", "v", "length_m", "oneway", "coords", "offsets")
_OPTIONAL = ("minutes", "minutes_back")
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def save_network(network: NetworkData, path: str | PathLike[str]) -> None:
    """Write `network` into one file, replacing an older one only when all is written.

    Raises
    ------
    NetworkError
        The folder does not exist, or labels or properties mix types that no table can hold.
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
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
            _write(archive, "meta.json", json.dumps(meta, ensure_ascii=False, default=str).encode())
            for name in (*_ARRAYS, *_OPTIONAL):
                array = getattr(network, name)
                if array is not None:
                    _write(archive, f"{name}.npy", _array_bytes(array))
            for name, content in tables.items():
                _write(archive, name, content)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def check_writable(target: Path) -> None:
    """Raise unless a network file can be written there.

    Raises
    ------
    NetworkError
        It is a folder, or its folder does not exist.
    """
    if target.is_dir():
        raise NetworkError.of("network_faults.out_is_folder", name=target)
    if not target.parent.is_dir():
        raise NetworkError.of("network_faults.out_no_folder", name=target.parent)


def load_network(path: str | PathLike[str]) -> NetworkData:
    """Read a network that `save_network` wrote.

    Raises
    ------
    NetworkError
        The file is missing, is no network file, is damaged, or is of a newer format.
    """
    source = Path(path)
    if not source.is_file():
        raise NetworkError.of("network_faults.no_network_file", name=source)
    try:
        with zipfile.ZipFile(source) as archive:
            meta = _meta(archive, source)
            members = set(archive.namelist())
            arrays = {
                name: np.load(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False)
                for name in (*_ARRAYS, *_OPTIONAL)
                if name in _ARRAYS or f"{name}.npy" in members
            }
            nodes = _table(archive.read("nodes.arrow"))
            edges = _table(archive.read("edges.arrow"))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError, pa.ArrowInvalid) as error:
        if isinstance(error, NetworkError):
            raise
        raise NetworkError.of("network_faults.damaged", name=source, why=error) from error
    carried = [c for c in edges.columns if c.startswith("p:")]
    properties = edges[carried].rename(columns=lambda c: c[2:]) if meta["properties"] else None
    return NetworkData(
        crs=CRS.from_user_input(meta["crs"]),
        mode=meta["mode"],
        speed_m_s=meta["speed_m_s"],
        source=meta["source"],
        notes=meta["notes"],
        node_ids=_index(nodes, meta["node_names"]),
        edge_ids=_index(edges.drop(columns=carried), meta["edge_names"]),
        properties=properties,
        **arrays,
    )


def is_network_file(path: str | PathLike[str]) -> bool:
    """Whether `path` has the members of a file that `save_network` wrote, whatever its name."""
    if not Path(path).is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return {"meta.json", "offsets.npy"} <= set(archive.namelist())


def _meta(archive: zipfile.ZipFile, source: Path) -> dict[str, Any]:
    meta = json.loads(archive.read("meta.json"))
    if meta.get("format") != FORMAT:
        raise NetworkError.of("network_faults.not_network_file", name=source)
    if meta["version"] != VERSION:
        raise NetworkError.of(
            "network_faults.version", name=source, found=meta["version"], version=VERSION
        )
    return meta


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


def _table(content: bytes) -> pd.DataFrame:
    return feather.read_table(io.BytesIO(content)).to_pandas()
