"""What stands behind a key: every file that settings name, with all that belongs to it."""

import shutil
from pathlib import Path

import pytest

from geoplan.study.cache import fingerprint
from geoplan.study.cache.fingerprint import FileDigests, key_of


def names(folder: Path, settings: object) -> set[str] | None:
    found = FileDigests(folder).named_in(settings)
    return None if found is None else {Path(name).name for one in found.values() for name in one}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path = tmp_path / "study"
    tmp_path.mkdir()
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


def test_files_go_by_what_settings_call_them(folder: Path, tmp_path: Path) -> None:
    """Not by the folder of the machine: a copy has the digests of what it was copied from."""
    settings = {"a": ["roads.shp", "feed"], "b": {"c": f"../{folder.name}/dem.tif"}}
    found = FileDigests(folder).named_in(settings)
    assert {text: sorted(files) for text, files in found.items()} == {
        "roads.shp": ["Roads.cpg", "roads.DBF", "roads.shp"],
        "feed": ["stops.txt"],
        f"../{folder.name}/dem.tif": ["dem.tif", "dem.tif.aux.xml"],
    }
    other = shutil.copytree(folder, tmp_path / "elsewhere" / folder.name)
    assert FileDigests(other).named_in(settings) == found
    (other / "dem.tif").write_text("of the copy")
    assert FileDigests(other).named_in(settings) != found
    assert FileDigests(folder).named_in(settings) == found


def test_a_part_of_a_mosaic_behind_a_link_counts(folder: Path) -> None:
    """A link to a folder is not gone into; what the mosaic names there is looked at."""
    source = '<SourceFilename relativeToVRT="1">now/a.tif</SourceFilename>'
    (folder / "all.vrt").write_text(f"<VRTDataset>{source}</VRTDataset>")
    for year in ("2024", "2025"):
        (folder / year).mkdir()
        (folder / year / "a.tif").write_text(year)
    seen = []
    for year in ("2024", "2025", "2024"):
        (folder / "now").unlink(missing_ok=True)
        (folder / "now").symlink_to(folder / year, target_is_directory=True)
        seen.append(FileDigests(folder).named_in({"path": "all.vrt"}))
    assert seen[0] == seen[2] != seen[1]


def test_an_empty_folder_is_something(folder: Path) -> None:
    before = FileDigests(folder).named_in({"path": "bus"})
    (folder / "bus").mkdir()
    assert FileDigests(folder).named_in({"path": "bus"}) != before


def test_keys_tell_apart_what_differs() -> None:
    parts = [(1, "a"), ("1", "a"), (1, "a", None), ([1, "a"],), ({"1": "a"},), (1.0, "a")]
    assert len({key_of(*each) for each in parts}) == len(parts)
