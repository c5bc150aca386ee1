"""Personal data inside free text: found by pattern and hidden."""

from __future__ import annotations

import re
from functools import lru_cache

from geoplan.inputs.columns.personal.find_numbers import number_spans
from geoplan.inputs.columns.personal.find_words import word_spans
from geoplan.inputs.columns.personal.pattern_words import folded, pattern_words, spread

#: what stands in place of personal data
HIDDEN = "***"
_DIGITS = "0-9０-９٠-٩۰-۹०-९⓪①-⑨〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖貳參陸"

_NOT_LOW = "3-9３-９٣-٩③-⑨三四五六七八九叁肆伍陆柒捌玖參陸"
#: what may stand between two digits of a number
_SIGNS = "[^0-9A-Za-z,，;；:：\u3400-\u9fff]{0,3}"


#: plain numbers without personal data: too few digits for a number of a person, or begun otherwise
#: (110101199001011234 and 013812345678 may be any); what is left is worth the long `quick_look`
NEVER = r"^-?(?:[0-9]{0,8}|[1-9][0-9]{0,9}|[2-9][0-9]{0,11}|[1-9][0-9]{0,2}\.[0-9]{0,7})$"


def quick_look() -> str:
    """A pattern in RE2's syntax that every text with personal data matches, and few others do."""
    return _QUICK


def _quick() -> str:
    words = pattern_words()
    han = [
        w
        for kind in ("persons", "persons.loose", "messengers", "numbers_after", "phones_after")
        for w in words[kind]
        if not w.isascii()
    ]
    # in traditional characters too: their last character tells as much
    latin = [w for kind in _LATIN for w in words[kind] if w[0] < "\u0250"]
    both = sorted({*han, *_TRADITIONAL})
    return (
        f"(?:^|[^0-9]|86|0)[1１①一幺壹]{_SIGNS}[{_NOT_LOW}](?:{_SIGNS}[{_DIGITS}]){{9}}"
        f"|(?:^|[^0-9])[0０⓪〇零○]{_SIGNS}[{_DIGITS}](?:{_SIGNS}[{_DIGITS}]){{7}}"
        f"|(?:[{_DIGITS}]{_SIGNS}){{14}}[{_DIGITS}]"
        f"|[+＋]{_SIGNS}[{_DIGITS}](?:{_SIGNS}[{_DIGITS}]){{7}}"
        r"|[(（\[【{<] ?(?:[aA]|[aA][tT]|艾特) ?[)）\]】}>]|_at_|艾特|圈 ?[aA]"
        "|[QqＱｑ] ?[QqＱｑ]|[ＶｖＷｗ][Ｘｘ]"
        r"|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-|[0-9]{6}-[1-4][0-9]{6}"
        f"|[A-ZＡ-Ｚ][0-9０-９]{{6}}|@|＠|[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]|(?i:\\(at\\)|\\[at\\]|wxid_)"
        f"|[{''.join(words['plates'])}][A-Za-zＡ-Ｚ]"
        f"|(?i:{'|'.join(spread(re.escape(w)) for w in both)})"
        f"|(?:{'|'.join(words['persons.behind'])})|[0-9０-９]{{2,3}}岁"
        r"|\([0-9]{2,4}\)|[0-9]{2} ?9[0-9]{4}-|1[3-9][0-9][,，、;；] ?[0-9]{4}[,，、;；] ?[0-9]{4}"
        r"|[（(][办宅家公]|(?i: dot |[#＃](?:163|126|qq|sina)|(?:^|[^a-z0-9])v ?[:：])"
        f"|(?i:(?:{'|'.join(re.escape(w) for w in latin)})[^a-z])"
    )


_LATIN = ("persons.latin", "messengers", "numbers_after", "phones_after")
_TRADITIONAL = (
    "聯",
    "連絡",
    "負責",
    "責任",
    "經辦",
    "承辦",
    "監護",
    "戶主",
    "長",
    "電話",
    "手機",
    "帳",
    "賬",
    "證",
    "護照",
    "書記",
    "老師",
)
_QUICK = _quick()
_LOOK = re.compile(_QUICK)


def personal_spans(text: str) -> list[tuple[int, int]]:
    """Where personal data stand in `text`, in order and apart.

    Examples
    --------
    >>> text = "电话１３８-００１３-８０００，邮箱 a.b@example.com"
    >>> [text[a:b] for a, b in personal_spans(text)]
    ['１３８-００１３-８０００', 'a.b@example.com']
    """
    plain, at = folded(text)
    found = sorted({*number_spans(plain), *word_spans(plain)})
    spans: list[tuple[int, int]] = []
    for begin, end in found:
        if begin >= end:
            continue
        start, stop = at[begin], at[end - 1] + 1
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(stop, spans[-1][1]))
        else:
            spans.append((start, stop))
    return spans


def hide_in_text(text: str) -> str:
    """`text` with personal data hidden: telephone, identity, card numbers, e-mail, names, plates.

    Examples
    --------
    >>> hide_in_text("联系人：王芳 138 0013 8000"), hide_in_text("解放路 138 号"), hide_in_text("")
    ('联系人：*** ***', '解放路 138 号', '')
    """
    return _hidden(text) if _LOOK.search(text) or not text.isprintable() else text


@lru_cache(maxsize=4096)
def _hidden(text: str) -> str:
    parts, last = [], 0
    for begin, end in personal_spans(text):
        parts += [text[last:begin], HIDDEN]
        last = end
    return "".join([*parts, text[last:]]) if parts else text
