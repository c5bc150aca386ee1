"""A place in the text of a study file, and the slips that were found on the way to it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any

from geoplan.study.config.repair.tables import COMMENTS, INVISIBLE, SIGNS, SPACES

#: dashes and lines that are typed for those of a key
_NARROW = {typed: sign for typed, sign in SIGNS.items() if sign in "-_"}
#: longer than this no stretch of text is shown
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip of typing: the word ``study_file.<code>`` with its values, and the line."""

    code: str
    line: int
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Cursor:
    """Reads a text sign by sign; what looks like a sign of TOML is taken for it, and noted."""

    text: str
    pos: int = 0
    slips: list[Slip] = field(default_factory=list)

    @property
    def line(self) -> int:
        """The line that the cursor is on, 1 = first."""
        return self.text.count("\n", 0, self.pos) + 1

    @property
    def here(self) -> str:
        """The sign under the cursor as it was typed; "" at the end of the line."""
        sign = self.text[self.pos : self.pos + 1]
        return "" if sign == "\n" else sign

    @property
    def sign(self) -> str:
        """The sign under the cursor as TOML has it."""
        return SIGNS.get(self.here, self.here)

    @property
    def rest(self) -> str:
        """What is left of the line."""
        end = self.text.find("\n", self.pos)
        return self.text[self.pos : len(self.text) if end < 0 else end]

    @property
    def at_end(self) -> bool:
        """Whether the whole text is read."""
        return self.pos >= len(self.text)

    def note(self, code: str, /, **values: Any) -> None:
        """Note a slip on this line; one of a kind with the same values once per line."""
        values = {
            k: v if len(str(v)) <= _SHOWN else f"{str(v)[:_SHOWN]}…" for k, v in values.items()
        }
        slip = Slip(code, self.line, values)
        if slip not in self.slips:
            self.slips.append(slip)

    def take(self) -> str:
        """The sign under the cursor as TOML has it, and a step on."""
        found, wanted = self.here, self.sign
        if found != wanted:
            self.note("wide_sign", found=found, wanted=wanted)
        self.pos += 1
        return wanted

    def skip_spaces(self, *, lines: bool = False) -> None:
        """Pass over spaces (and line ends and comments, inside brackets)."""
        while not self.at_end:
            sign = self.text[self.pos]
            if sign in SPACES or sign in INVISIBLE:
                self.note("odd_space", code=f"U+{ord(sign):04X}")
            elif lines and (mark := self.comment_mark()) in ("#", "＃", "//"):
                if mark == "//":
                    self.note("comment", found=mark)
                self.pos += len(self.rest)
                continue
            elif not (sign in " \t\r" or (lines and sign == "\n")):
                return
            self.pos += 1

    def comment_mark(self) -> str:
        """What begins a comment here; "" where none begins."""
        rest = self.rest
        if rest[:1] in ("#", "＃"):
            return rest[0]
        before = self.text[self.pos - 1 : self.pos]
        if before and not before.isspace():
            return ""
        for mark in COMMENTS:
            if rest.startswith(mark) and (len(mark) > 1 or rest[1:].strip()):
                return mark
        return ""


def narrow(text: str) -> str:
    r"""Full-width letters, digits and signs as half-width ones, invisible signs left out.

    Examples
    --------
    >>> narrow("ＷＡＬＫ　＿１２"), narrow("de\u200bmand")
    ('WALK _12', 'demand')
    """
    plain = unicodedata.normalize("NFKC", "".join(c for c in text if c not in INVISIBLE))
    return "".join(_NARROW.get(c, " " if c in SPACES else c) for c in plain)


def quoted(content: str) -> str:
    r"""A text as a basic string of TOML.

    Examples
    --------
    >>> quoted('say "a"')
    '"say \\"a\\""'
    """
    escaped = content.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if ord(c) >= 32 or c == "\t" else "" for c in escaped) + '"'
