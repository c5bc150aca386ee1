"""A damaged run is told as one: `compare` and `export` end in a sentence, whatever is wrong."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from shapely import Point

from geoplan.comparison import compare_runs, locations
from geoplan.errors import UsageError
from geoplan.outputs import export_run
from tests.cli.test_cli import geoplan

WHAT = "no result of a run or is damaged"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from geoplan.study import example_study

    return example_study().run().save(tmp_path_factory.mktemp("whole") / "run")


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "damaged"))


def fields(content: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value in what a JSON file holds."""
    parts: Any = ()
    if isinstance(content, dict):
        parts = content.items()
    elif isinstance(content, list):
        parts = enumerate(content)
    for key, value in parts:
        yield (*where, key)
        yield from fields(value, (*where, key))


def put(content: Any, where: tuple[Any, ...], value: Any) -> None:
    for key in where[:-1]:
        content = content[key]
    content[where[-1]] = value


@pytest.fixture
def read_once(whole: Path) -> Iterator[None]:
    """Layers of a run and of its copies, none of which is changed, are read once."""
    path = whole / "layers.gpkg"
    names = pyogrio.list_layers(path)
    read = cache(lambda layer: pyogrio.read_dataframe(path, layer=layer))

    def same(asked: Path) -> Path:
        assert asked.read_bytes() == path.read_bytes()
        return asked

    def listed(asked: Path) -> Any:
        same(asked)
        return names

    def frame(asked: Path, *, layer: str) -> Any:
        same(asked)
        return read(layer).copy()

    once = SimpleNamespace(list_layers=listed, read_dataframe=frame)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locations, "pyogrio", once)
        yield


ODD = st.sampled_from([None, [], {}, "x", "", 3, -1.5, float("nan"), 1e400, True, [[]], {"a": []}])


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
@pytest.mark.usefixtures("read_once")
def test_any_field_of_any_kind(whole: Path, tmp_path: Path, data: st.DataObject) -> None:
    """Compared or refused with the sentence; anything else that is raised fails here."""
    run = tmp_path / "run"
    if not run.exists():
        run.mkdir()
        shutil.copy(whole / "layers.gpkg", run)
    for name in ("summary.json", "run.json"):
        shutil.copy(whole / name, run)
    name = data.draw(st.sampled_from(["summary.json", "run.json"]))
    content = json.loads((whole / name).read_text(encoding="utf-8"))
    where = data.draw(st.sampled_from(list(fields(content))))
    put(content, where, data.draw(ODD))
    (run / name).write_text(json.dumps(content), encoding="utf-8")
    try:
        compare_runs(whole, run).text()
        compare_runs(run, whole).text("en")
    except UsageError as error:
        assert WHAT in str(error)  # noqa: PT017
        assert error.exit_code == 2  # noqa: PT017
        assert str(run) in str(error)  # noqa: PT017


MUST_FAIL: list[tuple[tuple[Any, ...], Any]] = [
    (("services",), []),
    (("services", "meal_station"), 3),
    (("services", "meal_station", "people"), [1, 2]),
    (("services", "meal_station", "people", "served"), "150"),
    (("services", "meal_station", "people", "served"), {}),
    (("services", "meal_station", "gaps"), 4),
    (("services", "meal_station", "siting"), "none"),
    (("services", "meal_station", "siting", "sites"), {"a": 1}),
    (("services", "meal_station", "areas"), [1]),
]


