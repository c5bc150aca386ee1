"""A study file as text: read however it was saved, its slips mended and told line by line."""

from __future__ import annotations

import locale
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoplan.inputs.findings.finding import Finding
from geoplan.study.config.repair.encoding import decoded, other_file
from geoplan.study.config.repair.repair import repaired
from geoplan.study.config.repair.statements import Statement
from geoplan.study.config.repair.toml_text import loads
from geoplan.study.config.toml_lines import Location, file_finding, key_lines
from geoplan.words.speaker import Speaker

#: no study file is as long; one line of a table or an image may be
_LONGEST, _LONGEST_LINE = 1_000_000, 20_000
#: one control character in so many: no text
_ODD_SHARE = 20
_LANG = re.compile(r"""^\s*lang\s*[=＝:：]\s*["'“”‘]?(zh|en)\b""", re.MULTILINE)
_HAN = re.compile("[\u4e00-\u9fff]")

#: what tomllib says, and our words for it
_WHY = {
    "Invalid value": "value",
    "Invalid initial character": "key",
    "Expected '=' after a key": "key",
    "Expected ']'": "open",
    "Cannot overwrite": "twice",
    "Cannot declare": "twice",
    "Cannot mutate": "twice",
    "Cannot redefine": "twice",
    "Duplicate inline": "twice",
    "Expected newline": "rest",
    "Invalid statement": "key",
    "Un": "open",
    "Expected": "open",
    "Found invalid": "sign",
    "Illegal character": "sign",
    "Unescaped": "escape",
    "Invalid hex": "escape",
    "Invalid date": "date",
    "Nested": "nested",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyText:
    """What could be read of a study file.

    raw : its settings.
    typed : the text as it was typed.
    keys : line of every key, as the file has it.
    findings : what is wrong with it as a text.
    lang : language of all that is told about it.
    """

    raw: Mapping[str, Any]
    typed: str
    keys: Mapping[Location, int]
    findings: tuple[Finding, ...]
    lang: str


def read_study_text(path: Path, *, lang: str | None = None) -> StudyText:
    """The file at `path`: every slip of typing a finding, and the settings as they were meant.

    Parameters
    ----------
    path : the study file, or an overlay.
    lang : language of the findings; default the study's own, as far as it can be told.
    """
    content = path.read_bytes()
    kind = other_file(content)
    text, encoding = ("", "") if kind else decoded(content)
    if sum(c < " " and c not in "\t\n\f" for c in text) > len(text) // _ODD_SHARE:
        kind, text = "binary", ""
    long = len(text) > _LONGEST or any(len(line) > _LONGEST_LINE for line in text.split("\n"))
    found = repaired(text if not long else _or_empty(text))
    language = lang or language_of(found.raw, text, valid=not (found.wrong or encoding or kind))
    speaker = Speaker(language)
    findings = [*_whole_file(path, kind, encoding, text, speaker)]
    if long and not found.raw:
        problem = speaker.say("study_file.too_long", size=f"{len(text):,}")
        findings.append(file_finding(path, problem, "", None))
    findings += [_finding(path, one, text, speaker) for one in found.wrong]
    keys = {where: found.lines[row - 1] for where, row in key_lines(found.text).items()}
    return StudyText(raw=found.raw, typed=text, keys=keys, findings=tuple(findings), lang=language)


def _or_empty(text: str) -> str:
    """A very long text where it is TOML, else nothing: to look at each of its lines takes hours."""
    try:
        loads(text)
    except tomllib.TOMLDecodeError:
        return ""
    return text


def language_of(raw: Mapping[str, Any], text: str, *, valid: bool) -> str:
    """The language that the study's user reads.

    The study's own where it says one; of a file that cannot be read, Chinese where it holds Chinese
    or the computer is set to it, else English.
    """
    study = raw.get("study")
    given = study.get("lang") if isinstance(study, Mapping) else None
    if given in ("zh", "en"):
        return str(given)
    if valid:
        return "zh"  # what a study is read in that says nothing
    written = _LANG.search(text)
    if written:
        return written.group(1)
    return "zh" if _HAN.search(text) or _is_chinese_computer() else "en"


def _is_chinese_computer() -> bool:
    named = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    names = [name for name in named if name] or [locale.getlocale()[0] or ""]
    return names[0].startswith(("zh", "Chinese"))


def _whole_file(path: Path, kind: str, encoding: str, text: str, speaker: Speaker) -> list[Finding]:
    if kind:
        problem = speaker.say("study_file.no_text", kind=speaker.say(f"study_file.kind_{kind}"))
        return [file_finding(path, problem, speaker.say("study_file.no_text_advice"), None)]
    if encoding:
        problem = speaker.say("study_file.wrong_encoding", encoding=encoding)
        advice = speaker.say("study_file.wrong_encoding_advice")
        lines = enumerate(text.split("\n"), 1)
        row = next((k for k, line in lines if not line.isascii()), 1)
        return [file_finding(path, problem, advice, row)]
    if not text.strip():
        problem = speaker.say("study_file.empty")
        return [file_finding(path, problem, speaker.say("study_file.no_text_advice"), None)]
    return []


def _finding(path: Path, one: Statement, text: str, speaker: Speaker) -> Finding:
    """All slips of one statement, and the statement as it is written right."""
    said = [_said(slip.code, slip.values, speaker) for slip in one.slips]
    problem = ("；" if speaker.lang == "zh" else "; ").join(dict.fromkeys(said))
    problem = problem[:1].upper() + problem[1:] + ("。" if speaker.lang == "zh" else ".")
    line = one.slips[0].line
    typed = text.split("\n")[line - 1].strip()
    return file_finding(path, problem, _advice(one, speaker), line, value=typed)


def _advice(one: Statement, speaker: Speaker) -> str:
    codes = {slip.code for slip in one.slips}
    if codes & {"twice_section", "twice_key"}:
        return ""
    if "no_value" in codes and not one.meant:
        return speaker.say("study_file.offer_value")
    if "behind" in codes or not one.meant:
        return speaker.say("study_file.offer_none")
    key = "offer_two" if "two_in_line" in codes else "offer"
    return speaker.say(f"study_file.{key}", line=one.meant)


def _said(code: str, values: Mapping[str, Any], speaker: Speaker) -> str:
    if code != "not_toml":
        return speaker.say(f"study_file.{code}", **values)
    told = str(values["why"])
    why = next((word for start, word in _WHY.items() if told.startswith(start)), "other")
    return speaker.say("study_file.not_toml", why=speaker.say(f"study_file.toml_{why}"))
