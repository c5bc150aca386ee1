"""The cities of a province on a cluster: their files go with them, their results are their own."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from geoplan.cli.start import main
from geoplan.errors import FileError, StudyFileError
from geoplan.network.search import cost_tiles
from geoplan.study import Study
from geoplan.study.assess import assess_service
from geoplan.study.cities import elsewhere, on_cluster, run as cities_run
from geoplan.study.cluster import link, tiles
from geoplan.study.cluster.link import Cluster, Patience
from geoplan.study.cluster.parcel import WHERE_VARIABLE, Parcel
from tests.study.cities.towns import write_province, write_town
from tests.study.cluster.machines import Machines, patient, wait_for
from tests.study.cluster.test_cluster import in_background

pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # Dask's own ports and event loops

TWO = """\
[study]
name = "Two towns"
lang = "en"

[report]
pdf = false

[[include]]
path = "alpha"

[[include]]
path = "beta"
name = "Bêta"
"""
#: a worker that holds the first city it gets, and says so
HOLDING = """
import geoplan.study.cities.elsewhere as elsewhere, time, pathlib
def held(*a, **k):
    pathlib.Path({begun!r}).touch(); time.sleep(600)
elsewhere.run_city = held
"""


def two_towns(folder: Path) -> Study:
    """One of them reads a file beside its folder, as cities of a province may."""
    write_town(folder / "alpha", "Alpha")
    changed = {"sites = 1": "sites = 2", '"people.csv"': '"../shared/people.csv"'}
    write_town(folder / "beta", "Beta", people={"A": 1000}, edits=changed, east_m=5_000)
    (folder / "shared").mkdir()
    (folder / "beta" / "people.csv").rename(folder / "shared" / "people.csv")
    (folder / "study.toml").write_text(TWO, encoding="utf-8")
    return Study.open(folder)


def files(folder: Path) -> dict[str, Any]:
    """All files by name; of JSON what does not tell how long something took."""
    found: dict[str, Any] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        found[name] = path.read_bytes()
        if path.name in ("summary.json", "run.json"):
            found[name] = without_time(json.loads(found[name]))
    return found


def without_time(value: Any) -> Any:
    if isinstance(value, list):
        return [without_time(one) for one in value]
    if not isinstance(value, dict):
        return value
    timed = ("seconds", "peak_memory_mb", "cluster", "summary.json", "run.json")
    return {key: without_time(one) for key, one in value.items() if key.split("/")[-1] not in timed}


def test_cities_on_workers_are_the_cities_alone(tmp_path: Path) -> None:
    """Every file, though the first worker is killed in the middle of a city."""
    study = two_towns(tmp_path / "towns")
    study.run_into(tmp_path / "here", cache=False)
    folder = tmp_path / "machines"
    folder.mkdir()
    with Machines(folder) as machines:
        machines.scheduler()
        begun = folder / "begun"
        first = machines.worker(HOLDING.format(begun=str(begun)))

        def fails() -> None:
            wait_for(begun)
            first.kill()
            machines.worker()

        failing = in_background(fails)
        told: list[tuple[int, int, str]] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(link, "Patience", patient)
            study.run_into(
                tmp_path / "there",
                cache=False,
                scheduler=machines.address,
                progress=lambda *step: told.append(step),
            )
            failing.join()
            alone = json.loads((tmp_path / "here" / "Alpha" / "summary.json").read_text("utf-8"))
            costs_in_tiles(tmp_path / "towns" / "alpha", alone, machines.address, patch)
    here, there = files(tmp_path / "here"), files(tmp_path / "there")
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []
    texts = [text for _, _, text in told]
    assert any("a worker was lost" in text for text in texts)
    assert any("2 of 2 cities done" in text for text in texts)
    # what a worker says of its city comes by the scheduler
    assert any(text.startswith(("Alpha · ", "Bêta · ")) for text in texts)
    facts = json.loads((tmp_path / "there" / "run.json").read_text("utf-8"))["cluster"]
    assert facts["failures"] > 0
    assert facts["pieces"].keys() == facts["bytes_of_files"].keys() == {"Alpha", "Bêta"}
    assert all(costs["cpu_s"] > 0 for costs in facts["pieces"].values())
    # the piece that went out twice is counted twice
    once = sum(facts["bytes_of_files"].values())
    assert once < facts["bytes_sent"] < 2.2 * once


def costs_in_tiles(
    town: Path, alone: dict[str, Any], address: str, patch: pytest.MonkeyPatch
) -> None:
    """One service of one city: its costs go out in tiles, and the summary is that of no tiles."""
    study = Study.open(town)
    patch.setattr(tiles, "LEAST_EDGES", 0)
    patch.setattr(cost_tiles, "LEAST_SITES", 0)
    patch.setattr(assess_service, "TILE_EDGES", 2)
    told: list[str] = []
    there = study.run(
        cache=False, scheduler=address, progress=lambda done, total, text: told.append(text)
    )
    assert without_time(there.to_dict()) == without_time(alone)
    pieces = there.results.run["cluster"]["pieces"]
    assert {name.partition(".")[0] for name in pieces} >= {"tile 1", "tile 2"}
    assert len([name for name in pieces if name.startswith("tile 1.")]) > 1
    assert any("tiles done" in text for text in told)


def test_a_scheduler_killed_under_the_command_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one sentence, with code 1, and nothing of the results is left."""
    two_towns(tmp_path / "towns")
    folder = tmp_path / "machines"
    folder.mkdir()
    monkeypatch.setattr(link, "Patience", partial(patient, restart_s=1))
    monkeypatch.setenv("GEOPLAN_CACHE", "off")
    with Machines(folder) as machines:
        scheduler = machines.scheduler()
        begun = folder / "begun"
        machines.worker(HOLDING.format(begun=str(begun)))

        def fails() -> None:
            wait_for(begun)
            scheduler.kill()

        failing = in_background(fails)
        with pytest.raises(SystemExit) as left:
            main(["run", str(tmp_path / "towns"), "--scheduler", machines.address])
        failing.join()
    assert left.value.code == 1
    said = capsys.readouterr().err
    assert "was lost and did not come back within 1 s" in said
    assert "Traceback" not in said
    kept = {path.name for path in (tmp_path / "towns").iterdir()}
    assert kept == {"alpha", "beta", "shared", "study.toml"}


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is sent to a cluster whose worker is this process; all is pickled on the way."""
    sent: list[Any] = []

    def worked_out(
        cluster: Cluster,
        work: Callable[[Any, str], Any],
        shared: None,
        names: list[str],
        *,
        own: Callable[[str], Any],
    ) -> Iterator[tuple[str, Any]]:
        for name in names:
            body = pickle.dumps(own(name))
            cluster.sent[name] = len(body)
            sent.append(pickle.loads(body))
            yield name, pickle.loads(pickle.dumps(work(sent[-1], name)))

    class Linked:
        def __enter__(self) -> Cluster:
            return Cluster(address="", client=None, patience=Patience(), tell=lambda _: None)

        def __exit__(self, *error: object) -> None:
            pass

    monkeypatch.setattr(on_cluster, "worked_out", worked_out)
    monkeypatch.setattr(cities_run, "linked", lambda address, *, tell: Linked())
    monkeypatch.setattr(Cluster, "listen", lambda self, told: None)
    monkeypatch.setattr(elsewhere, "speaking", lambda topic, name: lambda *step: None)
    return sent


def test_faults_are_those_of_a_run_without_a_cluster(
    tmp_path: Path, in_this_process: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All cities' faults in the cities' order, whichever ended first; the rest is only read."""
    study = Study.open(write_province(tmp_path / "towns"))
    for name in ("beta", "gamma"):
        (tmp_path / "towns" / name / "people.csv").write_text("id,lon\n1,2\n", encoding="utf-8")
    with pytest.raises(StudyFileError) as there:
        study.run_into(tmp_path / "there", scheduler="tcp://cluster", cache=False)
    assert {parcel.task.city.name for parcel in in_this_process} == {"Alpha", "Bêta", "丙市"}
    assert in_this_process[-1].only_read
    monkeypatch.undo()
    with pytest.raises(StudyFileError) as here:
        study.run_into(tmp_path / "here", cache=False)
    assert str(there.value) == str(here.value)
    assert there.value.findings == here.value.findings


