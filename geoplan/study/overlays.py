"""Overlays: the study with a TOML file, or the same as a dict, laid over its settings."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoplan.errors import StudyFileError
from geoplan.study.config.toml_lines import error_of_overlay
from geoplan.study.settings import S
from geoplan.study.what_if import from_table
from geoplan.words import say


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
    file = Path(path)
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise StudyFileError(say(lang, "scenario.overlay_missing", file=file)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        text = say(lang, "scenario.overlay_not_toml", file=file, why=error)
        raise StudyFileError(text) from error


def apply_overlay(study: S, overlay: str | Path | Mapping[str, Any]) -> S:
    """The study with what-ifs laid over it.

    Parameters
    ----------
    study : the study as it is; not changed.
    overlay : a TOML file or its content: any part of `study.toml`, and a table ``[what_if]`` with
        what `geoplan.study.what_if` takes (``slower_walkers = 0.8``,
        ``people = { elderly_60 = 1.2 }``, ``closed = { meal_station = ["name"] }``,
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
    sections = (
        dict(overlay) if isinstance(overlay, Mapping) else read_overlay(overlay, lang=speaker.lang)
    )
    table = sections.pop("what_if", None)
    try:
        changed = study.replace(**sections) if sections else study
    except StudyFileError as error:
        if file is None:
            raise
        # the study itself was right: what is wrong stands in the overlay
        raise error_of_overlay(file, error.findings, speaker) from error
    if table is None:
        return changed
    if not isinstance(table, Mapping):
        raise StudyFileError(speaker.say("scenario.overlay_no_table"))
    return from_table(changed, table)
