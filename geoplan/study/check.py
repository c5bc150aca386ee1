"""`geoplan check`: every input read, its findings as text and in `findings.xlsx`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoplan.errors import told_in
from geoplan.inputs.findings.finding import Finding, InputRecord
from geoplan.study.config.input_files import unread_files
from geoplan.study.progress import Progress, silent
from geoplan.study.study import Study
from geoplan.words.display import text_html
from geoplan.words.speaker import Speaker
from geoplan.writing import replaced
from geoplan.writing.own_files import is_own

#: findings of one kind in one file that are shown in full
_ALIKE = 3
#: files that the study does not read that are named
_NAMED = 8


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CheckReport:
    """What `geoplan check` found.

    Parameters
    ----------
    study, lang : its name, and the language of the texts.
    records : one per input file: rows, accepted, set aside.
    findings : every doubt, by file, sheet and row.
    written : where `findings.xlsx` stands.
    unwritten : why it could not be written; empty when it was.
    has_services : False for a study with no service to assess yet.
    unread : data files in the study's folder that it names nowhere.

    Examples
    --------
    >>> from geoplan.study import check_study, example_study
    >>> report = check_study(example_study().folder)
    >>> report
    CheckReport(Small: 4 files, 2 findings, 0 errors)
    >>> report.has_errors, report.written.name
    (False, 'findings.xlsx')
    """

    study: str
    lang: str
    records: tuple[InputRecord, ...]
    findings: tuple[Finding, ...]
    written: Path
    unwritten: str = ""
    has_services: bool = True
    unread: tuple[str, ...] = ()

    def __repr__(self) -> str:
        errors = sum(f.severity == "error" for f in self.findings)
        return (
            f"CheckReport({self.study}: {len(self.records)} files, {len(self.findings)} findings, "
            f"{errors} errors)"
        )

    def _repr_html_(self) -> str:
        return text_html(check_report(self))

    @property
    def has_errors(self) -> bool:
        """Whether any finding is an error."""
        return any(f.severity == "error" for f in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """The public JSON: ``{"inputs": [...], "findings": [...]}``."""
        return {
            "inputs": [record_dict(r) for r in self.records],
            "findings": [f.to_dict() for f in self.findings],
        }


def record_dict(record: InputRecord) -> dict[str, Any]:
    """One input as JSON."""
    return {
        "path": record.path,
        "sha256": record.sha256,
        "rows": record.rows,
        "accepted": record.accepted,
        "set_aside": record.set_aside,
        "warned": record.warned,
        "role": record.role,
        "columns": dict(record.columns),
        **({"parts": dict(record.parts)} if record.parts else {}),
        **({"reasons": dict(record.reasons)} if record.reasons else {}),
    }


def check_study(
    where: str | Path, *, lang: str | None = None, progress: Progress = silent
) -> CheckReport:
    """Read every input of the study at `where` and write `findings.xlsx` beside it.

    Parameters
    ----------
    where : the study's folder, or its ``study.toml``.
    lang : of the texts, ``"zh"`` or ``"en"``; None = the study's.
    progress : called with (done, total, text).

    Returns
    -------
    CheckReport
        A `findings.xlsx` that somebody has changed is left alone: the new one is `findings-2.xlsx`.
        Faults of the inputs stand in its findings and raise nothing. Where the workbook cannot be
        written, `unwritten` says why.

    Raises
    ------
    StudyFileError, UsageError
        The study file itself holds errors, or is not there.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> report = check_study(example_study().folder)
    >>> [(record.role, record.rows, record.set_aside) for record in report.records][:2]
    [('areas.district', 2, 0), ('demand.elderly_60', 6, 1)]
    """
    study = Study.open(where, lang=lang)
    lang = lang or study.config.lang
    with told_in(lang):
        inputs = study.check(lang=lang, progress=progress)
    path = _free_path(study.folder)
    unwritten = ""
    try:
        with replaced(path) as beside:
            from geoplan.inputs import write_findings  # loads openpyxl

            write_findings(
                beside, inputs.loaded, further=inputs.findings, records=inputs.records, lang=lang
            )
    except OSError as error:  # a read-only folder, or the workbook is open in Excel
        cause = error.__cause__
        unwritten = (cause.strerror if isinstance(cause, OSError) else None) or str(error)
    return CheckReport(
        study=study.name,
        lang=lang,
        records=inputs.records,
        findings=inputs.findings,
        written=path,
        unwritten=unwritten,
        has_services=bool(study.services or study.cities),
        unread=tuple(unread_files(study.config, study.folder)),
    )


def _free_path(folder: Path) -> Path:
    """Where the findings go: a workbook with somebody's notes, or an input, never gives way."""
    path = folder / "findings.xlsx"
    k = 2
    while path.is_file() and not is_own(path):
        path = folder / f"findings-{k}.xlsx"
        k += 1
    return path


