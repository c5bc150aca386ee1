"""`geoplan network build`: a network built from a street file once, saved for many runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geoplan.errors import GeoplanError, UsageError
from geoplan.network.builders.build_notes import build_findings, notes_not_logged
from geoplan.network.builders.saved.native_format import check_writable
from geoplan.network.diagnostics import network_report
from geoplan.network.read_file import read_network
from geoplan.words import LANGS
from geoplan.words.text_format import sentences


def build_network(
    source: Path,
    out: Path,
    *,
    mode: str,
    crs: Any = None,
    speed_m_s: float | None = None,
    lang: str | None = None,
) -> str:
    """Read the streets in `source` and save their network as `out`.

    Parameters
    ----------
    source, mode, crs, speed_m_s : as in `read_network`.
    out : the file to write.
    lang : of the text, ``"zh"`` or ``"en"``. None = Chinese, as a new study is; errors in both.

    Returns
    -------
    str
        What the network is, and what is doubtful about it.

    Raises
    ------
    NetworkError, UsageError, ...
        As `read_network` and `Network.save`.
    """
    langs = LANGS if lang is None else (lang,)
    with _errors_in(langs):
        if out.exists() and source.exists() and out.samefile(source):
            raise UsageError.of("writing.file_itself", path=out)
        check_writable(out)  # before the work, not after it
    with _errors_in(langs, about=source.name), notes_not_logged():
        network = read_network(source, mode=mode, crs=crs, speed_m_s=speed_m_s)
    with _errors_in(langs):
        network.save(out)
    lang = lang or "zh"
    notes = [sentences(found.problem, found.advice) for found in build_findings(network, lang)]
    return "\n".join([network_report(network).summary(lang), *notes])


@contextmanager
def _errors_in(langs: tuple[str, ...], *, about: str = "") -> Iterator[None]:
    """Errors in `langs`, with the name of the file that they are about."""
    try:
        yield
    except GeoplanError as error:
        if error.sentence is None:
            raise
        text = " / ".join(error.message(lang) for lang in langs)
        raise type(error)(text if about in text else f"{about}: {text}") from error
