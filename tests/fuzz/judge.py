"""Asks geoplan about a case and judges the answer.

Right is: exit 0, 1, 2 or 3, and people that close. Wrong is an exception that geoplan does not
raise on purpose, a ledger that does not close, and a total that is wrong and no finding says so.
"""

from __future__ import annotations

import contextlib
import io
import json
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geoplan.cli.commands import main
from geoplan.errors import GeoplanError
from geoplan.study import Study
from geoplan.study.check import finding_text
from geoplan.study.read.load import StudyInputs
from geoplan.words.speaker import Speaker
from tests.fuzz.case import Case

#: one case of so many with services is run as well, and one of so many written by the command
RUN_EVERY, SAVE_EVERY = 4, 201
STATES = ("served", "full", "beyond", "cut_off", "off_network", "unlocated")


@dataclass(kw_only=True)
class Answer:
    """What came out.

    outcome : ``"exit 1"``. faults : what is wrong with it; empty where all is well.
    """

    outcome: str
    faults: list[str] = field(default_factory=list)
    trace: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {"outcome": self.outcome, "faults": self.faults, "trace": self.trace}


def ask(case: Case) -> Answer:
    """Check, run, compare or export, as the case says."""
    if case.asked in ("compare", "export", "build"):
        paths = [str(case.folder / a) if _is_path(a) else a for a in case.arguments]
        answer = _told(lambda: command(*paths))
        return _nothing_escapes(case, answer)
    answer = _told(lambda: _study(case))
    asked = case.saved or not case.number % SAVE_EVERY
    if asked and not answer.faults and case.asked == "study":
        out = str(case.folder / "out")
        written = _told(lambda: command("run", str(case.folder), "--out", out))
        answer.faults += written.faults
        answer.trace += written.trace
    return answer


def _is_path(argument: str) -> bool:
    return "." in argument or argument in ("broken", "whole", "compared", "exported")


def _nothing_escapes(case: Case, answer: Answer) -> Answer:
    known = {"broken", "whole", "compared", "exported"}
    if case.asked == "build":
        return answer
    strange = [one.name for one in case.folder.iterdir() if one.name.split(".")[0] not in known]
    strange += [one.name for one in case.folder.parent.glob("*ESCAPED*")]
    if strange:
        answer.faults.append(f"written outside of --out: {strange}")
    return answer


def _told(call: Callable[[], tuple[int, list[str]]]) -> Answer:
    """The exit code that the command line would leave with."""
    try:
        code, faults = call()
    except GeoplanError as error:
        texts = [error.message(lang).strip() for lang in ("zh", "en")]
        empty = [] if all(texts) else ["an error without a message"]
        return Answer(outcome=f"exit {error.exit_code}", faults=empty)
    except OSError as error:
        if error.filename:
            return Answer(outcome="exit 2")
        return _unexpected(error)
    except Exception as error:
        return _unexpected(error)
    return Answer(outcome=f"exit {code}", faults=faults)


def _unexpected(error: Exception) -> Answer:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "/geoplan/" in f.filename and "site-packages" not in f.filename]
    last = (ours or list(frames))[-1]
    where = f"{Path(last.filename).name}:{last.name}"
    text = str(error).splitlines()[0][:160] if str(error) else ""
    fault = f"unexpected {type(error).__name__} at {where}: {text}"
    trace = "".join(traceback.format_exception(error))[-6000:]
    return Answer(outcome="unexpected", faults=[fault], trace=trace)


def command(*arguments: str) -> tuple[int, list[str]]:
    """The command line in this process; an error that it did not expect is raised."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([*arguments, "--debug"])
        except SystemExit as leaving:
            code = int(leaving.code or 0)
    known = {0, 1, 2, 3}
    faults = [] if code in known else [f"exit code {code}"]
    if code and not (out.getvalue() + err.getvalue()).strip():
        faults.append("left without a word")
    return code, faults


def _study(case: Case) -> tuple[int, list[str]]:
    study = Study.open(case.folder)
    if case.asked == "overlay":
        study = study.overlay(case.folder / "overlay.toml")
    read = study.check()
    faults = list(_wrong_findings(read))
    if read.blocking:
        return 1, faults
    faults += _silent(case, read)
    if study.config.services and (not case.number % RUN_EVERY or case.asked == "overlay"):
        summary = study.run().to_dict()
        json.dumps(summary)
        faults += _open_ledgers(summary, read)
    return (1 if read.errors else 0), faults


def _wrong_findings(read: StudyInputs) -> Iterator[str]:
    """Findings that nobody could read, and rows that are not counted."""
    speakers = [Speaker("zh"), Speaker("en")]
    for one in read.findings:
        if not one.problem.strip() or not all(finding_text(one, s).strip() for s in speakers):
            yield f"a finding without words: {one.code}"
        json.dumps(one.to_dict())
    for record in read.records:
        if record.rows != record.accepted + record.set_aside:
            yield f"{record.path}: {record.rows} rows = {record.accepted} + {record.set_aside}?"


def _silent(case: Case, read: StudyInputs) -> Iterator[str]:
    """Another total than the true one, and no finding about the file (or its broken rows)."""
    layer = read.demand.get("elderly_60")
    if case.total is None or layer is None:
        return
    found = float(layer.frame["people"].sum())
    if abs(found - case.total) <= 0.5:
        return
    about = [f for f in read.findings if f.file.split(" ")[0] == case.file]
    told = [f for f in about if f.row is None or case.rows is None or f.row in case.rows]
    if not told:
        codes = dict(Counter(f.code for f in read.findings))
        yield f"silent: {found:g} people instead of {case.total:g}; findings {codes}"


def _open_ledgers(summary: dict[str, Any], read: StudyInputs) -> Iterator[str]:
    layer = read.demand.get("elderly_60")
    for key, service in summary["services"].items():
        people = service.get("people") or {}
        if not people or people.get("total") is None:
            continue
        if any(people.get(state) is None for state in STATES):
            continue  # unknown stays unknown
        parts = sum(people[state] for state in STATES)
        if parts != people["total"]:
            yield f"{key}: the ledger does not close: {people}"
        if layer is not None and abs(people["total"] - layer.frame["people"].sum()) > 1:
            yield f"{key}: {people['total']} people in the ledger, not those of the layer"
