"""How a command leaves when its output, its disk or its user stops it: a sentence, no traceback."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.test_cli import geoplan

COMMAND = [sys.executable, "-m", "geoplan"]
FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
def test_output_on_a_full_device_is_told(small_folder: Path) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [*COMMAND, "--version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert "what it prints cannot be written" in done.stderr
        # what is told beside the work is no reason to stop it
        aside = subprocess.run(
            [*COMMAND, "check", str(small_folder)],
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
            check=False,
        )
    assert aside.returncode == 0
    assert "people.csv" in aside.stdout


@pytest.mark.skipif(os.name == "nt", reason="pipes of Windows end in another way")
def test_who_reads_may_stop_reading() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*COMMAND, "--help"], stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill for one signal")
@pytest.mark.parametrize("after_s", [0.3, 0.6, 1.2])
def test_ctrl_c_while_it_loads_and_works(small_folder: Path, after_s: float) -> None:
    command = subprocess.Popen(
        [*COMMAND, "check", str(small_folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(after_s)
    command.send_signal(signal.SIGINT)
    _, told = command.communicate()
    if command.returncode == -signal.SIGINT or "site-packages" in told:
        pytest.skip("this computer was too slow: geoplan had not begun yet")
    assert command.returncode in (130, 0)  # 0: it was quicker
    assert "Traceback" not in told
    assert ("interrupted" in told) == (command.returncode == 130)


def test_ctrl_c_before_anything_is_loaded(tmp_path: Path) -> None:
    """What stands first in the package tells it; a program that uses geoplan keeps its own way."""
    code = "import geoplan.early_interrupt\nraise KeyboardInterrupt\n"
    for name, plain in (("geoplan", True), ("program.py", False)):
        script = tmp_path / name
        script.write_text(code, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(script)], capture_output=True, text=True, check=False
        )
        assert ("Traceback" in done.stderr) != plain
        assert (done.returncode == 130) == plain


def test_an_interrupt_that_was_lost_comes_again() -> None:
    code = (
        "import sys, time\n"
        "from geoplan.cli.start import Interrupts\n"
        "class Odd:\n"
        "    def __del__(self):\n"
        "        raise KeyboardInterrupt\n"
        "with Interrupts():\n"
        "    try:\n"
        "        del_me = Odd(); del del_me\n"
        "        time.sleep(20)\n"
        "    except KeyboardInterrupt:\n"
        "        sys.exit(7)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill for one signal")
def test_ctrl_c_of_which_a_library_makes_an_error_of_its_own(
    small_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loaded(*arguments: object, **options: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        except KeyboardInterrupt:
            raise RuntimeError("initialization failed") from None

    monkeypatch.setattr("geoplan.study.reading.load_inputs", loaded)
    done = geoplan("check", small_folder)
    assert done.returncode == 130
    assert "did not expect" not in done.stderr
    assert "interrupted" in done.stderr


def test_a_fault_without_ctrl_c_is_none(
    small_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loaded(*arguments: object, **options: object) -> None:
        raise RuntimeError("initialization failed")

    monkeypatch.setattr("geoplan.study.reading.load_inputs", loaded)
    done = geoplan("check", small_folder)
    assert done.returncode == 1
    assert "did not expect" in done.stderr


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full: about"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read only"),
        (errno.EIO, "the disk failed"),
    ],
)
def test_faults_of_disks_without_a_file_name(
    small_folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def loaded(*arguments: object, **options: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("geoplan.study.reading.load_inputs", loaded)
    done = geoplan("check", small_folder)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_left_at_the_end_is_not_looked_through() -> None:
    code = (
        "import atexit, gc, sys\n"
        "from geoplan.cli.start import main\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 1000))\n"
        "sys.argv = ['geoplan', '--version']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == ["True"]
