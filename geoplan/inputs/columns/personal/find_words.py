"""Addresses of messengers and e-mail, number plates, and names behind 联系人 inside a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from geoplan.inputs.columns.personal.pattern_words import alternatives, has_word, pattern_words

Span = tuple[int, int]

_MAIL = re.compile(
    r"[A-Za-z0-9][\w.+%\-]*\s?(?:@|\(at\)|\[at\]|＠)\s?[A-Za-z0-9\-]+(?:\s?(?:\.|\(dot\)|\[dot\])\s?[A-Za-z0-9\-]{2,})+",
    re.IGNORECASE | re.ASCII,
)
_PLATE_BEGINS = re.compile(r"[\u4e00-\u9fff][A-Za-z][ \-·.•]?[A-Za-z0-9]{5}")
_WECHAT = re.compile(r"wxid_[a-z0-9]{6,}", re.IGNORECASE)
_HANDLE = r"[a-z][a-z0-9_\-]{4,24}|\d{5,12}"
_HAN = r"\u3400-\u9fff"
#: Chinese names at most, without the dots of names of minorities
_LONGEST_NAME = 4


@cache
def _messenger() -> re.Pattern[str]:
    known, other = alternatives("messengers"), alternatives("messengers.not")
    return re.compile(
        rf"(?<![a-z])(?:{known})(?!\s?(?:{other}))(?:号|id|账号|同号)?[\s:=(是为#]{{1,4}}({_HANDLE})"
        rf"|(?<![a-z])(?:{known})(?:号|id|账号)({_HANDLE})"
        rf"|(?<![a-z])(?:微信|qq)({_HANDLE})",
        re.IGNORECASE | re.ASCII,
    )


@cache
def _plate() -> re.Pattern[str]:
    return re.compile(
        rf"(?:{alternatives('plates')})[A-HJ-Z][ \-·.•]?(?=[A-Z0-9]*\d[A-Z0-9]*\d)"
        r"[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])",
        re.IGNORECASE,
    )


def word_spans(text: str) -> Iterator[Span]:
    """Where e-mail addresses, messengers' names, number plates and persons' names stand.

    Examples
    --------
    >>> text = "联系人:王芳，微信 wangfang_66，车牌鲁A12345"
    >>> sorted(text[a:b] for a, b in word_spans(text))
    ['wangfang_66', '王芳', '鲁A12345']
    """
    if "@" in text or "at" in text.lower():
        for found in _MAIL.finditer(text):
            yield found.span()
    if _PLATE_BEGINS.search(text):
        for found in _plate().finditer(text):
            yield found.span()
    if has_word(text, "messengers"):
        for pattern in (_WECHAT, _messenger()):
            for found in pattern.finditer(text):
                yield next(found.span(k) for k in range(pattern.groups + 1) if _is_last(found, k))
    if has_word(text, "persons", "persons.loose"):
        yield from _chinese_names(text)
    if has_word(text, "persons.latin"):
        yield from _latin_names(text)


def _is_last(found: re.Match[str], group: int) -> bool:
    """Whether `group` is what was looked for: the one that matched, or all where there is none."""
    return found.group(group) is not None and (group > 0 or found.re.groups == 0)


@cache
def _person_word() -> re.Pattern[str]:
    return re.compile(
        rf"(?:{alternatives('persons')}|(?:{alternatives('persons.loose')})(?=\s?[:=]))(?:姓名|名字|名称)?\d?(?:电话)?(?:是|为|叫)?"
        rf"(?P<sign>[\s:=\-—、,/|(\[【<]*)(?:是|为|叫)?(?P<run>[{_HAN}]+(?:·[{_HAN}]+)*)"
    )


def _chinese_names(text: str) -> Iterator[Span]:
    for found in _person_word().finditer(text):
        at, run = found.start("run"), found.group("run")
        yield from _names_in(run, at, said=bool(found.group("sign")))
        # further names behind the first one
        more = re.compile(rf"[、/和及 ]+([{_HAN}]{{2,{_LONGEST_NAME}}})(?![{_HAN}])")
        behind = more.match(text, found.end())
        while behind is not None and found.group("sign"):
            yield from _names_in(behind.group(1), behind.start(1), said=True)
            behind = more.match(text, behind.end())


def _names_in(run: str, at: int, *, said: bool) -> Iterator[Span]:
    """The name that Chinese characters behind a word for a person are, if they are one.

    said : whether a colon or a space stands between; without one more is asked for.
    """
    if "·" in run and said:
        yield at, at + len(run)
        return
    name = run
    titles = [k for t in pattern_words()["persons.titles"] if (k := run.find(t, 2)) > 0]
    if titles:
        name = run[: min(titles)]
    surname = _surname(name)
    if not surname or not surname < len(name) <= min(_LONGEST_NAME, surname + 3 - (not said)):
        return
    if not said and len(name) == len(run) and len(run) > surname + 2:
        return
    ends = any(name.endswith(e) for e in pattern_words()["persons.not_ends"])
    if ends and (len(name) > 2 or not said or name[-1] in "数区局所部处科厅委"):
        return
    yield at, at + len(name)


@cache
def _surnames() -> tuple[frozenset[str], frozenset[str]]:
    words = pattern_words()
    return frozenset("".join(words["surnames"])), frozenset(words["surnames.double"])


def _surname(name: str) -> int:
    """How many characters of a surname `name` begins with; 0 where with none."""
    one, two = _surnames()
    if name[:2] in two:
        return 2
    return 1 if name[:1] in one else 0


@cache
def _latin() -> re.Pattern[str]:
    word = r"[A-ZÀ-ÖØ-Þ][\w'’\-]*\.?"
    return re.compile(
        rf"(?i:(?<![\w])(?:{alternatives('persons.latin')}))\s?(?:\([^)]*\))?\s?[:=\-–—]\s?"
        rf"((?:(?i:mr|mrs|ms|dr|sr|sra|dona?)\.?\s)?{word}(?:\s(?:{word}|da|de|do|dos|del|la|van|von|y|e)){{0,4}})"
    )


def _latin_names(text: str) -> Iterator[Span]:
    none = set(pattern_words()["persons.not_latin"])
    for found in _latin().finditer(text):
        if not none & {w.strip(".").lower() for w in found.group(1).split()}:
            yield found.span(1)
