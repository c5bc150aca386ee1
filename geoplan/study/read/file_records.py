"""What is recorded of street files and of layers beside others: rows used, set aside, and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from geoplan.inputs.files.source import file_parts, file_sha256
from geoplan.inputs.findings.finding import InputRecord
from geoplan.network import Network


def street_record(path: Path, *, name: str, role: str, network: Network) -> InputRecord:
    """The record of a street file: its own rows (lines, ways, edges), not the network's edges.

    Parameters
    ----------
    path : the file. name : what the study calls it. role : what it is read for.
    network : made of it; its notes say how many rows there were and why some are not used.
    """
    notes = network.notes
    rows = notes.get("rows") or {"file": network.n_edges, "used": network.n_edges}
    lost = notes.get("rows_without_line") or {}
    left_out = dict(notes.get("left_out") or {})
    if isinstance(lost, dict) and lost:
        left_out["no_line"] = sum(lost.values())
    aside = int(rows["file"]) - int(rows["used"])
    if aside > sum(left_out.values()):
        left_out["no_length"] = aside - sum(left_out.values())
    reasons = {f"{network.mode}.{why}": int(count) for why, count in left_out.items()}
    return InputRecord(
        path=name,
        sha256=file_sha256(path),
        rows=int(rows["file"]),
        accepted=int(rows["used"]),
        set_aside=aside,
        warned=0,
        role=role,
        parts=file_parts(path),
        reasons=reasons if aside else {},
    )


def shared_record(one: InputRecord, other: InputRecord) -> InputRecord:
    """The record of a street file that serves two modes: a row counts that either of them uses."""
    accepted = max(one.accepted, other.accepted)  # who drives on a street may nearly always walk
    return replace(
        one,
        role=f"{one.role}, {other.role}",
        accepted=accepted,
        set_aside=one.rows - accepted,
        reasons={**one.reasons, **other.reasons},
    )


def side_record(path: Path, *, name: str, role: str, rows: int = 0) -> InputRecord:
    """The record of a file that stands beside a main one, all of its rows used.

    Parameters
    ----------
    path : the file. name : what the study calls it. role : what it is read for.
    rows : its features; 0 for a raster of heights.
    """
    return InputRecord(
        path=name,
        sha256=file_sha256(path),
        rows=rows,
        accepted=rows,
        set_aside=0,
        warned=0,
        role=role,
        parts=file_parts(path),
    )
