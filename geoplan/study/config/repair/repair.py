"""A whole study file with its slips mended, so that all that is wrong with it is told at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from geoplan.study.config.repair.cursor import Slip
from geoplan.study.config.repair.statements import Statement, statements
from geoplan.study.config.repair.toml_text import loads

#: so many lines that nothing could be made of are told; more say nothing new
_MOST_HOPELESS = 50
_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_PART = re.compile(r""""((?:[^"\\]|\\.)*)"|'([^']*)'|([^.\s]+)""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Repaired:
    """What could be made of a text.

    raw : its settings, as far as they can be read.
    text : as TOML.
    lines : the line of the file that each line of `text` comes from.
    wrong : statements with slips, by line.
    """

    raw: Mapping[str, Any]
    text: str
    lines: tuple[int, ...]
    wrong: tuple[Statement, ...] = ()


@dataclass(slots=True)
class _Block:
    """One section: its heading and its settings, those of a second heading of that name too."""

    statements: list[Statement] = field(default_factory=list)
    keys: dict[tuple[str, ...], int] = field(default_factory=dict)


def repaired(text: str) -> Repaired:
    r"""The settings of a text that may be no TOML, with everything that was mended.

    Examples
    --------
    >>> found = repaired('[study]\nname ＝ “济南”\nlang = zh')
    >>> found.raw
    {'study': {'name': '济南', 'lang': 'zh'}}
    >>> [(one.line, one.meant, one.slips[0].code) for one in found.wrong]
    [(2, 'name = "济南"', 'wide_sign'), (3, 'lang = "zh"', 'unquoted')]
    """
    try:
        raw = loads(text)
    except tomllib.TOMLDecodeError:
        pass
    else:
        return Repaired(raw=raw, text=text, lines=tuple(range(1, text.count("\n") + 2)))
    try:
        blocks = _blocks(statements(text))
    except RecursionError:
        return _too_deep(text)
    wrong = [one for block in blocks for one in block.statements if one.slips]
    lines, origin = _lines(blocks)
    raw, hopeless = _settings(lines, origin, text.split("\n"))
    for slip in hopeless:
        typed = text.split("\n")[slip.line - 1]
        if not any(one.line == slip.line for one in wrong):
            wrong.append(Statement(line=slip.line, typed=typed, meant="", slips=(slip,)))
    wrong.sort(key=lambda one: one.line)
    return Repaired(raw=raw, text="\n".join(lines), lines=tuple(origin), wrong=tuple(wrong))


def _too_deep(text: str) -> Repaired:
    """Nothing of a text whose brackets nest so deep that no statement can be told from another."""
    lines = text.split("\n")
    line = 1 + max(range(len(lines)), key=lambda k: lines[k].count("[") + lines[k].count("{"))
    slip = Slip("not_toml", line, {"why": "Nested too deep"})
    wrong = Statement(line=line, typed=lines[line - 1], meant="", slips=(slip,))
    return Repaired(raw={}, text="", lines=(), wrong=(wrong,))


def canonical(key: str) -> tuple[str, ...]:
    """A dotted key's parts without their quotation marks."""
    return tuple(next(g for g in groups if g is not None) for groups in _parts(key))


def _parts(key: str) -> Iterator[tuple[str | None, ...]]:
    for match in _PART.finditer(key):
        yield match.groups()


def _blocks(found: list[Statement]) -> list[_Block]:
    """Sections in the order of their headings; a section that comes twice is one."""
    block = _Block()
    blocks = [block]
    known: dict[tuple[str, ...], tuple[_Block, int]] = {}
    for one in found:
        if one.section is not None:
            name = canonical(one.section)
            first = None if one.many else known.get(name)
            if first is not None:
                block, line = first
                slip = Slip("twice_section", one.line, {"section": one.section, "first": line})
                one = replace(one, meant="", slips=(*one.slips, slip))
            else:
                block = _Block()
                blocks.append(block)
                known[name] = (block, one.line)
        elif one.key is not None and one.meant:
            name = canonical(one.key)
            if name in block.keys:
                slip = Slip("twice_key", one.line, {"key": one.key, "first": block.keys[name]})
                one = replace(one, meant="", slips=(*one.slips, slip))
            else:
                block.keys[name] = one.line
        block.statements.append(one)
    return blocks


def _lines(blocks: list[_Block]) -> tuple[list[str], list[int]]:
    lines: list[str] = []
    origin: list[int] = []
    for block in blocks:
        for one in block.statements:
            for k, line in enumerate(one.meant.split("\n")):
                lines.append(line)
                origin.append(one.line + (k if not one.slips else 0))
    return lines, origin


def _settings(
    lines: list[str], origin: list[int], typed: list[str]
) -> tuple[dict[str, Any], list[Slip]]:
    """The settings; lines that even now are no TOML are blanked in `lines`, and told."""
    hopeless: list[Slip] = []
    for _ in range(_MOST_HOPELESS):
        try:
            return loads("\n".join(lines)), hopeless
        except tomllib.TOMLDecodeError as error:
            at = _AT.search(str(error))
            row = int(at.group(1)) if at and at.group(1) else 0
            if not row or not lines[row - 1].strip():
                last = max((k for k, line in enumerate(typed, 1) if line.strip()), default=1)
                hopeless.append(Slip("not_toml", last, {"why": _AT.sub("", str(error))}))
                break
            hopeless.append(Slip("not_toml", origin[row - 1], {"why": _AT.sub("", str(error))}))
            lines[row - 1] = ""
    return {}, hopeless
