"""A run's folder in small, written as `Plan.save` does; by itself a program that can be killed.

    python -m tests.writing.small_run FOLDER TEXT [--end STEP] [--by-renames] [--parts N]

`--end` ends the process, without a word, right after that step; `--by-renames` is for systems that
cannot exchange two folders in one step.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from geoplan.writing import claimed, result_folder
from geoplan.writing.own_files import record_of

#: code that tells a process that was ended on purpose
ENDED = 77
#: steps of an exchange and of two renames
BY_EXCHANGE = ("written", "flushed", "exchanged", "old_removed")
BY_RENAMES = ("written", "flushed", "old_aside", "in_place", "old_removed")


def write_small_run(folder: Path, text: str, *, parts: int = 3) -> None:
    """Write a whole run whose files all say `text`."""
    with claimed(folder) as claim, claim.beside() as beside:
        for name in ("maps", "figures", "tables"):
            (beside / name).mkdir()
        for k in range(parts):
            (beside / "tables" / f"meal_{k}.csv").write_text(text)
        for name in ("summary.json", "report.html"):
            (beside / name).write_text(text)
        facts = {"geoplan": "0", "settings": {"services": {"meal": {}}}, "files": record_of(beside)}
        (beside / "run.json").write_text(json.dumps(facts))


def whole_text(folder: Path) -> str | None:
    """What all files of a whole run say; None where there is no run or only a part of one."""
    if not (folder / "run.json").exists():
        return None
    facts = json.loads((folder / "run.json").read_text())
    same = record_of(folder) == facts["files"]
    return (folder / "summary.json").read_text() if same else None


def main() -> None:
    """Write one run as the arguments say."""
    ask = argparse.ArgumentParser()
    ask.add_argument("folder", type=Path)
    ask.add_argument("text")
    ask.add_argument("--end")
    ask.add_argument("--by-renames", action="store_true")
    ask.add_argument("--parts", type=int, default=3)
    asked = ask.parse_args()

    def on_step(name: str) -> None:
        if name == asked.end:
            os._exit(ENDED)

    result_folder.on_step = on_step
    if asked.by_renames:
        result_folder.exchange = lambda one, other: False
    write_small_run(asked.folder, asked.text, parts=asked.parts)


if __name__ == "__main__":
    sys.exit(main())
