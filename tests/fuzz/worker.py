"""A process of its own that draws and asks cases: numbers come in by line, answers go out as JSON.

A case that takes the process with it (signal 11, memory) costs that case only.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import warnings
from pathlib import Path

from tests.fuzz.case import Case
from tests.fuzz.draw import draw
from tests.fuzz.judge import Answer, ask


def try_case(seed: int, number: int, folder: Path, base: Path) -> tuple[Case, Answer]:
    """Draw a case and judge what geoplan makes of it; its folder stays only where it failed."""
    shutil.rmtree(folder, ignore_errors=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        case = draw(seed, number, folder, base)
        note = {"seed": seed, "number": number, "kind": case.kind, "what": case.what}
        told = folder.with_suffix(".json")
        told.write_text(json.dumps(note, ensure_ascii=True))  # stands if this process dies
        answer = ask(case)
    if answer.faults:
        note |= {"asked": case.asked, **answer.to_dict()}
        told.write_text(json.dumps(note, ensure_ascii=True, indent=1))
    else:
        shutil.rmtree(folder, ignore_errors=True)
        told.unlink()
    return case, answer


def work(seed: int, kept: Path, base: Path) -> None:
    """Answer every number that stands on a line of the standard input."""
    answers = os.fdopen(os.dup(1), "w")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    for line in sys.stdin:
        number = int(line)
        case, answer = try_case(seed, number, kept / f"{seed}_{number}", base)
        told = {"number": number, "kind": case.kind, "what": case.what, **answer.to_dict()}
        answers.write(json.dumps(told) + "\n")
        answers.flush()


if __name__ == "__main__":
    work(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
