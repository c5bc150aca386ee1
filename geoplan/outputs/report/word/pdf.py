"""`report.pdf` from the Word file, by LibreOffice where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: an environment variable that names LibreOffice's program; empty = make no PDF
PROGRAM = "GEOPLAN_SOFFICE"
_NAMES = ("soffice", "libreoffice")
_USUAL = (
    "C:/Program Files/LibreOffice/program/soffice.exe",
    "C:/Program Files (x86)/LibreOffice/program/soffice.exe",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
)
_LONGEST_S = 180
#: pictures go in as they are: resampled to fewer dots they are JPEG, blurred and larger than before
_OPTIONS = {"ReduceImageResolution": {"type": "boolean", "value": "false"}}


def office_program() -> str | None:
    """LibreOffice's program; None where there is none."""
    named = os.environ.get(PROGRAM)
    if named is not None:
        return named or None
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return found or next((path for path in _USUAL if Path(path).exists()), None)


def why_none() -> str:
    """The word that says why no PDF was made; "" where the environment asks for none."""
    if os.environ.get(PROGRAM) == "":
        return ""
    return "report.no_office" if office_program() is None else "report.no_pdf"


@contextmanager
def pdf_begun(book: Path) -> Iterator[Callable[[], Path | None]]:
    """LibreOffice at work on the PDF of `book`, beside whatever else is done meanwhile.

    LibreOffice runs with a profile of its own: one that somebody has open would refuse.

    Yields
    ------
    callable
        Waits for the PDF beside `book`; None where LibreOffice is missing or does not manage.
    """
    program = office_program()
    if program is None:
        yield lambda: None
        return
    with tempfile.TemporaryDirectory(prefix="geoplan-office-", ignore_cleanup_errors=True) as aside:
        command = [
            program,
            f"-env:UserInstallation={Path(aside, 'profile').as_uri()}",
            "--headless",
            "--norestore",
            "--convert-to",
            f"pdf:writer_pdf_Export:{json.dumps(_OPTIONS)}",
            "--outdir",
            aside,
            str(book),
        ]
        try:
            work = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except OSError:
            yield lambda: None
            return

        def finished() -> Path | None:
            try:
                failed = work.wait(timeout=_LONGEST_S)
            except subprocess.TimeoutExpired:
                return None
            made = Path(aside, f"{book.stem}.pdf")
            if failed or not made.exists():
                return None
            return Path(shutil.copyfile(made, book.with_suffix(".pdf")))

        try:
            yield finished
        finally:
            if work.poll() is None:
                work.kill()
                work.wait()