def test_a_city_that_cannot_be_sent_is_run_here(
    tmp_path: Path, in_this_process: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is kept of a city that was sent is not worked out again."""
    folder = tmp_path / "towns"
    two_towns(folder)
    text = (folder / "alpha" / "study.toml").read_text("utf-8")
    whole = json.dumps(str(folder / "alpha" / "people.csv"))
    text = text.replace('"people.csv"', whole)
    (folder / "alpha" / "study.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "kept"))
    study = Study.open(folder)
    first = study.run(scheduler="tcp://cluster")
    assert [parcel.task.city.name for parcel in in_this_process] == ["Bêta"]
    again = study.run(scheduler="tcp://cluster")
    assert len(in_this_process) == 1
    there = (folder / "shared" / "people.csv").read_text("utf-8")
    (folder / "shared" / "people.csv").write_text(there.replace("1000", "1001"), encoding="utf-8")
    other = study.run(scheduler="tcp://cluster")
    assert len(in_this_process) == 2
    here = study.run(cache=False)
    assert without_time(other.to_dict()) == without_time(here.to_dict())
    assert without_time(first.to_dict()) == without_time(again.to_dict())
    assert without_time(first.to_dict()) != without_time(other.to_dict())
    in_this_process.clear()
    copy = Study.open(shutil.copytree(folder, tmp_path / "copy")).run(scheduler="tcp://cluster")
    assert without_time(copy.to_dict()) == without_time(other.to_dict())
    assert in_this_process == []


def edited(folder: Path, **changes: str) -> Study:
    """The example, where settings are other texts."""
    text = (folder / "study.toml").read_text("utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return Study.open(folder)


OTHERS = ["register.xlsx", "people.full.xlsx", "people.csv.bak", "network/secret.csv", "Small"]


@pytest.mark.parametrize("name", ["Small", "..", ".", "where to build?", "*", "register.xlsx", "~"])
def test_what_a_study_only_mentions_is_not_sent(tmp_path: Path, name: str) -> None:
    """A text that happens to be the name of a file or a folder is no reason to send it."""
    folder = write_town(tmp_path / "office" / "town", "Small")
    (tmp_path / "office" / "persons.csv").write_text("secret", encoding="utf-8")
    for other in OTHERS:
        (folder / other).parent.mkdir(exist_ok=True)
        (folder / other).write_text("secret", encoding="utf-8")
    (folder / "people.csvt").write_text('"String"', encoding="utf-8")
    found = elsewhere.files_of_city(edited(folder, Small=name))
    assert found is not None
    read = {"study.toml", "streets.gpkg", "districts.gpkg", "people.csv", "meals.csv"}
    assert set(found.paths) == {*read, "people.csvt"}


@pytest.mark.parametrize("path", [".", "..", "../town", "table"])
def test_no_folder_is_sent_but_those_that_are_one_thing(tmp_path: Path, path: str) -> None:
    folder = write_town(tmp_path / "town", "Small")
    (folder / "table").mkdir()
    study = Study.open(folder)
    config = study.config
    demand = config.demand["elderly_60"].model_copy(update={"path": path})
    config = config.model_copy(update={"demand": {"elderly_60": demand}})
    settings = replace(study, config=config)
    assert elsewhere.files_of_city(settings) is None


def test_a_mosaic_is_sent_with_its_tiles_alone(tmp_path: Path) -> None:
    folder = write_town(tmp_path / "town", "Small")
    (folder / "tiles").mkdir()
    for name in ("tiles/a.tif", "tiles/a.tfw", "tiles/b.tif", "c.tif"):
        (folder / name).write_bytes(b"II*")
    settings = Study.open(folder)
    demand = settings.config.demand["elderly_60"].model_copy(update={"path": "people.vrt"})
    config = settings.config.model_copy(update={"demand": {"elderly_60": demand}})
    for tile, is_sent in (("tiles/a.tif", True), (str(folder / "tiles" / "a.tif"), False)):
        (folder / "people.vrt").write_text(
            "<VRTDataset><VRTRasterBand><SimpleSource><SourceFilename>"
            f"{tile}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>",
            encoding="utf-8",
        )
        found = elsewhere.files_of_city(replace(settings, config=config))
        assert (found is not None) == is_sent
        if found is not None:
            rasters = {n for n in found.paths if not n.endswith((".gpkg", ".csv", ".toml"))}
            assert rasters == {"people.vrt", "tiles/a.tif", "tiles/a.tfw"}


def test_files_that_workers_see_are_not_sent(
    tmp_path: Path, in_this_process: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an address that fsspec knows; another file there than here is refused."""
    folder = tmp_path / "towns"
    study = two_towns(folder)
    monkeypatch.setenv(WHERE_VARIABLE, folder.as_uri())
    plan = study.run(scheduler="tcp://cluster", services=["meal_station"], cache=False)
    assert plan.to_dict()["services"]["meal_station"]["people"]["total"] > 290
    assert all(parcel.files.weight == 0 for parcel in in_this_process)

    one = next(iter(in_this_process[0].files.elsewhere))
    digest, there = in_this_process[0].files.elsewhere[one]
    parcel = Parcel(elsewhere={one: (digest[::-1], there)}, where=folder.as_uri())
    with pytest.raises(FileError, match="is not the file that is here"):
        parcel.unpack(tmp_path / "unpacked")
    parcel = Parcel(elsewhere={one: (digest, there)}, where=str(tmp_path / "nowhere"))
    with pytest.raises(FileError, match="cannot be read on a worker"):
        parcel.unpack(tmp_path / "unpacked")
    assert not (tmp_path / "unpacked" / one).exists()


def test_sites_that_cities_share_are_split_alike(
    tmp_path: Path, in_this_process: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What new sites bring in each city is a worker's work, too; a fault there names the city."""
    folder = tmp_path / "towns"
    two_towns(folder)
    shared = TWO + "\n[services.meal_station]\nsiting = { sites = 2 }\n"
    (folder / "study.toml").write_text(shared, encoding="utf-8")
    study = Study.open(folder)
    there = study.run(scheduler="tcp://cluster", cache=False).to_dict()
    assert [parcel.curve_to for parcel in in_this_process] == [2, 2, None, None]
    assert without_time(there) == without_time(study.run(cache=False).to_dict())
    (folder / "alpha" / "people.csv").write_text("id,lon\n1,2\n", encoding="utf-8")
    with pytest.raises(StudyFileError, match=r"Alpha/people\.csv"):
        study.run(scheduler="tcp://cluster", cache=False)
