"""The run on a Dask cluster gives what the run in this process gives, or says why there is none.

Schedulers and workers are processes of their own, ended while they work.
"""

from __future__ import annotations

import importlib.metadata
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from geoplan.cli.start import main
from geoplan.errors import GeoplanError
from geoplan.study import Study, run as run_module
from geoplan.study.cluster import link, machine
from geoplan.study.cluster.fitness import unfitness
from geoplan.study.cluster.link import Patience, linked
from geoplan.study.cluster.tasks import worked_out
from geoplan.words.message import Message
from tests.study.cluster.jobs import doubled
from tests.study.cluster.machines import Machines, patient, wait_for

pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # Dask's own ports and event loops

PATIENT = patient()
OTHER_VERSIONS = """
import geoplan, numpy
geoplan.__version__, numpy.__version__ = "0.0.9", "1.0.1"
"""
WITHOUT_GEOPLAN = """
import sys
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "geoplan":
            raise ModuleNotFoundError("No module named 'geoplan'")
sys.meta_path.insert(0, Gone())
"""
OTHER_SOURCES = """
from pathlib import Path
def altered(path, real=Path.read_bytes):
    return real(path) + (b"#" if path.name == "ledger.py" else b"")
Path.read_bytes = altered
"""


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    folder = tmp_path / "machines"
    folder.mkdir()
    with Machines(folder) as found:
        yield found


