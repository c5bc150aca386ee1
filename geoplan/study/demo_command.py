"""`geoplan demo`: the demo city's files, made where they are wanted."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from geoplan.errors import StudyFileError, UsageError
from geoplan.study.config.validate import read_study_file
from geoplan.study.progress import Progress, silent
from geoplan.study.study import Study
from geoplan.words import say
from geoplan.words.reader import language_read
from geoplan.writing import told_plainly
from geoplan.writing.own_files import some_names

#: a file that only the demo city has under this name
MARK = "streets.osm.pbf"
_ASIDE = ".geoplan-demo-"


def demo_study(folder: str | Path, *, progress: Progress = silent) -> Study:
    """Write the demo city's study into `folder` and open it.

    The city is made up on Jinan's published facts; its files say ``synthetic = true``.

    Parameters
    ----------
    folder : a folder that is empty, missing, or holds a demo study as it was made.
    progress : called with (done, total, text).

    Returns
    -------
    Study

    Raises
    ------
    UsageError
        `folder` holds something that is no demo study, or a demo study that somebody has changed.

    Examples
    --------
    The city takes some seconds to make:

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> demo_study(folder / "city").run(services=["shelter"])  # doctest: +SKIP
    >>> new = (folder / "study.toml").write_text("[study]", encoding="utf-8")
    >>> demo_study(folder)
    Traceback (most recent call last):
    geoplan.errors.UsageError: ... holds a study that is not the demo city ...
    """
    from geoplan.demo_city import generate  # loads what writes its files

    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise UsageError.of("study.dir_is_file", folder=target)
    if (target / "study.toml").exists() and not _is_demo(target):
        raise UsageError.of("study.other_study", folder=target)
    shown = [p for p in target.glob("*") if not p.name.startswith(".")]
    if shown and not any((target / name).exists() for name in ("study.toml", MARK)):
        raise UsageError.of("study.folder_used", folder=target)
    progress(0, 1, say(language_read(), "study.stage_demo"))
    with told_plainly(target):
        target.mkdir(parents=True, exist_ok=True)
        for left in target.glob(f"{_ASIDE}*/"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_ASIDE, dir=target) as aside:
            generate(Path(aside))
            _put(Path(aside), target)
    return Study.open(target)


def _put(aside: Path, target: Path) -> None:
    """Move the demo's files to their place, unless something else stands there."""
    files = sorted(aside.iterdir(), key=lambda file: file.name != MARK)  # it marks a demo begun
    there = [file for file in files if (target / file.name).exists()]
    changed = [file.name for file in there if not _same(file, target / file.name)]
    if changed:
        names = some_names(changed)
        raise UsageError.of("study.demo_changed", folder=target, files=names)
    for file in files:
        if file not in there:
            file.rename(target / file.name)


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _is_demo(folder: Path) -> bool:
    """Whether the study in `folder` is a demo city."""
    try:
        study = read_study_file(folder / "study.toml").get("study", {})
    except StudyFileError:
        return False
    return isinstance(study, dict) and study.get("synthetic") is True and (folder / MARK).exists()
