"""Overlays: the study with a TOML file, or the same as a dict, laid over its settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoplan.errors import StudyFileError
from geoplan.study.config.study_text import StudyText, read_study_text
from geoplan.study.config.toml_lines import error_of_overlay, study_file_error
from geoplan.study.settings import S
from geoplan.study.what_if import from_table
from geoplan.words import say
from geoplan.words.speaker import Speaker


def read_overlay(path: str | Path, *, lang: str = "en") -> dict[str, Any]:
    """The sections of a TOML overlay: any part of a `study.toml`, to lie over the study's own.

    Parameters
    ----------
    path : the file.
    lang : language of the error, ``"zh"`` or ``"en"``.

    Raises
    ------
    StudyFileError
        Not there, or no TOML.
    """
    return dict(_read(Path(path), lang).raw)


def _read(file: Path, lang: str) -> StudyText:
    try:
        read = read_study_text(file, lang=lang)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise StudyFileError(say(lang, "scenario.overlay_missing", file=file)) from error
    if read.findings:
        raise study_file_error(file, read.findings, Speaker(lang), typed=read.typed)
    return read


def apply_overlay(study: S, overlay: str | Path | Mapping[str, Any]) -> S:
    """The study with what-ifs laid over it.

    Parameters
    ----------
    study : the study as it is; not changed.
    overlay : a TOML file or its content: any part of `study.toml`, and a table ``[what_if]`` with
        what `geoplan.study.what_if` takes (``slower_walkers = 0.8``,
        ``people = { elderly_60 = 1.2 }``, ``closed = { meal_station = ["name"] }``,
        ``opened = { meal_station = [{ id = "N1", lon = 117.0, lat = 36.6 }] }``,
        ``links = { walk = "bridge.gpkg" }``,
        ``standards = { meal_station = { threshold_m = 800 } }``).
        Its paths are relative to the study's folder. The sections come first, the what-ifs then.

    Returns
    -------
    Study

    Raises
    ------
    StudyFileError, UsageError
        The file is no overlay, or names what is not there.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> slower = apply_overlay(example_study(), {"what_if": {"slower_walkers": 0.8}})
    >>> slower.run().coverage["meal_station"].ledger.served
    100.0
    """
    speaker = study.config.speaker
    file = None if isinstance(overlay, Mapping) else Path(overlay)
    read = None if file is None else _read(file, speaker.lang)
    sections = dict(overlay) if isinstance(overlay, Mapping) else dict(read.raw if read else {})
    table = sections.pop("what_if", None)
    try:
        changed = study.replace(**sections) if sections else study
    except StudyFileError as error:
        if file is None or read is None:
            raise
        # the study itself was right: what is wrong stands in the overlay
        raise error_of_overlay(
            file, error.findings, speaker, keys=read.keys, typed=read.typed
        ) from error
    if table is None:
        return changed
    if not isinstance(table, Mapping):
        raise StudyFileError(speaker.say("scenario.overlay_no_table"))
    return from_table(changed, table)