def in_background(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_worker_killed_while_it_works_costs_time_only(
    small_folder: Path, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All the way from the study; the first worker is killed in the middle of its service."""
    monkeypatch.setattr(link, "Patience", patient)
    study = Study.open(small_folder)
    here = study.run().to_dict()
    machines.scheduler()
    begun = machines.folder / "begun"
    first = machines.worker(
        "import geoplan.study.run as run, time, pathlib\n"
        f"def held(*a, **k): pathlib.Path({str(begun)!r}).touch(); time.sleep(600)\n"
        "run.assess_service = held\n"
    )
    told: list[str] = []

    def fails() -> None:
        wait_for(begun)
        first.kill()
        machines.worker()

    failing = in_background(fails)
    there = study.run(
        scheduler=machines.address, progress=lambda done, total, text: told.append(text)
    ).to_dict()
    failing.join()
    for summary in (here, there):
        for service in summary["services"].values():
            service["siting"].pop("seconds")
    assert there == here
    assert any("a worker was lost" in text for text in told)
    assert any("1 of 1 services done" in text for text in told)


def test_other_workers_are_refused_before_anything_is_read(
    small_folder: Path,
    machines: Machines,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(link, "Patience", patient)
    machines.scheduler()
    machines.worker(WITHOUT_GEOPLAN)
    machines.worker(OTHER_VERSIONS)
    monkeypatch.setattr(run_module, "_read", lambda *a, **k: pytest.fail("inputs were read"))
    _until(lambda: _refusal(machines.address).count("127.0.0.1") > 2)
    with pytest.raises(SystemExit) as left:
        main(["run", str(small_folder), "--scheduler", machines.address])
    assert left.value.code == 1
    said = capsys.readouterr().err
    assert "geoplan 0.0.9 and here" in said
    assert "numpy 1.0.1 and here" in said
    assert "has no geoplan that can be used" in said
    assert "No module named 'geoplan'" in said
    assert "Traceback" not in said


def test_a_worker_whose_files_were_changed_under_it_is_unfit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It still has the old code in memory, though its files are those of this machine."""
    before = machine.stack()
    assert unfitness(before, machine.stack()) is None
    monkeypatch.setattr(machine, "_digest", lambda package: "new")
    fresh = {**before, "geoplan sources": "new"}
    assert unfitness(fresh, machine.stack()) is not None
    assert unfitness(before, machine.stack()) is not None


@pytest.mark.parametrize("library", ["pyogrio", "openpyxl", "matplotlib", "python-docx"])
def test_workers_read_and_write_with_the_libraries_of_this_machine(library: str) -> None:
    """A worker reads a city's files and writes its folder: with others both come out otherwise."""
    own = machine.stack()
    assert own[library] == importlib.metadata.version(library)
    for other in ("0.0.1", "-"):
        why = unfitness(own, {**own, library: other})
        assert why is not None
        assert library in why.text("en")


def _refusal(address: str) -> str:
    try:
        with linked(address, tell=lambda _: None, patience=PATIENT):
            return ""
    except GeoplanError as error:
        return str(error)


def _until(true: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_machines_fail_in_every_way(machines: Machines) -> None:
    """A full disk, a late worker with other sources, a scheduler that is started again."""
    scheduler = machines.scheduler()
    machines.worker()
    said: list[str] = []
    with linked(machines.address, tell=_noted(said), patience=PATIENT) as cluster:
        assert cluster is not None
        names = list("abcdefgh")
        folder = str(machines.folder)
        (machines.folder / "a.fills").touch()
        (machines.folder / "c.holds").touch()

        def fails() -> None:
            _until(lambda: any("No space left" in text for text in said))
            machines.worker(OTHER_SOURCES)
            _until(lambda: any("joined later are not used" in text for text in said))
            machines.worker()
            wait_for(machines.folder / "c.held")
            scheduler.kill()
            scheduler.wait()
            machines.scheduler()
            machines.worker()

        failing = in_background(fails)
        done = dict(worked_out(cluster, doubled, folder, names))
        failing.join()
        assert done == {name: name * 2 for name in names}
        assert any("with other program files" in text for text in said)
        assert any("the scheduler was lost" in text for text in said)

        # what ends every worker that it is given to is not tried for ever
        # the second comes after the first has died: of two at once, Dask itself tries both
        cluster.patience = patient(failures=1)
        (machines.folder / "z.kills").touch()

        def comes() -> None:
            wait_for(machines.folder / "z.killed")
            machines.worker()

        coming = in_background(comes)
        with pytest.raises(GeoplanError, match="z failed on 2 workers"):
            dict(worked_out(cluster, doubled, folder, ["z"]))
        coming.join()


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def test_a_scheduler_that_stays_away_is_told(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one sentence, and in time: the logs of Dask, which hold tracebacks, are silent."""
    heard, asked, made = _Heard(), [], link._client

    def client(address: str, seconds: float) -> object:
        asked.append(seconds)
        return made(address, seconds)

    monkeypatch.setattr(link, "_client", client)
    logs = [logging.getLogger(name) for name in ("distributed.client", "asyncio", "tornado")]
    for log in logs:
        log.addHandler(heard)
    scheduler = machines.scheduler()
    machines.worker()
    (machines.folder / "a.holds").touch()

    def fails() -> None:
        wait_for(machines.folder / "a.held")
        scheduler.kill()

    failing = in_background(fails)
    with linked(machines.address, tell=lambda _: None, patience=patient(restart_s=2)) as cluster:
        assert cluster is not None
        with pytest.raises(GeoplanError, match="was lost and did not come back within 2 s"):
            dict(worked_out(cluster, doubled, str(machines.folder), ["a", "b"]))
    failing.join()
    for log in logs:
        log.removeHandler(heard)
    assert not heard.records
    assert len(asked) > 1
    assert max(asked[1:]) <= 2


def test_an_interrupt_takes_back_what_was_asked(machines: Machines) -> None:
    machines.scheduler()
    machines.worker()
    (machines.folder / "a.holds").touch()

    def stops() -> None:
        wait_for(machines.folder / "a.held")
        os.kill(os.getpid(), signal.SIGINT)

    with linked(machines.address, tell=lambda _: None, patience=PATIENT) as cluster:
        assert cluster is not None
        stopping = in_background(stops)
        with pytest.raises(KeyboardInterrupt):
            dict(worked_out(cluster, doubled, str(machines.folder), ["a", "b"]))
        stopping.join()
        client = cluster.client  # it asks on another way than it takes back
        _until(lambda: not any(client.processing().values()))


def _noted(said: list[str]) -> Callable[[Message], None]:
    return lambda message: said.append(message.text("en"))


def test_a_cluster_that_is_not_there(small_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "_read", lambda *a, **k: pytest.fail("inputs were read"))
    monkeypatch.setattr(link, "Patience", partial(Patience, answer_s=1))
    with pytest.raises(GeoplanError, match=r"127\.0\.0\.1:1"):
        Study.open(small_folder).run(scheduler="tcp://127.0.0.1:1")


def test_something_that_does_not_answer_is_told_in_seconds() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        start = time.monotonic()
        with (
            pytest.raises(GeoplanError, match="no Dask scheduler answers"),
            linked(address, tell=lambda _: None, patience=Patience(answer_s=2)),
        ):
            pytest.fail("linked")
        assert time.monotonic() - start < 20  # 2 s and a busy machine


def test_a_cluster_without_workers_is_told(machines: Machines) -> None:
    machines.scheduler()
    with (
        pytest.raises(GeoplanError, match="has no worker that can be used"),
        linked(machines.address, tell=lambda _: None, patience=patient(workers_s=0.5)),
    ):
        pytest.fail("linked")
