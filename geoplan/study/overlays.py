"""Overlays: the study with a TOML file, or the same as a dict, laid over its settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoplan.errors import StudyFileError, UsageError
from geoplan.study.config.study_text import StudyText, read_study_text
from geoplan.study.config.toml_lines import (
    dotted,
    error_of_overlay,
    file_finding,
    line_of,
    study_file_error,
)
from geoplan.study.config.what_if_table import moved_to_what_if, what_if_faults
from geoplan.study.settings import S
from geoplan.study.what_if import name_faults, what_if, what_if_error
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
        return changed if table is None else _what_if(changed, table, speaker, read)
    except StudyFileError as error:
        if file is None or read is None:
            raise
        # the study itself was right: what is wrong stands in the overlay
        moved = moved_to_what_if(error.findings, table if isinstance(table, Mapping) else {})
        raise error_of_overlay(file, moved, speaker, keys=read.keys, typed=read.typed) from error


def _what_if(study: S, table: Any, speaker: Speaker, read: StudyText | None) -> S:
    """The study with the ``[what_if]`` table, whose every fault is told at its key.

    Raises
    ------
    StudyFileError
        Of a file. UsageError of a table made in Python.
    """
    if study.cities:
        raise UsageError.of("cities.one_city_only", path=study.cities[0].file)
    keys = read.keys if read else {}
    faults = list(what_if_faults(table, path=study.file, lines=keys, speaker=speaker))
    if not faults:
        for where, said in name_faults(study, table):
            place = ("what_if", *where)
            row = line_of(keys, place)
            faults.append(file_finding(study.file, said, "", row, column=dotted(place)))
    if not faults:
        return what_if(study, **table)
    if read is None:
        raise what_if_error(speaker, (f.said.rstrip(".。") for f in faults))
    raise StudyFileError("", findings=tuple(faults))