@pytest.mark.parametrize(("where", "value"), MUST_FAIL)
def test_wrong_kinds_are_not_compared(
    whole: Path, run: Path, where: tuple[Any, ...], value: Any
) -> None:
    content = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    put(content, where, value)
    (run / "summary.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UsageError, match=WHAT):
        compare_runs(whole, run)


@pytest.mark.parametrize("name", ["summary.json", "run.json", "layers.gpkg"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_files_that_are_cut_off(whole: Path, run: Path, name: str, share: float) -> None:
    path = run / name
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(UsageError, match=WHAT) as told:
        compare_runs(run, whole)
    assert "damaged" in str(told.value)
    with pytest.raises(UsageError, match=WHAT):
        compare_runs(whole, run)
    for kind in ("geojson", "gpkg", "xlsx"):
        with pytest.raises(UsageError, match=WHAT):
            export_run(run, format=kind, out=run.parent / "export")


def test_any_byte(whole: Path, run: Path) -> None:
    """Blocks of noise anywhere in any file: a sentence or, where it does no harm, an answer."""
    noise = random.Random(7)
    refused = 0
    for k in range(60):
        name = ("summary.json", "run.json", "layers.gpkg")[k % 3]
        content = bytearray((whole / name).read_bytes())
        for _ in range(noise.choice([1, 3, 200])):
            at = noise.randrange(len(content))
            content[at] = noise.randrange(256)
        for other in ("summary.json", "run.json", "layers.gpkg"):
            shutil.copy(whole / other, run / other)
        (run / name).write_bytes(content)
        for ask in (
            lambda: compare_runs(whole, run).text(),
            lambda: export_run(run, format="csv", out=run.parent / "csv"),
        ):
            try:
                ask()
            except UsageError as error:
                assert WHAT in str(error)  # noqa: PT017
                refused += 1
    assert refused > 10


def test_the_command_says_it_in_both_languages(whole: Path, run: Path, tmp_path: Path) -> None:
    (run / "summary.json").write_text("{")
    done = geoplan("compare", whole, run)
    assert done.returncode == 2
    assert WHAT in done.stderr
    assert "或已损坏" in done.stderr
    shutil.copy(whole / "summary.json", run)
    page = run / "maps" / "meal_station.html"
    page.write_text(page.read_text(encoding="utf-8").replace('_data">', '_data">[', 1))
    facts = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    facts["services"]["meal_station"]["people"]["served"] += 1
    (run / "summary.json").write_text(json.dumps(facts), encoding="utf-8")
    done = geoplan("compare", whole, run, "--out", tmp_path / "both")
    assert (done.returncode, WHAT in done.stderr) == (2, True)
    assert "did not expect" not in done.stderr


NAMES = ["../../escaped", "/tmp/escaped", "a/b", "..", "CON", "a:b", "x" * 300, "养老 院", "a*?"]


def renamed_layers(path: Path, names: list[str]) -> None:
    """A GeoPackage whose layers are called as GDAL would not let us call them."""
    for k in range(len(names)):
        frame = gpd.GeoDataFrame({"name": [k]}, geometry=[Point(500000, 4000000)], crs=4548)
        options = {"SPATIAL_INDEX": "NO"}
        pyogrio.write_dataframe(
            frame, path, layer=f"l{k}", driver="GPKG", append=k > 0, layer_options=options
        )
    link = sqlite3.connect(path)
    triggers = link.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (trigger,) in triggers:
        link.execute(f'DROP TRIGGER "{trigger}"')
    for k, name in enumerate(names):
        link.execute(f'ALTER TABLE l{k} RENAME TO "{name}"')
        for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_ogr_contents"):
            link.execute(f"UPDATE {table} SET table_name = ? WHERE table_name = ?", (name, f"l{k}"))
    link.commit()
    link.close()


@pytest.mark.parametrize("kind", ["geojson", "shp", "kml", "fgb", "parquet", "csv", "xlsx"])
def test_layers_stay_in_the_folder_whatever_they_are_called(tmp_path: Path, kind: str) -> None:
    run = tmp_path / "deep" / "run"
    run.mkdir(parents=True)
    renamed_layers(run / "layers.gpkg", NAMES)
    out = tmp_path / "deep" / "out"
    written = export_run(run, format=kind, out=out)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["deep"]
    assert sorted(p.name for p in run.parent.iterdir()) == ["out", "run"]
    assert all(Path(path).parent == out and Path(path).exists() for path in written)
    per_layer = len(NAMES) if kind != "xlsx" else 1
    assert len(written) - (kind in ("csv", "shp")) == per_layer
    assert export_run(run, format=kind, out=out) == written  # once more


def test_views_are_no_layers(run: Path) -> None:
    """A view may go on for ever, or show what is not the run's."""
    link = sqlite3.connect(run / "layers.gpkg")
    link.execute("CREATE VIEW endless AS SELECT a.* FROM layer_styles a, layer_styles b")
    link.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier)"
        " VALUES ('endless', 'attributes', 's')"
    )
    link.commit()
    link.close()
    with pytest.raises(UsageError, match=WHAT):
        export_run(run, format="csv", out=run.parent / "csv")


def test_an_export_onto_the_run_itself(run: Path, tmp_path: Path) -> None:
    before = (run / "layers.gpkg").read_bytes()
    link = tmp_path / "link"
    link.symlink_to(run)
    for out in (run, run / "layers.gpkg", link):
        done = geoplan("export", run, "--format", "gpkg", "--out", out)
        assert done.returncode == 2, out
        assert "very file that this command reads" in done.stderr
    assert (run / "layers.gpkg").read_bytes() == before


def test_an_export_spares_files_of_others(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    own = {"fields.csv": "csv", "meal_station_gaps.geojson": "geojson", "mine.xlsx": "xlsx"}
    own["mine.gpkg"] = "gpkg"
    for name, kind in own.items():
        (out / name).write_text("my own")
        done = geoplan(
            "export", run, "--format", kind, "--out", out / name if "mine" in name else out
        )
        assert done.returncode == 2, name
        assert "was not touched" in done.stderr
        assert sorted(p.name for p in out.iterdir()) == [name]
        assert (out / name).read_text() == "my own"
        (out / name).unlink()
    for _ in range(2):
        for kind in ("gpkg", "xlsx"):
            done = geoplan("export", run, "--format", kind, "--out", out / f"mine.{kind}")
            assert done.returncode == 0, done.stderr
