"""Every file of a public collection of good and bad uploads gives data or a clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoplan.inputs import LayerSource, read_area_table, read_facilities, read_lines

CRS = "EPSG:32632"


def files(kind: str) -> list[str]:
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "ingest_edge_cases_goat"
    return [str(p.relative_to(folder)) for p in sorted((folder / kind).rglob("*")) if p.is_file()]


@pytest.mark.parametrize("name", files("valid") or ["absent"])
def test_good_files_give_data(shared_data, name):
    path = shared_data / "ingest_edge_cases_goat" / name
    source = LayerSource(path=path, name=name)
    if "no_geometry" in name:
        one = read_area_table(source, lang="en")
    elif "line" in name:
        one = read_lines(source, key="x", crs=CRS, lang="en")
    else:
        one = read_facilities(source, key="x", crs=CRS, lang="en")
    assert one.layer is not None, one.findings
    assert len(one.layer) > 0
    assert one.record.rows == one.record.accepted + one.record.set_aside
    assert len(one.record.sha256) == 64


@pytest.mark.parametrize("name", files("invalid") or ["absent"])
def test_bad_files_give_one_clear_error(shared_data, name):
    path = shared_data / "ingest_edge_cases_goat" / name
    one = read_facilities(LayerSource(path=path, name=name), key="x", crs=CRS, lang="en")
    errors = [f for f in one.findings if f.severity == "error" and f.row is None]
    assert one.layer is None
    assert len(errors) == 1
    assert errors[0].file == name
    assert len(errors[0].problem) > 30  # says what is wrong and what to do
    assert "Traceback" not in errors[0].problem
