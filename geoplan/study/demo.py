"""`geoplan demo`: the demo city's files, made where they are wanted."""

from __future__ import annotations

from pathlib import Path

from geoplan.errors import UsageError
from geoplan.study.progress import Progress, silent
from geoplan.study.study import Study
from geoplan.words import say


def demo_study(folder: str | Path, *, progress: Progress = silent) -> Study:
    """Write the demo city's study into `folder` and open it.

    The city is made up on Jinan's published facts; its files say ``synthetic = true``.

    Raises
    ------
    UsageError
        `folder` holds something that is no demo study.
    """
    from geoplan.study.demo_city import generate

    target = Path(folder)
    if target.exists() and any(target.iterdir()) and not (target / "study.toml").exists():
        raise UsageError(f"{target} holds other files: name an empty or a new folder.")
    progress(0, 1, say("zh", "study.stage_demo") + " / " + say("en", "study.stage_demo"))
    generate(target)
    return Study.open(target)
