"""Addresses of messengers and e-mail, number plates, and names behind 联系人 inside a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from geoplan.inputs.columns.personal.pattern_words import alternatives, has_word, pattern_words

Span = tuple[int, int]

#: the sign of an address and its point, as people write them so that programs do not see them
_AT = r"(?:@|＠|[(（\[【{<]\s?(?:at|a|艾特)\s?[)）\]】}>]|_at_|艾特|圈\s?a)"
_DOT = r"(?:[.。]|[(\[{<【]dot[)\]}>】])"
_MAIL = re.compile(
    rf"[A-Za-z0-9][\w.+%\-]*?\s?{_AT}\s?[A-Za-z0-9\-]+(?:\s?{_DOT}\s?[A-Za-z0-9\-]{{2,}})+",
    re.IGNORECASE | re.ASCII,
)
#: as people write addresses so that programs do not see them, and addresses in Chinese
_MAIL_OTHERWISE = re.compile(
    r"[A-Za-z0-9][\w.+\-]*\sat\s[A-Za-z0-9\-]+\sdot\s[a-z]{2,}"
    r"|[A-Za-z0-9][\w.+\-]*#(?:163|126|qq|sina|gmail|hotmail|outlook|foxmail|139|189)\.com"
    r"|[A-Za-z0-9][\w.+\-]*@[\w\-\u4e00-\u9fff]+\.(?:中国|公司|网络|cn|com)",
    re.IGNORECASE | re.ASCII,
)
_MAY_BE_MAIL = re.compile(r"[@＠#]|at|艾特|圈\s?a|[(（\[【{<]\s?a\s?[)）\]】}>]", re.IGNORECASE)
_PLATE_BEGINS = re.compile(r"[\u4e00-\u9fff][A-Za-z][ \-·.•]?[A-Za-z0-9]{5}")
_WECHAT = re.compile(r"wxid_[a-z0-9]{6,}", re.IGNORECASE)
_HANDLE = r"[a-z][a-z0-9_\-]{4,24}(?:\.[a-z0-9_]+)*|\d{5,12}"
#: what a name of two characters ends with in no case
_NO_NAME_ENDS = "数区局所部处科厅委"
_WEEKDAYS = "一二三四五六日末至"
_NO_NICKNAMES = ("区", "年")
_HAN = r"\u3400-\u9fff"
#: Chinese names at most, without the dots of names of minorities
_LONGEST_NAME = 4


@cache
def _messenger() -> re.Pattern[str]:
    known, other = alternatives("messengers"), alternatives("messengers.not")
    return re.compile(
        rf"(?<![a-z])(?:{known})(?!\s?(?:{other}))(?:号|id|账号|同号)?[\s:=(是为#@]{{1,4}}({_HANDLE})"
        rf"|(?<![a-z])(?:{known})(?:号|id|账号)({_HANDLE})"
        rf"|(?<![a-z])(?:微信|qq)({_HANDLE})"
        r"|(?<![a-z0-9])v\s?:\s?((?=[a-z_\-]*\d)[a-z][a-z0-9_\-]{5,19})",
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
    for pattern in (_MAIL, _MAIL_OTHERWISE) if _MAY_BE_MAIL.search(text) else ():
        for found in pattern.finditer(text):
            yield found.span()
    if _PLATE_BEGINS.search(text):
        for found in _plate().finditer(text):
            yield found.span()
    if has_word(text, "messengers") or "v:" in text.lower().replace(" ", ""):
        for pattern in (_WECHAT, _messenger()):
            for found in pattern.finditer(text):
                yield next(found.span(k) for k in range(pattern.groups + 1) if _is_last(found, k))
    if has_word(text, "persons", "persons.loose", "persons.latin"):
        yield from _chinese_names(text)
    if has_word(text, "persons.behind") or "岁" in text:
        yield from _names_before(text)
    if has_word(text, "persons.latin"):
        yield from _latin_names(text)


def _is_last(found: re.Match[str], group: int) -> bool:
    """Whether `group` is what was looked for: the one that matched, or all where there is none."""
    return found.group(group) is not None and (group > 0 or found.re.groups == 0)


@cache
def _person_word() -> re.Pattern[str]:
    return re.compile(
        rf"(?:{alternatives('persons')}|(?:{alternatives('persons.loose')})(?=\s*[:=])"
        rf"|(?<![a-z])(?:{alternatives('persons.latin')})(?=[\s:=\-(]))(?:姓名|名字|名称)?[\d一二三甲乙]?"
        r"(?:[及和与/、,]?\s?(?:电话|手机|联系方式|联系电话))?(?:\s?\((?:签字|签名|签章|盖章)\))?(?:是|为|叫)?"
        rf"(?P<sign>[\s:=\-—、,;/|()\[\]【】<>「」『』《》“”\"→~*.·∶ː꞉˸]*)(?:是|为|叫)?"
        rf"(?P<run>[{_HAN}](?:\s{{1,4}}[{_HAN}]){{1,2}}(?![{_HAN}])|[{_HAN}]+(?:·[{_HAN}]+)*)",
        re.IGNORECASE,
    )


@cache
def _name_before() -> re.Pattern[str]:
    """A name that stands first, before a title, or before a sex and an age or an age alone."""
    one = "".join(sorted(_surnames()[0]))
    name = rf"(?<![{_HAN}])((?:[{one}]|{'|'.join(sorted(_surnames()[1]))})[{_HAN}]{{1,2}})"
    sex = r"(?:[\s,、(]*[男女])?[\s,、(]*"
    return re.compile(
        rf"{name}(?:{alternatives('persons.behind')})(?![{_HAN}])"
        rf"|{name}{sex}\d{{2,3}}(?:周)?岁(?!以|及|组|段|[\-~—至到])"
    )


def _names_before(text: str) -> Iterator[Span]:
    words = pattern_words()
    for found in _name_before().finditer(text):
        group = 1 if found.group(1) else 2
        name = found.group(group)
        if name.startswith(words["persons.not_names"]) or name.endswith(words["persons.not_ends"]):
            continue
        yield found.span(group)


def _chinese_names(text: str) -> Iterator[Span]:
    for found in _person_word().finditer(text):
        at, run = found.start("run"), found.group("run")
        yield from _names_in(run, at, said=bool(found.group("sign")))
        # further names behind the first one
        more = re.compile(
            rf"(?:[、/和及 ]+([{_HAN}]{{2,{_LONGEST_NAME}}})"
            rf"|[,;]\s?((?!周[一二三四五六日末])[{_HAN}]{{2,3}}))(?![{_HAN}])"
        )
        behind = more.match(text, found.end())
        while behind is not None and found.group("sign"):
            group = 1 if behind.group(1) else 2
            yield from _names_in(behind.group(group), behind.start(group), said=True)
            behind = more.match(text, behind.end())


def _names_in(run: str, at: int, *, said: bool) -> Iterator[Span]:
    """The name that Chinese characters behind a word for a person are, if they are one.

    said : whether a colon or a space stands between; without one more is asked for.
    """
    if "·" in run and said:
        yield at, at + len(run)
        return
    if any(c.isspace() for c in run):  # 王 芳: two or three characters spread over a line
        weekday = run[0] == "周" and run[-1] in _WEEKDAYS
        if _surname(run[:1]) and run[-1] not in _NO_NAME_ENDS and not weekday:
            yield at, at + len(run)
        return
    if (
        said
        and len(run) == len("老张")
        and run[0] in "小老阿"
        and _surname(run[1])
        and not run.endswith(_NO_NICKNAMES)
    ):
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
    if ends and (len(name) > 2 or not said or name[-1] in _NO_NAME_ENDS):
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
        rf"|(?i:(?<![\w])(?:contact|responsável|contato)(?:\s(?:person|name))?)\s({word}(?:\s(?:{word}|da|de|do|dos)){{1,3}})(?!\w)"
    )


@cache
def _pinyin() -> re.Pattern[str]:
    """A name in Latin letters and lower case, of which the first word is a Chinese surname."""
    ends = "ang|eng|ong|ing|an|en|in|un|ao|ai|ei|ou|ia|ie|iu|ua|uo|ui|ue|a|e|i|o|u|v"
    syllable = rf"(?:zh|ch|sh|[bpmfdtnlgkhjqxzcsryw])?[iuv]?(?:{ends})"
    surnames = "|".join(pattern_words()["persons.pinyin"])
    return re.compile(
        rf"(?<![\w])(?:{alternatives('persons.latin')})\s?[:=\-–—]\s?((?:{surnames})\s?(?:{syllable}){{1,2}})(?![\w])",
        re.IGNORECASE,
    )


def _latin_names(text: str) -> Iterator[Span]:
    none = set(pattern_words()["persons.not_latin"])
    for found in _latin().finditer(text):
        group = 1 if found.group(1) else 2
        if not none & {w.strip(".").lower() for w in found.group(group).split()}:
            yield found.span(group)
    for found in _pinyin().finditer(text):
        yield found.span(1)
