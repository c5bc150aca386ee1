"""`geoplan demo`: the demo city's files, made where they are wanted."""

from __future__ import annotations

from pathlib import Path

from geoplan.demo_city import generate
from geoplan.errors import StudyFileError, UsageError
from geoplan.study.config.validate import read_study_file
from geoplan.study.progress import Progress, silent
from geoplan.study.study import Study
from geoplan.words import say_both

#: a file that only the demo city has under this name
MARK = "streets.osm.pbf"


def demo_study(folder: str | Path, *, progress: Progress = silent) -> Study:
    """Write the demo city's study into `folder` and open it.

    The city is made up on Jinan's published facts; its files say ``synthetic = true``.

    Parameters
    ----------
    folder : a folder that is empty, missing, or holds a demo study, which is replaced.
    progress : called with (done, total, text).

    Returns
    -------
    Study

    Raises
    ------
    UsageError
        `folder` holds something that is no demo study.

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
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise UsageError(say_both("study.dir_is_file", folder=target))
    if target.exists() and any(target.iterdir()):
        if not (target / "study.toml").exists():
            raise UsageError(say_both("study.folder_used", folder=target))
        if not _is_demo(target):
            raise UsageError(say_both("study.other_study", folder=target))
    progress(0, 1, say_both("study.stage_demo"))
    generate(target)
    return Study.open(target)


def _is_demo(folder: Path) -> bool:
    """Whether the study in `folder` is a demo city, which a new one may replace."""
    try:
        study = read_study_file(folder / "study.toml").get("study", {})
    except StudyFileError:
        return False
    return isinstance(study, dict) and study.get("synthetic") is True and (folder / MARK).exists()
