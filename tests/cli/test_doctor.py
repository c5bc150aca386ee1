"""`geoplan doctor` tells what is wrong with an installation, and what to do."""

from __future__ import annotations

import io
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from geoplan.cli import doctor, installation
from geoplan.cli.commands import exit_code
from geoplan.cli.start import Interrupts
from geoplan.cli.warming import _write_town, small_runs
from geoplan.study import check_study


def run_doctor(capsys, *arguments):
    code = exit_code(["doctor", *arguments], Interrupts())
    return code, capsys.readouterr().out


def test_a_whole_installation_is_told_so_in_both_languages(capsys):
    code, said = run_doctor(capsys, "--quick")
    assert code == 0
    assert said.endswith("可以运行 geoplan。 / geoplan is ready to run.\n")
    assert "[需修复 / mend]" not in said
    english = run_doctor(capsys, "--quick", "--lang", "en")[1]
    assert not any("\u4e00" <= c <= "\u9fff" for c in english)


def test_a_missing_library_and_one_that_does_not_load_are_faults(capsys, monkeypatch):
    needs = ["numpy>=1.26", "no-such-library>=2", "rich>=999", 'unasked; extra == "test"']
    monkeypatch.setattr(installation, "requires", lambda name: needs)
    monkeypatch.setattr(installation, "COMPILED", ("numpy", "no_such_library"))
    code, said = run_doctor(capsys, "--lang", "en")
    assert code == 1
    assert "no-such-library>=2 (-), rich>=999" in said
    assert 'pip install --upgrade "no-such-library>=2" "rich>=999"' in said
    assert "no_such_library (ModuleNotFoundError" in said
    assert "2 to mend" in said
    assert "unasked" not in said
    assert "trial" not in said  # no run where one cannot work


def test_a_system_without_chinese_file_names_is_a_fault(monkeypatch):
    assert list(installation._names()) == []
    monkeypatch.setattr(installation.sys, "getfilesystemencoding", lambda: "ascii")
    (found,) = installation._names()
    assert (found.state, "PYTHONUTF8" in str(found.told)) == ("fault", True)


def test_what_a_run_works_without_is_advice(capsys, monkeypatch):
    monkeypatch.setattr(installation, "cache_folder", lambda: None)
    monkeypatch.setattr(installation, "find_browser", lambda: None)
    monkeypatch.setattr(installation, "ROOM_MB", 10**12)
    code, said = run_doctor(capsys, "--quick", "--lang", "en")
    assert code == 0
    assert said.count("[advice]") == 3
    assert "NUMBA_CACHE_DIR" in said


def test_parts_that_were_not_built_in_are_a_fault(monkeypatch, tmp_path):
    monkeypatch.setattr(installation, "files", lambda package: tmp_path)
    states = {c.told.key: c.state for c in installation.installation_checks()}
    assert states["doctor.pages_missing"] == "fault"


@pytest.mark.parametrize(("encoding", "key"), [("cp936", "console"), ("cp437", "console_poor")])
def test_a_terminal_that_shows_no_chinese_is_told(monkeypatch, encoding, key):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert [c.told.key for c in installation._console()] == [f"doctor.{key}"]


def test_edge_is_found_where_windows_puts_it(monkeypatch, tmp_path):
    monkeypatch.setattr(installation.shutil, "which", lambda name: None)
    edge = tmp_path / "Microsoft" / "Edge" / "Application" / "msedge.exe"
    monkeypatch.setenv("PROGRAMFILES(X86)", str(tmp_path))
    assert installation.find_browser() is None
    edge.parent.mkdir(parents=True)
    edge.touch()
    assert installation.find_browser() == str(edge)


def test_a_trial_that_fails_is_a_fault(capsys, monkeypatch):
    def fail(progress, lang):
        raise OSError("no room")

    monkeypatch.setattr("geoplan.cli.warming.small_runs", fail)
    monkeypatch.setattr(doctor, "installation_checks", lambda: iter(()))
    code, said = run_doctor(capsys, "--lang", "en")
    assert (code, "no room" in said) == (1, True)


def test_the_bar_moves_from_the_first_moment_to_the_end(monkeypatch):
    class Asked:
        """A study whose runs tell of four steps, and of what they were asked."""

        def run(self, progress, cache, services=()):
            assert not cache  # stages of an earlier trial would compile nothing
            for done in range(5):
                progress(done, 4, "step")
            return self

        def save(self, folder, progress):
            progress(4, 4, "step")

    monkeypatch.setattr("geoplan.study.Study.open", lambda folder: Asked())
    monkeypatch.setattr("geoplan.study.example_study", lambda folder: Asked())
    told = []
    small_runs(lambda *step: told.append(step), "zh")
    shares = [done for done, total, _ in told]
    assert {total for _, total, _ in told} == {100}
    assert (shares[0], shares[-1], shares == sorted(shares)) == (0, 100, True)
    assert max(b - a for a, b in pairwise(shares)) <= 12  # the last part is one step
    assert all(text.startswith("试") for *_, text in told)


def test_the_trial_town_has_no_error(tmp_path):
    report = check_study(_write_town(tmp_path / "town"))
    assert not [f for f in report.findings if f.severity == "error"]


LOADED = """
import gc
import sys
from numba.core.registry import CPUDispatcher
from geoplan.cli.warming import small_runs
from geoplan.study import Study

def loaded():
    # every kernel of geoplan with each kind of arguments that it has been called with
    made = [k for k in gc.get_objects() if isinstance(k, CPUDispatcher) and k.signatures]
    made = [k for k in made if k.py_func.__module__.startswith("geoplan.")]
    return {(k.py_func.__qualname__, str(s)): k for k in made for s in k.signatures}

def within(kernel, found):
    # those that are compiled into it, which are not loaded when it is read from the disk
    for name in kernel.py_func.__code__.co_names:
        inner = kernel.py_func.__globals__.get(name)
        if isinstance(inner, CPUDispatcher) and inner.py_func.__qualname__ not in found:
            found.add(inner.py_func.__qualname__)
            within(inner, found)
    return found

small_runs(lambda *_: None, "en")
warmed = loaded()
assert len(warmed) > 20, warmed
inner = set()
for kernel in warmed.values():
    within(kernel, inner)
Study.open(sys.argv[1]).run(services=sys.argv[2:], cache=False)
print(sorted(key for key in loaded() if key not in warmed and key[0] not in inner))
"""
#: of the demo's services one for each way to plan, and one by bus
PLANNED = ("shelter", "child_protection_station", "mental_health_home", "marriage_registry_by_bus")


def test_the_demo_compiles_nothing_that_the_doctor_has_not():
    demo = Path(__file__).parents[2] / "data" / "jinan_demo"
    done = subprocess.run(
        [sys.executable, "-c", LOADED, str(demo), *PLANNED],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
