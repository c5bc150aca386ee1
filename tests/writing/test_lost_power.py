"""Whatever moment a run ends at, one whole result stands or is brought back by the next command."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from geoplan.errors import UsageError
from geoplan.writing import claimed, restored
from tests.writing import small_run
from tests.writing.kill_runs import kill_at_random
from tests.writing.small_run import BY_EXCHANGE, BY_RENAMES, ENDED, whole_text, write_small_run


def written_apart(*arguments: object) -> subprocess.CompletedProcess[str]:
    """One run written by another process."""
    command = [sys.executable, "-m", "tests.writing.small_run", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


STEPS = [(step, False) for step in BY_EXCHANGE] + [(step, True) for step in BY_RENAMES]


@pytest.mark.parametrize(("step", "by_renames"), STEPS)
def test_a_hard_end_after_each_step(tmp_path: Path, step: str, by_renames: bool) -> None:
    out = tmp_path / "out"
    write_small_run(out, "first")
    way = ["--by-renames"] if by_renames else []
    done = written_apart(out, "second", "--end", step, *way)
    assert done.returncode == ENDED, done.stderr
    if not by_renames:  # there is no moment without a whole result
        assert whole_text(out) in ("first", "second")
    told = [message.key for message in restored(out)]
    new = step not in ("written", "flushed")
    assert whole_text(out) == ("second" if new else "first")
    assert [name for name in hidden(tmp_path) if not name.endswith(".lock")] == []
    assert ("writing.brought_back" in told) == (step == "old_aside")
    write_small_run(out, "third")  # the lock of the process that is gone holds nobody up
    assert whole_text(out) == "third"
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("step", ["written", "flushed", "in_place"])
def test_a_hard_end_of_the_first_run(tmp_path: Path, step: str) -> None:
    out = tmp_path / "out"
    assert written_apart(out, "first", "--end", step).returncode == ENDED
    restored(out)
    assert whole_text(out) == (None if step == "written" else "first")
    write_small_run(out, "second")
    assert whole_text(out) == "second"
    assert hidden(tmp_path) == []


def test_folders_of_earlier_versions_are_cleaned_up(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_small_run(out, "first")
    (tmp_path / ".out.0123abcd.partial" / "maps").mkdir(parents=True)
    (tmp_path / ".out.0123abcd.partial" / "maps" / "meal.html").write_text("half")
    (tmp_path / ".out.99990000.partial").mkdir()
    old = tmp_path / ".out.89abcdef.old"
    old.mkdir()
    (old / "run.json").write_text('{"geoplan": "0", "settings": {"services": {"meal": {}}}}')
    (old / "minutes.docx").write_text("my own")
    others = [tmp_path / ".out.b.0123abcd.partial", tmp_path / ".out.mine.partial"]
    for other in others:
        other.mkdir()
    told = {message.key: message.values for message in restored(out)}
    assert told["writing.cleaned"]["count"] == 2
    assert told["writing.left_alone"]["files"] == "minutes.docx"
    assert (old / "minutes.docx").read_text() == "my own"
    assert all(other.is_dir() for other in others)
    assert whole_text(out) == "first"


def test_an_old_run_comes_back_where_nothing_stands(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_small_run(out, "first")
    out.rename(tmp_path / ".out.0123abcd.old")  # killed between two renames, by an earlier version
    assert [message.key for message in restored(out)] == ["writing.brought_back"]
    assert whole_text(out) == "first"


def test_two_runs_into_one_folder_do_not_mix(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with claimed(out) as claim, claim.beside() as beside:
        other = written_apart(out, "second")
        assert other.returncode != 0
        assert "another geoplan" in other.stderr
        assert beside.is_dir()  # not cleaned up under our hands
        assert restored(out) == []
    found: list[BaseException] = []

    def from_a_thread() -> None:
        try:
            write_small_run(out, "third")
        except UsageError as error:
            found.append(error)

    with claimed(out):
        thread = threading.Thread(target=from_a_thread)
        thread.start()
        thread.join()
    assert len(found) == 1


def test_many_runs_at_once_leave_one_whole_result(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "tests.writing.small_run", str(out)]
    runs = [subprocess.Popen([*command, f"run {k}"], stderr=subprocess.PIPE) for k in range(4)]
    codes = {f"run {k}": run.wait() for k, run in enumerate(runs)}
    for run in runs:
        assert run.stderr is not None
        run.stderr.close()
    assert 0 in codes.values()
    text = whole_text(out)
    assert text is not None
    assert codes[text] == 0
    assert hidden(tmp_path) == []


def test_a_failure_leaves_the_old_result_and_nothing_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_small_run(out, "first")
    for fault in (KeyboardInterrupt, ValueError("odd"), OSError(28, "full")):
        with pytest.raises(BaseException), claimed(out) as claim, claim.beside():  # noqa: B017, PT011
            raise fault
    assert whole_text(out) == "first"
    assert hidden(tmp_path) == []


def test_ctrl_c_between_two_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoplan.writing.result_folder.exchange", lambda one, other: False)
    for step in BY_RENAMES:
        out = tmp_path / step / "out"
        write_small_run(out, "first")

        def stop(name: str, step: str = step) -> None:
            if name == step:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("geoplan.writing.result_folder.on_step", stop)
            with pytest.raises(KeyboardInterrupt):
                write_small_run(out, "second")
        assert whole_text(out) in ("first", "second"), step
        assert hidden(out.parent) == [], step


def test_a_place_that_cannot_be_taken_after_the_work_keeps_the_new_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where Word holds a file of it open on Windows."""
    out = tmp_path / "out"
    write_small_run(out, "first")

    def refused(one: Path, other: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(other))

    monkeypatch.setattr("geoplan.writing.result_folder.exchange", refused)
    with pytest.raises(UsageError, match="out-2") as told:
        write_small_run(out, "second")
    assert whole_text(out) == "first"
    assert whole_text(tmp_path / "out-2") == "second"
    assert "out-2" in told.value.message("zh")
    assert hidden(tmp_path) == []


def test_what_appears_during_the_work_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write_small_run(out, "first")

    def add_own(name: str) -> None:
        if name == "written":
            (out / "minutes.docx").write_text("my own")

    monkeypatch.setattr("geoplan.writing.result_folder.on_step", add_own)
    with pytest.raises(UsageError, match=r"minutes\.docx"):
        write_small_run(out, "second")
    assert (out / "minutes.docx").read_text() == "my own"
    assert (out / "summary.json").read_text() == "first"
    assert whole_text(tmp_path / "out-2") == "second"


def test_killed_at_random_moments(tmp_path: Path) -> None:
    counts = kill_at_random(tmp_path, kills=6, seed=1)
    assert counts.killed == 6
    assert counts.lost == 0
    assert counts.left == 0


def test_the_steps_are_those_that_are_tested() -> None:
    """A new step needs its line in the tables above."""
    source = Path(small_run.result_folder.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'on_step\("(\w+)"\)', source))
    assert named == {*BY_EXCHANGE, *BY_RENAMES}
