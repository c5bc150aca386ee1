"""`study.toml` read and its shape checked: every fault at once, by line, with the valid choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from geoplan.inputs.findings.finding import Finding
from geoplan.study.config.cross_checks import NO_STREETS, cross_checks
from geoplan.study.config.include import CitiesFile, Included, included_cities, is_of_cities
from geoplan.study.config.personal_texts import personal_key_faults, without_personal_texts
from geoplan.study.config.renamed_keys import with_new_keys
from geoplan.study.config.schema import StudyFile
from geoplan.study.config.shape_faults import shape_findings
from geoplan.study.config.study_text import StudyText, language_of, read_study_text
from geoplan.study.config.toml_lines import key_lines, study_file_error
from geoplan.words.speaker import Speaker


def read_study_file(path: Path, *, lang: str | None = None) -> dict[str, Any]:
    """The file's contents as a plain dict.

    Raises
    ------
    StudyFileError
        When it is no UTF-8 or no TOML; every such line is told, and how it was meant.
    """
    read = read_study_text(path, lang=lang)
    if read.findings:
        raise study_file_error(path, read.findings, Speaker(read.lang), typed=read.typed)
    return dict(read.raw)


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedFile:
    """A study file's settings; `no_streets` are the faults that a run has to wait for.

    of_cities, cities : of a study of several cities, what is said of them all, and which they are.
    """

    config: StudyFile
    no_streets: tuple[Finding, ...] = ()
    of_cities: CitiesFile | None = None
    cities: tuple[Included, ...] = ()


def checked(
    raw: Mapping[str, Any], *, path: Path, text: str = "", read: StudyText | None = None
) -> CheckedFile:
    """`raw` as a `StudyFile`, or one error that lists every fault with its line.

    Where streets alone are missing, a file or a section, nothing is raised: places and areas can be
    checked first.

    Parameters
    ----------
    raw : the file's contents.
    path : where it stands; relative paths start there.
    text : the file's text, for line numbers; empty for a study made in Python.
    read : the file as it was read, instead of `text`: its slips of typing are listed too.

    Raises
    ------
    StudyFileError
    """
    raw = without_personal_texts(with_new_keys(raw))
    lang = read.lang if read else language_of(raw, "", valid=True)
    speaker = Speaker(lang)
    lines = read.keys if read else key_lines(text)
    config: StudyFile | CitiesFile | None = None
    findings: list[Finding] = list(read.findings) if read else []
    if findings and not raw:  # nothing of it could be read: what is missing is not known
        raise study_file_error(path, findings, speaker, typed=read.typed if read else text)
    model: type[StudyFile | CitiesFile] = CitiesFile if is_of_cities(raw) else StudyFile
    try:
        config = model.model_validate(dict(raw))
    except ValidationError as error:
        findings.extend(shape_findings(error, raw, model, path=path, lines=lines, speaker=speaker))
    cities: tuple[Included, ...] = ()
    # references are checked even where single values are wrong: all faults in one round
    if model is CitiesFile:
        cities, faults = included_cities(raw, path=path, lines=lines, speaker=speaker)
        findings.extend(faults)
    findings.extend(
        cross_checks(raw, path=path, lines=lines, speaker=speaker, of_cities=model is CitiesFile)
    )
    findings.extend(personal_key_faults(raw, path=path, lines=lines, speaker=speaker))
    if config is None or any(f.code != NO_STREETS for f in findings):
        raise study_file_error(path, findings, speaker, typed=read.typed if read else text)
    if isinstance(config, CitiesFile):
        return CheckedFile(config=config.as_study(), of_cities=config, cities=cities)
    return CheckedFile(config=config, no_streets=tuple(findings))