def check_report(report: CheckReport, *, most: int = 40) -> str:
    """The findings as text: files, then what was doubted, then where the rest stands.

    Parameters
    ----------
    report : what `check_study` found.
    most : about as many findings as are listed one by one; the workbook has them all.

    Returns
    -------
    str
        Lines without a last line break, in the report's language.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> text = check_report(check_study(example_study().folder))
    >>> print(text.splitlines()[1].strip())
    districts.gpkg: 2 rows = 2 accepted + 0 set aside (0 doubted)
    """
    return "\n".join(_lines(report, most))


def finding_text(f: Finding, speaker: Speaker) -> str:
    """One finding: how bad, where, what, what to do."""
    row = "" if f.row is None else speaker.say("study.check_row", row=f.row)
    where = ", ".join(part for part in (f.file, f.sheet, row, f.column) if part)
    value = f" [{f.value}]" if f.value else ""
    severity = speaker.say(f"study.severity_{f.severity}")
    return f"{severity} {where}{value}: {f.said}"


def _lines(report: CheckReport, most: int) -> Iterator[str]:
    speaker = Speaker(report.lang)

    def word(key: str, **values: object) -> str:
        return speaker.say(f"study.{key}", **values)

    yield report.study
    for r in report.records:
        yield "  " + word(
            "check_input",
            path=r.path,
            rows=r.rows,
            accepted=r.accepted,
            set_aside=r.set_aside,
            warned=r.warned,
        )
        taken = ", ".join(f"{a} → {b}" for a, b in r.columns.items() if a != b)
        if taken:
            yield "    " + word("check_columns", columns=taken)
    ranked = sorted(report.findings, key=lambda f: ("error", "warning", "note").index(f.severity))
    kinds: dict[tuple[str, str, str], list[Finding]] = {}
    for f in ranked:
        kinds.setdefault((f.file, f.sheet, f.code), []).append(f)
    lines = listed = 0
    for alike in kinds.values():
        if lines >= most:
            break
        # thousands of rows with one fault would hide all the others
        cut = len(alike) > _ALIKE + 1 and alike[-1].row is not None
        few = alike[:_ALIKE] if cut else alike
        for f in few:
            yield finding_text(f, speaker)
        if cut:
            rest = alike[_ALIKE:]
            rows = ", ".join(str(f.row) for f in rest[:10]) + (" …" if len(rest) > 10 else "")
            yield "  " + word("check_alike", count=f"{len(rest):,}", rows=rows)
        lines += len(few)
        listed += len(alike)
    if len(ranked) > listed:
        yield word("check_more", count=len(ranked) - listed)
    yield from _closing(report, word)


def _closing(report: CheckReport, word: Callable[..., str]) -> Iterator[str]:
    """How many doubts there are and where they stand; files that are not read; what is missing."""
    counts = {
        s: sum(f.severity == s for f in report.findings) for s in ("error", "warning", "note")
    }
    if report.unwritten:
        yield word("check_unwritten", path=report.written, why=report.unwritten, **counts)
    else:
        yield word("check_counts", path=report.written, **counts)
    if report.unread:
        more = len(report.unread) - _NAMED
        names = ", ".join(report.unread[:_NAMED]) + (" …" if more > 0 else "")
        yield word("check_unread", count=len(report.unread), names=names)
    if not report.has_services:
        yield word("no_service_yet")
