"""What stands behind a key: every file that settings name, with all that belongs to it."""

from pathlib import Path

import pytest

from geoplan.study.cache import fingerprint
from geoplan.study.cache.fingerprint import FileDigests, key_of


def names(folder: Path, settings: object) -> set[str] | None:
    found = FileDigests(folder).named_in(settings)
    return None if found is None else {Path(name).name for name in found}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("roads.shp", "roads.DBF", "Roads.cpg", "roads2.shp", "dem.tif", "dem.tif.aux.xml"):
        (tmp_path / name).write_text(name)
    (tmp_path / "feed").mkdir()
    (tmp_path / "feed" / "stops.txt").write_text("stops")
    (tmp_path / "all.vrt").write_text("vrt")
    return tmp_path


def test_files_that_belong_together_are_found(folder: Path) -> None:
    assert names(folder, {"path": "roads.shp"}) == {"roads.shp", "roads.DBF", "Roads.cpg"}
    assert names(folder, {"a": [{"elevation": "dem.tif"}]}) == {"dem.tif", "dem.tif.aux.xml"}
    assert names(folder, {"path": ["feed"]}) == {"stops.txt"}
    assert "dem.tif" in names(folder, {"path": "all.vrt"})
    (folder / "grid").mkdir()
    for name in ("hdr.adf", "w001001.adf", "w001001x.adf"):
        (folder / "grid" / name).write_text(name)
    parts = {"hdr.adf", "w001001.adf", "w001001x.adf"}
    assert names(folder, {"path": "grid/w001001.adf"}) == parts
    (folder / "sites [1].csv").write_text("name")
    assert names(folder, {"path": "sites [1].csv"}) == {"sites [1].csv"}


def test_texts_that_are_no_files_find_nothing(folder: Path) -> None:
    assert names(folder, {"name": "济南", "crs": "EPSG:4548", "x": "", "y": " ", "n": 5}) == set()
    assert names(folder, {"note": "a" * 300, "null": "a\0b", "title": "Who walks? *"}) == set()


def test_what_cannot_be_known_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names(folder, {"path": "postgis://gis@db/city"}) is None
    monkeypatch.setattr(fingerprint, "_MOST_FILES", 0)
    assert names(folder, {"path": "feed"}) is None


def test_a_changed_byte_changes_the_digests(folder: Path) -> None:
    before = FileDigests(folder).named_in({"path": "roads.shp"})
    (folder / "Roads.cpg").write_text("GBK")
    assert FileDigests(folder).named_in({"path": "roads.shp"}) != before


def test_keys_tell_apart_what_differs() -> None:
    parts = [(1, "a"), ("1", "a"), (1, "a", None), ([1, "a"],), ({"1": "a"},), (1.0, "a")]
    assert len({key_of(*each) for each in parts}) == len(parts)
