"""`report.pdf` from the Word file, by LibreOffice where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
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


def write_pdf(book: Path) -> Path | None:
    """The PDF beside `book`; None where LibreOffice is missing or does not manage.

    LibreOffice runs with a profile of its own: one that somebody has open would refuse.
    """
    program = office_program()
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="geoplan-office-") as aside:
        command = [
            program,
            f"-env:UserInstallation={Path(aside, 'profile').as_uri()}",
            "--headless",
            "--norestore",
            "--convert-to",
            "pdf",
            "--outdir",
            aside,
            str(book),
        ]
        try:
            subprocess.run(command, capture_output=True, timeout=_LONGEST_S, check=True)
        except (OSError, subprocess.SubprocessError):
            return None
        made = Path(aside, f"{book.stem}.pdf")
        if not made.exists():
            return None
        return Path(shutil.copyfile(made, book.with_suffix(".pdf")))
